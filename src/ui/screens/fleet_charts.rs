//! Figures of the whole fleet as charts: a line an instance, as many figures side by side as there is room for.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::fleet_totals::total;
use super::sheet::{self, Column, Frame, Places};
use crate::app::fleet_charts::{self, FleetChartsSheet};
use crate::app::fleet_page::Listed;
use crate::app::model::Model;
use crate::app::sheet::Sheet;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{InstanceView, MetricsState};
use crate::ui::canvas::Canvas;
use crate::ui::figures::{self, Freshness};
use crate::ui::text::{cut, width};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, spark};

/// Columns of a name, of a value, of the narrowest and of the widest chart: a column for each value of an hour.
const NAME_W: u16 = 20;
const NAME_MOST: u16 = 32;
const VALUE_W: u16 = 8;
const CHART_W: u16 = 14;
const CHART_MOST: u16 = 60;
const GAP: u16 = 2;

/// A figure of the page.
type Shown = (Signal, &'static str);

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: FleetChartsSheet,
    area: Rect,
) {
    let rows = fleet_charts::rows(model, seen);
    let figures = page.figures();
    // Borders, the sign and the blank beside them.
    let room = area.width.saturating_sub(6);
    let names = rows.iter().map(|i| width(i.id.as_str())).max().unwrap_or(0);
    let names = u16::try_from(names).unwrap_or(NAME_MOST).clamp(NAME_W, NAME_MOST);
    // Long names give way before a figure does.
    let forms = [names, NAME_W].map(|w| (n_shown(room, w), w));
    let (shown, name_w) = forms.into_iter().max().unwrap_or((1, NAME_W));
    let shown = figures.get(..shown).unwrap_or(&figures);
    let columns = columns(room, name_w, shown);
    let all = model.fleet.n_rows();
    let count = sheet::count(rows.len(), all, seen, "instance");
    let words = Around {
        head: sheet::head(model, "fleet charts", &[]),
        hint: &hint(model),
        titles: sheet::sheet_titles("The last hour", seen, &count),
        detail: "That instance",
        foot: String::new(),
    };
    let none = rows.is_empty().then(|| none(model, seen));
    let none = none.as_deref();
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    for (y, i) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let badge = badge::instance(i);
        canvas.put(list.x, y, 1, badge.glyph, badge.role);
        places.put(canvas, y, 0, i.id.as_str(), Role::Text);
        line(canvas, model, (&places, list.right()), y, i, shown);
    }
    if let Some(i) = rows.get(seen.cursor.selected) {
        let told = figures.map(|(signal, _)| told(model, i, signal));
        choice::facts(canvas, detail, &told);
    }
}

/// How many figures have room beside a name.
fn n_shown(room: u16, name_w: u16) -> usize {
    let each = GAP + VALUE_W + GAP + CHART_W;
    usize::from((room.saturating_sub(name_w) / each).clamp(1, 4))
}

fn columns(room: u16, name_w: u16, shown: &[Shown]) -> Vec<Column> {
    let n = u16::try_from(shown.len()).unwrap_or(1).max(1);
    let each = room.saturating_sub(name_w) / n;
    let chart_w = each.saturating_sub(GAP + VALUE_W + GAP).clamp(1, CHART_MOST);
    let mut columns = vec![Column::left("INSTANCE", name_w, 0)];
    for (_, title) in shown {
        columns.push(Column::right(title, VALUE_W, 0));
        columns.push(Column::left("", chart_w, 0));
    }
    columns
}

/// How the figures are as a whole: why there are none, else their sums.
fn hint(model: &Model) -> String {
    let Some(snapshot) = &model.fleet.snapshot else { return String::new() };
    let since = |at: jiff::Timestamp| {
        figures::coarse_age(model.now.duration_since(at).as_secs_f64().max(0.0))
    };
    match &snapshot.metrics {
        MetricsState::NotConfigured => {
            return "no metrics server is asked: set bunker_metrics_url in group_vars/all"
                .to_owned();
        }
        MetricsState::Failed { since: at, .. } => {
            let text = "▼ no metrics for";
            return format!("{text} {}: the last that were told are shown", since(*at));
        }
        MetricsState::NotYet => return "the metrics server is being asked".to_owned(),
        MetricsState::Answered { .. } => {}
    }
    let sums = fleet_charts::FIGURES.map(|(signal, _)| {
        let sum = total(snapshot, signal);
        let text =
            sum.map_or_else(|| figures::NONE.to_owned(), |s| figures::value(s, signal.unit()));
        format!("{} {text}", signal.title())
    });
    let narrowed = match (model.fleet.filter.is_empty(), model.fleet.listed) {
        (true, Listed::All) => "each chart has its own height",
        (true, Listed::Problems) => "listed: not healthy",
        (false, _) => "listed: as the fleet is filtered",
    };
    let sums = format!("in all: {}", sums.join(", "));
    let both = format!("{sums} · {narrowed}");
    // Whole or not at all.
    if width(&both) < usize::from(model.size.width) { both } else { sums }
}

fn none(model: &Model, seen: &Sheet) -> String {
    match &model.fleet.snapshot {
        None => "waiting for the first look at the fleet".to_owned(),
        Some(_) if !seen.filter.is_empty() => {
            sheet::shows_all(model, "instance", &seen.filter, &seen.order)
        }
        Some(fleet) if fleet.instances.is_empty() => "the inventory has no instance yet".to_owned(),
        Some(_) => "the fleet page lists no instance: its filter lets none through".to_owned(),
    }
}

/// The figures of one instance, each with its chart, or with the reason why there is none.
fn line(
    canvas: &mut Canvas<'_>,
    model: &Model,
    (places, end): (&Places, u16),
    y: u16,
    i: &InstanceView,
    shown: &[Shown],
) {
    let reasons: Vec<Option<String>> = shown.iter().map(|(s, _)| lacks(i, *s)).collect();
    // What all of them lack for one reason is said once, in full.
    if let (Some(Some(first)), Some((x, _))) = (reasons.first(), places.place(1))
        && reasons.iter().all(|reason| reason.as_ref() == Some(first))
    {
        let room = end.saturating_sub(x);
        canvas.put(x, y, room, &cut(&format!("← {first}"), usize::from(room)), Role::Dim);
        return;
    }
    for (at, ((signal, _), reason)) in shown.iter().zip(reasons).enumerate() {
        let (text, freshness) = value(model, i, *signal);
        let role = match freshness {
            Freshness::Fresh => Role::Text,
            Freshness::Stale => Role::Unknown,
            Freshness::None => Role::Dim,
        };
        places.put(canvas, y, 1 + 2 * at, &text, role);
        let Some((_, w)) = places.place(2 + 2 * at) else { continue };
        let w = usize::from(w);
        match (i.trends.get(signal).filter(|t| t.bounds().is_some()), reason) {
            (Some(trend), _) => {
                places.put(canvas, y, 2 + 2 * at, &spark::spark(trend, w), Role::Chart1);
            }
            (None, reason) => {
                let text = reason.unwrap_or_else(|| "no chart yet".to_owned());
                places.put(canvas, y, 2 + 2 * at, &cut(&text, w), Role::Dim);
            }
        }
    }
}

fn value(model: &Model, i: &InstanceView, signal: Signal) -> (String, Freshness) {
    let room = usize::from(VALUE_W);
    figures::figure(i.signals.get(&signal), signal.unit(), model.now, room)
}

/// Why an instance has neither a value nor a chart of a figure.
fn lacks(i: &InstanceView, signal: Signal) -> Option<String> {
    let figure = i.signals.get(&signal);
    let has_trend = i.trends.get(&signal).is_some_and(|t| t.bounds().is_some());
    if has_trend || figure.is_some_and(|f| f.reading.is_some()) {
        return None;
    }
    let why = figure.and_then(|f| f.trouble.as_ref()).map(figures::trouble);
    Some(why.unwrap_or_else(|| "nothing was told of it yet".to_owned()))
}

/// A figure of one instance in words.
fn told(model: &Model, i: &InstanceView, signal: Signal) -> (&'static str, String, Role) {
    let figure = i.signals.get(&signal);
    let unit = signal.unit();
    let why = figure.and_then(|f| f.trouble.as_ref()).map(figures::trouble);
    let Some(reading) = figure.and_then(|f| f.reading) else {
        let why = why.unwrap_or_else(|| "nothing was told of it yet".to_owned());
        return (signal.title(), why, Role::Dim);
    };
    let mut text = figures::value(reading.value, unit);
    let old_s = figure.and_then(|f| f.age_s(model.now)).unwrap_or_default();
    if old_s > figures::STALE_S {
        text = format!("{text}, {} old", figures::age(old_s));
    }
    match i.trends.get(&signal).and_then(crate::domain::series::Series::bounds) {
        Some((low, high)) => {
            let (low, high) = (figures::value(low, unit), figures::value(high, unit));
            text = format!("{text}; in this hour between {low} and {high}");
        }
        None => text = format!("{text}; no chart of this hour"),
    }
    if let Some(why) = why {
        text = format!("{text}; {why}");
    }
    (signal.title(), text, if old_s > figures::STALE_S { Role::Unknown } else { Role::Text })
}
