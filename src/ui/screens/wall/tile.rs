//! One instance on a wall: its name, how it is, why, its figures, and how old they are.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::letters::{Size, rows};
use crate::app::model::Model;
use crate::domain::health::Health;
use crate::domain::run::state::HostState;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{Contact, InstanceView};
use crate::ui::canvas::{Canvas, Focused, Span};
use crate::ui::figures::{self, Freshness};
use crate::ui::text::{cut, width, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::badge::{self, Badge};

/// The figures of a tile, with what they are called there.
const FIGURES: [(&str, Signal); 6] = [
    ("p95", Signal::P95Seconds),
    ("5xx", Signal::ErrorRatio),
    ("queue", Signal::MailQueue),
    ("backup", Signal::BackupAge),
    ("disk", Signal::DiskRatio),
    ("requests", Signal::RequestRate),
];

/// An age in steps that a wall needs not redraw every second for.
pub(super) fn ago(seconds: f64) -> String {
    if seconds < 10.0 { "now".to_owned() } else { format!("{} ago", figures::coarse_age(seconds)) }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, i: &InstanceView, area: Rect) {
    if area.width < 6 || area.height == 0 {
        return;
    }
    let work = model.wall.as_ref().and_then(|wall| wall.at_work(&i.id));
    let calm = i.verdict.health == Health::Healthy || badge::not_asked(i);
    let mut look = badge::instance(i);
    if calm && work.is_some() {
        look = Badge { glyph: badge::spinner(model.now), word: "in work", role: Role::Running };
    }
    let inner = if calm && work.is_none() {
        quiet_frame(canvas, i, look, area)
    } else {
        loud_frame(canvas, i, look, area)
    };
    let inner = name(canvas, i, look, inner, area);
    let mut lines: Vec<Vec<Span>> = Vec::new();
    if let Some(work) = work {
        lines.push(vec![(working(work), Role::Running)]);
    }
    let figures = figure_lines(model, i, usize::from(inner.width));
    let ages = vec![(ages(model, i, usize::from(inner.width)), Role::Dim)];
    let room = usize::from(inner.height);
    // Why comes first, then how old it is, then the figures.
    let for_reasons = room.saturating_sub(lines.len() + 1).max(1);
    lines.extend(reasons(i, usize::from(inner.width), for_reasons));
    let left = room.saturating_sub(lines.len() + 1);
    lines.extend(figures.into_iter().take(left));
    lines.truncate(room.saturating_sub(1).max(1));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        canvas.spans(inner.x, y, inner.width, line);
    }
    if room > lines.len() {
        canvas.spans(inner.x, inner.bottom() - 1, inner.width, &ages);
    }
}

/// A frame in the colour of the state, its first row filled with it.
fn loud_frame(canvas: &mut Canvas<'_>, i: &InstanceView, look: Badge, area: Rect) -> Rect {
    let word = format!("{} ", look.word.to_uppercase());
    canvas.over(Rect { height: 1, ..area }, look.role);
    let room = area.width.saturating_sub(u16::try_from(width(&word)).unwrap_or(0) + 1);
    let title =
        format!(" {} {}", look.glyph, cut(i.id.as_str(), usize::from(room).saturating_sub(3)));
    canvas.draw(area.x, area.y, room, &title, look.role);
    canvas.put_right(area.x, area.y, area.width, &word, look.role);
    for x in area.left()..area.right() {
        if let Some(cell) = canvas.buf.cell_mut((x, area.y)) {
            cell.modifier.insert(Modifier::REVERSED);
        }
    }
    if area.height < 3 {
        return Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width - 2,
            height: area.height - 1,
        };
    }
    for y in area.top() + 1..area.bottom() - 1 {
        canvas.draw(area.x, y, 1, "▌", look.role);
        canvas.draw(area.right() - 1, y, 1, "▐", look.role);
    }
    let bottom = format!("▙{}▟", "▄".repeat(usize::from(area.width - 2)));
    canvas.draw(area.x, area.bottom() - 1, area.width, &bottom, look.role);
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

/// A thin frame, its name in the border.
fn quiet_frame(canvas: &mut Canvas<'_>, i: &InstanceView, look: Badge, area: Rect) -> Rect {
    let inner = canvas.pane(area, "", look.word, Focused::No);
    let room = area.width.saturating_sub(u16::try_from(width(look.word)).unwrap_or(0) + 9);
    let title = format!(" {} {} ", look.glyph, cut(i.id.as_str(), usize::from(room)));
    canvas.put(area.x + 2, area.y, area.width.saturating_sub(4), &title, Role::Strong);
    canvas.put(area.x + 3, area.y, 1, look.glyph, look.role);
    inner
}

/// The name in large letters where there is room for that and for what is to be said.
fn name(canvas: &mut Canvas<'_>, i: &InstanceView, look: Badge, inner: Rect, area: Rect) -> Rect {
    if area.height < 9 {
        return inner;
    }
    let Some(rows) = rows(i.id.as_str(), Size::Small) else { return inner };
    if rows.iter().any(|row| width(row) > usize::from(inner.width)) {
        return inner;
    }
    let role = if look.role == Role::Healthy { Role::Text } else { look.role };
    // A row apart from the filled one above, with which they would run together.
    for (y, row) in (inner.y + 1..).zip(&rows) {
        canvas.draw(inner.x, y, inner.width, row, role);
    }
    Rect { y: inner.y + 4, height: inner.height.saturating_sub(4), ..inner }
}

/// What the run does there: its step and the last word of a gate.
fn working(host: &HostState) -> String {
    match host.running_step() {
        Some(step) => {
            let detail = step.detail.as_ref().map(|d| format!(": {d}")).unwrap_or_default();
            format!("◐ {}{detail}", step.title)
        }
        None => "◐ between two steps".to_owned(),
    }
}

/// The reasons, worst first, in at most `n` lines.
fn reasons(i: &InstanceView, wide: usize, n: usize) -> Vec<Vec<Span>> {
    let mut lines: Vec<Vec<Span>> = Vec::new();
    let all = &i.verdict.reasons;
    for (at, reason) in all.iter().enumerate() {
        let left = n.saturating_sub(lines.len());
        if left == 0 {
            break;
        }
        let role = badge::health(reason.health).role;
        let subject = cut(reason.subject.as_str(), 12);
        let room = wide.saturating_sub(width(&subject) + 1);
        // The last reason may take what is left; the others one line each.
        let most = if at + 1 == all.len() { left.min(3) } else { 1 };
        for (line, text) in wrap(reason.text.as_str(), room, most).into_iter().enumerate() {
            let head = if line == 0 { subject.clone() } else { " ".repeat(width(&subject)) };
            lines.push(vec![(format!("{head} "), role), (text, Role::Text)]);
        }
    }
    lines
}

/// The figures, each whole or not at all, in as many lines as they take.
fn figure_lines(model: &Model, i: &InstanceView, wide: usize) -> Vec<Vec<Span>> {
    let mut lines: Vec<Vec<Span>> = Vec::new();
    let mut line: Vec<Span> = Vec::new();
    let mut used = 0;
    let release = i.release.as_ref().map(|r| match &r.reference {
        Some(name) => name.to_string(),
        None => r.sha.short().to_owned(),
    });
    let release = release.map(|text| (String::new(), cut(&text, 16), Role::Text));
    let figures = FIGURES.iter().filter_map(|(name, signal)| {
        let (text, freshness) = figure(model, i, *signal)?;
        let role = if freshness == Freshness::Fresh { Role::Strong } else { Role::Dim };
        Some((format!("{name} "), text, role))
    });
    for (name, text, role) in figures.chain(release) {
        let w = width(&name) + width(&text);
        if used > 0 && used + 2 + w > wide {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(("  ".to_owned(), Role::Text));
            used += 2;
        }
        line.push((name, Role::Dim));
        line.push((text, role));
        used += w;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A figure with its age once it is old; the age of a backup grows by itself. `None` where there never was one.
fn figure(model: &Model, i: &InstanceView, signal: Signal) -> Option<(String, Freshness)> {
    let figure = i.signals.get(&signal)?;
    if signal == Signal::BackupAge {
        let reading = figure.reading?;
        let age = reading.value + model.now.duration_since(reading.at).as_secs_f64().max(0.0);
        return Some((figures::age(age), Freshness::Fresh));
    }
    figure.reading?;
    Some(figures::figure(Some(figure), signal.unit(), model.now, 16))
}

/// How old what stands in the tile is, in the longest words that fit.
fn ages(model: &Model, i: &InstanceView, room: usize) -> String {
    let since = |at: jiff::Timestamp| model.now.duration_since(at).as_secs_f64().max(0.0);
    let readings = i.signals.values().filter_map(|figure| figure.age_s(model.now));
    let oldest =
        readings.fold(None, |oldest: Option<f64>, age| Some(oldest.map_or(age, |o| o.max(age))));
    let figures =
        oldest.map_or_else(|| "no figures".to_owned(), |age| format!("figures {}", ago(age)));
    let forms = match &i.contact {
        Contact::NotYet => vec![format!("not asked yet · {figures}"), "not asked yet".to_owned()],
        Contact::Answered { at } => {
            let host = since(*at);
            let worst = oldest.map_or(host, |age| age.max(host));
            vec![
                format!("host {} · {figures}", ago(host)),
                format!("all of it {}", ago(worst)),
                ago(worst),
            ]
        }
        Contact::Lost { since: from, last_seen, .. } => {
            let gone = figures::coarse_age(since(*from));
            let seen = last_seen
                .map(|at| at.to_zoned(model.zone.clone()).strftime("%d %b %H:%M").to_string());
            let seen = seen.map(|at| format!("no answer for {gone}, seen {at}"));
            let plain = [
                format!("no answer for {gone} · {figures}"),
                format!("no answer for {gone}"),
                format!("gone {gone}"),
            ];
            seen.into_iter().chain(plain).collect()
        }
    };
    let last = forms.last().cloned().unwrap_or_default();
    forms.into_iter().find(|text| width(text) <= room).unwrap_or(last)
}
