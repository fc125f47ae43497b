//! What is done on one host from its page: a shell, a look at `.env`, the log or the port of a service.

use super::super::action::{Action, Place};
use super::super::effect::{ChangeKind, Effect};
use super::super::host_layers::{EnvLayer, PickTo, ServicePick};
use super::super::key::Key;
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::log_page::LogOf;
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::toast::ToastKind;
use super::super::why::Of;
use super::menu::{self, Pressed};
use super::{forwards, log, why};
use crate::domain::env_shown::EnvShown;
use crate::domain::ids::HostId;
use crate::domain::service::ServiceName;
use crate::domain::untrusted::Safe;

/// The instance that is meant: that of the page, else the selected one.
fn meant(model: &Model) -> Option<HostId> {
    match model.screens.last() {
        Some(Screen::Instance(page)) => Some(page.id.clone()),
        None => model.fleet.selected().map(|i| i.id.clone()),
        Some(_) => None,
    }
}

/// Does it, where it is one of these; `None` where it is not.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other actions belong to others")]
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let open: fn(&mut Model, HostId) -> Vec<Effect> = match action {
        Action::Shell => ask_shell,
        Action::ShowEnv => show_env,
        Action::ServiceLog => |model, host| pick(model, host, PickTo::Follow),
        Action::Forward => pick_port,
        Action::Forwards => return Some(forwards::open(model)),
        _ => return None,
    };
    let Some(host) = meant(model) else {
        model.tell(ToastKind::Warning, "no instance is selected");
        return Some(Vec::new());
    };
    Some(open(model, host))
}

fn pick_port(model: &mut Model, host: HostId) -> Vec<Effect> {
    let asks = model.fleet.instance(&host).is_some_and(|i| i.policy.require_why);
    if asks && why::first(model, Of::Port(host.clone()), Action::Forward) {
        return Vec::new();
    }
    pick(model, host, PickTo::Forward)
}

fn ask_shell(model: &mut Model, host: HostId) -> Vec<Effect> {
    let asks = model.fleet.instance(&host).is_some_and(|i| i.policy.require_why);
    if asks && why::first(model, Of::Host(host.clone()), Action::Shell) {
        return Vec::new();
    }
    let at = model.fleet.instance(&host).and_then(|i| i.connection.as_ref()?.user.clone());
    let who = at.map(|user| format!(" as {user}")).unwrap_or_default();
    let recorded = model.fleet.instance(&host).is_some_and(|i| i.records_shells);
    let kept = "All that is typed and shown there is RECORDED, as bunker_shell_record wants it.";
    let kept = recorded.then(|| kept.to_owned());
    let opens = format!(
        "A shell opens on {host}{who}. `exit` brings the cockpit back; one that hangs is left by enter, ~ and a full stop."
    );
    let question = Confirm {
        title: format!("shell on {host}"),
        lines: [Some(opens), kept, Some(
            "That it was opened is written into the audit log. What is done there is no run: nothing stops it halfway, and nothing takes it back.".to_owned(),
        )].into_iter().flatten().collect(),
        safe: "not now",
        act: "open it",
        focus: Focus::Safe,
        then: Then::Change(ChangeKind::Shell(host)),
    };
    model.layers.push(Layer::Confirm(question));
    Vec::new()
}

fn show_env(model: &mut Model, host: HostId) -> Vec<Effect> {
    let request = model.next_request();
    let layer = EnvLayer { host: host.clone(), request, shown: None, top: 0 };
    model.layers.push(Layer::Env(layer));
    vec![Effect::LoadEnv { request, host }]
}

/// The answer of a host whose `.env` is looked at.
pub(super) fn env(
    model: &mut Model,
    request: u64,
    result: &Result<EnvShown, Problem>,
) -> Vec<Effect> {
    for layer in &mut model.layers {
        if let Layer::Env(env) = layer
            && env.request == request
        {
            env.shown = Some(result.clone().map_err(|problem| problem.message));
        }
    }
    Vec::new()
}

/// A key while `.env` is seen.
pub(super) fn env_key(model: &mut Model, mut env: EnvLayer, key: Key) {
    let page = usize::from(model.size.height.saturating_sub(8)).max(1);
    let n = match &env.shown {
        Some(Ok(shown)) => shown.rows.len() + shown.remarks.len(),
        _ => 0,
    };
    env.top = match model.keymap.action(key, model.place()) {
        Some(Action::Down) => env.top + 1,
        Some(Action::Up) => env.top.saturating_sub(1),
        Some(Action::PageDown) => env.top + page,
        Some(Action::PageUp) => env.top.saturating_sub(page),
        Some(Action::Bottom) => n,
        Some(Action::Top) => 0,
        _ if key == Key::char('g') => 0,
        _ => return,
    }
    .min(n.saturating_sub(page));
    model.layers.push(Layer::Env(env));
}

fn pick(model: &mut Model, host: HostId, to: PickTo) -> Vec<Effect> {
    let stack = model.fleet.instance(&host).and_then(|i| i.facts.as_ref()?.stack.known());
    let mut rows: Vec<(ServiceName, Safe)> = Vec::new();
    for name in stack.into_iter().flat_map(|stack| &stack.services) {
        let Ok(service) = name.as_str().parse() else { continue };
        let state = stack.and_then(|stack| stack.containers.iter().find(|c| &c.service == name));
        let words = state.map_or_else(|| Safe::line("no container"), |c| c.state.clone());
        rows.push((service, words));
    }
    if rows.is_empty() {
        let twin = match to {
            PickTo::Follow => format!("`bunker logs {host} SERVICE` follows one by name"),
            PickTo::Forward => format!("`bunker forward {host} PORT` brings any port here"),
        };
        let text = format!("{host} has not told its services yet: {twin}");
        model.tell(ToastKind::Warning, &text);
    } else {
        model.layers.push(Layer::Services(ServicePick { host, rows, selected: 0, to }));
    }
    Vec::new()
}

/// A key while a service is chosen.
pub(super) fn pick_key(model: &mut Model, mut pick: ServicePick, key: Key) -> Vec<Effect> {
    let n = pick.rows.len();
    match menu::pressed(model, key, Place::Menu, (&mut pick.selected, n)) {
        Pressed::Closes => return Vec::new(),
        Pressed::Asks(Action::Open) => {
            let Some((service, _)) = pick.rows.get(pick.selected) else { return Vec::new() };
            let (host, service) = (pick.host.clone(), service.clone());
            return match pick.to {
                PickTo::Follow => {
                    log::open(model, LogOf::Service { host, service });
                    Vec::new()
                }
                PickTo::Forward => forwards::bring(model, host, service),
            };
        }
        Pressed::Stays | Pressed::Asks(_) => {}
    }
    model.layers.push(Layer::Services(pick));
    Vec::new()
}
