//! The facts of an instance, each known or not on its own, and its containers.

use ratatui::layout::Rect;

use super::instance::focus;
use crate::app::action::Action;
use crate::app::model::Model;
use crate::app::pages::{InstancePage, Pane};
use crate::domain::facts::{Container, Facts, Part};
use crate::domain::snapshot::{Contact, HttpHealth, InstanceView};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::{several, share, width};
use crate::ui::theme::Role;

/// Lines that a fact has where there is room.
const EACH: usize = 4;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, i: &InstanceView, area: Rect) {
    let age = i.facts.as_ref().map(|f| model.now.duration_since(f.probed_at).as_secs_f64());
    let right = age.map(|s| format!("{} old", figures::coarse_age(s))).unwrap_or_default();
    let inner = canvas.pane(area, "Facts", &right, Focused::No);
    for (y, (label, text, role)) in
        (inner.top()..inner.bottom()).zip(lines(model, i, inner.width, usize::from(inner.height)))
    {
        canvas.put(inner.x, y, 9, label, Role::Dim);
        canvas.put(inner.x + 10, y, inner.width.saturating_sub(10), &text, role);
    }
}

/// Lines that all facts take, each on one line or on as many as it needs, in a pane whose inside is so wide.
pub(super) fn wanted(model: &Model, i: &InstanceView, inside: u16) -> (u16, u16) {
    let n = |height| u16::try_from(lines(model, i, inside, height).len()).unwrap_or(u16::MAX);
    (n(0), n(usize::MAX))
}

/// The facts in so many lines together.
fn lines(
    model: &Model,
    i: &InstanceView,
    inside: u16,
    height: usize,
) -> Vec<(&'static str, String, Role)> {
    let facts = all(model, i);
    let texts: Vec<(&str, Role)> = facts
        .iter()
        .map(|(_, text)| match text {
            Ok(text) => (text.as_str(), Role::Text),
            Err(text) => (text.as_str(), Role::Dim),
        })
        .collect();
    let room = usize::from(inside.saturating_sub(10));
    let shared = share(texts.iter().map(|(text, _)| *text), room, height, EACH);
    let each = facts.iter().zip(&texts).zip(shared);
    each.flat_map(|(((label, _), (_, role)), lines)| {
        let label = |at| if at == 0 { *label } else { "" };
        let role = *role;
        lines.into_iter().enumerate().map(move |(at, line)| (label(at), line, role))
    })
    .collect()
}

fn all(model: &Model, i: &InstanceView) -> Vec<(&'static str, Line)> {
    let mut lines = vec![("http", http(model, &i.http)), ("ssh", contact(model, &i.contact))];
    match &i.facts {
        Some(facts) => lines.extend(facts_lines(model, facts)),
        None => {
            lines.push(("facts", Err("none yet: the host has not answered a probe".to_owned())));
        }
    }
    lines
}

type Line = Result<String, String>;

fn part<T>(part: &Part<T>, known: impl Fn(&T) -> String) -> Line {
    match part {
        Part::Known(value) => Ok(known(value)),
        Part::Unreadable(why) => Err(format!("{}: {why}", figures::NONE)),
    }
}

fn http(model: &Model, http: &HttpHealth) -> Line {
    let age = |at: jiff::Timestamp| figures::coarse_age(model.now.duration_since(at).as_secs_f64());
    match http {
        HttpHealth::NotYet => Err("not asked yet".to_owned()),
        HttpHealth::Up { latency_s, commit, version, .. } => {
            let runs = match (version, commit) {
                (Some(version), _) => format!(", says version {version}"),
                (None, Some(commit)) => format!(", says commit {}", commit.short()),
                (None, None) => String::new(),
            };
            Ok(format!("up, {}{runs}", figures::took(*latency_s)))
        }
        HttpHealth::Failed { since, error, .. } => {
            Ok(format!("failing for {}: {error}", age(*since)))
        }
    }
}

fn contact(model: &Model, contact: &Contact) -> Line {
    let age = |at: jiff::Timestamp| figures::coarse_age(model.now.duration_since(at).as_secs_f64());
    match contact {
        Contact::NotYet => Err("not asked yet".to_owned()),
        Contact::Answered { at } => Ok(format!("answered {} ago", age(*at))),
        Contact::Lost { since, error, .. } => Ok(format!("no answer for {}: {error}", age(*since))),
    }
}

fn facts_lines(model: &Model, facts: &Facts) -> Vec<(&'static str, Line)> {
    let ago = |at: jiff::Timestamp| figures::age(model.now.duration_since(at).as_secs_f64());
    let checkout = part(&facts.checkout, |c| {
        let name = c.reference.as_ref().map(|r| format!("{r} ")).unwrap_or_default();
        let dirt = if c.changed.len() + c.extra.len() == 0 {
            "clean".to_owned()
        } else {
            let names: Vec<&str> =
                c.changed.iter().chain(&c.extra).map(|s| s.as_str().trim()).collect();
            format!("local: {}", names.join(", "))
        };
        format!("{name}{} · {dirt}", c.commit.short())
    });
    let backup = part(&facts.backup, |b| match b {
        Some(b) => format!("{} ago, {} · {}", ago(b.at), figures::bytes(b.size_b as f64), b.name),
        None => "none in the backup folder".to_owned(),
    });
    let disk = part(&facts.disk, |d| {
        let used = d.used_ratio().map_or_else(|| figures::NONE.to_owned(), figures::ratio);
        format!(
            "{used} of {}, {} left on {}",
            figures::bytes(d.total_b as f64),
            figures::bytes(d.available_b as f64),
            d.mount
        )
    });
    let system = part(&facts.system, |s| {
        format!(
            "load {:.2} on {} cpus · {} of {} memory free · up {}",
            s.load1,
            s.n_cpus,
            figures::bytes(s.mem_available_b as f64),
            figures::bytes(s.mem_total_b as f64),
            figures::age(s.uptime_s)
        )
    });
    let env = part(&facts.env_file, |e| {
        let drift = match &e.applied_sha256 {
            Some(applied) if applied == &e.sha256 => "as we left it",
            Some(_) => "changed since our last workflow",
            None => "never written by us",
        };
        format!("{}, mode {:o} · {drift}", several(e.keys.len(), "variable"), e.mode)
    });
    let lease = part(&facts.lease, |l| match l {
        Some(holder) => {
            format!("held ({} tells more) by {holder}", model.key(Action::Leases))
        }
        None => "free".to_owned(),
    });
    let clock = part(&facts.clock_skew_s, |s| format!("{s:+.1}s against ours"));
    vec![
        ("checkout", checkout),
        ("backup", backup),
        ("disk", disk),
        ("system", system),
        (".env", env),
        ("lease", lease),
        ("clock", clock),
    ]
}

pub(super) fn containers(
    canvas: &mut Canvas<'_>,
    model: &Model,
    i: &InstanceView,
    page: &InstancePage,
    area: Rect,
) {
    let stack = i.facts.as_ref().map(|f| &f.stack);
    let n = stack.and_then(|s| s.known()).map_or(0, |s| s.containers.len());
    let count = if n > 0 { n.to_string() } else { String::new() };
    let inner = canvas.pane(area, "Containers", &count, focus(page, Pane::Second));
    let stack = match stack {
        None => {
            canvas.put(inner.x, inner.y, inner.width, "not looked at yet", Role::Dim);
            return;
        }
        Some(Part::Unreadable(why)) => {
            canvas.put(inner.x, inner.y, inner.width, why.as_str(), Role::Degraded);
            return;
        }
        Some(Part::Known(stack)) => stack,
    };
    let mut all: Vec<&Container> = stack.containers.iter().collect();
    all.sort_by_key(|c| (order(c), c.service.clone()));
    let top = page.top.min(n.saturating_sub(usize::from(inner.height)));
    for (y, c) in (inner.top()..inner.bottom()).zip(all.into_iter().skip(top)) {
        container_row(canvas, model, c, inner, y);
    }
}

/// What needs a person stands first.
fn order(c: &Container) -> u8 {
    match (look(c).2, c.one_shot) {
        (Role::Down, _) => 0,
        (Role::Degraded, _) => 1,
        (_, false) => 2,
        (_, true) => 3,
    }
}

fn look(c: &Container) -> (&'static str, String, Role) {
    let state = c.state.as_str();
    match (state, c.health.as_str()) {
        ("running", "unhealthy") => ("▲", "unhealthy".to_owned(), Role::Degraded),
        ("running", "starting") => ("◐", "starting".to_owned(), Role::Running),
        ("running", "healthy") => ("●", "healthy".to_owned(), Role::Healthy),
        ("running", _) => ("●", "running".to_owned(), Role::Healthy),
        ("exited", _) if c.one_shot && c.exit_code == 0 => ("○", "done".to_owned(), Role::Dim),
        ("exited", _) => ("▼", format!("exited ({})", c.exit_code), Role::Down),
        ("restarting" | "paused", _) => ("▲", state.to_owned(), Role::Degraded),
        ("created", _) => ("·", "created".to_owned(), Role::Waiting),
        _ => ("▼", state.to_owned(), Role::Down),
    }
}

fn container_row(canvas: &mut Canvas<'_>, model: &Model, c: &Container, inner: Rect, y: u16) {
    let (glyph, word, role) = look(c);
    let quiet = if role == Role::Healthy { Role::Text } else { role };
    let line = [
        (format!("{glyph} "), role),
        (format!("{:<14} ", crate::ui::text::cut(c.service.as_str(), 14)), Role::Strong),
        (format!("{word:<11} "), quiet),
    ];
    let used = canvas.spans(inner.x, y, inner.width, &line);
    let mut tail = Vec::new();
    if c.restarts > 0 {
        let n = usize::try_from(c.restarts).unwrap_or(usize::MAX);
        tail.push((format!("{}  ", several(n, "restart")), Role::Degraded));
    }
    if let Some(at) = c.started_at {
        let s = model.now.duration_since(at).as_secs_f64();
        tail.push((format!("{:>4}", figures::age(s)), Role::Dim));
    }
    // Restarts say more than an age; they are not lost where both do not fit.
    let tail_of = |tail: &[(String, Role)]| tail.iter().map(|(text, _)| width(text)).sum::<usize>();
    if c.restarts > 0 && tail_of(&tail) > usize::from(inner.width.saturating_sub(used)) {
        tail.truncate(1);
        if let Some((text, _)) = tail.first_mut() {
            text.truncate(text.trim_end().len());
        }
    }
    let tail_w = canvas.spans_right(inner.x + used, y, inner.width.saturating_sub(used), &tail);
    let room = inner.width.saturating_sub(used + tail_w + 1);
    // Whole or not at all: the beginnings of image names are all alike.
    if usize::from(room) >= width(c.image.as_str()) {
        canvas.put(inner.x + used, y, room, c.image.as_str(), Role::Dim);
    }
}
