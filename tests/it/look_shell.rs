//! `bunker compare` and `bunker alerts` on paper hosts, as a shell sees them: what they print, and how they end.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::lab::{HostSpec, Lab, Options};

/// One well, one at another release, one whose backup is of the day before yesterday.
fn lab() -> Lab {
    let mut newer = HostSpec::new("newer");
    "v2.5.0".clone_into(&mut newer.release);
    let mut old = HostSpec::new("old-backup");
    old.backup_age = Some(Duration::from_hours(57));
    let hosts = vec![HostSpec::new("well"), newer, old];
    Lab::start(3, Options::instances().with_hosts(hosts)).unwrap()
}

fn run(lab: &Lab, state: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory").arg(lab.inventory_dir()).args(args).stdin(Stdio::null());
    command.env("BUNKER_STATE", state).env("XDG_CACHE_HOME", state);
    let out = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn two_instances_or_two_releases_are_compared() {
    let (lab, state) = (lab(), tempfile::tempdir().unwrap());
    let run = |args: &[&str]| run(&lab, state.path(), args);
    let (code, out, err) = run(&["compare", "well", "newer"]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.starts_with("PART") && out.contains("newer"), "{out}");
    let differs = out.lines().find(|l| l.contains("v2.4.1")).unwrap();
    assert!(differs.contains("v2.5.0"), "{out}");
    assert!(!out.contains("cml_tier"), "what is alike is left out: {out}");
    let (_, all, _) = run(&["compare", "well", "newer", "--all"]);
    assert!(all.lines().count() > out.lines().count() && all.contains("cml_tier"), "{all}");

    let (code, out, err) = run(&["--json", "compare", "v2.4.1", "v2.5.0"]);
    assert_eq!(code, 3, "{out}{err}");
    let told = json(&out);
    assert_eq!((&told["left"], &told["right"]), (&"v2.4.1".into(), &"v2.5.0".into()));
    assert!(told["lines"].as_array().unwrap().iter().all(|line| line["differs"] == true), "{out}");
    // With itself: nothing differs, and that is an end of its own.
    let (code, out, _) = run(&["compare", "v2.5.0", "v2.5.0"]);
    assert!(code == 0 && out.contains("nothing differs"), "{code} {out}");
    let (code, _, err) = run(&["compare", "well", "newr"]);
    assert!(code == 4 && err.contains("did you mean newer?"), "{code} {err}");
    let (code, _, err) = run(&["compare", "v2.5.0", "well"]);
    assert!(code == 2 && err.contains("well is an instance and v2.5.0 a release"), "{code} {err}");
}

#[test]
fn what_fires_is_listed_and_the_code_says_whether_something_does() {
    let (lab, state) = (lab(), tempfile::tempdir().unwrap());
    let run = |args: &[&str]| run(&lab, state.path(), args);
    let (code, out, err) = run(&["alerts"]);
    assert_eq!(code, 3, "{out}{err}");
    let fires = out.lines().find(|l| l.contains("BackupStale")).unwrap();
    assert!(fires.starts_with("firing") && fires.contains("old-backup"), "{out}");
    let (code, out, _) = run(&["--json", "alerts"]);
    let told = json(&out);
    assert_eq!((code, &told["alertmanager"]), (3, &Value::Null));
    assert!(told["rules_judged"].as_u64().unwrap() > 0, "{out}");
    let alerts = told["alerts"].as_array().unwrap();
    assert!(alerts.iter().any(|a| a["name"] == "BackupStale" && a["of"] == "old-backup"), "{out}");
    let (code, out, _) = run(&["alerts", "--limit", "well"]);
    assert!(code == 0 && out.contains("nothing fires"), "{code} {out}");
    let (code, _, err) = run(&["alerts", "--limit", "nobody"]);
    assert!(code == 4 && err.contains("nobody"), "{code} {err}");
}
