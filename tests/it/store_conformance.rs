//! What every store must do, written against the ports: SQLite is the first that is held to it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::job::{JobEnd, JobStart};
use bunker_ops::domain::marker::StepMark;
use bunker_ops::domain::release::{Release, ReleaseRecord};
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::{Phase, RunState};
use bunker_ops::engine::ports::{Output, RunReader, RunWriter, StoreError};

use crate::sample::{StepClock, ann, host, planned, run_id, simple_plan, step};

/// Opens handles on one and the same store, each as another program would.
trait Stores {
    fn writer(&self) -> Arc<dyn RunWriter>;
    fn reader(&self) -> Arc<dyn RunReader>;
}

struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn dir(&self) -> StateDir {
        StateDir::at(self.0.path().join("state"))
    }
}

impl Stores for Sqlite {
    fn writer(&self) -> Arc<dyn RunWriter> {
        let clock = Arc::new(StepClock::default());
        Arc::new(StoreWriter::open(&self.dir(), clock, &Operate::grant()).unwrap())
    }

    fn reader(&self) -> Arc<dyn RunReader> {
        Arc::new(StoreReader::open(&self.dir(), Arc::new(StepClock::default())).unwrap())
    }
}

fn me() -> u32 {
    std::process::id()
}

async fn an_empty_store_is_readable(stores: &dyn Stores) {
    let reader = stores.reader();
    assert_eq!(reader.runs(10).await, Ok(Vec::new()));
    assert_eq!(reader.find("last").await, Err(StoreError::NoSuchRun("last".into())));
    assert_eq!(reader.releases(&host("a"), 5).await, Ok(Vec::new()));
    assert_eq!(reader.log(&run_id(1), &host("a"), 0, 10).await, Ok((Vec::new(), 0)));
    let before = reader.version().await.unwrap();
    let (plan, writer) = (simple_plan(&["a"]), stores.writer());
    writer.create(&run_id(1), &plan, planned(&plan)).await.unwrap();
    assert_ne!(reader.version().await.unwrap(), before, "a store that appears is noticed");
    assert_eq!(reader.runs(10).await.unwrap().len(), 1);
}

async fn events_come_back_in_order_and_the_list_follows_the_fold(stores: &dyn Stores) {
    let (plan, writer, reader) = (simple_plan(&["a", "b"]), stores.writer(), stores.reader());
    let run = run_id(2);
    writer.create(&run, &plan, planned(&plan)).await.unwrap();
    assert_eq!(*reader.plan(&run).await.unwrap(), plan);
    assert_eq!(reader.runs(1).await.unwrap()[0].phase, Phase::Planned);
    assert_eq!(writer.claim(&run, me()).await, Ok(1));
    let made = writer
        .append(
            &run,
            vec![EventKind::WorkerStarted { pid: me(), generation: 1 }, EventKind::Resumed],
        )
        .await
        .unwrap();
    assert_eq!(made.iter().map(|e| e.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(reader.events(&run, 1, 10).await.unwrap(), made);
    assert_eq!(reader.events(&run, 0, 2).await.unwrap().len(), 2);
    assert_eq!(reader.events(&run, 3, 10).await.unwrap(), []);
    assert_eq!(reader.runs(1).await.unwrap()[0].phase, Phase::Running);
    let outcome = Outcome::Changed;
    let summary = "2 ok".into();
    let last = vec![
        EventKind::HostFinished { host: host("a"), outcome: outcome.clone() },
        EventKind::HostFinished { host: host("b"), outcome },
        EventKind::RunFinished { state: Phase::Succeeded, summary },
    ];
    writer.append(&run, last).await.unwrap();
    let line = reader.runs(1).await.unwrap().remove(0);
    assert_eq!((line.phase, line.n_ok, line.n_failed), (Phase::Succeeded, 2, 0));
    let mut state = RunState::new(run.clone(), &plan);
    state.apply_all(&reader.events(&run, 0, 100).await.unwrap());
    assert_eq!(state.summarised(&plan), line);
    // An ended run takes nothing more.
    let ended = Err(StoreError::Ended(run.to_string()));
    assert_eq!(writer.append(&run, vec![EventKind::Resumed]).await, ended);
    assert_eq!(
        writer.ask(&run, Control::Pause, &ann()).await,
        Err(StoreError::Ended(run.to_string()))
    );
    assert_eq!(writer.claim(&run, me()).await, Err(StoreError::Ended(run.to_string())));
}

async fn one_worker_at_a_time_and_an_old_one_is_refused(stores: &dyn Stores) {
    let plan = simple_plan(&["a"]);
    let (first, second, reader) = (stores.writer(), stores.writer(), stores.reader());
    let run = run_id(3);
    first.create(&run, &plan, planned(&plan)).await.unwrap();
    let unclaimed = first.append(&run, vec![EventKind::Resumed]).await;
    assert_eq!(unclaimed, Err(StoreError::Owned { run: run.to_string(), pid: 0 }));
    // A process that lives holds the run against another.
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    assert_eq!(first.claim(&run, child.id()).await, Ok(1));
    first
        .append(&run, vec![EventKind::WorkerStarted { pid: child.id(), generation: 1 }])
        .await
        .unwrap();
    assert_eq!(reader.worker_alive(&run).await, Ok(true));
    let owned = Err(StoreError::Owned { run: run.to_string(), pid: child.id() });
    assert_eq!(second.claim(&run, me()).await, owned);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(reader.worker_alive(&run).await, Ok(false));
    assert_eq!(reader.runs(1).await.unwrap()[0].phase, Phase::Lost);
    assert_eq!(second.claim(&run, me()).await, Ok(2));
    let stale = Err(StoreError::Owned { run: run.to_string(), pid: me() });
    assert_eq!(first.append(&run, vec![EventKind::Resumed]).await, stale);
    assert_eq!(
        first.heartbeat(&run).await,
        Err(StoreError::Owned { run: run.to_string(), pid: me() })
    );
    second.heartbeat(&run).await.unwrap();
    let next = second.append(&run, vec![EventKind::Resumed]).await.unwrap();
    assert_eq!(next[0].seq, 3, "what was refused left no gap");
}

async fn controls_are_kept_in_order(stores: &dyn Stores) {
    let (plan, worker, other) = (simple_plan(&["a"]), stores.writer(), stores.writer());
    let run = run_id(4);
    worker.create(&run, &plan, planned(&plan)).await.unwrap();
    assert_eq!(worker.asked(&run, 0).await, Ok(Vec::new()));
    other.ask(&run, Control::Pause, &ann()).await.unwrap();
    worker.ask(&run, Control::Abort, &ann()).await.unwrap();
    let asked = worker.asked(&run, 0).await.unwrap();
    assert_eq!(
        asked.iter().map(|c| (c.seq, c.control.clone())).collect::<Vec<_>>(),
        [(1, Control::Pause), (2, Control::Abort)]
    );
    assert_eq!(worker.asked(&run, 1).await.unwrap().len(), 1);
    let none = run_id(999);
    assert_eq!(
        other.ask(&none, Control::Pause, &ann()).await,
        Err(StoreError::NoSuchRun(none.to_string()))
    );
}

async fn a_log_is_shown_without_marks_and_kept_with_them(stores: &dyn Stores) {
    let (plan, writer, reader) = (simple_plan(&["a"]), stores.writer(), stores.reader());
    let (run, a) = (run_id(5), host("a"));
    writer.create(&run, &plan, planned(&plan)).await.unwrap();
    writer.claim(&run, me()).await.unwrap();
    let nonce = |n: u32| format!("{n:032x}");
    let intend = |seq| EventKind::JobIntended {
        host: host("a"),
        seq,
        nonce: nonce(seq),
        steps: vec![step("up")],
    };
    writer.append(&run, vec![intend(1)]).await.unwrap();
    let mark = |seq: u32, word: &str| format!("\x1e{} {word}\n", nonce(seq));
    let first =
        format!("{}one\ntwo{}", mark(1, "start up 1700000000"), mark(1, "done up 0 1700000001 1"));
    // Byte by byte: a mark that arrives in pieces is never shown in part.
    for (idx, byte) in first.bytes().enumerate() {
        assert_eq!(writer.keep_log(&run, &a, 1, &[byte]).await, Ok(idx as u64 + 1));
        let (text, _) = reader.log(&run, &a, 0, 100).await.unwrap();
        assert!(b"one\ntwo".starts_with(&text), "{text:?}");
    }
    assert_eq!(reader.log(&run, &a, 0, 100).await, Ok((b"one\ntwo".to_vec(), 7)));
    assert_eq!(reader.log(&run, &a, 2, 3).await, Ok((b"e\nt".to_vec(), 7)));
    let mark_at = |at, ended| StepMark { at, step: step("up"), ended };
    let marks = vec![mark_at(0, false), mark_at(7, true)];
    assert_eq!(reader.log_marks(&run, &a).await, Ok(marks.clone()));
    assert_eq!(stores.reader().log_marks(&run, &a).await, Ok(marks), "by who never read it, too");
    assert_eq!(writer.log_length(&run, &a, 1).await, Ok(first.len() as u64));
    assert_eq!(writer.raw_log(&run, &a, 1, 1, 32).await, Ok(nonce(1).into_bytes()));
    writer.append(&run, vec![intend(2)]).await.unwrap();
    writer
        .keep_log(&run, &a, 2, format!("{}three\n", mark(2, "note eA==")).as_bytes())
        .await
        .unwrap();
    let outputs = reader.outputs(&run, &[(host("b"), 0), (a.clone(), 5)], 100).await.unwrap();
    let none = Output { bytes: Vec::new(), length: 0, marks: Vec::new() };
    let marks = reader.log_marks(&run, &a).await.unwrap();
    let rest = Output { bytes: b"wothree\n".to_vec(), length: 13, marks };
    assert_eq!(outputs, [none, rest], "each in its place");
    assert_eq!(reader.log(&run, &a, 5, 100).await, Ok((b"wothree\n".to_vec(), 13)));
    // Three megabytes, then any part of them.
    let big: Vec<u8> = (0..3_000_000u32).map(|n| b'a' + (n % 23) as u8).collect();
    for chunk in big.chunks(100_000) {
        writer.keep_log(&run, &a, 2, chunk).await.unwrap();
    }
    for offset in [0usize, 1, 65_536, 1_048_570, 2_000_001, 2_999_990] {
        let (text, length) = reader.log(&run, &a, 13 + offset as u64, 1_000).await.unwrap();
        assert_eq!(length, 3_000_013);
        assert_eq!(text, big[offset..(offset + 1_000).min(big.len())], "at {offset}");
    }
}

async fn releases_are_kept_once_per_run(stores: &dyn Stores) {
    let (writer, reader) = (stores.writer(), stores.reader());
    let record = |n: u16, healthy| ReleaseRecord {
        sha: format!("{n:040x}").parse().unwrap(),
        reference: "v2".into(),
        run: Some(run_id(n)),
        at: "2026-11-22T22:00:00Z".parse().unwrap(),
        healthy,
        previous: None,
        env_sha256: None,
    };
    let plan = simple_plan(&["a"]);
    for n in [1, 2] {
        writer.create(&run_id(n), &plan, planned(&plan)).await.unwrap();
        writer.claim(&run_id(n), std::process::id()).await.unwrap();
    }
    let begins = || vec![EventKind::BatchStarted { batch: 0 }];
    for (n, healthy) in [(1, false), (2, true), (1, true)] {
        let release = Release { instance: host("a"), record: record(n, healthy) };
        let events = writer.append_released(&run_id(n), begins(), &release).await.unwrap();
        assert_eq!(events.into_iter().map(|e| e.kind).collect::<Vec<_>>(), begins());
    }
    let release = Release { instance: host("b"), record: record(3, true) };
    let refused = writer.append_released(&run_id(3), begins(), &release).await;
    assert!(refused.is_err(), "neither the events nor the release: {refused:?}");
    let kept = reader.releases(&host("a"), 10).await.unwrap();
    assert_eq!(
        kept.iter().map(|r| r.record.clone()).collect::<Vec<_>>(),
        [record(2, true), record(1, true)]
    );
    assert_eq!(reader.releases(&host("b"), 10).await, Ok(Vec::new()));
}

async fn a_run_is_found_by_its_end(stores: &dyn Stores) {
    let (plan, writer) = (simple_plan(&["a"]), stores.writer());
    for n in [0x12ab, 0x34ab] {
        writer.create(&run_id(n), &plan, planned(&plan)).await.unwrap();
    }
    assert_eq!(writer.find("12ab").await, Ok(run_id(0x12ab)));
    assert_eq!(writer.find("last").await, Ok(run_id(0x34ab)));
    assert_eq!(writer.find(run_id(0x12ab).as_str()).await, Ok(run_id(0x12ab)));
    assert!(matches!(writer.find("ab").await, Err(StoreError::Ambiguous { .. })));
    for none in ["", "zz", "%", "_2ab"] {
        assert_eq!(writer.find(none).await, Err(StoreError::NoSuchRun(none.into())));
    }
    assert!(
        writer.create(&run_id(0x12ab), &plan, planned(&plan)).await.is_err(),
        "an id is used once"
    );
}

/// Many hosts journal at once: nothing is lost, nothing is numbered twice.
async fn writers_at_once_leave_no_gap(stores: &dyn Stores) {
    let (plan, writer) = (simple_plan(&["a"]), stores.writer());
    let run = run_id(6);
    writer.create(&run, &plan, planned(&plan)).await.unwrap();
    writer.claim(&run, me()).await.unwrap();
    let one = |n: u32| {
        let (writer, run) = (Arc::clone(&writer), run.clone());
        async move {
            let kind = EventKind::JobStarted { host: host("a"), seq: n, start: JobStart::Started };
            let end = EventKind::JobEnded { host: host("a"), seq: n, end: JobEnd::Exited(0) };
            let made = writer.append(&run, vec![kind, end]).await.unwrap();
            assert_eq!(made[0].seq + 1, made[1].seq);
        }
    };
    futures_util::future::join_all((0..200).map(one)).await;
    let events = stores.reader().events(&run, 0, 1_000).await.unwrap();
    assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=401).collect::<Vec<_>>());
}

#[tokio::test]
async fn sqlite_conforms() {
    an_empty_store_is_readable(&Sqlite::new()).await;
    events_come_back_in_order_and_the_list_follows_the_fold(&Sqlite::new()).await;
    one_worker_at_a_time_and_an_old_one_is_refused(&Sqlite::new()).await;
    controls_are_kept_in_order(&Sqlite::new()).await;
    a_log_is_shown_without_marks_and_kept_with_them(&Sqlite::new()).await;
    releases_are_kept_once_per_run(&Sqlite::new()).await;
    a_run_is_found_by_its_end(&Sqlite::new()).await;
    writers_at_once_leave_no_gap(&Sqlite::new()).await;
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn nobody_else_can_read_the_store_and_a_newer_one_is_refused() {
    let stores = Sqlite::new();
    let (plan, writer) = (simple_plan(&["a"]), stores.writer());
    writer.create(&run_id(1), &plan, planned(&plan)).await.unwrap();
    writer.keep_log(&run_id(1), &host("a"), 1, b"x").await.unwrap();
    let dir = stores.dir();
    assert_eq!(mode(dir.path()), 0o700);
    for file in ["bunker.db", "bunker.db-wal", "bunker.db-shm"] {
        assert_eq!(mode(&dir.path().join(file)), 0o600, "{file}");
    }
    let log = dir.runs().join(run_id(1).as_str()).join("a.1.log");
    assert_eq!((mode(&log), mode(log.parent().unwrap())), (0o600, 0o700));
    drop(writer);

    let db = rusqlite::Connection::open(dir.database()).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    let clock = Arc::new(StepClock::default());
    let looking = StoreReader::open(&dir, Arc::<StepClock>::clone(&clock)).map(drop);
    let changing = StoreWriter::open(&dir, clock, &Operate::grant()).map(drop);
    for refused in [looking, changing] {
        assert!(matches!(refused, Err(StoreError::Newer { found: 99, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_write_says_so_and_keeps_what_it_has() {
    let stores = Sqlite::new();
    let (plan, writer, reader) = (simple_plan(&["a"]), stores.writer(), stores.reader());
    let run = run_id(1);
    writer.create(&run, &plan, planned(&plan)).await.unwrap();
    writer.claim(&run, me()).await.unwrap();
    // Another program locks the table away from under it: nothing can be appended any more.
    let db = rusqlite::Connection::open(stores.dir().database()).unwrap();
    db.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'disk full'); END",
    )
    .unwrap();
    let failed = writer.append(&run, vec![EventKind::Resumed]).await.unwrap_err();
    assert!(failed.to_string().contains("disk full"), "{failed}");
    assert_eq!(reader.events(&run, 0, 10).await.unwrap().len(), 1);
    db.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(writer.append(&run, vec![EventKind::Resumed]).await.unwrap()[0].seq, 2);
}
