//! Under the fleet table: why the selected instance is how it is, and its last hour.

use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::frame::WITH_FACTS;
use crate::app::model::Model;
use crate::domain::health::Health;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{Contact, HttpHealth, InstanceView, MetricsState};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::{several, share};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, spark};

/// The trends.
pub(super) const TRENDS: [Signal; 6] = [
    Signal::P95Seconds,
    Signal::ErrorRatio,
    Signal::MailQueue,
    Signal::RequestRate,
    Signal::CpuRatio,
    Signal::MemoryRatio,
];

/// The look of a trend: quiet, but where it is a reason for the state of the instance.
pub(super) fn trend_role(i: &InstanceView, signal: Signal) -> Role {
    let reason = i.verdict.reasons.iter().find(|r| r.subject.as_str() == signal.title());
    reason.map_or(Role::Dim, |r| match r.health {
        Health::Healthy => Role::Dim,
        bad @ (Health::Degraded | Health::Down | Health::Unknown) => badge::health(bad).role,
    })
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let Some(instance) = model.fleet.selected() else {
        canvas.pane(area, "Why", "", Focused::No);
        return;
    };
    let chart_w = match area.width {
        0..64 => 0,
        64..100 => 30,
        100..150 => 40,
        _ => 64,
    };
    let left = Rect { width: area.width - chart_w, ..area };
    // Where there is room, the facts stand there too.
    let why_h = if area.height >= WITH_FACTS { (area.height - 11).min(10) } else { area.height };
    reasons_pane(canvas, model, instance, Rect { height: why_h, ..left });
    if why_h < area.height {
        let facts = Rect { y: left.y + why_h, height: left.height - why_h, ..left };
        super::instance_facts::draw(canvas, model, instance, facts);
    }
    if chart_w > 0 {
        let right = Rect { x: left.right(), width: chart_w, ..area };
        if area.height >= WITH_FACTS {
            super::instance::charts(canvas, model, instance, right);
        } else {
            hour(canvas, model, instance, right);
        }
    }
}

fn reasons_pane(canvas: &mut Canvas<'_>, model: &Model, i: &InstanceView, area: Rect) {
    let badge = badge::instance(i);
    let title = match i.verdict.health {
        Health::Healthy => format!("{} is healthy", i.id),
        Health::Unknown if badge::not_asked(i) => format!("{} is being asked", i.id),
        Health::Down | Health::Degraded | Health::Unknown => {
            format!("Why {} is {}", i.id, badge.word)
        }
    };
    let n = i.verdict.reasons.len();
    let count = if n > 1 { format!("{n} reasons · ") } else { String::new() };
    let right = match jump(model, i).as_str() {
        "" => String::new(),
        jump => format!("{count}{jump}"),
    };
    let inner = canvas.pane(area, &title, &right, Focused::No);
    let more = format!("{} shows all", model.key(Action::Open));
    reasons(canvas, model, i, inner, &more);
}

/// The key that goes from the worst reason to what it rests on; nothing where nothing is wrong.
pub(super) fn jump(model: &Model, i: &InstanceView) -> String {
    if i.verdict.reasons.iter().all(|r| r.health == Health::Healthy) {
        return String::new();
    }
    format!("{} evidence", model.keymap.first(Action::Evidence, model.place()))
}

/// The reasons, worst first, or what a healthy instance has to say. Where not all fit, `more` says how to see them.
pub(super) fn reasons(
    canvas: &mut Canvas<'_>,
    model: &Model,
    i: &InstanceView,
    inner: Rect,
    more: &str,
) {
    let mut y = inner.y;
    let (subject_w, text_w) = widths(i, inner.width);
    let n = i.verdict.reasons.len();
    let shared = lines(i, text_w, usize::from(inner.height));
    for (at, (reason, lines)) in i.verdict.reasons.iter().zip(shared).enumerate() {
        let left = inner.bottom().saturating_sub(y);
        if left == 0 {
            return;
        }
        if left == 1 && at + 1 < n {
            canvas.put(inner.x, y, inner.width, &format!("and {} more: {more}", n - at), Role::Dim);
            return;
        }
        let badge = badge::health(reason.health);
        canvas.put(inner.x, y, 1, badge.glyph, badge.role);
        canvas.put(inner.x + 2, y, subject_w, reason.subject.as_str(), badge.role);
        for line in lines {
            canvas.put(inner.x + subject_w + 4, y, text_w, &line, Role::Text);
            y += 1;
        }
    }
    if n == 0 {
        for line in quiet(model, i) {
            if y < inner.bottom() {
                canvas.put(inner.x, y, inner.width, &line, Role::Dim);
                y += 1;
            }
        }
    }
}

/// Lines that a reason has where there is room.
const EACH: usize = 4;

/// The reasons in so many lines together.
fn lines(i: &InstanceView, text_w: u16, height: usize) -> Vec<Vec<String>> {
    let texts = i.verdict.reasons.iter().map(|r| r.text.as_str());
    share(texts, usize::from(text_w), height, EACH)
}

/// Lines that all reasons take in a pane whose inside is so wide.
pub(super) fn wanted(i: &InstanceView, inside: u16) -> u16 {
    let (_, text_w) = widths(i, inside);
    let n: usize = lines(i, text_w, usize::MAX).iter().map(Vec::len).sum();
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// Columns of the subjects and of the texts.
fn widths(i: &InstanceView, inside: u16) -> (u16, u16) {
    let subject_w = i
        .verdict
        .reasons
        .iter()
        .map(|r| u16::try_from(crate::ui::text::width(r.subject.as_str())).unwrap_or(12))
        .max()
        .unwrap_or(0)
        .clamp(4, 12);
    (subject_w, inside.saturating_sub(subject_w + 4))
}

/// What is known of an instance that needs nobody.
fn quiet(model: &Model, i: &InstanceView) -> Vec<String> {
    let mut lines = Vec::new();
    let age = |at: jiff::Timestamp| figures::coarse_age(model.now.duration_since(at).as_secs_f64());
    match &i.http {
        HttpHealth::Up { latency_s, .. } => {
            lines.push(format!("answers at {} in {}", i.domain, figures::took(*latency_s)));
        }
        HttpHealth::NotYet => lines.push(format!("{} was not asked yet", i.domain)),
        HttpHealth::Failed { error, .. } => lines.push(error.to_string()),
    }
    if let Some(stack) = i.facts.as_ref().and_then(|f| f.stack.known()) {
        let n = stack.containers.iter().filter(|c| c.state.as_str() == "running").count();
        lines.push(format!("{} {}", several(n, "container"), if n == 1 { "runs" } else { "run" }));
    }
    match &i.contact {
        Contact::Answered { at } => lines.push(format!("the host answered {} ago", age(*at))),
        Contact::NotYet => lines.push("the host was not asked yet".to_owned()),
        Contact::Lost { error, .. } => lines.push(error.to_string()),
    }
    lines
}

/// Trends with their newest value.
fn hour(canvas: &mut Canvas<'_>, model: &Model, i: &InstanceView, area: Rect) {
    let inner = canvas.pane(area, "Last hour", "", Focused::No);
    let (label_w, value_w) = (9u16, 9u16);
    let chart_w = inner.width.saturating_sub(label_w + value_w);
    if i.trends.is_empty() {
        let text = match model.fleet.snapshot.as_ref().map(|s| &s.metrics) {
            Some(MetricsState::NotConfigured) => "no history: no metrics server",
            _ => "no history",
        };
        canvas.put(inner.x, inner.y, inner.width, text, Role::Dim);
        return;
    }
    for (y, signal) in (inner.y..inner.bottom()).zip(TRENDS) {
        canvas.put(inner.x, y, label_w - 1, signal.title(), Role::Dim);
        match i.trends.get(&signal) {
            Some(trend) => {
                let line = spark::spark(trend, usize::from(chart_w));
                canvas.draw(inner.x + label_w, y, chart_w, &line, trend_role(i, signal));
            }
            None => {
                canvas.put(inner.x + label_w, y, chart_w, "no history", Role::Dim);
            }
        }
        let (text, freshness) = figures::figure(
            i.signals.get(&signal),
            signal.unit(),
            model.now,
            usize::from(value_w) - 1,
        );
        let role = if freshness == figures::Freshness::Fresh { Role::Text } else { Role::Dim };
        canvas.put_right(inner.right() - value_w, y, value_w, &text, role);
    }
}
