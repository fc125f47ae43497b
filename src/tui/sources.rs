//! What the cockpit looks at and asks: the narrow side that it sees of the engine.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::app::Msg;
use crate::app::effect::Answered;
use crate::app::forwards::{ForwardAsk, Forwarded};
use crate::app::holds::HoldOf;
use crate::app::look::{Look, Looked};
use crate::app::msg::Problem;
use crate::app::quiet::{QuietAnswer, QuietAsk};
use crate::app::replay::{Ask as ReplayAsk, Replay};
use crate::app::setup::Unusable;
use crate::domain::env_shown::EnvShown;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{Plan, Wish};
use crate::domain::policy::Consent;
use crate::domain::release::Recorded;
use crate::domain::run::control::Control;
use crate::domain::scaffold::enrol::{Answer, Ask};
use crate::domain::scaffold::first::FirstInstance;
use crate::domain::secret::due::Due;
use crate::domain::service::ServiceName;
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::untrusted::Safe;
use crate::engine::launch::Launched;
use crate::engine::poller::AtWork;
use crate::engine::ports::{AuditReader, RunReader};

/// What leads to changes. Built with the right to them; a read-only cockpit has none.
#[async_trait]
pub trait Changer: Send + Sync + 'static {
    /// The same deed for this reason, which the audit log keeps, and for no other.
    fn because(&self, why: Option<Safe>, deed: BoxFuture<'static, Msg>) -> BoxFuture<'static, Msg>;
    /// Makes a plan; changes nothing.
    async fn plan(&self, wish: Wish) -> Result<Plan, Problem>;
    /// Makes the plan of a retry of an ended run; changes nothing.
    async fn plan_retry(&self, run: &RunId) -> Result<Plan, Problem>;
    /// The age of all secrets, the most urgent first. Reads only.
    async fn secrets(&self) -> Result<Vec<Due>, Problem>;
    /// The releases that instances recorded, newest first. Reads only.
    async fn releases(&self, hosts: &[HostId]) -> Result<Vec<Recorded>, Problem>;
    /// Does a step on the way of taking an instance into the inventory.
    async fn enrol(&self, ask: Ask) -> Result<Answer, Problem>;
    /// Starts a run of exactly this plan, carried out by a worker of its own.
    async fn start(&self, plan: &Plan, consent: &Consent) -> Result<Launched, Problem>;
    /// Answers for a run that waits for a second person.
    async fn decide(&self, run: &RunId, answer: Answered) -> Result<(), Problem>;
    /// Asks something of a run.
    async fn control(&self, run: &RunId, control: Control) -> Result<(), Problem>;
    /// Brings back what an ended run changed; gives the new runs.
    async fn roll_back(&self, run: &RunId) -> Result<Vec<RunId>, Problem>;
    /// Breaks the lease of something for a reason, if it is still the one that was seen: its generation, or for the fleet the
    /// run. Gives what is to be told.
    async fn break_lease(
        &self,
        of: &HoldOf,
        seen: &(u64, Option<RunId>),
        reason: &Safe,
    ) -> Result<Safe, Problem>;
    /// Makes a part of the fleet quiet for a time, or loud again; or looks what that would do.
    async fn quiet(&self, ask: QuietAsk) -> Result<QuietAnswer, Problem>;
    /// Prepares a shell on a host, to be opened at the terminal.
    async fn terminal(&self, host: &HostId) -> Result<AtTerminal, Problem>;
    /// Brings a port of a host here, or takes one back; they last no longer than the cockpit.
    async fn forward(&self, ask: ForwardAsk) -> Forwarded;
    /// Starts a new worker for a run whose worker is gone.
    async fn revive(&self, run: &RunId) -> Result<(), Problem>;
}

/// What pages look at beside what is watched all the time. It reads only, so a read-only cockpit has it too.
#[async_trait]
pub trait Looker: Send + Sync + 'static {
    /// Answers a question.
    async fn look(&self, what: Look) -> Result<Looked, Problem>;
}

/// What is done at the terminal while the screen is given back; it gives what is to be told of it.
pub type AtTerminal = Box<dyn FnOnce() -> Result<String, String> + Send>;

/// Looking at one host.
#[async_trait]
pub trait HostDesk: Send + Sync + 'static {
    /// Its `.env` without secrets.
    async fn env(&self, host: &HostId) -> Result<EnvShown, Problem>;
    /// Writes what a service writes into a file, from some lines ago on, until the host or the service ends it.
    async fn follow(
        &self,
        host: &HostId,
        service: &ServiceName,
        into: std::fs::File,
    ) -> Result<(), Problem>;
}

/// What can be done where there is no inventory that can be used.
#[async_trait]
pub trait SetUp: Send + Sync + 'static {
    /// Makes one with its first instance; gives what is to be told.
    async fn make(&self, first: &FirstInstance) -> Result<Safe, Safe>;
    /// Copies one of Ansible.
    async fn import(&self, from: &str) -> Result<Safe, Safe>;
    /// Starts a fleet to try on, at the terminal; or why that cannot be.
    fn demo(&self) -> Result<AtTerminal, Safe>;
}

/// The inventory cannot be used: the cockpit stays open and says so.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct NoInventory {
    /// What is wrong, for the screen.
    pub unusable: Unusable,
    /// The same as the verbs of the command line say it.
    pub message: String,
}

/// A run that is played from a file.
pub trait Replaying: Send + Sync + 'static {
    /// Where it stands.
    fn state(&self) -> Replay;
    /// Asks something of it.
    fn ask(&self, ask: ReplayAsk);
}

/// Everything that the cockpit is connected to.
#[derive(Clone)]
pub struct Sources {
    /// The fleet, again and again.
    pub fleet: watch::Receiver<Arc<FleetSnapshot>>,
    /// The runs; `None` where the store cannot be read.
    pub runs: Option<Arc<dyn RunReader>>,
    /// Who is told on which hosts these runs are at work; `None` where nothing looks at hosts.
    pub at_work: Option<AtWork>,
    /// The audit log; `None` where the store cannot be read.
    pub audit: Option<Arc<dyn AuditReader>>,
    /// The run that is played from a file; `None` where the world is looked at.
    pub replay: Option<Arc<dyn Replaying>>,
    /// What pages look at; `None` where there is nothing to ask.
    pub looker: Option<Arc<dyn Looker>>,
    /// What looks at one host; `None` where there are none.
    pub desk: Option<Arc<dyn HostDesk>>,
    /// What leads to changes; `None` is read-only.
    pub changer: Option<Arc<dyn Changer>>,
    /// What went wrong on the way, for the operator.
    pub problems: Vec<Problem>,
}

/// The sources, once they are there, or why the cockpit cannot be opened. Waited for after the first frame.
pub type Connected = BoxFuture<'static, color_eyre::Result<Sources>>;

/// Connects, as often as it is asked to.
pub type Connect = Box<dyn Fn() -> Connected + Send>;
