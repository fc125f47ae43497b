//! The worker against hosts, a store and gates in memory, in paused time.

use std::collections::BTreeSet;
use std::{sync::Arc, time::Duration};

use bunker_ops::adapters::vault::NoVault;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::{Phase, RunState, StepState};
use bunker_ops::engine::ports::{RunWriter, SecretSource, SecretWriter, StoreError};
use bunker_ops::engine::supervisor::Supervisor;
use bunker_ops::engine::worker::{Timing, WorkerError, WorkerPorts, carry_out};
use tokio::time::Instant;

use crate::run_fake_store::{Death, FakeStore};
use crate::run_fakes::{FakeGates, FakeHosts, FakeMetrics, STEP, StartFault};
use crate::sample::{
    Part, StepClock, ann, host, host_plan, plan_of, planned, run_id, simple_plan, step,
};

pub(crate) struct Bench {
    pub(crate) store: FakeStore,
    pub(crate) hosts: Arc<FakeHosts>,
    pub(crate) gates: Arc<FakeGates>,
    pub(crate) metrics: Arc<FakeMetrics>,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) vault: Arc<dyn SecretWriter>,
    pub(crate) around: crate::run_fake_around::FakeAround,
}

impl Bench {
    pub(crate) async fn new(plan: &Plan) -> Self {
        let store = FakeStore::default();
        store.create(&run_id(1), plan, planned(plan)).await.unwrap();
        let (secrets, vault) = (Arc::new(NoVault), Arc::new(NoVault));
        let (hosts, gates, metrics, around) = Default::default();
        Self { store, hosts, gates, metrics, secrets, vault, around }
    }

    pub(crate) fn ports(&self, store: FakeStore) -> WorkerPorts {
        WorkerPorts {
            store: Arc::new(store),
            around: self.around.ports(),
            remote: Arc::clone(&self.hosts) as _,
            gates: Arc::clone(&self.gates) as _,
            metrics: Arc::clone(&self.metrics) as _,
            secrets: Arc::clone(&self.secrets),
            vault: Arc::clone(&self.vault),
            playbooks: Arc::new(bunker_ops::adapters::ansible::playbook::NoPlaybooks),
            clock: Arc::new(StepClock::default()),
            supervisor: Supervisor::new(),
            timing: Timing::default(),
        }
    }
    /// A whole worker, from claim to end.
    pub(crate) async fn work(&self) -> Result<Phase, WorkerError> {
        carry_out(self.ports(self.store.clone()), run_id(1), 7).await
    }
    /// A worker that dies at this write.
    pub(crate) async fn work_until(&self, death: Death) -> Result<Phase, WorkerError> {
        let mut store = self.store.clone();
        store.death = Some(death.later(self.store.n_writes()));
        carry_out(self.ports(store), run_id(1), 6).await
    }
    fn state(&self) -> RunState {
        self.store.state(&run_id(1))
    }

    pub(crate) fn words(&self, id: &str) -> Vec<&'static str> {
        self.state().host(&host(id)).unwrap().steps.iter().map(StepState::word).collect()
    }

    pub(crate) fn outcome(&self, id: &str) -> Outcome {
        self.state().host(&host(id)).unwrap().outcome.clone().unwrap()
    }

    /// Asks for something when this step of this host runs.
    async fn ask_during(&self, id: &str, name: &str, control: Control) {
        loop {
            let running =
                self.state().host(&host(id)).unwrap().running_step().map(|s| s.id.clone());
            if running == Some(step(name)) {
                return self.store.ask(&run_id(1), control, &ann()).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_through_its_phases_and_records_the_release() {
    let plan = simple_plan(&["a"]);
    let bench = Bench::new(&plan).await;
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    let state = bench.state();
    assert_eq!(state.summary, Some("1 ok".into()));
    assert_eq!(bench.words("a"), ["changed", "changed", "ok", "changed"]);
    assert_eq!(state.host(&host("a")).unwrap().steps[0].took_s, Some(2.0));
    assert_eq!(state.host(&host("a")).unwrap().told.len(), 1);
    // Intent stands before start, start before end, and each job's log is whole.
    let kinds = bench.store.kinds();
    let place = |want: &dyn Fn(&EventKind) -> bool| kinds.iter().position(want).unwrap();
    for n in [1, 2] {
        let intended = place(&|k| matches!(k, EventKind::JobIntended { seq, .. } if *seq == n));
        let started = place(&|k| matches!(k, EventKind::JobStarted { seq, .. } if *seq == n));
        let ended = place(&|k| matches!(k, EventKind::JobEnded { seq, .. } if *seq == n));
        assert!(intended < started && started < ended);
        assert_eq!(bench.store.raw("a", n), bench.hosts.log("a", n));
    }
    let released = bench.store.released();
    assert_eq!((released.len(), released[0].record.healthy), (1, true));
    assert_eq!(released[0].record.reference, "v2.5.0".into());
}

#[tokio::test(start_paused = true)]
async fn batches_go_one_after_the_other_and_hosts_side_by_side() {
    let parts = [Part::Job(&[("up", "true")])];
    let hosts = ["a", "b", "c", "d", "e"];
    let plans = hosts.iter().map(|h| host_plan(h, &parts)).collect();
    let plan = plan_of(plans, &[&["a"], &["b", "c", "d", "e"]], 2);
    let bench = Bench::new(&plan).await;
    let began = Instant::now();
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    // One step for the first batch, two times two side by side for the second.
    let took = began.elapsed();
    assert!(took >= 3 * STEP && took < 4 * STEP, "{took:?}");
    let (mut running, mut most) = (0, 0);
    for kind in bench.store.kinds() {
        running += i32::from(matches!(kind, EventKind::HostStarted { .. }));
        running -= i32::from(matches!(kind, EventKind::HostFinished { .. }));
        let batch = matches!(kind, EventKind::BatchStarted { .. });
        assert!(!batch || running == 0, "a batch waits for the last");
        most = most.max(running);
    }
    assert_eq!(most, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_stops_later_targets_and_says_why() {
    let parts = [Part::Job(&[("build", "false"), ("up", "true")])];
    let plans = ["a", "b", "c"].map(|h| host_plan(h, &parts)).to_vec();
    let plan = plan_of(plans, &[&["a"], &["b", "c"]], 8);
    let bench = Bench::new(&plan).await;
    bench.hosts.with("a", |h| h.exits.insert("build".into(), 9));
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    assert_eq!(bench.words("a"), ["failed", "not-run"]);
    let Outcome::Failed(failure) = bench.outcome("a") else { panic!("{:?}", bench.outcome("a")) };
    assert_eq!((failure.exit, failure.message.as_str()), (Some(9), "build ended with exit code 9"));
    assert_eq!(failure.last_lines, ["build says something".into()]);
    assert_eq!(bench.outcome("b").word(), "not-run");
    assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0);
    assert_eq!(bench.state().why, Some("1 of 3 failed".into()));
    assert_eq!(bench.state().summary, Some("1 failed, 2 not run".into()));
    assert!(bench.store.released().is_empty(), "a failed build changed no release");
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_host_is_tried_three_times_and_a_refused_key_once() {
    for (fault, tries) in [(StartFault::Refused, 3), (StartFault::Auth, 1)] {
        let plan = simple_plan(&["a"]);
        let bench = Bench::new(&plan).await;
        bench.hosts.with("a", |h| h.start_faults = std::iter::repeat_n(fault, 10).collect());
        assert_eq!(bench.work().await, Ok(Phase::Failed));
        assert_eq!(bench.outcome("a").word(), "unreachable");
        assert_eq!(bench.words("a"), ["not-run"; 4]);
        assert_eq!(bench.hosts.with("a", |h| (10 - h.start_faults.len(), h.n_starts)), (tries, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_never_starts_a_job_twice() {
    for faults in [
        vec![StartFault::AnswerLost],
        vec![StartFault::RequestLost],
        vec![StartFault::RequestLost, StartFault::Refused, StartFault::AnswerLost],
    ] {
        let plan = simple_plan(&["a"]);
        let bench = Bench::new(&plan).await;
        bench.hosts.with("a", |h| h.start_faults = faults.clone().into());
        assert_eq!(bench.work().await, Ok(Phase::Succeeded), "{faults:?}");
        assert_eq!(bench.hosts.with("a", |h| h.n_starts), 2, "{faults:?}");
        assert!(bench.hosts.starts().values().all(|n| *n == 1), "{faults:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_cut_at_any_byte_loses_none_and_doubles_none() {
    let parts = [Part::Job(&[("up", "true")])];
    let whole = {
        let bench = Bench::new(&plan_of(vec![host_plan("a", &parts)], &[&["a"]], 1)).await;
        bench.work().await.unwrap();
        bench.store.raw("a", 1)
    };
    for at in 0..=whole.len() as u64 {
        let bench = Bench::new(&plan_of(vec![host_plan("a", &parts)], &[&["a"]], 1)).await;
        bench.hosts.with("a", |h| h.cuts = BTreeSet::from([at, at / 2]));
        assert_eq!(bench.work().await, Ok(Phase::Succeeded), "cut at {at}");
        assert_eq!(bench.store.raw("a", 1), whole, "cut at {at}");
        assert_eq!(bench.words("a"), ["changed"]);
        let kinds = bench.store.kinds();
        let count = |want: fn(&EventKind) -> bool| kinds.iter().filter(|k| want(k)).count();
        let cuts = if at == 0 { 1 } else { 2 };
        assert_eq!(bench.hosts.with("a", |h| (h.n_starts, h.n_follows)), (1, cuts + 1));
        assert_eq!(count(|k| matches!(k, EventKind::StepFinished { .. })), 1, "cut at {at}");
        let lost = count(|k| matches!(k, EventKind::ContactLost { .. }));
        assert!(lost >= 1 && lost == count(|k| matches!(k, EventKind::ContactRestored { .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stays_silent_is_unknown_and_one_that_comes_back_goes_on() {
    for (silence, word, phase) in
        [(600, "changed", Phase::Succeeded), (7_200, "unknown", Phase::Failed)]
    {
        let plan = simple_plan(&["a"]);
        let bench = Bench::new(&plan).await;
        let begin = async {
            bench.ask_during("a", "backup", Control::Resume).await;
            let until = Instant::now() + Duration::from_secs(silence);
            bench.hosts.with("a", |h| h.silent_until = Some(until));
        };
        let (worked, ()) = tokio::join!(bench.work(), begin);
        assert_eq!(worked, Ok(phase));
        assert_eq!(bench.outcome("a").word(), word);
        assert!(bench.hosts.starts().values().all(|n| *n == 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_at_any_step_finishes_it_and_starts_nothing() {
    let want = [
        ("backup", vec!["changed", "not-run", "not-run", "not-run"]),
        ("up", vec!["changed", "changed", "not-run", "not-run"]),
        ("gate", vec!["changed", "changed", "ok", "not-run"]),
        ("record", vec!["changed", "changed", "ok", "changed"]),
    ];
    for (at, words) in want {
        let plan = simple_plan(&["a"]);
        let bench = Bench::new(&plan).await;
        let (worked, ()) = tokio::join!(bench.work(), bench.ask_during("a", at, Control::Abort));
        let phase = if at == "record" { Phase::Succeeded } else { Phase::Aborted };
        assert_eq!(worked, Ok(phase), "abort at {at}");
        assert_eq!(bench.words("a"), words, "abort at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_ends_the_running_step_and_a_pause_only_holds() {
    let plan = simple_plan(&["a", "b"]);
    let bench = Bench::new(&plan).await;
    let (worked, ()) = tokio::join!(bench.work(), bench.ask_during("a", "backup", Control::Kill));
    assert_eq!(worked, Ok(Phase::Aborted));
    assert_eq!(bench.words("a"), ["cancelled", "not-run", "not-run", "not-run"]);
    assert_eq!(bench.state().why, Some("killed by ann".into()));

    let bench = Bench::new(&plan).await;
    let pause = async {
        bench.ask_during("a", "backup", Control::Pause).await;
        tokio::time::sleep(Duration::from_mins(10)).await;
        assert_eq!(bench.state().phase, Phase::Paused);
        assert_eq!(bench.words("a"), ["changed", "waiting", "waiting", "waiting"]);
        bench.store.ask(&run_id(1), Control::Resume, &ann()).await.unwrap();
    };
    let (worked, ()) = tokio::join!(bench.work(), pause);
    assert_eq!(worked, Ok(Phase::Succeeded));
    assert_eq!(bench.words("a"), ["changed", "changed", "ok", "changed"]);
    assert!(bench.hosts.starts().values().all(|n| *n == 1), "{:?}", bench.hosts.starts());
    // What was left of the first job went as a second, the last phase as a third.
    assert_eq!(bench.state().host(&host("a")).unwrap().jobs.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_fails_says_how_to_roll_back_and_one_unseen_is_unknown() {
    for (set, word) in [(0, "failed"), (1, "unknown"), (2, "failed")] {
        let plan = simple_plan(&["a"]);
        let bench = Bench::new(&plan).await;
        let sets = [&bench.gates.sick, &bench.gates.unseen, &bench.gates.hopeless];
        sets[set].lock().unwrap().insert("a".into());
        let began = Instant::now();
        assert_eq!(bench.work().await, Ok(Phase::Failed));
        assert_eq!(bench.words("a"), ["changed", "changed", word, "not-run"]);
        // Two steps, then the deadline of 20 s, or at once where waiting cannot help.
        let wanted = if set == 2 { 4..6 } else { 24..27 };
        assert!(wanted.contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        let (Outcome::Failed(f) | Outcome::Unknown(f)) = bench.outcome("a") else { panic!() };
        assert_eq!(
            (f.message.as_str(), f.hint.unwrap().as_str()),
            ("api restarts", "roll back with v2.4.0")
        );
        assert_eq!(f.last_lines, ["panic: no database".into()]);
        assert!(!bench.store.released()[0].record.healthy, "the new commit runs, unhealthy");
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_instance_is_said_with_its_holder() {
    let plan = simple_plan(&["a"]);
    let bench = Bench::new(&plan).await;
    bench.hosts.with("a", |h| h.locked = true);
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    let Outcome::Failed(failure) = bench.outcome("a") else { panic!() };
    assert_eq!(failure.message.as_str(), "another job holds this instance: run 1 by bob");
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_host_holds_is_given_back_but_not_where_the_outcome_is_unknown() {
    for (exit, silent, jobs) in [(0, false, 2), (1, false, 2), (0, true, 1)] {
        let mut plan = simple_plan(&["a"]);
        let mut release = match &plan.hosts[0].phases[2] {
            bunker_ops::domain::plan::Phase::Job { steps } => steps[0].clone(),
            bunker_ops::domain::plan::Phase::Gate(_)
            | bunker_ops::domain::plan::Phase::Vault(_) => unreachable!(),
        };
        release.step.id = step("release");
        plan.hosts[0].on_failure = vec![release];
        let bench = Bench::new(&plan).await;
        bench.hosts.with("a", |h| h.exits.insert("backup".into(), exit));
        let silence = async {
            if silent {
                bench.ask_during("a", "backup", Control::Resume).await;
                let until = Instant::now() + Duration::from_secs(100_000);
                bench.hosts.with("a", |h| h.silent_until = Some(until));
            }
        };
        let (_, ()) = tokio::join!(bench.work(), silence);
        assert_eq!(bench.state().host(&host("a")).unwrap().jobs.len(), jobs);
        let freed = bench.hosts.starts().get("a/release").copied().unwrap_or(0);
        assert_eq!(freed, u32::from(exit != 0), "exit {exit}, silent {silent}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_intent_cannot_be_written_nothing_starts() {
    // Writes in order: worker started, batch started, host started and job intended; then output.
    for n in 1..=4 {
        let plan = simple_plan(&["a"]);
        let bench = Bench::new(&plan).await;
        let ended = bench.work_until(Death::Before(n)).await;
        assert!(matches!(ended, Err(WorkerError::Store(StoreError::Broken { .. }))), "{ended:?}");
        assert_eq!(bench.hosts.with("a", |h| h.n_starts), u32::from(n > 3), "write {n}");
    }
}

/// A worker that dies at any write, before, after or in the middle of it, and is followed by another:
/// the end is that of an undisturbed run, and no step began twice.
#[tokio::test(start_paused = true)]
async fn a_worker_killed_at_any_write_is_resumed_to_the_same_end() {
    let undisturbed = Bench::new(&simple_plan(&["a", "b"])).await;
    assert_eq!(undisturbed.work().await, Ok(Phase::Succeeded));
    let n_writes = undisturbed.store.n_writes();
    assert!(n_writes > 60, "{n_writes}");
    let log_of = |bench: &Bench, id: &str, seq: u32| {
        // Nonces differ between workers; what matters is the text.
        let state = bench.state();
        let nonce = state.host(&host(id)).unwrap().jobs[&seq].nonce.clone();
        String::from_utf8(bench.store.raw(id, seq)).unwrap().replace(&nonce, "NONCE")
    };
    for n in 1..=n_writes {
        for death in [Death::Before(n), Death::After(n), Death::Half(n)] {
            let bench = Bench::new(&simple_plan(&["a", "b"])).await;
            let first = bench.work_until(death).await;
            // The hosts go on alone for a while before anybody resumes.
            tokio::time::sleep(Duration::from_secs(n as u64 % 4)).await;
            if first.is_err() && bench.state().finished.is_none() {
                let lost = bench.state().recovered(false);
                assert!(lost.hosts.iter().all(|h| h.running_step().is_none()), "{death:?}");
                assert_eq!(bench.work().await, Ok(Phase::Succeeded), "{death:?}");
            }
            let starts = bench.hosts.starts();
            assert_eq!(starts, undisturbed.hosts.starts(), "{death:?}");
            for id in ["a", "b"] {
                assert_eq!(bench.words(id), undisturbed.words(id), "{death:?}");
                for seq in [1, 2] {
                    assert_eq!(bench.store.raw(id, seq), bench.hosts.log(id, seq), "{death:?}");
                    assert_eq!(log_of(&bench, id, seq), log_of(&undisturbed, id, seq), "{death:?}");
                }
            }
            assert_eq!(bench.store.released().len(), 2, "{death:?}");
            let kinds = bench.store.kinds();
            let ends = kinds.iter().filter(|k| matches!(k, EventKind::StepFinished { .. })).count();
            assert_eq!(ends, 8, "each step ended once in the journal: {death:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_that_nobody_heard_counts_before_anything_is_started() {
    let plan = simple_plan(&["a"]);
    let bench = Bench::new(&plan).await;
    bench.store.ask(&run_id(1), Control::Abort, &ann()).await.unwrap();
    assert_eq!(bench.work().await, Ok(Phase::Aborted));
    assert_eq!(bench.hosts.with("a", |h| h.n_starts), 0);
    assert_eq!(bench.outcome("a").word(), "not-run");
}
