//! The thread that owns the connection.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::db::Db;
use crate::engine::ports::StoreError;

/// Tells the caller of a change what came of it, once it is durable.
pub(super) type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Change = Box<dyn FnOnce(Result<&mut Db, StoreError>) -> Reply + Send>;
type Look = Box<dyn FnOnce(&mut Db) + Send>;

enum Work {
    /// Sees only what is durable.
    Look(Look),
    /// Touches files, not the database; is not waited with.
    File(Box<dyn FnOnce(&mut Db) + Send>),
    /// Is committed together with its neighbours.
    Change(Change),
}

/// How many pieces of work share a commit at most.
const TOGETHER: usize = 256;
/// How many changes ...
const MANY: usize = 8;
/// ... within this time are many.
const WITHIN: Duration = Duration::from_millis(500);
/// How far apart the commits of many begin, for each change that came within a second ...
const APART_EACH: Duration = Duration::from_millis(3);
/// ... at least ...
const APART_LEAST: Duration = Duration::from_millis(100);
/// ... and at most.
const APART_MOST: Duration = Duration::from_millis(150);

/// Sends work to the thread. The thread ends when this is dropped and its work done.
#[derive(Debug)]
pub(super) struct Thread {
    work: mpsc::Sender<Work>,
    path: PathBuf,
}

impl Thread {
    /// Starts the thread; it opens the database itself.
    pub(super) fn start(
        path: PathBuf,
        open: impl FnOnce() -> Result<Db, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (work, queue) = mpsc::channel();
        let (opened, is_open) = mpsc::channel();
        let body = move || {
            let mut db = match open() {
                Ok(db) => db,
                Err(error) => return drop(opened.send(Err(error))),
            };
            drop(opened.send(Ok(())));
            serve(&mut db, &queue);
        };
        let started = std::thread::Builder::new().name("bunker-store".into()).spawn(body);
        started.map_err(|e| super::schema::broken_file(&path, &e))?;
        let thread = Self { work, path };
        is_open.recv().unwrap_or_else(|_| Err(thread.gone()))?;
        Ok(thread)
    }

    /// Reads.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Look(Box::new(move |db| drop(answer.send(ask(db))))))?;
        answered.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Reads or writes files beside the database.
    pub(super) async fn file<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::File(Box::new(move |db| drop(answer.send(ask(db))))))?;
        answered.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Changes; the answer comes when the change is durable.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let work: Change = Box::new(move |db| {
            let made = db.and_then(|db| db.whole(change));
            Box::new(move |committed| drop(answer.send(committed.and(made))))
        });
        self.send(Work::Change(work))?;
        answered.await.unwrap_or_else(|_| Err(self.gone()))
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        self.work.send(work).map_err(|_| self.gone())
    }

    fn gone(&self) -> StoreError {
        let what = "its thread has ended; start the program again".to_owned();
        StoreError::Broken { path: self.path.display().to_string(), what }
    }
}

fn serve(db: &mut Db, queue: &mpsc::Receiver<Work>) {
    let (mut pace, mut batch) = (Pace::default(), Batch::default());
    loop {
        let next = match batch.due {
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => queue.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        match next {
            Ok(work) => batch.take(db, work, &mut pace),
            Err(RecvTimeoutError::Timeout) => batch.settle(db, &mut pace),
            Err(RecvTimeoutError::Disconnected) => return batch.settle(db, &mut pace),
        }
        if batch.len() >= TOGETHER {
            batch.settle(db, &mut pace);
        }
    }
}

/// Changes that wait for their commit.
#[derive(Default)]
struct Batch {
    changes: Vec<Change>,
    /// What was asked for after them.
    looks: Vec<Look>,
    /// When they are committed at the latest; `None` while there are none.
    due: Option<Instant>,
}

impl Batch {
    fn len(&self) -> usize {
        self.changes.len() + self.looks.len()
    }

    fn take(&mut self, db: &mut Db, work: Work, pace: &mut Pace) {
        match work {
            Work::File(touch) => touch(db),
            Work::Look(look) if self.changes.is_empty() => look(db),
            Work::Look(look) => self.looks.push(look),
            Work::Change(change) => {
                let now = Instant::now();
                pace.came(now);
                self.due.get_or_insert_with(|| pace.next(now));
                self.changes.push(change);
            }
        }
    }

    /// Makes all changes durable in one commit and says so, then answers the looks, which see what is durable. Where the
    /// commit fails, nothing was changed.
    fn settle(&mut self, db: &mut Db, pace: &mut Pace) {
        if self.due.take().is_none() {
            return;
        }
        pace.last = Some(Instant::now());
        let begun = db.begin();
        let each = self.changes.drain(..);
        let replies: Vec<Reply> =
            each.map(|change| change(begun.clone().map(|()| &mut *db))).collect();
        let committed = begun.and_then(|()| db.commit());
        for reply in replies {
            reply(committed.clone());
        }
        for look in self.looks.drain(..) {
            look(db);
        }
    }
}

/// How soon changes are committed: at once while few come; apart while many do, the further the more. A commit costs many
/// times what it holds, and whoever waits for one among many does not wait for it alone.
#[derive(Default)]
struct Pace {
    /// When the changes of the last second came, the oldest first; no more of them than matter.
    came: VecDeque<Instant>,
    /// When the last commit began.
    last: Option<Instant>,
}

impl Pace {
    fn came(&mut self, now: Instant) {
        let matter = (APART_MOST.as_millis() / APART_EACH.as_millis()) as usize;
        let old = |first: &Instant| now.duration_since(*first) >= Duration::from_secs(1);
        while self.came.len() > matter || self.came.front().is_some_and(old) {
            self.came.pop_front();
        }
        self.came.push_back(now);
    }

    /// When the next commit is due, for what comes now.
    fn next(&self, now: Instant) -> Instant {
        let since = self.came.len().checked_sub(MANY).and_then(|at| self.came.get(at));
        let many = since.is_some_and(|first| now.duration_since(*first) < WITHIN);
        let each = APART_EACH * u32::try_from(self.came.len()).unwrap_or(u32::MAX);
        let apart = each.clamp(APART_LEAST, APART_MOST);
        self.last.filter(|_| many).map_or(now, |last| now.max(last + apart))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_changes_are_committed_at_once_and_many_apart() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut pace = Pace::default();
        for (n, ms) in (0..MANY as u64 - 1).map(|n| (n, 10 * n)) {
            pace.came(at(ms));
            assert_eq!(pace.next(at(ms)), at(ms), "change {n}");
            pace.last = Some(at(ms));
        }
        pace.came(at(70));
        assert_eq!(pace.next(at(70)), at(160), "the last was at 60");
        pace.came(at(300));
        assert_eq!(pace.next(at(300)), at(300), "many, and the last was long ago");
        pace.last = Some(at(300));
        pace.came(at(2_000));
        assert_eq!(pace.next(at(2_000)), at(2_000), "few again");
    }

    #[test]
    fn the_more_changes_came_within_a_second_the_further_apart_are_commits() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let apart = |n: u64, each_ms: u64| {
            let mut pace = Pace::default();
            (0..n).for_each(|n| pace.came(at(n * each_ms)));
            let now = at((n - 1) * each_ms);
            pace.last = Some(now);
            (pace.next(now) - now).as_millis()
        };
        assert_eq!(
            [apart(8, 20), apart(33, 20), apart(40, 20), apart(200, 5)],
            [100, 100, 120, 150]
        );
        assert_eq!(apart(200, 25), 120, "those of a second count");
    }
}
