//! The poller: every host on its own schedule, one result for all who watch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::at_work::AtWork;
use super::board::Board;
use super::schedule::{Ended, begun, wait};
use super::work::{self, Found, Question};
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::snapshot::{FleetSnapshot, InventoryState};
use crate::engine::ports::{Clock, HealthSource, MetricsSource, RemoteRead};

/// The shortest time between two snapshots.
const PUBLISH: Duration = Duration::from_millis(500);
/// How often verdicts are looked at again where nothing new came in.
const JUDGE: Duration = Duration::from_secs(5);
/// Every so many of these looks all hosts are among them, those too that are silent and of which nothing reads otherwise: their
/// last figures turn old.
const ALL: u32 = 12;
/// Time between two refreshes of the figures.
const MEASURE: Duration = Duration::from_secs(12);
/// Time between two refreshes of the trends.
const TREND: Duration = Duration::from_mins(1);
/// Between the first looks at two hosts, so that a large fleet does not begin all at once.
const STAGGER: Duration = Duration::from_millis(10);

/// Where the poller asks.
#[derive(Clone)]
pub struct Sources {
    /// The hosts.
    pub remote: Arc<dyn RemoteRead>,
    /// Their health addresses.
    pub health: Arc<dyn HealthSource>,
    /// The metrics server.
    pub metrics: Arc<dyn MetricsSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What the poller is to look at. A new value takes effect without a restart.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The last good inventory.
    pub fleet: Arc<Fleet>,
    /// How the files are since.
    pub files: InventoryState,
}

/// Asks the poller to look at a host now instead of at its next turn.
#[derive(Debug, Clone)]
pub struct LookAgain(mpsc::Sender<HostId>);

impl LookAgain {
    /// Asks for a look; a full queue means that one is due anyway.
    pub fn at(&self, host: &HostId) {
        let _dropped = self.0.try_send(host.clone());
    }
}

/// Looks at the fleet until nobody watches any more. To be run by a
/// [`Supervisor`](crate::engine::supervisor::Supervisor).
///
/// **Invariant:** at most one look and one health question per host are open at a time, so a host that
/// does not answer costs the others nothing and itself no pile of sessions.
pub struct Poller {
    sources: Sources,
    watched: watch::Receiver<Watched>,
    asked: mpsc::Receiver<HostId>,
    published: watch::Sender<Arc<FleetSnapshot>>,
    board: Board,
    turns: BTreeMap<HostId, Turn>,
    at_work: watch::Receiver<BTreeSet<HostId>>,
    /// Those of `at_work` that were taken in so far.
    spared: BTreeSet<HostId>,
    interval: Duration,
    measure: Instant,
    trend: Instant,
    judge: Instant,
    n_judged: u32,
    publish: Instant,
    dirty: bool,
}

/// When a host is next asked; `None` while it is being asked, or until a person wants it.
#[derive(Debug, Clone, Copy)]
struct Turn {
    look: Option<Instant>,
    /// Since when it is being looked at.
    looking: Option<Instant>,
    ask: Option<Instant>,
    round: u64,
}

impl Poller {
    /// A poller, what it will publish, and a way to hurry it. The first snapshot has all instances,
    /// all unknown: nothing was asked yet.
    pub fn new(
        sources: Sources,
        watched: watch::Receiver<Watched>,
    ) -> (Self, watch::Receiver<Arc<FleetSnapshot>>, LookAgain) {
        let (mut board, interval) = {
            let watched = watched.borrow();
            (Board::new(&watched), Duration::from_secs(watched.fleet.probe_interval_s.max(1)))
        };
        let (published, snapshots) = watch::channel(Arc::new(board.snapshot(sources.clock.now())));
        let (ask, asked) = mpsc::channel(64);
        let now = Instant::now();
        let mut poller = Self {
            sources,
            watched,
            asked,
            published,
            board,
            turns: BTreeMap::new(),
            // Nobody tells of runs until somebody asks to.
            at_work: watch::channel(BTreeSet::new()).1,
            spared: BTreeSet::new(),
            interval,
            measure: now,
            trend: now,
            // The first snapshot was judged just now.
            judge: now + JUDGE,
            n_judged: 1,
            publish: now,
            dirty: false,
        };
        let all: Vec<HostId> = poller.board.ids().cloned().collect();
        poller.begin(&all);
        (poller, snapshots, LookAgain(ask))
    }

    /// A way to tell it on which hosts runs are at work.
    pub fn told_by_runs(&mut self) -> AtWork {
        let (tell, at_work) = watch::channel(BTreeSet::new());
        self.at_work = at_work;
        AtWork::new(tell)
    }

    /// Looks until the last receiver of the snapshots is gone.
    pub async fn run(mut self) {
        let mut work: FuturesUnordered<Question> = FuturesUnordered::new();
        let (mut inventory_ends, mut nobody_asks, mut nobody_tells) = (false, false, false);
        loop {
            self.start_due(&mut work);
            self.publish_due();
            let wake = self.wake();
            tokio::select! {
                Some(found) = work.next(), if !work.is_empty() => self.enter(found),
                () = tokio::time::sleep_until(wake) => {}
                changed = self.watched.changed(), if !inventory_ends => match changed {
                    Ok(()) => self.watch_anew(),
                    Err(_) => inventory_ends = true,
                },
                host = self.asked.recv(), if !nobody_asks => match host {
                    Some(host) => self.hurry(&host),
                    None => nobody_asks = true,
                },
                changed = self.at_work.changed(), if !nobody_tells => match changed {
                    Ok(()) => self.spare(),
                    Err(_) => nobody_tells = true,
                },
                () = self.published.closed() => return,
            }
        }
    }
}

impl Poller {
    /// New instances get their first turns, one after the other.
    fn begin(&mut self, fresh: &[HostId]) {
        let now = Instant::now();
        for (n, id) in fresh.iter().enumerate() {
            let first = now + STAGGER * u32::try_from(n).unwrap_or(u32::MAX);
            let turn = Turn { look: Some(first), looking: None, ask: Some(first), round: 0 };
            self.turns.insert(id.clone(), turn);
        }
    }

    fn start_due(&mut self, work: &mut FuturesUnordered<Question>) {
        let now = Instant::now();
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        for (id, turn) in &mut self.turns {
            // Most have nothing due, so that a fleet of thousands costs little here.
            if !due(turn.look) && !due(turn.ask) {
                continue;
            }
            let Some(record) = self.board.get(id) else { continue };
            if due(turn.look) {
                turn.look = None;
                turn.looking = Some(now);
                work.push(work::look(&self.sources, record));
            }
            if due(turn.ask) {
                turn.ask = None;
                work.push(work::ask(&self.sources, record));
            }
        }
        let Some(server) = &self.board.server else { return };
        if self.measure <= now {
            // Not again before its answer: `enter` sets the next turn.
            self.measure = now + Duration::from_mins(10);
            work.push(work::measure(&self.sources, server.clone()));
        }
        if self.trend <= now {
            self.trend = now + Duration::from_mins(10);
            work.push(work::trend(&self.sources, server.clone()));
        }
    }

    fn enter(&mut self, found: Found) {
        let now = Instant::now();
        let (mut looked, mut asked, mut overtaken) = (None, None, false);
        match &found {
            // An answer to a question of an older inventory ends no turn of this one.
            Found::Looked(..) | Found::Asked(..) if !found.is_of(&self.board) => {}
            Found::Looked(host, _, result) => {
                looked = Some((host.id.clone(), result.as_ref().err().map(|e| e.kind)));
            }
            Found::Asked(id, _, health) => {
                overtaken = self.board.get(id).is_some_and(|r| r.is_overtaken_by(health));
                asked = Some(id.clone());
            }
            Found::Measured(..) => self.measure = now + MEASURE,
            Found::Trended(..) => self.trend = now + TREND,
        }
        work::enter(&mut self.board, &self.sources, found);
        self.dirty = true;
        if let Some((id, kind)) = looked {
            let n_failed = self.board.get(&id).map_or(0, |r| r.n_failed);
            if let Some(turn) = self.turns.get_mut(&id) {
                let took = turn.looking.take().map_or(Duration::ZERO, |begun| now - begun);
                let ended = match kind {
                    Some(kind) => Ended::Badly(n_failed, kind),
                    None if self.spared.contains(&id) => Ended::WellAtWork,
                    None => Ended::Well(took),
                };
                turn.round += 1;
                turn.look = wait(ended, self.interval, &id, turn.round).map(|d| now + d);
            }
        }
        if let Some(turn) = asked.and_then(|id| self.turns.get_mut(&id)) {
            turn.ask = Some(now + self.interval);
            // The two do not stand side by side as if they were of the same moment.
            turn.look = turn.look.map(|due| if overtaken { now } else { due });
        }
    }

    /// Runs began or ended to work on hosts: those are looked at less often, and these as any other from now on.
    fn spare(&mut self) {
        let now = Instant::now();
        let at_work = self.at_work.borrow_and_update().clone();
        for id in at_work.symmetric_difference(&self.spared) {
            let silent = self.board.get(id).is_none_or(|record| record.n_failed > 0);
            let Some(turn) = self.turns.get_mut(id).filter(|_| !silent) else { continue };
            // Of one that was never looked at nothing is known: its first look waits for nobody.
            if turn.round == 0 {
                continue;
            }
            turn.look = turn.look.map(|due| {
                if at_work.contains(id) {
                    return begun(due, self.interval);
                }
                let usual = wait(Ended::Well(Duration::ZERO), self.interval, id, turn.round);
                due.min(now + usual.unwrap_or(self.interval))
            });
        }
        self.spared = at_work;
    }

    fn hurry(&mut self, id: &HostId) {
        let now = Instant::now();
        if let Some(turn) = self.turns.get_mut(id) {
            if turn.looking.is_none() {
                turn.look = Some(now);
            }
            turn.ask = turn.ask.map(|at| at.min(now));
        }
    }

    fn watch_anew(&mut self) {
        let watched = self.watched.borrow_and_update().clone();
        let server = self.board.server.clone();
        self.interval = Duration::from_secs(watched.fleet.probe_interval_s.max(1));
        let fresh = self.board.watch(&watched);
        self.turns.retain(|id, _| self.board.get(id).is_some());
        self.begin(&fresh);
        if server != self.board.server {
            (self.measure, self.trend) = (Instant::now(), Instant::now());
        }
        self.dirty = true;
    }

    /// When something is next due.
    fn wake(&self) -> Instant {
        let turns = self.turns.values().flat_map(|t| [t.look, t.ask]).flatten();
        let publish = if self.dirty { self.publish } else { self.judge };
        let server = self.board.server.is_some();
        let measured = server.then_some([self.measure, self.trend]).into_iter().flatten();
        turns.chain(measured).chain([publish, self.judge]).min().unwrap_or(self.judge)
    }

    fn publish_due(&mut self) {
        let now = Instant::now();
        if self.judge <= now {
            self.judge = now + JUDGE;
            let all = self.n_judged.is_multiple_of(ALL);
            self.dirty |= self.board.time_passed(self.sources.clock.now(), all);
            self.n_judged = self.n_judged.wrapping_add(1);
        }
        if !self.dirty || self.publish > now {
            return;
        }
        self.publish = now + PUBLISH;
        self.dirty = false;
        let next = Arc::new(self.board.snapshot(self.sources.clock.now()));
        self.published.send_if_modified(|last| {
            let same = is_same(last, &next);
            if !same {
                *last = next;
            }
            !same
        });
    }
}

/// Whether two snapshots show the same: all of it but the moment at which they were made.
fn is_same(a: &FleetSnapshot, b: &FleetSnapshot) -> bool {
    a.fleet == b.fleet
        && a.metrics == b.metrics
        && a.inventory == b.inventory
        && a.instances.len() == b.instances.len()
        && a.instances.iter().zip(&b.instances).all(|(a, b)| Arc::ptr_eq(a, b))
}
