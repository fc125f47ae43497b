//! `bunker import` of a paper host that `config.sh` has set up, as the shell sees it.
#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::lab::{HostSpec, Lab, Options};

/// What stands in every secret of the host; it may be nowhere but there and, encrypted, in the vault.
const MARKER: &str = "MaRkEr0f0neS3cr3t";
/// The variables of the stand-in's `.env` that are secrets.
const SECRETS: [&str; 4] = ["ADMIN_PASSWORD", "JWT_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"];

/// One instance that runs and that no inventory names yet.
struct Found {
    lab: Lab,
    inventory: PathBuf,
    state: TempDir,
}

impl Found {
    fn new() -> Self {
        let lab = Lab::start(
            2,
            Options::instances().with_hosts(vec![HostSpec::new("old-1"), HostSpec::new("other")]),
        );
        let lab = lab.unwrap();
        let inventory = lab.inventory_dir();
        let hosts = fs::read_to_string(inventory.join("hosts.yml")).unwrap();
        fs::write(inventory.join("hosts.yml"), hosts.replace("        old-1:\n", "")).unwrap();
        fs::remove_dir_all(inventory.join("host_vars/old-1")).unwrap();
        let all = format!("---\ncml_repo: {}\n", lab.repo().unwrap().display());
        fs::write(inventory.join("group_vars/all/main.yml"), all).unwrap();
        let found = Self { lab, inventory, state: tempfile::tempdir().unwrap() };
        found.configure();
        let (code, _, err) = found.run(&["vault", "init", "--name", "tester"]);
        assert_eq!(code, 0, "{err}");
        found
    }

    fn checkout(&self) -> PathBuf {
        self.lab.named("old-1").unwrap().checkout()
    }

    /// As a person did it: the application's own script, then a change by hand.
    fn configure(&self) {
        let dir = self.checkout();
        fs::remove_file(dir.join(".env")).unwrap();
        let config = Command::new("sh")
            .arg("config.sh")
            .current_dir(&dir)
            .env("DOMAIN", "old.example.org")
            .output()
            .unwrap();
        assert!(config.status.success(), "{config:?}");
        let text = fs::read_to_string(dir.join(".env")).unwrap();
        let line = |line: &str| {
            let name = line.split('=').next().unwrap_or_default();
            match SECRETS.iter().position(|s| *s == name) {
                Some(n) => format!("{name}={MARKER}-{n}"),
                None if name == "SMTP_FROM" => "SMTP_FROM=people@old.example.org".to_owned(),
                None => line.to_owned(),
            }
        };
        let text: Vec<String> = text.lines().map(line).collect();
        fs::write(dir.join(".env"), format!("{}\nHAND_MADE=1\n", text.join("\n"))).unwrap();
        fs::set_permissions(dir.join(".env"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .env("BUNKER_STATE", self.state.path())
            .env("XDG_CONFIG_HOME", self.state.path().join("config"))
            .env("XDG_CACHE_HOME", self.state.path().join("cache"))
            .arg("--inventory")
            .arg(&self.inventory)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    fn import(&self, more: &[&str]) -> (i32, String, String) {
        let address = self.lab.named("old-1").unwrap().address().to_string();
        let dir = self.checkout().display().to_string();
        let args = ["import", "old-1", "--address", &address, "--dir", &dir];
        self.run(&[&args[..], more].concat())
    }

    fn hosts(&self) -> String {
        fs::read_to_string(self.inventory.join("hosts.yml")).unwrap()
    }
}

/// Files below a folder that hold the marker.
fn with_marker(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            with_marker(&path, found);
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(MARKER.len()).any(|w| w == MARKER.as_bytes()) {
                found.push(path);
            }
        }
    }
}

#[test]
fn an_instance_made_by_hand_is_imported_with_its_own_secrets_and_nothing_changed() {
    let found = Found::new();
    let before = fs::read(found.checkout().join(".env")).unwrap();
    let hosts_before = found.hosts();
    let mut told = String::new();

    let (code, out, err) = found.import(&["--check"]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("secrets, for the vault: 4\n"), "{out}");
    assert!(out.contains("  HAND_MADE\n"), "{out}");
    assert_eq!(found.hosts(), hosts_before);
    assert!(!found.inventory.join("host_vars/old-1").exists());
    told.push_str(&(out + &err));

    let starts = found.lab.named("old-1").unwrap().starts("compose up");
    let (code, out, err) = found.import(&["--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    told.push_str(&(out + &err));
    let main = fs::read_to_string(found.inventory.join("host_vars/old-1/main.yml")).unwrap();
    assert!(main.contains("cml_domain: old.example.org\n"), "{main}");
    assert!(main.contains("cml_smtp_from: people@old.example.org\n"), "{main}");
    assert!(found.hosts().contains("        old-1:\n"));
    for (n, name) in [
        "vault_admin_password",
        "vault_jwt_secret",
        "vault_postgres_password",
        "vault_redis_password",
    ]
    .iter()
    .enumerate()
    {
        let (_, value, _) = found.run(&["vault", "get", "old-1", name]);
        assert_eq!(value, format!("{MARKER}-{n}\n"));
    }
    let host = found.lab.named("old-1").unwrap();
    assert_eq!(fs::read(found.checkout().join(".env")).unwrap(), before);
    assert_eq!(host.starts("compose up"), starts, "nothing was started anew");
    assert!(fs::read_dir(found.checkout().join("backups")).unwrap().count() > 0);
    let state = host.state_dir();
    assert!(state.join("instances/old-1/imported").exists(), "{}", state.display());
    assert!(state.join("instances/old-1/seeded").exists());
    let fact = fs::read_to_string(state.join("facts.d/changemaker.fact")).unwrap();
    assert!(fact.contains(&host.running_commit().unwrap()), "{fact}");

    // Once more: nothing to do, and nothing is written.
    let vault = fs::read(found.inventory.join("host_vars/old-1/vault.age")).unwrap();
    let (code, out, err) = found.run(&["import", "old-1", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("it is under management already"), "{err}");
    assert_eq!(fs::read(found.inventory.join("host_vars/old-1/vault.age")).unwrap(), vault);
    assert_eq!(found.import(&["--yes"]).0, 2);
    told.push_str(&(out + &err));

    assert!(!told.contains(MARKER), "{told}");
    let mut held = Vec::new();
    with_marker(found.state.path(), &mut held);
    with_marker(found.lab.dir(), &mut held);
    assert_eq!(held, [found.checkout().join(".env")]);
}

#[test]
fn an_imported_instance_is_in_step_and_a_change_brings_nothing_else_with_it() {
    let found = Found::new();
    let (code, out, err) = found.import(&["--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("goes on without: 1"), "{out}");
    assert!(!out.contains("configure would change"), "{out}");
    let file = found.checkout().join(".env");
    let before = fs::read_to_string(&file).unwrap();
    let configure = |args: &[&str], code: i32| {
        let (got, out, err) = found.run(&[&["configure", "old-1"], args].concat());
        assert_eq!(got, code, "{out}{err}");
        assert!(!out.contains(MARKER) && !err.contains(MARKER), "{out}{err}");
        out + &err
    };
    let told = configure(&["--check", "--diff"], 0);
    assert!(told.contains("that its import found missing"), "{told}");
    // A deployment finds its settings as they should be, too.
    let (code, out, err) = found.run(&["deploy", "old-1", "--tags", "env", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("what it has besides stays"), "{out}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);

    let host_vars = found.inventory.join("host_vars/old-1/main.yml");
    let main = fs::read_to_string(&host_vars).unwrap();
    fs::write(&host_vars, format!("{main}cml_enable_media: true\n")).unwrap();
    let told = configure(&["--check", "--diff"], 3);
    assert!(told.contains("+ ENABLE_MEDIA=true") && !told.contains("LOG_LEVEL"), "{told}");
    // All of them, where somebody wants that.
    fs::write(&host_vars, format!("{main}cml_env_complete: true\n")).unwrap();
    assert!(configure(&["--check", "--diff"], 3).contains("+ LOG_LEVEL=info"));
    // An edit from now on is known as one.
    fs::write(&host_vars, main).unwrap();
    fs::write(&file, before.replace("API_PORT=", "API_PORT=1")).unwrap();
    let told = configure(&["--yes"], 8);
    assert!(told.contains("1 edited on the host: API_PORT"), "{told}");
}

#[test]
fn an_import_that_was_cut_off_is_gone_on_with() {
    let found = Found::new();
    let hosts = found.hosts();
    assert_eq!(found.import(&["--yes"]).0, 0);
    // As if it had been cut off before the list of hosts was written, and before the run.
    let state = found.lab.named("old-1").unwrap().state_dir();
    fs::remove_dir_all(state.join("facts.d")).unwrap();
    fs::remove_dir_all(state.join("instances/old-1")).unwrap();
    fs::write(found.inventory.join("hosts.yml"), hosts).unwrap();
    let (code, out, err) = found.import(&["--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    // And as if it had been cut off right before the run.
    fs::remove_dir_all(state.join("facts.d")).unwrap();
    fs::remove_dir_all(state.join("instances/old-1")).unwrap();
    let (code, out, err) = found.run(&["import", "old-1", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(state.join("facts.d/changemaker.fact").exists());
    assert!(found.hosts().contains("        old-1:\n"));
    let (_, value, _) = found.run(&["vault", "get", "old-1", "vault_jwt_secret"]);
    assert_eq!(value, format!("{MARKER}-1\n"));
}

#[test]
fn what_cannot_be_imported_is_refused_before_anything_is_written() {
    let found = Found::new();
    let (code, _, err) = found.run(&["import", "old-1", "--yes"]);
    assert_eq!(code, 4);
    assert!(err.contains("--address"), "{err}");
    fs::remove_file(found.checkout().join(".env")).unwrap();
    let (code, _, err) = found.import(&["--yes"]);
    assert_eq!(code, 1);
    assert!(err.contains("nothing to import"), "{err}");
    assert!(!found.inventory.join("host_vars/old-1").exists());
}
