//! The lines above the fleet table: which fleet, how it is, its sums, and how old they are.

use ratatui::layout::Rect;

use crate::app::model::Model;
use crate::domain::health::Health;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{Contact, FleetSnapshot, InstanceView, InventoryState, MetricsState};
use crate::ui::canvas::{Canvas, Span};
use crate::ui::figures;
use crate::ui::text::{cut, several, width};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

pub(super) fn header(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let Some(snapshot) = &model.fleet.snapshot else {
        let head = [(" bunker  ".to_owned(), Role::Accent), ("connecting".to_owned(), Role::Dim)];
        chrome::first_line(canvas, model, &head, area);
        return;
    };
    let rights = chrome::header_rights(model);
    let room = usize::from(area.width);
    // How many have trouble is never given up; the words around it go first.
    let forms = [
        (Head::Words, 0),
        (Head::Signs, 0),
        (Head::Name, 0),
        (Head::Name, 1),
        (Head::Name, 2),
        (Head::Cut, 2),
        (Head::Counts, 2),
    ];
    let mut line = (Vec::new(), Vec::new());
    for (form, at) in forms {
        line = (left(snapshot, form), rights.get(at).cloned().unwrap_or_default());
        if chrome::columns(&line.0) + chrome::columns(&line.1) <= room {
            break;
        }
    }
    let (left, right) = line;
    let taken = u16::try_from(chrome::columns(&left)).unwrap_or(u16::MAX).min(area.width);
    let wide = u16::try_from(chrome::columns(&right)).unwrap_or(u16::MAX);
    let used = wide.min(area.width - taken);
    canvas.spans(area.right() - used, area.y, used, &right);
    let room = area.width - used;
    window(canvas, model, &left, Rect { width: room, ..area });
    canvas.spans(area.x, area.y, room, &left);
    if area.height > 1 {
        second(canvas, model, snapshot, Rect { y: area.y + 1, height: 1, ..area });
    }
}

/// How much stands at the left of the first line, the longest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// Everything, each count with its word.
    Words,
    /// Counts with their signs alone.
    Signs,
    /// Without the number of instances.
    Name,
    /// The fleet's name cut.
    Cut,
    /// The counts alone.
    Counts,
}

/// Columns that the name of the fleet has where it is cut.
const NAME_W: usize = 8;

fn left(snapshot: &FleetSnapshot, form: Head) -> Vec<Span> {
    let n = snapshot.instances.len();
    let mut left: Vec<Span> = vec![(" bunker  ".to_owned(), Role::Accent)];
    let name = snapshot.fleet.as_str();
    match form {
        Head::Words | Head::Signs => {
            left.push((name.to_owned(), Role::Header));
            left.push((format!(" · {}", several(n, "instance")), Role::Dim));
        }
        Head::Name => left.push((name.to_owned(), Role::Header)),
        Head::Cut => left.push((cut(name, NAME_W), Role::Header)),
        Head::Counts => left = vec![(" ".to_owned(), Role::Accent)],
    }
    if form != Head::Counts {
        left.push(("   ".to_owned(), Role::Text));
    }
    let all = [Health::Healthy, Health::Degraded, Health::Down, Health::Unknown];
    left.extend(all.map(|health| {
        let of =
            |i: &&std::sync::Arc<InstanceView>| !badge::not_asked(i) && i.verdict.health == health;
        let (badge, k) = (badge::health(health), snapshot.instances.iter().filter(of).count());
        // A zero is quiet, so that what is there stands out.
        let role = if k == 0 { Role::Dim } else { badge.role };
        let word = if form == Head::Words { format!(" {}", badge.word) } else { String::new() };
        (format!("{} {k}{word}  ", badge.glyph), role)
    }));
    left
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

/// The sum of a figure over the fleet; nothing where no instance has it.
pub(super) fn total(snapshot: &FleetSnapshot, signal: Signal) -> Option<f64> {
    let readings = snapshot.instances.iter().filter_map(|i| i.signals.get(&signal)?.reading);
    readings.fold(None, |sum, r| Some(sum.unwrap_or(0.0) + r.value))
}

fn second(canvas: &mut Canvas<'_>, model: &Model, snapshot: &FleetSnapshot, area: Rect) {
    // What the figures rest on comes first: they give way to it.
    let right = sources(model, snapshot, usize::from(area.width));
    let room = u16::try_from(chrome::columns(&right)).unwrap_or(u16::MAX).min(area.width);
    let used = canvas.spans(area.right() - room, area.y, room, &right);
    let mut stats: Vec<(&str, String, bool)> = Vec::new();
    for (label, signal) in [
        ("requests", Signal::RequestRate),
        ("mails", Signal::MailRate),
        ("visits", Signal::VisitRate),
        ("queue", Signal::MailQueue),
    ] {
        let sum = total(snapshot, signal);
        let text =
            sum.map_or_else(|| figures::NONE.to_owned(), |s| figures::value(s, signal.unit()));
        stats.push((label, text, sum.is_some()));
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
        // Whole or not at all: half a figure would be a wrong one. Two columns stand before what comes next.
        if x + w + 2 > area.right().saturating_sub(used) {
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

/// The same of a refused file where there is less room.
fn inventory_short(files: &InventoryState) -> Option<String> {
    let refused = files.refused.as_ref()?;
    let file = refused.file.as_str();
    let name = file.rsplit('/').next().unwrap_or(file);
    Some(format!("{} broken", cut(name, 20)))
}

/// How the sources of the figures are, in the longest words that have room.
fn sources(model: &Model, snapshot: &FleetSnapshot, room: usize) -> Vec<Span> {
    let mut forms = (0..=3).map(|rank| sources_by(model, snapshot, rank));
    let fits = |line: &Vec<Span>| chrome::columns(line) <= room;
    forms.find(fits).unwrap_or_else(|| sources_by(model, snapshot, 3))
}

/// From the rank 1 on the files of the inventory are told in short, from 2 on the metrics too, from 3 on the hosts.
fn sources_by(model: &Model, snapshot: &FleetSnapshot, rank: u8) -> Vec<Span> {
    let mut line = Vec::new();
    let files = &snapshot.inventory;
    let long = inventory(files);
    let text = if rank >= 1 { inventory_short(files).or(long) } else { long };
    if let Some(text) = text {
        line.push((format!("▲ {text}   "), Role::Degraded));
    }
    line.push(metrics(model, &snapshot.metrics, rank >= 2));
    let n = snapshot.instances.len();
    let answering =
        snapshot.instances.iter().filter(|i| matches!(i.contact, Contact::Answered { .. })).count();
    let (text, role) = match (answering == n, rank >= 3) {
        (true, _) => (format!(" · hosts {n} "), Role::Dim),
        (false, false) => (format!(" · hosts {answering} of {n} "), Role::Degraded),
        (false, true) => (format!(" · hosts {answering}/{n} "), Role::Degraded),
    };
    line.push((text, role));
    line
}

fn metrics(model: &Model, state: &MetricsState, short: bool) -> Span {
    let age = |at: jiff::Timestamp| model.now.duration_since(at).as_secs_f64().max(0.0);
    match state {
        MetricsState::NotConfigured => ("no metrics server".to_owned(), Role::Dim),
        MetricsState::NotYet => ("· metrics: asking".to_owned(), Role::Dim),
        MetricsState::Answered { partial: true, .. } => {
            ("▲ metrics partial".to_owned(), Role::Degraded)
        }
        MetricsState::Answered { at, .. } if age(*at) > 60.0 => {
            (format!("▲ metrics {} old", figures::age(age(*at))), Role::Degraded)
        }
        MetricsState::Answered { .. } => ("metrics live".to_owned(), Role::Dim),
        MetricsState::Failed { .. } if short => ("▼ no metrics".to_owned(), Role::Down),
        MetricsState::Failed { since, .. } => {
            (format!("▼ metrics gone for {}", figures::coarse_age(age(*since))), Role::Down)
        }
    }
}
