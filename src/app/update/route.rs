//! Where each message goes: data to its page, keys to the front layer, else to the page.

use super::super::action::{Action, action_for};
use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::frame::Size;
use super::super::key::Key;
use super::super::layers::Layer;
use super::super::model::{Model, Screen};
use super::super::msg::Msg;
use super::super::toast::ToastKind;
use super::{audit, choice, data, enrol, fleet, go, layers, palette, plan, replay, run, runs};

/// Applies what happened and says what is to be done. Total: no message makes it fail.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => on_key(model, key),
        Msg::Paste(text) => {
            layers::paste(model, text.as_str());
            Vec::new()
        }
        Msg::Resize(width, height) => {
            model.size = Size { width, height };
            data::refit(model);
            Vec::new()
        }
        Msg::Tick(now) => {
            model.now = now;
            data::windows(model);
            model.toasts.expire(now);
            Vec::new()
        }
        Msg::Go(to) => go::go(model, to),
        Msg::Fleet(snapshot) => data::fleet(model, snapshot),
        Msg::Runs(runs) => data::runs(model, runs),
        Msg::Planned { request, result } => plan::planned(model, request, result),
        Msg::Started { request, result } => plan::started(model, request, result),
        Msg::Run(view) => run::take(model, view),
        Msg::Log(chunk) => {
            run::log(model, &chunk);
            Vec::new()
        }
        Msg::Releases { instance, releases } => {
            data::releases(model, &instance, releases);
            Vec::new()
        }
        Msg::Enrol { request, result } => enrol::answered(model, request, result),
        Msg::Secrets { request, result } => {
            choice::secrets(model, request, &result);
            Vec::new()
        }
        Msg::Recorded { request, result } => {
            choice::releases(model, request, &result);
            Vec::new()
        }
        Msg::Audit { request, result } => {
            audit::take(model, request, &result);
            Vec::new()
        }
        Msg::Replay(replay) => replay::take(model, replay),
        Msg::Rewound => {
            replay::rewound(model);
            Vec::new()
        }
        Msg::Notice(kind, text) => {
            model.tell(kind, text.as_str());
            Vec::new()
        }
    }
}

fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    if model.size.too_small() {
        // Nobody should act on what cannot be seen.
        return match action_for(key, model.place()) {
            Some(Action::Quit) => vec![Effect::Quit],
            _ => Vec::new(),
        };
    }
    // Ctrl-C answers everywhere, also while text is typed.
    if key == Key::ctrl('c') {
        return vec![Effect::Quit];
    }
    if !model.layers.is_empty() {
        return layers::on_key(model, key);
    }
    if let Some(effects) = enrol::on_key(model, key) {
        return effects;
    }
    if plan::typed(model, key) {
        return Vec::new();
    }
    match action_for(key, model.place()) {
        Some(action) => perform(model, action),
        None => Vec::new(),
    }
}

/// Does what an action says, at the page that is seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other actions belong to the pages")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.info().changes && model.operate.is_none() {
        model.tell(ToastKind::Warning, "read-only: nothing can be changed from here");
        return Vec::new();
    }
    match action {
        Action::Quit => vec![Effect::Quit],
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::Help => {
            model.layers.push(Layer::Help { top: 0 });
            Vec::new()
        }
        Action::Palette => {
            palette::open(model);
            Vec::new()
        }
        Action::Runs => go::open(model, Destination::Runs),
        Action::SecretsDue => go::open(model, Destination::SecretsDue),
        Action::Audit => go::open(model, Destination::Audit),
        Action::Back => back(model),
        _ => match model.screens.last() {
            None => fleet::perform(model, action),
            Some(Screen::Instance(_)) => fleet::perform_on_instance(model, action),
            Some(Screen::Plan(_)) => plan::perform(model, action),
            Some(Screen::Run(_)) => match replay::perform(model, action) {
                Some(effects) => effects,
                None => run::perform(model, action),
            },
            Some(Screen::Runs(_)) => runs::perform(model, action),
            Some(Screen::Enrol(_)) => enrol::perform(model, action),
            Some(Screen::Audit(_)) => audit::perform(model, action),
            Some(Screen::Due(_)) => choice::perform_on_due(model, action),
            Some(Screen::Secrets(_)) => choice::perform_on_secrets(model, action),
            Some(Screen::Releases(_)) => choice::perform_on_releases(model, action),
        },
    }
}

/// One step back: a full output, then the page; on the fleet page notices, then the filter, then the marks.
fn back(model: &mut Model) -> Vec<Effect> {
    // A notice never stands in the way of going back; where there is nothing to go back to, it goes.
    if model.toasts.clear() && model.screens.is_empty() {
        return Vec::new();
    }
    if run::leave_full(model) || enrol::back(model) || audit::back(model) {
        return Vec::new();
    }
    if model.replay.is_some() && matches!(model.screens.last(), Some(Screen::Run(_))) {
        // There is nothing behind it.
        return vec![Effect::Quit];
    }
    match model.screens.pop() {
        Some(Screen::Run(_)) => {
            data::refit(model);
            match model.run_page() {
                Some(page) => vec![Effect::Attach(page.run.clone())],
                None => vec![Effect::Detach],
            }
        }
        Some(Screen::Plan(_)) => {
            model.tell(ToastKind::Done, "plan dropped: nothing has been changed");
            Vec::new()
        }
        Some(_) => {
            data::refit(model);
            Vec::new()
        }
        None => {
            if model.fleet.filter.is_empty() {
                model.fleet.marked.clear();
            } else {
                model.fleet.filter.clear();
                let rows = model.fleet_rows();
                model.fleet.arrange(rows);
            }
            Vec::new()
        }
    }
}
