//! The command palette.

use ratatui::layout::Rect;

use crate::app::action::{Action, Place};
use crate::app::destination::Destination;
use crate::app::layers::{Entry, Palette};
use crate::app::model::Model;
use crate::app::twin::twin;
use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, dialog};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, state: &Palette, area: Rect) {
    let h = area.height.saturating_sub(4).min(18);
    let w = area.width.saturating_sub(10).clamp(76, 116);
    let key = |action| model.keymap.first(action, Place::Palette);
    let copy = key(Action::CopyEntry);
    let copy = if copy.is_empty() { copy } else { format!("{copy} copy as command  ") };
    let keys = format!("{} do it  {copy}esc back", key(Action::TakeEntry));
    let inner = dialog::frame(canvas, area, w, h, "Command", &keys);
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
    let mut look = (Role::Strong, Role::Key);
    let (name, doc, tail) = match entry {
        Entry::Action(action) => {
            let info = action.info();
            let key = model.keymap.first(*action, model.place());
            let doc = match twin(model, *action) {
                Some(twin) => format!("{}  ·  {}", info.doc, twin.text()),
                None => info.doc.to_owned(),
            };
            (info.name.to_owned(), doc, key)
        }
        Entry::Unavailable(action, why) => {
            look = (Role::Dim, Role::Dim);
            (action.info().name.to_owned(), why.clone(), "not here".to_owned())
        }
        Entry::Page(Destination::Run(id)) => {
            let run = model.runs.iter().flatten().find(|run| &run.run == id);
            let what = run.map(|run| {
                let target = run.target.as_ref().map(|t| format!(" to {t}")).unwrap_or_default();
                format!("{}{target}, {}", run.workflow.name(), run.phase.word())
            });
            (format!("run {}", id.short()), what.unwrap_or_default(), "run".to_owned())
        }
        Entry::Page(page) => (page.to_string(), "go to this page".to_owned(), "page".to_owned()),
        Entry::Bookmark(letter) => {
            let to = model.bookmarks.get(letter).map(ToString::to_string).unwrap_or_default();
            (format!("bookmark {letter}"), to, "page".to_owned())
        }
        Entry::Instance(id) => {
            let instance = model.fleet.instance(id);
            let badge = instance.map(|i| badge::instance(i));
            let quiet = |role: Role| if role == Role::Healthy { Role::Dim } else { role };
            look.1 = badge.map_or(Role::Dim, |badge| quiet(badge.role));
            let word = badge.map(|badge| badge.word).unwrap_or_default();
            let domain = instance.map(|i| i.domain.to_string()).unwrap_or_default();
            (id.to_string(), domain, word.to_owned())
        }
    };
    canvas.put(row.x, row.y, NAME, &name, look.0);
    let room = row.width.saturating_sub(NAME + 10);
    canvas.put(row.x + NAME + 1, row.y, room, &doc, Role::Dim);
    canvas.put_right(row.x, row.y, row.width, &tail, look.1);
}
