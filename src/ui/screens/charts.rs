//! The last hour of one instance as charts, and what changed on it.

use ratatui::layout::Rect;

use super::timeline;
use crate::app::choice_pages::Asked;
use crate::app::model::Model;
use crate::app::sheet::{ChartsSheet, Sheet};
use crate::domain::charts::{CHARTS, Chart, ChartsRead, Group, Line};
use crate::domain::series::Series;
use crate::domain::signal::Unit;
use crate::domain::snapshot::MetricsState;
use crate::ui::canvas::{Canvas, Focused, Span};
use crate::ui::figures;
use crate::ui::text::width;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome, plot};

/// The narrowest chart.
const NARROW: u16 = 34;
/// Lines of what changed, with their border, on a tall screen.
const CHANGES: u16 = 8;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: &ChartsSheet,
    area: Rect,
) {
    let header = model.size.page_header();
    head(canvas, model, page, area);
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let body = Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    let below = if body.height >= 30 { CHANGES } else { 0 };
    let charts = Rect { height: body.height - below, ..body };
    let Some(read) = page.charts() else {
        let inner = canvas.pane(charts, "Last hour", "", Focused::Yes);
        let text = match &page.read {
            Asked::Failed(problem) => format!("▲ {}", problem.message),
            Asked::Waiting(_) | Asked::Known(_) => {
                format!("{} asking the metrics server", badge::spinner(model.now))
            }
        };
        for (y, line) in
            (inner.y..inner.bottom()).zip(crate::ui::text::wrap(&text, usize::from(inner.width), 4))
        {
            canvas.put(inner.x, y, inner.width, &line, Role::Text);
        }
        timeline::newest(
            canvas,
            model,
            (&page.host, &page.changes),
            Rect { y: charts.bottom(), height: below, ..body },
        );
        return;
    };
    groups(canvas, model, read, seen.cursor.selected, charts);
    timeline::newest(
        canvas,
        model,
        (&page.host, &page.changes),
        Rect { y: charts.bottom(), height: below, ..body },
    );
}

fn head(canvas: &mut Canvas<'_>, model: &Model, page: &ChartsSheet, area: Rect) {
    let mut line: Vec<Span> =
        vec![(" charts  ".to_owned(), Role::Accent), (page.host.to_string(), Role::Header)];
    if let Some(i) = model.fleet.instance(&page.host) {
        let badge = badge::instance(i);
        line.push((format!("   {} {}", badge.glyph, badge.word), badge.role));
    }
    chrome::first_line(canvas, model, &line, area);
    if model.size.page_header() < 2 {
        return;
    }
    let age =
        |read: &ChartsRead| figures::coarse_age(model.now.duration_since(read.end).as_secs_f64());
    let (text, role) = match (&page.read, page.charts()) {
        (Asked::Failed(problem), Some(read)) => (
            format!("▲ {}; shown is what it said {} ago", problem.message, age(read)),
            Role::Degraded,
        ),
        (_, Some(read)) if read.partial => (
            format!("▲ the server says that data may be missing; {} old", age(read)),
            Role::Degraded,
        ),
        (_, Some(read)) => {
            let text = "one hour, a value a minute; dots at the bottom: no data";
            (format!("{text}; {} old", age(read)), Role::Dim)
        }
        (_, None) => (String::new(), Role::Dim),
    };
    canvas.put(area.x + 1, area.y + 1, area.width.saturating_sub(2), &text, role);
    // A server that fails says so wherever its figures are looked at.
    if matches!(
        model.fleet.snapshot.as_ref().map(|s| &s.metrics),
        Some(MetricsState::NotConfigured)
    ) {
        canvas.put_right(
            area.x,
            area.y + 1,
            area.width.saturating_sub(1),
            "no bunker_metrics_url",
            Role::Degraded,
        );
    }
}

/// As many groups as fit, from the selected one on; those before it where room is left.
fn groups(canvas: &mut Canvas<'_>, model: &Model, read: &ChartsRead, selected: usize, area: Rect) {
    let columns = (area.width / NARROW).clamp(1, 3);
    let rows = |group: Group| {
        let n = CHARTS.iter().filter(|c| c.group == group).count();
        u16::try_from(n).unwrap_or(1).div_ceil(columns)
    };
    let least = |group: Group| rows(group) * 3 + 2;
    // The selected one is always there; from it on as many as fit, then those before it.
    let mut first = selected.min(Group::ALL.len() - 1);
    let mut last = first;
    let mut used = Group::ALL.get(first).map_or(0, |g| least(*g));
    while let Some(group) = Group::ALL.get(last + 1).filter(|g| used + least(**g) <= area.height) {
        used += least(*group);
        last += 1;
    }
    while let Some(group) = first.checked_sub(1).and_then(|at| Group::ALL.get(at))
        && used + least(*group) <= area.height
    {
        used += least(*group);
        first -= 1;
    }
    let shown = Group::ALL.get(first..=last).unwrap_or_default();
    let n_rows: u16 = shown.iter().map(|g| rows(*g)).sum();
    let spare = area.height.saturating_sub(used);
    let (each, mut more) = (spare / n_rows.max(1), spare % n_rows.max(1));
    let mut y = area.y;
    for (at, group) in (first..).zip(shown) {
        let rows = rows(*group);
        let extra = more.min(rows);
        more -= extra;
        // A single group too large for the screen shows what fits.
        let height = (least(*group) + each * rows + extra).min(area.bottom().saturating_sub(y));
        let place = Rect { y, height, ..area };
        let focus = if at == selected { Focused::Yes } else { Focused::No };
        let place_of = format!("{} of {}", at + 1, Group::ALL.len());
        let inner = canvas.pane(place, group.title(), &place_of, focus);
        group_charts(canvas, model, read, *group, (columns, rows), inner);
        y += height;
    }
}

fn group_charts(
    canvas: &mut Canvas<'_>,
    model: &Model,
    read: &ChartsRead,
    group: Group,
    (columns, rows): (u16, u16),
    inner: Rect,
) {
    let of_group = CHARTS.iter().zip(&read.lines).filter(|(chart, _)| chart.group == group);
    let gap = 3;
    let w = inner.width.saturating_sub(gap * (columns - 1)) / columns;
    let (h, spare) = (inner.height / rows.max(1), inner.height % rows.max(1));
    for (at, (chart, lines)) in of_group.enumerate() {
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        let (column, row) = (at % columns, at / columns);
        let x = inner.x + column * (w + gap);
        let y = inner.y + row * h + row.min(spare);
        let height = (h + u16::from(row < spare)).min(inner.bottom().saturating_sub(y));
        if height >= 2 {
            one(canvas, model, read, (chart, lines), Rect { x, y, width: w, height });
        }
    }
}

/// A chart: its title and newest values in one line, below it the lines.
fn one(
    canvas: &mut Canvas<'_>,
    model: &Model,
    read: &ChartsRead,
    (chart, lines): (&Chart, &[Line]),
    place: Rect,
) {
    let series: Vec<&Series> = lines.iter().filter_map(|line| line.series.as_ref().ok()).collect();
    let used = canvas.put(place.x, place.y, place.width, chart.title, Role::Text);
    if series.iter().all(|s| s.bounds().is_none()) {
        let trouble = lines.iter().find_map(|line| line.series.as_ref().err());
        let why = trouble.map_or_else(|| "no data in this hour".to_owned(), figures::trouble);
        canvas.put(place.x, place.y + 1, place.width, &why, Role::Dim);
        return;
    }
    let legend = legend(model, read, chart, lines);
    let room = usize::from(place.width.saturating_sub(used + 1));
    let fits = legend.iter().map(|(text, _)| width(text)).sum::<usize>() <= room;
    // What does not fit beside the title has a line of its own.
    let below = u16::from(!fits && place.height > 3);
    if fits {
        canvas.spans_right(place.x, place.y, place.width, &legend);
    } else if below > 0 {
        canvas.spans(place.x, place.y + 1, place.width, &legend);
    } else {
        let room = place.width.saturating_sub(used + 2);
        canvas.spans(place.x + used + 2, place.y, room, &legend);
    }
    let height = place.height - 1 - below;
    let area = Rect { y: place.y + 1 + below, height, ..place };
    let least = if chart.unit == Unit::Ratio && chart.title == "API up" { 1.0 } else { 0.0 };
    let top = plot::top(&series, least);
    let scale = figures::value(top, chart.unit);
    plot::draw(canvas, area, &series, top);
    // What the top of the chart means stands over its left end, where it hides the oldest minutes only.
    let w = u16::try_from(width(&scale)).unwrap_or(0) + 1;
    if area.height > 1 && w < area.width / 3 {
        canvas.clear(Rect { width: w, height: 1, ..area }, Role::Text);
        canvas.put(area.x, area.y, w, &scale, Role::Dim);
    }
}

/// The newest value of each line, with its name where there are several.
fn legend(model: &Model, read: &ChartsRead, chart: &Chart, lines: &[Line]) -> Vec<Span> {
    let mut legend = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let role = plot::LINES.get(at).copied().unwrap_or(Role::Chart1);
        let value = match &line.series {
            Ok(series) => newest(model, read, series, chart.unit),
            Err(_) => figures::NONE.to_owned(),
        };
        if lines.len() > 1 {
            let gap = if at > 0 { "  " } else { "" };
            legend.push((format!("{gap}{} ", line.name), role));
        }
        legend.push((value, Role::Strong));
    }
    legend
}

/// The newest value; one that is not of now has its age.
fn newest(model: &Model, read: &ChartsRead, series: &Series, unit: Unit) -> String {
    let Some((at, value)) =
        series.values.iter().enumerate().rev().find_map(|(at, v)| v.map(|v| (at, v)))
    else {
        return figures::NONE.to_owned();
    };
    let back_s = (series.values.len() - 1 - at) as f64 * f64::from(series.step_s);
    let old_s = back_s + model.now.duration_since(read.end).as_secs_f64().max(0.0);
    let text = figures::value(value, unit);
    if back_s > figures::STALE_S { format!("{text}, {} ago", figures::age(old_s)) } else { text }
}
