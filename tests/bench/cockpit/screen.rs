//! The real program in a terminal of its own, with a fleet that nobody answers for.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;

/// Longer than anything here takes.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// An inventory of so many instances at addresses of this machine where nothing listens.
pub(crate) fn dead_fleet(dir: &Path, n: usize) -> PathBuf {
    let root = dir.join("inventory");
    let all = root.join("group_vars/all");
    fs::create_dir_all(&all).unwrap();
    let mut hosts =
        String::from("---\nall:\n  children:\n    changemaker_instances:\n      hosts:\n");
    for at in 0..n {
        let (high, low) = (at / 250, at % 250 + 1);
        let _ = write!(
            hosts,
            "        host-{at:04}:\n          ansible_host: 127.77.{high}.{low}\n          cml_domain: h{at}.example.org\n"
        );
    }
    fs::write(root.join("hosts.yml"), hosts).unwrap();
    // One look at each, and then none for as long as anything is measured.
    let vars = "---\nansible_port: 9\nansible_user: nobody\nbunker_fleet_name: dead\nbunker_probe_interval_s: 3600\n\
                cml_repo: /nowhere.git\ncml_tier: 1\n";
    fs::write(all.join("main.yml"), vars).unwrap();
    root
}

/// The cockpit in a terminal of 200x60, with a state of its own and with more in its environment.
pub(crate) fn opened(inventory: &Path, state: &Path, more: &[(&str, &str)]) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory");
    command.arg(inventory);
    for (name, place) in [
        ("BUNKER_STATE", "state"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", ""),
        ("HOME", ""),
    ] {
        command.env(name, state.join(place));
    }
    command.env("LC_ALL", "C.UTF-8");
    command.env("COLORTERM", "truecolor");
    for (name, value) in more {
        command.env(name, value);
    }
    for name in ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR"] {
        command.env_remove(name);
    }
    Terminal::start(command, 200, 60).unwrap()
}

/// Opens the page of the one run that there is.
pub(crate) fn on_run(terminal: &mut Terminal) {
    terminal.keys("R").unwrap();
    terminal.wait_for("0001 +running", SOON).unwrap();
    terminal.keys("enter").unwrap();
    // It is there at once, and what it shows when it was read.
    terminal.wait_for("stops when 1 of \\d+ fails", SOON).unwrap();
}

/// Seconds of CPU that a process has used, without those that it started.
pub(crate) fn cpu_s(terminal: &Terminal) -> f64 {
    let pid = terminal.pid().unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|n| n.parse::<f64>().unwrap()).sum();
    ticks / rustix::param::clock_ticks_per_second() as f64
}

/// A size in `/proc/PID/status`, in MiB: `VmRSS`, or the most there was, `VmHWM`.
pub(crate) fn memory_mb(pid: u32, what: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix(what)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
}

/// Waits until every host was looked at once and the program uses next to no time any more.
pub(crate) fn at_rest(terminal: &Terminal, unknown: &str) {
    terminal.wait_for(unknown, 2 * SOON).unwrap();
    let mut before = cpu_s(terminal);
    for _ in 0..60 {
        // Nothing is waited for but time: what is looked for is that nothing happens in it.
        let _none = terminal.next_frame(usize::MAX, Duration::from_secs(1));
        let now = cpu_s(terminal);
        if now - before < 0.02 {
            return;
        }
        before = now;
    }
}

/// Types letters into the command palette and takes them back; gives how long each took to be seen.
pub(crate) fn typed(terminal: &mut Terminal, rounds: usize) -> Vec<Duration> {
    const WORD: &str = "upgrade-host";
    let mut took = Vec::new();
    terminal.keys(":").unwrap();
    terminal.wait_for("Command", SOON).unwrap();
    for _ in 0..rounds {
        for at in 1..=WORD.len() {
            let wanted = format!(": {} ", WORD.get(..at).unwrap());
            let begun = Instant::now();
            terminal.keys(WORD.get(at - 1..at).unwrap()).unwrap();
            took.push(seen(terminal, begun, &wanted));
        }
        for at in (0..WORD.len()).rev() {
            let wanted = format!(": {} ", WORD.get(..at).unwrap());
            let begun = Instant::now();
            terminal.keys("backspace").unwrap();
            took.push(seen(terminal, begun, &wanted));
        }
    }
    terminal.keys("esc").unwrap();
    terminal.wait_gone("Command", SOON).unwrap();
    took
}

fn seen(terminal: &Terminal, begun: Instant, words: &str) -> Duration {
    let shown = |screen: &vt100::Screen| screen.rows(0, 200).any(|row| row.contains(words));
    let at =
        terminal.came(SOON, shown).unwrap_or_else(|| panic!("no {words}:\n{}", terminal.text()));
    at.saturating_duration_since(begun)
}

/// Goes down and up through a list; gives how long each key took to be seen. Only where nothing else is painted.
pub(crate) fn moved(terminal: &mut Terminal, rounds: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for round in 0..rounds {
        let key = if round % 40 < 20 { "down" } else { "up" };
        terminal.settle(Duration::from_millis(15));
        let (n, begun) = (terminal.frames(), Instant::now());
        terminal.keys(key).unwrap();
        let at = terminal.next_frame(n, SOON).unwrap();
        took.push(at.saturating_duration_since(begun));
    }
    took
}
