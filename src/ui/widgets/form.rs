//! A form: each field with its label, and below it what to know about it or why it is refused.

use ratatui::layout::Rect;

use super::dialog;
use crate::app::form::{Blank, Field, Form, Typed};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;

const LABEL: u16 = 13;
/// Lines of a field: itself and what is said of it.
const LINES: u16 = 2;

/// Draws as many fields as fit, the one that has the keys among them.
pub(in crate::ui) fn draw<E: Typed>(canvas: &mut Canvas<'_>, form: &Form<E>, place: Rect) {
    let fit = usize::from(place.height / LINES).max(1);
    let top = form.focus.saturating_sub(fit - 1);
    for (line, (at, field)) in form.fields.iter().enumerate().skip(top).take(fit).enumerate() {
        let y = place.y + u16::try_from(line).unwrap_or(0) * LINES;
        one(canvas, field, at == form.focus, Rect { y, height: LINES, ..place });
    }
}

fn one<E: Typed>(canvas: &mut Canvas<'_>, field: &Field<E>, focused: bool, place: Rect) {
    let (x, y) = (place.x + LABEL + 2, place.y);
    let room = place.right().saturating_sub(x);
    if focused {
        let band = Rect { x: place.x - 1, width: place.width + 2, height: 1, ..place };
        canvas.band(band, Role::Selection);
        canvas.put(band.x, y, 1, "▌", Role::Accent);
    }
    let label = if focused { Role::Strong } else { Role::Text };
    canvas.put_right(place.x, y, LABEL, field.label, label);
    match &field.blank {
        Blank::Text(input) if focused => dialog::line(canvas, x, y, room, input),
        Blank::Text(input) if input.value().is_empty() => {
            let text = if field.must { "…" } else { "—" };
            canvas.put(x, y, room, text, Role::Dim);
        }
        Blank::Text(input) => {
            canvas.put(x, y, room, input.value(), Role::Text);
        }
        Blank::Choice { options, at } => {
            let Some((value, meaning)) = options.get(*at) else { return };
            let text = if focused {
                format!("‹ {value} ›  {meaning}")
            } else {
                format!("{value}  {meaning}")
            };
            canvas.put(x, y, room, &text, Role::Text);
        }
    }
    if let Some(problem) = &field.problem {
        canvas.put(x, y + 1, room, &format!("▼ {problem}"), Role::Down);
    } else if focused {
        canvas.put(x, y + 1, room, field.hint, Role::Dim);
    }
}
