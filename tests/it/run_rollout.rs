//! Strategy, gates between batches and controls, with hosts, a store and gates in memory, in paused time.

use std::time::Duration;

use bunker_ops::domain::plan::strategy::{Amount, Limit, Strategy};
use bunker_ops::domain::plan::{FailureBudget, Order, Phase as PlanPhase, Plan};
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::retry::{NoRetry, retried};
use bunker_ops::domain::run::state::{Phase, RunState};
use bunker_ops::engine::follow_up::changed;
use bunker_ops::engine::ports::RunWriter;
use tokio::time::Instant;

use crate::run_engine::Bench;
use crate::run_fake_store::Death;
use crate::sample::{Part, ann, host, host_plan, plan_of, run_id, step};

const PARTS: [Part<'static>; 3] = [
    Part::Job(&[("lease", "true"), ("checkout", "true"), ("up", "true")]),
    Part::Gate("gate"),
    Part::Job(&[("record", "true")]),
];

/// An upgrade of these batches, with a gate on each host.
pub(crate) fn rollout(batches: &[&[&str]]) -> Plan {
    let hosts = batches.concat().iter().map(|h| host_plan(h, &PARTS)).collect();
    plan_of(hosts, batches, 8)
}

pub(crate) fn strategy(plan: &mut Plan, progress_deadline_s: u64, step: bool) {
    plan.strategy = Some(Strategy {
        serial: vec![Amount::Count(1)],
        order: Order::Inventory,
        seed: None,
        max_failed: vec![Limit::of_run(Amount::Count(1))],
        max_unreachable: vec![Limit::of_run(Amount::Count(1))],
        progress_deadline_s,
        step,
        unranked: 0,
    });
}

pub(crate) fn state(bench: &Bench) -> RunState {
    bench.store.state(&run_id(1))
}

/// Waits until the run stands so, in simulated time.
pub(crate) async fn until(bench: &Bench, what: impl Fn(&RunState) -> bool) -> RunState {
    let began = Instant::now();
    loop {
        let state = state(bench);
        if what(&state) {
            return state;
        }
        assert!(began.elapsed() < Duration::from_hours(10), "{state:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) async fn ask(bench: &Bench, control: Control) {
    bench.store.ask(&run_id(1), control, &ann()).await.unwrap();
}

pub(crate) fn is_paused(reason: PauseReason) -> impl Fn(&RunState) -> bool {
    move |state| state.pause == Some(reason)
}

#[tokio::test(start_paused = true)]
async fn a_host_of_an_earlier_batch_that_turns_ill_stops_the_run_before_the_next_batch() {
    let bench = Bench::new(&rollout(&[&["a"], &["b"], &["c"]])).await;
    let falls_ill = async {
        until(&bench, |s| s.host(&host("b")).unwrap().started.is_some()).await;
        bench.gates.sick.lock().unwrap().insert("a".into());
    };
    let (worked, ()) = tokio::join!(bench.work(), falls_ill);
    assert_eq!(worked, Ok(Phase::Failed));
    let words = ["a", "b", "c"].map(|h| bench.outcome(h).word());
    assert_eq!(words, ["failed", "changed", "not-run"]);
    let state = state(&bench);
    assert_eq!(state.why, Some("done, and no longer healthy: a (api restarts)".into()));
    assert_eq!(state.summary, Some("1 failed, 1 not run, 1 ok".into()));
    assert_eq!(bench.hosts.with("c", |h| h.n_starts), 0);
    // It was seen, and said, while the second batch ran.
    let kinds = bench.store.kinds();
    let place = |want: &dyn Fn(&EventKind) -> bool| kinds.iter().position(want).unwrap();
    let told = place(
        &|k| matches!(k, EventKind::GateObserved { host, detail, .. } if host.as_str() == "a" && detail.as_str() == "api restarts"),
    );
    assert!(told < place(&|k| matches!(k, EventKind::HostRelapsed { .. })));
    // What failed so is retried from its gate on, under a lease of its own; what never began from its beginning.
    let again = retried(
        &rollout(&[&["a"], &["b"], &["c"]]),
        &state,
        "2026-11-23T10:00:00Z".parse().unwrap(),
        |_| None,
    )
    .unwrap();
    let steps = |id: &str| {
        again
            .host(&host(id))
            .unwrap()
            .steps()
            .map(|(id, _)| id.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        (steps("a").as_str(), steps("c").as_str()),
        ("lease gate record", "lease checkout up gate record")
    );
    assert_eq!(again.batches, [vec![host("a")], vec![host("c")]]);
    assert_eq!(again.after, Some(run_id(1)));
    assert_ne!(again.hash(), rollout(&[&["a"], &["b"], &["c"]]).hash());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_comes_back_within_the_deadline_lets_the_run_go_on() {
    let bench = Bench::new(&rollout(&[&["a"], &["b"]])).await;
    let blinks = async {
        until(&bench, |s| {
            s.host(&host("b")).unwrap().step(&step("gate")).unwrap().started.is_some()
        })
        .await;
        bench.gates.sick.lock().unwrap().insert("a".into());
        until(&bench, |s| s.host(&host("b")).unwrap().outcome.is_some()).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        bench.gates.sick.lock().unwrap().clear();
    };
    let (worked, ()) = tokio::join!(bench.work(), blinks);
    assert_eq!(worked, Ok(Phase::Succeeded));
    assert_eq!(state(&bench).batch_done, Some(1));
}

/// How often the run began to wait.
fn n_paused(bench: &Bench) -> usize {
    bench.store.kinds().iter().filter(|k| matches!(k, EventKind::Paused { .. })).count()
}

/// What cannot be looked at is neither good nor bad: it waits; resuming looks again, promoting goes on. The same for a
/// worker that was killed meanwhile.
#[tokio::test(start_paused = true)]
async fn a_gate_that_cannot_be_told_waits_for_a_person_and_survives_its_worker() {
    for (killed, answer, ends_unseen) in [
        (false, Control::Resume, false),
        (true, Control::Resume, false),
        (false, Control::Promote, true),
        (true, Control::Promote, true),
        (false, Control::PromoteAll, true),
    ] {
        let bench = Bench::new(&rollout(&[&["a"], &["b"]])).await;
        let unseen = |on: bool| {
            let mut unseen = bench.gates.unseen.lock().unwrap();
            if on {
                unseen.insert("a".into())
            } else {
                unseen.remove("a")
            };
        };
        let goes_dark = async || {
            until(&bench, |s| {
                s.host(&host("a")).unwrap().step(&step("gate")).unwrap().outcome.is_some()
            })
            .await;
            unseen(true);
            let state = until(&bench, is_paused(PauseReason::GateUnknown)).await;
            assert_eq!(state.phase, Phase::Paused);
            assert_eq!(
                state.why,
                Some("it cannot be told whether these are healthy: a (api restarts)".into())
            );
            assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0, "nothing is begun on a guess");
        };
        if killed {
            let dies = async {
                tokio::select! { biased; () = goes_dark() => {}, ended = bench.work() => panic!("{ended:?}") }
            };
            dies.await;
        }
        let answers = async {
            until(&bench, is_paused(PauseReason::GateUnknown)).await;
            tokio::time::sleep(Duration::from_mins(5)).await;
            assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0);
            unseen(ends_unseen);
            ask(&bench, answer.clone()).await;
            if ends_unseen {
                until(&bench, |s| s.batch == Some(1)).await;
                unseen(false);
            }
        };
        let worked = if killed {
            tokio::join!(bench.work(), answers).0
        } else {
            let whole = async {
                tokio::join!(async { until(&bench, |s| s.started.is_some()).await }, goes_dark());
                answers.await;
            };
            tokio::join!(bench.work(), whole).0
        };
        assert_eq!(worked, Ok(Phase::Succeeded), "killed {killed}, {answer:?}");
        assert_eq!(n_paused(&bench), 1, "killed {killed}, {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_in_which_nobody_becomes_healthy_fails_by_its_progress_deadline() {
    let mut plan = rollout(&[&["a"], &["b"]]);
    strategy(&mut plan, 30, false);
    if let PlanPhase::Gate(gate) = &mut plan.hosts[0].phases[1] {
        gate.deadline_s = 600;
    }
    let bench = Bench::new(&plan).await;
    bench.gates.sick.lock().unwrap().insert("a".into());
    let heals = async {
        until(&bench, |s| s.stopped.is_some()).await;
        bench.gates.sick.lock().unwrap().clear();
    };
    let (worked, ()) = tokio::join!(bench.work(), heals);
    assert_eq!(worked, Ok(Phase::Failed));
    let why = "no instance became healthy in 30 s of work";
    assert_eq!(state(&bench).why, Some(why.into()));
    assert_eq!((bench.outcome("a").word(), bench.outcome("b").word()), ("changed", "not-run"));
    // A pause is no work, and its end begins the time anew.
    let bench = Bench::new(&plan).await;
    let held = async {
        until(&bench, |s| s.host(&host("a")).unwrap().started.is_some()).await;
        ask(&bench, Control::Pause).await;
        until(&bench, |s| s.phase == Phase::Paused).await;
        tokio::time::sleep(Duration::from_mins(10)).await;
        assert_eq!(state(&bench).stopped, None);
        ask(&bench, Control::Resume).await;
    };
    let (worked, ()) = tokio::join!(bench.work(), held);
    assert_eq!(worked, Ok(Phase::Succeeded));
}

#[tokio::test(start_paused = true)]
async fn budgets_count_as_many_or_more_in_the_run_and_in_each_batch() {
    for (stops, why) in [
        (FailureBudget::of_run(2, 8), "2 of 6 failed"),
        (
            FailureBudget { failed_of_batch: vec![9, 1, 9], ..FailureBudget::of_run(6, 6) },
            "1 of 2 of batch 2 failed",
        ),
    ] {
        let mut plan = rollout(&[&["a", "b"], &["c", "d"], &["e", "f"]]);
        plan.stops = stops;
        let bench = Bench::new(&plan).await;
        for id in ["a", "c"] {
            bench.hosts.with(id, |h| h.exits.insert("up".into(), 1));
        }
        assert_eq!(bench.work().await, Ok(Phase::Failed));
        assert_eq!(state(&bench).why, Some(why.into()));
        let words = ["a", "b", "c", "d", "e"].map(|h| bench.outcome(h).word());
        assert_eq!(words, ["failed", "changed", "failed", "changed", "not-run"], "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_abort_kills_and_one_with_rollback_names_what_was_changed() {
    let bench = Bench::new(&rollout(&[&["a"], &["b"]])).await;
    let twice = async {
        until(&bench, |s| {
            s.host(&host("a")).unwrap().running_step().is_some_and(|r| r.id == step("checkout"))
        })
        .await;
        ask(&bench, Control::Abort).await;
        ask(&bench, Control::Abort).await;
    };
    let (worked, ()) = tokio::join!(bench.work(), twice);
    assert_eq!(worked, Ok(Phase::Aborted));
    assert_eq!(bench.words("a")[1], "cancelled");
    assert_eq!(state(&bench).why, Some("killed by ann".into()));

    let mut plan = rollout(&[&["a"], &["b"], &["c"]]);
    for host in &mut plan.hosts {
        host.from = Some("1111111111111111111111111111111111111111".parse().unwrap());
    }
    let bench = Bench::new(&plan).await;
    let aborts = async {
        until(&bench, |s| {
            s.host(&host("b")).unwrap().running_step().is_some_and(|r| r.id == step("lease"))
        })
        .await;
        ask(&bench, Control::AbortAndRollBack).await;
    };
    let (worked, ()) = tokio::join!(bench.work(), aborts);
    assert_eq!(worked, Ok(Phase::Aborted));
    let state = state(&bench);
    assert!(state.rollback_wanted);
    assert_eq!(bench.words("b")[..2], ["changed", "not-run"]);
    let changed: Vec<_> = changed(&plan, &state).into_values().collect();
    assert_eq!(changed, [[host("a")]], "b was not taken to another commit, c was never begun");
}

/// A retry goes on where each target stopped; a target that nobody knows about is left to a person.
#[tokio::test(start_paused = true)]
async fn a_retry_has_what_was_left_behind_and_ends_where_the_first_did_not() {
    let mut plan = rollout(&[&["a", "b", "u"], &["c", "d"]]);
    plan.stops = FailureBudget::of_run(2, 5);
    let bench = Bench::new(&plan).await;
    bench.hosts.with("b", |h| h.exits.insert("up".into(), 1));
    bench.gates.unseen.lock().unwrap().insert("u".into());
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let again = retried(&plan, &state(&bench), now, |_| None).unwrap();
    assert_eq!(again.batches, [vec![host("b")], vec![host("c"), host("d")]]);
    assert_eq!(again.excluded[0].host, host("u"));
    let steps: Vec<_> =
        again.host(&host("b")).unwrap().steps().map(|(id, _)| id.as_str()).collect();
    assert_eq!(steps, ["lease", "up", "gate", "record"]);
    let second = Bench::new(&again).await;
    assert_eq!(second.work().await, Ok(Phase::Succeeded));
    let nothing = retried(&again, &second.store.state(&run_id(1)), now, |_| None).unwrap_err();
    assert!(nothing.to_string().ends_with("left nothing to retry"), "{nothing}");
    // One that has not ended is not retried.
    let fresh = Bench::new(&plan).await;
    assert!(matches!(retried(&plan, &state(&fresh), now, |_| None), Err(NoRetry::Unfinished(_))));
}

/// A worker that dies at any write of a run with gates between its batches is followed by one that ends the same.
#[tokio::test(start_paused = true)]
async fn a_worker_killed_at_any_write_between_batches_is_resumed_to_the_same_end() {
    let undisturbed = Bench::new(&rollout(&[&["a"], &["b"]])).await;
    assert_eq!(undisturbed.work().await, Ok(Phase::Succeeded));
    let batches = |bench: &Bench| {
        let kinds = bench.store.kinds().into_iter();
        kinds
            .filter_map(|kind| {
                if let EventKind::BatchStarted { batch } = kind {
                    Some((batch, false))
                } else if let EventKind::BatchFinished { batch } = kind {
                    Some((batch, true))
                } else {
                    None
                }
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(batches(&undisturbed), [(0, false), (0, true), (1, false), (1, true)]);
    for n in 1..=undisturbed.store.n_writes() {
        for death in [Death::Before(n), Death::After(n)] {
            let bench = Bench::new(&rollout(&[&["a"], &["b"]])).await;
            let first = bench.work_until(death).await;
            if first.is_err() && state(&bench).finished.is_none() {
                assert_eq!(bench.work().await, Ok(Phase::Succeeded), "{death:?}");
            }
            assert_eq!(batches(&bench), batches(&undisturbed), "{death:?}");
            assert_eq!(bench.hosts.starts(), undisturbed.hosts.starts(), "{death:?}");
        }
    }
}
