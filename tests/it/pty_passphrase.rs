//! Who starts a worker of a run that needs secrets is asked for the passphrase: a worker can ask nobody.

use std::fs;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::pty_configure::{PASSPHRASE, Stage};
use crate::pty_life::{PLACES, SOON};

impl Stage {
    fn identity(&self) -> std::path::PathBuf {
        self.own.path().join("config/bunker/identity.txt")
    }

    /// A verb at a terminal, which has to ask; `says` is what it says in the end.
    fn asks(&self, who: &str, args: &[&str], says: &str) {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        command.args(args);
        command.arg("--inventory");
        command.arg(self.inventory());
        for (name, place) in PLACES {
            command.env(name, self.own.path().join(place));
        }
        command.env("SUDO_USER", who);
        command.env_remove("BUNKER_IDENTITY");
        let mut terminal = Terminal::start(command, 160, 40).unwrap();
        terminal.wait_for("passphrase of .*identity.txt:", SOON).unwrap();
        terminal.keys(&format!("{PASSPHRASE} enter")).unwrap();
        terminal.wait_for(says, SOON).unwrap();
        assert!(terminal.wait_end(SOON).unwrap().success(), "{args:?}");
        assert!(
            !String::from_utf8_lossy(&terminal.raw()).contains(PASSPHRASE),
            "it was on the screen"
        );
    }

    /// Runs what needs the vault with the identity as it was before it had a passphrase.
    fn with_the_plain_identity(&self, plain: &[u8], act: impl FnOnce()) {
        fs::write(self.identity(), plain).unwrap();
        act();
        self.protect();
    }
}

#[test]
fn who_approves_promotes_or_retries_a_run_is_asked_for_the_passphrase() {
    let stage = Stage::of(&["one", "two"]);
    let plain = fs::read(stage.identity()).unwrap();
    let rules = stage.inventory().join("group_vars/all/rules.yml");
    let state = |name: &'static str| move |show: &serde_json::Value| show["state"] == name;

    fs::write(
        &rules,
        "bunker_guardrails: [{hosts: [one], confirm: second-operator, reason: 'the capital'}]\n",
    )
    .unwrap();
    stage.wants(60);
    stage.with_the_plain_identity(&plain, || {
        stage.ok(&["configure", "one", "--yes", "--detach"], "");
    });
    stage.until("the wait", state("waiting-approval"));
    stage.asks("ben", &["approve", "last"], "approved and started");
    stage.ok(&["attach", "last"], "");
    assert_eq!(stage.mail_rate_of("one"), "60");

    // Ended in its gate, and tried again from there.
    fs::remove_file(&rules).unwrap();
    stage.wants(70);
    stage.with_the_plain_identity(&plain, || {
        stage.ok(&["configure", "one", "--yes", "--detach"], "");
        stage.until_the_gate();
        stage.ok(&["abort", "last"], "");
        stage.until("the end", state("aborted"));
    });
    stage.asks("anna", &["retry", "last", "--yes", "--detach"], "retry of run");
    stage.until("the end", state("succeeded"));
    assert_eq!(stage.mail_rate_of("one"), "70");

    // The worker is gone while the run waits for somebody.
    stage.wants(80);
    stage.with_the_plain_identity(&plain, || {
        stage.ok(&["configure", "one", "two", "--yes", "--step", "--detach"], "");
        stage.until("the wait", state("paused"));
        stage.kill_worker();
    });
    assert_eq!(stage.mail_rate_of("two"), "30");
    stage.asks("anna", &["promote", "last"], "it goes on although");
    stage.ok(&["attach", "last"], "");
    assert_eq!(stage.mail_rate_of("two"), "80");
}
