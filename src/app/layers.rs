//! What stands in front of a page: a stack, the last one has the keys.

use std::sync::Arc;

use tui_input::Input;

use super::action::{Action, Place};
use super::columns::Column;
use super::copy::Copying;
use super::destination::Destination;
use super::effect::ChangeKind;
use super::holds::HoldOf;
use super::host_layers::{EnvLayer, ReasonPick, ServicePick};
use super::quiet::{QuietAsk, QuietForm};
use super::why::Of;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{Plan, Wish};
use crate::domain::untrusted::Safe;

/// Something in front of the page.
#[derive(Debug, Clone)]
pub enum Layer {
    /// The keys, scrolled by this many lines.
    Help {
        /// Lines above the first shown.
        top: usize,
    },
    /// The command palette.
    Palette(Palette),
    /// The fleet's filter is being typed.
    Filter(Input),
    /// A search of the output is being typed.
    Search(Input),
    /// Where to upgrade to.
    Reference(ReferenceForm),
    /// Which playbook to run.
    Playbook(ReferenceForm),
    /// The question where to upgrade to, the canary group first.
    Canary(ReferenceForm),
    /// A plan is being made.
    Planning {
        /// The request whose answer is waited for.
        request: u64,
        /// Number of targets.
        n_hosts: usize,
        /// What is wanted; `None` where an ended run is planned once more.
        wish: Option<Wish>,
    },
    /// A question before something dangerous.
    Confirm(Confirm),
    /// A guardrail wants a name typed.
    Guard(GuardForm),
    /// The reason for something is typed.
    Why(WhyForm),
    /// What makes a part of the fleet quiet for a time is typed.
    Quiet(Box<QuietForm>),
    /// What can be copied.
    Copy(Copying),
    /// Which columns stand on the screen.
    Columns(Pick),
    /// The letter of a bookmark is asked for.
    Letter(Letters),
    /// The `.env` of an instance.
    Env(EnvLayer),
    /// The services of an instance.
    Services(ServicePick),
    /// The reasons of an instance.
    Reasons(ReasonPick),
    /// The ports that were brought here.
    Forwards,
    /// The canary of the run that is seen.
    Soak,
}

impl Layer {
    /// Where its keys stand in the table; `None` where they are those of a question or of a page, or what is typed.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Palette(_) => Some(Place::Palette),
            Self::Copy(_) | Self::Services(_) | Self::Reasons(_) => Some(Place::Menu),
            Self::Columns(_) => Some(Place::Columns),
            Self::Forwards => Some(Place::Ports),
            Self::Help { .. }
            | Self::Filter(_)
            | Self::Search(_)
            | Self::Reference(_)
            | Self::Playbook(_)
            | Self::Canary(_)
            | Self::Planning { .. }
            | Self::Confirm(_)
            | Self::Guard(_)
            | Self::Why(_)
            | Self::Quiet(_)
            | Self::Letter(_)
            | Self::Env(_)
            | Self::Soak => None,
        }
    }
}

/// The choice of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// All columns, those that are shown first and in the order of the screen.
    pub rows: Vec<(Column, bool)>,
    /// The chosen one.
    pub selected: usize,
}

/// What a letter is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// To be a bookmark of this page.
    Set,
    /// To go where it stands for.
    Go,
    /// To be no bookmark any more.
    Drop,
}

/// The palette: what was typed, what fits, which is chosen.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What was typed.
    pub input: Input,
    /// What fits, best first.
    pub found: Vec<Entry>,
    /// The chosen one.
    pub selected: usize,
}

/// One entry of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Do something.
    Action(Action),
    /// Something that cannot be done here, and why.
    Unavailable(Action, String),
    /// Open an instance.
    Instance(HostId),
    /// Open another page.
    Page(Destination),
    /// Go to a bookmark.
    Bookmark(char),
}

/// The question where to upgrade to, or which playbook to run.
#[derive(Debug, Clone)]
pub struct ReferenceForm {
    /// The targets.
    pub hosts: Vec<HostId>,
    /// Branch, tag or commit, where empty is each instance's own; or the playbook with its options.
    pub input: Input,
    /// Why the text is refused.
    pub problem: Option<String>,
}

/// The name of a group is typed to start a plan.
#[derive(Debug, Clone)]
pub struct GuardForm {
    /// The plan.
    pub plan: Arc<Plan>,
    /// What has to be typed.
    pub wanted: String,
    /// What was typed.
    pub input: Input,
    /// Whether enter was pressed on something else.
    pub wrong: bool,
}

/// The question why something is done.
#[derive(Debug, Clone)]
pub struct WhyForm {
    /// What for.
    pub asks: WhyFor,
    /// What was typed.
    pub input: Input,
    /// Whether enter was pressed on nothing.
    pub empty: bool,
}

impl WhyForm {
    /// With nothing typed yet.
    pub fn new(asks: WhyFor) -> Self {
        Self { asks, input: Input::default(), empty: false }
    }

    /// For all that comes next, with what was said before.
    pub fn standing(said: Option<&Safe>) -> Self {
        let said = said.map(ToString::to_string).unwrap_or_default();
        Self { asks: WhyFor::All, input: Input::new(said), empty: false }
    }
}

/// What a reason is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum WhyFor {
    /// For all that comes next; nothing takes it back.
    All,
    /// Since a policy asks for it, before this is done.
    Demanded {
        /// What it will be about.
        of: Of,
        /// What is done once it was said.
        then: Action,
    },
    /// To break a lease.
    Break {
        /// Of what.
        of: HoldOf,
        /// Which lease of it.
        generation: u64,
        /// Who has it.
        holder: Safe,
        /// The run that has it.
        run: Option<RunId>,
    },
}

/// A question whose safe answer has the focus.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// Title.
    pub title: String,
    /// What will happen, line by line.
    pub lines: Vec<String>,
    /// The word on the safe button.
    pub safe: &'static str,
    /// The word on the other.
    pub act: &'static str,
    /// Which has the focus.
    pub focus: Focus,
    /// What the other does.
    pub then: Then,
}

/// Which button has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The safe one.
    Safe,
    /// The one that does it.
    Act,
}

/// What a confirmed question does.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// Starts a run of this plan.
    Start(Arc<Plan>),
    /// Makes another plan.
    Plan(Wish),
    /// Goes on with taking an instance into the inventory.
    Enrol,
    /// Leaves the form.
    LeaveForm,
    /// Does what a form in front of the page was for.
    Quiet(QuietAsk),
    /// Leaves the wall.
    Leave,
    /// Asks something of a run.
    Change(ChangeKind),
}
