//! The thread that owns the connection.

use std::path::PathBuf;
use std::sync::mpsc;

use tokio::sync::oneshot;

use super::db::Db;
use crate::engine::ports::StoreError;

/// Tells the caller of a change what came of it, once it is durable.
pub(super) type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Change = Box<dyn FnOnce(Result<&mut Db, StoreError>) -> Reply + Send>;

enum Work {
    /// Sees only what is durable.
    Look(Box<dyn FnOnce(&mut Db) + Send>),
    /// Touches files, not the database.
    File(Box<dyn FnOnce(&mut Db) + Send>),
    /// Is committed together with its neighbours.
    Change(Change),
}

/// How many pieces of work share a commit at most.
const TOGETHER: usize = 256;

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
    while let Ok(first) = queue.recv() {
        let rest = std::iter::from_fn(|| queue.try_recv().ok()).take(TOGETHER);
        let mut replies: Vec<Reply> = Vec::new();
        for work in std::iter::once(first).chain(rest) {
            match work {
                Work::Look(look) => {
                    settle(db, &mut replies);
                    look(db);
                }
                Work::File(touch) => touch(db),
                Work::Change(change) => {
                    let begun = if replies.is_empty() { db.begin() } else { Ok(()) };
                    match begun {
                        Ok(()) => replies.push(change(Ok(db))),
                        Err(error) => change(Err(error))(Ok(())),
                    }
                }
            }
        }
        settle(db, &mut replies);
    }
}

/// Makes what was changed durable and says so; where that fails, nothing was changed.
fn settle(db: &mut Db, replies: &mut Vec<Reply>) {
    if replies.is_empty() {
        return;
    }
    let committed = db.commit();
    for reply in replies.drain(..) {
        reply(committed.clone());
    }
}
