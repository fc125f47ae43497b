//! In front of the page of a run: its canary. The clock of the soak, each metric against the rest of the fleet, and the
//! verdict so far.

use ratatui::layout::Rect;

use super::sheet::{Column, Places};
use crate::app::model::Model;
use crate::app::pages::RunPage;
use crate::domain::canary::report::MetricReport;
use crate::domain::canary::soak::CanaryState;
use crate::domain::canary::{CanaryPlan, MetricResult, Report, Verdict};
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::text::{cut, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{dialog, gauge};

const COLUMNS: [Column; 7] = [
    Column::left("METRIC", 12, 0),
    Column::left("RESULT", 14, 0),
    Column::right("CANARY", 9, 0),
    Column::right("REST", 9, 0),
    Column::right("P", 6, 3),
    Column::right("SAMPLES", 9, 2),
    Column::left("WHY", 24, 1).growing(),
];

/// Lines of a verdict at most: it says why of each metric.
const VERDICT_LINES: u16 = 3;

/// Where the words of a line begin, beside what they are about.
const WORDS: u16 = 9;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let Some((page, plan)) = of(model) else { return };
    let state = page.view.as_ref().and_then(|view| view.state.canary.as_ref());
    let report = state.and_then(CanaryState::newest);
    let n = plan.metrics.len().max(report.map_or(0, |(report, _)| report.metrics.len()));
    let told = state.map_or(0, |s| usize::from(s.gap_s > 0.0) + usize::from(s.end.is_some()));
    let more = VERDICT_LINES - 1;
    let h = u16::try_from(n + told).unwrap_or(u16::MAX).saturating_add(11 + more);
    let w = area.width.saturating_sub(4).min(132);
    let inner = dialog::frame(canvas, area, w, h, "Canary", &title(plan));
    let foot = inner.bottom().saturating_sub(1);
    let keys = match report {
        Some((_, false)) => "esc back  \"so far\" decides nothing before the soak is over",
        Some((_, true)) | None => "esc back  the run goes on behind it",
    };
    canvas.put(inner.x, foot, inner.width, keys, Role::Dim);
    let (width, height) = (inner.width.saturating_sub(1), inner.height.saturating_sub(2));
    let body = Rect { width, height, ..inner };
    let mut lines = Lines { canvas, area: body, y: body.y };
    clock(&mut lines, plan, state);
    lines.y += 1;
    match report {
        Some((report, decides)) => judged(&mut lines, report, decides),
        None => lines.say("metrics", &nothing_yet(plan, state), Role::Dim),
    }
}

/// The run that is seen, with the plan of its canary.
fn of(model: &Model) -> Option<(&RunPage, &CanaryPlan)> {
    let page = model.run_page()?;
    Some((page, page.view.as_ref()?.plan.canary.as_ref()?))
}

fn title(plan: &CanaryPlan) -> String {
    format!("{} of group {} against {}", plan.canary.len(), plan.group, plan.rest.len())
}

/// Lines of a word and what there is to say about it, one below the other.
struct Lines<'c, 'b> {
    canvas: &'c mut Canvas<'b>,
    area: Rect,
    y: u16,
}

impl Lines<'_, '_> {
    fn say(&mut self, about: &str, text: &str, role: Role) {
        self.say_in(1, about, text, role);
    }

    /// The same in as many lines as it needs, up to `most`.
    fn say_in(&mut self, most: usize, about: &str, text: &str, role: Role) {
        let room = self.area.width.saturating_sub(WORDS);
        for (at, line) in wrap(text, usize::from(room), most).iter().enumerate() {
            if self.y >= self.area.bottom() {
                return;
            }
            let about = if at == 0 { about } else { "" };
            self.canvas.put(self.area.x, self.y, WORDS, about, Role::Dim);
            self.canvas.put(self.area.x + WORDS, self.y, room, line, role);
            self.y += 1;
        }
    }

    /// How much of the soak is over, as a bar.
    fn bar(&mut self, part: f64) {
        if self.y < self.area.bottom() {
            let (x, width) = (self.area.x + WORDS, self.area.width.saturating_sub(WORDS));
            let bar = Rect { x, y: self.y, width, height: 1 };
            gauge::draw(self.canvas, bar, part, 1.0, Role::Running);
            self.y += 1;
        }
    }
}

/// The soak: how much of it is over, what was seen last, what did not count, how it ended.
fn clock(lines: &mut Lines<'_, '_>, plan: &CanaryPlan, state: Option<&CanaryState>) {
    let needed = figures::elapsed(plan.soak_s as f64);
    let Some(state) = state else {
        let text = format!("not begun: the canary group is upgraded first, then {needed} count");
        lines.say("soak", &text, Role::Dim);
        return;
    };
    let done = figures::elapsed(state.counted_s);
    lines.say("soak", &format!("{done} of {needed} of observed health"), Role::Strong);
    lines.bar(state.counted_s / (plan.soak_s.max(1) as f64));
    lines.say("last", state.detail.as_str(), Role::Text);
    if state.gap_s > 0.0 {
        let text = format!("{} do not count: nobody looked", figures::elapsed(state.gap_s));
        lines.say("gaps", &text, Role::Degraded);
    }
    if let Some(end) = &state.end {
        let (word, role) =
            if end.passed { ("passed", Role::Healthy) } else { ("FAILED", Role::Down) };
        lines.say_in(usize::from(VERDICT_LINES), "ended", &format!("{word}: {}", end.why), role);
    }
}

/// The verdict, and below it each metric.
fn judged(lines: &mut Lines<'_, '_>, report: &Report, decides: bool) {
    let (glyph, role) = of_verdict(report.verdict);
    let text = format!("{glyph} {}: {}", report.verdict.word(), report.why());
    let about = if decides { "judged" } else { "so far" };
    lines.say_in(usize::from(VERDICT_LINES), about, &text, role);
    let Lines { canvas, area, y } = lines;
    let list = *y + 1;
    if list >= area.bottom() {
        return;
    }
    let places = Places::of(&COLUMNS, area.x, area.width);
    places.heading(canvas, list, &COLUMNS);
    for (y, metric) in (list + 1..area.bottom()).zip(&report.metrics) {
        row(canvas, &places, y, metric);
    }
}

fn row(canvas: &mut Canvas<'_>, places: &Places, y: u16, metric: &MetricReport) {
    let (glyph, role) = of_result(metric.result);
    let role = if metric.muted { Role::Dim } else { role };
    let none = || figures::NONE.to_owned();
    let [canary, rest] = metric.middles().unwrap_or_else(|| [none(), none()]);
    let muted = if metric.muted { "decides nothing; " } else { "" };
    let cells = [
        (metric.signal.title().to_owned(), Role::Strong),
        (format!("{glyph} {}", metric.result.word()), role),
        (canary, Role::Text),
        (rest, Role::Text),
        (metric.chance().unwrap_or_else(none), Role::Dim),
        (format!("{} / {}", metric.n_canary, metric.n_rest), Role::Dim),
        (format!("{muted}{}", metric.why), Role::Dim),
    ];
    for (at, (text, role)) in cells.iter().enumerate() {
        let room = places.place(at).map_or(0, |(_, w)| usize::from(w));
        places.put(canvas, y, at, &cut(text, room), *role);
    }
}

/// Why there is no word of a metric yet.
fn nothing_yet(plan: &CanaryPlan, state: Option<&CanaryState>) -> String {
    match (plan.is_judged(), state) {
        (false, _) => "no metric is judged: health alone decides".to_owned(),
        (true, None) => format!("judged once it soaks: {}", plan.metrics_words()),
        (true, Some(_)) => format!("not judged yet: {}", plan.metrics_words()),
    }
}

fn of_verdict(verdict: Verdict) -> (&'static str, Role) {
    of_result(match verdict {
        Verdict::Pass => MetricResult::Pass,
        Verdict::Fail => MetricResult::Fail,
        Verdict::Inconclusive => MetricResult::Inconclusive,
        Verdict::NoData => MetricResult::NoData,
    })
}

fn of_result(result: MetricResult) -> (&'static str, Role) {
    match result {
        MetricResult::Pass => ("●", Role::Healthy),
        MetricResult::Fail => ("▼", Role::Down),
        MetricResult::Inconclusive => ("▲", Role::Degraded),
        MetricResult::NoData => ("?", Role::Unknown),
    }
}
