//! From the wish for an upgrade to its run: ask, plan, look, type the number, start.

use std::sync::Arc;

use super::super::action::Action;
use super::super::cursor::Step;
use super::super::effect::{ChangeKind, Effect};
use super::super::key::{Key, KeyCode};
use super::super::layers::Layer;
use super::super::model::{Model, Screen};
use super::super::msg::{Begun, Problem};
use super::super::pages::{Pane, PlanPage, RunPage, Wait};
use super::super::toast::ToastKind;
use super::{drift, fleet, guard, layers};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::strategy::Asked;
use crate::domain::plan::{HostPlan, Outside, Phase, Plan, What, Wish, Workflow};
use crate::domain::policy::Consent;
use crate::domain::secret::SecretName;

/// Seconds after which somebody who waits looks again.
const LOOK_S: i64 = 2;
/// Seconds after which he gives up.
pub(in crate::app) const WAITS_S: i64 = 3_600;

/// Asks for a plan.
pub(super) fn ask(model: &mut Model, hosts: Vec<HostId>, what: What) -> Vec<Effect> {
    let request = model.next_request();
    let n_hosts = hosts.len();
    let wish = Wish { hosts, what, asked: Asked::default() };
    let effects = layers::change(model, ChangeKind::Plan { request, wish: wish.clone() });
    if !effects.is_empty() {
        model.layers.push(Layer::Planning { request, n_hosts, wish: Some(wish) });
    }
    effects
}

/// Asks for the plan of a retry: it is looked at and started as any other.
pub(super) fn ask_retry(model: &mut Model, run: RunId, n_hosts: usize) -> Vec<Effect> {
    let request = model.next_request();
    let effects = layers::change(model, ChangeKind::PlanRetry { request, run });
    if !effects.is_empty() {
        model.layers.push(Layer::Planning { request, n_hosts, wish: None });
    }
    effects
}

/// A plan was made, or not. An answer that nobody waits for is dropped.
pub(super) fn planned(
    model: &mut Model,
    request: u64,
    result: Result<Arc<Plan>, Problem>,
) -> Vec<Effect> {
    let asked = |layer: &Layer| matches!(layer, Layer::Planning { request: waited, .. } if *waited == request);
    let Some(at) = model.layers.iter().position(asked) else { return Vec::new() };
    let Layer::Planning { wish, .. } = model.layers.remove(at) else { return Vec::new() };
    match result {
        Ok(plan) => {
            // A plan that was made anew stands for the one that it came from.
            let again =
                |s: &Screen| matches!(s, Screen::Plan(p) if p.plan.workflow == plan.workflow);
            if model.screens.last().is_some_and(again) {
                model.screens.pop();
            }
            let page = PlanPage { wish, ..PlanPage::new(plan) };
            model.screens.push(Screen::Plan(Box::new(page)));
            who_holds(model)
        }
        Err(problem) => {
            tell(model, &problem);
            Vec::new()
        }
    }
}

/// A run was started, or not.
pub(super) fn started(
    model: &mut Model,
    request: u64,
    result: Result<Begun, Problem>,
) -> Vec<Effect> {
    let asked = |screen: &Screen| matches!(screen, Screen::Plan(p) if p.starting == Some(request));
    match result {
        Ok(begun) => {
            let run: RunId = begun.run().clone();
            let waited = model.screens.iter().any(asked);
            // What was chosen for it is done with.
            model.screens.retain(|screen| !asked(screen) && !is_choice(screen));
            model.fleet.marked.clear();
            let short = run.short();
            match begun {
                Begun::Started(_) => {
                    let text = format!("run {short} started: leaving is safe, it goes on");
                    model.tell(ToastKind::Done, &text);
                }
                Begun::Waits(_) => {
                    let text =
                        format!("run {short} waits for a second person: nothing was started");
                    model.tell(ToastKind::Warning, &text);
                }
            }
            if !waited {
                return Vec::new();
            }
            model.screens.push(Screen::Run(Box::new(RunPage::new(run.clone()))));
            vec![Effect::Attach(run)]
        }
        Err(problem) => {
            for screen in &mut model.screens {
                if let Screen::Plan(page) = screen
                    && page.starting == Some(request)
                {
                    page.starting = None;
                    page.typed.clear();
                }
            }
            tell(model, &problem);
            // Somebody may have taken an instance meanwhile: the page says who.
            who_holds(model)
        }
    }
}

fn tell(model: &mut Model, problem: &Problem) {
    let text = match &problem.hint {
        Some(hint) => format!("{}: {hint}", problem.message),
        None => problem.message.to_string(),
    };
    model.tell(ToastKind::Problem, &text);
}

fn is_choice(screen: &Screen) -> bool {
    matches!(screen, Screen::Secrets(_) | Screen::Releases(_) | Screen::Due(_) | Screen::Enrol(_))
}

/// Digits on the plan page are the number of instances; says whether the key was one.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys are actions")]
pub(super) fn typed(model: &mut Model, key: Key) -> bool {
    let Some(Screen::Plan(page)) = model.screens.last_mut() else { return false };
    if page.starting.is_some() || page.waits_since().is_some() || model.operate.is_none() {
        return false;
    }
    match key.code {
        KeyCode::Char(digit) if digit.is_ascii_digit() && !key.ctrl => {
            if page.typed.len() < 5 {
                page.typed.push(digit);
            }
            true
        }
        KeyCode::Backspace => {
            page.typed.pop();
            true
        }
        _ => false,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(model.size.page_rows()) / 2;
    let Some(Screen::Plan(page)) = model.screens.last_mut() else { return Vec::new() };
    if let Some(step) = fleet::step(action) {
        match page.pane {
            Pane::First => scroll(page, step, height),
            Pane::Second => page.cursor.go(step, page.n_rows(), height),
        }
        return Vec::new();
    }
    match action {
        Action::NextPane | Action::PrevPane => {
            page.pane = page.pane.other();
            Vec::new()
        }
        Action::Start => guard::approve(model),
        Action::WhenFree => when_free(model),
        Action::WaitForWindow => window(model),
        Action::OverwriteDrift => {
            drift::ask(model);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Scrolls what will happen. How many lines that are, the screen alone knows: it stops at the last one, and says so.
fn scroll(page: &mut PlanPage, step: Step, height: usize) {
    let top = match step {
        Step::Up => page.top.saturating_sub(1),
        Step::Down => page.top.saturating_add(1),
        Step::PageUp => page.top.saturating_sub(height),
        Step::PageDown => page.top.saturating_add(height),
        Step::Top => 0,
        Step::Bottom => usize::MAX,
    };
    page.top = top.min(page.most_lines());
}

/// How far that could be.
pub(super) fn scrolled_to(model: &mut Model, top: usize) -> Vec<Effect> {
    if let Some(Screen::Plan(page)) = model.screens.last_mut() {
        page.top = page.top.min(top);
    }
    Vec::new()
}

/// The command line that makes this plan.
pub(in crate::app) fn command(plan: &Plan) -> String {
    if let Some(run) = &plan.after {
        return format!("bunker retry {run}");
    }
    let mut line = format!("bunker {}", plan.workflow.name());
    if let Some(playbook) = &plan.playbook {
        let path = playbook.files.path.as_str();
        line.extend([format!(" '{}'{}", path.replace('\'', r"'\''"), playbook.wish.options())]);
    }
    for host in &plan.hosts {
        line.push(' ');
        line.push_str(host.id.as_str());
    }
    if let Some(target) = &plan.target {
        line.push_str(" --to ");
        line.push_str(target.reference.as_str());
    }
    if plan.workflow == Workflow::Configure && plan.targets().any(HostPlan::has_drift) {
        line.push_str(" --overwrite-drift");
    }
    if plan.rules.outside == Outside::Wait {
        line.push_str(" --outside wait");
    }
    let phases = plan.targets().flat_map(|host| &host.phases);
    let mut secrets: Vec<&SecretName> = phases
        .flat_map(|phase| match phase {
            Phase::Vault(step) => step.secrets.as_slice(),
            Phase::Job { .. } | Phase::Gate(_) => &[],
        })
        .map(|(name, _)| name)
        .collect();
    secrets.sort();
    secrets.dedup();
    for name in secrets {
        line.push_str(" --secret ");
        line.push_str(name.as_str());
    }
    line
}

/// Asks for a run of this plan, with what its operator did for it; the guardrails decide. One that is meant to wait for
/// who holds its targets waits first.
pub(super) fn start(model: &mut Model, plan: Arc<Plan>, consent: Consent) -> Vec<Effect> {
    let now = model.clock;
    if let Some(Screen::Plan(page)) = model.screens.last_mut()
        && page.wait == Wait::Meant
    {
        page.wait = Wait::Since(now, consent);
        return who_holds(model);
    }
    send(model, plan, consent)
}

fn send(model: &mut Model, plan: Arc<Plan>, consent: Consent) -> Vec<Effect> {
    let request = model.next_request();
    let hash = plan.hash();
    let effects = layers::change(model, ChangeKind::StartRun { request, plan, consent });
    if !effects.is_empty()
        && let Some(page) = pages(model).find(|page| page.hash == hash)
    {
        page.starting = Some(request);
    }
    effects
}

/// The pages of plans.
fn pages(model: &mut Model) -> impl Iterator<Item = &mut PlanPage> {
    model
        .screens
        .iter_mut()
        .rev()
        .filter_map(|screen| if let Screen::Plan(page) = screen { Some(&mut **page) } else { None })
}

/// Reads who holds the targets of the plan.
fn who_holds(model: &mut Model) -> Vec<Effect> {
    let (request, now) = (model.next_request(), model.clock);
    pages(model).next().map(|page| page.holds.ask(request, now, &[])).unwrap_or_default()
}

/// Lets the start wait until nobody holds a target, or not any more.
fn when_free(model: &mut Model) -> Vec<Effect> {
    let now = model.clock;
    let Some(page) = pages(model).next() else { return Vec::new() };
    if page.starting.is_some() {
        return Vec::new();
    }
    let waited = page.waits_since().is_some();
    if page.wait != Wait::No {
        page.wait = Wait::No;
        if waited {
            page.typed.clear();
            model.tell(ToastKind::Done, "gave up waiting: nothing was started");
        }
        return Vec::new();
    }
    if page.was_held() {
        page.wait = Wait::ToPlan(now);
        return go_on(model);
    }
    if page.holds.settled() && page.holds.in_the_way().is_empty() {
        let start = model.key(Action::Start);
        let text = format!("nobody holds an instance of this plan: {start} starts it");
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    page.wait = Wait::Meant;
    Vec::new()
}

/// Lets the run wait for the window of its targets, or not any more. That is another plan, and told as one.
fn window(model: &mut Model) -> Vec<Effect> {
    let now = model.clock;
    let Some(page) = pages(model).next() else { return Vec::new() };
    if !page.offers_window(now) {
        let start = model.key(Action::Start);
        let text = format!("this plan is not outside of its window: {start} starts it");
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    let rules = &mut Arc::make_mut(&mut page.plan).rules;
    rules.outside = match rules.outside {
        Outside::Refuse => Outside::Wait,
        Outside::Wait => Outside::Refuse,
    };
    Vec::new()
}

/// The time: a plan that waits looks again who holds its targets.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.clock;
    let Some(page) = pages(model).find(|page| page.waits_since().is_some()) else {
        return Vec::new();
    };
    let since = |at: jiff::Timestamp| now.duration_since(at).as_secs();
    if page.waits_since().is_some_and(|at| since(at) >= WAITS_S) {
        page.wait = Wait::No;
        page.typed.clear();
        let text = "it was held for an hour more: gave up waiting, nothing was started";
        model.tell(ToastKind::Warning, text);
        return Vec::new();
    }
    if page.holds.settled() && since(page.holds.asked) >= LOOK_S {
        return who_holds(model);
    }
    Vec::new()
}

/// Starts a plan that waits, once nobody holds its targets.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    let free = |page: &&mut PlanPage| {
        page.waits_since().is_some() && page.holds.settled() && page.holds.in_the_way().is_empty()
    };
    let Some(page) = pages(model).find(free) else { return Vec::new() };
    let (plan, wish) = (Arc::clone(&page.plan), page.wish.clone());
    match (std::mem::take(&mut page.wait), wish) {
        (Wait::Since(_, consent), _) => send(model, plan, consent),
        // What was held is looked at anew before anybody says yes to it.
        (Wait::ToPlan(_), Some(wish)) => ask(model, wish.hosts, wish.what),
        (Wait::ToPlan(_) | Wait::No | Wait::Meant, _) => Vec::new(),
    }
}
