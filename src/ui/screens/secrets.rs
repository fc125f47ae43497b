//! Choosing which secrets of some instances get new values. No value is here.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::{due, sheet};
use crate::app::choice_pages::{SecretRow, SecretsPage};
use crate::app::model::Model;
use crate::ui::canvas::Canvas;
use crate::ui::text::several;
use crate::ui::theme::Role;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &SecretsPage, area: Rect) {
    let rows = page.rows.known().map(Vec::as_slice).unwrap_or_default();
    let words = Around {
        head: vec![
            (" rotate secrets  ".to_owned(), Role::Accent),
            (choice::subject(&page.hosts), Role::Header),
        ],
        hint: "nothing has been changed; old values are kept until the new ones work",
        titles: (
            "Which secrets get new values",
            format!("{} of {} chosen", page.chosen.len(), page.changeable().count()),
        ),
        detail: "How it is changed",
        foot: String::new(),
    };
    let (list, detail) = choice::around(canvas, model, &words, area);
    let shared = page.hosts.len() > 1;
    heading(canvas, list, shared);
    choice::waiting(canvas, model, &page.rows, "reading the vaults", list);
    if page.rows.known().is_some_and(Vec::is_empty) {
        let text = "no vault of theirs has a secret yet: bunker import takes over those of a running instance";
        sheet::instead(canvas, list, text);
    }
    for (y, row) in choice::lines(canvas, list, page.cursor, rows.iter()) {
        line(canvas, page, row, Rect { y, height: 1, ..list }, shared);
    }
    if let Some(row) = page.selected() {
        choice::facts(canvas, detail, &due::told(&row.due));
    }
}

const NAME: u16 = 29;
const DUE: u16 = 15;
const AGE: u16 = 6;

fn heading(canvas: &mut Canvas<'_>, list: Rect, shared: bool) {
    canvas.put(list.x + 4, list.y, NAME, "NAME", Role::Heading);
    canvas.put_right(list.x + 4 + NAME, list.y, AGE, "AGE", Role::Heading);
    let x = list.x + 4 + NAME + AGE + 2;
    canvas.put(x, list.y, DUE, "DUE", Role::Heading);
    let room = list.right().saturating_sub(x + DUE);
    canvas.put(x + DUE, list.y, room, "RESTARTS", Role::Heading);
    if shared {
        canvas.put_right(list.x, list.y, list.width, "ON", Role::Heading);
    }
}

fn line(canvas: &mut Canvas<'_>, page: &SecretsPage, row: &SecretRow, place: Rect, shared: bool) {
    let due = &row.due;
    let by_hand = due.by_hand().is_some();
    let (glyph, role) = due::look(due);
    let text = if by_hand { Role::Dim } else { Role::Text };
    let mark = if by_hand {
        "○"
    } else if page.chosen.contains(&due.name) {
        "✓"
    } else {
        " "
    };
    let marked = if by_hand { Role::Dim } else { Role::Marked };
    canvas.put(place.x, place.y, 1, mark, marked);
    canvas.put(place.x + 2, place.y, 1, glyph, role);
    canvas.put(place.x + 4, place.y, NAME - 1, due.name.as_str(), text);
    let age = format!("{}d", due.age_days);
    canvas.put_right(place.x + 4 + NAME, place.y, AGE, &age, text);
    let x = place.x + 4 + NAME + AGE + 2;
    let when = match due.when() {
        _ if by_hand => "by hand".to_owned(),
        when if when.is_empty() => "on demand".to_owned(),
        _ if due.seen => "now: was seen".to_owned(),
        when => when,
    };
    canvas.put(x, place.y, DUE - 1, &when, if due.is_due() && !by_hand { role } else { text });
    let restarts = due.row().map(|r| r.services.join(", ")).unwrap_or_default();
    let on = if shared { several(row.n_hosts, "host") } else { String::new() };
    let room = place.right().saturating_sub(x + DUE + u16::try_from(on.len()).unwrap_or(0) + 1);
    canvas.put(x + DUE, place.y, room, &restarts, text);
    canvas.put_right(place.x, place.y, place.width, &on, Role::Dim);
}
