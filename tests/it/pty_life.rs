//! The life of an instance by keys alone: the real program in a real terminal, on paper hosts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};

const SOON: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_mins(2);

/// The places that the program has for itself.
const PLACES: [(&str, &str); 5] = [
    ("BUNKER_STATE", "state"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_RUNTIME_DIR", ""),
    ("HOME", ""),
];

fn cockpit(inventory: &Path, own: &Path, columns: u16, rows: u16) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory");
    command.arg(inventory);
    for (name, place) in PLACES {
        command.env(name, own.join(place));
    }
    command.env("LC_ALL", "C.UTF-8");
    for name in ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR"] {
        command.env_remove(name);
    }
    Terminal::start(command, columns, rows).unwrap()
}

/// A verb of the command line, which must succeed.
fn bunker(inventory: &Path, own: &Path, args: &[&str], input: &str) -> String {
    use std::io::Write;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
    command.args(args).arg("--inventory").arg(inventory);
    for (name, place) in PLACES {
        command.env(name, own.join(place));
    }
    command.env_remove("BUNKER_IDENTITY").env_remove("SSH_AUTH_SOCK");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {text}{err}");
    text
}

fn setting(env_file: &Path, name: &str) -> String {
    let text = std::fs::read_to_string(env_file).unwrap();
    text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('=')).unwrap().to_owned()
}

#[test]
fn a_secret_is_rotated_by_keys_alone() {
    let options = Options::instances()
        .with_policy("bunker_min_healthy_s: 1")
        .with_policy("bunker_healthy_deadline_s: 6");
    let lab = Lab::start(1, options.with_hosts(vec![HostSpec::new("one")])).unwrap();
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    let env_file = lab.named("one").unwrap().checkout().join(".env");
    bunker(&inventory, own.path(), &["vault", "init", "--name", "anna"], "");
    for (name, variable) in
        [("vault_jwt_secret", "JWT_SECRET"), ("vault_redis_password", "REDIS_PASSWORD")]
    {
        let value = setting(&env_file, variable);
        bunker(&inventory, own.path(), &["vault", "set", "one", name], &value);
    }
    let old = setting(&env_file, "REDIS_PASSWORD");
    let jwt = setting(&env_file, "JWT_SECRET");

    let mut terminal = cockpit(&inventory, own.path(), 80, 24);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("S").unwrap();
    let screen = terminal.wait_for("0 of 2 chosen", SOON).unwrap();
    assert!(screen.contains("vault_redis_password") && screen.contains("in 365 days"), "{screen}");
    terminal.keys("j space").unwrap();
    terminal.wait_for("1 of 2 chosen", SOON).unwrap();
    terminal.wait_for("✓ . vault_redis_password", SOON).unwrap();
    terminal.keys("enter").unwrap();
    let plan = terminal.wait_for("enter asks once more", LONG).unwrap();
    assert!(plan.contains("rotate-secrets one"), "{plan}");
    terminal.keys("enter").unwrap();
    terminal.wait_for("This will rotate-secrets one", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());

    let new = bunker(&inventory, own.path(), &["vault", "get", "one", "vault_redis_password"], "");
    let new = new.trim_end();
    assert_ne!(new, old);
    assert_eq!(setting(&env_file, "REDIS_PASSWORD"), new);
    assert_eq!(setting(&env_file, "JWT_SECRET"), jwt, "what was not chosen stays");
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(!raw.contains(new) && !raw.contains(&old), "a value was on the screen");
}
