//! The canary against hosts, stores, gates and a metrics server in memory, in paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bunker_ops::domain::canary::report::Verdict;
use bunker_ops::domain::canary::{CanaryPlan, Member, MetricRule, OnFail, OnPass};
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::plan::{Plan, Workflow};
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::{NotRun, Outcome};
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::state::{Phase, RunState};
use bunker_ops::domain::signal::Signal;
use bunker_ops::engine::ports::{Clock, RunWriter};
use bunker_ops::engine::supervisor::Supervisor;
use bunker_ops::engine::worker::{Timing, WorkerError, WorkerPorts, carry_out};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::canary_store::Stores;
use crate::run_fake_store::Death;
use crate::run_fakes::{FakeGates, FakeHosts, FakeMetrics, Measured};
use crate::sample::{Part, ann, host, host_plan, plan_of, planned, run_id};

/// A wall clock that goes with paused time, and can be set.
pub(crate) struct WallClock {
    zero: Instant,
    pub(crate) set_s: AtomicI64,
    nonces: AtomicI64,
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let s = self.zero.elapsed().as_secs_f64() as i64 + self.set_s.load(Ordering::Relaxed);
        Timestamp::from_second(1_790_000_000 + s).unwrap()
    }
    fn nonce(&self) -> String {
        format!("{:032x}", self.nonces.fetch_add(1, Ordering::Relaxed) << 40)
    }
}

pub(crate) struct Bench {
    pub(crate) stores: Stores,
    pub(crate) hosts: Arc<FakeHosts>,
    pub(crate) gates: Arc<FakeGates>,
    pub(crate) metrics: Arc<FakeMetrics>,
    pub(crate) clock: Arc<WallClock>,
}

impl Bench {
    pub(crate) async fn new(plan: &Plan) -> Self {
        let (set_s, nonces) = (AtomicI64::new(0), AtomicI64::new(1));
        let clock = Arc::new(WallClock { zero: Instant::now(), set_s, nonces });
        let stores = Stores::new(Arc::clone(&clock) as _);
        stores.create(&run_id(1), plan, planned(plan)).await.unwrap();
        let bench = Self {
            stores,
            hosts: Arc::default(),
            gates: Arc::default(),
            metrics: Arc::default(),
            clock,
        };
        bench.metrics.answer(Measured::Alike);
        bench
    }

    pub(crate) fn ports(&self, stores: Stores) -> WorkerPorts {
        let none = Arc::new(bunker_ops::adapters::vault::NoVault);
        WorkerPorts {
            store: Arc::new(stores),
            around: crate::run_fake_around::FakeAround::default().ports(),
            remote: Arc::clone(&self.hosts) as _,
            gates: Arc::clone(&self.gates) as _,
            metrics: Arc::clone(&self.metrics) as _,
            secrets: Arc::clone(&none) as _,
            vault: none,
            playbooks: Arc::new(bunker_ops::adapters::ansible::playbook::NoPlaybooks),
            clock: Arc::clone(&self.clock) as _,
            supervisor: Supervisor::new(),
            timing: Timing::default(),
        }
    }

    async fn carry_out(&self, stores: Stores) -> Result<Phase, WorkerError> {
        carry_out(self.ports(stores), run_id(1), 7).await
    }

    pub(crate) async fn work(&self) -> Result<Phase, WorkerError> {
        self.carry_out(self.stores.clone()).await
    }

    /// A worker that dies at this write of this run, counted from now.
    pub(crate) async fn work_until(&self, run: &RunId, death: Death) -> Result<Phase, WorkerError> {
        let later = death.later(self.stores.of(run).n_writes());
        let mut stores = self.stores.clone();
        stores.death = Some((run.clone(), later));
        self.carry_out(stores).await
    }

    pub(crate) fn state(&self) -> RunState {
        self.stores.of(&run_id(1)).state(&run_id(1))
    }

    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.stores.of(&run_id(1)).kinds()
    }

    pub(crate) fn counted_s(&self) -> f64 {
        self.state().canary.map_or(0.0, |canary| canary.counted_s)
    }

    pub(crate) async fn until(&self, what: impl Fn(&RunState) -> bool) {
        while !what(&self.state()) {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    fn n_pauses(&self) -> usize {
        self.kinds().iter().filter(|k| matches!(k, EventKind::Paused { .. })).count()
    }

    pub(crate) async fn ask(&self, control: Control) {
        self.stores.ask(&run_id(1), control, &ann()).await.unwrap();
    }

    pub(crate) fn of(&self, id: &str) -> Outcome {
        self.state().host(&host(id)).unwrap().outcome.clone().unwrap()
    }

    /// Whether the rest was left alone, with the canary's end before.
    fn stopped(&self, why: &str) {
        let state = self.state();
        let end = state.canary.unwrap().end.unwrap();
        assert!(!end.passed && end.why.as_str().contains(why), "{}", end.why);
        let loud = state.stopped.unwrap();
        assert!(loud.as_str().starts_with("THE CANARY FAILED: "), "{loud}");
        for id in ["r1", "r2", "r3"] {
            assert_eq!(self.of(id), Outcome::NotRun(NotRun::RunStopped), "{id}");
        }
    }
}

pub(crate) fn canary(state: &RunState) -> bool {
    state.canary.is_some()
}

fn waits(reason: PauseReason) -> impl Fn(&RunState) -> bool {
    move |state| state.phase == Phase::Paused && state.pause == Some(reason)
}

fn member(id: &str) -> Member {
    let limits = [(Signal::P95Seconds, 1.0), (Signal::ErrorRatio, 0.02)].into();
    Member { host: host(id), label: id.to_owned(), limits }
}

const PARTS: [Part<'static>; 3] =
    [Part::Job(&[("up", "true")]), Part::Gate("gate"), Part::Job(&[("record", "true")])];

/// One canary and three others, with this soak; `change` says what is special.
pub(crate) fn plan(soak_s: u64, change: impl FnOnce(&mut CanaryPlan)) -> Plan {
    let hosts = ["c1", "r1", "r2", "r3"].map(|id| host_plan(id, &PARTS)).to_vec();
    let mut plan = plan_of(hosts, &[&["c1"], &["r1", "r2", "r3"]], 8);
    plan.workflow = Workflow::CanaryUpgrade;
    let mut metrics = MetricRule::by_default();
    metrics.retain(|rule| !rule.muted);
    if soak_s < 600 {
        for rule in &mut metrics {
            rule.min_samples = 5;
        }
    }
    let url = "http://127.0.0.1:1".to_owned().try_into().unwrap();
    let mut canary = CanaryPlan {
        group: "canary".parse().unwrap(),
        n_batches: 1,
        canary: vec![member("c1")],
        rest: ["r1", "r2", "r3"].map(member).to_vec(),
        remarks: Vec::new(),
        soak_s,
        look_s: CanaryPlan::look_for(soak_s),
        metrics,
        server: Some(MetricsSettings { url, token_file: None, timeout_s: 5 }),
        on_pass: OnPass::Continue,
        on_fail: OnFail::Stop,
        rollback: Vec::new(),
    };
    change(&mut canary);
    plan.canary = Some(Box::new(canary));
    plan
}

/// The way back of `c1`, as its plan holds it.
pub(crate) fn way_back() -> Plan {
    let parts = [Part::Job(&[("images", "true"), ("back", "true")]), Part::Gate("gate")];
    let mut plan = plan_of(vec![host_plan("c1", &parts)], &[&["c1"]], 8);
    plan.workflow = Workflow::Rollback;
    plan
}

pub(crate) fn rolls_back(canary: &mut CanaryPlan) {
    canary.on_fail = OnFail::Rollback;
    canary.rollback = vec![way_back()];
}

#[tokio::test(start_paused = true)]
async fn a_good_canary_soaks_for_its_time_and_the_rest_follows_by_itself() {
    let bench = Bench::new(&plan(1_800, |_| {})).await;
    let began = Instant::now();
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    let took = began.elapsed().as_secs();
    assert!((1_800..1_900).contains(&took), "{took}");
    let canary = bench.state().canary.unwrap();
    assert!((canary.counted_s - 1_800.0).abs() < 0.01 && canary.gap_s < 0.01, "{canary:?}");
    let report = canary.report.unwrap();
    assert_eq!((report.verdict, report.metrics.len()), (Verdict::Pass, 2));
    assert!(canary.end.unwrap().passed);
    // What the metrics say is told while it soaks, and once it is soaked their judgement stands.
    let so_far =
        bench.kinds().iter().filter(|k| matches!(k, EventKind::CanarySoFar { .. })).count();
    assert!((25..=30).contains(&so_far), "{so_far}");
    assert!(canary.so_far.is_none());
    // The rest begins after the end of the canary, and never before.
    let kinds = bench.kinds();
    let ended = kinds.iter().position(|k| matches!(k, EventKind::CanaryEnded { .. })).unwrap();
    let second = kinds.iter().position(|k| *k == EventKind::BatchStarted { batch: 1 }).unwrap();
    assert!(ended < second);
    // Every minute the limits: one question a metric and one for their age; and the judgement.
    let asked = bench.metrics.n_asked.load(Ordering::Relaxed);
    assert!((80..=96).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_release_fails_at_the_end_of_the_soak_and_the_rest_is_left_alone() {
    let bench = Bench::new(&plan(1_800, |_| {})).await;
    bench.metrics.answer(Measured::Slow);
    let began = Instant::now();
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    assert!(began.elapsed().as_secs() >= 1_800);
    bench.stopped("p95: ");
    assert_eq!(bench.of("c1"), Outcome::Changed);
}

#[tokio::test(start_paused = true)]
async fn errors_beyond_their_limit_fail_before_the_soak_is_over() {
    let bench = Bench::new(&plan(1_800, |_| {})).await;
    bench.metrics.answer(Measured::Errors);
    let began = Instant::now();
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    assert!(began.elapsed().as_secs() < 300, "{:?}", began.elapsed());
    bench.stopped("errors: c1 was above 2.00 % in ");
}

#[tokio::test(start_paused = true)]
async fn a_metrics_server_that_is_down_all_through_pauses_and_says_what_is_missing() {
    let bench = Bench::new(&plan(1_800, |_| {})).await;
    bench.metrics.answer(Measured::Down);
    let operator = async {
        bench.until(waits(PauseReason::NoData)).await;
        let why = bench.state().why.unwrap();
        assert!(why.as_str().contains("could not be reached: connection refused"), "{why}");
        // Resuming judges again, and nothing has changed.
        bench.ask(Control::Resume).await;
        bench.until(|_| bench.n_pauses() == 2).await;
        assert_eq!(bench.of("c1"), Outcome::Changed);
        assert!(bench.state().host(&host("r1")).unwrap().started.is_none());
        bench.metrics.answer(Measured::Alike);
        bench.ask(Control::Resume).await;
    };
    let (ended, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(ended, Ok(Phase::Succeeded));
    let report = bench.state().canary.unwrap().report.unwrap();
    assert_eq!(report.verdict, Verdict::Pass);
}

#[tokio::test(start_paused = true)]
async fn stale_and_partial_data_pause_and_a_person_may_promote_all_the_same() {
    for (how, reason, word) in [
        (Measured::Stale, PauseReason::NoData, "no samples: c1 has none"),
        (Measured::Partial, PauseReason::Inconclusive, "isPartial"),
    ] {
        let bench = Bench::new(&plan(1_800, |_| {})).await;
        bench.metrics.answer(how);
        let operator = async {
            bench.until(waits(reason)).await;
            let why = bench.state().why.unwrap();
            assert!(why.as_str().contains(word), "{why}");
            tokio::time::sleep(Duration::from_hours(3)).await;
            assert!(bench.state().host(&host("r1")).unwrap().started.is_none(), "time is no pass");
            bench.ask(Control::Promote).await;
        };
        let (ended, ()) = tokio::join!(bench.work(), operator);
        assert_eq!(ended, Ok(Phase::Succeeded));
        let end = bench.state().canary.unwrap().end.unwrap();
        assert!(end.passed && end.why.as_str().starts_with("a person promoted it"), "{}", end.why);
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_falls_ill_in_the_last_minute_fails_with_what_it_said() {
    let bench = Bench::new(&plan(1_800, |_| {})).await;
    let illness = async {
        bench.until(|_| bench.counted_s() >= 29.0 * 60.0).await;
        bench.gates.sick.lock().unwrap().insert("c1".into());
    };
    let (ended, ()) = tokio::join!(bench.work(), illness);
    assert_eq!(ended, Ok(Phase::Failed));
    bench.stopped("c1: api restarts");
    let failure = bench.state().canary.unwrap().end.unwrap().failure.unwrap();
    assert_eq!(failure.last_lines, ["panic: no database".into()]);
}

#[tokio::test(start_paused = true)]
async fn one_bad_look_is_no_failure_and_its_time_does_not_count() {
    let bench = Bench::new(&plan(600, |_| {})).await;
    let flapping = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(70)).await;
            bench.gates.sick.lock().unwrap().insert("c1".into());
            tokio::time::sleep(Duration::from_secs(11)).await;
            bench.gates.sick.lock().unwrap().clear();
        }
    };
    let began = Instant::now();
    let (ended, ()) = tokio::join!(bench.work(), flapping);
    assert_eq!(ended, Ok(Phase::Succeeded));
    assert!(began.elapsed().as_secs() >= 650, "{:?}", began.elapsed());
    let ill = |k: &EventKind| matches!(k, EventKind::CanarySoak { detail, .. } if detail.as_str().contains("restarts"));
    assert!(bench.kinds().iter().filter(|k| ill(k)).count() >= 5, "each is told");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_cannot_be_seen_pauses_and_is_neither_passed_nor_failed() {
    let bench = Bench::new(&plan(600, |_| {})).await;
    let operator = async {
        bench.until(|_| bench.counted_s() > 100.0).await;
        bench.gates.unseen.lock().unwrap().insert("c1".into());
        bench.until(waits(PauseReason::NoData)).await;
        let before = bench.counted_s();
        assert!(before < 200.0, "{before}");
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert!((bench.counted_s() - before).abs() < 0.01, "what was not seen does not count");
        bench.gates.unseen.lock().unwrap().clear();
        bench.ask(Control::Resume).await;
    };
    let (ended, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(ended, Ok(Phase::Succeeded));
}

#[tokio::test(start_paused = true)]
async fn after_a_pass_it_waits_for_a_person_where_that_is_wanted() {
    let bench = Bench::new(&plan(600, |canary| canary.on_pass = OnPass::Promote)).await;
    let operator = async {
        bench.until(waits(PauseReason::Promotion)).await;
        assert!(bench.state().why.unwrap().as_str().contains("promote it"));
        bench.ask(Control::Resume).await;
        bench.until(|_| bench.n_pauses() == 2).await;
        bench.ask(Control::Promote).await;
    };
    let (ended, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(ended, Ok(Phase::Succeeded));
}

#[tokio::test(start_paused = true)]
async fn a_breach_while_it_waits_for_a_person_still_fails() {
    for by in ["limits", "health", "comparison"] {
        let bench = Bench::new(&plan(600, |canary| canary.on_pass = OnPass::Promote)).await;
        let breach = async {
            bench.until(waits(PauseReason::Promotion)).await;
            match by {
                "limits" => bench.metrics.answer(Measured::Errors),
                "health" => drop(bench.gates.sick.lock().unwrap().insert("c1".into())),
                _ => bench.metrics.answer(Measured::Slow),
            }
        };
        let (ended, ()) = tokio::join!(bench.work(), breach);
        assert_eq!(ended, Ok(Phase::Failed), "{by}");
        bench.stopped("");
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_without_metrics_is_judged_by_its_health() {
    let bench = Bench::new(&plan(600, |canary| canary.metrics.clear())).await;
    bench.metrics.answer(Measured::Down);
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    assert_eq!(bench.metrics.n_asked.load(Ordering::Relaxed), 0);
    let why = bench.state().canary.unwrap().end.unwrap().why;
    assert_eq!(why.as_str(), "healthy all through; no metric is judged");
}
