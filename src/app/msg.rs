//! What happened: everything that reaches the cockpit's state machine.

use std::sync::Arc;

use jiff::Timestamp;

use super::action::Action;
use super::destination::Destination;
use super::forwards::Forwarded;
use super::key::Key;
use super::log_page::LogView;
use super::look::Looked;
use super::quiet::QuietAnswer;
use super::replay::Replay;
use super::setup::Unusable;
use super::toast::ToastKind;
use crate::domain::audit::Entry;
use crate::domain::env_shown::EnvShown;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::Plan;
use crate::domain::release::{Recorded, Release};
use crate::domain::run::state::{RunState, RunSummary};
use crate::domain::scaffold::enrol::Answer;
use crate::domain::secret::due::Due;
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::untrusted::Safe;

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse was used where it means something.
    Mouse(Mouse),
    /// Text was pasted; never taken for keys.
    Paste(Safe),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// It is this late.
    Tick(Timestamp),
    /// Go to this page.
    Go(Destination),
    /// Do this on the page that is seen, whichever key it has.
    Do(Action),
    /// The fleet looks like this.
    Fleet(Arc<FleetSnapshot>),
    /// The runs, newest first.
    Runs(Vec<RunSummary>),
    /// A plan was made, or not.
    Planned {
        /// Of the effect that asked.
        request: u64,
        /// The plan, or what went wrong.
        result: Result<Arc<Plan>, Problem>,
    },
    /// A run was started, or not.
    Started {
        /// Of the effect that asked.
        request: u64,
        /// The run, or what went wrong.
        result: Result<Begun, Problem>,
    },
    /// The attached run looks like this.
    Run(Arc<RunView>),
    /// Output of a host of the attached run.
    Log(LogChunk),
    /// Output of a host of the attached run was not sent, since the screen could not keep up.
    LogGap {
        /// The run.
        run: RunId,
        /// The host.
        host: HostId,
        /// Offset of the first byte that will be sent again.
        to: u64,
        /// Lines that were passed over.
        lines: u64,
    },
    /// The `.env` of an instance.
    Env {
        /// Of the effect that asked.
        request: u64,
        /// It, without its secrets, or what went wrong.
        result: Result<EnvShown, Problem>,
    },
    /// The inventory cannot be used.
    Unusable(Unusable),
    /// What came of what was tried about that.
    SetUp(Result<Safe, Safe>),
    /// A part of the output that is read, or why it cannot be read.
    LogView(Result<Box<LogView>, Problem>),
    /// Releases of an instance, newest first.
    Releases {
        /// The instance.
        instance: HostId,
        /// Its releases.
        releases: Vec<Release>,
    },
    /// The secrets of the fleet with their age.
    Secrets {
        /// Of the effect that asked.
        request: u64,
        /// The secrets, the most urgent first, or what went wrong.
        result: Result<Vec<Due>, Problem>,
    },
    /// The releases that instances recorded.
    Recorded {
        /// Of the effect that asked.
        request: u64,
        /// The releases, newest first, or what went wrong.
        result: Result<Vec<Recorded>, Problem>,
    },
    /// An answer on the way of taking an instance into the inventory.
    Enrol {
        /// Of the effect that asked.
        request: u64,
        /// It, or what went wrong.
        result: Result<Box<Answer>, Problem>,
    },
    /// The newest records of the audit log.
    Audit {
        /// Of the effect that asked.
        request: u64,
        /// The records, newest first, or what went wrong.
        result: Result<Vec<Entry>, Problem>,
    },
    /// What a page asked of the world.
    Looked {
        /// Of the effect that asked.
        request: u64,
        /// The answer, or what went wrong.
        result: Result<Looked, Problem>,
    },
    /// The ports of hosts that are at this machine now.
    Forwards(Forwarded),
    /// What came of breaking a lease.
    LeaseBroken(Result<Safe, Problem>),
    /// What came of what makes a part of the fleet quiet for a time.
    Quiet {
        /// Of the effect that asked.
        request: u64,
        /// It, or what went wrong.
        result: Result<QuietAnswer, Problem>,
    },
    /// Where the replay stands.
    Replay(Replay),
    /// The text of the plan that is seen was scrolled past its end: it is shown from this line on.
    ScrolledTo(usize),
    /// The time of the replay went back.
    Rewound,
    /// Something to tell the operator.
    Notice(ToastKind, Safe),
}

/// What became of a plan that was to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// A worker has it.
    Started(RunId),
    /// It waits for a second person.
    Waits(RunId),
}

impl Begun {
    /// The run.
    pub fn run(&self) -> &RunId {
        match self {
            Self::Started(run) | Self::Waits(run) => run,
        }
    }
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// A click at this column and row of the screen.
    Click(u16, u16),
    /// The wheel, away from the person.
    Up,
    /// The wheel, towards the person.
    Down,
}

/// What went wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What was tried and what happened: lower case, no full stop.
    pub message: Safe,
    /// What to do next.
    pub hint: Option<Safe>,
}

/// A run as its observers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// What was approved.
    pub plan: Arc<Plan>,
    /// The fold of its events so far; `Lost` where its worker is gone.
    pub state: RunState,
}

/// A piece of a host's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// The run.
    pub run: RunId,
    /// The host.
    pub host: HostId,
    /// Offset of the first byte in the host's whole output.
    pub offset: u64,
    /// As they came.
    pub bytes: Arc<[u8]>,
}
