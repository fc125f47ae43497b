//! A host that is restarted at any moment of its work, with hosts, a store and gates in memory, in paused time: what was
//! seen to end counts, what was cut is unknown, and nothing is begun a second time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth,
};
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::{NotRun, Outcome};
use bunker_ops::domain::run::retry::retried;
use bunker_ops::domain::run::state::Phase;
use bunker_ops::engine::ports::{LogSink, ReadOutput, RemoteJobs, RemoteRead};
use bunker_ops::engine::worker::{WorkerError, carry_out};
use tokio::time::Instant;

use crate::run_engine::Bench;
use crate::run_fake_store::{Death, FakeStore};
use crate::run_fakes::FakeHosts;
use crate::run_rollout::{rollout, state};
use crate::sample::{host, run_id};

/// What the host's own runner says of a job that it finds after a restart.
const WHY: &str = "the host was restarted while it ran";
/// The host that is restarted.
const VICTIM: &str = "a";
/// How long it is away.
const AWAY: Duration = Duration::from_secs(20);

/// The hosts, of which one is restarted at a moment: what ran there ends where it is, and nothing gets through until it
/// has come up again.
struct Restarted {
    hosts: Arc<FakeHosts>,
    at: Instant,
    /// The logs of the jobs that it cut, as they are when it is up again.
    cut: Arc<Mutex<BTreeMap<u32, Vec<u8>>>>,
}

impl Restarted {
    fn at(at: Instant, bench: &Bench, to: Connection) -> Arc<Self> {
        let (hosts, cut) = (Arc::clone(&bench.hosts), Arc::<Mutex<BTreeMap<_, _>>>::default());
        let restarted = Arc::new(Self { hosts: Arc::clone(&hosts), at, cut: Arc::clone(&cut) });
        #[expect(clippy::disallowed_methods, reason = "a fault of a test, which ends with it")]
        let fault = tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            for seq in (1..9).filter(|seq| hosts.with(VICTIM, |h| h.has_job(*seq))) {
                let job = JobRef { run: run_id(1), instance: host(VICTIM), seq };
                let found = hosts.look_at_job(&to, &job).await;
                if matches!(found, Ok(JobTruth::Running { .. })) {
                    cut.lock().unwrap().insert(seq, hosts.log(VICTIM, seq));
                }
            }
        });
        drop(fault);
        restarted
    }

    fn is_away(&self, to: &Connection) -> bool {
        let now = Instant::now();
        to.host.as_str() == VICTIM && self.at <= now && now < self.at + AWAY
    }

    fn reach(&self, to: &Connection) -> Result<(), RemoteError> {
        if self.is_away(to) { Err(error(to, RemoteErrorKind::Connect)) } else { Ok(()) }
    }

    /// The log of this job, where the restart cut it.
    fn cut(&self, job: &JobRef) -> Option<Vec<u8>> {
        let cut = self.cut.lock().unwrap();
        (job.instance.as_str() == VICTIM).then(|| cut.get(&job.seq).cloned()).flatten()
    }

    /// The steps that the host had ended when it went, and the one that it was at.
    fn stood(&self) -> (BTreeSet<String>, Option<String>) {
        let (mut ended, mut running) = (BTreeSet::new(), None);
        for log in self.cut.lock().unwrap().values() {
            for line in String::from_utf8_lossy(log).lines() {
                let words: Vec<&str> = line.split(' ').collect();
                match words.as_slice() {
                    [_, "start", step, ..] => running = Some((*step).to_owned()),
                    [_, "done", step, ..] => {
                        ended.insert((*step).to_owned());
                        running = None;
                    }
                    _ => {}
                }
            }
        }
        (ended, running)
    }
}

fn error(to: &Connection, kind: RemoteErrorKind) -> RemoteError {
    RemoteError { host: to.host.clone(), kind, message: "it is being restarted".into(), hint: None }
}

#[async_trait]
impl RemoteRead for Restarted {
    async fn read(&self, to: &Connection, _: &str, _: Duration) -> Result<ReadOutput, RemoteError> {
        Err(error(to, RemoteErrorKind::Local))
    }
}

#[async_trait]
impl RemoteJobs for Restarted {
    async fn start_job(
        &self,
        to: &Connection,
        spec: &JobSpec,
        inputs: &JobInputs,
    ) -> Result<JobStart, RemoteError> {
        self.reach(to)?;
        let start = self.hosts.start_job(to, spec, inputs).await;
        // It took the job and went, before it could say so.
        self.reach(to)?;
        start
    }

    async fn follow_job(
        &self,
        to: &Connection,
        job: &JobRef,
        mut offset: u64,
        sink: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError> {
        if to.host.as_str() != VICTIM {
            return self.hosts.follow_job(to, job, offset, sink).await;
        }
        loop {
            self.reach(to)?;
            let (log, end) = match (self.cut(job), self.hosts.look_at_job(to, job).await?) {
                (Some(log), _) => (log, Some(JobEnd::Interrupted(WHY.into()))),
                (None, JobTruth::Ended { end, .. }) => (self.hosts.log(VICTIM, job.seq), Some(end)),
                (None, _) => (self.hosts.log(VICTIM, job.seq), None),
            };
            let fresh = log.get(offset as usize..).unwrap_or_default().to_vec();
            offset += fresh.len() as u64;
            sink.keep(&fresh).await.map_err(|_| error(to, RemoteErrorKind::Local))?;
            if let Some(end) = end {
                return Ok(end);
            }
            let next = Instant::now() + Duration::from_millis(100);
            let goes = if Instant::now() < self.at { next.min(self.at) } else { next };
            tokio::time::sleep_until(goes).await;
            // The connection goes with the host.
            self.reach(to)?;
        }
    }

    async fn look_at_job(&self, to: &Connection, job: &JobRef) -> Result<JobTruth, RemoteError> {
        self.reach(to)?;
        match self.cut(job) {
            Some(log) => Ok(JobTruth::Ended {
                end: JobEnd::Interrupted(WHY.into()),
                log_bytes: log.len() as u64,
            }),
            None => self.hosts.look_at_job(to, job).await,
        }
    }

    async fn hold_job(&self, to: &Connection, job: &JobRef) -> Result<(), RemoteError> {
        self.reach(to)?;
        self.hosts.hold_job(to, job).await
    }

    async fn abort_job(
        &self,
        to: &Connection,
        job: &JobRef,
        grace: Duration,
    ) -> Result<AbortOutcome, RemoteError> {
        self.reach(to)?;
        self.hosts.abort_job(to, job, grace).await
    }
}

async fn work(
    bench: &Bench,
    hosts: &Arc<Restarted>,
    store: FakeStore,
) -> Result<Phase, WorkerError> {
    let mut ports = bench.ports(store);
    ports.remote = Arc::clone(hosts) as _;
    carry_out(ports, run_id(1), 7).await
}

/// What must hold of an ended run whose first host was restarted; the step that this cut, if it cut one.
fn judged(bench: &Bench, hosts: &Restarted, when: &str) -> Option<String> {
    let (state, (ended, cut)) = (state(bench), hosts.stood());
    for (step, times) in bench.hosts.starts() {
        assert_eq!(times, 1, "{when}: {step} began {times} times");
    }
    let Some(cut) = cut else {
        assert_eq!(state.phase, Phase::Succeeded, "{when}: nothing ran there: {state:#?}");
        return None;
    };
    let target = state.host(&host(VICTIM)).unwrap();
    let Some(Outcome::Unknown(why)) = &target.outcome else { panic!("{when}: {target:#?}") };
    assert_eq!(why.message, format!("{cut} was interrupted: {WHY}").as_str().into(), "{when}");
    assert!(why.hint.as_ref().is_some_and(|h| h.as_str().contains("look at the host")), "{why:?}");
    let mut behind = false;
    for step in &target.steps {
        let id = step.id.to_string();
        if id == cut {
            behind = true;
            assert!(matches!(step.outcome, Some(Outcome::Unknown(_))), "{when}: {step:?}");
        } else if behind {
            let why = matches!(&step.outcome, Some(Outcome::NotRun(NotRun::StepUnknown(id))) if id.as_str() == cut);
            assert!(why && step.started.is_none(), "{when}: {step:?}");
        } else {
            assert!(step.outcome.as_ref().is_some_and(Outcome::lets_go_on), "{when}: {step:?}");
            // What it records goes as a job of its own, after all others.
            assert!(ended.contains(&id) || cut == "record", "{when}: {id}");
        }
    }
    // Whoever comes next is not begun, and a retry leaves the host to a person.
    assert_eq!(state.phase, Phase::Failed, "{when}");
    assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0, "{when}");
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let again = retried(&two(), &state, now, |_| None).unwrap();
    assert_eq!(again.batches, [vec![host("b")]], "{when}");
    let left = &again.excluded[0];
    assert_eq!(left.host, host(VICTIM));
    assert!(left.reason.as_str().contains("look at the host"), "{left:?}");
    Some(cut)
}

/// Two hosts, one after the other.
fn two() -> bunker_ops::domain::plan::Plan {
    rollout(&[&[VICTIM], &["b"]])
}

fn to(plan: &bunker_ops::domain::plan::Plan) -> Connection {
    plan.host(&host(VICTIM)).unwrap().connection.clone()
}

#[tokio::test(start_paused = true)]
async fn a_restart_at_any_moment_cuts_one_step_which_is_unknown_and_nothing_is_done_twice() {
    let undisturbed = Bench::new(&two()).await;
    let began = Instant::now();
    assert_eq!(undisturbed.work().await, Ok(Phase::Succeeded));
    let whole = began.elapsed();
    let mut cut = BTreeSet::new();
    let mut untouched = 0;
    for n in 0.. {
        // From when it has its first job on: one that goes before that is one that cannot be reached.
        let after = Duration::from_millis(15 + 190 * n);
        if after > whole {
            break;
        }
        let (plan, bench) = (two(), Bench::new(&two()).await);
        let hosts = Restarted::at(Instant::now() + after, &bench, to(&plan));
        let phase = work(&bench, &hosts, bench.store.clone()).await.unwrap();
        let when = format!("restarted after {after:?}");
        let step = judged(&bench, &hosts, &when);
        assert_eq!(phase, if step.is_some() { Phase::Failed } else { Phase::Succeeded }, "{when}");
        untouched += u32::from(step.is_none());
        cut.extend(step);
        if !bench.hosts.with("b", |h| h.has_job(1)) {
            // The way there was gone for a while, and that is in the journal, with its end.
            let kinds = bench.store.kinds();
            assert!(kinds.iter().any(|k| matches!(k, EventKind::ContactLost { .. })), "{when}");
            assert!(kinds.iter().any(|k| matches!(k, EventKind::ContactRestored { .. })), "{when}");
        }
    }
    let all = ["lease", "checkout", "up", "record"].map(str::to_owned);
    assert_eq!(cut, BTreeSet::from(all), "each step was cut by some restart");
    assert!(untouched > 0, "and some came at the gate, or when the host was done");
}

#[tokio::test(start_paused = true)]
async fn a_restart_while_no_worker_lives_is_found_by_the_next_one() {
    let undisturbed = Bench::new(&two()).await;
    assert_eq!(undisturbed.work().await, Ok(Phase::Succeeded));
    let mut cut = BTreeSet::new();
    for n in 1..=undisturbed.store.n_writes() {
        for death in [Death::Before(n), Death::After(n)] {
            let (plan, bench) = (two(), Bench::new(&two()).await);
            let first = bench.work_until(death).await;
            if first.is_ok() || state(&bench).finished.is_some() {
                continue;
            }
            let hosts =
                Restarted::at(Instant::now() + Duration::from_millis(700), &bench, to(&plan));
            tokio::time::sleep(AWAY * 3).await;
            let phase = work(&bench, &hosts, bench.store.clone()).await.unwrap();
            let step = judged(&bench, &hosts, &format!("dead at {death:?}"));
            let expected = if step.is_some() { Phase::Failed } else { Phase::Succeeded };
            assert_eq!(phase, expected, "{death:?}");
            cut.extend(step);
        }
    }
    let all = ["lease", "checkout", "up", "record"].map(str::to_owned);
    assert_eq!(cut, BTreeSet::from(all), "each step was cut while nobody looked");
}
