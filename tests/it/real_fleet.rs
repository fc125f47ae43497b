//! Real hosts, and the program as an operator calls it on them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::lab::real::{RealHost, RealLab};

/// Secrets that an instance cannot do without.
pub(crate) const SECRETS: [&str; 4] =
    ["vault_admin_password", "vault_jwt_secret", "vault_postgres_password", "vault_redis_password"];

/// A lab of real hosts, and the program's own files.
pub(crate) struct RealFleet {
    pub(crate) lab: RealLab,
    pub(crate) own: tempfile::TempDir,
}

impl RealFleet {
    /// `policy` is added to that of the whole fleet.
    pub(crate) fn new(lab: RealLab, policy: &str) -> Self {
        let folder = lab.inventory_dir().join("group_vars/all");
        std::fs::write(folder.join("gates.yml"), policy).unwrap();
        Self { lab, own: tempfile::tempdir().unwrap() }
    }

    /// The first host.
    pub(crate) fn host(&self) -> &RealHost {
        &self.lab.hosts()[0]
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
            .env("HOME", own)
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn bunker(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What the program says where it must succeed.
    pub(crate) fn ok(&self, args: &[&str]) -> Output {
        let output = self.bunker(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        output
    }

    /// What it prints, as JSON, where it must succeed.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.ok(&[args, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}"))
    }

    /// A vault with all [`SECRETS`] of these hosts; `value` makes each.
    pub(crate) fn vault(&self, hosts: &[&str], value: impl Fn(&str, usize) -> String) {
        self.ok(&["vault", "init"]);
        for host in hosts {
            for (n, name) in SECRETS.iter().enumerate() {
                let mut child = self
                    .command(&["vault", "set", host, name])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap();
                child.stdin.take().unwrap().write_all(value(host, n).as_bytes()).unwrap();
                assert!(child.wait().unwrap().success(), "{host} {name}");
            }
        }
    }

    /// `[host, step, outcome]` of each step of the last run.
    pub(crate) fn outcomes(&self) -> Vec<[String; 3]> {
        let show = self.json(&["show", "last"]);
        let word = |value: &serde_json::Value| {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        let mut all = Vec::new();
        for target in show["targets"].as_array().unwrap() {
            for step in target["steps"].as_array().unwrap() {
                all.push([word(&target["host"]), word(&step["id"]), word(&step["outcome"])]);
            }
        }
        all
    }

    /// Fails unless the last run left everything as it was; `said` is shown then.
    pub(crate) fn nothing_changed(&self, said: &Output) {
        let outcomes = self.outcomes();
        let changed: Vec<_> = outcomes.iter().filter(|[_, _, o]| o == "changed").collect();
        assert!(changed.is_empty(), "{changed:?}\n{}", text(said));
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!(
        "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
