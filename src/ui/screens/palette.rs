//! The command palette.

use ratatui::layout::Rect;

use crate::app::layers::{Entry, Palette};
use crate::app::model::Model;
use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, dialog};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, state: &Palette, area: Rect) {
    let h = area.height.saturating_sub(4).min(18);
    let inner = dialog::frame(canvas, area, 76, h, "Command", "enter do it  esc back");
    if inner.height < 3 {
        return;
    }
    canvas.put(inner.x, inner.y, 1, ":", Role::Key);
    dialog::line(canvas, inner.x + 2, inner.y, inner.width.saturating_sub(2), &state.input);
    let rows = Rect { y: inner.y + 2, height: inner.height - 2, ..inner };
    if state.found.is_empty() {
        canvas.put(rows.x, rows.y, rows.width, "nothing has these letters", Role::Dim);
        return;
    }
    let top = state.selected.saturating_sub(usize::from(rows.height).saturating_sub(1));
    for (y, (at, entry)) in
        (rows.top()..rows.bottom()).zip(state.found.iter().enumerate().skip(top))
    {
        if at == state.selected {
            canvas
                .band(Rect { x: rows.x - 1, y, width: rows.width + 2, height: 1 }, Role::Selection);
            canvas.put(rows.x - 1, y, 1, "▌", Role::Accent);
        }
        row(canvas, model, entry, Rect { y, height: 1, ..rows });
    }
}

fn row(canvas: &mut Canvas<'_>, model: &Model, entry: &Entry, row: Rect) {
    const NAME: u16 = 20;
    let (name, doc, tail) = match entry {
        Entry::Action(action) => {
            let info = action.info();
            let key = info.keys.first().map(ToString::to_string).unwrap_or_default();
            (info.name.to_owned(), info.doc.to_owned(), key)
        }
        Entry::Instance(id) => {
            let instance = model.fleet.instance(id);
            let word = instance.map(|i| badge::instance(i).word).unwrap_or_default();
            let domain = instance.map(|i| i.domain.to_string()).unwrap_or_default();
            (id.to_string(), domain, word.to_owned())
        }
    };
    canvas.put(row.x, row.y, NAME, &name, Role::Strong);
    let room = row.width.saturating_sub(NAME + 10);
    canvas.put(row.x + NAME + 1, row.y, room, &doc, Role::Dim);
    canvas.put_right(row.x, row.y, row.width, &tail, Role::Key);
}
