//! Jobs on paper hosts while the connection is cut at every kind of point: no byte of the log is lost or
//! doubled, no step runs twice, the end is the host's own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::adapters::ssh::SshJobs;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobStep, JobTruth,
};
use bunker_ops::domain::marker::{JobSignal, MarkerParser};
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use bunker_ops::engine::ports::{LogSink, RemoteJobs, StoreError};

use crate::lab::{Fault, Lab, Options, PaperHost};
use crate::ssh_pool::Pool;

const NONCE: &str = "00112233445566778899aabbccddeeff";

struct Bench {
    host: PaperHost,
    to: Connection,
    jobs: SshJobs,
    _pool: Pool,
    _lab: Lab,
}

/// The local log: what it holds is the offset to follow from.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<u8>);

#[async_trait]
impl LogSink for Kept {
    async fn keep(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl Bench {
    fn new() -> Self {
        let lab = Lab::start(1, Options::bare()).unwrap();
        let host = lab.host(0).clone();
        let pool = Pool::new();
        let jobs = SshJobs::new(Arc::clone(&pool.pool), &Operate::grant());
        Self { to: host.connection(), host, jobs, _pool: pool, _lab: lab }
    }

    fn spec(&self, seq: u32, steps: &[(&str, &str)]) -> JobSpec {
        let count = self.host.home().join("count");
        let step = |(id, script): &(&str, &str)| JobStep {
            id: id.parse().unwrap(),
            script: format!("echo {seq}-{id} >>'{}'\n{script}", count.display()),
            timeout_s: 60,
            inputs: Vec::new(),
            new_login: false,
        };
        JobSpec {
            job: JobRef {
                run: "261122-221405-7f3a".parse().unwrap(),
                instance: "web-1".parse().unwrap(),
                seq,
            },
            nonce: NONCE.into(),
            fence: None,
            steps: steps.iter().map(step).collect(),
        }
    }

    /// Which steps were started, in order, by the file that they append to.
    fn counted(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.host.home().join("count")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn folder(&self, job: &JobRef) -> PathBuf {
        let ops = self.host.state_dir().join("ops");
        ops.join(job.run.as_str()).join(job.instance.as_str()).join(job.seq.to_string())
    }

    fn remote_log(&self, job: &JobRef) -> Vec<u8> {
        std::fs::read(self.folder(job).join("log")).unwrap()
    }

    async fn start(&self, spec: &JobSpec) -> Result<JobStart, RemoteError> {
        self.jobs.start_job(&self.to, spec, &JobInputs::default()).await
    }

    /// Follows to the end as a worker does: after a lost connection again, from what is kept.
    async fn follow(&self, job: &JobRef, kept: &mut Kept) -> (JobEnd, u32) {
        let mut lost = 0;
        loop {
            let offset = kept.0.len() as u64;
            match self.jobs.follow_job(&self.to, job, offset, kept).await {
                Ok(end) => return (end, lost),
                Err(error) => {
                    assert!(error.kind.is_transient(), "{error}");
                    lost += 1;
                    assert!(lost < 20, "{error}");
                }
            }
        }
    }
}

fn exits(log: &[u8]) -> Vec<(String, i32)> {
    let mut parser = MarkerParser::new(NONCE);
    let mut signals = parser.feed(log);
    signals.extend(parser.finish());
    let exit = |signal: &JobSignal| {
        let JobSignal::StepFinished { step, exit, .. } = signal else { return None };
        Some((step.to_string(), *exit))
    };
    signals.iter().filter_map(exit).collect()
}

const STEPS: &[(&str, &str)] = &[
    ("one", "for n in 1 2 3 4 5 6 7 8; do echo line $n; sleep 0.03; done"),
    ("two", "printf '\\000\\377\\036binary'; head -c 20000 /dev/zero; sleep 0.2"),
    ("three", "echo last; exit 3"),
];

#[tokio::test]
async fn a_log_that_is_cut_anywhere_is_whole_in_the_end() {
    let bench = Bench::new();
    // Before the first byte, within the begin mark and the frame's header, in the middle of a mark of the runner,
    // in the output, and many more.
    let cuts = [
        0, 1, 20, 39, 40, 41, 60, 80, 81, 90, 110, 128, 129, 140, 200, 300, 400, 700, 5_000,
        15_000, 20_400,
    ];
    let mut n_lost = 0;
    for (n, cut) in cuts.into_iter().enumerate() {
        let spec = bench.spec(n as u32 + 1, STEPS);
        assert_eq!(bench.start(&spec).await, Ok(JobStart::Started));
        bench.host.fault(Fault::DropAfter(cut));
        let mut kept = Kept::default();
        let (end, lost) = bench.follow(&spec.job, &mut kept).await;
        bench.host.clear();
        n_lost += lost;
        assert_eq!(end, JobEnd::Exited(3), "cut after {cut}");
        assert_eq!(kept.0, bench.remote_log(&spec.job), "cut after {cut}");
        let want = [("one".to_owned(), 0), ("two".to_owned(), 0), ("three".to_owned(), 3)];
        assert_eq!(exits(&kept.0), want, "cut after {cut}");
    }
    assert!(n_lost as usize >= cuts.len(), "{n_lost} cuts came about");
    let want: Vec<String> = (1..=cuts.len())
        .flat_map(|n| ["one", "two", "three"].map(|id| format!("{n}-{id}")))
        .collect();
    assert_eq!(bench.counted(), want);
}

#[tokio::test]
async fn a_start_whose_script_or_answer_is_cut_starts_the_job_at_most_once() {
    let bench = Bench::new();
    let mut seq = 0;
    let mut faults = vec![Fault::DropBeforeExec, Fault::DropAtExec];
    faults.extend([0, 1, 100, 5_000, 20_000, 25_000].map(Fault::DropStdin));
    faults.extend([0, 1, 39, 41, 47, 60, 79, 80, 81, 82, 90, 130].map(Fault::DropAfter));
    for fault in faults {
        seq += 1;
        let spec = bench.spec(seq, &[("one", "echo hi")]);
        bench.host.fault(fault);
        let first = bench.start(&spec).await;
        bench.host.clear();
        let truth = bench.jobs.look_at_job(&bench.to, &spec.job).await.unwrap();
        let second = bench.start(&spec).await.unwrap();
        match truth {
            JobTruth::NeverStarted => assert_eq!(second, JobStart::Started, "{fault:?}"),
            JobTruth::Running { .. } | JobTruth::Ended { .. } => {
                assert_eq!(second, JobStart::AlreadyThere, "{fault:?} {first:?}");
            }
        }
        let mut kept = Kept::default();
        let (end, _) = bench.follow(&spec.job, &mut kept).await;
        assert_eq!(end, JobEnd::Exited(0), "{fault:?}");
        assert_eq!(kept.0, bench.remote_log(&spec.job), "{fault:?}");
    }
    let want: Vec<String> = (1..=seq).map(|n| format!("{n}-one")).collect();
    assert_eq!(bench.counted(), want);
}

#[tokio::test]
async fn a_job_goes_on_while_nobody_is_connected() {
    let bench = Bench::new();
    let spec = bench.spec(1, &[("one", "sleep 1; echo done")]);
    bench.start(&spec).await.unwrap();
    bench.host.fault(Fault::Refuse);
    let mut kept = Kept::default();
    // The session that started the job brings its log until it is cut; then no other comes.
    for kind in [Kind::Disconnected, Kind::Connect] {
        let offset = kept.0.len() as u64;
        let follow = bench.jobs.follow_job(&bench.to, &spec.job, offset, &mut kept);
        let down = follow.await.unwrap_err();
        assert_eq!(down.kind, kind, "{down}");
    }
    let rc = bench.folder(&spec.job).join("rc");
    let ended = async {
        while !rc.exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap();
    bench.host.clear();
    let (end, lost) = bench.follow(&spec.job, &mut kept).await;
    assert_eq!((end, lost), (JobEnd::Exited(0), 0));
    assert_eq!(kept.0, bench.remote_log(&spec.job));
    let log_bytes = kept.0.len() as u64;
    let truth = bench.jobs.look_at_job(&bench.to, &spec.job).await.unwrap();
    assert_eq!(truth, JobTruth::Ended { end: JobEnd::Exited(0), log_bytes });
}

#[tokio::test]
async fn fifty_megabytes_in_one_line_arrive_byte_for_byte() {
    let bench = Bench::new();
    let spec = bench.spec(1, &[("one", "head -c 50000000 /dev/zero | tr '\\000' x")]);
    bench.start(&spec).await.unwrap();
    let mut kept = Kept::default();
    let (end, lost) = bench.follow(&spec.job, &mut kept).await;
    assert_eq!((end, lost), (JobEnd::Exited(0), 0));
    assert!(kept.0 == bench.remote_log(&spec.job));
    let text = String::from_utf8_lossy(&kept.0).replace(|c| c != 'x', "");
    assert_eq!(text.len(), 50_000_000);
}

#[tokio::test]
async fn an_abort_over_a_new_connection_ends_what_a_lost_one_began() {
    let bench = Bench::new();
    let stubborn = "trap '' TERM; echo ready; while :; do sleep 1; done";
    let spec = bench.spec(1, &[("one", stubborn), ("two", "echo never")]);
    bench.start(&spec).await.unwrap();
    let begun = async {
        while !String::from_utf8_lossy(&bench.remote_log(&spec.job)).contains("ready") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), begun).await.unwrap();
    bench.host.fault(Fault::DropNow);
    let grace = Duration::from_millis(500);
    let outcome = bench.jobs.abort_job(&bench.to, &spec.job, grace).await.unwrap();
    assert_eq!(outcome, AbortOutcome::Stopped);
    let mut kept = Kept::default();
    let (end, _) = bench.follow(&spec.job, &mut kept).await;
    assert_eq!(end, JobEnd::Aborted);
    assert_eq!(bench.counted(), ["1-one"]);
    let again = bench.jobs.abort_job(&bench.to, &spec.job, grace).await.unwrap();
    assert_eq!(again, AbortOutcome::AlreadyEnded);
}

#[tokio::test]
async fn a_hold_and_a_second_job_for_the_same_instance_are_obeyed() {
    let bench = Bench::new();
    let gate = bench.host.home().join("gate");
    let wait = format!("while [ ! -e '{}' ]; do sleep 0.05; done", gate.display());
    let first = bench.spec(1, &[("one", &wait), ("two", "echo never")]);
    bench.start(&first).await.unwrap();
    let running = bench.jobs.look_at_job(&bench.to, &first.job);
    assert!(matches!(running.await.unwrap(), JobTruth::Running { .. }));
    let taken = async {
        while bench.counted().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), taken).await.unwrap();
    let second = bench.spec(2, &[("one", "echo never")]);
    bench.start(&second).await.unwrap();
    let mut kept = Kept::default();
    let (end, _) = bench.follow(&second.job, &mut kept).await;
    let JobEnd::Locked(who) = end else { panic!("{end:?}") };
    assert!(who.as_str().starts_with("run 261122-221405-7f3a, job 1, since 20"), "{who}");
    bench.jobs.hold_job(&bench.to, &first.job).await.unwrap();
    std::fs::write(gate, "").unwrap();
    let (end, _) = bench.follow(&first.job, &mut Kept::default()).await;
    assert_eq!(end, JobEnd::Held);
    assert_eq!(bench.counted(), ["1-one"]);
}

#[tokio::test]
async fn a_full_disk_and_a_full_store_here_are_said_as_what_they_are() {
    struct Full;
    #[async_trait]
    impl LogSink for Full {
        async fn keep(&mut self, _: &[u8]) -> Result<(), StoreError> {
            Err(StoreError::Broken { path: "/x".into(), what: "no space left".into() })
        }
    }
    let bench = Bench::new();
    let spec = bench.spec(1, &[("one", "echo hi")]);
    bench.host.fault(Fault::DiskFull);
    let full = bench.start(&spec).await.unwrap_err();
    assert_eq!(full.kind, Kind::Exit(1));
    assert!(full.message.as_str().contains(" could not start the job: cannot write "), "{full}");
    bench.host.clear();
    assert_eq!(bench.start(&spec).await, Ok(JobStart::Started));
    let here = bench.jobs.follow_job(&bench.to, &spec.job, 0, &mut Full).await.unwrap_err();
    assert_eq!(here.kind, Kind::Local);
    assert!(here.message.as_str().contains("no space left"), "{here}");
}
