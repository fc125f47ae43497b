//! Where a plan lies in the store: apart from what changes with each event, and readable as older programs left it.

use std::path::Path;
use std::sync::Arc;

use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::engine::ports::{RunReader, RunWriter, StoreError};

use crate::sample::{StepClock, planned, run_id, simple_plan};

fn writer(dir: &StateDir) -> StoreWriter {
    StoreWriter::open(dir, Arc::new(StepClock::default()), &Operate::grant()).unwrap()
}

fn reader(dir: &StateDir) -> StoreReader {
    StoreReader::open(dir, Arc::new(StepClock::default())).unwrap()
}

/// As programs wrote it that kept a plan with its run.
fn as_before(database: &Path) {
    let db = rusqlite::Connection::open(database).unwrap();
    db.execute_batch(
        "ALTER TABLE runs ADD COLUMN plan TEXT NOT NULL DEFAULT '';
         UPDATE runs SET plan = (SELECT plan FROM plans WHERE run = id);
         DROP TABLE plans;
         DROP TABLE timeline;
         PRAGMA user_version = 4;",
    )
    .unwrap();
}

#[tokio::test]
async fn a_store_of_an_older_program_is_read_as_it_is_and_taken_along_by_the_next_change() {
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().join("state"));
    let (run, plan) = (run_id(1), simple_plan(&["a", "b"]));
    // Who looks before there is anything sees it once it is there, whatever is asked first.
    let early = reader(&dir);
    assert_eq!(early.plan(&run).await, Err(StoreError::NoSuchRun(run.to_string())));
    writer(&dir).create(&run, &plan, planned(&plan)).await.unwrap();
    assert_eq!(early.plan(&run).await.as_deref(), Ok(&plan));
    as_before(&dir.database());
    let looking = reader(&dir);
    assert_eq!(*looking.plan(&run).await.unwrap(), plan);
    let changing = writer(&dir);
    for store in [&looking as &dyn RunReader, &changing, &reader(&dir)] {
        assert_eq!(
            *store.plan(&run).await.unwrap(),
            plan,
            "also for whoever was looking meanwhile"
        );
    }
    changing.claim(&run, std::process::id()).await.unwrap();
    assert_eq!(changing.append(&run, vec![EventKind::Resumed]).await.unwrap()[0].seq, 2);
}

#[tokio::test]
async fn an_event_costs_what_it_says_and_not_what_its_plan_says() {
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().join("state"));
    let names: Vec<String> = (0..400).map(|n| format!("host-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (run, plan) = (run_id(1), simple_plan(&names));
    let store = writer(&dir);
    store.create(&run, &plan, planned(&plan)).await.unwrap();
    store.claim(&run, std::process::id()).await.unwrap();
    // Everything that is written goes through this file, until it is folded back into the database.
    let written = || std::fs::metadata(dir.database().with_extension("db-wal")).unwrap().len();
    let before = written();
    assert!(before > 500_000, "the plan is large: {before} bytes");
    for _ in 0..20 {
        store.append(&run, vec![EventKind::Resumed]).await.unwrap();
    }
    let each = (written() - before) / 20;
    assert!(each < 60_000, "{each} bytes for each event");
}
