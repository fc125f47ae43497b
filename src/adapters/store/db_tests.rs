//! What changes that share a commit leave behind, and what is durable when.

use std::sync::Arc;

use serde_json::json;

use super::db::Db;
use crate::adapters::caller::this_process;
use crate::adapters::clock::SystemClock;
use crate::adapters::paths::StateDir;
use crate::domain::ids::{HostId, RunId};
use crate::domain::job::JobEnd;
use crate::domain::plan::{Plan, sample};
use crate::domain::run::event::EventKind;
use crate::domain::run::operator::Operator;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::Phase;
use crate::engine::ports::StoreError;

fn plan() -> Plan {
    let step =
        json!({"id": "up", "script": "true", "timeout_s": 60, "title": "up", "changes": null});
    let phases = json!([{"phase": "job", "steps": [step]}]);
    serde_json::from_value(json!({
        "schema": 1, "workflow": "upgrade", "fleet": "test", "target": null, "changes": [],
        "batches": [["a"]], "hosts": [sample::host("a", &phases)], "excluded": [], "parallel": 1,
        "stops": {"max_failed": 1, "max_unreachable": 1}, "made_at": "2026-11-22T22:00:00Z"
    }))
    .unwrap()
}

fn planned() -> EventKind {
    let by = Operator { user: "ann".into(), machine: "desk".into(), from: None };
    EventKind::Planned { hash: plan().hash(), by, how: "test".into(), after: None }
}

fn run_id(n: u8) -> RunId {
    format!("261122-220000-00{n:02x}").parse().unwrap()
}

fn a() -> HostId {
    "a".parse().unwrap()
}

fn finished() -> Vec<EventKind> {
    vec![EventKind::RunFinished { state: Phase::Succeeded, summary: "1 ok".into() }]
}

fn open(dir: &std::path::Path) -> Db {
    Db::writer(StateDir::at(dir.join("state")), Arc::new(SystemClock), this_process()).unwrap()
}

/// One commit of one change.
fn change<T>(db: &mut Db, what: impl FnOnce(&mut Db) -> Result<T, StoreError>) -> T {
    db.begin().unwrap();
    let made = db.whole(what).unwrap();
    db.commit().unwrap();
    made
}

fn begun(db: &mut Db, run: &RunId) {
    change(db, |db| db.create(run, plan(), planned()));
    change(db, |db| db.claim(run, std::process::id()));
}

#[test]
fn a_change_that_fails_takes_nothing_from_those_that_it_is_committed_with() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    let (one, other) = (run_id(1), run_id(2));
    begun(&mut db, &one);
    begun(&mut db, &other);
    let fails = || StoreError::Ended("on purpose".into());
    db.begin().unwrap();
    db.whole(|db| db.append(&one, finished())).unwrap();
    let failed = db.whole(|db| {
        db.append(&other, finished())?;
        Err::<(), _>(fails())
    });
    assert_eq!(failed, Err(fails()));
    // After the failure too the store knows what it has: one event more, of the run that is there still.
    db.whole(|db| db.append(&other, vec![EventKind::HostStarted { host: a() }])).unwrap();
    db.commit().unwrap();
    for (run, phase, n) in [(&one, Phase::Succeeded, 2), (&other, Phase::Running, 2)] {
        let line = db.runs(10).unwrap().into_iter().find(|line| &line.run == run).unwrap();
        assert_eq!(line.phase, phase, "{run}");
        assert_eq!(db.events(run, 0, 10).unwrap().len(), n, "{run}");
    }
}

#[test]
fn what_another_program_changed_is_seen_whatever_was_known_before() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, mut theirs) = (open(dir.path()), open(dir.path()));
    let run = run_id(1);
    begun(&mut ours, &run);
    change(&mut ours, |db| db.append(&run, vec![EventKind::HostStarted { host: a() }]));
    // Somebody ends the run without being its worker: the next event of ours is refused.
    change(&mut theirs, |db| db.journal(&run, finished()));
    ours.begin().unwrap();
    let late = ours.whole(|db| db.append(&run, vec![EventKind::Resumed]));
    assert_eq!(late, Err(StoreError::Ended(run.to_string())));
    ours.commit().unwrap();
    let other = run_id(2);
    begun(&mut ours, &other);
    change(&mut ours, |db| db.append(&other, vec![EventKind::HostStarted { host: a() }]));
    let sql = "UPDATE runs SET generation = generation + 1";
    change(&mut theirs, |db| db.execute_with(sql, &[]));
    ours.begin().unwrap();
    let taken = ours.whole(|db| db.append(&other, vec![EventKind::Resumed]));
    assert!(matches!(taken, Err(StoreError::Owned { .. })), "{taken:?}");
}

#[test]
fn output_is_durable_when_its_job_has_ended_and_not_each_time_that_a_step_has() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    let run = run_id(1);
    begun(&mut db, &run);
    let nonce = "0".repeat(32);
    let steps = vec!["up".parse().unwrap()];
    for seq in [1, 2] {
        let intended =
            EventKind::JobIntended { host: a(), seq, nonce: nonce.clone(), steps: steps.clone() };
        change(&mut db, |db| db.append(&run, vec![intended]));
        db.logs.keep(&(run.clone(), a(), seq), b"text\n").unwrap();
    }
    assert_eq!(db.logs.n_not_durable(), 2);
    let end = |seq| EventKind::JobEnded { host: a(), seq, end: JobEnd::Exited(0) };
    change(&mut db, |db| db.append(&run, vec![end(1)]));
    assert_eq!(db.logs.n_not_durable(), 1);
    // The end of the host's work counts, whatever is known of its jobs.
    let over = EventKind::HostFinished { host: a(), outcome: Outcome::Ok };
    change(&mut db, |db| db.append(&run, vec![over]));
    assert_eq!(db.logs.n_not_durable(), 0);
}
