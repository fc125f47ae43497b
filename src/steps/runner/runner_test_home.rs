//! A home on this machine for tests of the runner: the envelope and the scripts are the real ones, SSH is left out.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{
    Frame, FrameReader, STATE_USER, Stream, Unreadable, abort, look, read_abort, read_look,
    read_start, start,
};
use crate::domain::connection::Become;
use crate::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobStep, JobTruth,
};
use crate::domain::marker::{JobSignal, MarkerParser};
use crate::steps::envelope::{Answer, COMMAND, Envelope, Opened};

pub(super) const NONCE: &str = "00112233445566778899aabbccddeeff";
const WHOLE: Answer = Answer::Whole { limit_s: 60 };
pub(super) const STREAM: Stream<'static> =
    Stream { nonce: NONCE, every: Duration::from_millis(100) };

/// The script that starts a job.
pub(super) fn starting(spec: &JobSpec, inputs: &JobInputs) -> String {
    start(spec, inputs, Become::LoginUser, STREAM, 40)
}

/// A home on this machine. Whatever it started is ended with it.
pub(super) struct Home {
    dir: tempfile::TempDir,
    run: &'static str,
}

impl Home {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), run: "261122-221405-7f3a" }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn job(&self, instance: &str, seq: u32) -> JobRef {
        JobRef { run: self.run.parse().unwrap(), instance: instance.parse().unwrap(), seq }
    }

    pub(super) fn spec(&self, instance: &str, seq: u32, steps: &[(&str, &str)]) -> JobSpec {
        let step = |(id, script): &(&str, &str)| JobStep {
            id: id.parse().unwrap(),
            script: (*script).to_owned(),
            timeout_s: 30,
            inputs: Vec::new(),
            new_login: false,
        };
        JobSpec {
            job: self.job(instance, seq),
            nonce: NONCE.into(),
            fence: None,
            steps: steps.iter().map(step).collect(),
        }
    }

    pub(super) fn folder(&self, job: &JobRef) -> PathBuf {
        let ops = self.path().join(STATE_USER).join("ops");
        ops.join(job.run.as_str()).join(job.instance.as_str()).join(job.seq.to_string())
    }

    pub(super) fn exec(&self, script: &str) -> Vec<u8> {
        let out = self.output(script, Path::new("/nonexistent"), WHOLE);
        let envelope = Envelope { nonce: NONCE, root: false, answer: WHOLE };
        match envelope.open(&out) {
            Opened::Whole { output, .. } => output,
            other @ (Opened::NotBegun { .. } | Opened::CutOff) => panic!("{other:?}"),
        }
    }

    /// All that comes back of a script, where the programs of this folder stand before those of the machine.
    pub(super) fn output(&self, script: &str, tools: &Path, answer: Answer) -> Vec<u8> {
        self.send(script, tools, answer).wait_with_output().unwrap().stdout
    }

    pub(super) fn start(&self, spec: &JobSpec) -> JobStart {
        self.begin(&starting(spec, &JobInputs::default())).unwrap()
    }

    /// Runs a script that starts a job until it says what came of that, and does not follow the job.
    pub(super) fn begin(&self, script: &str) -> Result<JobStart, Unreadable> {
        self.begin_with(script, Path::new("/nonexistent"))
    }

    /// The same where the programs of this folder stand before those of the machine.
    pub(super) fn begin_with(&self, script: &str, tools: &Path) -> Result<JobStart, Unreadable> {
        let mut child = self.send(script, tools, Answer::Stream);
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
        read_start(&words)
    }

    /// Begins a script; what comes of it is to be read from its standard output.
    pub(super) fn send(&self, script: &str, tools: &Path, answer: Answer) -> Child {
        let path = std::env::var("PATH").unwrap();
        let envelope = Envelope { nonce: NONCE, root: false, answer };
        let mut child = Command::new("/bin/sh")
            .args(["-c", COMMAND])
            .env("HOME", self.path())
            .env("PATH", format!("{}:{path}", tools.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(envelope.wrap(script).as_bytes()).unwrap();
        child
    }

    pub(super) fn look(&self, job: &JobRef) -> JobTruth {
        read_look(&self.exec(&look(job, Become::LoginUser))).unwrap()
    }

    pub(super) fn abort(&self, job: &JobRef, tenths: u64) -> AbortOutcome {
        read_abort(&self.exec(&abort(job, Become::LoginUser, tenths))).unwrap()
    }

    pub(super) fn log(&self, job: &JobRef) -> Vec<u8> {
        fs::read(self.folder(job).join("log")).unwrap()
    }

    pub(super) fn signals(&self, job: &JobRef) -> Vec<JobSignal> {
        let mut parser = MarkerParser::new(NONCE);
        let mut signals = parser.feed(&self.log(job));
        signals.extend(parser.finish());
        signals
    }

    pub(super) fn end(&self, job: &JobRef) -> JobEnd {
        let mut end = None;
        until(|| match self.look(job) {
            JobTruth::Ended { end: found, .. } => {
                end = Some(found);
                true
            }
            JobTruth::NeverStarted | JobTruth::Running { .. } => false,
        });
        end.unwrap()
    }

    pub(super) fn pid(&self, job: &JobRef) -> String {
        until(|| self.folder(job).join("started").exists());
        let text = fs::read_to_string(self.folder(job).join("started")).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    }

    /// Processes whose environment names the job, with their command lines.
    pub(super) fn processes(&self, job: &JobRef) -> BTreeMap<u32, String> {
        let needle = format!("BUNKER_JOB={}", self.folder(job).display());
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
                continue;
            };
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|&b| b == 0).any(|word| word == needle.as_bytes()) {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                found.insert(pid, String::from_utf8_lossy(&line).replace('\0', " "));
            }
        }
        found
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let ops = self.path().join(STATE_USER).join("ops").join(self.run);
        for instance in fs::read_dir(&ops).into_iter().flatten().flatten() {
            for seq in fs::read_dir(instance.path()).into_iter().flatten().flatten() {
                let name = instance.file_name().into_string().unwrap();
                if let Ok(seq) = seq.file_name().into_string().unwrap().parse() {
                    self.abort(&self.job(&name, seq), 0);
                }
            }
        }
    }
}

pub(super) fn until(mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(40), "it did not come about within 40 s");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
