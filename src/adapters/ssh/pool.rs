//! The pool: at most one open connection per place, opened once however many wait for it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::classify;
use super::control_dir::{ControlDir, ControlDirError};
use super::lending;
use super::master::{Master, wait_for_end};
use super::settings::SshSettings;
use super::starts::{Lane, MAX_THROUGH_BASTION, Starts};
use crate::domain::connection::{Become, Connection};
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};

/// Sessions at once on one connection: sshd allows ten (MaxSessions), and a connection may be lent to a second process.
const MAX_SESSIONS: usize = 5;
/// How long a refused key or an unknown host key is remembered, if no file changes that could cure it.
const REFUSED_FOR: Duration = Duration::from_mins(15);

/// Open connections to hosts, shared by everything in this process.
///
/// It implements `engine::ports::RemoteRead`. Dropping it ends the connections; [`SshPool::close`] also waits
/// for their end.
#[derive(Debug)]
pub struct SshPool {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    settings: SshSettings,
    dir: ControlDir,
    slots: Mutex<HashMap<Connection, Arc<Slot>>>,
    starts: Starts,
    /// How many logs of jobs are followed now.
    pub(super) n_followed: Arc<AtomicU32>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("settings", &self.settings).finish_non_exhaustive()
    }
}

type Opened = Result<Arc<Master>, RemoteError>;
type Opening = Shared<BoxFuture<'static, Opened>>;

/// What the pool knows of one place.
pub(super) struct Slot {
    state: Mutex<State>,
    pub(super) sessions: Arc<Semaphore>,
    through: Semaphore,
}

#[derive(Default)]
struct State {
    master: Option<Arc<Master>>,
    opening: Option<Opening>,
    refused: Option<Refused>,
    was_silent: bool,
    /// Set where what other processes have open does not do.
    own_only: bool,
}

/// A failure that only a person can cure.
struct Refused {
    error: RemoteError,
    at: Instant,
    cures: Cures,
}

/// The files whose change may cure it: when each was last changed.
#[derive(PartialEq, Eq)]
struct Cures(Vec<Option<SystemTime>>);

impl SshPool {
    /// Makes a pool. Connections that dead processes of this program left are ended first.
    pub fn open(settings: SshSettings) -> Result<Arc<Self>, ControlDirError> {
        let dir = ControlDir::open(&settings.control)?;
        let slots = Mutex::new(HashMap::new());
        let (starts, n_followed) = (Starts::new(), Arc::default());
        let inner = Inner { settings, dir, slots, starts, n_followed };
        Ok(Arc::new(Self { inner: Arc::new(inner) }))
    }

    /// Ends all connections but those that other processes use, whatever of ours runs over them; jobs on hosts go on.
    /// Gives how many `ssh` processes were still there after two seconds.
    pub async fn close(&self) -> usize {
        let slots = std::mem::take(&mut *locked(&self.inner.slots));
        let mut processes = Vec::new();
        for slot in slots.into_values() {
            let state = std::mem::take(&mut *locked(&slot.state));
            if let Some(master) = state.master {
                master.retire();
                processes.extend(master.end());
            }
        }
        wait_for_end(&processes, Duration::from_secs(2)).await
    }

    /// Lets another process of this user use all connections that are open, also after we have ended.
    pub fn lend_to(&self, pid: u32) {
        lending::lend_all(self.inner.dir.path(), pid);
    }

    /// Forgets that hosts refused our key or showed an unknown one: the next command tries again.
    pub fn forget_refusals(&self) {
        for slot in locked(&self.inner.slots).values() {
            locked(&slot.state).refused = None;
        }
    }

    /// How many connections are open.
    pub fn n_open(&self) -> usize {
        let is_open = |slot: &Arc<Slot>| {
            locked(&slot.state).master.as_ref().is_some_and(|master| master.is_usable())
        };
        locked(&self.inner.slots).values().filter(|slot| is_open(slot)).count()
    }
}

impl Drop for SshPool {
    fn drop(&mut self) {
        // A connection that is being opened holds the pool, and the pool holds it.
        locked(&self.inner.slots).clear();
    }
}

impl Inner {
    /// The open connection to a host, opened if need be.
    pub(super) async fn master(self: &Arc<Self>, to: &Connection, until: Instant) -> Opened {
        let slot = self.slot(to);
        let opening = {
            let mut state = locked(&slot.state);
            if let Some(master) = state.master.as_ref().filter(|master| master.is_usable()) {
                return Ok(Arc::clone(master));
            }
            // Where one that was lent to us is of no use, another would not be either.
            state.own_only |= state.master.take().is_some_and(|master| master.is_borrowed());
            let may_borrow = !state.own_only;
            if let Some(error) = self.refusal(&state, to) {
                return Err(error);
            }
            let lane = if state.was_silent { Lane::Slow } else { Lane::Fresh };
            state
                .opening
                .get_or_insert_with(|| {
                    opening(Arc::clone(self), to.clone(), lane, may_borrow).shared()
                })
                .clone()
        };
        // Whoever gives up leaves the opening to those who still wait, or come back for it.
        let Ok(opened) = timeout_at(until, opening.clone()).await else {
            let what = format!("no connection to {} in time", classify::target(to));
            return Err(classify::error(to, Kind::Timeout, &what, None));
        };
        let mut state = locked(&slot.state);
        if state.opening.as_ref().is_some_and(|current| current.ptr_eq(&opening)) {
            state.opening = None;
            self.remember(&mut state, to, &opened);
        }
        opened.map_err(|error| RemoteError { host: to.host.clone(), ..error })
    }

    /// The next command to this place goes over a connection that is opened for it; what runs over the one that there
    /// is goes on.
    pub(super) fn log_in_anew(&self, to: &Connection) {
        let slot = self.slot(to);
        let open = {
            let mut state = locked(&slot.state);
            // One that is lent to us was no login of now.
            state.own_only = true;
            state.master.take()
        };
        if let Some(master) = open {
            master.retire();
        }
    }

    fn remember(&self, state: &mut State, to: &Connection, opened: &Opened) {
        match opened {
            Ok(master) => {
                state.master = Some(Arc::clone(master));
                state.refused = None;
                state.was_silent = false;
            }
            Err(error) => {
                state.was_silent = error.kind == Kind::Timeout;
                if matches!(error.kind, Kind::Auth | Kind::HostKey) {
                    let cures = self.cures(to);
                    state.refused =
                        Some(Refused { error: error.clone(), at: Instant::now(), cures });
                }
            }
        }
    }

    fn refusal(&self, state: &State, to: &Connection) -> Option<RemoteError> {
        let refused = state.refused.as_ref()?;
        let holds = refused.at.elapsed() < REFUSED_FOR && refused.cures == self.cures(to);
        holds.then(|| RemoteError { host: to.host.clone(), ..refused.error.clone() })
    }

    fn cures(&self, to: &Connection) -> Cures {
        let files = [
            Some(self.settings.known_hosts.as_path()),
            to.known_hosts.as_deref().map(Path::new),
            to.identity.as_deref().map(Path::new),
        ];
        let changed = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
        Cures(files.into_iter().map(|path| path.and_then(changed)).collect())
    }

    pub(super) fn slot(&self, to: &Connection) -> Arc<Slot> {
        let mut slots = locked(&self.slots);
        Arc::clone(slots.entry(place(to)).or_insert_with(|| {
            Arc::new(Slot {
                state: Mutex::default(),
                sessions: Arc::new(Semaphore::new(MAX_SESSIONS)),
                through: Semaphore::new(MAX_THROUGH_BASTION),
            })
        }))
    }
}

/// Opens a connection, or uses that of another process: through the warm connection to its jump host, in its turn, and once more if the host
/// turned it away before authentication. A refused key is never tried again.
fn opening(
    pool: Arc<Inner>,
    to: Connection,
    lane: Lane,
    may_borrow: bool,
) -> BoxFuture<'static, Opened> {
    Box::pin(async move {
        let known =
            [Some(pool.settings.known_hosts.as_path()), to.known_hosts.as_deref().map(Path::new)];
        let known: Vec<&Path> = known.into_iter().flatten().collect();
        if may_borrow && let Some(lent) = Master::borrow(&to, &pool.dir, &known).await {
            return Ok(Arc::new(lent));
        }
        let bastion = match bastion(&to) {
            Some(jump) => Some((pool.slot(&jump), through(&pool, &jump).await?)),
            None => None,
        };
        let mut again = true;
        loop {
            let opened = {
                let _through = match &bastion {
                    Some((slot, _)) => slot.through.acquire().await.ok(),
                    None => None,
                };
                let _turn = pool.starts.turn(lane).await;
                let warm = bastion.as_ref().map(|(_, master)| Arc::clone(master));
                Master::open(&to, &pool.dir, &known, warm).await
            };
            match opened {
                Err(error) if again && may_pass(&error, &to) => again = false,
                opened => return opened.map(Arc::new),
            }
            tokio::time::sleep(back_off()).await;
        }
    })
}

/// Whether the failure may be gone in a moment. What happens behind a jump host, `ssh` does not tell apart.
fn may_pass(error: &RemoteError, to: &Connection) -> bool {
    error.kind == Kind::Busy || (error.kind == Kind::Connect && !to.jump.is_empty())
}

async fn through(pool: &Arc<Inner>, jump: &Connection) -> Opened {
    let until = Instant::now() + Duration::from_secs(30);
    pool.master(jump, until).await.map_err(|error| {
        let what = format!("by the jump host: {}", error.message);
        RemoteError { message: crate::domain::untrusted::Safe::line(&what), ..error }
    })
}

/// The connection to the last jump host, itself through those before it.
fn bastion(to: &Connection) -> Option<Connection> {
    let (last, before) = to.jump.split_last()?;
    Some(Connection {
        host: to.host.clone(),
        address: last.address.clone(),
        port: last.port,
        user: last.user.clone(),
        identity: to.identity.clone(),
        jump: before.to_vec(),
        become_root: Become::LoginUser,
        known_hosts: to.known_hosts.clone(),
    })
}

/// What two inventory hosts at the same place share: all but their name and who they become there.
fn place(to: &Connection) -> Connection {
    // A fixed name that no look-up of a host ever sees.
    let host = "_".parse().unwrap_or_else(|_| to.host.clone());
    Connection { host, become_root: Become::LoginUser, ..to.clone() }
}

/// Half a second to two and a half, so that many who were turned away do not come back together.
fn back_off() -> Duration {
    let random = getrandom::u32().unwrap_or_default();
    Duration::from_millis(500 + u64::from(random % 2000))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held cannot have left it half changed: each change is one assignment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
