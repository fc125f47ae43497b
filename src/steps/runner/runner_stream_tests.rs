//! Following a log while it grows, with the tools of this machine and with such as some hosts have.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::home::{Home, NONCE, STREAM, starting};
use super::*;
use crate::domain::job::{JobEnd, JobInputs, JobSpec, JobStart, JobTruth};
use crate::steps::envelope::Answer;

/// What arrives of a job's log from an offset on, and how it ends.
fn stream(home: &Home, spec: &JobSpec, tools: &Path, offset: u64) -> (Vec<u8>, Option<Frame>) {
    let script = follow(&spec.job, Become::LoginUser, STREAM, offset);
    read(&home.output(&script, tools, Answer::Stream))
}

/// What a stream holds: a log, and what is said last.
fn read(out: &[u8]) -> (Vec<u8>, Option<Frame>) {
    let (mut log, mut last) = (Vec::new(), None);
    for frame in FrameReader::new(NONCE).feed(out).unwrap() {
        match frame {
            Frame::Data(bytes) => log.extend(bytes),
            Frame::Beat => {}
            other @ (Frame::End { .. }
            | Frame::Started(_)
            | Frame::NotBegun(_)
            | Frame::Died(_)) => last = Some(other),
        }
    }
    (log, last)
}

/// A folder whose program of this name stands before that of the machine.
fn instead(home: &Home, name: &str, script: &str) -> PathBuf {
    let folder = home.path().join("tools");
    fs::create_dir(&folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Output that grows all the while: lines, then bytes of all kinds, then a line without an end.
const GROWING: &str = "i=0; while [ $i -lt 40 ]; do echo line $i; sleep 0.02; i=$((i + 1)); done
head -c 300000 /dev/urandom; sleep 0.3; printf 'no end'";

fn whole_from_anywhere(home: &Home, tools: &Path) {
    let spec = home.spec("web-1", 1, &[("one", GROWING), ("two", "echo two")]);
    home.start(&spec);
    let (whole, end) = stream(home, &spec, tools, 0);
    assert_eq!(whole, home.log(&spec.job), "what arrived while it grew is what was written");
    let total = whole.len() as u64;
    assert_eq!(end, Some(Frame::End { total, words: "ended exit 0".into() }));
    for offset in [1, 40, total - 1, total] {
        let (part, end) = stream(home, &spec, tools, offset);
        assert_eq!(part, &whole[offset as usize..]);
        assert_eq!(end, Some(Frame::End { total, words: "ended exit 0".into() }));
    }
}

#[test]
fn the_log_is_streamed_from_any_offset_to_its_end() {
    let home = Home::new();
    whole_from_anywhere(&home, Path::new("/nonexistent"));
}

#[test]
fn a_tail_that_cannot_watch_a_process_is_done_without() {
    let home = Home::new();
    let refuses = "for a; do case $a in --pid=*) exit 1 ;; esac; done; exec /usr/bin/tail \"$@\"";
    let tools = instead(&home, "tail", refuses);
    whole_from_anywhere(&home, &tools);
}

#[test]
fn a_tail_that_does_not_wait_is_begun_once_and_then_done_without() {
    let home = Home::new();
    let ends = "for a; do case $a in --pid=*) echo begun >>\"$0.times\"; exit 0 ;; esac; done; exec /usr/bin/tail \"$@\"";
    let tools = instead(&home, "tail", ends);
    let spec = home.spec("web-1", 1, &[("one", "sleep 1; echo x; sleep 1")]);
    home.start(&spec);
    let (whole, end) = stream(&home, &spec, &tools, 0);
    assert_eq!(whole, home.log(&spec.job));
    assert!(matches!(end, Some(Frame::End { .. })), "{end:?}");
    assert_eq!(fs::read_to_string(tools.join("tail.times")).unwrap(), "begun\n");
}

#[test]
fn a_dd_that_speaks_otherwise_and_of_one_byte_is_understood() {
    let home = Home::new();
    // As busybox says it, and as GNU says it of one byte.
    let says = "/usr/bin/dd \"$@\" 2>\"$0.said\"; rc=$?
sed -n 's/^\\([0-9]*\\) byte.*/\\1 bytes (0.0KB) copied, 0.1 seconds, 1.0KB\\/s/p;/records/p' \"$0.said\" >&2; exit $rc";
    let tools = instead(&home, "dd", says);
    whole_from_anywhere(&home, &tools);
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "sleep 0.5; printf x; sleep 0.5")]);
    home.start(&spec);
    let (whole, end) = stream(&home, &spec, Path::new("/nonexistent"), 0);
    assert_eq!(whole, home.log(&spec.job));
    assert!(matches!(end, Some(Frame::End { .. })), "{end:?}");
}

#[test]
fn a_quiet_job_is_waited_for_and_its_end_is_noticed_at_once() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "sleep 6")]);
    home.start(&spec);
    let began = Instant::now();
    let (_, end) = stream(&home, &spec, Path::new("/nonexistent"), 0);
    assert!(matches!(end, Some(Frame::End { .. })), "{end:?}");
    let took = began.elapsed();
    assert!(took > Duration::from_secs(5) && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn what_comes_between_two_looks_of_the_host_is_sent_as_one() {
    let pieces = |every| {
        let home = Home::new();
        // How many times it read something: `0+7 records in`.
        let counts = "/usr/bin/dd \"$@\" 2>\"$0.said\"; rc=$?; cat \"$0.said\" >>\"$0.all\"; cat \"$0.said\" >&2; exit $rc";
        let tools = instead(&home, "dd", counts);
        let lines = "i=0; while [ $i -lt 60 ]; do echo line $i; sleep 0.03; i=$((i + 1)); done";
        let spec = home.spec("web-1", 1, &[("one", lines)]);
        home.start(&spec);
        let stream = Stream { nonce: NONCE, every: Duration::from_millis(every) };
        let script = follow(&spec.job, Become::LoginUser, stream, 0);
        let (log, end) = read(&home.output(&script, &tools, Answer::Stream));
        assert_eq!(log, home.log(&spec.job));
        assert!(matches!(end, Some(Frame::End { .. })), "{end:?}");
        let said = fs::read_to_string(tools.join("dd.all")).unwrap();
        let records = said.lines().find_map(|line| line.strip_suffix(" records in")).unwrap();
        let (whole, partly) = records.split_once('+').unwrap();
        whole.parse::<u32>().unwrap() + partly.parse::<u32>().unwrap()
    };
    let (often, seldom) = (pieces(50), pieces(1_000));
    assert!(seldom * 3 < often, "{seldom} pieces beside {often}");
}

#[test]
fn how_much_was_sent_comes_in_one_piece_with_the_end() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "sleep 1; echo one")]);
    let script = starting(&spec, &JobInputs::default());
    let mut child = home.send(&script, Path::new("/nonexistent"), Answer::Stream);
    let (mut out, mut pieces) = (child.stdout.take().unwrap(), Vec::new());
    let mut bytes = [0; 4096];
    while let n @ 1.. = out.read(&mut bytes).unwrap() {
        pieces.push(String::from_utf8_lossy(&bytes[..n]).into_owned());
    }
    child.wait().unwrap();
    let last = pieces.pop().unwrap();
    let total = home.log(&spec.job).len();
    let want = format!("\x1e{NONCE} sent {total}\n\x1e{NONCE} end {total} ended exit 0\n");
    // A reader that was held up may find the last of the log before it.
    assert!(last.ends_with(&want), "{last:?} after {pieces:?}");
}

#[test]
fn the_output_of_a_step_is_kept_by_one_process_however_it_came() {
    let home = Home::new();
    let counts = "echo dd >>\"$0.calls\"; exec /usr/bin/dd \"$@\"";
    let tools = instead(&home, "dd", counts);
    let several = "echo one; sleep 0.1; echo two; sleep 0.1; printf three";
    let spec = home.spec("web-1", 1, &[("several", several), ("quiet", ":"), ("one", "echo x")]);
    let script = starting(&spec, &JobInputs::default());
    assert_eq!(home.begin_with(&script, &tools), Ok(JobStart::Started));
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    let calls = fs::read_to_string(tools.join("dd.calls")).unwrap();
    assert_eq!(calls.lines().count(), 3, "one for each step, and no second that finds nothing");
}

#[test]
fn the_session_that_starts_a_job_brings_its_log() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", GROWING), ("two", "echo two")]);
    let script = starting(&spec, &JobInputs::default());
    let nowhere = Path::new("/nonexistent");
    for said in ["started", "there"] {
        let out = home.output(&script, nowhere, Answer::Stream);
        let frames = FrameReader::new(NONCE).feed(&out).unwrap();
        assert_eq!(frames.first(), Some(&Frame::Started(said.into())));
        let (log, end) = read(&out);
        assert_eq!(log, home.log(&spec.job), "{said}");
        let total = log.len() as u64;
        assert_eq!(end, Some(Frame::End { total, words: "ended exit 0".into() }), "{said}");
    }
}

#[test]
fn a_start_that_comes_too_late_starts_nothing_and_leaves_nothing() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("one", "echo one")]);
    let script = start(&spec, &JobInputs::default(), Become::LoginUser, STREAM, 0);
    // A disk that hangs for two seconds.
    let hangs = script.replace("br_steps() {", "br_steps() {\nsleep 2\n");
    assert_ne!(hangs, script);
    let refused = home.begin(&hangs).unwrap_err();
    let Unreadable::Refused(why) = refused else { panic!("{refused:?}") };
    assert!(why.as_str().starts_with("its files took too long to write into "), "{why}");
    assert_eq!(home.look(&spec.job), JobTruth::NeverStarted);
    let left = fs::read_dir(home.folder(&spec.job).parent().unwrap()).unwrap().count();
    assert_eq!(left, 0);
    assert_eq!(home.start(&spec), JobStart::Started, "and it may be started again");
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
}
