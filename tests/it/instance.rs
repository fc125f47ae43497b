//! `bunker instance` as the shell sees it, with the host key of a paper host.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bunker_ops::adapters::enrol::made_names;
use bunker_ops::workflows::env::REQUIRED_SECRETS;
use tempfile::TempDir;

use crate::inventory::folder;
use crate::lab::{Lab, Options};

/// An inventory of one instance, and a state folder of its own.
pub(crate) struct Desk {
    pub(crate) inventory: Inventory,
    pub(crate) state: TempDir,
}

/// The folder, in one of its own, since the schemas lie beside it.
pub(crate) struct Inventory(TempDir);

impl Inventory {
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("inventory")
    }
}

const HOSTS: &str = "---\n# Our fleet.\nall:\n  children:\n    changemaker_instances:\n      children:\n        \
     canary:\n          hosts:\n            'one':   # the first\n\n    # nothing else\n    central:\n      hosts:\n";

impl Desk {
    pub(crate) fn new() -> Self {
        let dir = folder(&[
            ("inventory/hosts.yml", HOSTS),
            ("inventory/group_vars/all/main.yml", "cml_repo: https://git.example.org/a.git\n"),
            (
                "inventory/host_vars/one/main.yml",
                "ansible_host: 192.0.2.1\ncml_domain: one.example.org\n",
            ),
        ]);
        let inventory = Inventory(dir);
        let desk = Self { inventory, state: tempfile::tempdir().unwrap() };
        let (code, out, err) = desk.run(&["vault", "init", "--name", "tester"]);
        assert_eq!(code, 0, "{out}{err}");
        desk
    }

    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .env("BUNKER_STATE", self.state.path())
            .env("XDG_CONFIG_HOME", self.state.path().join("config"))
            .arg("--inventory")
            .arg(self.inventory.path())
            .args(args)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    fn add(&self, more: &[&str]) -> (i32, String, String) {
        let args = ["instance", "add", "two", "two.example.org", "192.0.2.2"];
        self.run(&[&args, more].concat())
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.inventory.path().join(path)).unwrap()
    }

    fn hosts(&self) -> String {
        self.read("hosts.yml")
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git").arg("-C").arg(dir).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}

/// A repository of Anna's with all that is there.
fn repository(dir: &Path) {
    git(dir, &["init", "-q", "-b", "main"]);
    git(dir, &["config", "user.email", "anna@example.org"]);
    git(dir, &["config", "user.name", "Anna"]);
    git(dir, &["add", "."]);
    git(dir, &["commit", "-qm", "first"]);
}

#[test]
fn an_instance_is_committed_with_the_schemas_that_its_files_name() {
    let desk = Desk::new();
    let dir = desk.inventory.path().parent().unwrap().to_owned();
    repository(&dir);
    let (code, out, err) = desk.add(&["--no-host-key", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("committed to the history of the inventory"), "{err}");
    let last = git(&dir, &["log", "-1", "--format=%an%n%s", "--name-only"]);
    assert!(last.starts_with("Anna\nadd two to the inventory\n"), "{last}");
    for file in ["inventory/hosts.yml", "inventory/host_vars/two/vault.age", "schemas/host.json"] {
        assert!(last.lines().any(|line| line == file), "{file}: {last}");
    }
    assert_eq!(git(&dir, &["status", "--porcelain"]), "", "nothing is left over");
}

#[test]
fn schemas_that_a_repository_does_not_take_keep_no_instance_out_of_it() {
    for ignored in [true, false] {
        let desk = Desk::new();
        let mut dir = desk.inventory.path();
        if ignored {
            dir.pop();
            fs::write(dir.join(".gitignore"), "schemas/\n").unwrap();
        }
        repository(&dir);
        let (code, out, err) = desk.add(&["--no-host-key", "--yes"]);
        assert_eq!(code, 0, "{out}{err}");
        let last = git(&dir, &["log", "-1", "--format=%s", "--name-only"]);
        assert!(last.starts_with("add two to the inventory\n"), "{last}{err}");
        assert!(last.contains("hosts.yml") && !last.contains("schemas"), "{last}");
        assert_eq!(git(&dir, &["status", "--porcelain"]), "");
    }
}

#[test]
fn an_instance_is_added_with_every_other_byte_as_it_was_and_removed_again() {
    let desk = Desk::new();
    let file = desk.inventory.path().join("hosts.yml");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let (code, out, err) = desk.add(&["--group", "canary", "--no-host-key", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    let line = "            'one':   # the first\n";
    assert_eq!(desk.hosts(), HOSTS.replace(line, &format!("{line}            two:\n")));
    assert_eq!(mode(&file), 0o640);
    assert!(out.contains("+            two:\n"), "{out}");
    let main = desk.read("host_vars/two/main.yml");
    assert!(main.contains("ansible_host: 192.0.2.2\ncml_domain: two.example.org\n"), "{main}");
    // The line names a schema that is there, as it would be written now.
    let line = main.lines().find_map(|l| l.strip_prefix("# yaml-language-server: $schema="));
    let schema = desk.inventory.path().join("host_vars/two").join(line.unwrap());
    let schema: serde_json::Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let all = bunker_ops::workflows::env::schemas();
    assert_eq!(all.iter().find(|(name, _)| *name == "host.json").map(|(_, s)| s), Some(&schema));
    assert!(out.contains("schemas/host.json (new)"), "{out}");
    let (code, out, err) = desk.run(&["inventory", "check"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(mode(&desk.inventory.path().join("host_vars/two/vault.age")), 0o600);
    for name in REQUIRED_SECRETS {
        let (code, value, _) = desk.run(&["vault", "get", "two", name]);
        assert_eq!(code, 0, "{name}");
        assert!(value.trim().len() >= 24, "{name}");
        assert!(!out.contains(value.trim()) && !main.contains(value.trim()), "{name}");
    }
    // Services beside the application never start without a password.
    let (_, list, _) = desk.run(&["vault", "list", "two"]);
    for name in made_names() {
        assert!(list.contains(name.as_str()), "{name}: {list}");
    }
    assert!(list.contains("vault_nocodb_admin_password"), "{list}");
    let (_, out, _) = desk.run(&["instance", "list"]);
    assert!(out.contains("two   two.example.org  1     192.0.2.2  v2\n"), "{out}");
    let (_, out, _) = desk.run(&["instance", "show", "two", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(shown["groups"], serde_json::json!(["canary", "changemaker_instances"]));

    let (code, out, err) = desk.run(&["instance", "remove", "two", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(desk.hosts(), HOSTS);
    assert!(!desk.inventory.path().join("host_vars/two").exists());
    let kept = fs::read_dir(desk.state.path().join("removed")).unwrap().next().unwrap().unwrap();
    assert_eq!(fs::read_to_string(kept.path().join("two/main.yml")).unwrap(), main);
    assert!(kept.path().join("hosts.yml").exists());
    assert_eq!(mode(&kept.path()), 0o700);
    assert_eq!(desk.run(&["instance", "remove", "two", "--yes"]).0, 4);
}

#[test]
fn what_is_there_is_refused_and_a_check_writes_nothing() {
    let desk = Desk::new();
    let refused = |args: &[&str], want: i32, said: &str| {
        let (code, out, err) =
            desk.run(&[&["instance", "add"], args, &["--no-host-key", "-y"]].concat());
        assert_eq!(code, want, "{args:?} {out}{err}");
        assert!(err.contains(said), "{args:?} {err}");
    };
    refused(&["one", "x.example.org", "192.0.2.9"], 8, "host one is in the inventory already");
    refused(&["two", "one.example.org", "192.0.2.9"], 8, "belongs to instance one already");
    refused(
        &["two", "two.example.org", "192.0.2.9", "--group", "canry"],
        8,
        "did you mean canary?",
    );
    refused(&["-x;", "two.example.org", "192.0.2.9"], 2, "");
    refused(&["two", "Two.example.org", "192.0.2.9"], 2, "DNS name");
    refused(&["two", "two.example.org", "a b"], 2, "address");
    refused(&["two", "two.example.org", "192.0.2.9", "--tier", "3"], 2, "tier");
    let (code, out, err) = desk.run(&[
        "instance",
        "add",
        "two",
        "two.example.org",
        "192.0.2.1",
        "--no-host-key",
        "--dry-run",
        "--json",
    ]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("host one has the address 192.0.2.1 too"), "{err}");
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["files"][1]["new"], false);
    // Nobody can be asked here, and a read-only program changes nothing.
    assert_eq!(desk.add(&["--no-host-key"]).0, 8);
    assert_eq!(desk.add(&["--no-host-key", "--yes", "--read-only"]).0, 8);
    assert_eq!(desk.run(&["instance", "remove", "one", "--check"]).0, 3);
    assert_eq!(desk.run(&["instance", "remove", "one"]).0, 8);
    assert_eq!(desk.hosts(), HOSTS);
    assert!(!desk.inventory.path().join("host_vars/two").exists());
    assert!(desk.inventory.path().join("host_vars/one").exists());
}

#[test]
fn a_scaffold_that_was_cut_off_is_gone_on_with_and_foreign_variables_are_kept() {
    let desk = Desk::new();
    assert_eq!(desk.add(&["--no-host-key", "--yes"]).0, 0);
    let main = desk.read("host_vars/two/main.yml");
    let vault = desk.read("host_vars/two/vault.age");
    // As if it had been cut off before the list of hosts was written.
    fs::write(desk.inventory.path().join("hosts.yml"), HOSTS).unwrap();
    assert_eq!(desk.add(&["--no-host-key", "--yes"]).0, 0);
    assert_eq!(desk.read("host_vars/two/main.yml"), main);
    assert_eq!(desk.read("host_vars/two/vault.age"), vault);
    fs::write(desk.inventory.path().join("hosts.yml"), HOSTS).unwrap();
    fs::write(desk.inventory.path().join("host_vars/two/main.yml"), "cml_domain: mine\n").unwrap();
    let (code, _, err) = desk.add(&["--no-host-key", "--yes"]);
    assert_eq!(code, 8);
    assert!(err.contains("host_vars/two/main.yml is there already"), "{err}");
    assert_eq!(desk.hosts(), HOSTS);
}

#[test]
fn without_anybody_to_encrypt_to_nothing_is_begun() {
    let desk = Desk::new();
    fs::remove_file(desk.inventory.path().join("recipients.txt")).unwrap();
    let (code, _, err) = desk.add(&["--no-host-key", "--yes"]);
    assert_eq!(code, 8);
    assert!(err.contains("bunker vault init"), "{err}");
    assert!(!desk.inventory.path().join("host_vars/two").exists());
    assert_eq!(desk.add(&["--no-host-key", "--yes", "--no-secrets"]).0, 0);
    assert!(!desk.inventory.path().join("host_vars/two/vault.age").exists());
}

#[test]
fn the_first_instance_joins_a_list_that_names_no_host() {
    let list = "  children:\n    changemaker_instances:\n      hosts:\n        two:\n";
    for (before, after) in [
        ("all: {}\n", format!("all:\n{list}")),
        (
            "---\nall:\n  vars:\n    cml_tier: 1 # so far\n",
            format!("---\nall:\n  vars:\n    cml_tier: 1 # so far\n{list}"),
        ),
        ("changemaker_instances:\n", "changemaker_instances:\n  hosts:\n    two:\n".to_owned()),
    ] {
        let desk = Desk::new();
        fs::remove_dir_all(desk.inventory.path().join("host_vars")).unwrap();
        fs::write(desk.inventory.path().join("hosts.yml"), before).unwrap();
        let (code, out, err) = desk.add(&["--no-host-key", "--yes"]);
        assert_eq!(code, 0, "{before}: {out}{err}");
        assert_eq!(desk.hosts(), after);
    }
    // Nothing else is forgiven.
    let desk = Desk::new();
    fs::write(desk.inventory.path().join("hosts.yml"), "all: [\n").unwrap();
    assert_eq!(desk.add(&["--no-host-key", "--yes"]).0, 2);
}

#[test]
fn the_first_instance_makes_the_list_of_hosts() {
    let desk = Desk::new();
    fs::remove_file(desk.inventory.path().join("hosts.yml")).unwrap();
    let (code, out, err) = desk.add(&["--no-host-key", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(
        desk.hosts(),
        "---\nall:\n  children:\n    changemaker_instances:\n      hosts:\n        two:\n"
    );
}

#[test]
fn a_host_key_is_pinned_only_by_its_fingerprint_and_a_changed_one_is_refused() {
    let lab = Lab::start(1, Options::default()).unwrap();
    let address = lab.hosts()[0].address().to_string();
    let desk = Desk::new();
    let args = ["instance", "add", "two", "two.example.org", &address, "--port", "2222"];
    let (code, out, err) = desk.run(&[&args[..], &["--check", "--json"]].concat());
    assert_eq!(code, 3, "{err}");
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let print = value["host_keys"][0]["fingerprint"].as_str().unwrap().to_owned();
    assert!(print.starts_with("SHA256:"), "{print}");
    assert_eq!(desk.run(&[&args[..], &["--yes"]].concat()).0, 8);
    let wrong = format!("SHA256:{}", "x".repeat(43));
    let (code, _, err) =
        desk.run(&[&args[..], &["--yes", "--accept-fingerprint", &wrong]].concat());
    assert_eq!(code, 8);
    assert!(err.contains(&print), "{err}");
    assert_eq!(desk.hosts(), HOSTS);
    let known = desk.state.path().join("ssh/known_hosts");
    assert!(!known.exists());
    let (code, out, err) =
        desk.run(&[&args[..], &["--yes", "--accept-fingerprint", &print]].concat());
    assert_eq!(code, 0, "{out}{err}");
    let pinned = fs::read_to_string(&known).unwrap();
    assert!(pinned.starts_with(&format!("[{address}]:2222 ssh-ed25519 ")), "{pinned}");
    assert_eq!(mode(&known), 0o600);

    // Pinned already: nothing is asked. Another key: refused, loudly.
    let again = ["instance", "add", "three", "three.example.org", &address, "--port", "2222"];
    let (code, out, _) = desk.run(&[&again[..], &["--check", "--json"]].concat());
    assert_eq!((code, out.contains("\"host_keys\": []")), (3, true), "{out}");
    let other = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    fs::write(&known, format!("[{address}]:2222 ssh-ed25519 {other}\n")).unwrap();
    let (code, _, err) =
        desk.run(&[&again[..], &["--yes", "--accept-fingerprint", &print]].concat());
    assert_eq!(code, 8);
    assert!(err.contains("HAS CHANGED") && err.contains(&print), "{err}");
}
