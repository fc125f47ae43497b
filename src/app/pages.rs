//! The state of each page above the fleet page.

use std::sync::Arc;

use jiff::Timestamp;

use super::cursor::Cursor;
use super::frame::Full;
use super::holds::Holds;
use super::list_order::ListOrder;
use super::log_tail::LogTail;
use super::msg::RunView;
use crate::domain::env::grouped;
use crate::domain::filter::RowFilter;
use crate::domain::ids::{HostId, RunId};
use crate::domain::log::Sieve;
use crate::domain::plan::{Outside, Plan, PlanHash, Wish, Workflow};
use crate::domain::policy::{Consent, Demand};
use crate::domain::release::Release;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{HostState, Phase};
use crate::domain::untrusted::Safe;

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    /// The upper one.
    #[default]
    First,
    /// The lower one.
    Second,
}

impl Pane {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// The page of one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct InstancePage {
    /// Which.
    pub id: HostId,
    /// Its releases, newest first; `None` until they were read.
    pub releases: Option<Vec<Release>>,
    /// Which pane has the keys.
    pub pane: Pane,
    /// Lines of the containers above the first shown.
    pub top: usize,
}

/// The preview of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanPage {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its hash. A frame has no time to make that of a plan of a thousand hosts.
    pub hash: PlanHash,
    /// The digits typed so far.
    pub typed: String,
    /// The request that starts it, once sent.
    pub starting: Option<u64>,
    /// Selection among the targets.
    pub cursor: Cursor,
    /// Which pane has the keys: what will happen, or the targets.
    pub pane: Pane,
    /// Lines of what will happen above the first shown.
    pub top: usize,
    /// Who holds its targets, or its fleet.
    pub holds: Holds,
    /// Whether something waits for them.
    pub wait: Wait,
    /// What it was made for, so that it can be made anew.
    pub wish: Option<Wish>,
}

/// Whether the start of a plan waits until nobody holds what it is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Wait {
    /// It does not.
    #[default]
    No,
    /// It will, once it is started.
    Meant,
    /// It was started, with what its operator did for it, and waits since then.
    Since(Timestamp, Consent),
    /// Since then it waits to be made anew, as it was made while somebody held one of its instances.
    ToPlan(Timestamp),
}

impl PlanPage {
    /// The page of a plan that was just made.
    pub fn new(plan: Arc<Plan>) -> Self {
        let hosts = plan.hosts.iter().map(|host| host.id.clone()).collect();
        let holds = Holds::of(hosts, plan.around.campaign.is_some());
        let hash = plan.hash();
        let (typed, starting, cursor) = (String::new(), None, Cursor::default());
        let (pane, top, wait, wish) = (Pane::Second, 0, Wait::No, None);
        Self { plan, hash, typed, starting, cursor, pane, top, holds, wait, wish }
    }

    /// Why it is refused at this time, where it is: outside of its window, and not meant to wait for it.
    pub fn shut(&self, now: Timestamp) -> Option<Safe> {
        // A second person may answer while it is shut; the run waits for that answer anyway.
        let waits = self.plan.rules.outside == Outside::Wait;
        let asks_another = *self.demand() == Demand::SecondOperator;
        self.plan.shut(now).filter(|_| !waits && !asks_another)
    }

    /// Whether waiting for the window is a choice now: it is shut, or that was chosen already.
    pub fn offers_window(&self, now: Timestamp) -> bool {
        self.starting.is_none() && self.waits_since().is_none() && self.plan.shut(now).is_some()
    }

    /// Since when it waits for who holds its targets.
    pub fn waits_since(&self) -> Option<Timestamp> {
        match &self.wait {
            Wait::Since(since, _) | Wait::ToPlan(since) => Some(*since),
            Wait::No | Wait::Meant => None,
        }
    }

    /// Whether it leaves an instance alone since somebody held it when the plan was made.
    pub fn was_held(&self) -> bool {
        self.plan.held().next().is_some()
    }

    /// Number of targets that a run would work on.
    pub fn n_to_start(&self) -> usize {
        self.plan.targets().count()
    }

    /// What the guardrails demand of its operator.
    pub fn demand(&self) -> &Demand {
        static USUAL: Demand = Demand::Usual;
        self.plan.rules.verdict.as_ref().map_or(&USUAL, |v| &v.demand)
    }

    /// What has to be typed to start it, where something has.
    pub fn wanted(&self) -> Option<String> {
        self.demand().typed(self.n_to_start())
    }

    /// Whether a plan that takes back what was edited on hosts could do more than this one.
    pub fn offers_overwrite(&self) -> bool {
        let drifted = || self.plan.hosts.iter().filter(|h| h.has_drift());
        self.plan.workflow == Workflow::Configure
            && drifted().next().is_some()
            && drifted().all(|h| !h.will_run())
    }

    /// More lines than what will happen ever has: those of `.env`, and some for all else.
    pub fn most_lines(&self) -> usize {
        let of = self.plan.hosts.iter().map(|h| (h.id.as_str(), h.diff.as_slice()));
        let env: usize = grouped(of).into_iter().map(|(_, changes)| 1 + changes.len()).sum();
        let steps = self.plan.hosts.first().map_or(0, |host| host.steps().count());
        env + steps + 40
    }

    /// Lines of the list of targets: those of the plan, then those left out.
    pub fn n_rows(&self) -> usize {
        self.plan.hosts.len() + self.plan.excluded.len()
    }
}

/// The list of runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunsPage {
    /// Selection.
    pub cursor: Cursor,
    /// The selected run, so that a new one above does not move the selection.
    pub selected: Option<RunId>,
    /// Which are shown, as it was typed.
    pub filter: String,
    /// What of the filter counts: all of it, once it can be used.
    pub counts: RowFilter,
    /// Their order.
    pub order: ListOrder,
}

/// Whether the end of the output is kept in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// The end is in view.
    End,
    /// This line stands first.
    From(u64),
}

/// The page of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPage {
    /// Which.
    pub run: RunId,
    /// What is known of it; `None` until it was read.
    pub view: Option<Arc<RunView>>,
    /// The target whose output is shown.
    pub host: Option<HostId>,
    /// Whether the operator chose it; until then the most telling one is shown.
    pub chosen: Chosen,
    /// Scroll of the targets.
    pub cursor: Cursor,
    /// Which pane has the keys.
    pub pane: Pane,
    /// Whether the output has the whole screen.
    pub full: Full,
    /// The output of `host`.
    pub log: LogTail,
    /// Which part of it is seen.
    pub follow: Follow,
    /// What was searched for.
    pub needle: Sieve,
    /// The line of the last match.
    pub found: Option<u64>,
}

/// Who chose what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The program: the first failure, else the first that works.
    Itself,
    /// The operator.
    ByHand,
}

impl RunPage {
    /// The page of a run of which nothing is known yet.
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            view: None,
            host: None,
            chosen: Chosen::Itself,
            cursor: Cursor::default(),
            pane: Pane::First,
            full: Full::No,
            log: LogTail::default(),
            follow: Follow::End,
            needle: Sieve::default(),
            found: None,
        }
    }

    /// Whether a target that has begun stands still: the run is paused, and none of its steps runs.
    pub fn rests(&self, host: &HostState) -> bool {
        let paused = self.view.as_ref().is_some_and(|view| view.state.phase == Phase::Paused);
        paused && host.is_under_way() && host.running_step().is_none()
    }

    /// Whether a target is worked on now.
    pub fn is_at_work(&self, host: &HostState) -> bool {
        host.is_under_way() && !self.rests(host)
    }

    /// The targets in the order of the screen.
    pub fn hosts(&self) -> &[HostState] {
        self.view.as_ref().map(|v| v.state.hosts.as_slice()).unwrap_or_default()
    }

    /// Lines of the targets pane: one for each target and one for each batch, where there is more than one.
    pub fn n_lines(&self) -> usize {
        let n = self.n_batches();
        self.hosts().len() + if n > 1 { n } else { 0 }
    }

    /// Number of batches.
    pub fn n_batches(&self) -> usize {
        self.view.as_ref().map_or(0, |v| v.plan.batches.len())
    }

    /// The line of the targets pane on which the target at `idx` stands.
    pub fn line_of(&self, idx: usize) -> usize {
        let batch = self.hosts().get(idx).map_or(0, |h| h.batch as usize);
        idx + if self.n_batches() > 1 { batch + 1 } else { 0 }
    }

    /// Which target to show when nobody chose: the first that failed, else the first at work, else the first.
    pub fn telling_host(&self) -> Option<&HostState> {
        let hosts = self.hosts();
        let bad =
            |h: &&HostState| h.outcome.as_ref().is_some_and(|o| !o.lets_go_on() && !never_ran(o));
        let busy = |h: &&HostState| h.is_under_way();
        hosts.iter().find(bad).or_else(|| hosts.iter().find(busy)).or_else(|| hosts.first())
    }

    /// Where the run stands.
    pub fn phase(&self) -> Option<Phase> {
        self.view.as_ref().map(|v| v.state.phase)
    }
}

fn never_ran(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotRun(_))
}

/// Whether a run can still be controlled.
pub fn is_active(phase: Phase) -> bool {
    match phase {
        Phase::Planned | Phase::Waiting | Phase::Running | Phase::Paused | Phase::Stopping => true,
        Phase::Succeeded
        | Phase::Failed
        | Phase::Aborted
        | Phase::Lost
        | Phase::WaitingApproval => false,
    }
}
