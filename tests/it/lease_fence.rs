//! A worker that slept while its lease was broken: it wakes, and changes nothing more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::run_process::{Bench, program, running_step, starts};

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// Every file below, but those of this folder, and but the notes of who came by last.
fn files(below: &Path, but: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![below.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && path != but {
                folders.push(path);
            } else if kind.is_file()
                && !path.ends_with("holder")
                && !path.ends_with("audit-anchors")
            {
                found.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The logs of the jobs of a run on a host, in the order of the jobs.
fn logs(folder: &Path) -> Vec<Vec<u8>> {
    (1..).map_while(|seq| std::fs::read(folder.join(seq.to_string()).join("log")).ok()).collect()
}

#[test]
fn an_old_holder_that_wakes_after_its_lease_was_broken_changes_nothing_more_and_says_why() {
    let policy = ["bunker_min_healthy_s: 8", "bunker_healthy_deadline_s: 600"];
    let ann = Bench::with(&["one"], &policy);
    let own = tempfile::tempdir().unwrap();
    let ben = |args: &[&str]| -> Output {
        program(&ann.lab, own.path()).args(args).env("SUDO_USER", "ben").output().unwrap()
    };
    let host = ann.lab.named("one").unwrap();
    let run = ann.upgrade("one", "v2.5.0");
    ann.when(&run, "at its gate", |shown| running_step(shown) == Some("health"));
    // Her machine goes to sleep, between two jobs of the run.
    let workers = ann.processes("worker");
    let [worker] = workers[..] else { panic!("{workers:?}") };
    signal(worker, Signal::STOP);
    let there = host.state_dir().join("ops").join(&run);
    let before = starts(&logs(&there.join("one")));
    assert!(before.contains_key("up") && !before.contains_key("record"), "{before:?}");

    // Ben cannot go ahead, hears who holds it and where that run is, and breaks it with a reason.
    let refused = ben(&["backup", "one", "--yes"]);
    assert_eq!(refused.status.code(), Some(8), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(said.contains("held by run") && said.contains(&run), "{said}");
    let reason = "her laptop sleeps";
    let broken = ben(&["lease", "break", "one", "--reason", reason, "--confirm", "one", "--json"]);
    assert!(broken.status.success(), "{broken:?}");
    let broken: Value = serde_json::from_slice(&broken.stdout).unwrap();
    let generation = broken["generation"].as_u64().unwrap();
    let done = ben(&["backup", "one", "--yes"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let (state, checkout) = (files(&host.state_dir(), &there), files(&host.checkout(), &there));

    // She wakes: the host refuses her next job, whatever her worker believes.
    signal(worker, Signal::CONT);
    let shown = ann.when(&run, "over", |shown| !shown["finished_at"].is_null());
    assert_eq!(shown["state"], "failed", "{shown:#}");
    assert_eq!(shown["targets"][0]["outcome"], "failed", "{shown:#}");
    let text = shown.to_string();
    assert!(text.contains("this run has lost the lease of the instance"), "{shown:#}");
    assert!(text.contains("bunker lease show"), "and what to do next: {shown:#}");
    ann.no_worker_is_left();
    let after = starts(&logs(&there.join("one")));
    assert_eq!(after, before, "no step of hers began any more");
    assert_eq!(files(&host.state_dir(), &there), state, "what is known of the instance stays");
    assert_eq!(files(&host.checkout(), &there), checkout, "the instance stays");
    // Nor is the lease that comes next hers to give back: the generation only grows.
    let look = ann.json(&["lease", "show", "one", "--json"]);
    assert_eq!(look["lease"], Value::Null);
    assert!(look["generation"].as_u64().unwrap() > generation, "{look:#}");
    assert!(look["breaks"].to_string().contains(reason), "{look:#}");
}
