//! In front of a page: the ports of hosts that are brought to this machine.

use ratatui::layout::Rect;

use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::domain::forward::Forward;
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::text::{several, width};
use crate::ui::theme::Role;
use crate::ui::widgets::dialog;

/// Widths of an address here, an instance, what was wanted, an address there, and an age; blanks between.
const HERE: u16 = 15;
const WHAT: u16 = 10;
const THERE: u16 = 15;
const SINCE: u16 = 8;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let all = &model.forwards.all;
    let n = u16::try_from(all.len()).unwrap_or(u16::MAX).max(2);
    let lost = model.forwards.chosen().and_then(|chosen| chosen.lost.as_ref());
    let (w, h) = (area.width.saturating_sub(4).min(96), n.saturating_add(6));
    let h = h.min(area.height.saturating_sub(2));
    let inner =
        dialog::frame(canvas, area, w, h, "Ports brought here", &several(all.len(), "port"));
    let key = |action| model.key_at(action, Place::Ports);
    let mut keys = format!("{} back", key(Action::Back));
    if !all.is_empty() {
        let (end, copy) = (key(Action::EndForward), key(Action::CopyCommand));
        keys = format!("{end} takes it back  {copy} copies the address  {keys}");
    }
    if lost.is_some() {
        keys = format!("{} tries now  {keys}", key(Action::TryForward));
    }
    let more = "; all are taken back when you leave";
    let roomy =
        !all.is_empty() && lost.is_none() && width(&keys) + width(more) <= usize::from(inner.width);
    let foot = format!("{keys}{}", if roomy { more } else { "" });
    canvas.put(inner.x, inner.bottom().saturating_sub(1), inner.width, &foot, Role::Dim);
    if all.is_empty() {
        let bring = model.key_at(Action::Forward, Place::Instance);
        let text = format!(
            "none: {bring} on the page of an instance brings the port of a service to 127.0.0.1"
        );
        let lines = crate::ui::text::wrap(&text, usize::from(inner.width), 2);
        for (y, line) in (inner.y..inner.bottom().saturating_sub(1)).zip(lines) {
            canvas.put(inner.x, y, inner.width, &line, Role::Dim);
        }
        return;
    }
    if let Some(lost) = lost.filter(|_| inner.height >= 4) {
        let y = inner.bottom().saturating_sub(2);
        canvas.put(inner.x, y, inner.width, &lost.words(model.clock), Role::Degraded);
    }
    let room = inner.width.saturating_sub(2);
    let name = room.saturating_sub(HERE + WHAT + THERE + SINCE + 8);
    let widths = [HERE, name, WHAT, THERE, SINCE];
    let heads = ["HERE", "INSTANCE", "PORT OF", "THERE", "FOR"];
    row(canvas, inner.x + 1, inner.y, widths, heads, [Role::Heading; 5]);
    let rows = usize::from(inner.height.saturating_sub(4));
    let top = model.forwards.selected.saturating_sub(rows.saturating_sub(1));
    for (y, (at, forward)) in (inner.y + 1..).zip(all.iter().enumerate().skip(top).take(rows)) {
        if at == model.forwards.selected {
            let band = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
            canvas.band(band, Role::Selection);
            canvas.put(inner.x - 1, y, 1, "▌", Role::Accent);
        }
        line(canvas, model, forward, inner.x + 1, y, widths);
    }
}

fn line(canvas: &mut Canvas<'_>, model: &Model, of: &Forward, x: u16, y: u16, widths: [u16; 5]) {
    let (here, there, what) = (of.at.to_string(), of.to.to_string(), of.what.to_string());
    let since = figures::age(model.clock.duration_since(of.since).as_secs_f64());
    let (since, state) = match &of.lost {
        None => (since, Role::Text),
        Some(lost) => {
            let ago = figures::age(model.clock.duration_since(lost.since).as_secs_f64());
            (format!("lost {ago}"), Role::Down)
        }
    };
    let texts = [here.as_str(), of.host.as_str(), &what, &there, &since];
    let strong = if of.lost.is_none() { Role::Strong } else { Role::Down };
    row(canvas, x, y, widths, texts, [strong, Role::Text, Role::Text, Role::Dim, state]);
}

fn row(
    canvas: &mut Canvas<'_>,
    x: u16,
    y: u16,
    widths: [u16; 5],
    texts: [&str; 5],
    roles: [Role; 5],
) {
    let mut x = x;
    for (at, ((text, w), role)) in texts.into_iter().zip(widths).zip(roles).enumerate() {
        // An age ends at its right end.
        if at == 4 {
            canvas.put_right(x, y, w, text, role);
        } else {
            canvas.put(x, y, w, text, role);
        }
        x = x.saturating_add(w + 2);
    }
}
