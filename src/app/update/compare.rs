//! Two things side by side: which, and what is shown of them.

use super::super::action::Action;
use super::super::choice_pages::Asked;
use super::super::effect::Effect;
use super::super::look::Look;
use super::super::model::{Model, Screen};
use super::super::sheet::{CompareSheet, Lines, Pair, Sheet, SheetOf};
use super::super::toast::ToastKind;
use super::sheet;
use crate::domain::compare::running;
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;

/// What is compared here: two marked instances, else the one that is seen or selected with the marked or next one.
pub(in crate::app) fn pair_here(model: &Model) -> Option<(HostId, HostId)> {
    let here = match model.screens.last() {
        Some(Screen::Instance(page)) => Some(page.id.clone()),
        _ => model.fleet.selected().map(|i| i.id.clone()),
    };
    let marked: Vec<HostId> = model.fleet.marked.iter().cloned().collect();
    match (marked.as_slice(), here) {
        ([a, b], _) => Some((a.clone(), b.clone())),
        ([a], Some(b)) if *a != b => Some((b, a.clone())),
        (_, Some(a)) => next(model, &a, &a, 1).map(|b| (a, b)),
        (_, None) => None,
    }
}

/// Compares what is meant here.
pub(super) fn open_here(model: &mut Model) -> Vec<Effect> {
    if let Some((a, b)) = pair_here(model) {
        return open(model, a, b);
    }
    let text = "there is only one instance: nothing stands beside it";
    model.tell(ToastKind::Warning, text);
    Vec::new()
}

/// Opens two instances side by side.
pub(super) fn open(model: &mut Model, a: HostId, b: HostId) -> Vec<Effect> {
    let page = CompareSheet {
        pair: Pair::Instances(a.clone(), b.clone()),
        instances: (a, b),
        variables: (Asked::Waiting(0), Asked::Waiting(0)),
        lines: Lines::Differing,
    };
    sheet::push(model, SheetOf::Compare(page));
    read(model)
}

/// Opens two releases side by side, above two instances, first those that run them.
pub(super) fn open_releases(model: &mut Model, a: CommitSha, b: CommitSha) -> Vec<Effect> {
    let all = model.fleet.snapshot.iter().flat_map(|s| &s.instances);
    let runs = |sha: &CommitSha| {
        all.clone()
            .find(|i| i.release.as_ref().is_some_and(|r| r.sha == *sha))
            .map(|i| i.id.clone())
    };
    let ids: Vec<HostId> = all.clone().map(|i| i.id.clone()).collect();
    let instances = match (runs(&a), runs(&b), ids.as_slice()) {
        (Some(a), Some(b), _) if a != b => (a, b),
        (_, _, [a, b, ..]) => (a.clone(), b.clone()),
        _ => {
            let text = "releases are compared by the instances that run them: the fleet has no two";
            model.tell(ToastKind::Warning, text);
            return Vec::new();
        }
    };
    let page = CompareSheet {
        pair: Pair::Releases(a, b),
        instances,
        variables: (Asked::Waiting(0), Asked::Waiting(0)),
        lines: Lines::Differing,
    };
    sheet::push(model, SheetOf::Compare(page));
    read(model)
}

/// Reads what is not known by itself: the variables of both instances.
pub(super) fn read(model: &mut Model) -> Vec<Effect> {
    let (first, second) = (model.last_request + 1, model.last_request + 2);
    let Some(page) = page(model) else { return Vec::new() };
    let Pair::Instances(a, b) = page.pair.clone() else { return Vec::new() };
    page.variables = (Asked::Waiting(first), Asked::Waiting(second));
    model.last_request = second;
    vec![
        Effect::Look { request: first, what: Look::Variables(a) },
        Effect::Look { request: second, what: Look::Variables(b) },
    ]
}

fn page(model: &mut Model) -> Option<&mut CompareSheet> {
    let Sheet { of: SheetOf::Compare(page), .. } = sheet::seen(model)? else { return None };
    Some(page)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let effects = match action {
        Action::CompareNext => other(model, 1),
        Action::ComparePrev => other(model, -1),
        Action::CompareSwap => swap(model),
        Action::CompareKind => kind(model),
        Action::CompareAll => {
            if let Some(page) = page(model) {
                page.lines = match page.lines {
                    Lines::Differing => Lines::All,
                    Lines::All => Lines::Differing,
                };
            }
            Vec::new()
        }
        _ => return Vec::new(),
    };
    sheet::refit(model);
    effects
}

/// The instance after (or before) `from` that is not `not`.
fn next(model: &Model, from: &HostId, not: &HostId, by: isize) -> Option<HostId> {
    let all: Vec<&HostId> =
        model.fleet.snapshot.as_ref()?.instances.iter().map(|i| &i.id).collect();
    after(&all, &from, &not, by).map(|id| (*id).clone())
}

fn after<'t, T: PartialEq>(all: &'t [T], from: &T, not: &T, by: isize) -> Option<&'t T> {
    let at = all.iter().position(|one| one == from)?;
    let n = isize::try_from(all.len()).ok()?;
    let along = (1..=n).map(|step| isize::try_from(at).unwrap_or(0) + step * by);
    along.filter_map(|at| all.get(usize::try_from(at.rem_euclid(n)).ok()?)).find(|one| *one != not)
}

/// The next thing on the right side.
fn other(model: &mut Model, by: isize) -> Vec<Effect> {
    let releases = releases(model);
    let Some(page) = page(model) else { return Vec::new() };
    match page.pair.clone() {
        Pair::Instances(a, b) => {
            let Some(b) = next(model, &b, &a, by) else { return Vec::new() };
            turn(model, Pair::Instances(a, b))
        }
        Pair::Releases(a, b) => {
            let Some(b) = after(&releases, &b, &a, by).cloned() else { return Vec::new() };
            turn(model, Pair::Releases(a, b))
        }
    }
}

fn swap(model: &mut Model) -> Vec<Effect> {
    let Some(page) = page(model) else { return Vec::new() };
    let pair = match page.pair.clone() {
        Pair::Instances(a, b) => Pair::Instances(b, a),
        Pair::Releases(a, b) => Pair::Releases(b, a),
    };
    turn(model, pair)
}

/// From instances to releases and back.
fn kind(model: &mut Model) -> Vec<Effect> {
    let running = releases(model);
    let Some(page) = page(model) else { return Vec::new() };
    let (a, b) = page.instances.clone();
    if matches!(page.pair, Pair::Releases(..)) {
        return turn(model, Pair::Instances(a, b));
    }
    let runs = |id: &HostId| {
        model.fleet.instance(id).and_then(|i| i.release.as_ref()).map(|r| r.sha.clone())
    };
    // The releases that the two instances run, else the two that most run.
    let pair = match (runs(&a), runs(&b), running.as_slice()) {
        (Some(a), Some(b), _) if a != b => Some((a, b)),
        (_, _, [a, b, ..]) => Some((a.clone(), b.clone())),
        _ => None,
    };
    if let Some((a, b)) = pair {
        return turn(model, Pair::Releases(a, b));
    }
    let text = "all instances run the same release: nothing stands beside it";
    model.tell(ToastKind::Warning, text);
    Vec::new()
}

fn releases(model: &Model) -> Vec<CommitSha> {
    let snapshot = model.fleet.snapshot.as_ref();
    snapshot.map(|s| running(s).into_iter().map(|side| side.sha).collect()).unwrap_or_default()
}

/// Shows this pair.
fn turn(model: &mut Model, pair: Pair) -> Vec<Effect> {
    let Some(page) = page(model) else { return Vec::new() };
    if let Pair::Instances(a, b) = &pair {
        page.instances = (a.clone(), b.clone());
    }
    page.pair = pair;
    read(model)
}
