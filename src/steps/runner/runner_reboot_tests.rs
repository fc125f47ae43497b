//! A host that was started anew in the middle of a job. Its processes are ended and its boot id is made another one,
//! which is all that a reboot leaves to be seen.

use std::fs;
use std::process::Command;

use super::home::{Home, until};
use crate::domain::job::{JobEnd, JobTruth};

#[test]
fn a_reboot_in_the_middle_of_a_step_is_said_and_the_instance_is_free_for_the_next_job() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "echo ready; sleep 300"), ("two", "echo never")]);
    home.start(&spec);
    until(|| String::from_utf8_lossy(&home.log(&spec.job)).contains("ready"));
    let folder = home.folder(&spec.job);
    let started = fs::read_to_string(folder.join("started")).unwrap();
    let mut all: Vec<String> = home.processes(&spec.job).keys().map(u32::to_string).collect();
    all.push(home.pid(&spec.job));
    // Nobody of it outlives a reboot, and nobody of it has time to write anything.
    let killed = Command::new("kill").arg("-9").args(&all).status().unwrap();
    assert!(killed.success());
    until(|| home.processes(&spec.job).is_empty());
    let (_, rest) = started.split_once(' ').unwrap();
    fs::write(folder.join("started"), format!("0f0e0d0c-boot-of-before {rest}")).unwrap();

    let JobTruth::Ended { end: JobEnd::Interrupted(why), .. } = home.look(&spec.job) else {
        panic!("{:?}", home.look(&spec.job))
    };
    assert!(why.as_str().contains("restarted"), "{why}");
    let log = home.log(&spec.job);
    assert!(!String::from_utf8_lossy(&log).contains("never"));
    // Looking again says the same, and what follows may run.
    assert_eq!(home.end(&spec.job), JobEnd::Interrupted(why));
    let next = home.spec("web-1", 2, &[("one", "echo now")]);
    home.start(&next);
    assert_eq!(home.end(&next.job), JobEnd::Exited(0));
}
