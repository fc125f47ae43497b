//! Hosts and gates that live in memory and in paused time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth,
};
use bunker_ops::domain::lease::LeaseOf;
use bunker_ops::domain::plan::{GateSpec, HostPlan};
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::run::outcome::Failure;
use bunker_ops::engine::ports::{
    GateBaseline, GateCheck, GateObservation, LogSink, ReadOutput, RemoteJobs, RemoteRead,
};
use tokio::time::Instant;

pub(crate) use crate::run_fake_fault::StartFault;
pub(crate) use crate::run_fake_job::STEP;
use crate::run_fake_job::{FakeJob, GIVE_BACK, LEASE};
use crate::run_fake_lease::{FakeLease, HOLD};
pub(crate) use crate::run_fake_metrics::{FakeMetrics, Measured};

#[derive(Default)]
pub(crate) struct FakeHost {
    /// By run and number.
    jobs: BTreeMap<(RunId, u32), FakeJob>,
    pub(crate) start_faults: VecDeque<StartFault>,
    /// Following ends with an error when it comes to these bytes of a job's log, once each.
    pub(crate) cuts: BTreeSet<u64>,
    /// The next following hears nothing for so long, and then the connection drops.
    pub(crate) quiet: Option<Duration>,
    /// Nothing gets through before this.
    pub(crate) silent_until: Option<Instant>,
    /// Steps that end with this code.
    pub(crate) exits: BTreeMap<String, i32>,
    /// Another job holds the instance.
    pub(crate) locked: bool,
    pub(crate) lease: FakeLease,
    /// Jobs that were run by a run that did not have the lease.
    pub(crate) trespasses: Vec<String>,
    pub(crate) n_starts: u32,
    pub(crate) n_follows: u32,
    /// What the steps of started jobs got: step, name, content.
    pub(crate) got: Vec<(String, String, String)>,
}

impl FakeHost {
    /// Whether it has a job.
    pub(crate) fn has_job(&self, seq: u32) -> bool {
        self.jobs.keys().any(|(_, number)| *number == seq)
    }

    /// Whether a job runs now. What jobs did with the lease until now is done when this returns.
    pub(crate) fn settle(&mut self, now: Instant) -> bool {
        let mut busy = self.locked;
        for job in self.jobs.values_mut().filter(|job| !job.settled) {
            let (run, seen) = (&job.spec.job.run, job.at(now, &self.exits));
            if seen.gave_back.is_some() {
                self.lease.give_back(run);
            } else if !job.fenced {
                self.lease.prolong(run, seen.end.as_ref().map_or(now, |(_, end)| *end) + HOLD);
            }
            job.settled = seen.end.is_some();
            busy |= !job.settled;
        }
        busy
    }

    /// A new job, as the runner begins it.
    fn begin(&mut self, spec: &JobSpec) {
        let now = Instant::now();
        self.settle(now);
        self.n_starts += 1;
        let mut job = FakeJob::new(spec);
        job.fenced = !self.lease.allows(spec.fence);
        if !job.fenced && !self.locked && spec.steps.iter().any(|step| step.id.as_str() == LEASE) {
            job.lease = Some(self.lease.take(&spec.job.run, now).map_err(drop));
        }
        let only_frees = || spec.steps.iter().all(|step| GIVE_BACK.contains(&step.id.as_str()));
        let leased = self.lease.generation() > 0 && !self.locked && job.lease.is_none();
        if leased && !job.fenced && !self.lease.is_of(&spec.job.run) && !only_frees() {
            self.trespasses.push(format!("{:?}, {:?}", spec.job, spec.fence));
        }
        self.jobs.insert(key(&spec.job), job);
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
                let log = job.at(Instant::now() + Duration::from_secs(100_000), &host.exits).log;
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
            job.at(Instant::now(), &h.exits).log
        })
    }

    /// What somebody at the desk of a host's lease does; whether a job runs there now.
    pub(crate) fn at_desk<T>(
        &self,
        to: &Connection,
        of: &LeaseOf,
        act: impl FnOnce(&mut FakeLease, bool) -> T,
    ) -> Result<T, RemoteError> {
        self.reach(to)?;
        let place = match of {
            LeaseOf::Instance(host) => host.to_string(),
            LeaseOf::Campaign(fleet) => format!("fleet {}", fleet.as_str()),
        };
        Ok(self.with(&place, |h| {
            let busy = h.settle(Instant::now());
            act(&mut h.lease, busy)
        }))
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
                let got = inputs.files.iter().map(|(step, name, content)| {
                    (step.to_string(), name.to_string(), content.expose().to_owned())
                });
                h.got.extend(got);
                h.begin(spec);
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
        let quiet = self.with(to.host.as_str(), |h| {
            h.n_follows += 1;
            h.quiet.take()
        });
        if let Some(quiet) = quiet {
            tokio::time::sleep(quiet).await;
            return Err(error(to, RemoteErrorKind::Disconnected));
        }
        loop {
            self.reach(to)?;
            let (log, end, cut) = self.with(to.host.as_str(), |h| {
                let seen = h.jobs[&key(job)].at(Instant::now(), &h.exits);
                let (mut log, mut end) = (seen.log, seen.end.map(|(end, _)| end));
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
                let seen = job.at(Instant::now(), &h.exits);
                let log_bytes = seen.log.len() as u64;
                match seen.end {
                    Some((end, _)) => JobTruth::Ended { end, log_bytes },
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
    /// How long this machine stands still in the next look.
    pub(crate) standstill: Mutex<Duration>,
    /// When each host was looked at.
    pub(crate) looks: Mutex<BTreeMap<String, Vec<Instant>>>,
}

#[async_trait]
impl GateCheck for FakeGates {
    async fn observe(
        &self,
        host: &HostPlan,
        _: &GateSpec,
        _: Option<&GateBaseline>,
    ) -> GateObservation {
        self.looks.lock().unwrap().entry(host.id.to_string()).or_default().push(Instant::now());
        let standstill = std::mem::take(&mut *self.standstill.lock().unwrap());
        tokio::time::sleep(Duration::from_millis(50) + standstill).await;
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
