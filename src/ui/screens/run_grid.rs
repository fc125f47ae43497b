//! Targets by steps: a grid where there is room, a strip of signs with the current step's words where there is not.

use ratatui::layout::Rect;

use crate::app::model::Model;
use crate::app::pages::RunPage;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{HostState, StepState};
use crate::ui::canvas::{Canvas, Span};
use crate::ui::figures;
use crate::ui::text::width;
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

const NAME_MAX: u16 = 20;
const TIME: u16 = 7;

/// The width of a step that has only its sign.
const SIGN: u16 = 2;
/// Steps that take no time worth a column; the output names them where they fail.
const KEEPING: [&str; 4] = ["lease", "hold images", "record", "give back"];

/// How the steps are shown.
enum Shape {
    /// A column each, of these widths; one of [`SIGN`] has no room for more than the sign.
    Grid(Vec<u16>),
    /// A sign each, then the words of the step that matters.
    Strip,
}

fn shape(page: &RunPage, room: u16) -> Shape {
    let Some(host) = page.hosts().iter().max_by_key(|h| h.steps.len()) else { return Shape::Strip };
    let widths: Vec<u16> = host
        .steps
        .iter()
        .map(|s| u16::try_from(width(s.title.as_str())).unwrap_or(8).clamp(7, 12) + 1)
        .collect();
    if widths.iter().sum::<u16>() <= room {
        return Shape::Grid(widths);
    }
    let narrow: Vec<u16> = host
        .steps
        .iter()
        .map(|s| match s.title.as_str() {
            title if KEEPING.contains(&title) => SIGN,
            title => u16::try_from(width(title)).unwrap_or(8).clamp(6, 12) + 1,
        })
        .collect();
    if narrow.iter().sum::<u16>() <= room { Shape::Grid(narrow) } else { Shape::Strip }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RunPage, inner: Rect) {
    let longest = page.hosts().iter().map(|h| h.id.as_str().len()).max().unwrap_or(8);
    let name_w = u16::try_from(longest).unwrap_or(NAME_MAX).clamp(8, NAME_MAX);
    let x = inner.x + 2 + name_w + 1;
    let room = inner.width.saturating_sub(name_w + 3 + TIME);
    let shape = shape(page, room);
    let steps_area = Rect { x, width: room, ..inner };
    heading(canvas, page, &shape, steps_area);
    canvas.put(inner.x + 2, inner.y, name_w, "TARGET", Role::Heading);
    canvas.put_right(inner.right().saturating_sub(TIME), inner.y, TIME, "TIME", Role::Heading);
    let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let grouped = page.n_batches() > 1;
    let mut line = 0usize;
    let mut batch = None;
    for host in page.hosts() {
        if grouped && batch != Some(host.batch) {
            batch = Some(host.batch);
            if let Some(y) = on_screen(line, page, rows) {
                batch_row(canvas, page, host.batch, Rect { y, height: 1, ..rows });
            }
            line += 1;
        }
        if let Some(y) = on_screen(line, page, rows) {
            let row = Rect { y, height: 1, ..rows };
            if page.host.as_ref() == Some(&host.id) {
                canvas.band(
                    Rect { x: row.x.saturating_sub(1), width: row.width + 2, ..row },
                    Role::Selection,
                );
                canvas.put(row.x.saturating_sub(1), y, 1, "▌", Role::Accent);
            }
            let steps = Rect { y, height: 1, ..steps_area };
            host_row(canvas, model, (host, page.rests(host)), &shape, (row, steps), name_w);
        }
        line += 1;
    }
}

fn on_screen(line: usize, page: &RunPage, rows: Rect) -> Option<u16> {
    let at = u16::try_from(line.checked_sub(page.cursor.top)?).ok()?;
    (at < rows.height).then_some(rows.y + at)
}

fn heading(canvas: &mut Canvas<'_>, page: &RunPage, shape: &Shape, area: Rect) {
    let Shape::Grid(widths) = shape else {
        canvas.put(area.x, area.y, area.width, "STEPS", Role::Heading);
        return;
    };
    let Some(host) = page.hosts().iter().max_by_key(|h| h.steps.len()) else { return };
    let mut x = area.x;
    for (step, w) in host.steps.iter().zip(widths) {
        if *w > SIGN {
            canvas.put(x, area.y, w - 1, step.title.as_str(), Role::Heading);
        }
        x += w;
    }
}

fn batch_row(canvas: &mut Canvas<'_>, page: &RunPage, batch: u32, row: Rect) {
    let hosts = page.hosts().iter().filter(|h| h.batch == batch);
    let begun = hosts.clone().any(|h| h.started.is_some());
    let over = hosts.clone().all(|h| h.outcome.is_some());
    let word = match (begun, over) {
        (_, true) => "over",
        (true, false) if hosts.clone().any(|h| page.is_at_work(h)) => "at work",
        (true, false) if hosts.clone().any(|h| page.rests(h)) => "paused",
        (true, false) => "at work",
        (false, false) => "waits",
    };
    canvas.put(
        row.x + 2,
        row.y,
        row.width,
        &format!("batch {} of {}", batch + 1, page.n_batches()),
        Role::Dim,
    );
    canvas.put_right(row.x, row.y, row.width, word, Role::Dim);
}

/// The target as a whole.
fn host_badge(model: &Model, (host, rests): (&HostState, bool)) -> badge::Badge {
    match (&host.outcome, host.started) {
        _ if rests => badge::Badge { glyph: "▲", word: "paused", role: Role::Degraded },
        (Some(outcome), _) => badge::outcome(outcome),
        (None, Some(_)) if host.contact_lost.is_some() => {
            badge::Badge { glyph: "?", word: "no contact", role: Role::Unknown }
        }
        (None, Some(_)) => {
            badge::Badge { glyph: badge::spinner(model.now), word: "running", role: Role::Running }
        }
        (None, None) => badge::Badge { glyph: "·", word: "waits", role: Role::Waiting },
    }
}

fn host_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    (host, rests): (&HostState, bool),
    shape: &Shape,
    (row, steps): (Rect, Rect),
    name_w: u16,
) {
    let badge = host_badge(model, (host, rests));
    canvas.put(row.x, row.y, 1, badge.glyph, badge.role);
    canvas.put(row.x + 2, row.y, name_w, host.id.as_str(), Role::Strong);
    match shape {
        // A target without steps says in words what became of it.
        Shape::Grid(_) if host.steps.is_empty() => {
            canvas.put(steps.x, row.y, steps.width, badge.word, badge.role);
        }
        Shape::Grid(widths) => {
            let mut x = steps.x;
            for (step, w) in host.steps.iter().zip(widths) {
                let look = badge::step(step);
                let time = step_time(model, step);
                canvas.put(x, row.y, 1, glyph(model, look), look.role);
                let role = if look.role == Role::Running || look.role == Role::Down {
                    look.role
                } else {
                    Role::Text
                };
                canvas.put(x + 2, row.y, w.saturating_sub(3), &time, role);
                x += w;
            }
        }
        Shape::Strip => strip(canvas, model, (host, rests), steps),
    }
    if let Some(started) = host.started {
        let until = host.finished.unwrap_or(model.now);
        let time = figures::elapsed(until.duration_since(started).as_secs_f64());
        canvas.put_right(row.right().saturating_sub(TIME), row.y, TIME, &time, Role::Text);
    }
}

fn glyph(model: &Model, look: badge::Badge) -> &'static str {
    if look.role == Role::Running { badge::spinner(model.now) } else { look.glyph }
}

fn step_time(model: &Model, step: &StepState) -> String {
    match (&step.outcome, step.took_s, step.started) {
        (Some(Outcome::NotRun(_)), _, _) => String::new(),
        (Some(Outcome::Skipped(_)), _, _) => "skip".to_owned(),
        (Some(_), Some(took), _) => figures::elapsed(took),
        (None, _, Some(at)) => figures::elapsed(model.now.duration_since(at).as_secs_f64()),
        _ => String::new(),
    }
}

fn strip(canvas: &mut Canvas<'_>, model: &Model, (host, rests): (&HostState, bool), area: Rect) {
    let mut line: Vec<Span> = Vec::new();
    // Signs stand apart where the words of the current step still fit behind them.
    let apart = if usize::from(area.width) >= host.steps.len() * 2 + 26 { " " } else { "" };
    for step in &host.steps {
        let look = badge::step(step);
        line.push((format!("{}{apart}", glyph(model, look)), look.role));
    }
    let used = canvas.spans(area.x, area.y, area.width, &line) + 2;
    let bad = |s: &&StepState| {
        s.outcome.as_ref().is_some_and(|o| !o.lets_go_on() && !matches!(o, Outcome::NotRun(_)))
    };
    let busy = |s: &&StepState| s.is_running();
    let telling = host.steps.iter().find(bad).or_else(|| host.steps.iter().rev().find(busy));
    let (text, role) = match (telling, &host.outcome) {
        (Some(step), _) => {
            let look = badge::step(step);
            let time = step_time(model, step);
            let word =
                if look.role == Role::Running { String::new() } else { format!(" {}", look.word) };
            (format!("{}{word} {time}", step.title), look.role)
        }
        (None, Some(outcome)) => {
            let look = badge::outcome(outcome);
            (look.word.to_owned(), if look.role == Role::Healthy { Role::Text } else { look.role })
        }
        (None, None) if rests => ("paused".to_owned(), Role::Degraded),
        (None, None) => {
            (if host.started.is_some() { "starting" } else { "waits" }.to_owned(), Role::Dim)
        }
    };
    canvas.put(area.x + used, area.y, area.width.saturating_sub(used), &text, role);
}
