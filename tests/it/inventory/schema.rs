//! The JSON Schemas: up to date, taking every inventory that the loader takes, refusing what it refuses. Judged by a
//! validator that is not ours.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use bunker_ops::adapters::inventory::load;
use bunker_ops::workflows::env::schemas;
use serde_json::{Value, json};

use super::bad_files::BAD_VALUES;
use super::{folder, hosts, load_files};
use crate::ansible_inventory::awkward;
use crate::docs::assert_fresh;

/// The compiled schemas.
struct Judge {
    schemas: Schemas,
    of: Vec<(&'static str, SchemaIndex)>,
}

impl Judge {
    fn new() -> Self {
        let (mut all, mut compiler, mut of) = (Schemas::new(), Compiler::new(), Vec::new());
        for (name, schema) in schemas() {
            compiler.add_resource(name, schema).unwrap();
            let index =
                compiler.compile(name, &mut all).unwrap_or_else(|e| panic!("{name}: {e:#}"));
            of.push((name, index));
        }
        Self { schemas: all, of }
    }

    /// What the schema `name` has against a value.
    fn against(&self, name: &str, value: &Value) -> Option<String> {
        let (_, index) = self.of.iter().find(|(n, _)| *n == name).unwrap();
        self.schemas.validate(value, *index).err().map(|e| format!("{e:#}"))
    }

    /// What they have against the files of an inventory folder.
    fn folder(&self, dir: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for path in files(dir) {
            let inside = path.strip_prefix(dir).unwrap().display().to_string();
            let Some(schema) = schema_of(&inside) else { continue };
            let text = std::fs::read_to_string(&path).unwrap();
            let value = parsed(&text).unwrap_or_else(|e| panic!("{inside}: {e}"));
            found.extend(self.against(schema, &value).map(|why| format!("{inside}: {why}")));
        }
        found
    }
}

fn parsed(text: &str) -> Result<Value, String> {
    serde_yaml::from_str(text).map_err(|e| e.to_string())
}

/// Which schema a file of an inventory folder belongs to, as the modelines say it.
fn schema_of(inside: &str) -> Option<&'static str> {
    let name = inside.rsplit('/').next().unwrap_or_default();
    let yaml = [".yml", ".yaml", ".json"].iter().any(|end| name.ends_with(end));
    if name.starts_with('.') || (name.contains('.') && !yaml) {
        return None;
    }
    Some(match inside {
        _ if inside.starts_with("group_vars/all") => "policy.json",
        _ if inside.starts_with("group_vars/") || inside.starts_with("host_vars/") => "host.json",
        _ => "hosts.json",
    })
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            all.extend(files(&entry.path()));
        } else {
            all.push(entry.path());
        }
    }
    all.sort();
    all
}

#[test]
fn the_schemas_in_the_documents_are_up_to_date() {
    for (name, schema) in schemas() {
        let text = serde_json::to_string_pretty(&schema).unwrap();
        assert_fresh(&format!("docs/schemas/{name}"), &format!("{text}\n"));
    }
}

#[test]
fn every_inventory_that_is_good_passes() {
    let judge = Judge::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("inventory");
    assert_eq!(judge.folder(&example), Vec::<String>::new());
    for (name, files) in awkward::ALL {
        let dir = folder(files);
        assert_eq!(judge.folder(dir.path()), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_files_of_the_example_name_their_schemas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for path in files(&root.join("inventory")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mark = "# yaml-language-server: $schema=";
        let named = text.lines().find_map(|line| line.strip_prefix(mark));
        let named = named.unwrap_or_else(|| panic!("{}: no schema", path.display()));
        let target = path.parent().unwrap().join(named).canonicalize().unwrap();
        let inside = path.strip_prefix(root.join("inventory")).unwrap().display().to_string();
        let wanted = root.join("docs/schemas").join(schema_of(&inside).unwrap());
        assert_eq!(target, wanted.canonicalize().unwrap(), "{inside}");
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
}

/// What no schema can see: that a template leads nowhere, that two values do not fit, that a text is no YAML.
const BEYOND: &[&str] = &[
    "bunker_windows:",
    "bunker_guardrails:",
    "bunker_canary_metrics:",
    "bunker_disk_warn: 0.99",
    "cml_backup_dir: \"{{ nowhere }}/x\"",
    "cml_backup_dir: \"{{ cml_dir | default('/x') }}\"",
    "cml_ref: \"{{ cml_ref }}\"",
    "cml_ref: \"{{ vault_ref }}\"",
    "ansible_ssh_common_args: -o ProxyCommand='nc %h 22'",
    "ansible_ssh_common_args: -J -x",
    "ansible_ssh_args: -o ProxyCommand=x",
];

#[test]
fn what_the_loader_refuses_the_schemas_refuse() {
    let judge = Judge::new();
    let mut refused = 0;
    for (line, _) in BAD_VALUES {
        let Ok(value) = parsed(line) else { continue };
        let encrypted = line.contains("!vault");
        if encrypted || !value.is_object() || BEYOND.iter().any(|b| line.starts_with(b)) {
            continue;
        }
        let known = ["ansible_", "cml_", "bunker_"].iter().any(|p| line.starts_with(p));
        if !known || line.starts_with("cml_domain: b.") {
            continue;
        }
        assert!(judge.against("host.json", &value).is_some(), "{line}");
        refused += 1;
    }
    assert!(refused >= 20, "only {refused}");
    for (schema, bad) in [
        ("policy.json", json!({ "bunker_serial": 0 })),
        ("policy.json", json!({ "bunker_colour": "red" })),
        ("policy.json", json!(["a"])),
        ("host.json", json!({ "bunker_fleet_name": "x" })),
        ("host.json", json!({ "bunker_disk_wran": 0.5 })),
        ("hosts.json", json!({ "all": { "hosts": ["a"] } })),
        ("hosts.json", json!({ "all": { "hosts": 5 } })),
        ("hosts.json", json!({ "all": { "hosts": { "a": ["x"] } } })),
        ("hosts.json", json!({ "all": { "chidren": { "web": null } } })),
        ("hosts.json", json!({ "all": { "children": { "my group": null } } })),
        ("hosts.json", json!({ "all": { "vars": { "bunker_serial": 0 } } })),
        (
            "hosts.json",
            json!({ "all": { "children": { "web": { "vars": { "bunker_fleet_name": "x" } } } } }),
        ),
        ("hosts.json", json!({ "web": { "hosts": { "a": { "cml_tier": 3 } } } })),
    ] {
        assert!(judge.against(schema, &bad).is_some(), "{schema} takes {bad}");
    }
}

/// Texts of every kind, of which each variable takes some.
const TEXTS: &str = "
yes|Off|maybe|1|25|0.5| 7 |v2|v2.5.0|-x|a..b|x.lock|feature/x-1|a b|web.example.org|Web.example.org|-bad.example.org
192.0.2.7|2001:db8::1|deploy|0day|/|/opt/x|/opt/../etc|/opt/.hidden/..x|opt/x|~/keys/id|/a%b|docker-compose.yml|../x
a/./b|.config|https://git.example.org/x.git|ssh://git@h/x.git|git@h:org/x.git|git@h:-x|ext::sh -c id|http://plain
http://u@h/|ftp://x|file:///srv/x|file://x|0 3 * * *|@daily|@reboot|0 3 * * $(id)|/api/login|//h/x|/a#b|a@example.org|@b
ssh|local|root|postgres|sudo|doas|10.0.0.0/8|./scripts/backup.sh|label:1|la/bel|$(id)|;|é
abababababababababababababababababababababababababababababababab";

/// Values of every kind.
fn candidates() -> Vec<Value> {
    let all = json!([
        null, true, 0, 1, 2, 25, 0.5, 1.5, -1, 100_000, [], [80, 443], [0], {"a": 1}, "", "one\ntwo", "folded\n",
        "{{ inventory_hostname }}",
    ]);
    let mut all = all.as_array().unwrap().clone();
    for text in TEXTS.trim().split(['|', '\n']) {
        all.push(json!(text));
        all.push(json!([text]));
    }
    all
}

/// Where a value passes the schema and not the loader, for a reason that no pattern can tell.
fn beyond(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    // Nothing is as if it were not written; another file may say it.
    let needed = value.is_null() && ["cml_domain", "cml_repo"].contains(&name);
    let templated = text.contains("{{");
    let out_of_range = text.trim().parse::<f64>().is_ok();
    let pair = ["_warn", "_critical", "_warn_s", "_critical_s", "_healthy_s", "_deadline_s"]
        .iter()
        .any(|end| name.starts_with("bunker_") && name.ends_with(end));
    let address = name == "common_fail2ban_ignore";
    // These want others beside them.
    let alone = [
        "common_compose_url",
        "bunker_notify_webhook_url",
        "bunker_notify_gotify_url",
        "bunker_notify_mail_to",
    ]
    .contains(&name);
    let within = ["bunker_windows", "bunker_guardrails", "bunker_canary_metrics"].contains(&name);
    let proxy = name.starts_with("ansible_ssh_") && name.ends_with("args");
    needed || templated || out_of_range || pair || address || alone || within || proxy
}

/// Which of the candidates the loader takes for a variable of a host.
fn taken_for_a_host(name: &str, all: &[Value]) -> Vec<bool> {
    let mut entries = serde_json::Map::new();
    for (n, value) in all.iter().enumerate() {
        let mut vars = json!({ "cml_domain": "a.example.org", "cml_repo": "/srv/x.git" });
        vars[name] = value.clone();
        entries.insert(format!("h{n}"), vars);
    }
    let list = json!({ "all": { "hosts": entries } }).to_string();
    let (_dir, loaded) = load_files(&[("hosts.yml", &list)]);
    let fleet = loaded.fleet.unwrap();
    let there = |n: usize| fleet.hosts.iter().any(|h| h.id.as_str() == format!("h{n}"));
    (0..all.len()).map(there).collect()
}

/// Which of the candidates the loader takes for a variable of the whole fleet.
fn taken_for_all(name: &str, all: &[Value]) -> Vec<bool> {
    let taken = |value: &Value| {
        let list =
            json!({ "all": { "hosts": { "h": null }, "vars": { name: value } } }).to_string();
        hosts(&load_files(&[("hosts.yml", &list)]).1) == "h"
    };
    all.iter().map(taken).collect()
}

#[test]
fn the_schemas_and_the_loader_agree_value_by_value() {
    let (judge, all) = (Judge::new(), candidates());
    let mut wrong = Vec::new();
    let (mut taken, mut refused) = (0, 0);
    for name in read_by_the_loader() {
        let fleet_wide = bunker_ops::domain::lower::is_fleet_wide(&name);
        let loader =
            if fleet_wide { taken_for_all(&name, &all) } else { taken_for_a_host(&name, &all) };
        for (value, good) in all.iter().zip(loader) {
            let passes = judge.against("policy.json", &json!({ name.as_str(): value })).is_none();
            let only = if good { "loader" } else { "schema" };
            if good != passes && (good || !beyond(&name, value)) {
                wrong.push(format!("only the {only} takes {name}: {value}"));
            }
            if good { taken += 1 } else { refused += 1 }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(taken > 1_000 && refused > 1_000, "{taken} {refused}");
}

/// Names of variables in the code that makes a fleet of what was read.
fn read_by_the_loader() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/lower");
    let names = regex::Regex::new(r#""((?:bunker|cml|common|ansible)_[a-z0-9_]+)""#).unwrap();
    let mut all = BTreeSet::new();
    for path in files(&root).iter().filter(|path| !path.ends_with("names.rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        all.extend(names.captures_iter(code).map(|found| found[1].to_owned()));
    }
    all
}

#[test]
fn every_name_that_the_loader_reads_has_its_place_in_the_schemas() {
    let policy = &schemas()[2].1["anyOf"][0]["properties"];
    let all = read_by_the_loader();
    assert!(all.len() > 60, "{}", all.len());
    for name in all {
        assert!(
            policy.get(&name).is_some(),
            "{name} is read in src/domain/lower and has no place in the schemas: add it to names.rs there and to \
             src/domain/schema/table.rs, then run `BUNKER_BLESS=1 cargo test --test it schema`"
        );
    }
}

#[test]
fn the_verb_prints_them_and_writes_them() {
    let bunker = || std::process::Command::new(env!("CARGO_BIN_EXE_bunker"));
    let printed = bunker().args(["inventory", "schema"]).output().unwrap();
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(printed["host.json"], schemas()[1].1);
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("schemas");
    let written = bunker().args(["inventory", "schema", "--dir"]).arg(&target).output().unwrap();
    assert!(written.status.success());
    let stands = std::fs::read_to_string(target.join("policy.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&stands).unwrap(), schemas()[2].1);
    assert_eq!(load(&target).fleet, None, "a folder of schemas is no inventory");
}
