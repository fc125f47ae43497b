//! Every kind of layer, of question and of what is typed has a page in the matrix: one that is new does not compile until
//! it stands here, and has to be drawn then.

use std::collections::BTreeSet;

use bunker_ops::app::Model;
use bunker_ops::app::Screen;
use bunker_ops::app::action::Place;
use bunker_ops::app::effect::{Answered, ChangeKind};
use bunker_ops::app::host_layers::{PickTo, ServicePick};
use bunker_ops::app::layers::{Layer, Letters, Then, WhyFor};
use bunker_ops::app::log_page::LogOf;
use bunker_ops::app::quiet::{QuietAsk, QuietFor};
use bunker_ops::app::setup::{SetupAsk, Typed};
use bunker_ops::app::why::Of;
use bunker_ops::domain::run::control::Control;

use super::pages::{all, leads_nowhere, opened};
use super::world::usual;

/// The kinds of a value, from one list: what it is, and all that it can be. A kind without a case does not compile.
macro_rules! kinds {
    ($of:ident, $all:ident, $type:ty, { $($pattern:pat => $name:literal,)+ }) => {
        const $all: &[&str] = &[$($name),+];

        fn $of(value: &$type) -> &'static str {
            match value { $($pattern => $name,)+ }
        }
    };
}

kinds!(layer, LAYERS, Layer, {
    Layer::Help { .. } => "help",
    Layer::Palette(_) => "palette",
    Layer::Filter(_) => "filter",
    Layer::Search(_) => "search",
    Layer::Reference(_) => "upgrade",
    Layer::Playbook(_) => "playbook",
    Layer::Canary(_) => "canary upgrade",
    Layer::Planning { .. } => "planning",
    Layer::Confirm(_) => "a question",
    Layer::Guard(_) => "guard",
    Layer::Why(_) => "why",
    Layer::Copy(_) => "copy",
    Layer::Columns(_) => "columns",
    Layer::Letter(Letters::Set) => "set a bookmark",
    Layer::Letter(Letters::Go) => "go to a bookmark",
    Layer::Letter(Letters::Drop) => "drop a bookmark",
    Layer::Env(_) => "env",
    Layer::Services(ServicePick { to: PickTo::Follow, .. }) => "a service to follow",
    Layer::Services(ServicePick { to: PickTo::Forward, .. }) => "a service for a port",
    Layer::Reasons(_) => "reasons",
    Layer::Forwards => "ports",
    Layer::Soak => "canary",
    Layer::Quiet(_) => "quiet",
});

kinds!(reason, REASONS, WhyFor, {
    WhyFor::All => "why: of all",
    WhyFor::Demanded { of: Of::Plan(_), .. } => "why: a plan",
    WhyFor::Demanded { of: Of::Run(_), .. } => "why: a run",
    WhyFor::Demanded { of: Of::Host(_), .. } => "why: a shell",
    WhyFor::Demanded { of: Of::Port(_), .. } => "why: a port",
    WhyFor::Demanded { of: Of::Enrol, .. } => "why: an instance",
    WhyFor::Break { .. } => "why: a lease",
});

kinds!(quiet, QUIETS, QuietFor, {
    QuietFor::Window => "typed: a window",
    QuietFor::End { .. } => "typed: the end of a window",
    QuietFor::Silence(_) => "typed: a silence",
    QuietFor::EndSilence { .. } => "typed: the end of a silence",
});

/// What is done without a question before it.
const NEVER: &str = "never asked";

kinds!(question, QUESTIONS, Then, {
    Then::Start(_) => "asks: start",
    Then::Plan(_) => "asks: plan anew",
    Then::Enrol => "asks: take in",
    Then::LeaveForm => "asks: leave the form",
    Then::Leave => "asks: leave the wall",
    Then::Change(ChangeKind::RollBack(_)) => "asks: roll back",
    Then::Change(ChangeKind::Control { control: Control::Abort, .. }) => "asks: abort",
    Then::Change(ChangeKind::Control { control: Control::AbortAndRollBack, .. }) => "asks: abort and roll back",
    Then::Change(ChangeKind::Control { control: Control::Kill, .. }) => "asks: kill",
    Then::Change(ChangeKind::Control { control: Control::Promote, .. }) => "asks: promote",
    Then::Change(ChangeKind::Control { control: Control::PromoteAll, .. }) => "asks: promote all",
    Then::Change(ChangeKind::Control { control: Control::SkipHost(_), .. }) => "asks: skip",
    Then::Change(ChangeKind::Decide { answer: Answered::Approved, .. }) => "asks: approve",
    Then::Change(ChangeKind::Decide { answer: Answered::Rejected, .. }) => "asks: reject",
    Then::Change(ChangeKind::BreakLease { .. }) => "asks: break a lease",
    Then::Change(ChangeKind::Shell(_)) => "asks: shell",
    Then::Change(ChangeKind::SetUp(SetupAsk::Make(_))) => "asks: make an inventory",
    Then::Quiet(QuietAsk::Add(..)) => "asks: add a window",
    Then::Quiet(QuietAsk::End { .. }) => "asks: end a window",
    Then::Quiet(QuietAsk::Silence { .. }) => "asks: silence",
    Then::Quiet(QuietAsk::EndSilence { .. }) => "asks: end a silence",
    Then::Quiet(QuietAsk::Draft(_))
    | Then::Change(
        ChangeKind::Control { control: Control::Pause | Control::Resume | Control::Step, .. }
        | ChangeKind::SetUp(SetupAsk::Import(_) | SetupAsk::Demo)
        | ChangeKind::Plan { .. }
        | ChangeKind::PlanRetry { .. }
        | ChangeKind::Secrets { .. }
        | ChangeKind::Releases { .. }
        | ChangeKind::Enrol { .. }
        | ChangeKind::StartRun { .. }
        | ChangeKind::Forward(_)
        | ChangeKind::Revive(_)
        | ChangeKind::Quiet { .. },
    ) => "never asked",
});

kinds!(setup, SETUPS, Typed, {
    Typed::First => "typed: the first instance",
    Typed::Path => "typed: a path",
});

kinds!(output, OUTPUTS, LogOf, {
    LogOf::Run { .. } => "log of a host",
    LogOf::Merged { .. } => "log of a run",
    LogOf::Service { .. } => "log of a service",
});

/// All that is seen of a model.
fn seen(model: &Model) -> Vec<String> {
    let mut all = vec![model.place().title(), model.front().title()];
    for front in &model.layers {
        all.push(layer(front));
        if let Layer::Why(form) = front {
            all.push(reason(&form.asks));
        }
        if let Layer::Quiet(form) = front {
            all.push(quiet(&form.of));
        }
        if let Layer::Confirm(asks) = front {
            all.push(question(&asks.then));
        }
    }
    let form = model.setup.as_ref().and_then(|setup| setup.form.as_ref());
    all.extend(form.map(|(what, _)| setup(what)));
    if let Some(Screen::Log(page)) = model.screens.last() {
        all.push(output(&page.of));
    }
    all.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_place_layer_question_and_line_that_is_typed_is_in_the_matrix() {
    let fleet = usual();
    let mut there = BTreeSet::new();
    for page in all().filter(|page| !leads_nowhere(page, "usual")) {
        there.extend(seen(&opened(page, "usual", &fleet, (120, 40))));
    }
    let places = Place::ALL.iter().filter(|place| **place != Place::Everywhere);
    let kinds = [LAYERS, REASONS, QUIETS, QUESTIONS, SETUPS, OUTPUTS].concat();
    let wanted: BTreeSet<String> = places
        .map(|place| place.title())
        .chain(kinds)
        .filter(|name| *name != NEVER)
        .map(str::to_owned)
        .collect();
    let missing: Vec<&String> = wanted.difference(&there).collect();
    assert!(missing.is_empty(), "no page of the matrix shows {missing:?}");
    let strange: Vec<&String> = there.difference(&wanted).collect();
    assert!(strange.is_empty(), "what is never asked is asked: {strange:?}");
}
