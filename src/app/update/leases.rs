//! Who holds what: seen, watched, waited for, broken.

use super::super::action::{Action, Place};
use super::super::destination::Destination;
use super::super::effect::{ChangeKind, Effect};
use super::super::holds::{HoldOf, Holds, Standing};
use super::super::layers::{Confirm, Focus, Layer, Then, WhyFor, WhyForm};
use super::super::look::Looked;
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::sheet::SheetOf;
use super::super::sheet_rows;
use super::super::toast::ToastKind;
use super::{go, plan, sheet};
use crate::domain::ids::{HostId, RunId};
use crate::domain::untrusted::Safe;

/// Seconds after which leases are read again while their page is seen.
const AGAIN_S: i64 = 15;

/// Opens the page: of the instance of this page, of the targets of this plan, of the marked ones, or of all.
pub(super) fn open_here(model: &mut Model) -> Vec<Effect> {
    let hosts = match model.screens.last() {
        Some(Screen::Instance(page)) => Some(vec![page.id.clone()]),
        Some(Screen::Plan(page)) => Some(page.plan.targets().map(|h| h.id.clone()).collect()),
        Some(Screen::Sheet(seen)) => {
            let selected = sheet_rows::selected_host(model, seen);
            selected.filter(|id| model.fleet.instance(id).is_some()).map(|id| vec![id])
        }
        None if !model.fleet.marked.is_empty() => Some(model.fleet.targets()),
        _ => None,
    };
    open(model, hosts)
}

/// Opens the page of these instances, or of all.
pub(super) fn open(model: &mut Model, hosts: Option<Vec<HostId>>) -> Vec<Effect> {
    let all = || {
        let all = model.fleet.snapshot.iter().flat_map(|s| &s.instances);
        all.map(|i| i.id.clone()).collect()
    };
    let hosts = hosts.unwrap_or_else(all);
    let request = model.next_request();
    sheet::push(model, SheetOf::Leases(Holds::of(hosts, true)));
    ask(model, request)
}

/// Asks for what the page shows: what is seen of it first.
fn ask(model: &mut Model, request: u64) -> Vec<Effect> {
    let (first, now) = (in_sight(model), model.clock);
    match sheet::seen(model).map(|sheet| &mut sheet.of) {
        Some(SheetOf::Leases(holds)) => holds.ask(request, now, &first),
        _ => Vec::new(),
    }
}

/// The selected row, and those that are seen with it.
fn in_sight(model: &Model) -> Vec<HoldOf> {
    let height = model.size.choice_rows().max(1);
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return Vec::new() };
    let rows = sheet_rows::leases(model, sheet);
    let seen = rows.iter().skip(sheet.cursor.top).take(height);
    let selected = rows.get(sheet.cursor.selected).into_iter();
    selected.chain(seen).map(|(of, _)| of.clone()).collect()
}

/// Reads again what the page shows.
pub(super) fn read(model: &mut Model) -> Vec<Effect> {
    let request = model.next_request();
    ask(model, request)
}

/// Asks what is still to be asked of what the page shows.
fn next(model: &mut Model) -> Vec<Effect> {
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return Vec::new() };
    if !matches!(&sheet.of, SheetOf::Leases(holds) if holds.waits()) {
        return Vec::new();
    }
    let (first, now) = (in_sight(model), model.clock);
    match sheet::seen(model).map(|sheet| &mut sheet.of) {
        Some(SheetOf::Leases(holds)) => holds.next(now, &first),
        _ => Vec::new(),
    }
}

/// The time: what is seen and old is read again, once all of it has been read.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.clock;
    let Some(SheetOf::Leases(holds)) = sheet::seen(model).map(|sheet| &sheet.of) else {
        return Vec::new();
    };
    if now.duration_since(holds.asked).as_secs() >= AGAIN_S {
        return read(model);
    }
    // A page that was left came to a halt; it goes on where it stood.
    next(model)
}

/// An answer: a plan that waits may go on by it.
pub(super) fn take(
    model: &mut Model,
    request: u64,
    answer: &Result<Looked, Problem>,
) -> Vec<Effect> {
    let (now, mut effects) = (model.clock, Vec::new());
    for screen in &mut model.screens {
        if let Screen::Plan(page) = screen {
            page.holds.take(request, answer);
            effects.extend(page.holds.next(now, &[]));
        }
    }
    effects.extend(next(model));
    effects.extend(plan::go_on(model));
    effects
}

/// What came of breaking a lease.
pub(super) fn broken(model: &mut Model, result: &Result<Safe, Problem>) -> Vec<Effect> {
    match result {
        Ok(told) => model.tell(ToastKind::Done, told.as_str()),
        Err(problem) => model.tell(ToastKind::Problem, problem.message.as_str()),
    }
    // What is being asked now may have been answered before it was broken.
    if let Some(SheetOf::Leases(holds)) = sheet::seen(model).map(|sheet| &mut sheet.of)
        && !holds.settled()
    {
        holds.all_again();
    }
    read(model)
}

/// The selected row, with what is to be known of it.
fn selected(model: &Model) -> Option<(HoldOf, Standing<'_>)> {
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return None };
    sheet_rows::leases(model, sheet).into_iter().nth(sheet.cursor.selected)
}

/// The run that holds the selected row, where one does.
pub(in crate::app) fn run_there(model: &Model) -> Option<RunId> {
    selected(model).and_then(|(_, standing)| standing.run().cloned())
}

/// Goes to the run that has it.
pub(super) fn watch(model: &mut Model) -> Vec<Effect> {
    let Some(run) = run_there(model) else {
        model.tell(ToastKind::Warning, "no run holds this: there is nothing to watch");
        return Vec::new();
    };
    if model.runs.iter().flatten().any(|known| known.run == run) {
        return go::open(model, Destination::Run(run));
    }
    let text = format!(
        "run {run} is not in the store of this machine: `bunker attach {run}` watches it where it was started"
    );
    model.tell(ToastKind::Warning, &text);
    Vec::new()
}

/// Asks why, and then whether, the selected lease is broken.
pub(super) fn ask_break(model: &mut Model) -> Vec<Effect> {
    let on_its_page = |action| model.key_at(action, Place::Run);
    let form = match selected(model) {
        None | Some((_, Standing::Free | Standing::Asking)) => {
            Err("nobody is known to hold this: there is nothing to break".to_owned())
        }
        Some((of, Standing::Unknown(why))) => Err(format!("who holds {of} cannot be read: {why}")),
        Some((_, Standing::Job(job) | Standing::Held(_, Some(job)))) => Err(format!(
            "a job runs there now ({job}), and a lease is not broken under it: kill its run first, {} on its page",
            on_its_page(Action::Kill)
        )),
        Some((_, Standing::Campaign(held))) if held.alive => {
            let abort = on_its_page(Action::Abort);
            Err(format!("its worker lives: end it first, {abort} on the page of its run"))
        }
        Some((of, Standing::Campaign(held))) => Ok((of, 0, held.who.clone(), held.run.clone())),
        Some((of, Standing::Held(lease, None) | Standing::Over(lease))) => {
            Ok((of, lease.generation, Safe::line(&lease.to_string()), lease.run.clone()))
        }
    };
    match form {
        Ok((of, generation, holder, run)) => {
            let asks = WhyFor::Break { of, generation, holder, run };
            model.layers.push(Layer::Why(WhyForm::new(asks)));
        }
        Err(text) => model.tell(ToastKind::Warning, &text),
    }
    Vec::new()
}

/// The reason is there: asks whether it is broken.
pub(super) fn confirm_break(model: &mut Model, asks: WhyFor, reason: Safe) {
    let WhyFor::Break { of, generation, holder, run } = asks else { return };
    let lines = vec![
        format!("It is held by {holder}."),
        "What that run still sends is refused from now on. It may have left the instance between two releases."
            .to_owned(),
    ];
    model.layers.push(Layer::Confirm(Confirm {
        title: format!("break the lease of {of}"),
        lines,
        safe: "leave it",
        act: "break it",
        focus: Focus::Safe,
        then: Then::Change(ChangeKind::BreakLease { of, generation, run, reason }),
    }));
}
