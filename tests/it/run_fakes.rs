//! Hosts and gates that live in memory and in paused time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::answer::{RangeAnswer, Stretch};
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth,
};
use bunker_ops::domain::plan::{GateSpec, HostPlan};
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::run::outcome::Failure;
use bunker_ops::domain::series::Series;
use bunker_ops::engine::ports::{
    GateBaseline, GateCheck, GateObservation, LogSink, MetricsSource, ReadOutput, RemoteJobs,
    RemoteRead,
};
use tokio::time::Instant;

pub(crate) use crate::run_fake_fault::StartFault;

struct FakeJob {
    spec: JobSpec,
    began: Instant,
    held: Option<Instant>,
    killed: Option<Instant>,
}

#[derive(Default)]
pub(crate) struct FakeHost {
    /// By run and number.
    jobs: BTreeMap<(RunId, u32), FakeJob>,
    pub(crate) start_faults: VecDeque<StartFault>,
    /// Following ends with an error when it comes to these bytes of a job's log, once each.
    pub(crate) cuts: BTreeSet<u64>,
    /// Nothing gets through before this.
    pub(crate) silent_until: Option<Instant>,
    /// Steps that end with this code.
    pub(crate) exits: BTreeMap<String, i32>,
    /// Another job holds the instance.
    pub(crate) locked: bool,
    pub(crate) n_starts: u32,
    pub(crate) n_follows: u32,
    /// What the steps of started jobs got: step, name, content.
    pub(crate) got: Vec<(String, String, String)>,
}

/// How long every step takes.
pub(crate) const STEP: Duration = Duration::from_secs(2);

impl FakeHost {
    /// Whether it has a job.
    pub(crate) fn has_job(&self, seq: u32) -> bool {
        self.jobs.keys().any(|(_, number)| *number == seq)
    }
}

impl FakeJob {
    /// The log and the end of the job by now.
    fn at(&self, now: Instant, exits: &BTreeMap<String, i32>) -> (Vec<u8>, Option<JobEnd>) {
        let (mut log, mut t) = (Vec::new(), self.began);
        let mark = |log: &mut Vec<u8>, words: String| {
            log.extend(format!("\x1e{} {words}\n", self.spec.nonce).into_bytes());
        };
        let second = |t: Instant| 1_790_000_000 + t.duration_since(self.began).as_secs();
        for step in &self.spec.steps {
            if self.held.is_some_and(|held| held <= t && held <= now) {
                return (log, Some(JobEnd::Held));
            }
            if t > now {
                return (log, None);
            }
            mark(&mut log, format!("start {} {}", step.id, second(t)));
            log.extend(format!("{} says something\n", step.id).into_bytes());
            if self.killed.is_some_and(|killed| killed < t + STEP && killed <= now) {
                return (log, Some(JobEnd::Aborted));
            }
            t += STEP;
            if t > now {
                return (log, None);
            }
            let exit = exits.get(step.id.as_str()).copied().unwrap_or(0);
            mark(&mut log, format!("tell {} did dGhhdA==", step.id));
            mark(&mut log, format!("done {} {exit} {} 1", step.id, second(t)));
            if exit != 0 && exit != 77 {
                return (log, Some(JobEnd::Exited(exit)));
            }
        }
        (log, Some(JobEnd::Exited(0)))
    }
}

#[derive(Default)]
pub(crate) struct FakeHosts(Mutex<BTreeMap<String, FakeHost>>);

impl FakeHosts {
    pub(crate) fn with<T>(&self, host: &str, act: impl FnOnce(&mut FakeHost) -> T) -> T {
        act(self.0.lock().unwrap().entry(host.to_owned()).or_default())
    }

    /// How often each step of each host began, by the hosts' own logs.
    pub(crate) fn starts(&self) -> BTreeMap<String, u32> {
        let mut starts = BTreeMap::new();
        for (name, host) in self.0.lock().unwrap().iter() {
            for job in host.jobs.values() {
                let (log, _) = job.at(Instant::now() + Duration::from_secs(100_000), &host.exits);
                for line in String::from_utf8(log).unwrap().lines() {
                    if let Some((_, rest)) = line.split_once(" start ") {
                        let step = rest.split(' ').next().unwrap();
                        *starts.entry(format!("{name}/{step}")).or_insert(0) += 1;
                    }
                }
            }
        }
        starts
    }

    /// The log of a job as the host has it.
    pub(crate) fn log(&self, host: &str, seq: u32) -> Vec<u8> {
        self.with(host, |h| {
            let job = h.jobs.iter().find(|((_, of), _)| *of == seq).unwrap().1;
            job.at(Instant::now(), &h.exits).0
        })
    }

    fn reach(&self, to: &Connection) -> Result<(), RemoteError> {
        self.with(to.host.as_str(), |h| match h.silent_until {
            Some(until) if Instant::now() < until => Err(error(to, RemoteErrorKind::Timeout)),
            _ => Ok(()),
        })
    }
}

fn key(job: &JobRef) -> (RunId, u32) {
    (job.run.clone(), job.seq)
}

fn error(to: &Connection, kind: RemoteErrorKind) -> RemoteError {
    RemoteError { host: to.host.clone(), kind, message: "made up".into(), hint: None }
}

#[async_trait]
impl RemoteRead for FakeHosts {
    async fn read(&self, to: &Connection, _: &str, _: Duration) -> Result<ReadOutput, RemoteError> {
        Err(error(to, RemoteErrorKind::Local))
    }
}

#[async_trait]
impl RemoteJobs for FakeHosts {
    async fn start_job(
        &self,
        to: &Connection,
        spec: &JobSpec,
        inputs: &JobInputs,
    ) -> Result<JobStart, RemoteError> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.reach(to)?;
        let dies = self.with(to.host.as_str(), |h| {
            let dies = h.start_faults.front() == Some(&StartFault::Panic);
            if dies {
                h.start_faults.pop_front();
            }
            dies
        });
        assert!(!dies, "a bug on purpose");
        self.with(to.host.as_str(), |h| {
            let fault = h.start_faults.pop_front();
            match fault {
                Some(StartFault::Refused) => return Err(error(to, RemoteErrorKind::Connect)),
                Some(StartFault::Auth) => return Err(error(to, RemoteErrorKind::Auth)),
                Some(StartFault::RequestLost) => return Err(error(to, RemoteErrorKind::Timeout)),
                Some(StartFault::AnswerLost | StartFault::Panic) | None => {}
            }
            let start = if h.jobs.contains_key(&key(&spec.job)) {
                JobStart::AlreadyThere
            } else {
                h.n_starts += 1;
                let got = inputs.files.iter().map(|(step, name, content)| {
                    (step.to_string(), name.to_string(), content.expose().to_owned())
                });
                h.got.extend(got);
                let job =
                    FakeJob { spec: spec.clone(), began: Instant::now(), held: None, killed: None };
                h.jobs.insert(key(&spec.job), job);
                JobStart::Started
            };
            if fault == Some(StartFault::AnswerLost) {
                return Err(error(to, RemoteErrorKind::Disconnected));
            }
            Ok(start)
        })
    }

    async fn follow_job(
        &self,
        to: &Connection,
        job: &JobRef,
        mut offset: u64,
        sink: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError> {
        self.with(to.host.as_str(), |h| h.n_follows += 1);
        loop {
            self.reach(to)?;
            let (log, end, cut) = self.with(to.host.as_str(), |h| {
                let (mut log, mut end) = h.jobs[&key(job)].at(Instant::now(), &h.exits);
                if h.locked {
                    (log, end) = (Vec::new(), Some(JobEnd::Locked("run 1 by bob".into())));
                }
                let cut =
                    h.cuts.iter().copied().find(|at| offset <= *at && *at <= log.len() as u64);
                if let Some(at) = cut {
                    h.cuts.remove(&at);
                    log.truncate(at as usize);
                }
                (log, end, cut)
            });
            let fresh = log[offset as usize..].to_vec();
            offset += fresh.len() as u64;
            // In pieces, as a network would.
            for piece in fresh.chunks(17) {
                sink.keep(piece).await.map_err(|_| error(to, RemoteErrorKind::Local))?;
            }
            match (cut, end) {
                (Some(_), _) => return Err(error(to, RemoteErrorKind::Disconnected)),
                (None, Some(end)) => return Ok(end),
                (None, None) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn look_at_job(&self, to: &Connection, job: &JobRef) -> Result<JobTruth, RemoteError> {
        self.reach(to)?;
        Ok(self.with(to.host.as_str(), |h| match h.jobs.get(&key(job)) {
            None => JobTruth::NeverStarted,
            Some(job) => {
                let (log, end) = job.at(Instant::now(), &h.exits);
                let log_bytes = log.len() as u64;
                match end {
                    Some(end) => JobTruth::Ended { end, log_bytes },
                    None => JobTruth::Running { log_bytes },
                }
            }
        }))
    }

    async fn hold_job(&self, to: &Connection, job: &JobRef) -> Result<(), RemoteError> {
        self.reach(to)?;
        self.with(to.host.as_str(), |h| {
            h.jobs.get_mut(&key(job)).unwrap().held.get_or_insert_with(Instant::now);
        });
        Ok(())
    }

    async fn abort_job(
        &self,
        to: &Connection,
        job: &JobRef,
        _: Duration,
    ) -> Result<AbortOutcome, RemoteError> {
        self.reach(to)?;
        self.with(to.host.as_str(), |h| {
            h.jobs.get_mut(&key(job)).unwrap().killed.get_or_insert_with(Instant::now);
        });
        Ok(AbortOutcome::Stopped)
    }
}

/// A gate that is healthy, or never.
#[derive(Default)]
pub(crate) struct FakeGates {
    pub(crate) sick: Mutex<BTreeSet<String>>,
    pub(crate) unseen: Mutex<BTreeSet<String>>,
    pub(crate) hopeless: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl GateCheck for FakeGates {
    async fn observe(
        &self,
        host: &HostPlan,
        _: &GateSpec,
        _: Option<&GateBaseline>,
    ) -> GateObservation {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let is_in = |set: &Mutex<BTreeSet<String>>| set.lock().unwrap().contains(host.id.as_str());
        let (sick, unseen, hopeless) =
            (is_in(&self.sick), is_in(&self.unseen), is_in(&self.hopeless));
        let healthy = !sick && !unseen && !hopeless;
        GateObservation {
            healthy,
            known: !unseen,
            detail: if healthy { "healthy".into() } else { "api restarts".into() },
            hopeless,
            baseline: GateBaseline::default(),
            skew_s: None,
        }
    }

    async fn explain(&self, _: &HostPlan, _: &GateSpec, last: &GateObservation) -> Failure {
        Failure {
            exit: None,
            message: last.detail.clone(),
            hint: Some("roll back with v2.4.0".into()),
            last_lines: vec!["panic: no database".into()],
        }
    }
}

/// How a fake metrics server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Measured {
    /// Nothing gets through.
    #[default]
    Down,
    /// All instances are alike.
    Alike,
    /// The canary takes three times as long as the rest, below every limit.
    Slow,
    /// The canary's answers are errors.
    Errors,
    /// The canary's samples ended long ago.
    Stale,
    /// The answer may lack data.
    Partial,
}

/// A metrics server in memory: the label of a canary begins with `c`.
#[derive(Default)]
pub(crate) struct FakeMetrics {
    pub(crate) now: Mutex<Measured>,
    pub(crate) n_asked: std::sync::atomic::AtomicUsize,
}

const LABELS: [&str; 5] = ["c1", "c2", "r1", "r2", "r3"];

impl FakeMetrics {
    pub(crate) fn answer(&self, with: Measured) {
        *self.now.lock().unwrap() = with;
    }
}

#[async_trait]
impl MetricsSource for FakeMetrics {
    async fn instant(
        &self,
        _: &MetricsSettings,
        _: &str,
    ) -> Result<bunker_ops::domain::answer::InstantAnswer, Trouble> {
        Err(Trouble::NoData)
    }

    async fn range(
        &self,
        _: &MetricsSettings,
        expression: &str,
        stretch: Stretch,
    ) -> Result<RangeAnswer, Trouble> {
        self.n_asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let how = *self.now.lock().unwrap();
        if how == Measured::Down {
            return Err(Trouble::Down("connection refused".into()));
        }
        let at = |i: u32| {
            stretch.end.as_second() as f64 - f64::from(stretch.step_s * (stretch.n - 1 - i))
        };
        let value = |label: &str, i: u32| {
            let canary = label.starts_with('c');
            // A little noise that is the same at each run.
            let noise = f64::from((i * 7 + u32::from(label.as_bytes()[1]) * 13) % 11) / 100.0;
            if expression.starts_with("max by (instance) (timestamp") {
                let fresh = at(i) - 2.0;
                return if canary && how == Measured::Stale { at(0) - 4_000.0 } else { fresh };
            }
            if expression.contains("status_code") {
                return if canary && how == Measured::Errors { 0.2 } else { noise / 100.0 };
            }
            if canary && how == Measured::Slow { 0.9 + noise / 10.0 } else { 0.3 + noise }
        };
        let series = LABELS.map(|label| {
            let values = (0..stretch.n).map(|i| Some(value(label, i))).collect();
            (label.to_owned(), Series { end: stretch.end, step_s: stretch.step_s, values })
        });
        let partial = how == Measured::Partial;
        Ok(RangeAnswer { series: series.into(), partial, n_odd: 0 })
    }
}
