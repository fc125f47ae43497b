//! Everything that is known of the fleet, and the snapshot made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::metrics::{Figures, Trends};
use super::poll::Watched;
use super::record::{Record, aged};
use crate::domain::accent::Accent;
use crate::domain::fleet::MetricsSettings;
use crate::domain::ids::HostId;
use crate::domain::side_by_side::side_by_side;
use crate::domain::snapshot::{FleetSnapshot, InstanceView, InventoryState, MetricsState};
use crate::domain::untrusted::Safe;
use crate::domain::window::{WindowSet, window_sets};
use crate::steps::probe::DEADLINE;

/// The records of all instances, and which of them changed since the last snapshot.
#[derive(Debug)]
pub(super) struct Board {
    fleet: Safe,
    accent: Option<Accent>,
    inventory: InventoryState,
    windows: Arc<[WindowSet]>,
    others: Arc<[HostId]>,
    facts_stale_s: f64,
    order: Vec<HostId>,
    records: BTreeMap<HostId, Record>,
    views: BTreeMap<HostId, Arc<InstanceView>>,
    changed: BTreeSet<HostId>,
    /// When it was last asked what time alone changes.
    judged: Timestamp,
    pub(super) server: Option<MetricsSettings>,
    metrics: MetricsState,
}

impl Board {
    pub(super) fn new(watched: &Watched) -> Self {
        let mut board = Self {
            fleet: watched.fleet.name.clone(),
            accent: watched.fleet.accent,
            inventory: InventoryState::default(),
            windows: Arc::new([]),
            others: Arc::new([]),
            facts_stale_s: 60.0,
            order: Vec::new(),
            records: BTreeMap::new(),
            views: BTreeMap::new(),
            changed: BTreeSet::new(),
            judged: Timestamp::UNIX_EPOCH,
            server: None,
            metrics: MetricsState::NotConfigured,
        };
        board.watch(watched);
        board
    }

    /// Takes another inventory. What is known of an instance stays as far as it is true of its new entry; gives those that are
    /// new or are to be asked other things than before.
    pub(super) fn watch(&mut self, watched: &Watched) -> Vec<HostId> {
        let fleet = &watched.fleet;
        self.accent = fleet.accent;
        self.fleet = fleet.name.clone();
        self.inventory = watched.files.clone();
        self.windows = window_sets(fleet.instances().map(|(host, _)| (&host.id, &host.windows)));
        let others = fleet.hosts.iter().filter(|host| host.instance.is_none());
        self.others = others.map(|host| host.id.clone()).collect();
        self.facts_stale_s =
            (fleet.probe_interval_s as f64 * 3.0 + DEADLINE.as_secs_f64()).max(60.0);
        let mut old = std::mem::take(&mut self.records);
        self.order.clear();
        let mut fresh = Vec::new();
        for (host, settings) in fleet.instances() {
            let id = host.id.clone();
            let record = if let Some(mut record) = old.remove(&id) {
                if !record.asks_alike(host, settings) {
                    fresh.push(id.clone());
                }
                record.take(host, settings);
                record
            } else {
                fresh.push(id.clone());
                Record::new(Arc::clone(host), Arc::clone(settings))
            };
            self.order.push(id.clone());
            self.changed.insert(id.clone());
            self.records.insert(id, record);
        }
        self.views.retain(|id, _| self.records.contains_key(id));
        if self.server != fleet.metrics {
            self.server.clone_from(&fleet.metrics);
            self.metrics = match self.server {
                Some(_) => MetricsState::NotYet,
                None => MetricsState::NotConfigured,
            };
            self.records.values_mut().for_each(Record::not_measured);
        }
        fresh
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &HostId> {
        self.order.iter()
    }

    pub(super) fn get(&self, id: &HostId) -> Option<&Record> {
        self.records.get(id)
    }

    /// A record that is about to change.
    pub(super) fn change(&mut self, id: &HostId) -> Option<&mut Record> {
        let record = self.records.get_mut(id)?;
        self.changed.insert(id.clone());
        Some(record)
    }

    pub(super) fn measured(&mut self, figures: &Figures, now: Timestamp) {
        self.metrics = match (figures.trouble(), &self.metrics) {
            (None, _) => MetricsState::Answered { at: now, partial: figures.partial() },
            (Some(trouble), MetricsState::Failed { since, last_seen, .. }) => {
                MetricsState::Failed {
                    since: *since,
                    last_seen: *last_seen,
                    trouble: trouble.clone(),
                }
            }
            (Some(trouble), before) => MetricsState::Failed {
                since: now,
                last_seen: match before {
                    MetricsState::Answered { at, .. } => Some(*at),
                    MetricsState::NotConfigured
                    | MetricsState::NotYet
                    | MetricsState::Failed { .. } => None,
                },
                trouble: trouble.clone(),
            },
        };
        self.records.values_mut().for_each(|r| r.measured(figures));
        self.all_changed();
    }

    pub(super) fn trended(&mut self, trends: &Trends) {
        self.records.values_mut().for_each(|r| r.trended(trends));
        self.all_changed();
    }

    fn all_changed(&mut self) {
        self.changed.extend(self.order.iter().cloned());
    }

    /// Verdicts depend on the time: to be called now and then. Of hosts that are silent for long little changes, and there can be a
    /// thousand of them: they are looked at when one of their ages reads otherwise, and where `all`. Gives whether any is.
    pub(super) fn time_passed(&mut self, now: Timestamp, all: bool) -> bool {
        let then = std::mem::replace(&mut self.judged, now);
        let told = |record: &Record| all || aged(&record.contact, then, now);
        self.changed.extend(self.records.iter().filter(|(_, r)| told(r)).map(|(id, _)| id.clone()));
        !self.changed.is_empty()
    }

    /// The fleet now. A view that is as before stays the same object.
    pub(super) fn snapshot(&mut self, now: Timestamp) -> FleetSnapshot {
        let mut changed: Vec<HostId> = std::mem::take(&mut self.changed).into_iter().collect();
        let (records, views) = (&self.records, &self.views);
        let made = side_by_side(&mut changed, |id| {
            let view = records.get(id)?.view(self.facts_stale_s, now);
            let same = views.get(id).is_some_and(|old| **old == view);
            (!same).then(|| Arc::new(view))
        });
        let made = changed.into_iter().zip(made);
        self.views.extend(made.filter_map(|(id, view)| Some((id, view?))));
        FleetSnapshot {
            fleet: self.fleet.clone(),
            at: now,
            instances: self.order.iter().filter_map(|id| self.views.get(id).cloned()).collect(),
            metrics: self.metrics.clone(),
            inventory: self.inventory.clone(),
            windows: Arc::clone(&self.windows),
            accent: self.accent,
            others: Arc::clone(&self.others),
        }
    }
}
