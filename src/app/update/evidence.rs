//! From a reason to what it rests on.

use super::super::action::{Action, Place};
use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::host_layers::ReasonPick;
use super::super::key::Key;
use super::super::layers::Layer;
use super::super::model::{Model, Screen};
use super::super::pages::Pane;
use super::super::toast::ToastKind;
use super::menu::{self, Pressed};
use super::{fleet, go, sheet};
use crate::domain::charts::Group;
use crate::domain::figure::Source;
use crate::domain::health::Health;
use crate::domain::ids::HostId;
use crate::domain::signal::Signal;
use crate::domain::untrusted::Safe;

/// Where the evidence for a reason stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Backups,
    Charts(Group),
    Doctor,
    Containers,
}

fn stands(subject: &str) -> Stands {
    match subject {
        "backup" => Stands::Backups,
        "p95" | "errors" | "requests" | "metrics" => Stands::Charts(Group::Health),
        "queue" | "mails" => Stands::Charts(Group::Influence),
        "sessions" | "visits" => Stands::Charts(Group::Canvass),
        "cpu" | "memory" | "disk" => Stands::Charts(Group::System),
        "ssh" | "clock" | "deploy" | ".env" => Stands::Doctor,
        _ => Stands::Containers,
    }
}

/// Goes to what the worst reason of the selected instance rests on. On the page of an instance with several reasons
/// one is chosen first.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let (id, chooses) = match model.screens.last() {
        None => (model.fleet.selected().map(|i| i.id.clone()), false),
        Some(Screen::Instance(page)) => (Some(page.id.clone()), true),
        Some(_) => (None, false),
    };
    let Some(id) = id else { return Vec::new() };
    let reasons = model.fleet.instance(&id).map(|i| i.verdict.reasons.as_slice());
    let bad = reasons.into_iter().flatten().filter(|r| r.health != Health::Healthy);
    let rows: Vec<(Safe, Safe)> = bad.map(|r| (r.subject.clone(), r.text.clone())).collect();
    match rows.as_slice() {
        [] => {
            let charts = model.keymap.first(Action::Charts, model.place());
            let text = format!("nothing is wrong with {id}: {charts} shows its charts");
            model.tell(ToastKind::Done, &text);
            Vec::new()
        }
        [_, _, ..] if chooses => {
            model.layers.push(Layer::Reasons(ReasonPick { host: id, rows, selected: 0 }));
            Vec::new()
        }
        [(subject, _), ..] => show(model, id, subject.as_str()),
    }
}

/// A key while a reason is chosen.
pub(super) fn pick_key(model: &mut Model, mut pick: ReasonPick, key: Key) -> Vec<Effect> {
    let again = menu::opened_it(model, key, Action::Evidence);
    let n = pick.rows.len();
    match menu::pressed(model, key, Place::Menu, (&mut pick.selected, n)) {
        Pressed::Closes => return Vec::new(),
        pressed if again || pressed == Pressed::Asks(Action::Open) => {
            let Some((subject, _)) = pick.rows.get(pick.selected) else { return Vec::new() };
            return show(model, pick.host.clone(), subject.as_str());
        }
        Pressed::Stays | Pressed::Asks(_) => {}
    }
    model.layers.push(Layer::Reasons(pick));
    Vec::new()
}

/// Whether a figure of the system of this instance comes from the metrics server, so that its chart has it.
fn is_charted(model: &Model, id: &HostId, subject: &str) -> bool {
    let signal = match subject {
        "cpu" => Signal::CpuRatio,
        "memory" => Signal::MemoryRatio,
        _ => Signal::DiskRatio,
    };
    let figure = model.fleet.instance(id).and_then(|i| i.signals.get(&signal));
    figure.and_then(|f| f.reading).is_some_and(|reading| reading.source == Source::Metrics)
}

/// Goes to what a reason of the instance rests on.
fn show(model: &mut Model, id: HostId, subject: &str) -> Vec<Effect> {
    match stands(subject) {
        Stands::Backups => {
            let effects = go::open(model, Destination::Backups);
            select(model, &id.to_string());
            effects
        }
        Stands::Charts(Group::System) if !is_charted(model, &id, subject) => facts(model, id),
        Stands::Charts(group) => {
            let effects = go::open(model, Destination::Charts(id));
            select(model, group.title());
            effects
        }
        Stands::Doctor => {
            let effects = go::open(model, Destination::Doctor);
            let _there = sheet::filter(model, id.as_str());
            effects
        }
        Stands::Containers => containers(model, id),
    }
}

/// What the host told stands on the page of the instance.
fn facts(model: &mut Model, id: HostId) -> Vec<Effect> {
    if matches!(model.screens.last(), Some(Screen::Instance(page)) if page.id == id) {
        let text = "no metrics have this: what the host told stands on this page";
        model.tell(ToastKind::Done, text);
        return Vec::new();
    }
    fleet::open(model, id)
}

/// The containers of an instance have the keys.
fn containers(model: &mut Model, id: HostId) -> Vec<Effect> {
    let here = matches!(model.screens.last(), Some(Screen::Instance(page)) if page.id == id);
    let effects = if here { Vec::new() } else { fleet::open(model, id) };
    if let Some(Screen::Instance(page)) = model.screens.last_mut() {
        page.pane = Pane::Second;
    }
    effects
}

fn select(model: &mut Model, name: &str) {
    if let Some(sheet) = sheet::seen(model) {
        sheet.selected = Some(name.to_owned());
    }
    sheet::refit(model);
}
