//! The page of one instance: why it is how it is, its facts, its last hour, its containers and releases.

use ratatui::layout::Rect;

use super::{fleet_columns, instance_facts, why};
use crate::app::model::Model;
use crate::app::pages::{InstancePage, Pane};
use crate::domain::health::Health;
use crate::domain::release::Release;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{InstanceView, MetricsState};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::{width, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome, spark};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &InstancePage, area: Rect) {
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let Some(i) = model.fleet.instance(&page.id) else {
        canvas.put(
            area.x + 1,
            area.y + 1,
            area.width,
            &format!("{} is no longer in the inventory", page.id),
            Role::Degraded,
        );
        return;
    };
    header(canvas, model, i, area);
    let top = area.y + 2;
    let body = Rect { y: top, height: foot.y.saturating_sub(top), ..area };
    let wide = area.width >= 72;
    let n_reasons = u16::try_from(i.verdict.reasons.len()).unwrap_or(u16::MAX);
    let n_containers =
        i.facts.as_ref().and_then(|f| f.stack.known()).map_or(0, |s| s.containers.len());
    let lower_h = u16::try_from(n_containers).unwrap_or(u16::MAX).saturating_add(2).clamp(5, 12);
    let half = if wide { area.width * 11 / 20 } else { area.width };
    let reasons = why::wanted(i, half.saturating_sub(4)).max(1);
    let (facts_least, facts) = instance_facts::wanted(model, i, half.saturating_sub(4));
    // Above stands what the reasons and the facts use, below at least the containers.
    let wanted = reasons.saturating_add(facts).saturating_add(4);
    let upper_h = wanted
        .max((body.height * 11 / 20).min(22))
        .min(body.height.saturating_sub(lower_h))
        .max(6)
        .min(body.height);
    let upper = Rect { height: upper_h, ..body };
    let lower = Rect { y: upper.bottom(), height: body.height - upper_h, ..body };
    let left = Rect { width: half, ..upper };
    // Reasons go on in lines that no fact needs.
    let why_h = upper_h.saturating_sub(facts_least + 2).min(reasons.saturating_add(2));
    let why_h = why_h.max(n_reasons.saturating_add(2)).clamp(3, upper_h.saturating_sub(4).max(3));
    let inner = canvas.pane(
        Rect { height: why_h, ..left },
        &why_title(i),
        &why::jump(model, i),
        focus(page, Pane::First),
    );
    why::reasons(canvas, model, i, inner, "a taller window shows all");
    let facts = Rect { y: left.y + why_h, height: upper_h.saturating_sub(why_h), ..left };
    instance_facts::draw(canvas, model, i, facts);
    if wide {
        charts(canvas, model, i, Rect { x: left.right(), width: area.width - half, ..upper });
        instance_facts::containers(canvas, model, i, page, Rect { width: half, ..lower });
        releases(
            canvas,
            model,
            page,
            Rect { x: lower.x + half, width: area.width - half, ..lower },
        );
    } else {
        instance_facts::containers(canvas, model, i, page, lower);
    }
}

fn why_title(i: &InstanceView) -> String {
    match i.verdict.health {
        Health::Healthy => "Healthy".to_owned(),
        Health::Down | Health::Degraded | Health::Unknown => {
            format!("Why {}", badge::instance(i).word)
        }
    }
}

pub(super) fn focus(page: &InstancePage, pane: Pane) -> Focused {
    if page.pane == pane { Focused::Yes } else { Focused::No }
}

fn header(canvas: &mut Canvas<'_>, model: &Model, i: &InstanceView, area: Rect) {
    let badge = badge::instance(i);
    let line = [
        (" instance  ".to_owned(), Role::Accent),
        (i.id.to_string(), Role::Header),
        (format!("   {} {}", badge.glyph, badge.word), badge.role),
        (format!("   {}", fleet_columns::release(i)), Role::Text),
    ];
    chrome::first_line(canvas, model, &line, area);
    let groups: Vec<&str> = i.groups.iter().map(crate::domain::ids::GroupName::as_str).collect();
    let about = format!(" {} · tier {} · {}", i.domain, u8::from(i.tier), groups.join(", "));
    canvas.put(area.x, area.y + 1, area.width, &about, Role::Dim);
}

/// Trends as small areas, as many as fit, in one or two columns.
pub(super) fn charts(canvas: &mut Canvas<'_>, model: &Model, i: &InstanceView, area: Rect) {
    let inner = canvas.pane(area, "Last hour", "", Focused::No);
    let n_columns = if inner.width >= 64 { 2 } else { 1 };
    // What has no trend stands aside for what has one.
    let shown: Vec<_> = why::TRENDS
        .iter()
        .filter(|signal| i.trends.is_empty() || i.trends.contains_key(signal))
        .collect();
    let n_rows = shown.len().div_ceil(n_columns).max(1);
    let each_h = (usize::from(inner.height) / n_rows).max(2);
    let gap = 2;
    let each_w = (usize::from(inner.width) - gap * (n_columns - 1)) / n_columns;
    for (at, signal) in shown.into_iter().enumerate() {
        let (column, row) = (at % n_columns, at / n_columns);
        let x = inner.x + u16::try_from(column * (each_w + gap)).unwrap_or(0);
        let y = inner.y + u16::try_from(row * each_h).unwrap_or(0);
        if y + 1 >= inner.bottom() {
            return;
        }
        let w = u16::try_from(each_w).unwrap_or(0);
        canvas.put(x, y, w, signal.title(), Role::Dim);
        let (text, freshness) =
            figures::figure(i.signals.get(signal), signal.unit(), model.now, 10);
        let fresh = freshness == figures::Freshness::Fresh;
        canvas.put_right(x, y, w, &text, if fresh { Role::Strong } else { Role::Dim });
        let height = (each_h - 1).min(usize::from(inner.bottom() - y - 1)).min(5);
        if let Some(trend) = i.trends.get(signal) {
            for (y, line) in (y + 1..).zip(spark::area(trend, each_w, height)) {
                canvas.draw(x, y, w, &line, why::trend_role(i, *signal));
            }
        } else {
            canvas.put(x, y + 1, w, &no_trend(model, i, *signal), Role::Dim);
        }
    }
}

/// Why there is no trend: an instance is not blamed where nobody measures.
fn no_trend(model: &Model, i: &InstanceView, signal: Signal) -> String {
    let metrics = model.fleet.snapshot.as_ref().map(|s| &s.metrics);
    if metrics == Some(&MetricsState::NotConfigured) {
        return "no metrics server".to_owned();
    }
    let trouble = i.signals.get(&signal).and_then(|f| f.trouble.as_ref());
    trouble.map_or_else(|| "no history".to_owned(), figures::trouble)
}

fn releases(canvas: &mut Canvas<'_>, model: &Model, page: &InstancePage, area: Rect) {
    let inner = canvas.pane(area, "Releases", "newest first", Focused::No);
    let Some(releases) = &page.releases else {
        canvas.put(inner.x, inner.y, inner.width, "reading", Role::Dim);
        return;
    };
    if releases.is_empty() {
        let text = "none recorded yet: an upgrade records one";
        for (y, line) in (inner.top()..inner.bottom()).zip(wrap(text, inner.width.into(), 3)) {
            canvas.put(inner.x, y, inner.width, &line, Role::Dim);
        }
        return;
    }
    for (y, release) in (inner.top()..inner.bottom()).zip(releases) {
        release_row(canvas, model, release, inner, y);
    }
}

fn release_row(canvas: &mut Canvas<'_>, model: &Model, release: &Release, inner: Rect, y: u16) {
    let record = &release.record;
    let (glyph, word, role) = if record.healthy {
        ("●", "healthy", Role::Healthy)
    } else {
        ("▼", "unhealthy", Role::Down)
    };
    let run = record.run.as_ref().map(|r| format!("run {}", r.short())).unwrap_or_default();
    let name_w = if inner.width < 60 { 10 } else { 20 };
    let name = crate::ui::text::cut(record.reference.as_str(), name_w);
    let mut line = vec![(format!("{glyph} "), role), (format!("{name:<name_w$} "), Role::Strong)];
    // What follows stands there whole or not at all.
    let mut used: usize = line.iter().map(|(text, _)| width(text)).sum();
    for (text, role) in [
        (format!("{word:<9} "), if record.healthy { Role::Text } else { role }),
        (format!("{}  ", record.sha.short()), Role::Dim),
        (run, Role::Dim),
    ] {
        used += width(&text);
        if used + 9 > usize::from(inner.width) {
            break;
        }
        line.push((text, role));
    }
    let age = format!("{} ago", figures::age(model.now.duration_since(record.at).as_secs_f64()));
    canvas.spans(inner.x, y, inner.width.saturating_sub(9), &line);
    canvas.put_right(inner.x, y, inner.width, &age, Role::Dim);
}
