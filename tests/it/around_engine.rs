//! What stands around a run, in memory and in paused time: hooks, the campaign, leases between jobs.

use std::collections::VecDeque;

use bunker_ops::domain::hook::{HookPoint, PlannedHook};
use bunker_ops::domain::lease::{FleetKey, Lease, LeaseLook, Taken};
use bunker_ops::domain::plan::{CampaignSpec, Plan};
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::state::Phase;
use bunker_ops::engine::ports::RunWriter;

use crate::run_engine::Bench;
use crate::sample::{Part, ann, host_plan, plan_of, run_id};

/// Two batches of one host, with a hook at every point.
pub(crate) fn hooked() -> Plan {
    let parts = [Part::Job(&[("lease", "true"), ("up", "true")])];
    let hosts = ["a", "b"].map(|id| host_plan(id, &parts)).to_vec();
    let mut plan = plan_of(hosts, &[&["a"], &["b"]], 1);
    let hook = |point: HookPoint| PlannedHook {
        point,
        path: format!("/hooks/{point}").into(),
        sha256: "0".repeat(64),
        timeout_s: 5,
    };
    plan.around.hooks = HookPoint::ALL.map(hook).to_vec();
    plan
}

fn points(bench: &Bench) -> Vec<String> {
    let calls = bench.around.hooks.calls.lock().unwrap();
    let of = |call: &bunker_ops::domain::hook::HookCall| {
        let batch = call.batch.map(|n| format!(" {n}")).unwrap_or_default();
        format!("{}{batch}", call.hook)
    };
    calls.iter().map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn hooks_are_run_around_batches_and_the_run_and_hear_what_happened() {
    let plan = hooked();
    let bench = Bench::new(&plan).await;
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    let want =
        ["pre-connect", "pre-batch 1", "post-batch 1", "pre-batch 2", "post-batch 2", "post-run"];
    assert_eq!(points(&bench), want);
    let calls = bench.around.hooks.calls.lock().unwrap();
    assert_eq!(calls[1].hosts[0].outcome, None);
    assert_eq!((calls[2].hosts.len(), calls[2].hosts[0].outcome), (1, Some("changed")));
    assert_eq!(calls[2].plan, Some(plan.hash().to_string()));
    assert_eq!(calls[5].hosts.len(), 2);
    let ran = bench.store.kinds();
    let n = ran.iter().filter(|k| matches!(k, EventKind::HookRan { failed: None, .. })).count();
    assert_eq!(n, 6);
    assert!(matches!(ran.last(), Some(EventKind::RunFinished { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_says_no_holds_the_batch_until_it_says_yes() {
    let bench = Bench::new(&hooked()).await;
    *bench.around.hooks.no.lock().unwrap() = VecDeque::from([HookPoint::PreBatch]);
    let resume = async {
        loop {
            let paused = bench.store.kinds().into_iter().any(|k| {
                matches!(k, EventKind::Paused { reason: PauseReason::Hook, why }
                    if why.as_str() == "the hook pre-batch said no: it ended with exit code 3")
            });
            if paused {
                assert_eq!(bench.hosts.starts().len(), 0, "nothing was begun");
                return bench.store.ask(&run_id(1), Control::Resume, &ann()).await.unwrap();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let (worked, ()) = tokio::join!(bench.work(), resume);
    assert_eq!(worked, Ok(Phase::Succeeded));
    let seen = points(&bench);
    assert_eq!(seen.iter().filter(|p| *p == "pre-batch 1").count(), 2, "{seen:?}");
    assert!(seen.contains(&"on-paused".to_owned()), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_and_a_refused_connection_are_told_to_hooks() {
    let bench = Bench::new(&hooked()).await;
    bench.hosts.with("a", |h| {
        h.exits.insert("up".into(), 1);
    });
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    let seen = points(&bench);
    assert_eq!(seen[seen.len() - 2..], ["on-failed", "post-run"], "{seen:?}");
    let bench = Bench::new(&hooked()).await;
    *bench.around.hooks.no.lock().unwrap() = VecDeque::from([HookPoint::PreConnect]);
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    assert!(bench.hosts.starts().is_empty(), "no host was asked anything");
}

pub(crate) fn campaigning() -> Plan {
    let mut plan = hooked();
    plan.around.hooks.clear();
    let central = plan.hosts[0].connection.clone();
    let fleet = FleetKey::of(&plan.fleet);
    plan.around.campaign = Some(CampaignSpec { fleet, central: Some(central) });
    plan
}

#[tokio::test(start_paused = true)]
async fn a_campaign_takes_the_fleet_before_each_batch_and_gives_it_back() {
    let bench = Bench::new(&campaigning()).await;
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    let asked = bench.around.leases.asked.lock().unwrap();
    assert_eq!(*asked, ["take a batch 1 of 2", "take a batch 2 of 2", "give back a"]);
    assert_eq!(*bench.around.campaigns.ended.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_another_control_machine_goes_through_is_left_alone() {
    let bench = Bench::new(&campaigning()).await;
    let lease = Lease {
        holder: "run 261122-221405-7f3a (upgrade) by bob on elsewhere since 22:14".into(),
        run: None,
        workflow: "upgrade".into(),
        target: "v2".into(),
        operator: "bob".into(),
        generation: 4,
        started: "22:14".into(),
        beat_age_s: Some(3),
        doing: "batch 2 of 4".into(),
        left_s: 80,
    };
    let held = Taken::Held(Box::new(LeaseLook { lease: Some(lease), ..LeaseLook::default() }));
    bench.around.leases.taken.lock().unwrap().push_back(Ok(held));
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    assert!(bench.hosts.starts().is_empty(), "nothing was begun");
    let told = bench.store.kinds().into_iter().any(|k| {
        matches!(k, EventKind::Stopping { why }
            if why.as_str().contains("by bob on elsewhere since 22:14, at batch 2 of 4"))
    });
    assert!(told, "{:?}", bench.store.kinds());
}
