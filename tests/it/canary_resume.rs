//! A canary whose worker dies, and one that goes back: the end is that of an undisturbed run.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::retry::{NoRetry, retried};
use bunker_ops::domain::run::state::Phase;
use tokio::time::Instant;

use crate::canary_engine::{Bench, canary, plan, rolls_back};
use crate::run_fake_store::Death;
use crate::run_fakes::Measured;
use crate::sample::{host, run_id};

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_adds_no_time_and_is_told() {
    for set_s in [3_600, -3_600] {
        let bench = Bench::new(&plan(600, |canary| canary.metrics.clear())).await;
        let jump = async {
            bench.until(|_| bench.counted_s() > 200.0).await;
            bench.clock.set_s.store(set_s, Ordering::Relaxed);
        };
        let began = Instant::now();
        let (ended, ()) = tokio::join!(bench.work(), jump);
        assert_eq!(ended, Ok(Phase::Succeeded));
        assert!(began.elapsed().as_secs() >= 600, "{set_s}: {:?}", began.elapsed());
        let canary = bench.state().canary.unwrap();
        assert_eq!(canary.gap_s > 3_000.0, set_s > 0, "{set_s}: {}", canary.gap_s);
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_ends_the_soak_at_once_and_is_no_failure_of_the_canary() {
    let bench = Bench::new(&plan(1_800, rolls_back)).await;
    let operator = async {
        bench.until(|_| bench.counted_s() > 100.0).await;
        bench.ask(Control::Abort).await;
    };
    let began = Instant::now();
    let (ended, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(ended, Ok(Phase::Aborted));
    assert!(began.elapsed().as_secs() < 200);
    assert!(bench.state().canary.unwrap().end.is_none());
    assert_eq!(bench.hosts.starts().get("c1/back"), None);

    // Of the canary group alone nothing is left to be done, and still nobody knows whether the release is good.
    let mut alone = plan(1_800, |_| {});
    alone.batches.truncate(1);
    alone.hosts.truncate(1);
    let bench = Bench::new(&alone).await;
    let operator = async {
        bench.until(|_| bench.counted_s() > 100.0).await;
        bench.ask(Control::Abort).await;
    };
    let (ended, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(ended, Ok(Phase::Aborted), "{:?}", bench.state().summary);
    assert_eq!(
        bench.state().summary.unwrap().as_str(),
        "1 ok; its canary was not watched to its end"
    );
}

/// A worker that dies at any write of the soak, the judgement and what follows, and another an hour later: the hour does
/// not count, what had counted does, and the end is that of an undisturbed run.
#[tokio::test(start_paused = true)]
async fn a_worker_killed_at_any_write_of_the_soak_is_resumed_to_the_same_end() {
    let soak_s = 90;
    let undisturbed = Bench::new(&plan(soak_s, |_| {})).await;
    assert_eq!(undisturbed.work().await, Ok(Phase::Succeeded));
    let n_writes = undisturbed.stores.of(&run_id(1)).n_writes();
    let (mut in_soak, mut with_gap) = (0, 0);
    let mut struck = BTreeSet::new();
    for n in 1..=n_writes {
        for death in [Death::Before(n), Death::After(n)] {
            let bench = Bench::new(&plan(soak_s, |_| {})).await;
            let (began, first) = (Instant::now(), bench.work_until(&run_id(1), death).await);
            let worked = began.elapsed();
            struck.extend(bench.stores.of(&run_id(1)).struck());
            if first.is_err() && bench.state().finished.is_none() {
                let state = bench.state();
                let counted = bench.counted_s();
                assert!(counted <= worked.as_secs_f64(), "{death:?}");
                let soaking = canary(&state) && counted < soak_s as f64;
                in_soak += i32::from(soaking);
                tokio::time::sleep(Duration::from_hours(1)).await;
                let again = Instant::now();
                assert_eq!(bench.work().await, Ok(Phase::Succeeded), "{death:?}");
                let left = soak_s as f64 - counted;
                assert!(again.elapsed().as_secs_f64() >= left, "{death:?}: {:?}", again.elapsed());
                if soaking {
                    let gap = bench.state().canary.unwrap().gap_s;
                    with_gap += i32::from((3_500.0..3_700.0).contains(&gap));
                }
            }
            assert_eq!(bench.hosts.starts(), undisturbed.hosts.starts(), "{death:?}");
            let kinds = bench.kinds();
            let ends = kinds.iter().filter(|k| matches!(k, EventKind::CanaryEnded { .. })).count();
            assert_eq!(ends, 1, "{death:?}");
        }
    }
    assert!(in_soak >= 8, "{in_soak}");
    assert_eq!(in_soak, with_gap, "an hour without a worker is said");
    for kind in ["canary-soak", "canary-so-far", "canary-judged", "canary-ended"] {
        assert!(struck.contains(kind), "no worker died at a write of {kind}: {struck:?}");
    }
}

/// The worker that took a soak over dies as well, at any of its first writes, the one that tells of the hour without
/// a worker among them.
#[tokio::test(start_paused = true)]
async fn a_second_worker_killed_as_it_takes_a_soak_over_counts_no_hour_either() {
    let soak_s = 90;
    let mut struck = BTreeSet::new();
    for n in 1..=6 {
        for death in [Death::Before(n), Death::After(n)] {
            let bench = Bench::new(&plan(soak_s, |_| {})).await;
            let killed = async {
                tokio::select! {
                    ended = bench.work() => panic!("{ended:?} before it was soaked by half"),
                    () = bench.until(|_| bench.counted_s() > 40.0) => {}
                }
            };
            killed.await;
            let counted = bench.counted_s();
            tokio::time::sleep(Duration::from_hours(1)).await;
            assert!(bench.work_until(&run_id(1), death).await.is_err(), "{death:?}");
            struck.extend(bench.stores.of(&run_id(1)).struck());
            tokio::time::sleep(Duration::from_hours(1)).await;
            let again = Instant::now();
            assert_eq!(bench.work().await, Ok(Phase::Succeeded), "{death:?}");
            let left = soak_s as f64 - counted - 30.0;
            assert!(again.elapsed().as_secs_f64() >= left, "{death:?}: {:?}", again.elapsed());
            let canary = bench.state().canary.unwrap();
            assert!((7_000.0..7_300.0).contains(&canary.gap_s), "{death:?}: {}", canary.gap_s);
        }
    }
    assert!(struck.contains("canary-gap"), "no worker died at telling the gap: {struck:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_canary_is_rolled_back_by_a_run_of_its_own_where_that_is_wanted() {
    for by in ["metrics", "its own gate"] {
        let bench = Bench::new(&plan(600, rolls_back)).await;
        bench.metrics.answer(Measured::Errors);
        if by == "its own gate" {
            bench.gates.sick.lock().unwrap().insert("c1".into());
        }
        assert_eq!(bench.work().await, Ok(Phase::Failed), "{by}");
        let state = bench.state();
        let end = state.canary.unwrap().end.unwrap();
        let [back] = end.rollback.as_slice() else { panic!("{by}: {end:?}") };
        let run = bench.stores.of(back).state(back);
        assert!(run.phase.is_over(), "{by}");
        let planned = bench.stores.of(back).kinds();
        let EventKind::Planned { after, how, .. } = &planned[0] else { panic!() };
        assert_eq!(after.as_ref(), Some(&run_id(1)), "a new run that points to the old");
        assert!(how.as_str().contains("canary"), "{how}");
        assert_eq!(bench.hosts.starts()["c1/back"], 1, "{by}");
        assert!(state.finished >= run.finished, "the run ends after its way back");
    }
}

/// The same at any write of both runs: the way back is begun once and ends.
#[tokio::test(start_paused = true)]
async fn a_worker_killed_at_any_write_of_the_way_back_goes_on_with_it() {
    let ill = async |soak_s: u64| {
        let bench = Bench::new(&plan(soak_s, rolls_back)).await;
        bench.metrics.answer(Measured::Errors);
        bench
    };
    let undisturbed = ill(90).await;
    assert_eq!(undisturbed.work().await, Ok(Phase::Failed));
    let back = undisturbed.state().canary.unwrap().end.unwrap().rollback[0].clone();
    let n_first = undisturbed.stores.of(&run_id(1)).n_writes();
    let n_back = undisturbed.stores.of(&back).n_writes();
    assert!(n_back > 8, "{n_back}");
    let last = |n: usize| (n.saturating_sub(6)..=n).map(Some);
    let writes =
        last(n_first).map(|n| (run_id(1), n)).chain((1..=n_back).map(|n| (back.clone(), Some(n))));
    for (run, n) in writes.filter_map(|(run, n)| Some((run, n.filter(|n| *n > 0)?))) {
        for death in [Death::Before(n), Death::After(n)] {
            let bench = ill(90).await;
            let first = bench.work_until(&run, death).await;
            if first.is_err() && bench.state().finished.is_none() {
                assert_eq!(bench.work().await, Ok(Phase::Failed), "{death:?} of {run}");
            }
            assert_eq!(bench.hosts.starts(), undisturbed.hosts.starts(), "{death:?} of {run}");
            let ran = bench.state().canary.unwrap().end.unwrap().rollback;
            let over = bench.stores.of(&ran[0]).state(&ran[0]).finished.is_some();
            assert!(over || bench.state().finished.is_some(), "{death:?} of {run}");
            let n_runs = bench.stores.ids().len();
            assert!(n_runs <= 3, "{n_runs} runs: {death:?} of {run}");
        }
    }
}

/// A canary that did not pass is no proof: what it left is not retried. After one that passed the rest goes on without.
#[tokio::test(start_paused = true)]
async fn only_a_canary_that_passed_lets_the_rest_be_retried() {
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let bad = plan(90, |_| {});
    let bench = Bench::new(&bad).await;
    bench.metrics.answer(Measured::Errors);
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    let refused = retried(&bad, &bench.state(), now, |_| None).unwrap_err();
    assert!(matches!(&refused, NoRetry::NoPass { .. }), "{refused:?}");
    assert!(refused.to_string().contains("its canary did not pass"), "{refused}");
    // Ended by hand in its soak: it said nothing.
    let bench = Bench::new(&bad).await;
    let operator = async {
        bench.until(|_| bench.counted_s() > 10.0).await;
        bench.ask(Control::Abort).await;
    };
    let (ended, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(ended, Ok(Phase::Aborted));
    let refused = retried(&bad, &bench.state(), now, |_| None).unwrap_err();
    assert!(refused.to_string().contains("it was not watched to its end"), "{refused}");
    // It passed, and one of the others failed.
    let good = plan(90, |_| {});
    let bench = Bench::new(&good).await;
    bench.hosts.with("r2", |h| _ = h.exits.insert("up".into(), 1));
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    assert!(bench.state().canary.unwrap().end.unwrap().passed);
    let again = retried(&good, &bench.state(), now, |_| None).unwrap();
    assert_eq!((again.batches, again.canary), (vec![vec![host("r2")]], None));
}
