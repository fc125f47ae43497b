//! `bunker status` for people: problems first, the reasons below, within the width there is.

use std::fmt::Write;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::words::{amount, latency};
use crate::domain::catalogue::STALE_S;
use crate::domain::figure::Trouble;
use crate::domain::health::{Health, short_age};
use crate::domain::signal::Signal;
use crate::domain::snapshot::{FleetSnapshot, HttpHealth, InstanceView, MetricsState};
use crate::domain::window::fleet_standing;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// With colour.
    pub(super) colour: bool,
    /// With ASCII only.
    pub(super) plain: bool,
    /// How wide a line may be.
    pub(super) columns: usize,
}

/// A column: its title, whether it is text (left) or a number (right), and its rank: the highest
/// goes first where the width does not do.
struct Column {
    title: &'static str,
    text: bool,
    rank: u8,
    cell: fn(&InstanceView, Timestamp, &Look) -> String,
}

const COLUMNS: &[Column] = &[
    Column { title: "INSTANCE", text: true, rank: 0, cell: |v, _, _| v.id.to_string() },
    Column { title: "DOMAIN", text: true, rank: 9, cell: |v, _, _| v.domain.to_string() },
    Column { title: "T", text: false, rank: 8, cell: |v, _, _| u8::from(v.tier).to_string() },
    Column { title: "RELEASE", text: true, rank: 2, cell: release },
    Column { title: "HEALTH", text: true, rank: 0, cell: |v, _, _| v.verdict.health.word().into() },
    Column { title: "HTTP", text: false, rank: 4, cell: http },
    Column {
        title: "P95",
        text: false,
        rank: 1,
        cell: |v, n, l| figure(v, Signal::P95Seconds, n, l),
    },
    Column {
        title: "ERR",
        text: false,
        rank: 5,
        cell: |v, n, l| figure(v, Signal::ErrorRatio, n, l),
    },
    Column {
        title: "QUEUE",
        text: false,
        rank: 1,
        cell: |v, n, l| figure(v, Signal::MailQueue, n, l),
    },
    Column {
        title: "SESS",
        text: false,
        rank: 6,
        cell: |v, n, l| figure(v, Signal::CanvassSessions, n, l),
    },
    Column { title: "BACKUP", text: false, rank: 1, cell: backup },
    Column {
        title: "DISK",
        text: false,
        rank: 3,
        cell: |v, n, l| figure(v, Signal::DiskRatio, n, l),
    },
];

/// The whole text.
pub(super) fn text(snapshot: &FleetSnapshot, look: &Look) -> String {
    let mut views: Vec<&InstanceView> = snapshot.instances.iter().map(|v| &**v).collect();
    views.sort_by_key(|v| v.verdict.health);
    let mut out = head(snapshot, look);
    let cells: Vec<Vec<String>> = views
        .iter()
        .map(|v| COLUMNS.iter().map(|c| (c.cell)(v, snapshot.at, look)).collect())
        .collect();
    let widths = widths(&cells, look.columns);
    let titles: Vec<String> = COLUMNS.iter().map(|c| c.title.to_owned()).collect();
    _ = writeln!(out, "  {}", line(&titles, &widths));
    for (view, cells) in views.iter().zip(&cells) {
        let (glyph, row) = (glyph(view.verdict.health, look), line(cells, &widths));
        out.push_str(&paint(view.verdict.health, &format!("{glyph} {row}"), look));
        out.push('\n');
        for reason in &view.verdict.reasons {
            let text = format!("{}  {}", reason.subject, reason.text);
            for piece in wrapped(&text, look.columns.saturating_sub(6)) {
                _ = writeln!(out, "    {}", ascii(&piece, look));
            }
        }
    }
    out
}

fn head(snapshot: &FleetSnapshot, look: &Look) -> String {
    let n = snapshot.instances.len();
    let mut counts = String::new();
    for health in [Health::Healthy, Health::Degraded, Health::Down, Health::Unknown] {
        let n = snapshot.instances.iter().filter(|v| v.verdict.health == health).count();
        if n > 0 {
            _ = write!(counts, "  {} {n} {}", glyph(health, look), health.word());
        }
    }
    let plural = if n == 1 { "" } else { "s" };
    let mut out =
        format!("{}  {n} instance{plural}{counts}\n", ascii(snapshot.fleet.as_str(), look));
    if let Some(standing) = fleet_standing(&snapshot.windows, n, snapshot.at) {
        let silent = match standing.n_silent {
            0 => String::new(),
            n => format!("; alerts of {n} are silent"),
        };
        let text = format!("window: {}{silent}\n", standing.words);
        out.push_str(&ascii(&text, look));
    }
    if let MetricsState::Failed { trouble, .. } = &snapshot.metrics {
        let text = format!("metrics: {}; figures from it are missing", trouble_words(trouble));
        for piece in wrapped(&text, look.columns) {
            out.push_str(&ascii(&piece, look));
            out.push('\n');
        }
    }
    out
}

fn trouble_words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Down(why) => format!("the server cannot be reached: {why}"),
        Trouble::TimedOut => "the server did not answer in time".to_owned(),
        Trouble::Oversized => "the server's answer was larger than 8 MiB".to_owned(),
        Trouble::Malformed(why) | Trouble::Refused(why) => why.to_string(),
        Trouble::NotReported | Trouble::NoData | Trouble::NotANumber => "no data".to_owned(),
    }
}

fn none(look: &Look) -> String {
    if look.plain { "-" } else { "—" }.to_owned()
}

fn release(view: &InstanceView, _: Timestamp, look: &Look) -> String {
    let Some(release) = &view.release else { return none(look) };
    let name = release.reference.as_ref().map_or(release.sha.short(), |r| r.as_str());
    name.chars().take(14).collect()
}

fn http(view: &InstanceView, _: Timestamp, look: &Look) -> String {
    match &view.http {
        HttpHealth::Up { latency_s, .. } => latency(*latency_s),
        HttpHealth::NotYet | HttpHealth::Failed { .. } => none(look),
    }
}

/// The value; with its age where it is stale.
fn figure(view: &InstanceView, signal: Signal, now: Timestamp, look: &Look) -> String {
    let figure = view.signals.get(&signal);
    let Some(reading) = figure.and_then(|f| f.reading) else { return none(look) };
    let age_s = now.duration_since(reading.at).as_secs_f64();
    let value = amount(signal, reading.value);
    if age_s > STALE_S { format!("{value} {} ago", short_age(age_s)) } else { value }
}

/// The age of the backup now; `?` and how long it was not looked at, where the host is away.
fn backup(view: &InstanceView, now: Timestamp, look: &Look) -> String {
    let reading = view.signals.get(&Signal::BackupAge).and_then(|f| f.reading);
    let Some(reading) = reading else { return none(look) };
    let since_s = now.duration_since(reading.at).as_secs_f64().max(0.0);
    if since_s > STALE_S {
        format!("? {}", short_age(since_s))
    } else {
        amount(Signal::BackupAge, reading.value + since_s)
    }
}

fn widths(cells: &[Vec<String>], columns: usize) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = COLUMNS
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let widest = cells.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max();
            Some(widest.unwrap_or(0).max(c.title.len()))
        })
        .collect();
    let total =
        |widths: &[Option<usize>]| 2 + widths.iter().flatten().map(|w| w + 2).sum::<usize>();
    while total(&widths) > columns + 2 {
        let kept = COLUMNS.iter().zip(&mut widths).filter(|(c, w)| w.is_some() && c.rank > 0);
        match kept.max_by_key(|(c, _)| c.rank) {
            Some((_, width)) => *width = None,
            None => break,
        }
    }
    widths
}

fn line(cells: &[String], widths: &[Option<usize>]) -> String {
    let mut out = String::new();
    for ((column, cell), width) in COLUMNS.iter().zip(cells).zip(widths) {
        let Some(width) = width else { continue };
        let pad = " ".repeat(width.saturating_sub(cell.width()));
        let (before, after) = if column.text { ("", pad.as_str()) } else { (pad.as_str(), "") };
        for piece in [before, cell, after, "  "] {
            out.push_str(piece);
        }
    }
    out.trim_end().to_owned()
}

fn glyph(health: Health, look: &Look) -> &'static str {
    match (health, look.plain) {
        (Health::Healthy, false) => "●",
        (Health::Degraded, false) => "▲",
        (Health::Down, false) => "▼",
        (Health::Healthy, true) => "*",
        (Health::Degraded, true) => "!",
        (Health::Down, true) => "X",
        (Health::Unknown, _) => "?",
    }
}

fn paint(health: Health, text: &str, look: &Look) -> String {
    let code = match health {
        _ if !look.colour => return text.to_owned(),
        Health::Healthy => return text.to_owned(),
        Health::Degraded => "33",
        Health::Down => "31",
        Health::Unknown => "35",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn ascii(text: &str, look: &Look) -> String {
    if !look.plain {
        return text.to_owned();
    }
    text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// The text in lines of at most `columns`, broken between words; a longer word is cut.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    for word in text.split(' ') {
        let word: String = word.chars().take(columns).collect();
        if !current.is_empty() && current.width() + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut current));
            current.push_str("  ");
        } else if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    lines.push(current);
    lines
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
