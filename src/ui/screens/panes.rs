//! The outputs of several targets of a run at once: one, two by two, as many as fit, or alike ones folded.

use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::model::Model;
use crate::app::msg::RunView;
use crate::app::panes::{self, Fold, Layout, Output, PanesSheet};
use crate::app::sheet::Sheet;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::HostState;
use crate::domain::run::waits::waits_for;
use crate::domain::untrusted::Safe;
use crate::ui::canvas::{Canvas, Focused, Span};
use crate::ui::figures;
use crate::ui::text::{several, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome, log_view};

/// The narrowest and lowest pane in which an output can be read.
const LEAST: (u16, u16) = (38, 6);

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: &PanesSheet,
    area: Rect,
) {
    let header = model.size.page_header();
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let body = Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    let Some(view) = panes::view(model, page) else {
        let text = format!("run {}: reading", page.run.short());
        canvas.put(area.x + 1, area.y, area.width, &text, Role::Dim);
        return;
    };
    head(canvas, model, view, page, area);
    let hosts = panes::hosts(view);
    if hosts.is_empty() {
        canvas.put(body.x + 1, body.y, body.width, "this run has no target", Role::Dim);
        return;
    }
    let selected = seen.cursor.selected.min(hosts.len() - 1);
    if page.layout == Layout::Folded {
        let outputs = page.outputs.clone().unwrap_or_default();
        let folds = panes::folded(view, &outputs);
        folded(canvas, model, view, page, &folds, selected, body);
        return;
    }
    let (columns, rows) = grid(page.layout, hosts.len(), body);
    let n = usize::from(columns * rows).max(1);
    let first = selected / n * n;
    for (at, host) in hosts.iter().enumerate().skip(first).take(n) {
        let place = cell(body, (columns, rows), at - first);
        let focus = if at == selected { Focused::Yes } else { Focused::No };
        pane(canvas, model, view, page, host, (place, focus));
    }
}

fn head(canvas: &mut Canvas<'_>, model: &Model, view: &RunView, page: &PanesSheet, area: Rect) {
    let look = badge::phase(view.state.phase);
    let line: Vec<Span> = vec![
        (" outputs  ".to_owned(), Role::Accent),
        (format!("run {}", page.run.short()), Role::Header),
        (format!("  {}", view.plan.workflow.name()), Role::Header),
        (format!("   {} {}", look.glyph, look.word), look.role),
        (format!("   {}", page.layout.word()), Role::Dim),
    ];
    chrome::first_line(canvas, model, &line, area);
    if model.size.page_header() > 1 {
        let (text, role) = match &page.trouble {
            Some(trouble) => (format!("▲ {trouble}"), Role::Degraded),
            None => (
                format!(
                    "the end of each; {} goes to the target, where all of it is",
                    model.key(Action::Open)
                ),
                Role::Dim,
            ),
        };
        canvas.put(area.x + 1, area.y + 1, area.width.saturating_sub(1), &text, role);
    }
}

/// Columns and rows of panes.
fn grid(layout: Layout, n: usize, body: Rect) -> (u16, u16) {
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    let most = ((body.width / LEAST.0).max(1), (body.height / LEAST.1).max(1));
    match layout {
        Layout::One | Layout::Folded => (1, 1),
        Layout::Four => (most.0.min(2).min(n.max(1)), most.1.min(2).min(n.div_ceil(2).max(1))),
        Layout::Many => {
            let columns = most.0.min(n.max(1));
            (columns, most.1.min(n.div_ceil(columns).max(1)))
        }
    }
}

/// The place of a pane; what is left over goes to the last ones.
fn cell(body: Rect, (columns, rows): (u16, u16), at: usize) -> Rect {
    let at = u16::try_from(at).unwrap_or(0);
    let (column, row) = (at % columns, at / columns);
    let (w, h) = (body.width / columns, body.height / rows);
    let width = if column + 1 == columns { body.width - w * column } else { w };
    let height = if row + 1 == rows { body.height - h * row } else { h };
    Rect { x: body.x + w * column, y: body.y + h * row, width, height }
}

fn pane(
    canvas: &mut Canvas<'_>,
    model: &Model,
    view: &RunView,
    page: &PanesSheet,
    host: &HostState,
    (place, focus): (Rect, Focused),
) {
    let step = host.steps.iter().rev().find(|s| s.started.is_some());
    let title = match step {
        Some(step) => format!("{} · {}", host.id, step.title),
        None => host.id.to_string(),
    };
    let inner = canvas.pane(place, &title, &state(model, host), focus);
    let output = page.outputs.as_ref().and_then(|all| all.get(&host.id));
    let said = said(view, host);
    let width = usize::from(inner.width);
    let below = said.as_ref().map(|(text, _)| wrap(text, width, 3)).unwrap_or_default();
    let n = u16::try_from(below.len()).unwrap_or(0).min(inner.height);
    lines(canvas, output, Rect { height: inner.height - n, ..inner });
    let role = said.map_or(Role::Text, |(_, role)| role);
    for (y, line) in (inner.bottom() - n..inner.bottom()).zip(&below) {
        canvas.put(inner.x, y, inner.width, line, role);
    }
}

/// How a target stands, with its time.
fn state(model: &Model, host: &HostState) -> String {
    let time = |from: jiff::Timestamp| {
        let until = host.finished.unwrap_or(model.now);
        figures::elapsed(until.duration_since(from).as_secs_f64())
    };
    let badge = match (&host.outcome, host.started) {
        (Some(outcome), _) => badge::outcome(outcome),
        (None, Some(_)) => {
            return format!("◐ running {}", host.started.map(time).unwrap_or_default());
        }
        (None, None) => return "· waits".to_owned(),
    };
    let took = host.started.map(|from| format!(" {}", time(from))).unwrap_or_default();
    format!("{} {}{took}", badge.glyph, badge.word)
}

/// What is to be said of a target beside its output: why it waits, or what went wrong.
fn said(view: &RunView, host: &HostState) -> Option<(String, Role)> {
    if let Some(waits) = waits_for(&view.plan, &view.state, host) {
        return Some((format!("waits for {waits}"), Role::Dim));
    }
    match &host.outcome {
        Some(Outcome::Failed(f) | Outcome::Unreachable(f) | Outcome::Unknown(f)) => {
            Some((format!("▼ {}", f.message), Role::Down))
        }
        Some(_) => None,
        None => {
            let gate = host.steps.iter().find(|s| s.outcome.is_none() && s.detail.is_some())?;
            Some((format!("{}: {}", gate.title, gate.detail.as_ref()?), Role::Running))
        }
    }
}

/// The last lines that fit.
fn lines(canvas: &mut Canvas<'_>, output: Option<&Output>, place: Rect) {
    let all: &[Safe] = output.map(|o| o.lines.as_slice()).unwrap_or_default();
    if all.is_empty() && place.height > 0 {
        canvas.put(place.x, place.y, place.width, "no output yet", Role::LogMeta);
    }
    let first = all.len().saturating_sub(usize::from(place.height));
    for (y, line) in (place.y..place.bottom()).zip(all.iter().skip(first)) {
        canvas.put(place.x, y, place.width, line.as_str(), log_view::role(line.as_str()));
    }
}

/// Alike outputs once: each fold with its targets, the one with the selected target in focus.
fn folded(
    canvas: &mut Canvas<'_>,
    model: &Model,
    view: &RunView,
    page: &PanesSheet,
    folds: &[Fold],
    selected: usize,
    body: Rect,
) {
    let hosts = panes::hosts(view);
    let id = hosts.get(selected).map(|h| &h.id);
    let at = folds.iter().position(|f| id.is_some_and(|id| f.hosts.contains(id))).unwrap_or(0);
    let shown = usize::from((body.height / LEAST.1).max(1)).min(folds.len().max(1));
    let first = at / shown * shown;
    let rows = u16::try_from(shown).unwrap_or(1);
    for (n, fold) in folds.iter().enumerate().skip(first).take(shown) {
        let place = cell(body, (1, rows), n - first);
        let focus = if n == at { Focused::Yes } else { Focused::No };
        let names: Vec<&str> = fold.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
        let title = format!("{}: {}", several(names.len(), "target"), names.join(", "));
        let alike = match (fold.numbers_differ, names.len()) {
            (_, 1) => "alone",
            (true, _) => "alike but for numbers",
            (false, _) => "the same",
        };
        let right = format!("{alike} · {} of {}", n + 1, folds.len());
        let inner = canvas.pane(place, &title, &right, focus);
        let of_fold = |h: &&HostState| fold.hosts.contains(&h.id);
        let one = hosts.iter().find(of_fold);
        let said = one.and_then(|host| said(view, host));
        let n_said = u16::from(said.is_some()).min(inner.height);
        let output = fold.hosts.first().and_then(|id| page.outputs.as_ref()?.get(id));
        lines(canvas, output, Rect { height: inner.height - n_said, ..inner });
        if let Some((text, role)) = said {
            let state = one.map(|host| state(model, host)).unwrap_or_default();
            let y = inner.bottom() - n_said;
            canvas.put(inner.x, y, inner.width, &format!("{state}  {text}"), role);
        }
    }
}
