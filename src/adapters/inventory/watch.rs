//! Following the inventory's files while they are edited.
//!
//! Events of the file system only say *when* to look; what counts is the state of the folder. A look
//! from time to time finds what events miss (network file systems, a folder that was replaced).
//! A plain thread does it, since reading files blocks.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

use super::load;
use crate::domain::fleet::Fleet;
use crate::domain::inventory::Loaded;
use crate::domain::snapshot::{InventoryState, RefusedEdit};
use crate::domain::untrusted::Safe;
use crate::engine::poller::Watched;

/// How long the files must rest before they are read: editors write in several strokes.
const QUIET: Duration = Duration::from_millis(150);
/// How long to wait for that at most.
const PATIENCE: Duration = Duration::from_secs(2);
/// Time between two looks where the system gives no events.
const LOOK: Duration = Duration::from_secs(2);
/// Time between two looks where it does: only what events miss is found so late.
const LOOK_BESIDE_EVENTS: Duration = Duration::from_secs(10);
/// How many files are looked at.
const MAX_FILES: usize = 20_000;

/// What the thread is told.
enum Word {
    Touched,
    Stop,
}

/// Follows an inventory folder until it is dropped, or until nobody listens any more.
#[derive(Debug)]
pub struct InventoryWatch {
    tell: Sender<Word>,
}

impl InventoryWatch {
    /// Starts to follow `dir`. `fleet` and `problems` are what an earlier [`load`] gave (as
    /// [`Loaded::problems`] tells them); edits since it was `seen` are noticed. An edit because of which a host of the fleet would drop out is not taken
    /// over: the last good fleet stays, with the problems.
    pub fn start(
        dir: &Path,
        seen: Seen,
        fleet: Fleet,
        problems: Vec<Safe>,
    ) -> std::io::Result<(watch::Receiver<Watched>, Self)> {
        let files = InventoryState { problems, refused: None, n_left_out: fleet.left_out.len() };
        let (out, listener) = watch::channel(Watched { fleet: Arc::new(fleet), files });
        let (tell, told) = channel();
        let follower = Follower { dir: dir.to_owned(), tell: tell.clone(), told, out };
        std::thread::Builder::new()
            .name("inventory".to_owned())
            .spawn(move || follower.run(seen.0))
            .map(|_thread| (listener, Self { tell }))
    }
}

impl Drop for InventoryWatch {
    fn drop(&mut self) {
        // The thread may be gone already, which is as good.
        let _sent = self.tell.send(Word::Stop);
    }
}

struct Follower {
    dir: PathBuf,
    tell: Sender<Word>,
    told: Receiver<Word>,
    out: watch::Sender<Watched>,
}

impl Follower {
    fn run(self, mut seen: Fingerprint) {
        let mut watcher = self.watcher();
        loop {
            let now = fingerprint(&self.dir);
            if seen != now {
                seen = now;
                publish(&self.out, load(&self.dir));
            }
            let look = if watcher.is_some() { LOOK_BESIDE_EVENTS } else { LOOK };
            match self.told.recv_timeout(look) {
                Ok(Word::Touched) => {
                    if self.settle().is_err() {
                        return;
                    }
                }
                Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if seen != fingerprint(&self.dir) {
                        // An event was missed: the folder may be another one now.
                        watcher = self.watcher();
                        if self.settle().is_err() {
                            return;
                        }
                    }
                }
            }
            if self.out.is_closed() {
                drop(watcher);
                return;
            }
        }
    }

    /// Waits until nothing happens any more; an error means to stop.
    fn settle(&self) -> Result<(), RecvTimeoutError> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.told.recv_timeout(QUIET) {
                Ok(Word::Touched) => {}
                Ok(Word::Stop) => return Err(RecvTimeoutError::Disconnected),
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(gone @ RecvTimeoutError::Disconnected) => return Err(gone),
            }
        }
        Ok(())
    }

    /// `None` where the system gives no events (a limit, a file system): then only looks count.
    fn watcher(&self) -> Option<RecommendedWatcher> {
        let tell = self.tell.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                if event.is_ok_and(|e| changes(e.kind)) {
                    // Nobody hears it only when the thread has ended.
                    let _sent = tell.send(Word::Touched);
                }
            })
            .ok()?;
        watcher.watch(&self.dir, RecursiveMode::Recursive).ok()?;
        Some(watcher)
    }
}

/// Whether an event can mean a change; our own reading makes events too.
fn changes(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind == written || !matches!(kind, EventKind::Access(_))
}

fn publish(out: &watch::Sender<Watched>, loaded: Loaded) {
    let problems = loaded.problems();
    let first_error = refused(&loaded);
    out.send_if_modified(|now| {
        let fleet = loaded.fleet.filter(|new| loses_nothing(&now.fleet, new));
        let refused = if fleet.is_some() { None } else { Some(first_error) };
        let n_left_out = fleet.as_ref().unwrap_or(&*now.fleet).left_out.len();
        let files = InventoryState { problems, refused, n_left_out };
        let fleet = fleet.filter(|new| *new != *now.fleet);
        if fleet.is_none() && now.files == files {
            return false;
        }
        if let Some(fleet) = fleet {
            now.fleet = Arc::new(fleet);
        }
        now.files = files;
        true
    });
}

/// What is told of an edit that is not taken over: the error to begin with.
fn refused(loaded: &Loaded) -> RefusedEdit {
    // One that names a line is the cause; the others are what came of it.
    let exact = loaded.errors().find(|d| d.line > 0);
    let Some(first) = exact.or_else(|| loaded.errors().next()) else {
        let problem = "the inventory cannot be used (`bunker inventory check` says why)";
        return RefusedEdit { file: Safe::line("inventory"), problem: Safe::line(problem) };
    };
    let file = Path::new(first.file.as_str()).file_name().unwrap_or_default();
    let problem = first.to_string();
    RefusedEdit {
        file: Safe::line(&file.to_string_lossy()),
        problem: Safe::line(problem.lines().next().unwrap_or_default()),
    }
}

/// Whether no host drops out by a mistake; those that were taken out of the files may go.
fn loses_nothing(now: &Fleet, new: &Fleet) -> bool {
    !new.left_out.iter().any(|gone| now.host(&gone.id).is_some())
}

/// How the files of a folder were at a moment.
#[derive(Debug)]
pub struct Seen(Fingerprint);

impl Seen {
    /// As they are. To be taken before they are loaded, so that no edit falls in between.
    pub fn now(dir: &Path) -> Self {
        Self(fingerprint(dir))
    }
}

/// Everything that changes when a file does.
type Fingerprint = Vec<(PathBuf, u64, u64, (i64, i64), (i64, i64))>;

fn fingerprint(dir: &Path) -> Fingerprint {
    let mut out = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(meta) = fs::metadata(&path) else { continue };
            let (modified, changed) =
                ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
            if meta.is_dir() && out.len() < MAX_FILES {
                folders.push(path.clone());
            }
            out.push((path, meta.len(), meta.ino(), modified, changed));
        }
        if out.len() > MAX_FILES {
            break;
        }
    }
    out.sort();
    out
}
