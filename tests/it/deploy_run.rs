//! The program deploys paper hosts: as an operator calls it, from an empty server to a recorded release.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use bunker_ops::domain::release::ReleaseRecord;
use tempfile::TempDir;

use crate::lab::{HostSpec, Lab, Options, PaperHost};
use crate::upgrade_bench::git;
use crate::upgrade_fleet::tree;

/// A lab and the program's own state.
pub(crate) struct Site {
    pub(crate) lab: Lab,
    own: TempDir,
}

/// The secrets that an instance cannot do without.
const SECRETS: [&str; 4] =
    ["vault_admin_password", "vault_jwt_secret", "vault_postgres_password", "vault_redis_password"];

/// A value that stands nowhere by accident; quotes and blanks belong to it.
fn secret(name: &str) -> String {
    format!("m4rker of \"{name}\" it's")
}

/// What one call of the program did.
pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) text: String,
}

impl Site {
    pub(crate) fn bare() -> Self {
        Self::of(vec![HostSpec::bare("alpha")])
    }

    /// Checks of one second of health within six.
    pub(crate) fn of(specs: Vec<HostSpec>) -> Self {
        let options = Options::instances()
            .with_policy("bunker_min_healthy_s: 1")
            .with_policy("bunker_healthy_deadline_s: 6");
        let lab = Lab::start(specs.len(), options.with_hosts(specs)).unwrap();
        Self { lab, own: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let own = self.own.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
        command
            .args(args)
            .arg("--inventory")
            .arg(self.lab.inventory_dir())
            .env("BUNKER_STATE", own.join("state"))
            .env("XDG_CACHE_HOME", own.join("cache"))
            .env("XDG_CONFIG_HOME", own.join("config"))
            .env("XDG_RUNTIME_DIR", own)
            .env("HOME", own)
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn bunker(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        let all = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        Said { exit: output.status.code().unwrap_or(-1), text }
    }

    /// `bunker deploy alpha --yes` with more.
    pub(crate) fn deploy(&self, more: &[&str]) -> Said {
        self.bunker(&[&["deploy", "alpha", "--yes"], more].concat())
    }

    /// The folder of all that the program keeps.
    pub(crate) fn own(&self) -> &std::path::Path {
        self.own.path()
    }

    pub(crate) fn host(&self) -> &PaperHost {
        self.lab.host(0)
    }

    /// The secrets of an instance, each with a mark in it.
    pub(crate) fn vault(&self) {
        let init = self.bunker(&["vault", "init"]);
        assert_eq!(init.exit, 0, "{}", init.text);
        for name in SECRETS {
            let mut child = self
                .command(&["vault", "set", "alpha", name])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(secret(name).as_bytes()).unwrap();
            let ended = child.wait_with_output().unwrap();
            assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
        }
    }

    /// Outcome by step of the last run, as `show --json` has them.
    pub(crate) fn outcomes(&self) -> Vec<(String, String)> {
        let said = self.bunker(&["show", "last", "--json"]);
        assert_eq!(said.exit, 0, "{}", said.text);
        let show: serde_json::Value = serde_json::from_str(&said.text).unwrap();
        let steps = show["targets"][0]["steps"].as_array().unwrap_or_else(|| panic!("{show:#}"));
        let text = |value: &serde_json::Value| {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        steps.iter().map(|s| (text(&s["id"]), text(&s["outcome"]))).collect()
    }

    pub(crate) fn sha(&self, tag: &str) -> String {
        git(self.lab.repo().unwrap(), &["rev-parse", &format!("{tag}^{{commit}}")])
    }
}

/// Steps of the last run that changed something.
pub(crate) fn changed(outcomes: &[(String, String)]) -> Vec<&str> {
    outcomes.iter().filter(|(_, o)| o == "changed").map(|(id, _)| id.as_str()).collect()
}

#[test]
fn a_bare_server_becomes_an_instance_and_a_second_run_changes_nothing() {
    let site = Site::bare();
    let dir = site.host().dir().to_path_buf();
    let before = tree(&dir);
    let blocked = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(blocked.exit, 8, "{}", blocked.text);
    assert!(blocked.text.contains("bunker vault set alpha vault_"), "{}", blocked.text);
    assert_eq!(tree(&dir), before);

    site.vault();
    let check = site.bunker(&["deploy", "alpha", "--to", "v2.4.1", "--check"]);
    assert_eq!(check.exit, 3, "{}", check.text);
    for part in ["clone", "login", ".env", "left out: UFW (the server itself is not managed"] {
        assert!(check.text.contains(part), "{part} is missing in {}", check.text);
    }
    assert_eq!(tree(&dir), before, "--check changes nothing");
    let status = site.bunker(&["status"]);
    assert!(status.text.contains("not deployed yet"), "{}", status.text);

    let first = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(first.exit, 0, "{}", first.text);
    let outcomes = site.outcomes();
    let expected =
        ["clone", "folders", "env", "images", "data", "migrate", "seed", "up", "cron", "record"];
    assert_eq!(changed(&outcomes), expected, "{outcomes:?}");
    for check in ["containers", "api", "admin", "login", "migrations", "cron", "public"] {
        let line = (format!("check-{check}"), "ok".to_owned());
        assert!(outcomes.contains(&line), "{check}: {outcomes:?}");
    }
    for name in SECRETS {
        assert!(!first.text.contains(&secret(name)), "{}", first.text);
    }
    let record = fs::read_to_string(site.host().state_dir().join("facts.d/changemaker.fact"));
    let record: ReleaseRecord = serde_json::from_str(&record.unwrap()).unwrap();
    assert_eq!((record.sha.as_str(), record.previous), (site.sha("v2.4.1").as_str(), None));
    assert_eq!(site.host().running_commit(), Some(site.sha("v2.4.1")));
    let cron = fs::read_to_string(dir.join("crontab")).unwrap();
    assert!(
        cron.starts_with("0 3 * * * cd ") && cron.ends_with("# bunker alpha backup\n"),
        "{cron}"
    );

    let files = tree(&site.host().checkout());
    let again = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(again.exit, 0, "{}", again.text);
    let outcomes = site.outcomes();
    assert_eq!(changed(&outcomes), [""; 0], "{outcomes:?}");
    assert_eq!(
        outcomes.iter().filter(|(_, o)| o == "ok").count(),
        outcomes.len() - 1,
        "{outcomes:?}"
    );
    assert_eq!(tree(&site.host().checkout()), files);
    assert_eq!(fs::read_to_string(dir.join("crontab")).unwrap(), cron);
    let calls = site.host();
    assert_eq!((calls.starts("compose build"), calls.starts("compose up")), (1, 2));

    let newer = site.deploy(&["--to", "v2.5.0"]);
    assert_eq!(newer.exit, 8, "{}", newer.text);
    assert!(newer.text.contains("`bunker upgrade alpha --to v2.5.0`"), "{}", newer.text);
}
