//! Small menus in front of a page: what can be copied, which columns stand on the screen, which letter is a bookmark.

use ratatui::layout::Rect;

use crate::app::action::{Action, Place};
use crate::app::copy::Copying;
use crate::app::fleet_page::SortBy;
use crate::app::layers::{Letters, Pick};
use crate::app::model::Model;
use crate::ui::canvas::Canvas;
use crate::ui::text::width;
use crate::ui::theme::Role;
use crate::ui::widgets::dialog;

/// The look of the selected line of a menu.
fn select(canvas: &mut Canvas<'_>, inner: Rect, y: u16) {
    let band = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
    canvas.band(band, Role::Selection);
    canvas.put(inner.x - 1, y, 1, "▌", Role::Accent);
}

fn lines(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX).saturating_add(2)
}

/// What can be copied.
pub(in crate::ui) fn copying(canvas: &mut Canvas<'_>, model: &Model, menu: &Copying, area: Rect) {
    let widest = menu.offers.iter().map(|o| width(o.label)).max().unwrap_or(0);
    let label = u16::try_from(widest).unwrap_or(20) + 4;
    let h = lines(menu.offers.len());
    let (take, again) = (model.key_at(Action::Open, Place::Menu), model.key(Action::CopyCommand));
    let inner = dialog::frame(canvas, area, 76, h, "Copy", &format!("{take} or {again} takes it"));
    for (at, (y, offer)) in (inner.top()..inner.bottom()).zip(&menu.offers).enumerate() {
        if at == menu.selected {
            select(canvas, inner, y);
        }
        canvas.put(inner.x, y, 1, &offer.key.to_string(), Role::Key);
        canvas.put(inner.x + 2, y, label, offer.label, Role::Strong);
        let room = inner.width.saturating_sub(label);
        canvas.put(inner.x + label, y, room, &offer.text, Role::Dim);
    }
}

/// Which columns stand on the screen.
pub(in crate::ui) fn columns(canvas: &mut Canvas<'_>, model: &Model, pick: &Pick, area: Rect) {
    let h = lines(pick.rows.len()).saturating_add(2);
    let key = |action| model.key_at(action, Place::Columns);
    let done = format!("{} done", key(Action::Back));
    let inner = dialog::frame(canvas, area, 58, h, "Columns", &done);
    let rows = usize::from(inner.height.saturating_sub(2));
    let top = pick.selected.saturating_sub(rows.saturating_sub(1));
    let shown = pick.rows.iter().enumerate().skip(top).take(rows);
    for (y, (at, (column, on))) in (inner.y..).zip(shown) {
        if at == pick.selected {
            select(canvas, inner, y);
        }
        let sign = if *on { "✓" } else { "·" };
        canvas.put(inner.x, y, 1, sign, if *on { Role::Marked } else { Role::Dim });
        canvas.put(inner.x + 2, y, 20, column.title(), if *on { Role::Strong } else { Role::Dim });
        let sorted = model.fleet.sort.by == SortBy::Column(*column);
        let note = match (sorted, column.can_go()) {
            (true, _) => model.fleet.sort.title(),
            (false, false) => "always there".to_owned(),
            (false, true) => String::new(),
        };
        canvas.put_right(inner.x, y, inner.width, &note, Role::Dim);
    }
    let y = inner.bottom().saturating_sub(1);
    let help = format!(
        "{} show  {} {} move  {} sort  {} as it was",
        key(Action::ShowColumn),
        key(Action::ColumnAfter),
        key(Action::ColumnBefore),
        key(Action::SortColumn),
        key(Action::UsualColumns)
    );
    canvas.put(inner.x, y, inner.width, &help, Role::Dim);
}

/// The letters that are bookmarks.
pub(in crate::ui) fn letters(canvas: &mut Canvas<'_>, model: &Model, what: Letters, area: Rect) {
    let n = model.bookmarks.len().max(1);
    let (title, right) = match what {
        Letters::Set => ("Bookmark this page as", "a letter sets it  esc back"),
        Letters::Go => ("Go to bookmark", "a letter goes there  bs drops one"),
        Letters::Drop => ("Drop bookmark", "a letter drops it  esc back"),
    };
    let inner = dialog::frame(canvas, area, 64, lines(n), title, right);
    if model.bookmarks.is_empty() {
        canvas.put(inner.x, inner.y, inner.width, "none is set yet", Role::Dim);
    }
    for (y, (letter, bookmark)) in (inner.top()..inner.bottom()).zip(&model.bookmarks) {
        canvas.put(inner.x, y, 1, &letter.to_string(), Role::Key);
        let room = inner.width.saturating_sub(3);
        canvas.put(inner.x + 3, y, room, &bookmark.to_string(), Role::Text);
    }
}
