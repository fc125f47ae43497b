//! Real `ansible-inventory` and `bunker inventory list` agree on hosts, groups and every variable: of the example fleet,
//! and of inventories made to be awkward.

pub(crate) mod awkward;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::capability::missing;
use crate::lab::ansible;

/// What ours shows in place of a secret, which Ansible shows as it is.
const MASKED: &str = "<secret>";

fn read(name: &str, output: &std::process::Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {told}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{name}: {e}: {told}"))
}

fn theirs(venv: &Path, inventory: &Path, home: &Path) -> Value {
    let mut command = ansible::program(venv, "ansible-inventory", home);
    let output = command.arg("-i").arg(inventory).arg("--list").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("Failed to parse") && !told.contains("Unable to parse"), "{told}");
    read("ansible-inventory", &output)
}

fn ours(inventory: &Path, home: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .args(["inventory", "list", "--json", "--inventory"])
        .arg(inventory)
        .env("HOME", home)
        .env("BUNKER_STATE", home.join("state"))
        .output()
        .unwrap();
    read("bunker", &output)
}

/// The variables of all hosts. Ansible leaves out a host without any.
fn variables(list: &Value) -> Map<String, Value> {
    let all = list["_meta"]["hostvars"].as_object().cloned().unwrap_or_default();
    all.into_iter().filter(|(_, vars)| vars.as_object().is_some_and(|v| !v.is_empty())).collect()
}

/// `GROUP: hosts` and `GROUP: children`, in the order in which they stand.
fn groups(list: &Value) -> BTreeSet<String> {
    let object = list.as_object().unwrap();
    let mut all = BTreeSet::new();
    for (name, group) in object.iter().filter(|(name, _)| *name != "_meta") {
        for part in ["hosts", "children"] {
            let mut members: Vec<String> =
                serde_json::from_value(group.get(part).cloned().unwrap_or_default())
                    .unwrap_or_default();
            // The order of children means nothing, that of hosts is the order of work.
            if part == "children" {
                members.sort();
            }
            if !members.is_empty() {
                all.insert(format!("{name}: {part} {}", members.join(" ")));
            }
        }
    }
    all
}

/// Where two inventories differ.
fn differences(theirs: &Value, ours: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let (a, b) = (groups(theirs), groups(ours));
    all.extend(a.difference(&b).map(|g| format!("only Ansible has {g}")));
    all.extend(b.difference(&a).map(|g| format!("only bunker has {g}")));
    let (a, b) = (variables(theirs), variables(ours));
    let hosts: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for host in hosts {
        let empty = Map::new();
        let of = |all: &Map<String, Value>| {
            all.get(host).and_then(Value::as_object).unwrap_or(&empty).clone()
        };
        let (a, b) = (of(&a), of(&b));
        let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for name in names {
            let (theirs, ours) = (a.get(name), b.get(name));
            let masked = theirs.is_some() && ours.is_some_and(|v| v == MASKED);
            if theirs != ours && !(masked && is_secret(name)) {
                all.push(format!("{host} {name}: Ansible {theirs:?}, bunker {ours:?}"));
            }
        }
    }
    all
}

/// The names that the test's inventories give to secrets; nothing else may be masked.
fn is_secret(name: &str) -> bool {
    name.starts_with("vault_") || name.ends_with("_password")
}

#[test]
fn ansible_and_bunker_read_the_same_out_of_every_inventory() {
    let name = "ansible_and_bunker_read_the_same_out_of_every_inventory";
    let venv = match ansible::venv() {
        Ok(venv) => venv,
        Err(why) => return missing(name, &why),
    };
    let home = tempfile::tempdir().unwrap();
    let mut places = vec![("the example", Path::new(env!("CARGO_MANIFEST_DIR")).join("inventory"))];
    for (name, files) in awkward::ALL {
        let folder = home.path().join(name);
        for (path, text) in *files {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        places.push((name, folder));
    }
    let mut wrong = Vec::new();
    for (name, folder) in &places {
        let (theirs, ours) = (theirs(&venv, folder, home.path()), ours(folder, home.path()));
        assert!(!variables(&theirs).is_empty(), "{name}: Ansible reads something");
        wrong.extend(differences(&theirs, &ours).into_iter().map(|d| format!("{name}: {d}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each way in which a pattern can choose.
const PATTERNS: [&str; 14] = [
    "all",
    "*",
    "top",
    "a,b",
    "deep:other",
    "top:&zeta",
    "all:!deep",
    "all:!deep:&other",
    "!deep",
    "~^[ab]$",
    "top[0]",
    "other[-1]",
    "other[0:1]",
    "u*:c",
];

#[test]
fn ansible_and_bunker_choose_the_same_hosts_by_every_kind_of_pattern() {
    let name = "ansible_and_bunker_choose_the_same_hosts_by_every_kind_of_pattern";
    let venv = match ansible::venv() {
        Ok(venv) => venv,
        Err(why) => return missing(name, &why),
    };
    let home = tempfile::tempdir().unwrap();
    let (_, files) = awkward::ALL.iter().find(|(name, _)| *name == "nested").unwrap();
    let folder = home.path().join("nested");
    for (path, text) in *files {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    for pattern in PATTERNS {
        let mut command = ansible::program(&venv, "ansible", home.path());
        let command = command.args(["all", "--list-hosts", "--limit", pattern, "-i"]).arg(&folder);
        let said = command.output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let theirs: Vec<&str> = said.lines().skip(1).map(str::trim).collect();
        let output = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .args(["inventory", "list", "--json", "--limit", pattern, "--inventory"])
            .arg(&folder)
            .env("HOME", home.path())
            .env("BUNKER_STATE", home.path().join("state"))
            .output()
            .unwrap();
        let ours = read("bunker", &output);
        let ours: BTreeSet<&str> =
            ours["_meta"]["hostvars"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(!theirs.is_empty(), "{pattern}: {said}");
        assert_eq!(ours, theirs.into_iter().collect(), "{pattern}");
    }
}
