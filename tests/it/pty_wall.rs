//! The real program as a wall, and the whole log of a real run, in a real terminal.

use std::process::Command;
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{Fault, Lab, Options};
use crate::pty_cockpit::{SOON, opened};

fn wall(lab: &Lab, state: &std::path::Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory");
    command.arg(lab.inventory_dir());
    command.args(["watch", "--wall"]);
    command.env("BUNKER_STATE", state);
    command.env("XDG_CACHE_HOME", state);
    command.env("LC_ALL", "C.UTF-8");
    command.env("COLORTERM", "truecolor");
    command.env_remove("NO_COLOR");
    command
}

#[test]
fn a_wall_shows_who_is_lost_and_found_again_and_no_key_but_two_means_anything() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(wall(&lab, state.path()), 120, 40).unwrap();
    terminal.wait_for("● 2 healthy", SOON).unwrap();
    terminal.wait_for("hosts 2 · now", SOON).unwrap();
    // What nobody answers is asked again for ever: no person says so.
    lab.host(1).fault(Fault::Refuse);
    terminal.wait_for("paper-02 +(UNKNOWN|DEGRADED|DOWN)", Duration::from_secs(90)).unwrap();
    lab.host(1).clear();
    terminal.wait_for("● 2 healthy", Duration::from_secs(90)).unwrap();
    terminal.keys("u enter R : x esc").unwrap();
    terminal.settle(Duration::from_millis(300));
    let screen = terminal.text();
    assert!(screen.contains("● 2 healthy") && screen.contains("read-only"), "{screen}");
    terminal.keys("q").unwrap();
    terminal.wait_for("leave the wall", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_gone("leave the wall", SOON).unwrap();
    terminal.keys("q").unwrap();
    terminal.wait_for("leave the wall", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn the_whole_log_of_a_run_is_read_filtered_and_kept() {
    let policy = ["bunker_min_healthy_s: 1", "bunker_upgrade_free_b: 1"];
    let options = policy.iter().fold(Options::instances(), |o, line| o.with_policy(line));
    let lab = Lab::start(1, options).unwrap();
    let state = tempfile::tempdir().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .arg("--inventory")
        .arg(lab.inventory_dir())
        .args(["upgrade", "paper-01", "--to", "v2.5.0", "--yes"])
        .env("BUNKER_STATE", state.path())
        .env("XDG_CACHE_HOME", state.path())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut terminal = opened(&lab, state.path());
    terminal.keys("R").unwrap();
    terminal.wait_for("succeeded +upgrade", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("run [0-9a-f]{4}  upgrade", SOON).unwrap();
    terminal.wait_for("paper-01 · ", SOON).unwrap();
    terminal.keys("L").unwrap();
    terminal.wait_for("paper-01 · output of run", SOON).unwrap();
    terminal.wait_for(r"follow · [1-9][\d,]* lines", SOON).unwrap();
    terminal.keys("& zebra-in-no-log").unwrap();
    terminal.wait_for("0 of [0-9,]+ lines", SOON).unwrap();
    terminal.keys("esc").unwrap();
    terminal.wait_for("all lines", SOON).unwrap();
    terminal.keys("m").unwrap();
    terminal.wait_for("── ..:..:.. ", SOON).unwrap();
    terminal.keys("s").unwrap();
    terminal.wait_for("lines are in", SOON).unwrap();
    let kept = std::fs::read_dir(state.path().join("logs")).unwrap().flatten();
    let mut kept: Vec<_> = kept.map(|file| file.path()).collect();
    kept.sort();
    assert_eq!(kept.len(), 2, "the lines, and the marks beside them: {kept:?}");
    let read = |at: usize| std::fs::read_to_string(&kept[at]).unwrap();
    let (lines, marks) = (read(0), read(1));
    assert!(!lines.is_empty() && !lines.contains("below line"), "{lines}");
    let below =
        format!(": below line {n} of this file, line {n} of the output", n = lines.lines().count());
    assert!(kept[1].to_string_lossy().ends_with(".log.marks") && marks.contains(&below), "{marks}");
    terminal.keys("esc").unwrap();
    terminal.wait_gone("output of run", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}
