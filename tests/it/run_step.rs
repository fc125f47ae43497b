//! Step mode: chosen at the start, or wanted while the run goes.

use std::time::Duration;

use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::state::{Phase, RunState};

use crate::run_engine::Bench;
use crate::run_rollout::{ask, is_paused, rollout, state, strategy, until};
use crate::sample::host;

/// One host, then a question; the answer holds for one host, also where the worker died in between.
#[tokio::test(start_paused = true)]
async fn step_mode_asks_before_each_host_and_a_waiting_host_can_be_skipped() {
    for killed in [false, true] {
        let mut plan = rollout(&[&["a", "b"], &["c", "d"]]);
        strategy(&mut plan, 3_600, true);
        let bench = Bench::new(&plan).await;
        let asked = |id: &str| {
            let why = Some(format!("one instance at a time: the next is {id}").as_str().into());
            move |s: &RunState| s.pause == Some(PauseReason::StepMode) && s.why == why
        };
        if killed {
            tokio::select! {
                biased;
                state = until(&bench, asked("b")) => assert_eq!(state.host(&host("a")).unwrap().word(), "changed"),
                ended = bench.work() => panic!("{ended:?}"),
            }
        }
        let answers = async {
            until(&bench, asked("b")).await;
            ask(&bench, Control::Resume).await;
            until(&bench, asked("c")).await;
            assert_eq!(bench.hosts.with("c", |h| h.n_starts), 0);
            ask(&bench, Control::SkipHost(host("d"))).await;
            ask(&bench, Control::Promote).await;
        };
        let (worked, ()) = tokio::join!(bench.work(), answers);
        assert_eq!(worked, Ok(Phase::Succeeded), "killed {killed}");
        assert_eq!(bench.outcome("d"), Outcome::Skipped("skipped by ann".into()));
        assert_eq!(bench.words("d"), ["skipped"; 5]);
        assert_eq!(bench.hosts.with("d", |h| h.n_starts), 0);
        assert_eq!(state(&bench).summary, Some("1 skipped, 3 ok".into()));
        assert!(bench.hosts.starts().values().all(|n| *n == 1));
    }
    // Promoting all leaves step mode.
    let mut plan = rollout(&[&["a", "b", "c"]]);
    strategy(&mut plan, 3_600, true);
    let bench = Bench::new(&plan).await;
    let answers = async {
        until(&bench, is_paused(PauseReason::StepMode)).await;
        ask(&bench, Control::PromoteAll).await;
    };
    let (worked, ()) = tokio::join!(bench.work(), answers);
    assert_eq!(worked, Ok(Phase::Succeeded));
    assert_eq!(state(&bench).controls.len(), 1);
}

/// Asked for while two are worked on: they end, then it asks before each, also after the worker died; promoting all lets the
/// rest go side by side again.
#[tokio::test(start_paused = true)]
async fn step_mode_begins_while_a_run_goes_and_promoting_all_leaves_it() {
    for killed in [false, true] {
        let mut plan = rollout(&[&["a", "b", "c", "d", "e", "f"]]);
        plan.parallel = 2;
        let bench = Bench::new(&plan).await;
        let begun = |s: &RunState| s.hosts.iter().filter(|h| h.started.is_some()).count();
        let asked = |id: &str| {
            let why = Some(format!("one instance at a time: the next is {id}").as_str().into());
            move |s: &RunState| s.pause == Some(PauseReason::StepMode) && s.why == why
        };
        let steps = async {
            until(&bench, |s| s.host(&host("b")).unwrap().started.is_some()).await;
            ask(&bench, Control::Step).await;
            until(&bench, asked("c")).await
        };
        let first = if killed {
            tokio::select! {
                biased;
                state = steps => state,
                ended = bench.work() => panic!("{ended:?}"),
            }
        } else {
            state(&bench)
        };
        assert_eq!(begun(&first), if killed { 2 } else { 0 });
        let answers = async {
            if !killed {
                until(&bench, |s| s.host(&host("b")).unwrap().started.is_some()).await;
                ask(&bench, Control::Step).await;
            }
            let waits = until(&bench, asked("c")).await;
            assert_eq!(begun(&waits), 2, "nothing is begun beside the question");
            assert!(waits.hosts[..2].iter().all(|h| h.outcome.is_some()), "what had begun ended");
            assert!(waits.goes_one_by_one(&plan));
            ask(&bench, Control::Resume).await;
            let waits = until(&bench, asked("d")).await;
            assert_eq!((begun(&waits), waits.host(&host("c")).unwrap().word()), (3, "changed"));
            ask(&bench, Control::PromoteAll).await;
            let beside = until(&bench, move |s| begun(s) >= 5).await;
            assert!(!beside.goes_one_by_one(&plan));
            assert!(beside.hosts[3].outcome.is_none(), "d and e go side by side again");
        };
        let (worked, ()) = tokio::join!(bench.work(), answers);
        assert_eq!(worked, Ok(Phase::Succeeded), "killed {killed}");
        assert!(bench.hosts.starts().values().all(|n| *n == 1));
    }
    // It can be wanted again after all was promoted, and before anything was asked.
    let bench = Bench::new(&rollout(&[&["a"], &["b"], &["c"]])).await;
    let answers = async {
        ask(&bench, Control::Step).await;
        ask(&bench, Control::PromoteAll).await;
        until(&bench, |s| s.host(&host("a")).unwrap().started.is_some()).await;
        ask(&bench, Control::Step).await;
        until(&bench, is_paused(PauseReason::StepMode)).await;
        ask(&bench, Control::PromoteAll).await;
    };
    let (worked, ()) = tokio::join!(bench.work(), answers);
    assert_eq!(worked, Ok(Phase::Succeeded));
    assert_eq!(state(&bench).controls.len(), 4);
}

/// Two have their places when the run is paused; what was wanted meanwhile counts for both.
#[tokio::test(start_paused = true)]
async fn those_that_wait_for_their_turn_in_a_pause_do_not_begin_together_in_step_mode() {
    let mut plan = rollout(&[&["a", "b", "c", "d"]]);
    plan.parallel = 2;
    let bench = Bench::new(&plan).await;
    let begun =
        |n: usize| move |s: &RunState| s.hosts.iter().filter(|h| h.started.is_some()).count() == n;
    let steps = async {
        until(&bench, begun(2)).await;
        ask(&bench, Control::Step).await;
        until(&bench, is_paused(PauseReason::StepMode)).await;
    };
    tokio::select! {
        biased;
        () = steps => {}
        ended = bench.work() => panic!("{ended:?}"),
    }
    // The next worker hears all of it before it starts anything: c and d have places, and are held.
    for control in [Control::PromoteAll, Control::Pause] {
        ask(&bench, control).await;
    }
    let answers = async {
        until(&bench, is_paused(PauseReason::Manual)).await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(begun(2)(&state(&bench)), "it is paused");
        for control in [Control::Step, Control::Resume] {
            ask(&bench, control).await;
        }
        for n in [2, 3] {
            let asks = until(&bench, is_paused(PauseReason::StepMode)).await;
            assert!(begun(n)(&asks), "{n}: {asks:#?}");
            ask(&bench, Control::Resume).await;
            until(&bench, begun(n + 1)).await;
        }
    };
    let (worked, ()) = tokio::join!(bench.work(), answers);
    assert_eq!(worked, Ok(Phase::Succeeded));
}
