//! Taking back what was edited on hosts: asked for on its own, with what would be lost.

use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::{Model, Screen};
use super::super::toast::ToastKind;
use crate::domain::env::{EnvChange, EnvValue, grouped};
use crate::domain::ids::HostId;
use crate::domain::plan::strategy::Asked;
use crate::domain::plan::{Plan, What, Wish};

/// Edits that a question names one by one.
const MOST: usize = 8;

/// Asks whether to plan anew, so that the edits are overwritten.
pub(super) fn ask(model: &mut Model) {
    let Some(Screen::Plan(page)) = model.screens.last() else { return };
    if !page.offers_overwrite() {
        model.tell(ToastKind::Warning, "nothing on the hosts of this plan would be overwritten");
        return;
    }
    let plan = &page.plan;
    // The same hosts, those without an edit too: the new plan stands for this one.
    let hosts: Vec<HostId> = plan.hosts.iter().map(|h| h.id.clone()).collect();
    let mut lines = lost(plan);
    lines.push("A new plan is made; nothing is overwritten before that is approved.".to_owned());
    model.layers.push(Layer::Confirm(Confirm {
        title: "overwrite what was edited on hosts".to_owned(),
        lines,
        safe: "leave it there",
        act: "plan to overwrite",
        focus: Focus::Safe,
        then: Then::Plan(Wish {
            hosts,
            what: What::Configure { overwrite_drift: true },
            asked: Asked::default(),
        }),
    }));
}

/// What would be lost: the same on several hosts once.
fn lost(plan: &Plan) -> Vec<String> {
    let edits: Vec<(&HostId, Vec<EnvChange>)> = plan
        .hosts
        .iter()
        .map(|h| (&h.id, h.diff.iter().filter(|c| c.kind.overwrites()).cloned().collect()))
        .collect();
    let mut lines = Vec::new();
    let (mut told, mut left) = (0, 0);
    for (hosts, changes) in grouped(edits.iter().map(|(id, edits)| (id.as_str(), edits.as_slice())))
    {
        lines.push(format!("Lost on {}:", hosts.join(", ")));
        for change in changes {
            if told < MOST {
                lines.push(format!("  {}", one(change)));
                told += 1;
            } else {
                left += 1;
            }
        }
    }
    if left > 0 {
        lines.push(format!("and {left} more, which the plan shows"));
    }
    lines
}

fn one(change: &EnvChange) -> String {
    let secret = |value: &Option<EnvValue>| matches!(value, Some(EnvValue::Secret(_)));
    if secret(&change.from) || secret(&change.to) {
        // Neither side of it is shown.
        return change.to_string();
    }
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => format!("{}: {from}, becomes {to}", change.name),
        (Some(from), None) => format!("{}: {from}, goes", change.name),
        (None, Some(to)) => format!("{}: taken out there, becomes {to}", change.name),
        (None, None) => format!("{}: {}", change.name, change.kind.words()),
    }
}
