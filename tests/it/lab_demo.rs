//! `cargo demo` where nobody sits at a terminal: it shows, upgrades, shows again, and leaves nothing behind.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};

use crate::lab::terminal::Terminal;
use crate::lab::{cargo, processes};

/// What `cargo demo` stands for. Tests build it themselves: `cargo test --test it` does not. Cargo becomes the program
/// that it runs, so that a signal to it reaches the demo.
const DEMO: [&str; 8] = [
    "run",
    "--quiet",
    "--example",
    "lab",
    "--manifest-path",
    concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    "--",
    "demo",
];

/// Processes of a demo in this folder, and files in it.
fn left(temp: &Path) -> (Vec<Pid>, Vec<PathBuf>) {
    let mark = OsString::from(format!("TMPDIR={}", temp.display()));
    let files = std::fs::read_dir(temp).unwrap().map(|e| e.unwrap().path()).collect();
    (processes::with_environment(&mark), files)
}

#[test]
fn without_a_terminal_the_demo_upgrades_one_instance_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut demo = Command::new(env!("CARGO"));
    for name in cargo::set_for_programs() {
        demo.env_remove(name);
    }
    demo.args(DEMO).env("TMPDIR", temp.path()).env("XDG_CACHE_HOME", temp.path().join("cache"));
    let out = demo.stdin(Stdio::null()).output().unwrap();
    let (said, told) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(0), "{said}\n{told}");
    let parts: Vec<&str> = said.split("$ bunker ").collect();
    assert_eq!(parts.len(), 4, "{said}");
    for name in ["calgary-prod", "red-deer", "leduc-test", "jasper", "test-01"] {
        assert!(parts[1].contains(name), "{name} is not in {}", parts[1]);
    }
    assert!(parts[2].contains("build"), "{}", parts[2]);
    let jasper = |part: &str| part.lines().find(|line| line.contains("jasper")).unwrap().to_owned();
    assert!(jasper(parts[1]).contains("v2.4.1"), "{}", jasper(parts[1]));
    assert!(jasper(parts[3]).contains("v2.5.0"), "{}", jasper(parts[3]));

    assert_eq!(left(temp.path()), (vec![], vec![]));
}

/// A way to leave the demo.
enum Way {
    Keys(&'static str),
    Signal(Signal),
}

#[test]
fn an_operator_leaves_the_demo_by_keys_or_by_losing_the_terminal_and_nothing_stays() {
    let ways = [
        ("q", Way::Keys("q")),
        ("ctrl-c", Way::Keys("C-c")),
        ("TERM", Way::Signal(Signal::TERM)),
        ("HUP", Way::Signal(Signal::HUP)),
    ];
    for (name, way) in ways {
        let temp = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(env!("CARGO"));
        command.args(DEMO);
        for name in cargo::set_for_programs() {
            command.env_remove(name);
        }
        command.env("TMPDIR", temp.path());
        command.env("XDG_CACHE_HOME", temp.path().join("cache"));
        command.env("LC_ALL", "C.UTF-8");
        let mut terminal = Terminal::start(command, 120, 36).unwrap();
        let long = Duration::from_mins(4);
        terminal.wait_for("calgary-prod .*(healthy|degraded|down)", long).unwrap();
        match way {
            Way::Keys(keys) => terminal.keys(keys).unwrap(),
            Way::Signal(signal) => {
                let pid = i32::try_from(terminal.pid().unwrap()).unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
            }
        }
        terminal.wait_end(Duration::from_mins(1)).unwrap();
        assert_eq!(terminal.left_behind(), Vec::<&str>::new(), "{name}");
        assert_eq!(left(temp.path()), (vec![], vec![]), "{name}");
    }
}
