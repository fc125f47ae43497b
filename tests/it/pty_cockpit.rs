//! The real program in a real terminal: it opens, answers, and leaves the terminal clean however it ends.

use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};

use crate::lab::terminal::Terminal;
use crate::lab::{Lab, Options};

pub(crate) const SOON: Duration = Duration::from_mins(1);

fn bunker(lab: &Lab, state: &std::path::Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory");
    command.arg(lab.inventory_dir());
    command.env("BUNKER_STATE", state);
    command.env("XDG_CACHE_HOME", state);
    command.env("LC_ALL", "C.UTF-8");
    command.env("COLORTERM", "truecolor");
    command.env_remove("NO_COLOR");
    command
}

fn signal(terminal: &Terminal, signal: Signal) {
    let pid = i32::try_from(terminal.pid().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

pub(crate) fn opened(lab: &Lab, state: &std::path::Path) -> Terminal {
    let terminal = Terminal::start(bunker(lab, state), 100, 30).unwrap();
    terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    terminal
}

#[test]
fn the_cockpit_opens_on_a_live_fleet_follows_the_window_and_leaves_a_clean_terminal() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut terminal = opened(&lab, state.path());
    terminal.resize(80, 24).unwrap();
    terminal.wait_for("● 2  ▲ 0", SOON).unwrap();
    terminal.resize(30, 8).unwrap();
    terminal.wait_for("too small", SOON).unwrap();
    terminal.resize(120, 40).unwrap();
    terminal.wait_for("● 2 healthy", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("instance  paper-01", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn a_signal_ends_the_cockpit_within_a_second_and_the_terminal_is_clean() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    for sent in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = opened(&lab, state.path());
        let start = Instant::now();
        signal(&terminal, sent);
        let ended = terminal.wait_end(SOON).unwrap();
        assert!(ended.success(), "{sent:?}: {ended:?}");
        assert_eq!(terminal.left_behind(), Vec::<&str>::new(), "{sent:?}");
        // The bar is a second; this machine may be busy.
        assert!(start.elapsed() < Duration::from_secs(4), "{sent:?} took {:?}", start.elapsed());
    }
}

#[test]
fn a_panic_of_the_screen_leaves_a_clean_terminal_and_says_so() {
    if !cfg!(debug_assertions) {
        return;
    }
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut command = bunker(&lab, state.path());
    command.env("BUNKER_TEST_PANIC", "1");
    let mut terminal = Terminal::start(command, 100, 30).unwrap();
    terminal.wait_for("paper-01", SOON).unwrap();
    terminal.keys("!").unwrap();
    let ended = terminal.wait_end(SOON).unwrap();
    assert!(!ended.success());
    terminal.wait_written("on purpose", SOON).unwrap();
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn without_an_inventory_the_cockpit_says_what_to_do_makes_one_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("fleet/inventory");
    let command = || {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        command.arg("--inventory");
        command.arg(&place);
        command.env("BUNKER_STATE", dir.path().join("state"));
        command.env("LC_ALL", "C.UTF-8");
        command
    };
    let mut terminal = Terminal::start(command(), 100, 30).unwrap();
    let screen = terminal.wait_for("There is no inventory at", SOON).unwrap();
    assert!(
        screen.contains("make a new one there") && screen.contains("import one of Ansible"),
        "{screen}"
    );
    // Left without a fleet, it says so to the shell, too.
    terminal.keys("q").unwrap();
    assert_eq!(terminal.wait_end(SOON).unwrap().exit_code(), 2);
    assert!(terminal.text().contains("fleet/inventory"), "{}", terminal.text());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());

    let mut terminal = Terminal::start(command(), 100, 30).unwrap();
    terminal.wait_for("There is no inventory at", SOON).unwrap();
    terminal.keys("i").unwrap();
    terminal.wait_for("enter copies it", SOON).unwrap();
    terminal.keys("/nowhere/at/all enter").unwrap();
    terminal.wait_for("there is nothing of that name", SOON).unwrap();
    terminal.keys("n").unwrap();
    terminal.wait_for("name, domain, address and repository", SOON).unwrap();
    terminal.keys("only-a-name enter").unwrap();
    terminal.wait_for("write four words", SOON).unwrap();
    for _ in 0.."only-a-name".len() {
        terminal.keys("backspace").unwrap();
    }
    // Nothing listens there: what counts is that it is looked at.
    terminal
        .keys("first space localhost space 127.0.0.1 space https://git.example.org/cml.git enter")
        .unwrap();
    terminal.wait_for("make an inventory", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("1 instance", SOON).unwrap();
    terminal.wait_for("first ", SOON).unwrap();
    assert!(place.join("hosts.yml").is_file());
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn an_inventory_that_cannot_be_used_is_told_with_file_and_line_and_used_once_it_is_mended() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let hosts = lab.inventory_dir().join("hosts.yml");
    let good = std::fs::read_to_string(&hosts).unwrap();
    std::fs::write(&hosts, "all:\n  children: [\n").unwrap();
    let mut terminal = Terminal::start(bunker(&lab, state.path()), 110, 30).unwrap();
    let screen = terminal.wait_for("The inventory cannot be used", SOON).unwrap();
    assert!(screen.contains("hosts.yml:"), "{screen}");
    std::fs::write(&hosts, good).unwrap();
    terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn watch_is_the_fleet_page_without_the_right_to_change() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut command = bunker(&lab, state.path());
    command.arg("watch");
    command.env("NO_COLOR", "1");
    command.env("LC_ALL", "C");
    let mut terminal = Terminal::start(command, 100, 30).unwrap();
    let screen = terminal.wait_for(r"\* paper-01 .*healthy", SOON).unwrap();
    assert!(screen.contains("read-only") && !screen.contains("upgrade"), "{screen}");
    assert!(screen.is_ascii(), "{screen}");
    terminal.keys("u").unwrap();
    terminal.wait_for("nothing can be changed from here", SOON).unwrap();
    terminal.keys("C-c").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(!raw.contains("\u{1b}[38;") && !raw.contains("\u{1b}[31m"), "no colour was asked for");
}

#[test]
fn an_instance_is_upgraded_by_keys_alone() {
    let policy = ["bunker_min_healthy_s: 1", "bunker_upgrade_free_b: 1"];
    let options = policy.iter().fold(Options::instances(), |o, line| o.with_policy(line));
    let lab = Lab::start(2, options).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut terminal = opened(&lab, state.path());
    let long = Duration::from_secs(90);
    terminal.keys("u").unwrap();
    terminal.wait_for("Upgrade paper-01", SOON).unwrap();
    terminal.keys("v2.5.0 enter").unwrap();
    let plan = terminal.wait_for("enter asks once more", long).unwrap();
    assert!(plan.contains("upgrade paper-01 to v2.5.0"), "{plan}");
    terminal.keys("enter").unwrap();
    terminal.wait_for("This will upgrade paper-01", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("run [0-9a-f]{4}  upgrade", long).unwrap();
    terminal.wait_for("● succeeded", long).unwrap();
    // One at a time: two escapes that arrive in one read are one key to any terminal program.
    terminal.keys("esc").unwrap();
    terminal.wait_gone("● succeeded", SOON).unwrap();
    terminal.wait_for("paper-01 +v2.5.0 +healthy", long).unwrap();
    terminal.keys("R").unwrap();
    terminal.wait_for("succeeded +upgrade +v2.5.0", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn an_edit_of_the_inventory_shows_without_a_restart_and_a_broken_one_keeps_the_last_good() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let file = lab.inventory_dir().join("hosts.yml");
    let both = std::fs::read_to_string(&file).unwrap();
    let one = both.replace("        paper-02:\n", "");
    assert_ne!(one, both);
    std::fs::write(&file, &one).unwrap();
    let mut command = bunker(&lab, state.path());
    command.args(["watch", "--limit", "changemaker_instances"]);
    let mut terminal = Terminal::start(command, 120, 40).unwrap();
    let screen = terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    assert!(!screen.contains("paper-02"), "{screen}");

    std::fs::write(&file, &both).unwrap();
    terminal.wait_for("paper-02 .*healthy", SOON).unwrap();
    terminal.wait_for("backup 6h +no metrics", SOON).unwrap();

    std::fs::write(&file, format!("{both}   broken: [\n")).unwrap();
    let said = "hosts.yml is broken: last good inventory shown";
    let screen = terminal.wait_for(said, SOON).unwrap();
    assert!(screen.contains("paper-01") && screen.contains("paper-02"), "{screen}");
    assert!(screen.contains("hosts.yml:"), "a toast says where: {screen}");
    terminal.resize(80, 24).unwrap();
    terminal.wait_for(said, SOON).unwrap();
    // The screen is read while it is painted: the line above may be there before the table is.
    terminal.wait_for("paper-02 .*healthy", SOON).unwrap();
    terminal.resize(120, 40).unwrap();

    std::fs::write(&file, &both).unwrap();
    let screen = terminal.wait_for("backup 6h +no metrics", SOON).unwrap();
    assert!(screen.contains("● 2 healthy"), "{screen}");
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
}
