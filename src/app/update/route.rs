//! Where each message goes: data to its page, keys to the front layer, else to the page.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::frame::Size;
use super::super::key::{Key, KeyCode};
use super::super::keymap::{Chord, Meaning};
use super::super::layers::{Layer, Letters};
use super::super::model::{Model, Screen};
use super::super::msg::Msg;
use super::super::toast::ToastKind;
use super::{
    audit, choice, copying, data, enrol, fleet, forwards, go, host, layers, leases, log, moving,
    palette, panes, plan, quiet, replay, run, runs, setup, sheet, sorting, wall, why,
};

/// Applies what happened and says what is to be done. Total: no message makes it fail.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let reads = log::is_open(model);
    let mut effects = route(model, msg);
    moving::after(model);
    effects.extend(log::after(model, reads));
    effects
}

fn route(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) if model.wall.is_some() => wall::on_key(model, key),
        Msg::Mouse(_) | Msg::Paste(_) | Msg::Go(_) | Msg::Do(_) if model.wall.is_some() => {
            Vec::new()
        }
        Msg::Key(key) => on_key(model, key),
        Msg::Mouse(mouse) => moving::mouse(model, mouse),
        Msg::Paste(text) => {
            layers::paste(model, text.as_str());
            Vec::new()
        }
        Msg::Resize(width, height) => resized(model, Size { width, height }),
        Msg::Tick(now) => tick(model, now),
        Msg::Go(to) => go::go(model, to),
        Msg::Do(action) => perform(model, action),
        Msg::Fleet(snapshot) => moving::fleet(model, snapshot),
        Msg::Runs(runs) => wall::runs(model, runs),
        Msg::Planned { request, result } => plan::planned(model, request, result),
        Msg::Started { request, result } => plan::started(model, request, result),
        Msg::Run(view) if wall::run(model, &view) => Vec::new(),
        Msg::Run(view) => panes::run(model, view),
        Msg::Log(chunk) => {
            run::log(model, &chunk);
            Vec::new()
        }
        Msg::LogGap { run, host, to, lines } => run::gap(model, &run, &host, to, lines),
        Msg::Env { request, result } => host::env(model, request, &result),
        Msg::LogView(result) => log::take(model, result),
        Msg::Unusable(unusable) => setup::unusable(model, unusable),
        Msg::SetUp(result) => setup::told(model, result),
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
        Msg::Looked { request, result } => sheet::take(model, request, &result),
        Msg::Forwards(forwarded) => forwards::take(model, forwarded),
        Msg::LeaseBroken(result) => leases::broken(model, &result),
        Msg::Quiet { request, result } => quiet::answered(model, request, result),
        Msg::Replay(replay) => replay::take(model, replay),
        Msg::ScrolledTo(top) => plan::scrolled_to(model, top),
        Msg::Rewound => replay::rewound(model),
        Msg::Notice(kind, text) => {
            model.tell(kind, text.as_str());
            Vec::new()
        }
    }
}

fn resized(model: &mut Model, size: Size) -> Vec<Effect> {
    model.size = size;
    data::refit(model);
    Vec::new()
}

fn tick(model: &mut Model, now: jiff::Timestamp) -> Vec<Effect> {
    model.clock = now;
    if model.frozen.is_none() {
        model.now = now;
    }
    data::windows(model);
    wall::tick(model);
    model.toasts.expire(now);
    let mut effects = sheet::tick(model);
    effects.extend(plan::tick(model));
    effects.extend(setup::tick(model));
    effects.extend(forwards::tick(model));
    effects
}

fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    if model.size.too_small() {
        // Nobody should act on what cannot be seen.
        return match model.keymap.action(key, model.place()) {
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
    if let Some(effects) = setup::typed(model, key) {
        return effects;
    }
    if let Some(effects) = enrol::on_key(model, key) {
        return effects;
    }
    if model.pending.is_empty() && plan::typed(model, key) {
        return Vec::new();
    }
    let mut pressed = std::mem::take(&mut model.pending);
    let first = pressed.is_empty();
    if !first && key == Key::plain(KeyCode::Esc) {
        return Vec::new();
    }
    pressed.push(key);
    match model.keymap.meaning(&pressed, model.place()) {
        Meaning::Action(action) => perform(model, action),
        Meaning::More => {
            model.pending = pressed;
            Vec::new()
        }
        Meaning::Nothing if first => Vec::new(),
        Meaning::Nothing => {
            model.tell(ToastKind::Warning, &format!("{} means nothing here", Chord(pressed)));
            Vec::new()
        }
    }
}

/// Does what an action says, at the page that is seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other actions belong to the pages")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.info().changes && model.operate.is_none() {
        model.tell(ToastKind::Warning, "read-only: nothing can be changed from here");
        return Vec::new();
    }
    let opened = go::page_of(model, action).or_else(|| host::perform(model, action));
    if let Some(effects) = opened.or_else(|| setup::perform(model, action)) {
        return effects;
    }
    match action {
        Action::Quit => vec![Effect::Quit],
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::NextTheme => vec![Effect::NextTheme],
        Action::GoFleet => moving::home(model),
        Action::Help => {
            model.layers.push(Layer::Help { top: 0 });
            Vec::new()
        }
        Action::Palette => {
            palette::open(model);
            Vec::new()
        }
        Action::SayWhy => why::ask(model),
        Action::Freeze => {
            moving::freeze(model);
            Vec::new()
        }
        Action::CopyCommand => {
            copying::open(model);
            Vec::new()
        }
        Action::HistoryBack => moving::back(model),
        Action::HistoryForward => moving::forward(model),
        Action::BookmarkSet => {
            moving::ask_letter(model, Letters::Set);
            Vec::new()
        }
        Action::BookmarkGo => {
            moving::ask_letter(model, Letters::Go);
            Vec::new()
        }
        Action::Back => back(model),
        _ => perform_on_page(model, action),
    }
}

fn perform_on_page(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(effects) = sorting::perform(model, action) {
        return effects;
    }
    match model.screens.last() {
        None => fleet::perform(model, action),
        Some(Screen::Instance(_)) => fleet::perform_on_instance(model, action),
        Some(Screen::Plan(_)) => plan::perform(model, action),
        Some(Screen::Run(_)) => match replay::perform(model, action) {
            Some(effects) => effects,
            None => run::perform(model, action),
        },
        Some(Screen::Runs(_)) => runs::perform(model, action),
        Some(Screen::Enrol(_)) => enrol::perform(model, action),
        Some(Screen::Log(_)) => log::perform(model, action),
        Some(Screen::Audit(_)) => audit::perform(model, action),
        Some(Screen::Sheet(_)) => sheet::perform(model, action),
        Some(Screen::Due(_)) => choice::perform_on_due(model, action),
        Some(Screen::Secrets(_)) => choice::perform_on_secrets(model, action),
        Some(Screen::Releases(_)) => choice::perform_on_releases(model, action),
    }
}

/// Takes the filter of the list that is seen away, or leaves what stands in its place; says whether there was any.
fn unfiltered(model: &mut Model) -> bool {
    audit::back(model)
        || sheet::back(model)
        || runs::back(model)
        || choice::back_on_due(model)
        || sorting::back(model)
}

/// One step back: a full output, then the page; on the fleet page notices, then a range, the filter, what is left out,
/// and the marks.
fn back(model: &mut Model) -> Vec<Effect> {
    // A notice never stands in the way of going back; where there is nothing to go back to, it goes.
    if model.toasts.clear() && model.screens.is_empty() {
        return Vec::new();
    }
    if run::leave_full(model) || enrol::back(model) || unfiltered(model) {
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
            if model.fleet.drop_range() {
                return Vec::new();
            }
            if !model.fleet.show_all() {
                model.fleet.marked.clear();
            }
            let rows = model.fleet_rows();
            model.fleet.arrange(rows);
            Vec::new()
        }
    }
}
