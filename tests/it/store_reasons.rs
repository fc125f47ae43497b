//! Why a run is done, where policy wants a reason: said by whoever starts it, or that of the run whose worker starts it.

use std::sync::Arc;

use bunker_ops::adapters::caller::this_process;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::StoreWriter;
use bunker_ops::domain::audit::{Caller, Wanted};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::ports::{AuditReader, RunWriter, StoreError};

use crate::sample::{StepClock, planned, run_id, simple_plan};

#[tokio::test]
async fn a_way_back_that_a_worker_starts_is_for_the_reason_of_its_run_and_nobody_elses() {
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().join("state"));
    let store = |why: Option<&str>| {
        let caller = Caller { why: why.map(Safe::from), ..this_process() };
        let clock = Arc::new(StepClock::default());
        StoreWriter::open_for(&dir, clock, caller, &Operate::grant()).unwrap()
    };
    let mut plan = simple_plan(&["a"]);
    plan.hosts[0].settings.policy.require_why = true;
    let first = planned(&plan);
    let following = |run: &RunId| {
        let EventKind::Planned { hash, by, how, .. } = first.clone() else { panic!("{first:?}") };
        EventKind::Planned { hash, by, how, after: Some(run.clone()) }
    };
    let ids: Vec<RunId> = (1..=5).map(run_id).collect();
    store(Some("CHG-9")).create(&ids[0], &plan, first.clone()).await.unwrap();
    let worker = store(None);
    assert_eq!(worker.create(&ids[1], &plan, first.clone()).await, Err(StoreError::NoReason));
    // Its run has no worker: whoever follows it says why.
    let early = worker.create(&ids[2], &plan, following(&ids[0])).await;
    assert_eq!(early, Err(StoreError::NoReason));
    worker.claim(&ids[0], std::process::id()).await.unwrap();
    worker.create(&ids[3], &plan, following(&ids[0])).await.unwrap();
    let wanted = Wanted { run: Some(ids[3].clone()), ..Wanted::default() };
    let records = worker.audit_latest(&wanted, 9).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].record.why, Some("CHG-9".into()));
    // What was said for this one counts, and not what was said before.
    store(Some("by hand")).create(&ids[4], &plan, following(&ids[0])).await.unwrap();
    let wanted = Wanted { run: Some(ids[4].clone()), ..Wanted::default() };
    let records = worker.audit_latest(&wanted, 9).await.unwrap();
    assert_eq!(records[0].record.why, Some("by hand".into()));
}
