//! The program configures paper hosts, as an operator calls it: what it shows, changes, refuses and never tells.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::lab::{HostSpec, Lab, Options};
use crate::upgrade_fleet::tree;

/// Planted in a secret: with everything that a quoting mistake would trip over.
const MARKER: &str = "MARKER-1f'$HOME\"#\\x y";

/// A lab, the program's own state, and a vault with the secrets that the hosts run with.
struct Deck {
    lab: Lab,
    own: TempDir,
}

impl Deck {
    fn with(names: &[&str]) -> Self {
        let spec = |name: &&str| {
            let mut spec = HostSpec::new(name);
            spec.vars.push("cml_admin_email: admin@example.org".to_owned());
            spec.vars.push("cml_smtp_from: hello@example.org".to_owned());
            spec
        };
        let options = Options::instances()
            .with_policy("bunker_min_healthy_s: 1")
            .with_policy("bunker_healthy_deadline_s: 8")
            .with_policy("bunker_upgrade_free_b: 1")
            .with_policy("bunker_serial: 100%");
        let options = options.with_hosts(names.iter().map(spec).collect());
        let deck = Self {
            lab: Lab::start(names.len(), options).unwrap(),
            own: tempfile::tempdir().unwrap(),
        };
        deck.ok(&["vault", "init"], "");
        for name in names {
            let env = deck.env(name);
            for (variable, secret) in [
                ("ADMIN_PASSWORD", "vault_admin_password"),
                ("JWT_SECRET", "vault_jwt_secret"),
                ("POSTGRES_PASSWORD", "vault_postgres_password"),
                ("REDIS_PASSWORD", "vault_redis_password"),
            ] {
                let line = env.lines().find_map(|l| l.strip_prefix(&format!("{variable}=")));
                deck.ok(&["vault", "set", name, secret], line.unwrap());
            }
            deck.ok(&["vault", "set", name, "vault_smtp_password"], MARKER);
        }
        deck
    }

    fn bunker(&self, args: &[&str], input: &str) -> (i32, String) {
        let own = self.own.path();
        let mut child = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .args(args)
            .arg("--inventory")
            .arg(self.lab.inventory_dir())
            .env("BUNKER_STATE", own.join("state"))
            .env("XDG_CACHE_HOME", own.join("cache"))
            .env("XDG_CONFIG_HOME", own.join("config"))
            .env("XDG_RUNTIME_DIR", own)
            .env("HOME", own)
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("BUNKER_IDENTITY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let all = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        assert!(!text.contains("MARKER"), "{args:?} tells a secret: {text}");
        (output.status.code().unwrap_or(-1), text)
    }

    fn ok(&self, args: &[&str], input: &str) -> String {
        let (exit, text) = self.bunker(args, input);
        assert_eq!(exit, 0, "{args:?}: {text}");
        text
    }

    fn exits(&self, args: &[&str], exit: i32) -> String {
        let (got, text) = self.bunker(args, "");
        assert_eq!(got, exit, "{args:?}: {text}");
        text
    }

    fn env_path(&self, name: &str) -> PathBuf {
        self.lab.named(name).unwrap().checkout().join(".env")
    }

    fn env(&self, name: &str) -> String {
        fs::read_to_string(self.env_path(name)).unwrap()
    }

    fn by_hand(&self, name: &str, command: &str) -> String {
        let host = self.lab.named(name).unwrap();
        let line = format!("cd '{}' && {command}", host.checkout().display());
        let out = crate::lab_ssh::ssh(&self.lab, host, &line, b"");
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Services whose container is another one than in `before`.
    fn replaced(&self, name: &str, before: &str) -> Vec<String> {
        let now = self.containers(name);
        let new = now.lines().filter(|line| !before.lines().any(|old| old == *line));
        new.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    }

    fn containers(&self, name: &str) -> String {
        let format = r#"{{index .Config.Labels "com.docker.compose.service"}} {{.Id}}"#;
        self.by_hand(
            name,
            &format!("docker inspect --format '{format}' $(docker compose ps -a -q)"),
        )
    }

    /// A line more in the inventory of a host.
    fn says(&self, name: &str, line: &str) {
        let file = self.lab.inventory_dir().join(format!("host_vars/{name}/main.yml"));
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}{line}\n")).unwrap();
    }
}

/// Files below a folder that hold a text.
fn holding(dir: &Path, text: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            holding(&path, text, found);
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path);
            }
        }
    }
}

#[test]
fn a_setting_that_changes_restarts_only_what_it_touches() {
    let deck = Deck::with(&["alpha", "beta"]);
    let before = tree(deck.lab.named("alpha").unwrap().dir());
    let told = deck.exits(&["configure", "alpha", "beta", "--check", "--diff"], 3);
    assert!(told.contains("MAINTENANCE_MODE=false"), "{told}");
    assert!(told.contains(".env on 2 hosts: alpha, beta"), "the same change is told once: {told}");
    assert_eq!(told.matches("MAINTENANCE_MODE").count(), 1, "{told}");
    assert!(told.contains("~ SMTP_PASSWORD changed ("), "{told}");
    assert_eq!(tree(deck.lab.named("alpha").unwrap().dir()), before, "--check changes nothing");

    let was = deck.containers("alpha");
    deck.ok(&["configure", "alpha", "beta", "--yes"], "");
    assert_eq!(deck.replaced("alpha", &was), ["api"]);
    let mode = fs::metadata(deck.env_path("alpha")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let read = bunker_ops::domain::dotenv::parse(&deck.env("alpha"));
    assert_eq!(read.last()["SMTP_PASSWORD"].value.as_deref(), Some(MARKER));
    let show: serde_json::Value =
        serde_json::from_str(&deck.ok(&["show", "last", "--json"], "")).unwrap();
    assert_eq!(show["state"], "succeeded", "{show:#}");

    for args in
        [&["configure", "alpha", "beta", "--check"][..], &["configure", "alpha", "beta", "--yes"]]
    {
        assert!(deck.ok(args, "").contains("its .env is already so"));
    }

    deck.says("alpha", "cml_enable_media: true");
    let told = deck.exits(&["configure", "--limit", "alpha:beta", "--check", "--diff"], 3);
    assert!(told.contains("- ENABLE_MEDIA=false\n  + ENABLE_MEDIA=true"), "{told}");
    assert!(told.contains("left out: beta"), "{told}");
    let json: serde_json::Value =
        serde_json::from_str(&deck.exits(&["configure", "alpha", "--check", "--json"], 3)).unwrap();
    assert_eq!(json["targets"][0]["env"][0]["name"], "ENABLE_MEDIA", "{json:#}");
    let was = deck.containers("alpha");
    let told = deck.ok(&["configure", "alpha", "--yes"], "");
    assert_eq!(deck.replaced("alpha", &was), ["api"], "{told}");
    assert!(deck.env("alpha").contains("ENABLE_MEDIA=true\n"));
    let log = deck.ok(&["logs", "last"], "");
    assert!(log.contains("touched: api"), "{log}");

    let mut found = Vec::new();
    holding(deck.lab.named("alpha").unwrap().dir(), "MARKER", &mut found);
    assert_eq!(found, [deck.env_path("alpha")], "on the host only in .env");
    let mut found = Vec::new();
    holding(deck.own.path(), "MARKER", &mut found);
    holding(&deck.lab.inventory_dir(), "MARKER", &mut found);
    assert_eq!(found, Vec::<PathBuf>::new(), "on this machine nowhere");
    let lease = deck.lab.named("alpha").unwrap().state_dir().join("instances/alpha/lease");
    assert!(!lease.exists(), "the lease was given back");
}

#[test]
fn what_somebody_edited_on_the_host_is_never_overwritten_by_itself() {
    let deck = Deck::with(&["alpha"]);
    // Before any run wrote the file, a difference may be anybody's.
    deck.by_hand("alpha", "sed -i s/^SMTP_HOST=.*/SMTP_HOST=mail.example.org/ .env");
    let own = deck.env("alpha");
    let told = deck.exits(&["configure", "alpha", "--yes", "--diff"], 8);
    assert!(told.contains("1 differs on the host, and no run wrote it: SMTP_HOST"), "{told}");
    assert!(told.contains("- SMTP_HOST=mail.example.org"), "{told}");
    assert_eq!(deck.env("alpha"), own);
    deck.says("alpha", "cml_smtp_host: mail.example.org");
    deck.ok(&["configure", "alpha", "--yes"], "");

    deck.by_hand("alpha", "sed -i s/^ENABLE_MEDIA=.*/ENABLE_MEDIA=true/ .env");
    deck.by_hand(
        "alpha",
        "printf '%s\\n' \"MINE='my own # value'\" 'OWN_PASSWORD=MARKER-own' >>.env",
    );
    let edited = deck.env("alpha");
    let told = deck.exits(&["configure", "alpha", "--yes"], 8);
    assert!(told.contains("1 edited on the host: ENABLE_MEDIA"), "{told}");
    assert_eq!(deck.env("alpha"), edited, "nothing was changed");

    let told = deck.ok(&["configure", "alpha", "--yes", "--diff", "--overwrite-drift"], "");
    assert!(told.contains("keeps what the template does not name: MINE, OWN_PASSWORD"), "{told}");
    let now = deck.env("alpha");
    assert!(now.contains("ENABLE_MEDIA=false\n"), "{now}");
    assert!(
        now.ends_with("not in the template\nMINE='my own # value'\nOWN_PASSWORD=MARKER-own\n"),
        "{now}"
    );
    let told = deck.ok(&["configure", "alpha", "--yes"], "");
    assert!(told.contains("its .env is already so"), "{told}");
    // Once the inventory says what the host has, it is no drift; a run that ended too early is made good.
    deck.by_hand("alpha", "sed -i s/^ENABLE_MEDIA=.*/ENABLE_MEDIA=true/ .env");
    deck.says("alpha", "cml_enable_media: true");
    let told = deck.exits(&["configure", "alpha", "--check"], 3);
    assert!(told.contains("it is put on record as it is"), "{told}");
    let state = deck.lab.named("alpha").unwrap().state_dir().join("instances/alpha");
    fs::write(state.join("env_pending"), "").unwrap();
    let told = deck.exits(&["configure", "alpha", "--check"], 3);
    assert!(told.contains("ended before the containers had it"), "{told}");
    let was = deck.containers("alpha");
    deck.ok(&["configure", "alpha", "--yes"], "");
    assert_eq!(deck.replaced("alpha", &was), ["api"]);
    assert!(!state.join("env_pending").exists());
    let mut found = Vec::new();
    holding(deck.own.path(), "MARKER", &mut found);
    assert_eq!(found, Vec::<PathBuf>::new());
}

#[test]
fn an_edit_on_the_host_is_shown_through_an_upgrade_until_it_is_taken_up() {
    let deck = Deck::with(&["alpha"]);
    deck.ok(&["configure", "alpha", "--yes"], "");
    let edited = || {
        let (_, told) = deck.bunker(&["status", "--json"], "");
        told.contains("was changed by hand since it was last applied")
    };
    assert!(!edited());
    deck.by_hand("alpha", "sed -i s/^ENABLE_MEDIA=.*/ENABLE_MEDIA=true/ .env");
    assert!(edited());
    let told = deck.ok(&["upgrade", "alpha", "--to", "v2.5.0", "--yes"], "");
    assert!(told.contains(".env was edited since the last run"), "{told}");
    assert!(edited(), "the upgrade took it for one of ours");
    // The inventory says what the host has: a configure puts that on record, once.
    deck.says("alpha", "cml_enable_media: true");
    let told = deck.ok(&["configure", "alpha", "--yes"], "");
    assert!(told.contains("it is put on record as it is"), "{told}");
    assert!(!edited());
    assert!(deck.env("alpha").contains("ENABLE_MEDIA=true\n"));
    let told = deck.ok(&["configure", "alpha", "--check"], "");
    assert!(told.contains("its .env is already so"), "{told}");
    // What the inventory says next is a change of ours, and none against an edit.
    deck.says("alpha", "cml_enable_media: false");
    let told = deck.exits(&["configure", "alpha", "--check"], 3);
    assert!(!told.contains("on the host"), "{told}");
    // What it does not name is taken up as it is.
    deck.says("alpha", "cml_enable_media: true");
    deck.by_hand("alpha", "echo MINE=1 >>.env");
    assert!(edited());
    deck.ok(&["configure", "alpha", "--yes"], "");
    assert!(!edited() && deck.env("alpha").contains("MINE=1\n"));
}

#[test]
fn a_rotation_is_on_record_as_what_was_applied_last() {
    let deck = Deck::with(&["alpha"]);
    deck.ok(&["configure", "alpha", "--yes"], "");
    deck.ok(&["rotate-secrets", "alpha", "--all", "--yes"], "");
    let told = deck.ok(&["configure", "alpha", "--check"], "");
    assert!(told.contains("its .env is already so"), "{told}");
    // A new value in the vault is a change of ours, and no edit of somebody's.
    deck.ok(&["vault", "set", "alpha", "vault_jwt_secret"], "a-value-that-somebody-chose");
    let told = deck.exits(&["configure", "alpha", "--check", "--diff"], 3);
    assert!(told.contains("JWT_SECRET changed (") && !told.contains("on the host"), "{told}");
    let refused = deck.exits(&["rotate-secrets", "alpha", "--all", "--yes"], 8);
    assert!(refused.contains("an older value than the vault: JWT_SECRET"), "{refused}");
    deck.ok(&["configure", "alpha", "--yes"], "");
    deck.by_hand("alpha", "sed -i s/^JWT_SECRET=.*/JWT_SECRET=edited-by-hand-there/ .env");
    let refused = deck.exits(&["rotate-secrets", "alpha", "--all", "--yes"], 8);
    assert!(refused.contains("somebody edited it on the host: JWT_SECRET"), "{refused}");
    deck.ok(&["configure", "alpha", "--yes", "--overwrite-drift"], "");
    deck.ok(&["configure", "alpha", "--check"], "");
    deck.ok(&["rotate-secrets", "alpha", "--all", "--yes"], "");
}

#[test]
fn what_cannot_be_made_is_told_with_its_place_and_changes_nothing() {
    let deck = Deck::with(&["alpha"]);
    let before = deck.env("alpha");
    deck.ok(&["vault", "rm", "alpha", "vault_jwt_secret"], "");
    let told = deck.exits(&["configure", "alpha", "--yes"], 8);
    assert!(told.contains("bunker vault set alpha vault_jwt_secret"), "{told}");
    let templates = deck.lab.inventory_dir().parent().unwrap().join("templates");
    fs::create_dir(&templates).unwrap();
    fs::write(templates.join("env.j2"), "DOMAIN={{ cml_domain }}\nX={{ cml_gone }}\n").unwrap();
    let told = deck.exits(&["configure", "alpha", "--yes"], 8);
    assert!(told.contains("templates/env.j2, line 2: cml_gone is not defined for alpha"), "{told}");
    deck.says("alpha", "cml_env_template: nowhere.j2");
    let told = deck.exits(&["configure", "alpha", "--yes"], 8);
    assert!(told.contains("nowhere.j2 cannot be used"), "{told}");
    assert_eq!(deck.env("alpha"), before);
    assert_eq!(deck.exits(&["--read-only", "configure", "alpha"], 8).lines().count(), 1);
}

#[test]
fn what_a_deployment_wrote_is_known_and_what_the_host_keeps_stays() {
    let deck = Deck::with(&["alpha"]);
    // An instance of ours has a release on record.
    deck.ok(&["upgrade", "alpha", "--to", "v2.5.0", "--yes"], "");
    deck.by_hand("alpha", "rm .env");
    let deploy = ["deploy", "alpha", "--tags", "env", "--yes"];
    deck.ok(&deploy, "");
    assert!(deck.env("alpha").contains("ENABLE_MEDIA=false\n"));
    deck.says("alpha", "cml_enable_media: true");
    let told = deck.exits(&["configure", "alpha", "--check", "--diff"], 3);
    assert!(told.contains("- ENABLE_MEDIA=false\n  + ENABLE_MEDIA=true"), "{told}");
    assert!(!told.contains("no run wrote it"), "{told}");

    deck.by_hand("alpha", "echo MINE=1 >>.env");
    deck.ok(&["configure", "alpha", "--yes"], "");
    let kept = deck.env("alpha");
    assert!(kept.ends_with("MINE=1\n"), "{kept}");
    deck.ok(&deploy, "");
    assert_eq!(deck.env("alpha"), kept);
    deck.says("alpha", "cml_enable_chat: true");
    let told = deck.exits(&deploy, 1);
    assert!(
        told.contains("bunker configure shows the difference and keeps what the host has"),
        "{told}"
    );
    assert_eq!(deck.env("alpha"), kept);
}
