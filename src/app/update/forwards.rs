//! Ports of hosts that are brought to this machine: asked for, listed, taken back.

use jiff::SignedDuration;

use super::super::action::{Action, Place};
use super::super::effect::{ChangeKind, Effect};
use super::super::forwards::{ForwardAsk, Forwarded};
use super::super::key::Key;
use super::super::layers::Layer;
use super::super::model::Model;
use super::super::toast::ToastKind;
use super::layers::change;
use super::menu::{self, Pressed};
use crate::domain::forward::Wanted;
use crate::domain::ids::HostId;
use crate::domain::service::ServiceName;

/// How often it is asked whether their connections stand.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(2);

fn ask(model: &mut Model, ask: ForwardAsk) -> Vec<Effect> {
    // Who only looks has none, and is told so where one is asked for.
    if model.operate.is_none() { Vec::new() } else { change(model, ChangeKind::Forward(ask)) }
}

/// Asks for the port of a service.
pub(super) fn bring(model: &mut Model, host: HostId, service: ServiceName) -> Vec<Effect> {
    model.tell(ToastKind::Done, &format!("{host}: looking for the port of {service}"));
    ask(model, ForwardAsk::Open { host, what: Wanted::Service(service) })
}

/// The list, in front of whatever page is seen.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.forwards.selected = 0;
    model.layers.push(Layer::Forwards);
    ask(model, ForwardAsk::List)
}

/// What there is now.
pub(super) fn take(model: &mut Model, forwarded: Forwarded) -> Vec<Effect> {
    model.forwards.all = forwarded.all;
    let last = model.forwards.all.len().saturating_sub(1);
    model.forwards.selected = model.forwards.selected.min(last);
    if let Some((kind, text)) = forwarded.told {
        model.tell(kind, text.as_str());
    }
    Vec::new()
}

/// Asks now and then whether they stand, while there are some.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let due = |at| model.clock.duration_since(at) >= ASK_AGAIN;
    if model.forwards.all.is_empty() || !model.forwards.asked.is_none_or(due) {
        return Vec::new();
    }
    model.forwards.asked = Some(model.clock);
    ask(model, ForwardAsk::List)
}

/// A key while the list is seen.
pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let (mut selected, n) = (model.forwards.selected, model.forwards.all.len());
    let pressed = menu::pressed(model, key, Place::Ports, (&mut selected, n));
    model.forwards.selected = selected;
    let chosen = model.forwards.chosen().cloned();
    let mut effects = Vec::new();
    match (pressed, chosen) {
        (Pressed::Closes, _) => return effects,
        (Pressed::Asks(Action::EndForward), Some(chosen)) => {
            effects = ask(model, ForwardAsk::End(chosen.number));
        }
        (Pressed::Asks(Action::TryForward), Some(chosen)) => {
            let again = chosen.lost.is_some().then_some(ForwardAsk::Again(chosen.number));
            effects = ask(model, again.unwrap_or(ForwardAsk::List));
        }
        (Pressed::Asks(Action::CopyCommand), Some(chosen)) => {
            let at = chosen.at.to_string();
            model.tell(ToastKind::Done, &format!("copied: {at}"));
            effects = vec![Effect::Copy(at)];
        }
        _ => {}
    }
    model.layers.push(Layer::Forwards);
    effects
}
