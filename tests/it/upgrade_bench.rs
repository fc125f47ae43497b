//! A host of one folder for single steps: a real shell, a real git, a docker that does as it is told.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use bunker_ops::domain::git::CommitSha;
use bunker_ops::domain::plan::Target;
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::server::ServerSettings;
use bunker_ops::domain::settings::{
    DeploySettings, HttpUrl, InstancePolicy, InstanceSettings, OperatorCommand, Tier,
};
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::steps::lease::{Claim, WORDS};
use tempfile::TempDir;

/// What the runner gives to a step, as small as it can be.
const RUNNER: &str = r#"set -eu
bunker_changed() { : >"$OUT/changed"; }
bunker_tell() { printf '%s=%s\n' "$1" "$2" >>"$OUT/told"; }
bunker_aside() { rm -f -- "$1"; }
bunker_input() { printf '%s/in-%s' "$BUNKER_JOB" "$1"; }
bunker_skip() { printf '%s' "$1" >"$OUT/skipped"; exit 77; }
bunker_fail() { printf '%s' "$1" >"$OUT/failed"; printf '%s' "${2:-}" >"$OUT/hint"; exit 1; }
"#;

const DOCKER: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$FAKE/calls"
case "$*" in
"compose version --short" | "compose version") echo 2.26.1 ;;
"compose --env-file "*" config -q") [ ! -e "$FAKE/bad-config" ] || { echo "required variable X is missing a value" >&2; exit 15; } ;;
info*) echo "$FAKE" ;;
"compose ps -a -q") cat "$FAKE/containers" ;;
"compose ps -a") echo "NAME STATE" ;;
inspect*) for last; do :; done; cat "$FAKE/image-of-$last" ;;
"compose config -q") [ ! -e "$FAKE/bad-config" ] || { echo "services.api Additional property foo is not allowed" >&2; exit 15; } ;;
"compose build")
    [ ! -e "$FAKE/bad-build" ] || { echo "failed to solve: exit code: 2" >&2; exit 17; }
    [ ! -e "$FAKE/limited" ] || { echo "toomanyrequests: You have reached your pull rate limit" >&2; exit 17; }
    if [ -e "$FAKE/flaky" ]; then rm "$FAKE/flaky"; echo "dial tcp: lookup registry: no such host" >&2; exit 17; fi
    echo "new images" ;;
"compose up -d") [ ! -e "$FAKE/bad-up" ] || { echo "Error response from daemon: port is already allocated" >&2; exit 1; } ;;
"compose run "*) [ ! -e "$FAKE/bad-migration" ] || { echo "Error: P3018" >&2; exit 1; }; cat "$FAKE/migrations" 2>/dev/null || echo "All migrations have been successfully applied." ;;
tag*|rmi*) ;;
"image inspect "*) [ ! -e "$FAKE/pruned" ] ;;
*) echo "fake docker: $*" >&2; exit 64 ;;
esac
"#;

/// How a step ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) output: String,
    pub(crate) changed: bool,
    pub(crate) told: BTreeMap<String, String>,
    pub(crate) skipped: Option<String>,
    pub(crate) failed: Option<String>,
    pub(crate) hint: String,
}

impl Ran {
    /// The message of a step that had to fail, with its hint.
    pub(crate) fn failure(&self) -> (&str, &str) {
        assert_eq!(self.exit, 1, "{self:?}");
        (self.failed.as_deref().unwrap_or_default(), &self.hint)
    }

    pub(crate) fn good(self) -> Self {
        assert!(matches!(self.exit, 0 | 77), "{self:#?}");
        self
    }
}

/// The folder of one host, with a repository of two releases beside it.
pub(crate) struct Bench {
    _root: TempDir,
    pub(crate) home: PathBuf,
    pub(crate) fake: PathBuf,
    pub(crate) job: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) settings: InstanceSettings,
    pub(crate) old: CommitSha,
    pub(crate) new: CommitSha,
}

impl Bench {
    /// A host whose checkout stands in a folder of this name, at release v1 on branch v2.
    pub(crate) fn in_folder(name: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let (repo, work) = (at("repo.git"), at("work"));
        let home = root.path().join(name);
        for dir in [&at("fake"), &at("bin"), &at("job"), &at("state/instances/test-01"), &work] {
            fs::create_dir_all(dir).unwrap();
        }
        git(root.path(), &["init", "-q", "--bare", "-b", "v2", repo.to_str().unwrap()]);
        git(&work, &["init", "-q", "-b", "v2"]);
        git(&work, &["remote", "add", "origin", repo.to_str().unwrap()]);
        fs::write(work.join(".gitignore"), ".env\ndocker-compose.override.yml\nbackups/\n")
            .unwrap();
        let old = commit(&work, "one", "v1");
        let new = commit(&work, "two", "v1.1");
        git(&work, &["push", "-q", "--tags", "origin", "v2"]);
        git(root.path(), &["clone", "-q", repo.to_str().unwrap(), home.to_str().unwrap()]);
        git(&home, &["checkout", "-q", "-B", "v2", old.as_str()]);
        git(&home, &["tag", "-d", "v1.1"]);
        fs::write(home.join(".env"), "DOMAIN=example.org\nexport QUOTED=\"x\"\nEMPTY=\n").unwrap();
        mode(&home.join(".env"), 0o600);
        fs::create_dir(home.join("backups")).unwrap();
        let docker = at("bin/docker");
        fs::write(&docker, DOCKER).unwrap();
        mode(&docker, 0o755);
        fs::write(at("fake/containers"), "c1\nc2\n").unwrap();
        fs::write(at("fake/image-of-c1"), "sha256:aaa cml-api\n").unwrap();
        fs::write(at("fake/image-of-c2"), "sha256:bbb registry:5000/db:16@sha256:ff\n").unwrap();
        let settings = settings(&home, &repo);
        let (fake, job) = (at("fake"), at("job"));
        Self { _root: root, home, fake, job, work, settings, old, new }
    }

    pub(crate) fn new() -> Self {
        Self::in_folder("changemaker-lite")
    }

    /// Runs a step as run `BUNKER_RUN`.
    pub(crate) fn run_as(&self, run: &str, script: &str) -> Ran {
        let out = tempfile::tempdir().unwrap();
        let root = self.fake.parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("{RUNNER}{WORDS}{script}"))
            .current_dir("/")
            .env("PATH", format!("{}:{path}", root.join("bin").display()))
            .env("OUT", out.path())
            .env("FAKE", &self.fake)
            .env("BUNKER_RUN", run)
            .env("BUNKER_INSTANCE", "test-01")
            .env("BUNKER_STATE", root.join("state"))
            .env("BUNKER_JOB", &self.job)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        let read = |name: &str| fs::read_to_string(out.path().join(name)).ok();
        let text = [output.stdout, output.stderr].concat();
        Ran {
            exit: output.status.code().unwrap_or(-1),
            output: String::from_utf8_lossy(&text).into_owned(),
            changed: out.path().join("changed").exists(),
            told: read("told")
                .unwrap_or_default()
                .lines()
                .filter_map(|l| l.split_once('='))
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
            skipped: read("skipped"),
            failed: read("failed"),
            hint: read("hint").unwrap_or_default(),
        }
    }

    pub(crate) fn run(&self, script: &str) -> Ran {
        self.run_as("261122-221405-7f3a", script)
    }

    /// Takes the lease, as every other step needs it.
    pub(crate) fn leased(self) -> Self {
        self.run(&bunker_ops::steps::lease::acquire(&claim(), 60)).good();
        self
    }

    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.fake.parent().unwrap().join("state/instances/test-01").join(name)
    }

    pub(crate) fn target(&self) -> Target {
        Target { reference: "v1.1".parse().unwrap(), sha: self.new.clone() }
    }

    pub(crate) fn head(&self) -> String {
        git(&self.home, &["rev-parse", "HEAD"])
    }

    pub(crate) fn branch(&self) -> String {
        git(&self.home, &["rev-parse", "--abbrev-ref", "HEAD"])
    }

    pub(crate) fn calls(&self) -> String {
        fs::read_to_string(self.fake.join("calls")).unwrap_or_default()
    }

    pub(crate) fn told_docker(&self, file: &str) {
        fs::write(self.fake.join(file), "").unwrap();
    }
}

pub(crate) fn claim() -> Claim {
    Claim { workflow: "upgrade", target: Safe::line("v1.1"), operator: operator("ops-1") }
}

pub(crate) fn operator(user: &str) -> Operator {
    Operator { user: Safe::line(user), machine: Safe::line("bastion"), from: None }
}

fn commit(work: &Path, text: &str, tag: &str) -> CommitSha {
    fs::write(work.join("docker-compose.yml"), format!("services: {{}} # {text}\n")).unwrap();
    git(work, &["add", "-A"]);
    git(work, &["commit", "-q", "-m", text]);
    git(work, &["tag", "-a", "-m", tag, tag]);
    git(work, &["rev-parse", "HEAD"]).parse().unwrap()
}

pub(crate) fn mode(path: &Path, bits: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
}

pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|who| {
            [(format!("GIT_{who}_NAME"), "Lab"), (format!("GIT_{who}_EMAIL"), "lab@example.org")]
        }))
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn settings(home: &Path, repo: &Path) -> InstanceSettings {
    let dir = home.to_str().unwrap();
    let command = |text: &str| OperatorCommand::try_from(text.to_owned()).unwrap();
    let url = |text: &str| HttpUrl::try_from(text.to_owned()).unwrap();
    InstanceSettings {
        domain: "example.org".parse().unwrap(),
        tier: Tier::Managed,
        label: "example.org".to_owned(),
        dir: dir.parse().unwrap(),
        repo: repo.to_str().unwrap().parse().unwrap(),
        reference: "v2".parse().unwrap(),
        compose_files: Vec::new(),
        compose_profiles: Vec::new(),
        canary: bunker_ops::domain::canary::CanaryPolicy::default(),
        expected_services: Vec::new(),
        migrate_command: command("docker compose exec -T api npx prisma migrate deploy"),
        migrations_dir: "api/prisma/migrations".to_owned(),
        health_url: url("http://127.0.0.1:4000/api/health"),
        local_health_url: url("http://127.0.0.1:4000/api/health"),
        backup_command: command("tar -czf backups/new.tar.gz .env"),
        backup_dir: format!("{dir}/backups").parse().unwrap(),
        server: ServerSettings::default(),
        deploy: DeploySettings::default(),
        policy: InstancePolicy { upgrade_free_b: 1, ..InstancePolicy::default() },
    }
}
