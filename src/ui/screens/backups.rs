//! The backups of every instance: how old the newest is, how the size went, and when one was last proven.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Places, Tally};
use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::sheet::{BackupsSheet, Sheet};
use crate::app::sheet_rows::{self, BackupRow};
use crate::domain::backups::{Grade, Made};
use crate::domain::series::Series;
use crate::domain::signal::Signal;
use crate::domain::untrusted::Safe;
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::theme::Role;
use crate::ui::widgets::{gauge, spark};

const COLUMNS: [Column; 8] = [
    Column::left("INSTANCE", 14, 0).growing_to(40),
    Column::right("AGE", 5, 0),
    Column::left("UNTIL RED", 16, 1),
    Column::left("STATE", 8, 0),
    Column::right("SIZE", 6, 2),
    Column::left("TREND", 12, 5),
    Column::right("KEPT", 4, 6),
    Column::left("LAST PROVEN", 25, 3).growing(),
];

pub(in crate::ui) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: &BackupsSheet,
    area: Rect,
) {
    let rows = sheet_rows::backups(model, seen);
    let all = model.fleet.snapshot.as_ref().map_or(0, |s| s.instances.len());
    let n = |grade: Grade| rows.iter().filter(|row| row.grade == grade).count();
    let count = sheet::count(rows.len(), all, seen, "instance");
    let words = Around {
        head: sheet::head(
            model,
            "backups",
            &[
                Tally("●", n(Grade::Fresh), ("fresh", "fresh"), Role::Healthy),
                Tally("▲", n(Grade::Aging), ("aging", "aging"), Role::Degraded),
                Tally(
                    "▼",
                    n(Grade::Old) + n(Grade::None),
                    ("too old or none", "too old"),
                    Role::Down,
                ),
                Tally("?", n(Grade::Unknown), ("unknown", "unknown"), Role::Unknown),
            ],
        ),
        hint: &limits(&rows),
        titles: sheet::sheet_titles("Backups, oldest first", seen, &count),
        detail: "That backup",
        foot: String::new(),
    };
    let none = none(model, seen, rows.len());
    let none = none.as_deref();
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &COLUMNS, none, area);
    for (y, row) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let made = page.made.get(&row.instance.id);
        draw_row(canvas, model, &places, y, row, made);
        let (glyph, role) = look(row.grade);
        canvas.put(list.x, y, 1, glyph, role);
    }
    if let Some(row) = rows.get(seen.cursor.selected) {
        let id = &row.instance.id;
        let asking = page.asking.contains(id);
        choice::facts(canvas, detail, &told(model, row, page.made.get(id), asking));
    }
}

/// The limits of the colours, where all instances have the same.
fn limits(rows: &[BackupRow]) -> String {
    let of = |row: &BackupRow| {
        (row.instance.policy.backup_warn_s, row.instance.policy.backup_critical_s)
    };
    let first = rows.first().map(of);
    match first.filter(|first| rows.iter().all(|row| of(row) == *first)) {
        Some((warn_s, red_s)) => format!(
            "green below {}, yellow below {}, red above; the alert fires at 25h",
            figures::age(warn_s as f64),
            figures::age(red_s as f64)
        ),
        None => {
            "green, yellow and red by each instance's own limits; the alert fires at 25h".to_owned()
        }
    }
}

/// What stands there where there is no row.
fn none(model: &Model, seen: &Sheet, n: usize) -> Option<String> {
    match &model.fleet.snapshot {
        None => Some("waiting for the first look at the fleet".to_owned()),
        Some(_) if n > 0 => None,
        Some(snapshot) if !snapshot.instances.is_empty() => {
            Some(sheet::shows_all(model, "backup", &seen.filter, &seen.order))
        }
        Some(_) => {
            let add = model.key_at(Action::AddInstance, Place::Fleet);
            Some(format!("the inventory has no instance yet: {add} on the fleet page adds one"))
        }
    }
}

/// State of a backup.
fn look(grade: Grade) -> (&'static str, Role) {
    match grade {
        Grade::Fresh => ("●", Role::Healthy),
        Grade::Aging => ("▲", Role::Degraded),
        Grade::Old | Grade::None => ("▼", Role::Down),
        Grade::Unknown => ("?", Role::Unknown),
    }
}

type Read<'m> = Option<&'m Result<Vec<Made>, Safe>>;

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    places: &Places,
    y: u16,
    row: &BackupRow,
    made: Read<'_>,
) {
    let (_, role) = look(row.grade);
    let quiet = if row.grade == Grade::Fresh { Role::Text } else { role };
    places.put(canvas, y, 0, row.instance.id.as_str(), Role::Text);
    let age = row.age_s.map_or_else(|| figures::NONE.to_owned(), figures::age);
    places.put(canvas, y, 1, &age, quiet);
    if let (Some(age_s), Some((x, w))) = (row.age_s, places.place(2)) {
        let policy = &row.instance.policy;
        let (warn_s, red_s) = (policy.backup_warn_s as f64, policy.backup_critical_s as f64);
        let place = Rect { x, y, width: w, height: 1 };
        gauge::draw(canvas, place, age_s / red_s, warn_s / red_s, role);
    }
    places.put(canvas, y, 3, row.grade.word(), quiet);
    places.put(canvas, y, 4, &size(row, made), Role::Text);
    if let (Some(Ok(made)), Some((_, w))) = (made, places.place(5)) {
        places.put(canvas, y, 5, &trend(made, w, model.now), Role::Dim);
        places.put(canvas, y, 6, &made.len().to_string(), Role::Text);
    }
    let (proven, role) = match proven(model, row, made) {
        Some((at, how)) => (format!("{:>4} ago, {how}", since(at, model.now)), Role::Text),
        None => ("never by what is known".to_owned(), Role::Dim),
    };
    places.put(canvas, y, 7, &proven, role);
}

fn since(at: Timestamp, now: Timestamp) -> String {
    figures::age(now.duration_since(at).as_secs_f64())
}

/// The size of the newest backup: by the host's manifest, else by the figure.
fn size(row: &BackupRow, made: Read<'_>) -> String {
    let newest = made.and_then(|read| read.as_ref().ok()).and_then(|made| made.last());
    let told = row.instance.signals.get(&Signal::BackupSize).and_then(|f| f.reading);
    newest
        .map(|made| made.size_b as f64)
        .or(told.map(|reading| reading.value))
        .map_or_else(|| figures::NONE.to_owned(), figures::bytes)
}

/// The sizes, the newest at the right end: alike ones stay low and quiet, one that lost half is seen to have.
fn trend(made: &[Made], width: u16, now: Timestamp) -> String {
    let n = usize::from(width);
    let values = made.iter().rev().take(n).rev().map(|made| Some(made.size_b as f64)).collect();
    spark::spark(&Series { end: now, step_s: 86_400, values }, n)
}

/// When a backup was last proven, and how: by the manifests of the host, or by a run of ours.
fn proven(model: &Model, row: &BackupRow, made: Read<'_>) -> Option<(Timestamp, &'static str)> {
    let made = made.and_then(|read| read.as_ref().ok()).into_iter().flatten();
    let aside = made.clone().filter_map(|m| m.restored_aside.map(|at| (at, "unpacked aside")));
    let read = made.filter(|m| m.verified).map(|m| (m.created, "read to its end"));
    aside.chain(read).chain(sheet_rows::proven(model, &row.instance.id)).max_by_key(|(at, _)| *at)
}

/// What is known of the backups of an instance.
fn told(
    model: &Model,
    row: &BackupRow,
    made: Read<'_>,
    asking: bool,
) -> Vec<(&'static str, String, Role)> {
    let file = row.instance.facts.as_ref().and_then(|f| f.backup.known()).and_then(Option::as_ref);
    let newest = file
        .map_or_else(String::new, |f| format!("{} of {}", f.name, figures::bytes(f.size_b as f64)));
    let (glyph, role) = look(row.grade);
    let limits = format!(
        "yellow from {}, red from {}",
        figures::age(row.instance.policy.backup_warn_s as f64),
        figures::age(row.instance.policy.backup_critical_s as f64),
    );
    let state = format!("{glyph} {}: {limits}", row.grade.word());
    let (on_host, host_role) = match made {
        _ if asking => ("asking the host for its manifests".to_owned(), Role::Running),
        None => ("the host was not asked".to_owned(), Role::Dim),
        Some(Err(why)) => (format!("▲ cannot be read: {why}"), Role::Degraded),
        Some(Ok(made)) if made.is_empty() => {
            ("▲ none that counts: none has a manifest of ours".to_owned(), Role::Degraded)
        }
        Some(Ok(made)) => {
            let change = change(made).map(|c| format!(", the newest {c} the one before"));
            let first = made.first().map(|m| since(m.created, model.now)).unwrap_or_default();
            let text =
                format!("{} kept, back to {first} ago{}", made.len(), change.unwrap_or_default());
            (text, Role::Text)
        }
    };
    let proven = match proven(model, row, made) {
        Some((at, how)) => (format!("{} ago, {how}", since(at, model.now)), Role::Text),
        None => ("never by what is known".to_owned(), Role::Dim),
    };
    let next = match row.grade {
        Grade::Fresh => {
            format!("{} unpacks the newest aside and looks at it", model.key(Action::VerifyBackup))
        }
        Grade::Unknown => format!(
            "{} opens the instance: its reasons say why nothing is known",
            model.key(Action::Open)
        ),
        Grade::Aging | Grade::Old | Grade::None => {
            format!(
                "{} backs it up now; `bunker doctor --limit {}` looks at its cron job",
                model.key(Action::Backup),
                row.instance.id
            )
        }
    };
    vec![
        ("state", state, if row.grade == Grade::Fresh { Role::Text } else { role }),
        ("proven", proven.0, proven.1),
        ("next", next, Role::Strong),
        ("on host", on_host, host_role),
        ("newest", newest, Role::Text),
    ]
}

/// How the newest size differs from the one before.
fn change(made: &[Made]) -> Option<String> {
    let [.., before, newest] = made else { return None };
    if before.size_b == 0 {
        return None;
    }
    let percent = (newest.size_b as f64 / before.size_b as f64 - 1.0) * 100.0;
    Some(if percent.abs() < 0.5 {
        "as large as".to_owned()
    } else {
        let word = if percent > 0.0 { "larger than" } else { "smaller than" };
        format!("{:.0} % {word}", percent.abs())
    })
}
