//! The program upgrades paper hosts: as an operator calls it, to its exit code.

use std::fs;
use std::process::{Command, Stdio};

use bunker_ops::domain::release::ReleaseRecord;
use tempfile::TempDir;

use crate::lab::{Fault, HostSpec, Lab, Options};
use crate::upgrade_bench::git;
use crate::upgrade_fleet::tree;

/// A lab and the program's own state.
pub(crate) struct Deck {
    pub(crate) lab: Lab,
    pub(crate) own: TempDir,
}

/// What one call of the program did.
pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) text: String,
}

impl Deck {
    pub(crate) fn with(names: &[&str]) -> Self {
        Self::of(names.iter().map(|name| HostSpec::new(name)).collect())
    }

    /// Gates of one second of health within four.
    fn of(specs: Vec<HostSpec>) -> Self {
        let options = Options::instances()
            .with_policy("bunker_min_healthy_s: 1")
            .with_policy("bunker_healthy_deadline_s: 4");
        let lab = Lab::start(specs.len(), options.with_hosts(specs)).unwrap();
        Self { lab, own: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn bunker(&self, args: &[&str]) -> Said {
        let own = self.own.path();
        let output = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .args(args)
            .arg("--inventory")
            .arg(self.lab.inventory_dir())
            .env("BUNKER_STATE", own.join("state"))
            .env("XDG_CACHE_HOME", own.join("cache"))
            .env("XDG_RUNTIME_DIR", own)
            .env("HOME", own)
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let all = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        Said { exit: output.status.code().unwrap_or(-1), text }
    }

    pub(crate) fn upgrade(&self, hosts: &[&str], to: &str) -> Said {
        let mut args = vec!["upgrade", "--yes", "--to", to];
        args.extend(hosts);
        self.bunker(&args)
    }

    /// The targets of the last run: outcome and the steps' outcomes, as `show --json` has them.
    fn last(&self) -> serde_json::Value {
        let said = self.bunker(&["show", "last", "--json"]);
        assert_eq!(said.exit, 0, "{}", said.text);
        serde_json::from_str(&said.text).unwrap_or_else(|e| panic!("{e}: {}", said.text))
    }

    /// Prints of a command in the checkout of a host.
    pub(crate) fn by_hand(&self, name: &str, command: &str) -> String {
        let host = self.lab.named(name).unwrap();
        let line = format!("cd '{}' && {command}", host.checkout().display());
        let out = crate::lab_ssh::ssh(&self.lab, host, &line, b"");
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn containers(&self, name: &str) -> String {
        self.by_hand(name, "docker compose ps -a -q")
    }

    pub(crate) fn sha(&self, tag: &str) -> String {
        git(self.lab.repo().unwrap(), &["rev-parse", &format!("{tag}^{{commit}}")])
    }

    pub(crate) fn head(&self, name: &str) -> String {
        self.by_hand(name, "git rev-parse HEAD").trim().to_owned()
    }

    /// Status and `version` of the health page.
    pub(crate) fn answers(&self, name: &str) -> (u16, String) {
        let url = format!("{}/api/health", self.lab.named(name).unwrap().web());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = reqwest::get(url).await.unwrap();
            let status = answer.status().as_u16();
            let body: serde_json::Value = answer.json().await.unwrap();
            (status, body["version"].as_str().unwrap_or_default().to_owned())
        })
    }

    pub(crate) fn state(&self, name: &str, file: &str) -> std::path::PathBuf {
        self.lab.named(name).unwrap().state_dir().join(file)
    }

    pub(crate) fn is_free(&self, name: &str) -> bool {
        !self.state(name, &format!("instances/{name}/lease")).exists()
    }

    /// A failed run left the old version running, the tree as it was, and the instance free.
    fn is_as_before(&self, name: &str, containers: &str) {
        assert_eq!(self.containers(name), containers, "the same containers");
        assert_eq!(self.head(name), self.sha("v2.4.1"));
        assert_eq!(self.answers(name), (200, "2.4.1".to_owned()), "the old version answers");
        assert!(self.is_free(name), "the lease was given back");
    }
}

#[test]
fn an_upgrade_brings_the_new_version_and_records_it() {
    let deck = Deck::with(&["alpha", "beta"]);
    let before = deck.containers("alpha");
    let said = deck.upgrade(&["alpha", "beta"], "v2.5.0");
    assert_eq!(said.exit, 0, "{}", said.text);
    for name in ["alpha", "beta"] {
        assert_eq!(deck.answers(name), (200, "2.5.0".to_owned()));
        assert_eq!(deck.head(name), deck.sha("v2.5.0"));
        let fact = fs::read_to_string(deck.state(name, "facts.d/changemaker.fact")).unwrap();
        let record: ReleaseRecord = serde_json::from_str(&fact).unwrap();
        assert_eq!(record.sha.as_str(), deck.sha("v2.5.0"));
        assert_eq!(record.previous.unwrap().as_str(), deck.sha("v2.4.1"));
        assert_eq!(record.reference.as_str(), "v2.5.0");
        assert!(record.healthy && deck.is_free(name));
        let host = deck.lab.named(name).unwrap();
        assert_eq!((host.starts("compose build"), host.starts("compose up")), (1, 1));
        let backups = deck.by_hand(name, "ls backups/*.tar.gz | wc -l");
        assert_eq!(backups.trim(), "2", "one more than before");
    }
    assert_ne!(deck.containers("alpha").lines().next(), before.lines().next(), "api is new");
    let show = deck.last();
    assert_eq!(show["state"], "succeeded", "{show:#}");

    let again = deck.upgrade(&["alpha", "beta"], "v2.5.0");
    assert_eq!(again.exit, 0, "{}", again.text);
    assert!(again.text.contains("already"), "{}", again.text);
    assert_eq!(deck.lab.named("alpha").unwrap().starts("compose up"), 1);
}

#[test]
fn a_broken_build_leaves_the_old_containers_running() {
    let deck = Deck::with(&["alpha"]);
    let before = deck.containers("alpha");
    let said = deck.upgrade(&["alpha"], "v2.6.0-broken-build");
    assert_eq!(said.exit, 1, "{}", said.text);
    assert!(said.text.contains("error TS2322"), "the compiler's words: {}", said.text);
    assert!(
        said.text.contains("the old containers still run and the checkout is back at"),
        "{}",
        said.text
    );
    deck.is_as_before("alpha", &before);
    assert_eq!(deck.lab.host(0).starts("compose up"), 0);
    assert_eq!(deck.last()["state"], "failed");
    // What was put back is a good place to start from.
    assert_eq!(deck.upgrade(&["alpha"], "v2.5.0").exit, 0);
    assert_eq!(deck.answers("alpha"), (200, "2.5.0".to_owned()));
}

#[test]
fn a_failed_gate_stops_later_targets_and_says_the_way_back() {
    let deck = Deck::with(&["alpha", "beta", "gamma"]);
    let said = deck.upgrade(&["alpha", "beta", "gamma"], "v2.6.1-unhealthy");
    assert_eq!(said.exit, 1, "{}", said.text);
    let way_back = "bunker upgrade alpha --to v2.4.1";
    assert!(said.text.contains(way_back), "{}", said.text);
    assert!(said.text.contains("not healthy within "), "{}", said.text);
    assert!(
        said.text.contains("the mail queue does not answer"),
        "the container's last lines: {}",
        said.text
    );
    for name in ["beta", "gamma"] {
        assert_eq!(deck.answers(name), (200, "2.4.1".to_owned()));
        assert_eq!(
            deck.lab.named(name).unwrap().starts("compose"),
            deck.lab.named(name).unwrap().starts("compose ps")
                + deck.lab.named(name).unwrap().starts("compose config"),
            "only looked at"
        );
    }
    assert_eq!(deck.answers("alpha").0, 503);
    assert!(deck.is_free("alpha"));
    assert!(!deck.state("alpha", "facts.d/changemaker.fact").exists(), "not a release");

    // The words that it said, as they are.
    let mut back: Vec<&str> = way_back.split(' ').skip(1).collect();
    back.push("--yes");
    let said = deck.bunker(&back);
    assert_eq!(said.exit, 0, "{}", said.text);
    assert_eq!(deck.answers("alpha"), (200, "2.4.1".to_owned()));
    assert_eq!(deck.head("alpha"), deck.sha("v2.4.1"));
    assert_eq!(
        deck.lab.named("alpha").unwrap().starts("compose build"),
        1,
        "the held images are taken"
    );
}

#[test]
fn a_failed_migration_is_not_tried_again_and_the_old_version_answers() {
    let deck = Deck::with(&["alpha"]);
    let before = deck.containers("alpha");
    let said = deck.upgrade(&["alpha"], "v2.6.2-bad-migration");
    assert_eq!(said.exit, 1, "{}", said.text);
    assert!(said.text.contains("Error: P3018"), "{}", said.text);
    assert!(said.text.contains("it is never tried again by itself"), "{}", said.text);
    deck.is_as_before("alpha", &before);
    assert_eq!(deck.lab.host(0).starts("compose run"), 1);
}

#[test]
fn what_must_not_run_is_refused_before_anything_is_changed() {
    let mut full = HostSpec::new("full");
    full.disk_used = 98;
    let deck = Deck::of(vec![HostSpec::new("alpha"), full]);
    deck.by_hand("alpha", "echo mine >> package.json");
    for (host, to, part) in [
        ("alpha", "v2.5.0", "local changes that an upgrade would lose"),
        ("full", "v2.5.0", "an upgrade needs"),
        ("full", "v2.6.3-needs-variable", "MAIL_RELAY_TOKEN"),
    ] {
        let said = deck.upgrade(&[host], to);
        assert_eq!(said.exit, 8, "{host} {to}: {}", said.text);
        assert!(said.text.contains(part), "{}", said.text);
    }
    deck.by_hand("alpha", "git checkout -q package.json");
    let dir = deck.lab.named("alpha").unwrap().dir().to_path_buf();
    let before = tree(&dir);
    let said = deck.bunker(&["upgrade", "alpha", "--to", "v2.5.0", "--check"]);
    assert_eq!(said.exit, 3, "{}", said.text);
    assert!(said.text.contains("MAIL_RATE"), "{}", said.text);
    assert_eq!(tree(&dir), before, "--check changes nothing");
    deck.lab.named("alpha").unwrap().fault(Fault::Refuse);
    let said = deck.upgrade(&["alpha"], "v2.5.0");
    assert_eq!(said.exit, 6, "{}", said.text);
}

#[test]
fn without_a_backup_nothing_is_changed() {
    let mut spec = HostSpec::new("alpha");
    spec.vars.push("cml_backup_command: \"echo no space left >&2; exit 9\"".to_owned());
    let deck = Deck::of(vec![spec]);
    let before = deck.containers("alpha");
    let said = deck.upgrade(&["alpha"], "v2.5.0");
    assert_eq!(said.exit, 1, "{}", said.text);
    assert!(
        said.text.contains("the backup failed with exit code 9; nothing was changed"),
        "{}",
        said.text
    );
    deck.is_as_before("alpha", &before);
    assert_eq!(deck.lab.host(0).starts("compose build"), 0);
}

#[test]
fn an_instance_that_somebody_else_holds_is_left_alone() {
    let deck = Deck::with(&["alpha"]);
    let before = deck.containers("alpha");
    let folder = deck.state("alpha", "instances/alpha");
    fs::create_dir_all(&folder).unwrap();
    let lease = "holder=run 261122-140000-0001 (upgrade) by ops-2 on bastion since 14:00\nrun=261122-140000-0001\nexpires=9999999999\n";
    fs::write(folder.join("lease"), lease).unwrap();
    let said = deck.upgrade(&["alpha"], "v2.5.0");
    assert_eq!(said.exit, 8, "{}", said.text);
    assert!(
        said.text.contains("held by run 261122-140000-0001 (upgrade) by ops-2 on bastion"),
        "{}",
        said.text
    );
    assert_eq!(fs::read_to_string(folder.join("lease")).unwrap(), lease);
    assert_eq!(deck.containers("alpha"), before);
}
