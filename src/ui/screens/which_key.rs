//! What can come after the keys of a sequence that were pressed.

use ratatui::layout::Rect;

use crate::app::keymap::Chord;
use crate::app::model::Model;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::text::width;
use crate::ui::theme::Role;

/// Draws a box above the footer, in as many columns as it needs.
pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let next = model.keymap.next(&model.pending, model.front());
    let lines: Vec<(String, &str)> = next
        .into_iter()
        .filter(|(_, action)| !(action.info().changes && model.operate.is_none()))
        .map(|(chord, action)| (chord.to_string(), action.info().name))
        .collect();
    let keys = lines.iter().map(|(keys, _)| width(keys)).max().unwrap_or(1);
    let names = lines.iter().map(|(_, name)| width(name)).max().unwrap_or(1);
    let side = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let w = side(keys + names + 6).max(26).min(area.width);
    let h = side(lines.len()).saturating_add(2).min(area.height.saturating_sub(2));
    let place = Rect {
        x: area.right().saturating_sub(w + 1),
        y: area.bottom().saturating_sub(h + 1),
        width: w,
        height: h,
    };
    canvas.clear(place, Role::Dialog);
    let title = Chord(model.pending.clone()).to_string();
    let inner = canvas.pane(place, &title, "esc none", Focused::Yes);
    for (y, (pressed, name)) in (inner.top()..inner.bottom()).zip(&lines) {
        canvas.put(inner.x, y, side(keys), pressed, Role::Key);
        let room = inner.width.saturating_sub(side(keys) + 2);
        canvas.put(inner.x + side(keys) + 2, y, room, name, Role::Text);
    }
}
