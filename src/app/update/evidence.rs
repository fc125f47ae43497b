//! From a reason to what it rests on.

use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::model::{Model, Screen};
use super::super::pages::Pane;
use super::super::toast::ToastKind;
use super::{fleet, go, sheet};
use crate::domain::charts::Group;
use crate::domain::health::Health;
use crate::domain::ids::HostId;

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

/// Goes to what the worst reason of the instance rests on.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let id = match model.screens.last() {
        None => model.fleet.selected().map(|i| i.id.clone()),
        Some(Screen::Instance(page)) => Some(page.id.clone()),
        Some(_) => None,
    };
    let Some(id) = id else { return Vec::new() };
    let instance = model.fleet.instance(&id);
    let worst =
        instance.and_then(|i| i.verdict.reasons.iter().find(|r| r.health != Health::Healthy));
    let Some(subject) = worst.map(|r| r.subject.to_string()) else {
        model.tell(ToastKind::Done, &format!("nothing is wrong with {id}: g m shows its charts"));
        return Vec::new();
    };
    match stands(&subject) {
        Stands::Backups => {
            let effects = go::open(model, Destination::Backups);
            select(model, &id.to_string());
            effects
        }
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
