//! What a terminal may do to the program: any size, many in a row, a stop and a continuation.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{Lab, Options};
use crate::pty_cockpit::{SOON, opened};

/// The state letter of a process, by `/proc`.
fn state_of(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

#[test]
fn a_thousand_sizes_in_a_row_end_with_a_whole_frame_at_the_last() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut terminal = opened(&lab, state.path());
    let sizes = [(1, 1), (2, 60), (80, 24), (20, 5), (500, 2), (200, 60), (81, 23), (1, 200)];
    for (columns, rows) in sizes.into_iter().cycle().take(1_000) {
        terminal.resize(columns, rows).unwrap();
    }
    terminal.resize(30, 8).unwrap();
    terminal.wait_for("too small", SOON).unwrap();
    terminal.resize(120, 36).unwrap();
    terminal.wait_for("paper-02 .*healthy", SOON).unwrap();
    terminal.settle(Duration::from_millis(300));
    let screen = terminal.text();
    let borders = screen.lines().filter(|line| line.starts_with('╭') || line.starts_with('╰'));
    assert!(borders.clone().count() >= 2, "{screen}");
    for line in borders {
        assert_eq!(line.chars().count(), 120, "{line}");
    }
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[test]
fn a_stop_gives_the_terminal_back_and_a_continuation_draws_it_anew() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut terminal = opened(&lab, state.path());
    let pid = terminal.pid().unwrap();
    for round in 0..2 {
        terminal.keys("C-z").unwrap();
        let begin = Instant::now();
        while state_of(pid) != Some('T') {
            assert!(begin.elapsed() < SOON, "round {round}: it is {:?}", state_of(pid));
            std::thread::yield_now();
        }
        // Stopped, it has given the terminal back as it was: what it wrote before may still be on its way to us.
        while !terminal.left_behind().is_empty() {
            assert!(begin.elapsed() < SOON, "round {round}: {:?}", terminal.left_behind());
            std::thread::yield_now();
        }
        let raw = i32::try_from(pid).unwrap();
        kill_process(Pid::from_raw(raw).unwrap(), Signal::CONT).unwrap();
        terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    }
    terminal.keys("?").unwrap();
    terminal.wait_for("what every key does here|Help|help", SOON).unwrap();
    terminal.keys("esc").unwrap();
    terminal.settle(Duration::from_millis(200));
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}
