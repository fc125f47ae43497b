//! A shell on a host, its `.env`, and the log of a service: by the shell's verbs and from the cockpit's page.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};
use crate::pty_cockpit::SOON;
use crate::pty_life;

fn run(lab: &Lab, state: &std::path::Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .arg("--inventory")
        .arg(lab.inventory_dir())
        .args(args)
        .env("BUNKER_STATE", state)
        .env("XDG_CACHE_HOME", state)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

fn typed(lab: &Lab, state: &std::path::Path, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory");
    command.arg(lab.inventory_dir());
    command.args(args);
    command.env("BUNKER_STATE", state);
    command.env("XDG_CACHE_HOME", state);
    command.env("LC_ALL", "C.UTF-8");
    command.env("COLORTERM", "truecolor");
    command
}

#[test]
fn the_env_of_an_instance_is_shown_without_its_secrets() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&lab, state.path(), &["env", "paper-01"]);
    assert!(matches!(code, 0 | 3), "{code} {out}{err}");
    assert!(out.contains("VARIABLE") && out.contains("DOMAIN"), "{out}");
    assert!(out.contains("secret "), "some value is a secret: {out}");
    let (_, json, _) = run(&lab, state.path(), &["--json", "env", "paper-01"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json["env"]["rows"].as_array().unwrap();
    let secrets = rows.iter().filter(|row| row["secret"] == true);
    assert!(secrets.clone().count() > 0);
    for row in secrets {
        assert!(row["value"].as_str().unwrap().starts_with("secret "), "{row}");
    }
    let (code, _, err) = run(&lab, state.path(), &["env", "nobody"]);
    assert_eq!(code, 4, "{err}");
}

#[test]
fn the_log_of_a_service_is_printed_and_a_run_is_still_a_run() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&lab, state.path(), &["logs", "paper-01", "api"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, json, _) =
        run(&lab, state.path(), &["--json", "logs", "paper-01", "api", "--tail", "2"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, json["service"].as_str()), (0, Some("api")));
    assert!(json["lines"].as_array().unwrap().len() <= 2);
    let (code, _, err) = run(&lab, state.path(), &["logs", "paper-01"]);
    assert!(code == 2 && err.contains("name one of its services"), "{code} {err}");
    let (code, _, err) = run(&lab, state.path(), &["logs", "paper-01", "-x; id"]);
    assert_eq!(code, 2, "{err}");
    let (code, _, err) = run(&lab, state.path(), &["logs", "7f3a"]);
    assert_eq!(code, 4, "{err}");
}

#[test]
fn secrets_of_the_vault_are_masked_in_what_a_service_writes() {
    let lab = Lab::start(1, Options::instances().with_hosts(vec![HostSpec::new("one")])).unwrap();
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    let logs = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
        command.args(["logs", "one", "api"]).args(more).arg("--inventory").arg(&inventory);
        for (name, place) in pty_life::PLACES {
            command.env(name, own.path().join(place));
        }
        command.env_remove("BUNKER_IDENTITY").env_remove("SSH_AUTH_SOCK").stdin(Stdio::null());
        command
    };
    let printed = || String::from_utf8(logs(&[]).output().unwrap().stdout).unwrap();
    pty_life::bunker(&inventory, own.path(), &["vault", "init", "--name", "anna"], "");
    let plain = printed();
    assert!(plain.contains("info: changemaker-api 2."), "{plain}");
    // What the stand-in writes is a secret from now on.
    let set = ["vault", "set", "one", "vault_jwt_secret"];
    pty_life::bunker(&inventory, own.path(), &set, "changemaker-api");
    let masked = printed();
    assert!(masked.contains("info: *************** 2."), "{masked}");
    assert!(!masked.contains("changemaker-api"), "{masked}");

    let mut child = logs(&["--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = out.find(|line| line.as_ref().unwrap().contains("info: ")).unwrap().unwrap();
    assert!(line.contains("*************** 2."), "{line}");
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let mut terminal = pty_life::cockpit(&inventory, own.path(), 110, 34);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("instance  one", SOON).unwrap();
    terminal.keys("l").unwrap();
    terminal.wait_for("Log of a service of one", SOON).unwrap();
    let chosen = |text: &str| text.lines().any(|l| l.contains('▌') && l.contains(" api "));
    for _ in 0..6 {
        if chosen(&terminal.text()) {
            break;
        }
        let n = terminal.frames();
        terminal.keys("j").unwrap();
        terminal.next_frame(n, SOON).unwrap();
    }
    terminal.keys("enter").unwrap();
    terminal.wait_for(r"info: \*{15} 2\.", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    let words = raw.matches("changemaker-api 2.").count();
    assert_eq!(words, 0, "a value was on the screen");

    // Whoever cannot open the vault is told so.
    std::fs::remove_file(own.path().join("config/bunker/identity.txt")).unwrap();
    let out = logs(&[]).output().unwrap();
    let err = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success() && err.contains("secrets of one are not masked"), "{err}");
}

#[test]
fn a_shell_is_audited_and_recorded_where_policy_says_so() {
    let lab = Lab::start(1, Options::instances().with_policy("bunker_shell_record: true")).unwrap();
    let state = tempfile::tempdir().unwrap();
    let (code, _, err) = run(&lab, state.path(), &["shell", "paper-01"]);
    assert!(code == 2 && err.contains("needs a terminal"), "{code} {err}");
    let (code, _, err) = run(&lab, state.path(), &["--read-only", "shell", "paper-01"]);
    assert_eq!(code, 8, "{err}");

    let mut terminal =
        Terminal::start(typed(&lab, state.path(), &["shell", "paper-01"]), 100, 30).unwrap();
    terminal.keys("echo space told-by-$((40+2)) C-j").unwrap();
    terminal.wait_for("told-by-42", SOON).unwrap();
    terminal.keys("exit C-j").unwrap();
    let ended = terminal.wait_end(SOON).unwrap();
    assert!(ended.success(), "{}", terminal.text());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    assert!(terminal.text().contains("recorded in"), "{}", terminal.text());

    let casts: Vec<_> = std::fs::read_dir(state.path().join("shells")).unwrap().flatten().collect();
    assert_eq!(casts.len(), 1);
    let cast = std::fs::read_to_string(casts[0].path()).unwrap();
    let first: serde_json::Value = serde_json::from_str(cast.lines().next().unwrap()).unwrap();
    assert_eq!((first["version"].as_u64(), first["width"].as_u64()), (Some(2), Some(100)));
    assert!(cast.contains("told-by-42"), "{cast}");
    let (_, log, _) = run(&lab, state.path(), &["--json", "audit", "log"]);
    assert!(
        log.contains("\"shell\"") && log.contains("paper-01") && log.contains(".cast"),
        "{log}"
    );
    let (code, out, err) = run(&lab, state.path(), &["audit", "verify"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn from_the_page_of_an_instance_a_shell_the_env_and_a_log_are_one_key_away() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(typed(&lab, state.path(), &[]), 110, 34).unwrap();
    terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("instance  paper-01", SOON).unwrap();
    terminal.keys("e").unwrap();
    let env = terminal.wait_for("DOMAIN", SOON).unwrap();
    assert!(env.contains(".env of paper-01") && env.contains("secret "), "{env}");
    terminal.keys("esc").unwrap();
    terminal.wait_gone(".env of paper-01", SOON).unwrap();
    terminal.keys("l").unwrap();
    terminal.wait_for("Log of a service of paper-01", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("paper-01 · service", SOON).unwrap();
    terminal.wait_for("follow · ", SOON).unwrap();
    terminal.keys("esc").unwrap();
    terminal.wait_for("instance  paper-01", SOON).unwrap();
    terminal.keys("s").unwrap();
    terminal.wait_for("shell on paper-01", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_gone("instance  paper-01", SOON).unwrap();
    terminal.keys("echo space told-by-$((40+2)) C-j").unwrap();
    terminal.wait_for("told-by-42", SOON).unwrap();
    terminal.keys("exit C-j").unwrap();
    terminal.wait_for("shell on paper-01: left after", SOON).unwrap();
    terminal.settle(Duration::from_millis(200));
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    let (_, log, _) = run(&lab, state.path(), &["--json", "audit", "log"]);
    assert!(log.contains("\"shell\"") && log.contains("cockpit"), "{log}");
}
