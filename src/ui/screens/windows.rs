//! The maintenance windows of the fleet: which is on, which comes next, and for whom.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Tally};
use crate::app::action::Action;
use crate::app::model::Model;
use crate::app::sheet::Sheet;
use crate::app::sheet_rows::{self, WindowRow};
use crate::domain::window::spelled;
use crate::ui::canvas::Canvas;
use crate::ui::text::{several, width};
use crate::ui::theme::Role;

const COLUMNS: [Column; 6] = [
    Column::left("WINDOW", 16, 0),
    Column::left("NOW", 3, 0),
    Column::left("WHEN", 25, 0),
    Column::right("IN", 8, 0),
    Column::left("DOES", 22, 2),
    Column::left("HOSTS", 12, 1).growing(),
];

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, seen: &Sheet, area: Rect) {
    let rows = sheet_rows::windows(model, seen);
    let on = rows.iter().filter(|row| is_on(row, model.now)).count();
    let standing = model.windows.as_ref().and_then(|(_, standing)| standing.as_ref());
    let hint = standing.map_or_else(
        || "no host has a window: runs may start at any time".to_owned(),
        |s| format!("runs: {}; alerts of {} hosts are silent now", s.words, s.n_silent),
    );
    let count = sheet::count(rows.len(), rows.len(), seen, "window");
    let words = Around {
        head: sheet::head(
            model,
            "windows",
            &[
                Tally("●", on, ("on", "on"), Role::Running),
                Tally("·", rows.len() - on, ("to come or over", "off"), Role::Dim),
            ],
        ),
        hint: &hint,
        titles: sheet::sheet_titles("Windows, soonest first", seen, &count),
        detail: "That window",
        foot: String::new(),
    };
    let none = if seen.filter.is_empty() {
        match model.operate {
            Some(_) => format!("none: {} adds one", model.key(Action::AddWindow)),
            None => "none: `bunker window add` writes one into the inventory".to_owned(),
        }
    } else {
        sheet::shows_all(model, "window", &seen.filter, &seen.order)
    };
    let none = rows.is_empty().then_some(none);
    let none = none.as_deref();
    let columns =
        sheet::fitted(COLUMNS, [(0, &mut rows.iter().map(|row| row.window.name.as_str()))]);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    for (y, row) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let on = is_on(row, model.now);
        let (glyph, role) = match (row.spell, on) {
            (None, _) => ("○", Role::Dim),
            (Some(_), true) => ("●", Role::Running),
            (Some(_), false) => ("·", Role::Waiting),
        };
        canvas.put(list.x, y, 1, glyph, role);
        places.put(canvas, y, 0, row.window.name.as_str(), Role::Strong);
        places.put(canvas, y, 1, if on { "on" } else { "off" }, role);
        places.put(canvas, y, 2, &when(row, model.now), Role::Text);
        places.put(canvas, y, 3, &left(row, model.now), Role::Text);
        places.put(canvas, y, 4, does(row), Role::Text);
        // Their number says more than the first names of many.
        let room = places.place(5).map_or(0, |(_, w)| usize::from(w));
        let names = Some(hosts(row)).filter(|names| width(names) <= room);
        let names = names.unwrap_or_else(|| several(row.hosts.len(), "host"));
        places.put(canvas, y, 5, &names, Role::Text);
    }
    if let Some(row) = rows.get(seen.cursor.selected) {
        choice::facts(canvas, detail, &facts(row, model));
    }
}

/// What there is to say about one window.
fn facts(row: &WindowRow, model: &Model) -> [(&'static str, String, Role); 5] {
    let now = model.now;
    let end = match model.operate {
        // What is not on cannot be ended.
        _ if !is_on(row, now) => String::new(),
        Some(_) => {
            format!("{} ends it, after it has named its hosts", model.key(Action::EndWindow))
        }
        None => format!("bunker window end {}", row.window.name),
    };
    [
        ("window", format!("{}: {}", row.window.name, row.window), Role::Strong),
        ("now", format!("{} ({})", when(row, now), left(row, now)), Role::Text),
        ("does", does(row).to_owned(), Role::Text),
        ("hosts", hosts(row), Role::Text),
        ("end it", end, Role::Dim),
    ]
}

fn is_on(row: &WindowRow, now: Timestamp) -> bool {
    row.spell.is_some_and(|spell| spell.holds(now))
}

fn when(row: &WindowRow, now: Timestamp) -> String {
    let zone = row.window.zone.time_zone();
    let local = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %m-%d %H:%M %Z").to_string();
    match row.spell {
        None => "never again".to_owned(),
        Some(spell) if spell.holds(now) => format!("until {}", local(spell.until)),
        Some(spell) => format!("from {}", local(spell.from)),
    }
}

/// Time until the next change.
fn left(row: &WindowRow, now: Timestamp) -> String {
    let Some(spell) = row.spell else { return crate::ui::figures::NONE.to_owned() };
    let next = if spell.holds(now) { spell.until } else { spell.from };
    spelled(next.duration_since(now).as_secs().max(0))
}

fn does(row: &WindowRow) -> &'static str {
    match (row.window.freezes(), row.window.gates_runs(), row.window.silences()) {
        (true, _, _) => "forbids runs",
        (_, true, true) => "runs, alerts silent",
        (_, true, false) => "runs",
        (_, false, true) => "alerts silent",
        (_, false, false) => "nothing",
    }
}

fn hosts(row: &WindowRow) -> String {
    let names: Vec<&str> = row.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
    match names.as_slice() {
        few if few.len() <= 4 => few.join(", "),
        [first, second, third, rest @ ..] => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        _ => String::new(),
    }
}
