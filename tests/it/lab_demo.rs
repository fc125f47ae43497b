//! `cargo demo` where nobody sits at a terminal: it shows, upgrades, shows again, and leaves nothing behind.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::lab::processes;

/// The lab's program. Tests build it themselves: `cargo test --test it` does not.
fn demo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--example", "lab", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(["--", "demo", "--"]);
    cargo
}

#[test]
fn without_a_terminal_the_demo_upgrades_one_instance_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mark = OsString::from(format!("TMPDIR={}", temp.path().display()));
    let mut demo = demo();
    demo.env("TMPDIR", temp.path()).env("XDG_CACHE_HOME", temp.path().join("cache"));
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

    assert_eq!(processes::with_environment(&mark), []);
    let left: Vec<_> = std::fs::read_dir(temp.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
}
