//! What should be done outside: data, returned by `update`, carried out at the terminal's edge.

use std::sync::Arc;

use super::forwards::ForwardAsk;
use super::holds::HoldOf;
use super::log_page::{Keep, LogAsk, LogMark, LogOf};
use super::look::Look;
use super::quiet::QuietAsk;
use super::replay::Ask as ReplayAsk;
use super::setup::SetupAsk;
use crate::domain::capability::Operate;
use crate::domain::ids::{HostId, RunId};
use crate::domain::log::Sieve;
use crate::domain::plan::{Plan, Wish};
use crate::domain::policy::Consent;
use crate::domain::run::control::Control;
use crate::domain::scaffold::enrol::Ask;
use crate::domain::untrusted::Safe;
use crate::domain::view::ViewChange;

/// Something to do outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Something that changes the fleet, or leads there.
    Change(Change),
    /// Observe a run: its state, and the output of one host at a time.
    Attach(RunId),
    /// Observe no run any more.
    Detach,
    /// Send the output of this host of the attached run, from its end.
    FollowLog {
        /// The run.
        run: RunId,
        /// The host.
        host: HostId,
    },
    /// Show this part of an output from now on, as it grows.
    AskLog(Box<LogAsk>),
    /// Read no output any more.
    CloseLog,
    /// Keep the wanted lines of an output, all of them.
    KeepLog {
        /// Whose output.
        of: LogOf,
        /// Which lines.
        sieve: Sieve,
        /// Where.
        to: Keep,
        /// The lines that were drawn across it.
        marks: Vec<LogMark>,
    },
    /// Read the `.env` of an instance.
    LoadEnv {
        /// Comes back with the answer.
        request: u64,
        /// Whose.
        host: HostId,
    },
    /// Read the releases of an instance.
    LoadReleases(HostId),
    /// Read the newest records of the audit log.
    LoadAudit {
        /// Comes back with the answer.
        request: u64,
    },
    /// Look at something, for the page that is seen.
    Look {
        /// Comes back with the answer.
        request: u64,
        /// What.
        what: Look,
    },
    /// Ask something of the replay.
    Replay(ReplayAsk),
    /// Put a command line, built of validated names only, into the terminal's clipboard.
    Copy(String),
    /// Keep what the operator chose to see.
    Save(ViewChange),
    /// Show the screen in the next theme.
    NextTheme,
    /// Connect to the fleet once more.
    Connect,
    /// Draw everything anew.
    Redraw,
    /// Leave the screen until the shell brings us back; runs go on.
    Suspend,
    /// Leave; runs go on.
    Quit,
}

/// A change, or what leads to one.
///
/// **Invariant:** none exists without an [`Operate`], so a read-only cockpit cannot even name one.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    kind: ChangeKind,
    why: Option<Safe>,
}

/// Which change.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeKind {
    /// Bring back what an ended run changed.
    RollBack(RunId),
    /// Plan an ended run once more, for what it left behind; nothing is changed by that.
    PlanRetry {
        /// Comes back with the answer.
        request: u64,
        /// The run.
        run: RunId,
    },
    /// Make a plan; nothing is changed by that.
    Plan {
        /// Comes back with the answer.
        request: u64,
        /// What is wanted, of whom.
        wish: Wish,
    },
    /// Read the age of all secrets, for a person who is to choose some.
    Secrets {
        /// Comes back with the answer.
        request: u64,
    },
    /// Read which releases these instances recorded, for a person who is to choose one.
    Releases {
        /// Comes back with the answer.
        request: u64,
        /// Which instances.
        hosts: Vec<HostId>,
    },
    /// Something on the way of taking an instance into the inventory.
    Enrol {
        /// Comes back with the answer.
        request: u64,
        /// What.
        ask: Box<Ask>,
    },
    /// Start a run of exactly this plan.
    StartRun {
        /// Comes back with the answer.
        request: u64,
        /// What was approved.
        plan: Arc<Plan>,
        /// What its operator did for it.
        consent: Consent,
    },
    /// Ask something of a run.
    Control {
        /// The run.
        run: RunId,
        /// What.
        control: Control,
    },
    /// Make or copy the first inventory, or start the demo.
    SetUp(SetupAsk),
    /// Take a lease away from who has it, for a reason.
    BreakLease {
        /// Of what.
        of: HoldOf,
        /// Which lease of an instance: another one that was taken meanwhile stays.
        generation: u64,
        /// The run that has it: of the fleet, that of another stays.
        run: Option<RunId>,
        /// Why.
        reason: Safe,
    },
    /// Open a shell on a host, at this terminal.
    Shell(HostId),
    /// Bring a port of a host to this machine, or take one back.
    Forward(ForwardAsk),
    /// Make a part of the fleet quiet for a time, or loud again.
    Quiet {
        /// Comes back with the answer.
        request: u64,
        /// What.
        ask: QuietAsk,
    },
    /// Start a new worker for a run whose worker is gone.
    Revive(RunId),
    /// Answer for a run that waits for a second person.
    Decide {
        /// The run.
        run: RunId,
        /// What.
        answer: Answered,
    },
}

/// The answer of a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It may run.
    Approved,
    /// It may not.
    Rejected,
}

impl Change {
    /// A change by somebody who may, for a reason where he gave one.
    pub fn by(_right: &Operate, kind: ChangeKind, why: Option<Safe>) -> Self {
        Self { kind, why }
    }

    /// Why.
    pub fn why(&self) -> Option<&Safe> {
        self.why.as_ref()
    }

    /// What it is.
    pub fn kind(&self) -> &ChangeKind {
        &self.kind
    }
}
