//! Pages on which something is chosen before there is a plan: secrets to change, a release to go back to.

use std::collections::BTreeSet;

use super::cursor::Cursor;
use super::list_order::ListOrder;
use super::msg::Problem;
use crate::domain::filter::RowFilter;
use crate::domain::ids::HostId;
use crate::domain::release::Recorded;
use crate::domain::secret::SecretName;
use crate::domain::secret::due::Due;

/// Something that is read when its page opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    /// The answer to this request is waited for.
    Waiting(u64),
    /// It is there.
    Known(T),
    /// It cannot be read.
    Failed(Problem),
}

impl<T> Asked<T> {
    /// It, where it is there.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(known) => Some(known),
            Self::Waiting(_) | Self::Failed(_) => None,
        }
    }

    /// Takes the answer to a request; one to another request is dropped.
    pub fn take<U>(&mut self, request: u64, answer: Result<U, Problem>, make: impl FnOnce(U) -> T) {
        if matches!(self, Self::Waiting(waited) if *waited == request) {
            *self = match answer {
                Ok(answer) => Self::Known(make(answer)),
                Err(problem) => Self::Failed(problem),
            };
        }
    }
}

/// All secrets of the fleet with their age.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePage {
    /// The secrets, the most urgent first.
    pub due: Asked<Vec<Due>>,
    /// Selection among those that are shown.
    pub cursor: Cursor,
    /// Which are shown, as it was typed.
    pub filter: String,
    /// What of the filter counts: all of it, once it can be used.
    pub counts: RowFilter,
    /// Their order.
    pub order: ListOrder,
}

/// The secrets of some instances, to choose which get new values.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretsPage {
    /// The instances.
    pub hosts: Vec<HostId>,
    /// A secret that is meant already.
    pub meant: Option<SecretName>,
    /// The secrets, each name once, the most urgent first.
    pub rows: Asked<Vec<SecretRow>>,
    /// Which were chosen.
    pub chosen: BTreeSet<SecretName>,
    /// Selection.
    pub cursor: Cursor,
}

/// A secret that one or several instances have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// The most urgent of them.
    pub due: Due,
    /// How many of the instances have it.
    pub n_hosts: usize,
}

impl SecretsPage {
    /// Takes the secrets of the fleet: keeps those of the instances, and chooses what is due.
    pub fn take(&mut self, request: u64, answer: Result<Vec<Due>, Problem>) {
        let hosts = &self.hosts;
        self.rows.take(request, answer, |due| rows(due, hosts));
        let Some(rows) = self.rows.known() else { return };
        self.chosen = match &self.meant {
            Some(name) => BTreeSet::from([name.clone()]),
            None => rows.iter().filter(|r| r.due.is_due()).map(|r| r.due.name.clone()).collect(),
        };
        self.chosen
            .retain(|name| rows.iter().any(|r| &r.due.name == name && r.due.by_hand().is_none()));
        let meant = self.meant.as_ref();
        let at = meant.and_then(|name| rows.iter().position(|r| &r.due.name == name));
        self.cursor.selected = at.unwrap_or(0);
    }

    /// The row under the selection.
    pub fn selected(&self) -> Option<&SecretRow> {
        self.rows.known()?.get(self.cursor.selected)
    }

    /// Those that can be changed by themselves.
    pub fn changeable(&self) -> impl Iterator<Item = &SecretName> {
        let rows = self.rows.known().map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter(|r| r.due.by_hand().is_none()).map(|r| &r.due.name)
    }
}

/// Each name once, with the most urgent of its owners; `due` comes sorted.
fn rows(due: Vec<Due>, hosts: &[HostId]) -> Vec<SecretRow> {
    let mut rows: Vec<SecretRow> = Vec::new();
    let ours = |due: &Due| hosts.iter().any(|h| due.of_host && h.as_str() == due.owner.as_str());
    for due in due.into_iter().filter(ours) {
        match rows.iter_mut().find(|row| row.due.name == due.name) {
            Some(row) => row.n_hosts += 1,
            None => rows.push(SecretRow { due, n_hosts: 1 }),
        }
    }
    // What is changed by hand stands below what can be chosen.
    rows.sort_by_key(|row| (row.due.by_hand().is_some(), row.due.urgency()));
    rows
}

/// The releases that some instances recorded, to choose where they go back to.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleasesPage {
    /// The instances.
    pub hosts: Vec<HostId>,
    /// The releases, newest first. Above them stands the one before the running one.
    pub releases: Asked<Vec<Recorded>>,
    /// Selection; 0 is the release before.
    pub cursor: Cursor,
}

impl ReleasesPage {
    /// Lines of the list.
    pub fn n_rows(&self) -> usize {
        self.releases.known().map_or(0, Vec::len) + 1
    }

    /// The chosen release; `None` is each instance's last healthy one before the one that runs.
    pub fn chosen(&self) -> Option<&Recorded> {
        self.releases.known()?.get(self.cursor.selected.checked_sub(1)?)
    }
}
