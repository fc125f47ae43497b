//! What changed on an instance: its state, its release, the times in which nobody watched, and the runs that worked on it.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Places};
use crate::app::choice_pages::Asked;
use crate::app::model::Model;
use crate::app::sheet::Sheet;
use crate::app::sheet_rows;
use crate::app::timeline::{self, TimelineRead};
use crate::domain::ids::HostId;
use crate::domain::timeline::{Change, What};
use crate::ui::canvas::{Canvas, Focused, Span};
use crate::ui::figures;
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

const COLUMNS: [Column; 4] = [
    Column::left("WHEN", 11, 0),
    Column::right("FOR", 4, 0),
    Column::left("CHANGE", 21, 0),
    Column::left("WHY", 24, 0).growing(),
];

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    (host, read): (&HostId, &TimelineRead),
    area: Rect,
) {
    let rows = sheet_rows::timeline(model, seen);
    let all = timeline::of(model, host, read).len();
    let mut head: Vec<Span> =
        vec![(" timeline  ".to_owned(), Role::Accent), (host.to_string(), Role::Header)];
    if let Some(i) = model.fleet.instance(host) {
        let badge = badge::instance(i);
        head.push((format!("   {} {}", badge.glyph, badge.word), badge.role));
    }
    let stale = match (&read.read, read.kept()) {
        (Asked::Failed(problem), Some(_)) => format!("▲ not read again: {}", problem.message),
        _ => String::new(),
    };
    let hint = if stale.is_empty() {
        "as cockpits here saw it, 90 days back, and the runs that worked on it"
    } else {
        &stale
    };
    let count = sheet::count(rows.len(), all, seen, "change");
    let words = Around {
        head,
        hint,
        titles: sheet::sheet_titles("Changes, newest first", seen, &count),
        detail: "That change",
        foot: String::new(),
    };
    let shows_all = sheet::shows_all(model, "change", &seen.filter, &seen.order);
    let none = if read.kept().is_none() {
        None
    } else if seen.filter.is_empty() {
        Some("nothing is kept yet: what changes is written down while a cockpit is open")
    } else {
        Some(shows_all.as_str())
    };
    let none = none.filter(|_| rows.is_empty());
    let changes: Vec<String> = rows.iter().map(|change| change.what.to_string()).collect();
    let columns = sheet::fitted(COLUMNS, [(2, &mut changes.iter().map(String::as_str))]);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    if read.kept().is_none() && rows.is_empty() {
        choice::waiting(canvas, model, &read.read, "reading what was kept", list);
    }
    for (y, change) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        row(canvas, model, &places, y, change);
        let (glyph, role) = look(change);
        canvas.put(list.x, y, 1, glyph, role);
    }
    if let Some(change) = rows.get(seen.cursor.selected) {
        choice::facts(canvas, detail, &told(model, change));
    }
}

fn row(canvas: &mut Canvas<'_>, model: &Model, places: &Places, y: u16, change: &Change) {
    let (_, role) = look(change);
    let quiet = matches!(role, Role::Healthy | Role::Accent | Role::Running);
    let role = if quiet { Role::Text } else { role };
    places.put(canvas, y, 0, &when(model, change, "%m-%d %H:%M"), Role::Dim);
    places.put(canvas, y, 1, &figures::age(change.lasted_s()), Role::Text);
    places.put(canvas, y, 2, &change.what.to_string(), role);
    places.put(canvas, y, 3, change.why.as_str(), Role::Text);
}

fn when(model: &Model, change: &Change, form: &str) -> String {
    change.at.to_zoned(model.zone.clone()).strftime(form).to_string()
}

fn told(model: &Model, change: &Change) -> Vec<(&'static str, String, Role)> {
    let (glyph, role) = look(change);
    let ago = figures::age(model.now.duration_since(change.at).as_secs_f64().max(0.0));
    let when = format!("{}, {ago} ago", when(model, change, "%F %H:%M:%S %Z"));
    let lasted = figures::age(change.lasted_s());
    let until = change.until.to_zoned(model.zone.clone()).strftime("%F %H:%M:%S");
    let lasted = if change.goes_on {
        format!("{lasted} so far")
    } else {
        format!("{lasted}, until {until}")
    };
    let mut told = vec![("change", format!("{glyph} {}", change.what), role)];
    if !change.why.as_str().is_empty() {
        told.push(("why", change.why.to_string(), Role::Text));
    }
    told.extend([("when", when, Role::Text), ("for", lasted, Role::Text)]);
    told
}

/// The newest changes, in a pane below others.
pub(super) fn newest(
    canvas: &mut Canvas<'_>,
    model: &Model,
    (host, read): (&HostId, &TimelineRead),
    area: Rect,
) {
    if area.height < 3 {
        return;
    }
    let all = timeline::of(model, host, read);
    let inner = canvas.pane(area, "What changed", "as cockpits saw it, and its runs", Focused::No);
    let nothing = match &read.read {
        Asked::Failed(problem) => format!("▲ {}", problem.message),
        Asked::Waiting(_) => "reading what was kept".to_owned(),
        Asked::Known(_) => "nothing yet".to_owned(),
    };
    if all.is_empty() {
        canvas.put(inner.x, inner.y, inner.width, &nothing, Role::Dim);
    }
    for (y, change) in (inner.y..inner.bottom()).zip(&all) {
        let (glyph, role) = look(change);
        let why = change.why.as_str();
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let spans = [
            (format!("{}  ", when(model, change, "%m-%d %H:%M")), Role::Dim),
            (format!("{glyph} "), role),
            (format!("{}{why}", change.what), Role::Text),
        ];
        canvas.spans(inner.x, y, inner.width, &spans);
    }
}

/// The sign of a change.
fn look(change: &Change) -> (&'static str, Role) {
    match &change.what {
        What::State { to, .. } => {
            let badge = badge::health(*to);
            (badge.glyph, badge.role)
        }
        What::Release { .. } => ("→", Role::Accent),
        What::Unwatched { .. } => ("·", Role::Dim),
        What::Run { phase, .. } => {
            let badge = badge::phase(*phase);
            (badge.glyph, badge.role)
        }
    }
}
