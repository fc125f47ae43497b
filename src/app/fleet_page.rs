//! The fleet page: which instances are shown, in which order, which are marked and which is selected.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cursor::{Cursor, Step};
use crate::domain::health::Health;
use crate::domain::ids::HostId;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{FleetSnapshot, HttpHealth, InstanceView};

/// What the table is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The worst health first, then by name.
    #[default]
    Problems,
    /// By name.
    Name,
    /// By release.
    Release,
    /// The slowest first.
    P95,
    /// The most errors first.
    Errors,
    /// The longest queue first.
    Queue,
    /// The oldest backup first.
    Backup,
    /// The fullest disk first.
    Disk,
}

impl Sort {
    /// Its word in the table's border.
    pub fn title(self) -> &'static str {
        match self {
            Self::Problems => "problems first",
            Self::Name => "by name",
            Self::Release => "by release",
            Self::P95 => "slowest first",
            Self::Errors => "most errors first",
            Self::Queue => "longest queue first",
            Self::Backup => "oldest backup first",
            Self::Disk => "fullest disk first",
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Problems => Self::Name,
            Self::Name => Self::Release,
            Self::Release => Self::P95,
            Self::P95 => Self::Errors,
            Self::Errors => Self::Queue,
            Self::Queue => Self::Backup,
            Self::Backup => Self::Disk,
            Self::Disk => Self::Problems,
        }
    }

    fn signal(self) -> Option<Signal> {
        match self {
            Self::Problems | Self::Name | Self::Release => None,
            Self::P95 => Some(Signal::P95Seconds),
            Self::Errors => Some(Signal::ErrorRatio),
            Self::Queue => Some(Signal::MailQueue),
            Self::Backup => Some(Signal::BackupAge),
            Self::Disk => Some(Signal::DiskRatio),
        }
    }
}

/// The state of the fleet page.
///
/// **Invariant:** selection and marks are ids, so no refresh, sort or filter moves them to another
/// instance; the order changes only when an instance comes, goes or changes its health, or when the operator sorts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetPage {
    /// The newest snapshot.
    pub snapshot: Option<Arc<FleetSnapshot>>,
    /// What is shown: places in the snapshot's list.
    order: Vec<usize>,
    /// What `order` was made of.
    made_of: Vec<(HostId, Health)>,
    /// Scroll and selection within `order`.
    pub cursor: Cursor,
    selected: Option<HostId>,
    /// The order.
    pub sort: Sort,
    /// The filter's text.
    pub filter: String,
    /// Marked instances.
    pub marked: BTreeSet<HostId>,
}

impl FleetPage {
    /// Takes a snapshot; `height` is the number of rows on the screen.
    pub fn take(&mut self, snapshot: Arc<FleetSnapshot>, height: usize) {
        let made_of: Vec<(HostId, Health)> =
            snapshot.instances.iter().map(|i| (i.id.clone(), i.verdict.health)).collect();
        let changed = made_of != self.made_of;
        self.snapshot = Some(snapshot);
        if changed {
            self.made_of = made_of;
            let known: BTreeSet<&HostId> = self.made_of.iter().map(|(id, _)| id).collect();
            self.marked.retain(|id| known.contains(id));
            self.arrange(height);
        }
    }

    /// Makes the order anew and keeps the selected instance selected.
    pub fn arrange(&mut self, height: usize) {
        let Some(snapshot) = &self.snapshot else { return };
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let all = &snapshot.instances;
        let mut order: Vec<usize> = all
            .iter()
            .enumerate()
            .filter(|(_, i)| words.iter().all(|w| matches(i, w)))
            .map(|(at, _)| at)
            .collect();
        order.sort_by(|&a, &b| match (all.get(a), all.get(b)) {
            (Some(a), Some(b)) => compare(self.sort, a, b),
            _ => std::cmp::Ordering::Equal,
        });
        let at = self.selected.as_ref().and_then(|id| {
            order.iter().position(|&i| all.get(i).is_some_and(|instance| &instance.id == id))
        });
        self.order = order;
        // With nothing chosen yet, or the chosen one gone, the first row is selected: the worst.
        self.cursor.selected = at.unwrap_or(0);
        self.cursor.fit(self.order.len(), height);
    }

    /// Moves the selection.
    pub fn go(&mut self, step: Step, height: usize) {
        self.cursor.go(step, self.order.len(), height);
        self.selected = self.selected().map(|i| i.id.clone());
    }

    /// Selects an instance by its id, clearing a filter that hides it.
    pub fn select(&mut self, id: &HostId, height: usize) {
        self.selected = Some(id.clone());
        if !self.rows().any(|i| &i.id == id) {
            self.filter.clear();
        }
        self.arrange(height);
    }

    /// The instances that are shown, in order.
    pub fn rows(&self) -> impl Iterator<Item = &Arc<InstanceView>> {
        let all = self.snapshot.as_ref().map(|s| s.instances.as_slice()).unwrap_or_default();
        self.order.iter().filter_map(|&at| all.get(at))
    }

    /// How many are shown.
    pub fn n_rows(&self) -> usize {
        self.order.len()
    }

    /// The selected instance.
    pub fn selected(&self) -> Option<&Arc<InstanceView>> {
        let at = *self.order.get(self.cursor.selected)?;
        self.snapshot.as_ref()?.instances.get(at)
    }

    /// An instance by its id.
    pub fn instance(&self, id: &HostId) -> Option<&Arc<InstanceView>> {
        self.snapshot.as_ref()?.instances.iter().find(|i| &i.id == id)
    }

    /// Marks or unmarks the selected instance.
    pub fn toggle_mark(&mut self) {
        if let Some(id) = self.selected().map(|i| i.id.clone())
            && !self.marked.remove(&id)
        {
            self.marked.insert(id);
        }
    }

    /// Marks all that are shown, or unmarks them when all are.
    pub fn toggle_all(&mut self) {
        let shown: Vec<HostId> = self.rows().map(|i| i.id.clone()).collect();
        if shown.iter().all(|id| self.marked.contains(id)) {
            self.marked.retain(|id| !shown.contains(id));
        } else {
            self.marked.extend(shown);
        }
    }

    /// What an action is for: the marked instances in the order of the inventory, else the selected one.
    pub fn targets(&self) -> Vec<HostId> {
        if self.marked.is_empty() {
            return self.selected().map(|i| i.id.clone()).into_iter().collect();
        }
        let all = self.snapshot.as_ref().map(|s| s.instances.as_slice()).unwrap_or_default();
        all.iter().map(|i| i.id.clone()).filter(|id| self.marked.contains(id)).collect()
    }
}

fn release(instance: &InstanceView) -> &str {
    instance.release.as_ref().map_or("", |r| match &r.reference {
        Some(reference) => reference.as_str(),
        None => r.sha.short(),
    })
}

fn matches(instance: &InstanceView, word: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(word);
    has(instance.id.as_str())
        || has(instance.domain.as_str())
        || has(instance.verdict.health.word())
        || has(release(instance))
        || instance.groups.iter().any(|g| has(g.as_str()))
}

fn compare(sort: Sort, a: &InstanceView, b: &InstanceView) -> std::cmp::Ordering {
    let by_name = a.id.cmp(&b.id);
    match sort {
        Sort::Name => by_name,
        Sort::Problems => urgency(a).cmp(&urgency(b)).then(by_name),
        Sort::Release => release(a).cmp(release(b)).then(by_name),
        Sort::P95 | Sort::Errors | Sort::Queue | Sort::Backup | Sort::Disk => {
            // The largest first, those without a figure last.
            let value = |i: &InstanceView| {
                let figure = sort.signal().and_then(|s| i.signals.get(&s));
                figure.and_then(|f| f.reading).map_or(f64::NEG_INFINITY, |r| r.value)
            };
            value(b).total_cmp(&value(a)).then(by_name)
        }
    }
}

/// Problems first; an instance that was not asked yet is no problem.
fn urgency(instance: &InstanceView) -> (Health, bool) {
    (instance.verdict.health, matches!(instance.http, HttpHealth::NotYet))
}
