//! A bar in one line: how much of something is used.

use ratatui::layout::Rect;

use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;

/// Draws `part` of the place in the look of `role`, and the rest as a quiet line with a sign at `mark`. More than the
/// whole is the whole.
pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, place: Rect, part: f64, mark: f64, role: Role) {
    let full = usize::from(place.width);
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 1.0 };
    // Something is never shown as nothing.
    let filled = ((part * full as f64).round() as usize).max(usize::from(part > 0.0)).min(full);
    let used = canvas.draw(place.x, place.y, place.width, &"━".repeat(filled), role);
    let rest = place.width.saturating_sub(used);
    // The quiet line of a border is not seen on the ground of a selected row.
    let selection = canvas.theme.style(Role::Selection).bg;
    let ground = canvas.buf.cell((place.x, place.y)).map(|cell| cell.bg);
    let selected = selection.is_some() && ground == selection;
    let quiet = if selected { Role::Dim } else { Role::Border };
    canvas.put(place.x + used, place.y, rest, &"─".repeat(usize::from(rest)), quiet);
    let at = (mark.clamp(0.0, 1.0) * full as f64).round() as usize;
    if at >= filled && at < full {
        let x = place.x + u16::try_from(at).unwrap_or(0);
        canvas.put(x, place.y, 1, "┼", Role::Dim);
    }
}
