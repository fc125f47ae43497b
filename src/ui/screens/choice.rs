//! What the pages of choices share: a list with its headings, and below it a pane that tells of the selected entry.

use ratatui::layout::Rect;

use crate::app::choice_pages::Asked;
use crate::app::cursor::Cursor;
use crate::app::model::Model;
use crate::domain::ids::HostId;
use crate::ui::canvas::{Canvas, Focused, Span};
use crate::ui::text::{cut, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

/// The words around a list of choices.
pub(super) struct Around<'a> {
    /// The first line.
    pub(super) head: Vec<Span>,
    /// The second line, where there is room.
    pub(super) hint: &'a str,
    /// Title of the list, and what stands at its right end.
    pub(super) titles: (&'a str, String),
    /// Title of the pane below.
    pub(super) detail: &'a str,
    /// What stands at the right end of the last line.
    pub(super) foot: String,
}

/// Draws header, footer and borders; gives the places of the list and of the pane below.
pub(super) fn around(
    canvas: &mut Canvas<'_>,
    model: &Model,
    words: &Around<'_>,
    area: Rect,
) -> (Rect, Rect) {
    let header = model.size.page_header();
    chrome::first_line(canvas, model, &words.head, area);
    if header > 1 {
        canvas.put(area.x + 1, area.y + 1, area.width.saturating_sub(2), words.hint, Role::Dim);
    }
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], &words.foot);
    let body = Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    let below = model.size.choice_detail().min(body.height);
    let list = Rect { height: body.height - below, ..body };
    let detail = Rect { y: body.y + list.height, height: below, ..body };
    let (title, right) = (words.titles.0, &words.titles.1);
    let list = canvas.pane(list, title, right, Focused::Yes);
    let detail = canvas.pane(detail, words.detail, "", Focused::No);
    (list, detail)
}

/// Says that the list is being read or cannot be; nothing where it is there.
pub(super) fn waiting<T>(
    canvas: &mut Canvas<'_>,
    model: &Model,
    asked: &Asked<T>,
    what: &str,
    list: Rect,
) {
    match asked {
        Asked::Waiting(_) => {
            let text = format!("{} {what}", badge::spinner(model.now));
            canvas.put(list.x, list.y + 1, list.width, &text, Role::Running);
        }
        Asked::Failed(problem) => {
            canvas.put(list.x, list.y + 1, 1, "▼", Role::Down);
            let room = usize::from(list.width.saturating_sub(2));
            let hint = problem.hint.as_ref().map(|h| format!(": {h}")).unwrap_or_default();
            let lines = wrap(&format!("{}{hint}", problem.message), room, 4);
            for (y, line) in (list.y + 1..list.bottom()).zip(lines) {
                canvas.put(list.x + 2, y, list.width.saturating_sub(2), &line, Role::Text);
            }
        }
        Asked::Known(_) => {}
    }
}

/// Lines of the list below its heading with the entries that they show; the selected one has its band.
pub(super) fn lines<'r, T>(
    canvas: &mut Canvas<'_>,
    list: Rect,
    cursor: Cursor,
    rows: impl Iterator<Item = T> + 'r,
) -> Vec<(u16, T)> {
    let shown = (list.y + 1..list.bottom()).zip(rows.enumerate().skip(cursor.top));
    let mut placed = Vec::new();
    for (y, (at, row)) in shown {
        if at == cursor.selected {
            let band = Rect { x: list.x.saturating_sub(1), y, width: list.width + 2, height: 1 };
            canvas.band(band, Role::Selection);
            canvas.put(band.x, y, 1, "▌", Role::Accent);
        }
        placed.push((y, row));
    }
    placed
}

/// Facts with their labels, each on as many lines as it needs and there is room for; `…` stands where there is none for more.
pub(super) fn facts(canvas: &mut Canvas<'_>, place: Rect, facts: &[(&str, String, Role)]) {
    let text_w = place.width.saturating_sub(10);
    let room = usize::from(text_w);
    let lines = facts.iter().flat_map(|(label, text, role)| {
        let lines = wrap(text, room, 3).into_iter().enumerate();
        lines.map(move |(at, line)| (if at == 0 { label } else { "" }, line, *role))
    });
    let mut lines: Vec<(&str, String, Role)> = lines.collect();
    let n = usize::from(place.height);
    let is_cut = lines.len() > n;
    lines.truncate(n);
    if let Some((_, last, _)) = lines.last_mut().filter(|_| is_cut) {
        *last = cut(&format!("{last} …"), room);
    }
    for (y, (label, line, role)) in (place.y..).zip(lines) {
        canvas.put(place.x, y, 9, label, Role::Dim);
        canvas.put(place.x + 10, y, text_w, &line, role);
    }
}

/// Hosts as the subject of a page: the name of one, the number of several.
pub(super) fn subject(hosts: &[HostId]) -> String {
    match hosts {
        [one] => one.to_string(),
        many => format!("{} instances", many.len()),
    }
}

/// Names in one line.
pub(super) fn names(hosts: &[HostId]) -> String {
    hosts.iter().map(HostId::as_str).collect::<Vec<_>>().join(", ")
}
