//! The fleet page and the page of one instance.

use tui_input::Input;

use super::super::action::Action;
use super::super::cursor::Step;
use super::super::effect::Effect;
use super::super::enrol_page::Purpose;
use super::super::fleet_page::{Listed, Sort};
use super::super::layers::{Layer, ReferenceForm};
use super::super::model::{Model, Screen};
use super::super::pages::{InstancePage, Pane};
use super::super::toast::ToastKind;
use super::{choice, columns, enrol, plan};
use crate::domain::ids::HostId;
use crate::domain::plan::{TagChoice, What};

/// The step of a selection that an action means.
pub(super) fn step(action: Action) -> Option<Step> {
    [
        (Action::Up, Step::Up),
        (Action::Down, Step::Down),
        (Action::PageUp, Step::PageUp),
        (Action::PageDown, Step::PageDown),
        (Action::Top, Step::Top),
        (Action::Bottom, Step::Bottom),
    ]
    .into_iter()
    .find_map(|(known, step)| (known == action).then_some(step))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let rows = model.fleet_rows();
    if let Some(step) = step(action) {
        model.fleet.go(step, rows);
        return Vec::new();
    }
    match action {
        Action::Open => {
            return match model.fleet.selected().map(|i| i.id.clone()) {
                Some(id) => open(model, id),
                None => Vec::new(),
            };
        }
        Action::Mark | Action::MarkRange if model.fleet.mark_range() => {}
        Action::Mark => {
            model.fleet.toggle_mark();
            model.fleet.go(Step::Down, rows);
        }
        Action::MarkRange => model.fleet.begin_range(),
        Action::Invert => model.fleet.invert(),
        Action::ProblemsOnly => {
            model.fleet.listed = match model.fleet.listed {
                Listed::All => Listed::Problems,
                Listed::Problems => Listed::All,
            };
            model.fleet.arrange(rows);
        }
        Action::Columns => columns::open(model),
        Action::MarkAll => model.fleet.toggle_all(),
        Action::Filter => {
            model.layers.push(Layer::Filter(Input::new(model.fleet.filter.text().to_owned())));
        }
        Action::AddInstance => enrol::open(model, Purpose::Add),
        Action::Import => enrol::open(model, Purpose::Import),
        Action::Sort => return columns::sort(model, model.fleet.sort.next(&model.fleet.columns)),
        Action::SortBefore => {
            return columns::sort(model, model.fleet.sort.before(&model.fleet.columns));
        }
        Action::SortReverse => {
            let reversed = !model.fleet.sort.reversed;
            return columns::sort(model, Sort { reversed, ..model.fleet.sort });
        }
        Action::Upgrade => ask_line(model, model.fleet.targets(), Layer::Reference),
        Action::CanaryUpgrade => ask_line(model, model.fleet.targets(), Layer::Canary),
        Action::Playbook => ask_line(model, model.fleet.targets(), Layer::Playbook),
        Action::Deploy => return ask_deploy(model, model.fleet.targets()),
        Action::Configure => return configure(model, model.fleet.targets()),
        Action::Backup | Action::VerifyBackup | Action::Rollback | Action::Rotate => {
            return ask_care(model, action, model.fleet.targets());
        }
        _ => {}
    }
    Vec::new()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform_on_instance(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Screen::Instance(page)) = model.screens.last_mut() else { return Vec::new() };
    match action {
        Action::NextPane | Action::PrevPane => page.pane = page.pane.other(),
        Action::Down if page.pane == Pane::Second => {
            page.top = page.top.saturating_add(1).min(1_000);
        }
        Action::Up if page.pane == Pane::Second => page.top = page.top.saturating_sub(1),
        Action::CanaryUpgrade => {
            let id = page.id.clone();
            ask_line(model, vec![id], Layer::Canary);
        }
        Action::Upgrade => {
            let id = page.id.clone();
            ask_line(model, vec![id], Layer::Reference);
        }
        Action::Playbook => {
            let id = page.id.clone();
            ask_line(model, vec![id], Layer::Playbook);
        }
        Action::Deploy => {
            let id = page.id.clone();
            return ask_deploy(model, vec![id]);
        }
        Action::Configure => {
            let id = page.id.clone();
            return configure(model, vec![id]);
        }
        Action::Backup | Action::VerifyBackup | Action::Rollback | Action::Rotate => {
            let id = page.id.clone();
            return ask_care(model, action, vec![id]);
        }
        // Up and down go through the instances in the order of the fleet page.
        Action::Up | Action::Down => {
            let rows = model.fleet_rows();
            if let Some(step) = step(action) {
                model.fleet.go(step, rows);
            }
            if let Some(id) = model.fleet.selected().map(|i| i.id.clone()) {
                model.screens.pop();
                return open(model, id);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Opens the page of an instance.
pub(super) fn open(model: &mut Model, id: HostId) -> Vec<Effect> {
    let rows = model.fleet_rows();
    model.fleet.select(&id, rows);
    let page = InstancePage { id: id.clone(), releases: None, pane: Pane::First, top: 0 };
    model.screens.push(Screen::Instance(page));
    vec![Effect::LoadReleases(id)]
}

/// Each server gets the ref that it follows.
fn ask_deploy(model: &mut Model, hosts: Vec<HostId>) -> Vec<Effect> {
    let what = What::Deploy { reference: None, tags: TagChoice::default() };
    ask(model, hosts, what)
}

fn configure(model: &mut Model, hosts: Vec<HostId>) -> Vec<Effect> {
    ask(model, hosts, What::Configure { overwrite_drift: false })
}

fn ask(model: &mut Model, hosts: Vec<HostId>, what: What) -> Vec<Effect> {
    if hosts.is_empty() {
        let mark = model.key(Action::Mark);
        let text = format!("no instance is selected: mark some with {mark}");
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    plan::ask(model, hosts, what)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the callers name the four that come here")]
fn ask_care(model: &mut Model, action: Action, hosts: Vec<HostId>) -> Vec<Effect> {
    if hosts.is_empty() {
        let mark = model.key(Action::Mark);
        let text = format!("no instance is selected: mark some with {mark}");
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    let what = match action {
        Action::Backup => What::Backup,
        Action::VerifyBackup => What::VerifyBackup { all: false },
        Action::Rollback => return choice::open_releases(model, hosts),
        _ => return choice::open_secrets(model, hosts, None),
    };
    plan::ask(model, hosts, what)
}

/// Asks in front of the page for the line that the workflow needs.
fn ask_line(model: &mut Model, hosts: Vec<HostId>, layer: fn(ReferenceForm) -> Layer) {
    if hosts.is_empty() {
        let mark = model.key(Action::Mark);
        let text = format!("no instance is selected: mark some with {mark}");
        model.tell(ToastKind::Warning, &text);
        return;
    }
    model.layers.push(layer(ReferenceForm { hosts, input: Input::default(), problem: None }));
}
