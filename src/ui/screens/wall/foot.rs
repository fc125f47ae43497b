//! The foot of a wall: the run that goes on, the window, and how old everything is.

use ratatui::layout::Rect;

use super::super::fleet_totals;
use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::msg::RunView;
use crate::domain::run::Counts;
use crate::domain::run::state::Phase;
use crate::domain::snapshot::{Contact, FleetSnapshot, MetricsState};
use crate::ui::canvas::{Canvas, Span};
use crate::ui::figures;
use crate::ui::text::{cut, width};
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

/// Draws it at the lower end of `area` and says how many rows it has.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) -> u16 {
    if area.height == 0 {
        return 0;
    }
    last(canvas, model, Rect { y: area.bottom() - 1, height: 1, ..area });
    let view = model.wall.as_ref().and_then(|wall| wall.view.as_ref());
    match view {
        Some(view) if area.height > 6 => {
            rollout(canvas, model, view, Rect { y: area.bottom() - 2, height: 1, ..area });
            // A blank row keeps names and rollout apart.
            3
        }
        _ if area.height > 6 => 2,
        _ => 1,
    }
}

/// The run: what it does, how far it is, and what of it went wrong.
fn rollout(canvas: &mut Canvas<'_>, model: &Model, view: &RunView, area: Rect) {
    let (state, plan) = (&view.state, &view.plan);
    let counts = state.counts();
    let n = state.hosts.len();
    let done = usize::try_from(counts.ok + counts.skipped + counts.bad()).unwrap_or(n).min(n);
    let look = badge::phase(state.phase);
    let glyph = if state.phase == Phase::Running { badge::spinner(model.now) } else { look.glyph };
    let to = plan.target.as_ref().map(|t| format!(" → {}", t.reference)).unwrap_or_default();
    let mut line: Vec<Span> = vec![
        (format!(" {glyph} {}  ", look.word), look.role),
        (cut(&format!("{}{to}", plan.workflow.name()), 40), Role::Header),
        ("  ".to_owned(), Role::Text),
    ];
    let bar = usize::from(area.width / 5).clamp(8, 40);
    let full = (bar * done).checked_div(n).unwrap_or(0);
    line.push(("█".repeat(full), Role::Running));
    line.push(("░".repeat(bar - full), Role::Dim));
    line.push((format!("  {done} of {n}"), Role::Strong));
    if plan.batches.len() > 1
        && let Some(batch) = state.batch
    {
        line.push((format!("  batch {} of {}", batch + 1, plan.batches.len()), Role::Dim));
    }
    if counts.bad() > 0 {
        // What went wrong, without what goes on.
        let bad = Counts { ok: 0, skipped: 0, running: 0, waiting: 0, ..counts };
        line.push((format!("  ▼ {bad}"), Role::Down));
    }
    if let Some(why) = &state.why {
        line.push((format!("  {why}"), Role::Degraded));
    }
    canvas.spans(area.x, area.y, area.width, &line);
}

fn last(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let key = model.keymap.first(Action::LeaveWall, Place::Wall);
    let mut right: Vec<Span> = Vec::new();
    if let Some(fleet) = &model.fleet.snapshot {
        let files = fleet_totals::inventory(&fleet.inventory);
        right.extend(files.map(|text| (format!("▲ {text}   "), Role::Degraded)));
        right.extend(sources(model, fleet));
    }
    let tail = [format!("   read-only  {key} leaves "), "   read-only ".to_owned()];
    let all = |tail: &str, right: &[Span]| {
        right.iter().map(|(text, _)| width(text)).sum::<usize>() + width(tail)
    };
    let room = usize::from(area.width);
    if let Some(tail) = tail.into_iter().find(|tail| all(tail, &right) <= room) {
        right.push((tail, Role::Dim));
    }
    let used = canvas.spans_right(area.x, area.y, area.width, &right);
    let left = area.width.saturating_sub(used + 2);
    let (text, role) = window(model, usize::from(left));
    canvas.put(area.x + 1, area.y, left, &text, role);
}

/// Which window it is and for how long, in the longest words that fit.
fn window(model: &Model, room: usize) -> (String, Role) {
    let Some((_, Some(standing))) = &model.windows else {
        let text = if room >= 12 { "window: none" } else { "" };
        return (text.to_owned(), Role::Dim);
    };
    let role = if standing.open == Some(false) { Role::Dim } else { Role::Accent };
    let silent = match standing.n_silent {
        0 => String::new(),
        n => format!(" · {n} silent"),
    };
    let short = standing.words.split(" (").next().unwrap_or_default();
    let forms = [
        format!("window: {}{silent}", standing.words),
        format!("window: {}", standing.words),
        format!("window: {short}"),
        short.to_owned(),
    ];
    let text = forms.into_iter().find(|text| width(text) <= room).unwrap_or_default();
    (text, role)
}

/// How old what is shown is: the figures, and the oldest answer of a host.
fn sources(model: &Model, fleet: &FleetSnapshot) -> Vec<Span> {
    let age = |at: jiff::Timestamp| model.now.duration_since(at).as_secs_f64().max(0.0);
    let metrics = match &fleet.metrics {
        MetricsState::NotConfigured => ("no metrics".to_owned(), Role::Dim),
        MetricsState::NotYet => ("metrics: asking".to_owned(), Role::Dim),
        MetricsState::Failed { since, .. } => {
            (format!("▼ metrics gone {}", figures::coarse_age(age(*since))), Role::Down)
        }
        MetricsState::Answered { at, partial } => {
            let word = if *partial { "▲ metrics partial" } else { "metrics" };
            let old = *partial || age(*at) > figures::STALE_S;
            let role = if old { Role::Degraded } else { Role::Dim };
            (format!("{word} {}", super::tile::ago(age(*at))), role)
        }
    };
    let answered = |contact: &Contact| match contact {
        Contact::Answered { at } => Some(age(*at)),
        Contact::NotYet | Contact::Lost { .. } => None,
    };
    let ages: Vec<f64> = fleet.instances.iter().filter_map(|i| answered(&i.contact)).collect();
    let n = fleet.instances.len();
    let oldest = ages.iter().copied().fold(0.0, f64::max);
    let (word, role) = if ages.len() == n {
        (format!("   hosts {n}"), Role::Dim)
    } else {
        (format!("   hosts {} of {n}", ages.len()), Role::Degraded)
    };
    let oldest =
        if ages.is_empty() { String::new() } else { format!(" · {}", super::tile::ago(oldest)) };
    vec![metrics, (format!("{word}{oldest}"), role)]
}
