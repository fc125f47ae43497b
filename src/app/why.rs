//! Why its operator does what comes next: kept in the audit log with each change.
//!
//! **Invariant:** a reason that was given for one thing is never told of another.

use super::effect::ChangeKind;
use super::forwards::ForwardAsk;
use super::layers::Then;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{Plan, PlanHash};
use crate::domain::scaffold::enrol::Ask;
use crate::domain::untrusted::Safe;

/// What a reason is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// The start of this plan.
    Plan(PlanHash),
    /// What follows this run.
    Run(RunId),
    /// A shell on this host.
    Host(HostId),
    /// A port of this host.
    Port(HostId),
    /// An instance that is taken into the inventory.
    Enrol,
}

/// What was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Why {
    /// What holds for all that comes next, until something else is said.
    pub standing: Option<Safe>,
    /// What was said for one thing each, and is used up by it.
    once: Vec<(Of, Safe)>,
}

impl Why {
    /// The reason for this.
    pub fn of(&self, of: &Of) -> Option<&Safe> {
        let once = self.once.iter().find(|(about, _)| about == of);
        once.map(|(_, text)| text).or(self.standing.as_ref())
    }

    /// Keeps what was said for one thing.
    pub fn say(&mut self, of: Of, text: Safe) {
        self.once.retain(|(about, _)| *about != of);
        self.once.push((of, text));
    }

    /// The reason for a change.
    pub fn of_change(&self, kind: &ChangeKind) -> Option<Safe> {
        if let ChangeKind::BreakLease { reason, .. } = kind {
            return Some(reason.clone());
        }
        if let ChangeKind::Quiet { ask, .. } = kind {
            return ask.why().cloned().or_else(|| self.standing.clone());
        }
        match about(kind) {
            Some(of) => self.of(&of).cloned(),
            None => self.standing.clone(),
        }
    }

    /// The reason for what a question leads to.
    pub fn of_then(&self, then: &Then) -> Option<Safe> {
        match then {
            Then::Start(plan) => self.of(&Of::Plan(plan.hash())).cloned(),
            Then::Change(kind) => self.of_change(kind),
            Then::Enrol => self.of(&Of::Enrol).cloned(),
            Then::Quiet(ask) => ask.why().cloned().or_else(|| self.standing.clone()),
            Then::Plan(_) | Then::LeaveForm | Then::Leave => None,
        }
    }

    /// The change is made: what was said for it alone is used up. What an instance is taken over for holds until it is written.
    pub fn used(&mut self, kind: &ChangeKind) {
        if let ChangeKind::Enrol { ask, .. } = kind
            && !matches!(**ask, Ask::Add(..) | Ask::Import(_))
        {
            return;
        }
        self.drop_of(about(kind));
    }

    /// Nothing is taken into the inventory, or something else: the reason for it is dropped.
    pub fn enrol_anew(&mut self) {
        self.drop_of(Some(Of::Enrol));
    }

    /// What a question leads to will not be: what was said for it alone is dropped.
    pub fn left(&mut self, then: &Then) {
        match then {
            Then::Start(plan) => self.drop_of(Some(Of::Plan(plan.hash()))),
            Then::Change(kind) => self.drop_of(about(kind)),
            Then::Enrol => self.enrol_anew(),
            Then::Plan(_) | Then::Quiet(_) | Then::LeaveForm | Then::Leave => {}
        }
    }

    fn drop_of(&mut self, of: Option<Of>) {
        if let Some(of) = of {
            self.once.retain(|(about, _)| *about != of);
        }
    }
}

fn about(kind: &ChangeKind) -> Option<Of> {
    match kind {
        ChangeKind::StartRun { plan, .. } => Some(Of::Plan(plan.hash())),
        ChangeKind::RollBack(run) => Some(Of::Run(run.clone())),
        ChangeKind::Shell(host) => Some(Of::Host(host.clone())),
        ChangeKind::Forward(ForwardAsk::Open { host, .. }) => Some(Of::Port(host.clone())),
        ChangeKind::Enrol { .. } => Some(Of::Enrol),
        ChangeKind::Plan { .. }
        | ChangeKind::PlanRetry { .. }
        | ChangeKind::Secrets { .. }
        | ChangeKind::Releases { .. }
        | ChangeKind::Control { .. }
        | ChangeKind::Decide { .. }
        | ChangeKind::Revive(_)
        | ChangeKind::BreakLease { .. }
        | ChangeKind::Quiet { .. }
        | ChangeKind::Forward(ForwardAsk::End(_) | ForwardAsk::Again(_) | ForwardAsk::List)
        | ChangeKind::SetUp(_) => None,
    }
}

/// Whether a policy of a target asks for a reason before this plan is carried out.
pub fn is_demanded(plan: &Plan) -> bool {
    plan.targets().any(|host| host.settings.policy.require_why)
}
