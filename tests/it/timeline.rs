//! The timeline of an instance: kept by the store with bounds, written as the poller sees it, told by the command line.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter, TimelineKeeper};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::lease::FleetKey;
use bunker_ops::domain::snapshot::{
    Contact, FleetSnapshot, InstanceView, MetricsState, RunningRelease,
};
use bunker_ops::domain::timeline::{Condition, GAP_S, KEEP_S, Kept, MOST, Observed, changes};
use bunker_ops::engine::ports::{Clock, StoreError, Timeline, TimelineReader};
use bunker_ops::engine::supervisor::Supervisor;
use bunker_ops::engine::timeline::keep;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};

use crate::sample::{StepClock, host};
use crate::ui_world::{instance, now, snapshot, troubled};

fn fleet() -> FleetKey {
    FleetKey::of(&"bnkserve".into())
}

fn later(s: i64) -> Timestamp {
    now() + SignedDuration::from_secs(s)
}

fn release(digit: char) -> RunningRelease {
    let sha = digit.to_string().repeat(40).parse().unwrap();
    RunningRelease { sha, reference: None }
}

fn seen(name: &str, health: Health, release: Option<RunningRelease>) -> Observed {
    let condition = Condition { health, reason: Some("api exited (1)".into()), release };
    Observed { instance: host(name), condition }
}

/// A clock that stands.
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        now()
    }

    fn nonce(&self) -> String {
        "0".repeat(32)
    }
}

struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn dir(&self) -> StateDir {
        StateDir::at(self.0.path().join("state"))
    }

    fn keeper(&self) -> TimelineKeeper {
        TimelineKeeper::open(&self.dir(), Arc::new(StepClock::default())).unwrap()
    }

    async fn kept(&self, name: &str) -> Vec<Kept> {
        let reader = StoreReader::open(&self.dir(), Arc::new(StepClock::default())).unwrap();
        reader.kept(&fleet(), &host(name)).await.unwrap()
    }

    fn lines(&self) -> i64 {
        let db = rusqlite::Connection::open(self.dir().database()).unwrap();
        db.query_row("SELECT count(*) FROM timeline", [], |row| row.get(0)).unwrap()
    }
}

async fn note(keeper: &TimelineKeeper, s: i64, all: Vec<Observed>) {
    keeper.note(&fleet(), later(s), all).await.unwrap();
}

#[tokio::test]
async fn what_changed_is_known_after_a_restart_and_a_gap_is_one() {
    let store = Sqlite::new();
    assert_eq!(store.kept("a").await, [], "nothing is made by looking");
    let first = store.keeper();
    note(&first, 0, vec![seen("a", Health::Healthy, Some(release('1')))]).await;
    note(&first, 60, vec![seen("a", Health::Healthy, Some(release('1')))]).await;
    // A host that does not answer says nothing of its release.
    note(&first, 100, vec![seen("a", Health::Down, None)]).await;
    drop(first);
    let second = store.keeper();
    let back = 100 + GAP_S + 1;
    note(&second, back, vec![seen("a", Health::Down, Some(release('2')))]).await;
    // Another fleet has an instance of the same name.
    second
        .note(&FleetKey::of(&"other".into()), later(back), vec![seen("a", Health::Healthy, None)])
        .await
        .unwrap();
    let kept = store.kept("a").await;
    let times: Vec<_> = kept.iter().map(|k| (k.from, k.until)).collect();
    assert_eq!(
        times,
        [(later(0), later(100)), (later(100), later(100)), (later(back), later(back))]
    );
    let told: Vec<String> = changes(&kept, std::iter::empty(), &host("a"), later(back + 5))
        .iter()
        .map(|c| format!("{} {:.0}s {}", c.what, c.lasted_s(), c.why))
        .collect();
    let (one, two) = ("1".repeat(7), "2".repeat(7));
    assert_eq!(
        told,
        [
            format!("{one} → {two} 5s while nobody watched"),
            "seen down 5s api exited (1)".to_owned(),
            format!(
                "down → not watched {}s no cockpit was open, or it could not keep what it saw",
                GAP_S + 1
            ),
            "healthy → down 0s api exited (1)".to_owned(),
            "seen healthy 100s api exited (1)".to_owned(),
        ]
    );
}

#[tokio::test]
async fn two_cockpits_tell_of_a_change_once() {
    let store = Sqlite::new();
    let (one, two) = (store.keeper(), store.keeper());
    for (s, health) in [(0, Health::Healthy), (10, Health::Down), (70, Health::Down)] {
        note(&one, s, vec![seen("a", health, None)]).await;
        note(&two, s + 3, vec![seen("a", health, None)]).await;
    }
    let kept = store.kept("a").await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!((kept[1].from, kept[1].until), (later(10), later(73)));
}

#[tokio::test]
async fn it_does_not_grow_without_end() {
    let store = Sqlite::new();
    let keeper = store.keeper();
    note(
        &keeper,
        -KEEP_S - 100,
        vec![seen("a", Health::Down, None), seen("gone", Health::Down, None)],
    )
    .await;
    let n = i64::try_from(MOST).unwrap();
    for at in 0..n + 20 {
        let health = if at % 2 == 0 { Health::Healthy } else { Health::Down };
        note(&keeper, at, vec![seen("a", health, None)]).await;
    }
    let kept = store.kept("a").await;
    assert_eq!((kept.len(), kept[0].from), (MOST, later(20)), "the newest stay");
    assert_eq!(store.lines(), n + 1);
    // An instance that nobody watches any more is forgotten when the store is opened.
    drop(keeper);
    drop(TimelineKeeper::open(&store.dir(), Arc::new(Now)).unwrap());
    assert_eq!(store.kept("gone").await, []);
}

#[tokio::test]
async fn a_store_of_an_older_program_has_no_timeline_and_gets_one() {
    let store = Sqlite::new();
    let clock = Arc::new(StepClock::default());
    drop(StoreWriter::open(&store.dir(), clock, &Operate::grant()).unwrap());
    let db = rusqlite::Connection::open(store.dir().database()).unwrap();
    db.execute_batch("DROP TABLE timeline; PRAGMA user_version = 5;").unwrap();
    assert_eq!(store.kept("a").await, []);
    note(&store.keeper(), 0, vec![seen("a", Health::Healthy, None)]).await;
    assert_eq!(store.kept("a").await.len(), 1);
}

/// Remembers what is to be kept.
#[derive(Default)]
struct Notes {
    all: Mutex<Vec<(usize, Vec<String>)>>,
    broken: Mutex<bool>,
    told: Notify,
}

#[async_trait]
impl Timeline for Notes {
    async fn note(
        &self,
        _fleet: &FleetKey,
        _at: Timestamp,
        all: Vec<Observed>,
    ) -> Result<(), StoreError> {
        let line = |o: &Observed| format!("{} {}", o.instance, o.condition.health.word());
        self.all.lock().unwrap().push((all.len(), all.iter().map(line).collect()));
        self.told.notify_one();
        let broken = *self.broken.lock().unwrap();
        if broken { Err(StoreError::NoReason) } else { Ok(()) }
    }
}

impl Notes {
    async fn next(&self) -> Vec<String> {
        loop {
            let next = {
                let mut all = self.all.lock().unwrap();
                (!all.is_empty()).then(|| all.remove(0).1)
            };
            match next {
                Some(next) => return next,
                None => self.told.notified().await,
            }
        }
    }
}

fn of(views: Vec<InstanceView>, metrics: MetricsState) -> Arc<FleetSnapshot> {
    Arc::new(FleetSnapshot { metrics, ..(*snapshot(views)).clone() })
}

#[tokio::test(start_paused = true)]
async fn what_the_poller_sees_is_kept_when_it_changes_and_prolonged_each_minute() {
    let unheard = |name| InstanceView { contact: Contact::NotYet, ..instance(name, 0) };
    let known = || MetricsState::NotConfigured;
    let two = vec![instance("a", 0), unheard("b")];
    let (tell, snapshots) = watch::channel(of(two.clone(), MetricsState::NotYet));
    let notes = Arc::new(Notes::default());
    let keeping = keep(snapshots, Arc::clone(&notes) as _, Arc::new(StepClock::default()));
    let task = Supervisor::new().spawn("timeline", keeping);
    // Nothing is told before the first answers are in.
    tokio::time::advance(Duration::from_secs(5)).await;
    tell.send(of(two, known())).unwrap();
    assert_eq!(notes.next().await, ["a healthy"]);
    let b_down = || troubled("b", Health::Down, "api", "exited (1)");
    tell.send(of(vec![instance("a", 0), b_down()], known())).unwrap();
    assert_eq!(notes.next().await, ["b down"]);
    // Another release is a change; other words and figures are none.
    let mut other = instance("a", 0);
    other.release = Some(release('9'));
    tell.send(of(vec![other.clone(), troubled("b", Health::Down, "api", "exited (2)")], known()))
        .unwrap();
    assert_eq!(notes.next().await, ["a healthy"]);
    assert_eq!(notes.next().await, ["a healthy", "b down"], "at the next full minute");
    // What could not be kept is kept with the next beat.
    *notes.broken.lock().unwrap() = true;
    tell.send(of(vec![other.clone(), instance("b", 0)], known())).unwrap();
    assert_eq!(notes.next().await, ["b healthy"]);
    *notes.broken.lock().unwrap() = false;
    tell.send(of(vec![other], known())).unwrap();
    assert_eq!(notes.next().await, ["a healthy"], "b is no longer in the inventory");
    drop(tell);
    task.join().await.unwrap();
}
