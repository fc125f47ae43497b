//! The runner of remote jobs on a real Debian server: as root by `sudo -n`, under systemd, beyond the ssh session.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bunker_ops::domain::connection::Become;
use bunker_ops::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobStep, JobTruth,
};
use bunker_ops::steps::envelope::{Answer, COMMAND, Envelope, Opened};
use bunker_ops::steps::runner::{self, Frame, FrameReader, Stream};

use crate::capability::missing;
use crate::lab::real::{Ready, RealHost, RealLab};

const NONCE: &str = "00112233445566778899aabbccddeeff";
const WHOLE: Answer = Answer::Whole { limit_s: 60 };

/// One ssh session of its own, as `deploy`, that runs a script the way the program does.
fn session(lab: &RealLab, host: &RealHost, script: &str, answer: Answer) -> Child {
    let envelope = Envelope { nonce: NONCE, root: true, answer };
    let mut child = Command::new("ssh")
        .arg("-F")
        .arg(lab.dir().join("ssh_config"))
        .args([host.name.as_str(), COMMAND])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(envelope.wrap(script).as_bytes()).unwrap();
    child
}

fn exec(lab: &RealLab, host: &RealHost, script: &str) -> Vec<u8> {
    let out = session(lab, host, script, WHOLE).wait_with_output().unwrap();
    let envelope = Envelope { nonce: NONCE, root: true, answer: WHOLE };
    match envelope.open(&out.stdout) {
        Opened::Whole { output, .. } => output,
        other @ (Opened::NotBegun { .. } | Opened::CutOff) => panic!("{other:?}"),
    }
}

/// Starts a job, and cuts the session as soon as the host has said what came of it.
fn start(lab: &RealLab, host: &RealHost, spec: &JobSpec) -> JobStart {
    let stream = Stream { nonce: NONCE, every: Duration::from_millis(100) };
    let script = runner::start(spec, &JobInputs::default(), Become::Root, stream, 40);
    let mut child = session(lab, host, &script, Answer::Stream);
    let (mut out, mut reader) = (child.stdout.take().unwrap(), FrameReader::new(NONCE));
    let mut bytes = [0; 4096];
    let words = loop {
        let n = out.read(&mut bytes).unwrap();
        assert!(n > 0, "no word on the start");
        match reader.feed(&bytes[..n]).unwrap().into_iter().next() {
            None => {}
            Some(Frame::Started(words)) => break words,
            Some(other) => panic!("{other:?}"),
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    runner::read_start(&words).unwrap()
}

fn job(seq: u32) -> JobRef {
    JobRef { run: "261122-221405-7f3a".parse().unwrap(), instance: "real-01".parse().unwrap(), seq }
}

fn spec(seq: u32, steps: &[(&str, &str)]) -> JobSpec {
    let step = |(id, script): &(&str, &str)| JobStep {
        id: id.parse().unwrap(),
        script: (*script).to_owned(),
        timeout_s: 120,
        inputs: Vec::new(),
        new_login: false,
    };
    JobSpec {
        job: job(seq),
        nonce: NONCE.into(),
        fence: None,
        steps: steps.iter().map(step).collect(),
    }
}

/// Asks until `good` says yes.
fn until(what: &str, mut good: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !good() {
        assert!(begun.elapsed() < Duration::from_mins(1), "waited 60 s until {what}");
    }
}

#[test]
fn a_job_runs_as_root_in_a_unit_of_its_own_and_an_abort_leaves_no_process() {
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => {
            return missing(
                "a_job_runs_as_root_in_a_unit_of_its_own_and_an_abort_leaves_no_process",
                &why,
            );
        }
    };
    let lab = RealLab::start(ready, 1).unwrap();
    let host = &lab.hosts()[0];
    let ask = |script: &str| exec(&lab, host, script);
    let look = |seq| runner::read_look(&ask(&runner::look(&job(seq), Become::Root))).unwrap();

    let short = spec(
        1,
        &[(
            "who",
            "id -u; grep -o 'bunker-[^/]*service' /proc/self/cgroup | sort -u; docker ps -q | wc -l",
        )],
    );
    assert_eq!(start(&lab, host, &short), JobStart::Started);
    assert_eq!(start(&lab, host, &short), JobStart::AlreadyThere);
    until("the first job has ended", || matches!(look(1), JobTruth::Ended { .. }));
    assert!(matches!(look(1), JobTruth::Ended { end: JobEnd::Exited(0), .. }), "{:?}", look(1));
    let log = host.sh("cat /var/lib/bunker/ops/261122-221405-7f3a/real-01/1/log").unwrap();
    let lines: Vec<_> = log.lines().filter(|line| !line.starts_with('\u{1e}')).collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (3, "0", "0"), "{log}");
    assert!(lines[1].starts_with("bunker-261122-221405-7f3a-1-"), "{log}");

    // Two processes, one of them with a session of its own that a signal to the group does not reach.
    let long = spec(2, &[("long", "setsid sleep 4711 & sleep 4711")]);
    assert_eq!(start(&lab, host, &long), JobStart::Started);
    let count = || {
        host.sh("grep -lzx 471[1] /proc/[0-9]*/cmdline 2>/dev/null | wc -l")
            .unwrap()
            .trim()
            .to_owned()
    };
    until("both processes of the second job run", || count().parse::<u32>().unwrap() >= 2);
    assert!(matches!(look(2), JobTruth::Running { .. }), "{:?}", look(2));
    let abort = runner::abort(&job(2), Become::Root, 20);
    assert_eq!(runner::read_abort(&ask(&abort)).unwrap(), AbortOutcome::Stopped);
    assert_eq!(count(), "0");
    assert!(matches!(look(2), JobTruth::Ended { end: JobEnd::Aborted, .. }), "{:?}", look(2));
    let units = host.sh("systemctl list-units --all --no-legend 'bunker-*'").unwrap();
    assert_eq!(units.trim(), "");
}
