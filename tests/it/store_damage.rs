//! The database is damaged, held by another program, or cannot be written: what is said, that no run begins without its
//! journal, and that nothing of the file is thrown away.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::engine::ports::{RunReader, RunWriter, StoreError};

use crate::lab::{HostSpec, Lab, Options};
use crate::pty_life::{SOON, cockpit_with};
use crate::run_process::{self, all_starts, program};
use crate::sample::{StepClock, planned, run_id, simple_plan};

/// What SQLite reads and writes at a time.
const PAGE: usize = 4_096;
/// Runs in a store that is damaged; their plans and events fill some pages.
const RUNS: u16 = 12;

fn writer(dir: &StateDir) -> Result<StoreWriter, StoreError> {
    StoreWriter::open(dir, Arc::new(StepClock::default()), &Operate::grant())
}

fn reader(dir: &StateDir) -> Result<StoreReader, StoreError> {
    StoreReader::open(dir, Arc::new(StepClock::default()))
}

/// A store with runs, which nobody has open; its bytes.
async fn filled(dir: &StateDir) -> Vec<u8> {
    let store = writer(dir).unwrap();
    for n in 1..=RUNS {
        begun(&store, n).await.unwrap();
    }
    closed(store, dir).await
}

/// A run as a worker begins it, each step of which has to be written before the next.
async fn begun(store: &StoreWriter, n: u16) -> Result<(), StoreError> {
    let (run, plan) = (run_id(n), simple_plan(&["a", "b"]));
    store.create(&run, &plan, planned(&plan)).await?;
    store.claim(&run, std::process::id()).await?;
    store.append(&run, vec![EventKind::Resumed; 40]).await.map(drop)
}

/// The bytes of the database once its thread has put everything there.
async fn closed(store: StoreWriter, dir: &StateDir) -> Vec<u8> {
    drop(store);
    let log = dir.database().with_extension("db-wal");
    let deadline = Instant::now() + Duration::from_secs(20);
    while log.exists() {
        assert!(Instant::now() < deadline, "the store is not closed");
        tokio::task::yield_now().await;
    }
    fs::read(dir.database()).unwrap()
}

/// That an error names the file and what to do with it.
fn is_told(error: &StoreError, dir: &StateDir, what: &str) {
    let text = error.to_string();
    let file = dir.database().display().to_string();
    assert!(text.contains(&file), "{what}: {text}");
    assert!(text.contains("move it away, do not delete it"), "{what}: {text}");
}

#[tokio::test]
async fn with_any_page_torn_a_run_has_its_journal_or_does_not_begin_and_the_file_stays() {
    let own = tempfile::tempdir().unwrap();
    let sound = filled(&StateDir::at(own.path().join("sound"))).await;
    let pages = sound.len() / PAGE;
    assert!(pages > 20, "{pages}");
    let (mut refused, mut went_on) = (0, 0);
    for page in 0..pages {
        for (kind, byte) in [("zeros", 0), ("garbage", 0xA5)] {
            let what = format!("page {} of {pages} is {kind}", page + 1);
            let dir = StateDir::at(own.path().join(format!("{page}-{kind}")));
            dir.prepare().unwrap();
            let mut torn = sound.clone();
            torn[page * PAGE..(page + 1) * PAGE].fill(byte);
            fs::write(dir.database(), &torn).unwrap();
            // What can still be read is read; what cannot be is said, and nothing is made up.
            match reader(&dir) {
                Ok(reader) => {
                    for n in 1..=RUNS {
                        match reader.events(&run_id(n), 0, 99).await {
                            Ok(events) => assert_eq!(events.len(), 41, "{what}: run {n}"),
                            Err(StoreError::NoSuchRun(_)) => panic!("{what}: run {n} is no more"),
                            Err(error) => is_told(&error, &dir, &what),
                        }
                    }
                }
                Err(error) => is_told(&error, &dir, &what),
            }
            assert_eq!(fs::read(dir.database()).unwrap(), torn, "{what}: looking changed it");
            let tried = match writer(&dir) {
                Ok(store) => begun(&store, RUNS + 1).await,
                Err(error) => Err(error),
            };
            match tried {
                Ok(()) => {
                    went_on += 1;
                    let events = reader(&dir).unwrap().events(&run_id(RUNS + 1), 0, 99).await;
                    assert_eq!(events.unwrap().len(), 41, "{what}: it has its whole journal");
                }
                Err(error) => {
                    refused += 1;
                    is_told(&error, &dir, &what);
                }
            }
            let after = fs::read(dir.database()).unwrap();
            assert!(after.len() >= torn.len(), "{what}: nothing of the file is thrown away");
        }
    }
    assert!(refused > 5 && went_on > 5, "{refused} refused, {went_on} went on");
}

/// A paper host, and the program's own folders, with a first run that went well.
struct Desk {
    lab: Lab,
    own: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let options = Options::instances().with_hosts(vec![HostSpec::new("one")]);
        let desk = Self { lab: Lab::start(1, options).unwrap(), own: tempfile::tempdir().unwrap() };
        let made = desk.run(&["backup", "one", "--yes"]);
        assert!(made.status.success(), "{made:?}");
        // Whoever closes it last puts all that was written into the one file.
        let log = desk.database().with_extension("db-wal");
        let deadline = Instant::now() + Duration::from_mins(1);
        while log.exists() {
            assert!(Instant::now() < deadline, "somebody has it open still");
            let last = rusqlite::Connection::open(desk.database()).unwrap();
            let runs: i64 =
                last.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap();
            assert_eq!(runs, 1);
        }
        desk
    }

    fn database(&self) -> PathBuf {
        StateDir::at(self.own.path().join("state")).database()
    }

    fn run(&self, args: &[&str]) -> Output {
        program(&self.lab, self.own.path()).args(args).output().unwrap()
    }

    /// The runs that the host knows of.
    fn on_host(&self) -> BTreeSet<String> {
        let ops = self.lab.named("one").unwrap().state_dir().join("ops");
        let names = fs::read_dir(ops).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    /// That this is refused, in these words, and the host hears nothing of it.
    fn refuses(&self, args: &[&str], words: &[&str]) {
        let before = self.on_host();
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(said.contains(word), "{args:?}: {said}");
        }
        assert_eq!(self.on_host(), before, "{args:?}");
    }
}

/// What cannot be looked at is not shown as an output without a line.
#[tokio::test]
async fn an_output_that_cannot_be_looked_at_is_an_error_and_not_empty() {
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().to_owned());
    let store = writer(&dir).unwrap();
    begun(&store, 1).await.unwrap();
    let (run, a) = (run_id(1), simple_plan(&["a"]).hosts[0].id.clone());
    let steps = Vec::new();
    let job = EventKind::JobIntended { host: a.clone(), seq: 1, nonce: "ab".repeat(16), steps };
    store.append(&run, vec![job]).await.unwrap();
    store.keep_log(&run, &a, 1, b"one line\n").await.unwrap();
    assert_eq!(reader(&dir).unwrap().log(&run, &a, 0, 99).await.unwrap().1, 9);
    let folder = dir.runs().join(run.as_str());
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(reader(&dir).unwrap().log(&run, &a, 0, 99).await, Ok((Vec::new(), 0)));
    fs::write(&folder, "in the way").unwrap();
    let said = reader(&dir).unwrap().log(&run, &a, 0, 99).await.unwrap_err().to_string();
    assert!(said.contains(&folder.display().to_string()), "{said}");
}

#[test]
fn a_database_that_is_none_any_more_begins_no_run_is_said_everywhere_and_left_as_it_is() {
    let desk = Desk::new();
    let (path, sound) = (desk.database(), fs::read(desk.database()).unwrap());
    let file = path.display().to_string();
    let half = sound[..sound.len() / 2].to_vec();
    for (what, damaged) in
        [("garbage", b"no database".repeat(900)), ("cut in half", half), ("empty", Vec::new())]
    {
        fs::write(&path, &damaged).unwrap();
        let words = [file.as_str(), "move it away, do not delete it"];
        for args in [
            &["runs"][..],
            &["show", "last"],
            &["audit", "verify"],
            &["backup", "one", "--yes", "--detach"],
        ] {
            desk.refuses(args, &words);
        }
        let doctor = desk.run(&["doctor", "--local"]);
        let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert_eq!(doctor.status.code(), Some(3), "{what}: {told}");
        assert!(told.contains("bunker.db"), "{what}: {told}");
        assert_eq!(fs::read(&path).unwrap(), damaged, "{what}: it is left as it is");
    }
    // The cockpit shows the fleet all the same, and says what it cannot show.
    let mut terminal = cockpit_with(&desk.lab.inventory_dir(), desk.own.path(), (120, 30), &[]);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.wait_for("runs cannot be shown", SOON).unwrap();
    let seen = terminal.text();
    assert!(!seen.contains("is not kept"), "one cause is told once:\n{seen}");
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    // A copy in its place, and all is as it was.
    fs::write(&path, &sound).unwrap();
    let runs = desk.run(&["runs", "--json"]);
    let runs: serde_json::Value = serde_json::from_slice(&runs.stdout).unwrap();
    assert_eq!(runs["runs"][0]["state"], "succeeded", "{runs:#}");
    // And moved away, a new one begins.
    fs::rename(&path, path.with_extension("damaged")).unwrap();
    let made = desk.run(&["backup", "one", "--yes"]);
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn a_store_that_cannot_be_written_begins_no_run() {
    let desk = Desk::new();
    let path = desk.database();
    let file = path.display().to_string();
    let backup = ["backup", "one", "--yes", "--detach"];
    // Held by another program for longer than anybody waits for it; who only looks is not kept.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.refuses(&backup, &[&file, "another program", "longer than 10 s", "try again"]);
    let listed = desk.run(&["runs"]);
    assert!(listed.status.success(), "{listed:?}");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    // A folder in which nobody can make anything, root neither.
    let before = desk.on_host();
    let mut nowhere = program(&desk.lab, desk.own.path());
    let output = nowhere.env("BUNKER_STATE", "/sys/bunker").args(backup).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/sys/bunker") && said.contains("BUNKER_STATE"), "{said}");
    assert_eq!(desk.on_host(), before);
    // Then all is well again, and the first run is still there.
    let made = desk.run(&["backup", "one", "--yes"]);
    assert!(made.status.success(), "{made:?}");
    let runs = desk.run(&["runs", "--json"]);
    let runs: serde_json::Value = serde_json::from_slice(&runs.stdout).unwrap();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2, "{runs:#}");
}

/// The worker of a run cannot write down what comes next, so it begins nothing more; the next one goes on from the hosts'
/// truth.
#[test]
fn a_run_under_way_whose_store_is_held_begins_nothing_more_and_is_resumed() {
    let bench = run_process::Bench::with(&["one"], &["bunker_min_healthy_s: 2"]);
    let run = bench.upgrade("one", "v2.5.0");
    bench.when(&run, "running", |shown| run_process::running_step(shown).is_some());
    let path: PathBuf = StateDir::at(bench.state()).database();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    bench.no_worker_is_left();
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    bench.when(&run, "lost", |shown| shown["state"] == "lost");
    let resumed = bench.json(&["resume", &run, "--json"]);
    let shown = bench.when(&run, "succeeded", |shown| shown["state"] == "succeeded");
    assert_eq!(shown["targets"][0]["outcome"], "changed", "{resumed:#} {shown:#}");
    let ops: &Path = &bench.lab.named("one").unwrap().state_dir().join("ops").join(&run);
    for (step, times) in all_starts(ops) {
        assert_eq!(times, 1, "{step} began {times} times");
    }
}
