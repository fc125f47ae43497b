//! The question why something is done.

use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::layers::{WhyFor, WhyForm};
use crate::app::model::Model;
use crate::app::why::Of;
use crate::ui::canvas::Canvas;
use crate::ui::text::wrap;
use crate::ui::theme::Role;
use crate::ui::widgets::dialog;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, form: &WhyForm) {
    let (title, about, enter) = words(model, &form.asks);
    let inner = dialog::frame(canvas, area, 70, 9, &title, "for the audit log");
    if inner.height < 5 {
        return;
    }
    let lines = wrap(&about, usize::from(inner.width), 3);
    for (y, text) in (inner.y..).zip(&lines) {
        canvas.put(inner.x, y, inner.width, text, Role::Dim);
    }
    let y = inner.y + 4;
    let used = canvas.put(inner.x, y, inner.width, "why  ", Role::Text);
    dialog::line(canvas, inner.x + used, y, inner.width.saturating_sub(used), &form.input);
    let foot = inner.bottom().saturating_sub(1);
    if form.empty {
        let text = "▼ say why: it is kept with what is done";
        canvas.put(inner.x, foot, inner.width, text, Role::Down);
    } else {
        canvas.put(inner.x, foot, inner.width, &format!("{enter}  esc back"), Role::Dim);
    }
}

/// Title, what it is about, what enter does.
fn words(model: &Model, asks: &WhyFor) -> (String, String, &'static str) {
    match asks {
        WhyFor::All => (
            "Why you do what comes next".to_owned(),
            "It is kept with each change, until you say something else. Nothing takes it back."
                .to_owned(),
            "enter keeps it",
        ),
        WhyFor::Demanded { of, .. } => {
            let what = match of {
                Of::Plan(hash) => format!("this plan ({}) is carried out", hash.short()),
                Of::Run(run) => format!("run {} is followed by another", run.short()),
                Of::Host(host) => format!("a shell is opened on {host}"),
                Of::Port(host) => format!("a port of {host} is brought to this machine"),
                Of::Enrol => "this instance is taken into the inventory".to_owned(),
            };
            (
                "Why".to_owned(),
                format!(
                    "bunker_require_why asks for a reason before {what}. {} says one for all that comes next.",
                    model.key(Action::SayWhy)
                ),
                "enter goes on",
            )
        }
        WhyFor::Break { of, holder, .. } => (
            format!("Break the lease of {of}"),
            format!("held by {holder}"),
            "enter asks once more",
        ),
    }
}
