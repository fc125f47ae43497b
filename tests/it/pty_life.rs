//! The life of an instance by keys alone: the real program in a real terminal, on paper hosts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};

pub(crate) const SOON: Duration = Duration::from_mins(1);
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// The places that the program has for itself.
pub(crate) const PLACES: [(&str, &str); 5] = [
    ("BUNKER_STATE", "state"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_RUNTIME_DIR", ""),
    ("HOME", ""),
];

pub(crate) fn cockpit(inventory: &Path, own: &Path, columns: u16, rows: u16) -> Terminal {
    cockpit_with(inventory, own, (columns, rows), &[])
}

/// The same of this size, with more in its environment.
pub(crate) fn cockpit_with(
    inventory: &Path,
    own: &Path,
    (columns, rows): (u16, u16),
    more: &[(&str, &str)],
) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory");
    command.arg(inventory);
    for (name, place) in PLACES {
        command.env(name, own.join(place));
    }
    command.env("LC_ALL", "C.UTF-8");
    for (name, value) in more {
        command.env(name, value);
    }
    for name in ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR"] {
        command.env_remove(name);
    }
    Terminal::start(command, columns, rows).unwrap()
}

/// A verb of the command line, which must succeed.
pub(crate) fn bunker(inventory: &Path, own: &Path, args: &[&str], input: &str) -> String {
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

pub(crate) fn setting(env_file: &Path, name: &str) -> String {
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
    terminal.wait_for("0 of 2 chosen", SOON).unwrap();
    terminal.wait_for("vault_redis_password .*in 365 days", SOON).unwrap();
    terminal.keys("j space").unwrap();
    terminal.wait_for("1 of 2 chosen", SOON).unwrap();
    terminal.wait_for("✓ . vault_redis_password", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("plan  rotate-secrets one", LONG).unwrap();
    terminal.wait_for("enter asks once more", LONG).unwrap();
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

/// One host that the inventory does not name and whose key nobody knows, beside one that it names.
pub(crate) fn with_unknown(name: &str) -> Lab {
    let hosts = vec![HostSpec::new(name), HostSpec::new("other")];
    let lab = Lab::start(2, Options::instances().with_hosts(hosts)).unwrap();
    let inventory = lab.inventory_dir();
    let list = std::fs::read_to_string(inventory.join("hosts.yml")).unwrap();
    std::fs::write(inventory.join("hosts.yml"), list.replace(&format!("        {name}:\n"), ""))
        .unwrap();
    std::fs::remove_dir_all(inventory.join("host_vars").join(name)).unwrap();
    let all = format!("---\ncml_repo: {}\n", lab.repo().unwrap().display());
    std::fs::write(inventory.join("group_vars/all/main.yml"), all).unwrap();
    let known = lab.dir().join("known_hosts");
    let address = format!("[{}]", lab.named(name).unwrap().address());
    let keys = std::fs::read_to_string(&known).unwrap();
    let keys: Vec<&str> = keys.lines().filter(|line| !line.starts_with(&address)).collect();
    std::fs::write(&known, keys.join("\n") + "\n").unwrap();
    lab
}

#[test]
fn an_instance_is_added_by_keys_alone() {
    let lab = with_unknown("new-1");
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    bunker(&inventory, own.path(), &["vault", "init", "--name", "anna"], "");
    let address = lab.named("new-1").unwrap().address().to_string();
    let mut terminal = cockpit(&inventory, own.path(), 80, 24);
    terminal.wait_for("other .*healthy", SOON).unwrap();
    terminal.keys("N").unwrap();
    terminal.wait_for("The new instance", SOON).unwrap();
    terminal.keys("other tab").unwrap();
    terminal.wait_for("is in the inventory already", SOON).unwrap();
    terminal.keys("up C-u new-1 tab new.example.org tab").unwrap();
    terminal.keys(&address).unwrap();
    terminal.keys("enter").unwrap();
    let shown = terminal.wait_for("SHA256:[A-Za-z0-9+/]{43}  ssh-ed25519", SOON).unwrap();
    assert!(shown.contains("What will be written"), "{shown}");
    assert!(!inventory.join("host_vars/new-1").exists(), "nothing is written yet");
    terminal.keys("enter").unwrap();
    terminal.wait_for("add it", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● new-1 is in the inventory", SOON).unwrap();
    terminal.wait_for("inventory/hosts.yml", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("plan  deploy new-1", LONG).unwrap();
    // Its last line comes last: the frame is whole then.
    terminal.wait_for("nothing has been changed", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());

    let list = bunker(&inventory, own.path(), &["instance", "list"], "");
    assert!(list.contains("new.example.org"), "{list}");
    let secrets = bunker(&inventory, own.path(), &["vault", "list", "new-1"], "");
    assert!(secrets.contains("vault_jwt_secret"), "{secrets}");
    let pinned = std::fs::read_to_string(own.path().join("state/ssh/known_hosts")).unwrap();
    assert!(pinned.contains(&address), "{pinned}");
}

#[test]
fn an_instance_made_by_hand_is_imported_by_keys_alone() {
    let lab = with_unknown("old-1");
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    bunker(&inventory, own.path(), &["vault", "init", "--name", "anna"], "");
    let host = lab.named("old-1").unwrap();
    let env_file = host.checkout().join(".env");
    let before = std::fs::read_to_string(&env_file).unwrap();
    let jwt = setting(&env_file, "JWT_SECRET");
    let starts = host.starts("compose up");
    // As it is before any of our runs: nothing recorded.
    drop(std::fs::remove_dir_all(host.state_dir().join("facts.d")));
    drop(std::fs::remove_dir_all(host.state_dir().join("instances/old-1")));
    let mut terminal = cockpit(&inventory, own.path(), 100, 40);
    terminal.wait_for("other .*healthy", SOON).unwrap();
    terminal.keys("I").unwrap();
    terminal.wait_for("The instance that runs already", SOON).unwrap();
    terminal.keys("old-1 tab").unwrap();
    terminal.keys(&host.address().to_string()).unwrap();
    terminal.keys("tab tab tab tab tab").unwrap();
    terminal.keys(&host.checkout().display().to_string()).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("SHA256:[A-Za-z0-9+/]{43}  ssh-ed25519", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("is this its host key", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("secrets, for the vault", SOON).unwrap();
    terminal.wait_for(r"vault_jwt_secret \([0-9a-f]{8}\)", SOON).unwrap();
    assert!(!inventory.join("host_vars/old-1").exists(), "nothing is written yet");
    terminal.keys("enter").unwrap();
    terminal.wait_for("nothing is seeded again", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("plan  import old-1", LONG).unwrap();
    terminal.wait_for("steps .*backup", SOON).unwrap();
    terminal.wait_for("enter asks once more", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("A backup is made first", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());

    let kept = bunker(&inventory, own.path(), &["vault", "get", "old-1", "vault_jwt_secret"], "");
    assert_eq!(kept.trim_end(), jwt);
    assert_eq!(std::fs::read_to_string(&env_file).unwrap(), before);
    assert_eq!(host.starts("compose up"), starts, "nothing was started anew");
    assert!(!String::from_utf8_lossy(&terminal.raw()).contains(&jwt), "a value was on the screen");
}

#[test]
fn a_recorded_release_is_chosen_and_gone_back_to_by_keys_alone() {
    let policy =
        ["bunker_min_healthy_s: 1", "bunker_healthy_deadline_s: 6", "bunker_upgrade_free_b: 1"];
    let options = policy.iter().fold(Options::instances(), |o, line| o.with_policy(line));
    let lab = Lab::start(1, options.with_hosts(vec![HostSpec::new("one")])).unwrap();
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    let host = lab.named("one").unwrap();
    let before = host.running_commit().unwrap();
    bunker(&inventory, own.path(), &["upgrade", "one", "--to", "v2.5.0", "--yes"], "");
    assert_ne!(host.running_commit().unwrap(), before);
    let mut terminal = cockpit(&inventory, own.path(), 80, 24);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("Z").unwrap();
    terminal.wait_for("2 recorded", SOON).unwrap();
    terminal.wait_for("v2.5.0 .*runs now", SOON).unwrap();
    terminal.keys("G").unwrap();
    // Its whole commit stands in the pane below.
    terminal.wait_for(&before, SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("plan  rollback one", LONG).unwrap();
    terminal.wait_for("enter asks once more", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("Data is not rolled back", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(host.running_commit().unwrap(), before);
}
