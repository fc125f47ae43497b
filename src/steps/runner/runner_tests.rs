//! The runner itself, without SSH.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::home::{Home, starting, until};
use super::*;
use crate::domain::job::{AbortOutcome, JobEnd, JobStart, JobTruth};
use crate::domain::marker::JobSignal;

fn text(signals: &[JobSignal]) -> String {
    let output = |signal: &JobSignal| {
        let JobSignal::Output(bytes) = signal else { return String::new() };
        String::from_utf8_lossy(bytes).into_owned()
    };
    signals.iter().map(output).collect()
}

fn finished(signals: &[JobSignal]) -> Vec<(String, i32, bool)> {
    let of = |signal: &JobSignal| {
        let JobSignal::StepFinished { step, exit, changed, .. } = signal else { return None };
        Some((step.to_string(), *exit, *changed))
    };
    signals.iter().filter_map(of).collect()
}

#[test]
fn steps_run_in_order_and_the_first_failure_ends_the_job() {
    let home = Home::new();
    let spec = home.spec(
        "web-1",
        1,
        &[
            ("one", "echo first; printf 'no newline'; bunker_tell backup-file \"/b/it's\"; bunker_changed"),
            ("two", "bunker_skip 'nothing to do'"),
            ("three", "(echo to stderr >&2); cat; false; echo never"),
            ("four", "echo never"),
        ],
    );
    assert_eq!(home.look(&spec.job), JobTruth::NeverStarted);
    assert_eq!(home.start(&spec), JobStart::Started);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(1));
    let signals = home.signals(&spec.job);
    assert_eq!(text(&signals), "first\nno newlineto stderr\n");
    let want = [("one".to_owned(), 0, true), ("two".into(), 77, false), ("three".into(), 1, false)];
    assert_eq!(finished(&signals), want);
    let told = JobSignal::Told {
        step: "one".parse().unwrap(),
        key: "backup-file".into(),
        value: "/b/it's".into(),
    };
    assert!(signals.contains(&told), "{signals:?}");
    let skipped =
        JobSignal::Skipped { step: "two".parse().unwrap(), reason: "nothing to do".into() };
    assert!(signals.contains(&skipped), "{signals:?}");
    assert!(home.processes(&spec.job).is_empty());
}

#[test]
fn a_step_says_why_it_fails_and_sees_its_surroundings() {
    let home = Home::new();
    let script = "echo \"$BUNKER_RUN $BUNKER_INSTANCE $LC_ALL $GIT_COMMITTER_NAME $NO_COLOR\"; \
                  test -d \"$BUNKER_JOB\"; test -d \"$BUNKER_STATE\"; umask; ls /proc/$$/fd | wc -l; \
                  bunker_fail 'disk full' 'free some'; echo never";
    let spec = home.spec("web-1", 1, &[("one", script)]);
    home.start(&spec);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(1));
    let signals = home.signals(&spec.job);
    let lines = text(&signals);
    assert!(lines.starts_with("261122-221405-7f3a web-1 C Bunker Ops 1\n0022\n"), "{lines}");
    let failed = JobSignal::Failed {
        step: "one".parse().unwrap(),
        message: "disk full".into(),
        hint: Some("free some".into()),
    };
    assert!(signals.contains(&failed), "{signals:?}");
}

#[test]
fn a_job_starts_once_however_often_it_is_sent() {
    let home = Home::new();
    let count = home.path().join("count");
    let script = format!("echo x >>'{}'", count.display());
    let spec = home.spec("web-1", 1, &[("one", &script)]);
    let starts: Vec<JobStart> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..12).map(|_| scope.spawn(|| home.start(&spec))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(starts.iter().filter(|&&start| start == JobStart::Started).count(), 1);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    assert_eq!(home.start(&spec), JobStart::AlreadyThere);
    assert_eq!(fs::read_to_string(count).unwrap(), "x\n");
    let parent = home.folder(&spec.job);
    let left: Vec<_> = fs::read_dir(parent.parent().unwrap()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn of_jobs_that_race_for_an_instance_one_runs_and_the_others_name_it() {
    let home = Home::new();
    let count = home.path().join("count");
    let gate = home.path().join("gate");
    let script = format!(
        "echo x >>'{}'; while [ ! -e '{}' ]; do sleep 0.05; done",
        count.display(),
        gate.display()
    );
    let specs: Vec<JobSpec> =
        (1..=6).map(|seq| home.spec("web-1", seq, &[("one", &script)])).collect();
    let other = home.spec("web-2", 1, &[("one", "echo y")]);
    std::thread::scope(|scope| {
        for spec in &specs {
            scope.spawn(|| assert_eq!(home.start(spec), JobStart::Started));
        }
    });
    let locked = || {
        let ended = |spec: &&JobSpec| matches!(home.look(&spec.job), JobTruth::Ended { .. });
        specs.iter().filter(ended).count()
    };
    until(|| locked() == 5);
    home.start(&other);
    assert_eq!(home.end(&other.job), JobEnd::Exited(0));
    fs::write(&gate, "").unwrap();
    let ends: Vec<JobEnd> = specs.iter().map(|spec| home.end(&spec.job)).collect();
    assert_eq!(ends.iter().filter(|&end| *end == JobEnd::Exited(0)).count(), 1, "{ends:?}");
    let named = |end: &&JobEnd| matches!(end, JobEnd::Locked(_));
    assert_eq!(ends.iter().filter(named).count(), 5, "{ends:?}");
    assert_eq!(fs::read_to_string(count).unwrap(), "x\n");
    let later = home.spec("web-1", 7, &[("one", "echo z")]);
    home.start(&later);
    assert_eq!(home.end(&later.job), JobEnd::Exited(0));
}

#[test]
fn an_abort_ends_a_tree_that_ignores_term_and_looks_that_none_is_left() {
    let home = Home::new();
    let script = "trap '' TERM; (trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 1; done') & \
                  echo ready; while :; do sleep 1; done";
    let spec = home.spec("web-1", 1, &[("one", script), ("two", "echo never")]);
    home.start(&spec);
    until(|| String::from_utf8_lossy(&home.log(&spec.job)).contains("ready"));
    assert!(home.processes(&spec.job).len() >= 3);
    let begin = Instant::now();
    assert_eq!(home.abort(&spec.job, 5), AbortOutcome::Stopped);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(home.processes(&spec.job), BTreeMap::new());
    assert_eq!(home.end(&spec.job), JobEnd::Aborted);
    assert_eq!(home.abort(&spec.job, 5), AbortOutcome::AlreadyEnded);
    let again = home.spec("web-1", 2, &[("one", "echo z")]);
    home.start(&again);
    assert_eq!(home.end(&again.job), JobEnd::Exited(0));
}

#[test]
fn an_abort_of_a_well_behaved_step_lets_it_tidy_up() {
    let home = Home::new();
    let script = "trap 'echo tidied; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let spec = home.spec("web-1", 1, &[("one", script), ("two", "echo never")]);
    home.start(&spec);
    until(|| String::from_utf8_lossy(&home.log(&spec.job)).contains("ready"));
    assert_eq!(home.abort(&spec.job, 100), AbortOutcome::Stopped);
    assert_eq!(home.end(&spec.job), JobEnd::Aborted);
    // The shell may report the end of its `sleep`, too.
    let output = text(&home.signals(&spec.job));
    assert!(output.starts_with("ready\n") && output.ends_with("tidied\n"), "{output}");
}

#[test]
fn an_abort_before_the_start_keeps_the_job_from_ever_starting() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "echo never")]);
    assert_eq!(home.abort(&spec.job, 5), AbortOutcome::Stopped);
    assert_eq!(home.start(&spec), JobStart::AlreadyThere);
    assert_eq!(home.end(&spec.job), JobEnd::Aborted);
    assert_eq!(home.log(&spec.job), b"");
}

#[test]
fn a_hold_lets_the_step_end_and_starts_no_further_one() {
    let home = Home::new();
    let gate = home.path().join("gate");
    let wait = format!("echo one; while [ ! -e '{}' ]; do sleep 0.05; done", gate.display());
    let spec = home.spec("web-1", 1, &[("one", &wait), ("two", "echo never")]);
    home.start(&spec);
    until(|| String::from_utf8_lossy(&home.log(&spec.job)).contains("one\n"));
    assert_eq!(read_hold(&home.exec(&hold(&spec.job, Become::LoginUser))), Ok(true));
    fs::write(gate, "").unwrap();
    assert_eq!(home.end(&spec.job), JobEnd::Held);
    assert_eq!(finished(&home.signals(&spec.job)), [("one".to_owned(), 0, false)]);
}

#[test]
fn a_killed_runner_is_interrupted_and_what_it_left_blocks_the_instance_until_an_abort() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "echo ready; sleep 300")]);
    home.start(&spec);
    until(|| String::from_utf8_lossy(&home.log(&spec.job)).contains("ready"));
    assert!(matches!(home.look(&spec.job), JobTruth::Running { .. }));
    let killed =
        Command::new("/bin/sh").args(["-c", "kill -9 $0", &home.pid(&spec.job)]).status().unwrap();
    assert!(killed.success());
    let JobEnd::Interrupted(why) = home.end(&spec.job) else { panic!("{:?}", home.end(&spec.job)) };
    assert!(why.as_str().starts_with("the runner was killed; "), "{why}");
    let second = home.spec("web-1", 2, &[("one", "echo never")]);
    home.start(&second);
    let JobEnd::Locked(who) = home.end(&second.job) else { panic!("{:?}", home.end(&second.job)) };
    assert!(
        who.as_str().starts_with("processes that were left by run 261122-221405-7f3a, job 1"),
        "{who}"
    );
    assert_eq!(home.abort(&spec.job, 5), AbortOutcome::Stopped);
    assert_eq!(home.processes(&spec.job), BTreeMap::new());
    let third = home.spec("web-1", 3, &[("one", "echo now")]);
    home.start(&third);
    assert_eq!(home.end(&third.job), JobEnd::Exited(0));
}

#[test]
fn a_step_that_takes_too_long_is_ended_and_says_so() {
    let home = Home::new();
    let mut spec =
        home.spec("web-1", 1, &[("one", "echo begun; sleep 300"), ("two", "echo never")]);
    spec.steps[0].timeout_s = 1;
    home.start(&spec);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(124));
    let failed = JobSignal::Failed {
        step: "one".parse().unwrap(),
        message: "it took longer than 1 s and was ended".into(),
        hint: None,
    };
    assert!(home.signals(&spec.job).contains(&failed));
    assert!(home.processes(&spec.job).is_empty());
}

#[test]
fn what_a_step_leaves_in_the_background_ends_with_it() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "sleep 300 & echo done"), ("two", "echo second")]);
    home.start(&spec);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    assert_eq!(text(&home.signals(&spec.job)), "done\nsecond\n");
    assert!(home.processes(&spec.job).is_empty());
}

#[test]
fn binary_output_a_line_of_ten_megabytes_and_ten_thousand_short_ones_are_kept_byte_for_byte() {
    let home = Home::new();
    let script = "printf '\\000\\377\\036\\033'; head -c 10000000 /dev/zero; \
                  i=0; while [ $i -lt 10000 ]; do echo 123456789; i=$((i + 1)); done";
    let spec = home.spec("web-1", 1, &[("one", script)]);
    home.start(&spec);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    let signals = home.signals(&spec.job);
    let bytes: Vec<u8> = signals
        .iter()
        .filter_map(|s| if let JobSignal::Output(b) = s { Some(b.clone()) } else { None })
        .flatten()
        .collect();
    assert_eq!(bytes.len(), 10_100_004);
    assert_eq!(&bytes[..5], b"\x00\xff\x1e\x1b\x00");
}

#[test]
fn a_log_ends_at_its_limit_says_so_and_the_marks_go_on() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "head -c 3000000 /dev/zero"), ("two", "echo more")]);
    let script = starting(&spec, &JobInputs::default())
        .replace("br_log_limit=268435456", "br_log_limit=1000000");
    assert_eq!(home.begin(&script), Ok(JobStart::Started));
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    let signals = home.signals(&spec.job);
    assert_eq!(finished(&signals).len(), 2);
    let notes: Vec<String> = signals
        .iter()
        .filter_map(|s| if let JobSignal::Note(note) = s { Some(note.to_string()) } else { None })
        .collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].ends_with(
        "bytes of output are not in this log: it reached its limit, or the disk is full"
    ));
    let output = text(&signals).len();
    assert!((900_000..=1_000_000).contains(&output), "{output}");
    assert!(notes[0].starts_with(&format!("{} ", 3_000_000 - output)), "{notes:?} {output}");
}

#[test]
fn a_disk_that_is_full_at_the_start_starts_nothing_and_says_where() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "echo never")]);
    let script = starting(&spec, &JobInputs::default());
    let answer = home.begin(&format!("trap '' XFSZ; ulimit -f 0\n{script}"));
    let Err(Unreadable::Refused(why)) = answer else { panic!("{answer:?}") };
    assert!(why.as_str().starts_with("cannot write "), "{why}");
    assert!(why.as_str().contains("KB free on "), "{why}");
    assert_eq!(home.look(&spec.job), JobTruth::NeverStarted);
    assert_eq!(home.start(&spec), JobStart::Started);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
}

#[test]
fn every_shell_of_this_machine_reads_the_runner() {
    let shells = ["/bin/dash", "/bin/bash", "/bin/sh", "/bin/busybox"];
    let present: Vec<&str> = shells.into_iter().filter(|path| Path::new(path).exists()).collect();
    assert!(!present.is_empty());
    for shell in present {
        let args: &[&str] = if shell.ends_with("busybox") { &["sh", "-n"] } else { &["-n"] };
        for part in [&VERBS, &RUNNER, &STEP] {
            let mut child = Command::new(shell).args(args).stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(part.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success(), "{shell}");
        }
    }
}

#[test]
fn times_are_as_fine_as_the_host_can_tell() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "sleep 0.3")]);
    home.start(&spec);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    let times: Vec<_> = home
        .signals(&spec.job)
        .into_iter()
        .filter_map(|signal| {
            let (JobSignal::StepStarted { at, .. } | JobSignal::StepFinished { at, .. }) = signal
            else {
                return None;
            };
            Some(at)
        })
        .collect();
    let took = times[1].duration_since(times[0]).as_secs_f64();
    assert!((0.3..30.0).contains(&took) && took.fract() > 0.0, "{took} s");

    // What `date` prints for `+%s.%N`, where it knows no fraction and where it does, and what becomes of it.
    for (printed, time) in [
        ("1700000000.%N", "1700000000"),
        ("1700000000.", "1700000000"),
        ("1700000000", "1700000000"),
        ("1700000000.N", "1700000000"),
        ("1700000000.259999999", "1700000000.25"),
        ("1700000000.085", "1700000000.08"),
    ] {
        let script = format!(
            "{}\ndate() {{ echo '{printed}'; }}\nbr_now; echo $br_time",
            include_str!("clock.sh")
        );
        let output = Command::new("/bin/sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), time, "{printed}");
    }
}
