//! What changed on each instance while this program looked: its state, and what runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use super::model::Model;
use crate::domain::git::CommitSha;
use crate::domain::health::Health;
use crate::domain::ids::HostId;
use crate::domain::snapshot::{FleetSnapshot, InstanceView};
use crate::domain::untrusted::Safe;

/// Changes that are kept of each instance.
const MOST: usize = 100;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is like this now.
    State(Health),
    /// It runs something else now.
    Release,
    /// A run of ours began or ended.
    Run,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it was seen.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// In words.
    pub text: Safe,
}

/// What was seen of an instance last.
#[derive(Debug, Clone, PartialEq)]
struct Last {
    health: Health,
    release: Option<(CommitSha, String)>,
}

/// The changes of all instances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    last: BTreeMap<HostId, Last>,
    changes: BTreeMap<HostId, VecDeque<Change>>,
}

impl Timeline {
    /// Takes the next look at the fleet.
    pub fn note(&mut self, snapshot: &FleetSnapshot) {
        for i in &snapshot.instances {
            if super::sheet_rows::is_asked(i) {
                self.note_one(i, snapshot.at);
            }
        }
        if self.last.len() > snapshot.instances.len() {
            let there: BTreeSet<&HostId> = snapshot.instances.iter().map(|i| &i.id).collect();
            self.last.retain(|id, _| there.contains(id));
            self.changes.retain(|id, _| there.contains(id));
        }
    }

    fn note_one(&mut self, i: &InstanceView, at: Timestamp) {
        let named = |r: &crate::domain::snapshot::RunningRelease| {
            let name = r.reference.as_ref().map(ToString::to_string);
            (r.sha.clone(), name.unwrap_or_else(|| r.sha.short().to_owned()))
        };
        let now = Last { health: i.verdict.health, release: i.release.as_ref().map(named) };
        let before = self.last.get(&i.id);
        if before == Some(&now) {
            return;
        }
        let mut new = Vec::new();
        let reason = i.verdict.reasons.first();
        let why = reason.map(|r| format!(": {} {}", r.subject, r.text)).unwrap_or_default();
        let state = What::State(now.health);
        match before {
            None => new.push((state, format!("first seen {}{why}", now.health.word()))),
            Some(b) if b.health != now.health => {
                new.push((state, format!("{} → {}{why}", b.health.word(), now.health.word())));
            }
            Some(_) => {}
        }
        let was = before.and_then(|b| b.release.as_ref());
        if let (Some((old_sha, old)), Some((new_sha, name))) = (was, &now.release)
            && old_sha != new_sha
        {
            new.push((What::Release, format!("{old} → {name}")));
        }
        // A host that does not answer has lost nothing: what ran is remembered.
        let release = now.release.or_else(|| before.and_then(|b| b.release.clone()));
        let kept = self.changes.entry(i.id.clone()).or_default();
        for (what, text) in new {
            kept.push_back(Change { at, what, text: Safe::line(&text) });
        }
        while kept.len() > MOST {
            kept.pop_front();
        }
        self.last.insert(i.id.clone(), Last { health: now.health, release });
    }
}

/// What changed on an instance, newest first: as seen by this program, and the runs that worked on it.
pub fn of(model: &Model, host: &HostId) -> Vec<Change> {
    let mut all: Vec<Change> =
        model.timeline.changes.get(host).into_iter().flatten().cloned().collect();
    for run in model.runs.iter().flatten().filter(|run| run.hosts.contains(host)) {
        let to = run.target.as_ref().map(|t| format!(" to {t}")).unwrap_or_default();
        let name = format!("run {}: {}{to}", run.run.short(), run.workflow.name());
        let told = |at, text: String| Change { at, what: What::Run, text: Safe::line(&text) };
        all.push(told(run.planned, format!("{name} planned")));
        if let Some(at) = run.finished {
            all.push(told(at, format!("{name} {}", run.phase.word())));
        }
    }
    all.sort_by_key(|change| std::cmp::Reverse(change.at));
    all
}
