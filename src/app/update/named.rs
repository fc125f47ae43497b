//! Pages that the palette finds by their names: of a host, of an instance, of two side by side, of a run.

use super::super::destination::Destination;
use super::super::fuzzy;
use super::super::model::{Model, Screen};
use crate::domain::ids::HostId;
use crate::domain::run::state::RunSummary;

/// Words that only join others: `variables of a`, `compare a with b`.
const JOINS: [&str; 4] = ["of", "with", "and", "to"];

/// Runs whose instances are looked through: a key must not wait for a thousand runs of a thousand instances.
const NEWEST: usize = 100;

/// A page with how well it fits.
type Found = (i32, Destination);

/// What is found by these letters.
pub(super) fn pages(model: &Model, letters: &str) -> Vec<Found> {
    let mut found = hosts(model, letters);
    let words: Vec<&str> = letters.split_whitespace().collect();
    if let [kind, rest @ ..] = words.as_slice() {
        let names: Vec<&str> = rest.iter().copied().filter(|w| !JOINS.contains(w)).collect();
        found.extend(of_kind(model, &kind.to_lowercase(), &names));
    }
    found.extend(runs(model, letters));
    found
}

/// Hosts that are no instance have no page of their own, but variables.
fn hosts(model: &Model, letters: &str) -> Vec<Found> {
    let others = model.fleet.snapshot.iter().flat_map(|s| s.others.iter());
    let fits = |host: &HostId| {
        let score = fuzzy::score(letters, host.as_str())?;
        Some((score, Destination::Variables(host.clone())))
    };
    others.filter_map(fits).collect()
}

fn instances(model: &Model) -> impl Iterator<Item = &HostId> {
    model.fleet.snapshot.iter().flat_map(|s| &s.instances).map(|i| &i.id)
}

/// A page by its kind, of which two letters are enough, and by what it is about.
fn of_kind(model: &Model, kind: &str, names: &[&str]) -> Vec<Found> {
    let is = |word: &str| kind.len() > 1 && word.starts_with(kind);
    let others = || model.fleet.snapshot.iter().flat_map(|s| s.others.iter());
    let name = names.first().copied().unwrap_or_default();
    // The whole of what was typed is meant: it stands before what has these letters somewhere.
    let named = |id: &HostId| fuzzy::score(name, id.as_str()).map(|score| score + 8);
    if names.is_empty() {
        return Vec::new();
    }
    if is("variables") {
        let all = instances(model).chain(others());
        let page = |id: &HostId| Some((named(id)?, Destination::Variables(id.clone())));
        return all.filter_map(page).collect();
    }
    if is("timeline") {
        let page = |id: &HostId| Some((named(id)?, Destination::Timeline(id.clone())));
        return instances(model).filter_map(page).collect();
    }
    if is("charts") {
        let page = |id: &HostId| Some((named(id)?, Destination::Charts(id.clone())));
        return instances(model).filter_map(page).collect();
    }
    if is("compare") {
        return compared(model, names);
    }
    Vec::new()
}

/// The chosen instance beside one that is named; or two that are named.
fn compared(model: &Model, names: &[&str]) -> Vec<Found> {
    let (left, right) = match names {
        [right] => {
            let chosen = match model.screens.last() {
                Some(Screen::Instance(page)) => Some(page.id.clone()),
                _ => model.fleet.selected().map(|i| i.id.clone()),
            };
            (chosen, *right)
        }
        [left, right, ..] => {
            let fits = |id: &&HostId| fuzzy::score(left, id.as_str());
            let best = instances(model).filter(|id| fits(id).is_some()).max_by_key(fits);
            (best.cloned(), *right)
        }
        [] => return Vec::new(),
    };
    let Some(left) = left else { return Vec::new() };
    let beside = |id: &HostId| {
        let score = fuzzy::score(right, id.as_str()).filter(|_| *id != left)?;
        Some((score + 8, Destination::Compare(left.clone(), id.clone())))
    };
    instances(model).filter_map(beside).collect()
}

/// Runs by their id, workflow and state, and by words of their release, instances and operator.
fn runs(model: &Model, letters: &str) -> Vec<Found> {
    let words: Vec<String> = letters.split_whitespace().map(str::to_lowercase).collect();
    let fits = |at: usize, run: &RunSummary| {
        let told = format!("run {} {} {}", run.run.short(), run.workflow.name(), run.phase.word());
        let by_id = fuzzy::score(letters, &told).max(fuzzy::score(letters, run.run.as_str()));
        by_id.or_else(|| has_words(&words, run, at < NEWEST).then_some(12))
    };
    let all = model.runs.iter().flatten().enumerate();
    all.filter_map(|(at, run)| Some((fits(at, run)? - 4, Destination::Run(run.run.clone()))))
        .collect()
}

/// Whether each word of what was typed stands in what is known of a run.
fn has_words(words: &[String], run: &RunSummary, with_hosts: bool) -> bool {
    let to = run.target.as_ref().map(ToString::to_string).unwrap_or_default();
    let by = run.by.as_ref().map(|by| by.user.to_string()).unwrap_or_default();
    let (id, workflow, state) = (run.run.as_str(), run.workflow.name(), run.phase.word());
    let known = format!("run {id} {workflow} {state} {to} {by}").to_lowercase();
    let on = |word: &str| with_hosts && run.hosts.iter().any(|host| host.as_str().contains(word));
    words.iter().all(|word| known.contains(word.as_str()) || on(word))
}
