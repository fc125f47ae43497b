//! What every key does here, from the table of actions.

use ratatui::layout::Rect;

use crate::app::action::{ACTIONS, Action, Danger, Place};
use crate::app::model::Model;
use crate::ui::canvas::Canvas;
use crate::ui::text::wrap;
use crate::ui::theme::Role;
use crate::ui::widgets::dialog;

const KEYS: u16 = 16;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, top: usize, area: Rect) {
    let w = area.width.saturating_sub(4).min(120);
    let text_w = usize::from(w.saturating_sub(4 + KEYS));
    let mut lines: Vec<(String, String, Role)> = Vec::new();
    for place in [model.place(), Place::Everywhere] {
        lines.push((place.title().to_owned(), String::new(), Role::Title));
        for row in ACTIONS.iter().filter(|r| r.places.contains(&place)) {
            if row.changes && model.operate.is_none() {
                continue;
            }
            let keys = model.keymap.keys(row.action, place);
            let asks = match row.danger {
                Danger::None => "",
                Danger::Asks => "; asks first",
                Danger::Counts => "; shows the plan first",
            };
            for (at, line) in wrap(&format!("{}{asks}", row.doc), text_w, 3).into_iter().enumerate()
            {
                let keys = if at == 0 { keys.join("  ") } else { String::new() };
                lines.push((keys, line, Role::Text));
            }
        }
        lines.push((String::new(), String::new(), Role::Text));
    }
    lines.push(("● ▲ ▼ ?".to_owned(), "healthy, degraded, down, unknown".to_owned(), Role::Dim));
    lines.push(("◐ · ○".to_owned(), "in progress, not yet, will not run".to_owned(), Role::Dim));
    lines.push((
        "— ? 4m".to_owned(),
        "no figure; not refreshed for 4 minutes".to_owned(),
        Role::Dim,
    ));
    let n = lines.len();
    let h =
        u16::try_from(n).unwrap_or(u16::MAX).saturating_add(2).min(area.height.saturating_sub(2));
    let visible = usize::from(h.saturating_sub(2));
    let top = top.min(n.saturating_sub(visible));
    let key = |action| model.key(action);
    let right = if n > visible {
        format!("{} {} scroll  any other key closes", key(Action::Down), key(Action::Up))
    } else {
        "any key closes".to_owned()
    };
    let inner = dialog::frame(canvas, area, w, h, "Help", &right);
    for (y, (keys, text, role)) in (inner.top()..inner.bottom()).zip(lines.into_iter().skip(top)) {
        let heading = role == Role::Title;
        let room = if heading { inner.width } else { KEYS - 1 };
        canvas.put(inner.x, y, room, &keys, if heading { role } else { Role::Key });
        canvas.put(inner.x + KEYS, y, inner.width.saturating_sub(KEYS), &text, role);
    }
}
