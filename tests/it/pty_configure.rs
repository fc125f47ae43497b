//! Settings by keys alone: what was edited on a host is taken back, and a passphrase is asked for where it is needed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};
use crate::pty_life::{LONG, PLACES, SOON, bunker, cockpit, setting};

pub(crate) const PASSPHRASE: &str = "open-sesame-1";

/// Hosts whose `.env` is what the inventory makes.
pub(crate) struct Stage {
    lab: Lab,
    pub(crate) own: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self::of(&["one"])
    }

    pub(crate) fn of(hosts: &[&str]) -> Self {
        let options = Options::instances()
            .with_policy("bunker_min_healthy_s: 4")
            .with_policy("bunker_healthy_deadline_s: 30");
        let spec = |name: &&str| {
            let mut host = HostSpec::new(name);
            host.vars.push("cml_admin_email: admin@example.org".to_owned());
            host.vars.push("cml_smtp_from: hello@example.org".to_owned());
            host
        };
        let lab =
            Lab::start(hosts.len(), options.with_hosts(hosts.iter().map(spec).collect())).unwrap();
        let stage = Self { lab, own: tempfile::tempdir().unwrap() };
        stage.ok(&["vault", "init", "--name", "anna"], "");
        for host in hosts {
            for name in ["ADMIN_PASSWORD", "JWT_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"] {
                let secret = format!("vault_{}", name.to_ascii_lowercase());
                let value = setting(&stage.env_of(host), name);
                stage.ok(&["vault", "set", host, &secret], &value);
            }
        }
        stage.ok(&[&["configure", "--yes", "--overwrite-drift"], hosts].concat(), "");
        stage
    }

    pub(crate) fn inventory(&self) -> PathBuf {
        self.lab.inventory_dir()
    }

    pub(crate) fn ok(&self, args: &[&str], input: &str) -> String {
        bunker(&self.inventory(), self.own.path(), args, input)
    }

    fn env_file(&self) -> PathBuf {
        self.env_of("one")
    }

    fn env_of(&self, host: &str) -> PathBuf {
        self.lab.named(host).unwrap().checkout().join(".env")
    }

    fn mail_rate(&self) -> String {
        self.mail_rate_of("one")
    }

    pub(crate) fn mail_rate_of(&self, host: &str) -> String {
        setting(&self.env_of(host), "MAIL_RATE")
    }

    /// A mail rate of its own, in the inventory.
    pub(crate) fn wants(&self, rate: u32) {
        let file = self.inventory().join("group_vars/all/mail.yml");
        fs::write(file, format!("cml_mail_rate: {rate}\n")).unwrap();
    }

    /// From now on the identity has a passphrase.
    pub(crate) fn protect(&self) {
        let path = self.own.path().join("config/bunker/identity.txt");
        let text = fs::read(&path).unwrap();
        let mut recipient =
            age::scrypt::Recipient::new(age::secrecy::SecretString::from(PASSPHRASE));
        recipient.set_work_factor(10);
        let all = std::iter::once(&recipient as &dyn age::Recipient);
        let mut sealed = Vec::new();
        let mut stream =
            age::Encryptor::with_recipients(all).unwrap().wrap_output(&mut sealed).unwrap();
        stream.write_all(&text).unwrap();
        stream.finish().unwrap();
        fs::write(&path, sealed).unwrap();
    }

    /// The newest run, once this holds of it.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&serde_json::Value) -> bool) {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < LONG, "{what} was not seen");
            let show = self.ok(&["show", "last", "--json"], "");
            if holds(&serde_json::from_str(&show).unwrap()) {
                return;
            }
        }
    }

    pub(crate) fn until_the_gate(&self) {
        self.until("the gate", |show| {
            let steps = show["targets"][0]["steps"].as_array().cloned().unwrap_or_default();
            steps.iter().any(|s| s["id"] == "health" && s["started_at"].is_string())
        });
    }

    pub(crate) fn kill_worker(&self) {
        let pid = worker(&self.own.path().join("state")).expect("a worker");
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    /// Kills the worker of the newest run once its gate has begun.
    fn kill_worker_at_the_gate(&self) {
        self.until_the_gate();
        self.kill_worker();
    }
}

/// The process id of the worker that keeps its things in this folder.
fn worker(state: &Path) -> Option<i32> {
    let needle = format!("BUNKER_STATE={}", state.display());
    fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let words = |name: &str| {
            let bytes = fs::read(entry.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let ours = words("environ").split('\0').any(|word| word == needle);
        (ours && words("cmdline").split('\0').nth(1) == Some("worker")).then_some(pid)
    })
}

#[test]
fn what_was_edited_on_a_host_is_taken_back_by_keys_alone() {
    let stage = Stage::new();
    let file = stage.env_file();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("MAIL_RATE=30", "MAIL_RATE=90")).unwrap();
    assert_eq!(stage.mail_rate(), "90");
    let mut terminal = cockpit(&stage.inventory(), stage.own.path(), 80, 24);
    // An edit on a host is a reason to look.
    terminal.wait_for("one .*degraded", SOON).unwrap();
    terminal.keys("c").unwrap();
    terminal.wait_for("plan  configure one", LONG).unwrap();
    terminal.wait_for("o overwrites what was edited there", SOON).unwrap();
    terminal.keys("o").unwrap();
    terminal.wait_for("Lost on one", SOON).unwrap();
    terminal.wait_for("MAIL_RATE: 90, becomes 30", SOON).unwrap();
    assert_eq!(stage.mail_rate(), "90", "nothing is changed yet");
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("enter asks once more", LONG).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("This will configure one", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    assert_eq!(stage.mail_rate(), "30");
}

#[test]
fn a_passphrase_is_asked_for_before_a_worker_needs_it() {
    let stage = Stage::new();
    stage.wants(60);
    stage.ok(&["configure", "one", "--yes", "--detach"], "");
    stage.kill_worker_at_the_gate();
    stage.protect();
    // The next worker can ask nobody: the one who resumes is asked.
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.args(["resume", "last"]);
    for (name, place) in PLACES {
        command.env(name, stage.own.path().join(place));
    }
    command.env_remove("BUNKER_IDENTITY");
    let mut resuming = Terminal::start(command, 100, 10).unwrap();
    resuming.wait_for("passphrase of .*identity.txt:", SOON).unwrap();
    resuming.keys(&format!("{PASSPHRASE} enter")).unwrap();
    resuming.wait_for("it goes on", SOON).unwrap();
    assert!(resuming.wait_end(SOON).unwrap().success());
    stage.ok(&["attach", "last"], "");
    assert_eq!(stage.mail_rate(), "60");

    // The cockpit gives its screen back for the question, and takes it again.
    stage.wants(70);
    let mut terminal = cockpit(&stage.inventory(), stage.own.path(), 180, 24);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("c").unwrap();
    terminal.wait_for("passphrase of .*identity.txt:", SOON).unwrap();
    terminal.keys("wrong enter").unwrap();
    terminal.wait_for("blocked .*this is not its passphrase", SOON).unwrap();
    terminal.keys("esc").unwrap();
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("c").unwrap();
    // The first question still stands there when the screen is given back, before the second one is asked.
    terminal
        .wait_for("(?s)passphrase of .*identity.txt:.*passphrase of .*identity.txt:", SOON)
        .unwrap();
    terminal.keys(&format!("{PASSPHRASE} enter")).unwrap();
    terminal.wait_for("plan  configure one", LONG).unwrap();
    terminal.wait_for("enter asks once more", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("This will configure one", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    assert_eq!(stage.mail_rate(), "70");
    for raw in [terminal.raw(), resuming.raw()] {
        assert!(!String::from_utf8_lossy(&raw).contains(PASSPHRASE), "it was on the screen");
    }
}
