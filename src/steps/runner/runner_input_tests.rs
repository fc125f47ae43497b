//! Files that steps get: there for their step, and gone with it.

use std::process::Command;

use super::home::{Home, starting, until};
use super::*;
use crate::domain::job::{AbortOutcome, JobEnd, JobStart};
use crate::domain::secret::Secret;

const MARKER: &str = "s3cret 'marker'\nwith a second line";

fn inputs(step: &str) -> JobInputs {
    let of = |step: &str, name: &str, text: &str| {
        (step.parse().unwrap(), name.parse().unwrap(), Secret::new(text.to_owned()))
    };
    JobInputs { files: vec![of(step, "env", MARKER), of(step, "empty", "")] }
}

fn begin(home: &Home, spec: &JobSpec, step: &str) {
    assert_eq!(home.begin(&starting(spec, &inputs(step))), Ok(JobStart::Started));
}

/// Files below the host's state that hold the marker.
fn holders(home: &Home) -> Vec<String> {
    fn walk(dir: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if entry.file_type().unwrap().is_file()
                && String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains("s3cret")
            {
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(home.path(), &mut found);
    found
}

#[test]
fn a_step_gets_its_files_private_and_they_are_gone_when_it_has_ended() {
    let home = Home::new();
    let take = "cp \"$(bunker_input env)\" \"$HOME/taken\"; stat -c %a \"$(bunker_input env)\"; \
                test -e \"$(bunker_input empty)\"; test ! -s \"$(bunker_input empty)\"";
    let spec = home.spec("web-1", 1, &[("take", take), ("later", "ls \"${BUNKER_JOB}/steps\"")]);
    begin(&home, &spec, "take");
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    assert_eq!(std::fs::read_to_string(home.path().join("taken")).unwrap(), MARKER);
    let log = std::fs::read_to_string(home.folder(&spec.job).join("log")).unwrap();
    assert!(log.contains("\n600\n"), "{log}");
    assert!(!log.contains(".in-"), "the second step finds none: {log}");
    assert_eq!(holders(&home), ["taken"]);
}

#[test]
fn files_of_steps_that_never_ran_go_with_the_job() {
    let home = Home::new();
    let failed = home.spec("web-1", 1, &[("one", "false"), ("two", "true")]);
    begin(&home, &failed, "two");
    assert_eq!(home.end(&failed.job), JobEnd::Exited(1));
    assert_eq!(holders(&home), [""; 0]);
    let aborted = home.spec("web-1", 2, &[("one", "sleep 60"), ("two", "true")]);
    begin(&home, &aborted, "two");
    let running = || home.folder(&aborted.job).join("started").exists();
    until(running);
    assert_eq!(home.abort(&aborted.job, 20), AbortOutcome::Stopped);
    assert_eq!(holders(&home), [""; 0]);
}

#[test]
fn what_a_killed_runner_left_goes_with_the_next_job() {
    let home = Home::new();
    let killed = home.spec("web-1", 1, &[("one", "sleep 60"), ("two", "true")]);
    begin(&home, &killed, "two");
    until(|| home.folder(&killed.job).join("started").exists());
    let kill = Command::new("/bin/sh").args(["-c", "kill -9 $0", &home.pid(&killed.job)]).status();
    assert!(kill.unwrap().success());
    assert!(!holders(&home).is_empty());
    // The lock stays with what the runner left behind; that ends by an abort, which keeps the folder.
    assert_eq!(home.abort(&killed.job, 20), AbortOutcome::Stopped);
    let next = home.spec("web-1", 2, &[("one", "true")]);
    home.start(&next);
    assert_eq!(home.end(&next.job), JobEnd::Exited(0));
    assert_eq!(holders(&home), [""; 0]);
}
