//! The lines above the fleet table: which fleet, how it is, its sums, and how old they are.

use ratatui::layout::Rect;

use crate::app::model::Model;
use crate::domain::health::Health;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{Contact, FleetSnapshot, InventoryState, MetricsState};
use crate::ui::canvas::{Canvas, Span};
use crate::ui::figures;
use crate::ui::text::width;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

pub(super) fn header(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let right = chrome::header_right(model);
    let used = canvas.spans_right(area.x, area.y, area.width, &right);
    let mut left: Vec<Span> = vec![(" bunker  ".to_owned(), Role::Accent)];
    let Some(snapshot) = &model.fleet.snapshot else {
        left.push(("connecting".to_owned(), Role::Dim));
        canvas.spans(area.x, area.y, area.width.saturating_sub(used), &left);
        return;
    };
    let n = snapshot.instances.len();
    left.push((snapshot.fleet.to_string(), Role::Header));
    if area.width >= 70 {
        let word = if n == 1 { "instance" } else { "instances" };
        left.push((format!(" · {n} {word}"), Role::Dim));
    }
    left.push(("   ".to_owned(), Role::Text));
    let count = |health: Health| {
        snapshot
            .instances
            .iter()
            .filter(|i| !badge::not_asked(i) && i.verdict.health == health)
            .count()
    };
    let states = |words: bool| {
        let all = [Health::Healthy, Health::Degraded, Health::Down, Health::Unknown];
        let spans = all.map(|health| {
            let (badge, k) = (badge::health(health), count(health));
            // A zero is quiet, so that what is there stands out.
            let role = if k == 0 { Role::Dim } else { badge.role };
            let word = if words { format!(" {}", badge.word) } else { String::new() };
            (format!("{} {k}{word}  ", badge.glyph), role)
        });
        spans.to_vec()
    };
    // With their words where all of them fit.
    let room = area.width.saturating_sub(used);
    let taken: usize = left.iter().chain(&states(true)).map(|(text, _)| width(text)).sum();
    left.extend(states(taken <= usize::from(room)));
    window(canvas, model, &left, Rect { width: room, ..area });
    canvas.spans(area.x, area.y, room, &left);
    if area.height > 1 {
        second(canvas, model, snapshot, Rect { y: area.y + 1, height: 1, ..area });
    }
}

/// Which window it is, and for how long: between the counts and the clock, whole or not at all.
fn window(canvas: &mut Canvas<'_>, model: &Model, left: &[Span], area: Rect) {
    let Some((_, Some(standing))) = &model.windows else { return };
    let taken: usize = left.iter().map(|(text, _)| width(text)).sum();
    let silent = match standing.n_silent {
        0 => String::new(),
        n => format!(" · {n} silent"),
    };
    let role = if standing.open == Some(false) { Role::Dim } else { Role::Accent };
    let short = standing.words.split(" (").next().unwrap_or_default().to_owned();
    let forms = [
        format!("window: {}{silent}   ", standing.words),
        format!("window: {}   ", standing.words),
        format!("window: {short}  "),
        format!("{short}  "),
    ];
    let fits = |text: &&String| taken + width(text) <= usize::from(area.width);
    if let Some(text) = forms.iter().find(fits) {
        canvas.put_right(area.x, area.y, area.width, text, role);
    }
}

fn second(canvas: &mut Canvas<'_>, model: &Model, snapshot: &FleetSnapshot, area: Rect) {
    let right = sources(model, snapshot);
    let used = canvas.spans_right(area.x, area.y, area.width, &right);
    let mut stats: Vec<(&str, String, bool)> = Vec::new();
    for (label, signal) in [
        ("requests", Signal::RequestRate),
        ("mails", Signal::MailRate),
        ("visits", Signal::VisitRate),
        ("queue", Signal::MailQueue),
    ] {
        let readings = snapshot.instances.iter().filter_map(|i| i.signals.get(&signal)?.reading);
        let (sum, n) = readings.fold((0.0, 0u32), |(sum, n), r| (sum + r.value, n + 1));
        let text =
            if n == 0 { figures::NONE.to_owned() } else { figures::value(sum, signal.unit()) };
        stats.push((label, text, n > 0));
    }
    let oldest = snapshot
        .instances
        .iter()
        .filter_map(|i| i.signals.get(&Signal::BackupAge)?.reading)
        .map(|r| r.value + model.now.duration_since(r.at).as_secs_f64().max(0.0))
        .fold(None, |worst: Option<f64>, age| Some(worst.map_or(age, |w| w.max(age))));
    let text = oldest.map_or_else(|| figures::NONE.to_owned(), figures::age);
    stats.push(("oldest backup", text, oldest.is_some()));
    let mut x = area.x + 1;
    for (label, text, known) in stats {
        let w = u16::try_from(width(label) + 1 + width(&text)).unwrap_or(u16::MAX);
        // Whole or not at all: half a figure would be a wrong one.
        if x + w > area.right().saturating_sub(used) {
            return;
        }
        x += canvas.put(x, area.y, w, label, Role::Dim) + 1;
        let role = if known { Role::Text } else { Role::Dim };
        x += canvas.put(x, area.y, w, &text, role) + 3;
    }
}

/// What is to be said of the inventory's files, if anything.
pub(super) fn inventory(files: &InventoryState) -> Option<String> {
    if let Some(refused) = &files.refused {
        return Some(format!("{} is broken: last good inventory shown", refused.file));
    }
    match (files.n_left_out, files.problems.len()) {
        (0, 0) => None,
        (0, 1) => Some("inventory: 1 problem".to_owned()),
        (0, n) => Some(format!("inventory: {n} problems")),
        (1, _) => Some("inventory: 1 host left out".to_owned()),
        (n, _) => Some(format!("inventory: {n} hosts left out")),
    }
}

/// How the sources of the figures are.
fn sources(model: &Model, snapshot: &FleetSnapshot) -> Vec<Span> {
    let age = |at: jiff::Timestamp| model.now.duration_since(at).as_secs_f64().max(0.0);
    let mut line = Vec::new();
    if let Some(text) = inventory(&snapshot.inventory) {
        line.push((format!("▲ {text}   "), Role::Degraded));
    }
    let (text, role) = match &snapshot.metrics {
        MetricsState::NotConfigured => ("no metrics server".to_owned(), Role::Dim),
        MetricsState::NotYet => ("· metrics: asking".to_owned(), Role::Dim),
        MetricsState::Answered { partial: true, .. } => {
            ("▲ metrics partial".to_owned(), Role::Degraded)
        }
        MetricsState::Answered { at, .. } if age(*at) > 60.0 => {
            (format!("▲ metrics {} old", figures::age(age(*at))), Role::Degraded)
        }
        MetricsState::Answered { .. } => ("metrics live".to_owned(), Role::Dim),
        MetricsState::Failed { since, .. } => {
            (format!("▼ metrics gone for {}", figures::coarse_age(age(*since))), Role::Down)
        }
    };
    line.push((text, role));
    let n = snapshot.instances.len();
    let answering =
        snapshot.instances.iter().filter(|i| matches!(i.contact, Contact::Answered { .. })).count();
    let (text, role) = if answering == n {
        (format!(" · hosts {n} "), Role::Dim)
    } else {
        (format!(" · hosts {answering} of {n} "), Role::Degraded)
    };
    line.push((text, role));
    line
}
