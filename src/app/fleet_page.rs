//! The fleet page: which instances are shown, in which order, which are marked and which is selected.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::columns::Column;
use super::cursor::{Cursor, Step};
pub use super::fleet_sort::{Sort, SortBy};
use crate::domain::filter::Filter;
use crate::domain::health::Health;
use crate::domain::ids::HostId;
use crate::domain::snapshot::{Contact, FleetSnapshot, HttpHealth, InstanceView};

/// Which instances are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Listed {
    /// All.
    #[default]
    All,
    /// Only those that are not healthy.
    Problems,
}

/// The state of the fleet page.
///
/// **Invariant:** selection and marks are ids, so no refresh, sort or filter moves them to another
/// instance; the order changes only when an instance comes, goes or changes its health, or when the operator sorts.
#[derive(Debug, Clone, PartialEq)]
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
    /// What goes through: the last filter that could be used.
    pub filter: Filter,
    /// Whether the healthy ones are left out.
    pub listed: Listed,
    /// Marked instances.
    pub marked: BTreeSet<HostId>,
    /// Where a range of marks began; it ends at the selected row.
    anchor: Option<HostId>,
    /// The chosen columns, in the order of the screen.
    pub columns: Vec<Column>,
}

impl Default for FleetPage {
    fn default() -> Self {
        Self {
            snapshot: None,
            order: Vec::new(),
            made_of: Vec::new(),
            cursor: Cursor::default(),
            selected: None,
            sort: Sort::default(),
            filter: Filter::default(),
            listed: Listed::All,
            marked: BTreeSet::new(),
            anchor: None,
            columns: Column::default_choice(),
        }
    }
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
            self.anchor = self.anchor.take().filter(|id| known.contains(id));
        }
        // A figure may have passed the limit that the filter names; the order of those that stay is kept.
        let others = || {
            let mut shown = self.order.clone();
            shown.sort_unstable();
            shown != self.going_through()
        };
        if changed || (self.filter.reads_figures() && others()) {
            self.arrange(height);
        }
    }

    /// Places of the instances that go through, in the order of the inventory.
    fn going_through(&self) -> Vec<usize> {
        let Some(snapshot) = &self.snapshot else { return Vec::new() };
        let listed = |i: &InstanceView| match self.listed {
            Listed::All => true,
            Listed::Problems => i.verdict.health != Health::Healthy && !not_asked(i),
        };
        let all = snapshot.instances.iter().enumerate();
        all.filter(|(_, i)| listed(i) && self.filter.lets(i, snapshot.at))
            .map(|(at, _)| at)
            .collect()
    }

    /// Makes the order anew and keeps the selected instance selected.
    pub fn arrange(&mut self, height: usize) {
        let Some(snapshot) = &self.snapshot else { return };
        let all = &snapshot.instances;
        let mut order = self.going_through();
        order.sort_by(|&a, &b| match (all.get(a), all.get(b)) {
            (Some(a), Some(b)) => self.sort.compare(a, b),
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
            self.filter = Filter::default();
            self.listed = Listed::All;
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

    /// Drops the filter, else shows the healthy ones again; says whether there was something to drop.
    pub fn show_all(&mut self) -> bool {
        if !self.filter.is_empty() {
            self.filter = Filter::default();
            return true;
        }
        std::mem::replace(&mut self.listed, Listed::All) == Listed::Problems
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

    /// Marks those of the shown ones that are not marked, and unmarks the others.
    pub fn invert(&mut self) {
        let shown: Vec<HostId> = self.rows().map(|i| i.id.clone()).collect();
        for id in shown {
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
        }
    }

    /// Begins a range of marks at the selected row.
    pub fn begin_range(&mut self) {
        self.anchor = self.selected().map(|i| i.id.clone());
    }

    /// The rows of the range that is open, first and last.
    pub fn range(&self) -> Option<(usize, usize)> {
        let anchor = self.anchor.as_ref()?;
        let from = self.rows().position(|i| &i.id == anchor)?;
        let to = self.cursor.selected;
        Some((from.min(to), from.max(to)))
    }

    /// Drops the range; says whether there was one.
    pub fn drop_range(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    /// Marks the range and ends it; says whether there was one.
    pub fn mark_range(&mut self) -> bool {
        let Some((from, to)) = self.range() else { return self.drop_range() };
        let ids: Vec<HostId> =
            self.rows().skip(from).take(to - from + 1).map(|i| i.id.clone()).collect();
        self.marked.extend(ids);
        self.drop_range()
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

/// Whether nothing was heard of an instance since the program started.
fn not_asked(instance: &InstanceView) -> bool {
    matches!(instance.contact, Contact::NotYet) && matches!(instance.http, HttpHealth::NotYet)
}
