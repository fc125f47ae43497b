//! The preview of a plan: what will happen, who is ready, and the way to start it.

use ratatui::layout::Rect;

use super::{canary, plan_targets};
use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::pages::{Pane, PlanPage, Wait};
use crate::domain::env::grouped;
use crate::domain::plan::{Change, HostPlan, Phase, Plan, Playbook, Weight, Workflow};
use crate::domain::policy::Demand;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::{width, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &PlanPage, area: Rect) {
    header(canvas, model, page, area);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    let mut skip = vec![Action::Palette, Action::Runs];
    if !page.offers_window(model.clock) {
        skip.push(Action::WaitForWindow);
    }
    if page.holds.in_the_way().is_empty() {
        skip.push(Action::WhenFree);
    }
    if page.n_to_start() == 0 {
        skip.push(Action::Start);
    }
    chrome::footer(canvas, model, foot, &skip, "nothing has been changed");
    let ask = Rect { y: foot.y - 1, height: 1, ..area };
    prompt(canvas, model, page, ask);
    held(canvas, model, page, Rect { y: ask.y - 1, ..ask });
    let (lines, upper, lower) = parts(model, page, area);
    happens(canvas, model, page, lines, upper);
    plan_targets::draw(canvas, page, lower);
}

/// What will happen, where it stands, and where the targets do.
fn parts(model: &Model, page: &PlanPage, area: Rect) -> (Vec<Fact>, Rect, Rect) {
    let below = 2 + u16::from(blocker(page).is_some());
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + below), ..area };
    let inner_w = usize::from(area.width.saturating_sub(4));
    let lines = facts(&page.plan, inner_w, model.now);
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    // Whoever starts this has to see what it does: a few targets leave it more room.
    let lower = plan_targets::wanted(page, body.width).min(body.height * 2 / 5);
    let upper = wanted.min(body.height - lower);
    let lower = Rect { y: body.y + upper, height: body.height - upper, ..body };
    (lines, Rect { height: upper, ..body }, lower)
}

/// The last line of what will happen from which on it can be shown: what follows it fills the room.
pub(in crate::ui) fn last_top(model: &Model, page: &PlanPage, area: Rect) -> usize {
    let (lines, upper, _) = parts(model, page, area);
    lines.len().saturating_sub(usize::from(upper.height.saturating_sub(2)))
}

/// What will happen, from the line on to which it was scrolled; the last line says how many have no room.
fn happens(canvas: &mut Canvas<'_>, model: &Model, page: &PlanPage, lines: Vec<Fact>, area: Rect) {
    let (n, room) = (lines.len(), usize::from(area.height.saturating_sub(2)));
    let top = page.top.min(n.saturating_sub(room));
    let below = if top + room < n { n - (top + room).saturating_sub(1) } else { 0 };
    let shown = room - usize::from(below > 0).min(room);
    let right = if n > room {
        format!("lines {} to {} of {n}", top + 1, top + shown)
    } else {
        String::new()
    };
    let focus = if page.pane == Pane::First { Focused::Yes } else { Focused::No };
    let inner = canvas.pane(area, "What will happen", &right, focus);
    let lines = lines.into_iter().skip(top).take(shown);
    for (y, (label, text, role)) in (inner.top()..inner.bottom()).zip(lines) {
        canvas.put(inner.x, y, 10, label, Role::Dim);
        canvas.put(inner.x + 11, y, inner.width.saturating_sub(11), &text, role);
    }
    if below > 0 && inner.height > 0 {
        let key = |action| model.keymap.first(action, Place::Plan);
        let down = key(Action::Down);
        let keys = match page.pane {
            Pane::First => format!("{down} shows them"),
            Pane::Second => format!("{} and {down} show them", key(Action::NextPane)),
        };
        let text = format!("… {below} more lines: {keys}, or `bunker plan`");
        canvas.put(inner.x, inner.bottom() - 1, inner.width, &text, Role::Accent);
    }
}

fn header(canvas: &mut Canvas<'_>, model: &Model, page: &PlanPage, area: Rect) {
    let plan = &page.plan;
    let n = plan.hosts.len();
    let what = match plan.hosts.as_slice() {
        [one] => one.id.to_string(),
        _ => format!("{n} instances"),
    };
    let mut line = vec![
        (" plan  ".to_owned(), Role::Accent),
        (format!("{} {what}", plan.workflow.name()), Role::Header),
    ];
    if let Some(target) = &plan.target {
        line.push((format!(" to {} ", target.reference), Role::Header));
        line.push((format!("({})", target.sha.short()), Role::Dim));
    }
    let hash = (format!("hash {}   ", page.hash.short()), Role::Dim);
    let mut forms = chrome::header_rights(model).into_iter().map(|mut right| {
        right.insert(0, hash.clone());
        right
    });
    let room = usize::from(area.width);
    match forms.find(|right| chrome::columns(&line) + 2 + chrome::columns(right) <= room) {
        Some(right) => {
            let used = canvas.spans_right(area.x, area.y, area.width, &right);
            canvas.spans(area.x, area.y, area.width.saturating_sub(used), &line);
        }
        // What is planned comes before its hash.
        None => chrome::first_line(canvas, model, &line, area),
    }
}

type Fact = (&'static str, String, Role);

fn facts(plan: &Plan, width: usize, now: jiff::Timestamp) -> Vec<Fact> {
    let mut lines: Vec<Fact> = Vec::new();
    if let Some(run) = &plan.after {
        let text = format!("of run {}, each from the step that it stopped at", run.short());
        labelled(&mut lines, "retry", &text, width, 2, Role::Text);
    }
    strategy(&mut lines, plan, width);
    for (label, text, weight) in plan.rule_lines(now) {
        let (mark, role) = match weight {
            Weight::Plain => ("", Role::Text),
            Weight::Warns => ("▲ ", Role::Degraded),
            Weight::Stops => ("▼ ", Role::Down),
        };
        labelled(&mut lines, label, &format!("{mark}{text}"), width, 2, role);
    }
    if let Some(canary) = &plan.canary {
        for (label, text, role) in canary::facts(canary) {
            labelled(&mut lines, label, &text, width, 2, role);
        }
    }
    for change in &plan.changes {
        change_lines(&mut lines, change, width);
    }
    for (label, text) in plan.playbook.iter().flat_map(Playbook::facts) {
        labelled(&mut lines, label, &text, width, 2, Role::Text);
    }
    env_lines(&mut lines, plan, width);
    if let (Some(host), None) = (plan.targets().next(), &plan.playbook) {
        let steps: Vec<&str> = host.steps().map(|(_, title)| title.as_str()).collect();
        labelled(&mut lines, "steps", &steps.join(" → "), width, 3, Role::Text);
        left_out(&mut lines, host, width);
        if plan.workflow == Workflow::Deploy {
            each_step(&mut lines, host, width);
        }
    }
    lines
}

/// How its targets are taken and when it stops. Without a target there is neither.
fn strategy(lines: &mut Vec<Fact>, plan: &Plan, width: usize) {
    if plan.targets().next().is_none() {
        return labelled(
            lines,
            "nothing",
            "no instance is ready: see below why",
            width,
            1,
            Role::Dim,
        );
    }
    let order = plan.order_words().map(|words| format!(", {words}")).unwrap_or_default();
    let batches = format!("{}, parallel {}{order}", plan.sizes_told(), plan.parallel);
    labelled(lines, "batches", &batches, width, 3, Role::Text);
    let stops = plan.stops_sentence();
    labelled(lines, "stops", stops.trim_start_matches("stops "), width, 3, Role::Text);
}

/// What this host does not get, and why.
fn left_out(lines: &mut Vec<Fact>, host: &HostPlan, width: usize) {
    let each: Vec<String> =
        host.left_out.iter().map(|l| format!("{} ({})", l.title, l.reason)).collect();
    if !each.is_empty() {
        labelled(lines, "left out", &each.join(", "), width, 3, Role::Dim);
    }
}

/// What each step changes.
fn each_step(lines: &mut Vec<Fact>, host: &HostPlan, width: usize) {
    let changing = host.phases.iter().flat_map(|phase| match phase {
        Phase::Job { steps } => steps
            .iter()
            .filter_map(|s| Some(format!("{}: {}", s.title, s.changes.as_ref()?)))
            .collect(),
        Phase::Gate(_) => Vec::new(),
        Phase::Vault(step) => vec![format!("{}: {}", step.title, step.changes())],
    });
    for (at, text) in changing.enumerate() {
        labelled(lines, if at == 0 { "changes" } else { "" }, &text, width, 2, Role::Text);
    }
}

fn labelled(
    lines: &mut Vec<Fact>,
    label: &'static str,
    text: &str,
    width: usize,
    n: usize,
    role: Role,
) {
    for (at, line) in wrap(text, width.saturating_sub(11), n).into_iter().enumerate() {
        lines.push((if at == 0 { label } else { "" }, line, role));
    }
}

/// What becomes of `.env`, the same on several hosts once.
fn env_lines(lines: &mut Vec<Fact>, plan: &Plan, width: usize) {
    let of = plan.hosts.iter().map(|h| (h.id.as_str(), h.diff.as_slice()));
    for (hosts, changes) in grouped(of) {
        let n = hosts.len();
        let noun = if n == 1 { "host" } else { "hosts" };
        let who = format!("{n} {noun}: {}", hosts.join(", "));
        labelled(lines, ".env", &who, width, 1, Role::Dim);
        for change in changes {
            let drift = change.kind.overwrites();
            let (mark, role) = if drift { ("▲ ", Role::Degraded) } else { ("", Role::Text) };
            let why = if drift { format!("   {}", change.kind.words()) } else { String::new() };
            lines.push(("", format!("{mark}{change}{why}"), role));
        }
    }
}

fn change_lines(lines: &mut Vec<Fact>, change: &Change, width: usize) {
    let some = |n: usize, one: &str, many: &str| match n {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let from = change.from_tag.as_ref().map_or_else(
        || change.from.short().to_owned(),
        |tag| format!("{tag} ({})", change.from.short()),
    );
    let mut text = format!(
        "from {from}: {} · {}",
        some(change.n_commits as usize, "commit", "commits"),
        some(change.migrations.len(), "migration", "migrations"),
    );
    if !change.services.is_empty() {
        let names: Vec<&str> =
            change.services.iter().map(crate::domain::untrusted::Safe::as_str).collect();
        text.push_str(" · rebuilt: ");
        text.push_str(&names.join(", "));
    }
    labelled(lines, "changes", &text, width, 2, Role::Text);
    if change.not_forward {
        let text = "▲ the target is older than what runs, or on another line";
        lines.push(("", text.to_owned(), Role::Degraded));
    }
    for variable in &change.new_variables {
        let default = match &variable.default {
            Some(default) => format!("default {default}"),
            None => "it has no default: set it first".to_owned(),
        };
        let role = if variable.default.is_some() { Role::Text } else { Role::Degraded };
        labelled(lines, "setting", &format!("new: {} ({default})", variable.name), width, 2, role);
    }
    if let Some(newest) = change.commits.first() {
        labelled(lines, "newest", newest.as_str(), width, 1, Role::Dim);
    }
}

/// Who stands in the way where that has a line of its own: not once it was started, or waits for them.
fn blocker(page: &PlanPage) -> Option<String> {
    let stands = page.starting.is_none() && page.waits_since().is_none();
    stands.then(|| in_the_way(page)).flatten()
}

/// Who stands in the way, the first by name.
fn in_the_way(page: &PlanPage) -> Option<String> {
    let held = page.holds.in_the_way();
    let (of, standing) = held.first()?;
    let more = match held.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    Some(format!("{of}{more} is held by {}", standing.who()))
}

/// A line that says who holds a target, and what can be done.
fn held(canvas: &mut Canvas<'_>, model: &Model, page: &PlanPage, area: Rect) {
    let Some(who) = blocker(page) else { return };
    let key = |action| model.key_at(action, Place::Plan);
    let (wait, leases) = (key(Action::WhenFree), key(Action::Leases));
    let keys = match page.wait {
        Wait::Meant => format!("waits, once started: {wait} does not  {leases} who"),
        _ if page.was_held() => format!("{wait} waits, then plans anew  {leases} who"),
        Wait::No | Wait::Since(..) | Wait::ToPlan(_) => {
            format!("{wait} waits for it, then starts  {leases} who")
        }
    };
    let tail = u16::try_from(width(&keys)).unwrap_or(0) + 2;
    let room = area.width.saturating_sub(tail + 2);
    canvas.put(area.x + 1, area.y, room, &format!("▲ {who}"), Role::Degraded);
    canvas.put_right(area.x, area.y, area.width.saturating_sub(1), &keys, Role::Accent);
}

fn prompt(canvas: &mut Canvas<'_>, model: &Model, page: &PlanPage, area: Rect) {
    let key = |action| model.key_at(action, Place::Plan);
    let x = area.x + 1;
    if page.starting.is_some() {
        canvas.put(
            x,
            area.y,
            area.width,
            &format!("{} starting", badge::spinner(model.now)),
            Role::Running,
        );
        return;
    }
    if let Some(since) = page.waits_since() {
        let waited = figures::age(model.clock.duration_since(since).as_secs_f64());
        let who = in_the_way(page).unwrap_or_else(|| "looking who holds it".to_owned());
        let text = format!(
            "{} {} gives up; waits for {waited}: {who}",
            badge::spinner(model.now),
            key(Action::WhenFree)
        );
        canvas.put(x, area.y, area.width.saturating_sub(1), &text, Role::Running);
        return;
    }
    if page.offers_overwrite() {
        let text = format!("{} overwrites what was edited there", key(Action::OverwriteDrift));
        canvas.put_right(area.x, area.y, area.width.saturating_sub(1), &text, Role::Accent);
    }
    starts(canvas, model, page, area);
}

/// What starts the plan, or why it cannot be started.
fn starts(canvas: &mut Canvas<'_>, model: &Model, page: &PlanPage, area: Rect) {
    let n = page.n_to_start();
    let key = |action| model.key_at(action, Place::Plan);
    let start = key(Action::Start);
    let denied = page.plan.rules.verdict.as_ref().is_some_and(|v| !v.denied.is_empty());
    let x = area.x + 1;
    match n {
        0 => {
            canvas.put(
                x,
                area.y,
                area.width,
                "▼ nothing to start: no instance is ready",
                Role::Down,
            );
        }
        _ if denied => {
            let text = "▼ a guardrail forbids this plan: nothing can be started";
            canvas.put(x, area.y, area.width, text, Role::Down);
        }
        _ if page.shut(model.clock).is_some() => {
            let wait = key(Action::WaitForWindow);
            let text = format!("▼ outside of the window: {wait} starts a run that waits for it");
            canvas.put(x, area.y, area.width, &text, Role::Degraded);
        }
        _ if matches!(page.demand(), Demand::Group(_)) => {
            let text = format!("{start} asks for the name of the group, then starts");
            canvas.put(x, area.y, area.width, &text, Role::Strong);
        }
        _ if page.wanted().is_none() => {
            let text = format!("{start} asks once more, then starts");
            canvas.put(x, area.y, area.width, &text, Role::Strong);
        }
        _ => {
            let label = format!("type the number of instances to start ({n}): ");
            let used = canvas.put(x, area.y, area.width, &label, Role::Strong);
            let typed = canvas.put(x + used, area.y, 6, &page.typed, Role::Danger);
            canvas.over(Rect { x: x + used + typed, y: area.y, width: 1, height: 1 }, Role::Caret);
            if page.typed == n.to_string() {
                let text = format!("{start} starts them");
                canvas.put(x + used + typed + 2, area.y, 30, &text, Role::Accent);
            }
        }
    }
}
