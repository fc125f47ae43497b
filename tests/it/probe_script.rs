//! The probe's script in the real shell of this machine.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bunker_ops::domain::connection::Become;
use bunker_ops::domain::facts::{Facts, Part};
use bunker_ops::domain::settings::InstanceSettings;
use bunker_ops::steps::probe::{Answer, parse, render};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const NONCE: &str = "0123456789abcdef0123456789abcdef";
const ID: &str = "aaaaaaaaaaaabbbbbbbbbbbbccccccccccccddddddddddddeeeeeeeeeeeeffff";
const SECRET: &str = "c2VjcmV0";

/// A machine's home with a checkout, a `.env`, backups and a `docker` that prints what Docker would.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { root: TempDir::new().unwrap() };
        let dir = machine.path("cml");
        fs::create_dir_all(dir.join("backups")).unwrap();
        fs::create_dir_all(machine.path("bin")).unwrap();
        machine.write("cml/compose.yml", "services: {}\n");
        machine.write("cml/.gitignore", ".env\nbackups/\ndocker-compose.override.yml\n");
        machine.write("cml/docker-compose.override.yml", "services: {}\n");
        machine.write(
            "cml/.env",
            &format!(
                "A=1\nexport B_2 = \"x\"\n# C=3\nKEY=\"-----BEGIN\n{SECRET}=\nEND\"\nD='one'\n"
            ),
        );
        machine.write("cml/backups/cml-1.tar.gz", "archive");
        machine.write("cml/backups/cml-2.tar.gz.part", "half");
        machine.docker(&format!(
            "case \"$*\" in\n*'ps -a'*) echo '{{\"ID\":\"{}\",\"Service\":\"api\",\"State\":\"running\",\"Name\":\"evil\\u001b[31m\"}}'; cat >/dev/null;;\n\
             *--services*) echo api;;\ninspect*) echo '{ID} 0 0 2026-11-22T14:20:00Z 0001-01-01T00:00:00Z healthy unless-stopped';;\nesac",
            ID.get(..12).unwrap()
        ));
        for args in [
            vec!["init", "-q", "-b", "v2"],
            vec!["add", "."],
            vec!["commit", "-qm", "one"],
            vec!["tag", "v2.4.1"],
        ] {
            let git = Command::new("git")
                .args(["-c", "user.name=t", "-c", "user.email=t@t", "-C"])
                .arg(&dir)
                .args(args)
                .status();
            assert!(git.unwrap().success());
        }
        machine
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        fs::write(self.path(below), text).unwrap();
    }

    fn docker(&self, body: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write("bin/docker", &format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(self.path("bin/docker"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn settings(&self) -> InstanceSettings {
        let dir = self.path("cml").display().to_string();
        serde_json::from_value(serde_json::json!({
            "domain": "a.example.org", "tier": 1, "label": "a.example.org", "dir": dir,
            "repo": "/srv/cml.git", "reference": "v2", "compose_files": [], "compose_profiles": [],
            "expected_services": [], "migrate_command": "true", "migrations_dir": "m",
            "health_url": "http://127.0.0.1:1", "local_health_url": "http://127.0.0.1:1",
            "backup_command": "true", "backup_dir": format!("{dir}/backups"), "policy": {}
        }))
        .unwrap()
    }

    /// The answer of `sh` to the script on its standard input, and what parsing makes of it.
    fn probe(&self) -> (Vec<u8>, Facts) {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let script = render(&"a".parse().unwrap(), Become::LoginUser, &self.settings(), NONCE);
        let begun = Instant::now();
        let mut sh = Command::new("/bin/sh")
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .current_dir(self.root.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        sh.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let out = sh.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
        let facts = self.facts(&out.stdout, begun.elapsed()).expect("no part arrived whole");
        (out.stdout, facts)
    }

    fn facts(&self, bytes: &[u8], took: Duration) -> Option<Facts> {
        let now = Command::new("date").arg("+%s").output().unwrap();
        let second = String::from_utf8(now.stdout).unwrap().trim().parse().unwrap();
        let arrived = Timestamp::from_second(second).unwrap();
        parse(&Answer { bytes, nonce: NONCE, arrived, took }, &self.settings())
    }

    /// Names, contents and modification times of all files, as one hash.
    fn state(&self) -> String {
        fn walk(dir: &Path, hash: &mut Sha256) {
            let mut all: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
            all.sort();
            for path in all {
                let meta = fs::symlink_metadata(&path).unwrap();
                hash.update(format!("{} {:?}", path.display(), meta.modified().unwrap()));
                if meta.is_dir() {
                    walk(&path, hash);
                } else {
                    hash.update(fs::read(&path).unwrap());
                }
            }
        }
        let mut hash = Sha256::new();
        walk(self.root.path(), &mut hash);
        format!("{:?}", hash.finalize())
    }
}

#[test]
fn the_facts_of_a_real_shell_are_read_and_nothing_is_changed() {
    let machine = Machine::new();
    // Git would refresh its index after this if it were let to.
    machine.write("cml/compose.yml", "services: {}\n");
    let before = machine.state();
    let (bytes, facts) = machine.probe();
    assert_eq!(machine.state(), before);

    let stack = facts.stack.known().expect("stack");
    assert_eq!(stack.services.len(), 1);
    assert_eq!(stack.containers[0].service.as_str(), "api");
    assert_eq!(stack.containers[0].name.as_str(), "evil");
    let checkout = facts.checkout.known().expect("checkout");
    assert_eq!(checkout.reference.as_ref().unwrap().as_str(), "v2.4.1");
    assert!(checkout.changed.is_empty(), "{:?}", checkout.changed);
    assert_eq!(checkout.extra[0].as_str(), "docker-compose.override.yml");
    let env = facts.env_file.known().expect("env");
    let keys: Vec<&str> =
        env.keys.iter().map(bunker_ops::domain::untrusted::Safe::as_str).collect();
    assert_eq!(keys, ["A", "B_2", "KEY", "D"]);
    assert_eq!(env.applied_sha256, None);
    assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "a value left the host");
    let backup = facts.backup.known().expect("backup").as_ref().expect("a file");
    assert_eq!((backup.name.as_str(), backup.size_b), ("cml-1.tar.gz", 7));
    assert_eq!(facts.release, Part::Known(None));
    assert_eq!(facts.lease, Part::Known(None));
    assert!(facts.system.known().expect("system").n_cpus >= 1);
    assert!(facts.disk.known().expect("disk").total_b > 0);
    assert!(facts.clock_skew_s.known().expect("skew").abs() < 2.0);
    assert!(facts.boot_id.known().is_some());

    machine.write("cml/compose.yml", "services: {a: {}}\n");
    let checkout = machine.probe().1.checkout;
    assert_eq!(checkout.known().unwrap().changed[0].as_str(), " M compose.yml");
}

#[test]
fn a_half_written_archive_is_no_backup_and_one_that_cron_made_is() {
    let machine = Machine::new();
    let newest = || {
        let facts = machine.probe().1;
        facts.backup.known().unwrap().as_ref().map(|b| b.name.to_string())
    };
    let at = |name: &str, ago: &str| {
        let file = machine.path(&format!("cml/backups/{name}"));
        let touched = Command::new("touch").args(["-d", ago]).arg(file).status();
        assert!(touched.unwrap().success());
    };
    let now = Timestamp::try_from(crate::lab::clock::now()).unwrap().as_second();
    at("cml-1.tar.gz", "2 days ago");
    machine.write("cml/backups/half.tar.gz", "half");
    at("half.tar.gz", "50 minutes ago");
    assert_eq!(newest().as_deref(), Some("half.tar.gz"), "nobody says that it is half");
    // A backup that was killed: it began an hour ago and might have taken half an hour.
    machine.write("cml/backups/.bunker-making", &format!("{} {} 4711\n", now - 3_600, now - 1_800));
    assert_eq!(newest().as_deref(), Some("cml-1.tar.gz"));
    machine.write("cml/backups/by-cron.tar.gz", "whole");
    assert_eq!(newest().as_deref(), Some("by-cron.tar.gz"), "what cron made later counts");
    at("by-cron.tar.gz", "3 days ago");
    machine.write("cml/backups/half.tar.gz.manifest.json", "{}");
    assert_eq!(newest().as_deref(), Some("half.tar.gz"), "it has a manifest, so it is whole");
}

/// What a cut answer says is what the whole one says.
fn holds<T: PartialEq + std::fmt::Debug>(part: &Part<T>, whole: &Part<T>, cut: usize) {
    if part.known().is_some() {
        assert_eq!(part, whole, "cut at {cut}");
    }
}

#[test]
fn an_answer_cut_at_any_byte_claims_nothing_that_the_whole_does_not() {
    let machine = Machine::new();
    let (bytes, _) = machine.probe();
    let took = Duration::from_millis(100);
    let whole = machine.facts(&bytes, took).unwrap();
    for cut in (0..bytes.len()).step_by(if bytes.len() > 6_000 { 3 } else { 1 }) {
        let answer = Answer { bytes: &bytes[..cut], nonce: NONCE, arrived: whole.probed_at, took };
        let Some(facts) = parse(&answer, &machine.settings()) else { continue };
        holds(&facts.clock_skew_s, &whole.clock_skew_s, cut);
        holds(&facts.system, &whole.system, cut);
        holds(&facts.disk, &whole.disk, cut);
        holds(&facts.stack, &whole.stack, cut);
        holds(&facts.checkout, &whole.checkout, cut);
        holds(&facts.env_file, &whole.env_file, cut);
        holds(&facts.backup, &whole.backup, cut);
        holds(&facts.release, &whole.release, cut);
        holds(&facts.lease, &whole.lease, cut);
    }
}

#[test]
fn one_failing_part_spoils_no_other() {
    let machine = Machine::new();
    machine.docker("echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    fs::remove_dir_all(machine.path("cml/.git")).unwrap();
    let (_, facts) = machine.probe();
    let Part::Unreadable(why) = &facts.stack else { panic!("{:?}", facts.stack) };
    assert_eq!(why.as_str(), "Cannot connect to the Docker daemon");
    let Part::Unreadable(why) = &facts.checkout else { panic!("{:?}", facts.checkout) };
    assert!(why.as_str().contains("not a git repository"), "{why}");
    assert!(facts.env_file.known().is_some() && facts.backup.known().is_some());
}

#[test]
fn docker_that_prints_without_end_is_cut_and_hides_nothing_else() {
    let machine = Machine::new();
    machine.docker("case \"$*\" in *--services*) while :; do echo 0123456789012345678901234567890123456789; done;; esac");
    let (bytes, facts) = machine.probe();
    assert!(bytes.len() < 600_000, "{}", bytes.len());
    let Part::Unreadable(why) = &facts.stack else { panic!("{:?}", facts.stack) };
    assert!(why.as_str().contains("larger than 512 KiB"), "{why}");
    assert!(facts.checkout.known().is_some());
}
