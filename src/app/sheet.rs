//! Pages with one list: backups, alerts, windows, the inventory, findings, two things side by side, charts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::action::Place;
use super::choice_pages::Asked;
use super::cursor::Cursor;
use super::fleet_charts::FleetChartsSheet;
use super::holds::Holds;
use super::list_filter;
use super::list_order::ListOrder;
use super::look::Looked;
use super::msg::Problem;
use super::panes::PanesSheet;
use super::timeline::TimelineRead;
use crate::domain::alerts::Manager;
use crate::domain::backups::Made;
use crate::domain::charts::ChartsRead;
use crate::domain::filter::{Row, RowFilter};
use crate::domain::finding::Finding;
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::inventory::{InventoryTold, VariableTold};
use crate::domain::untrusted::Safe;

/// A page with one list.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What it lists.
    pub of: SheetOf,
    /// Selection.
    pub cursor: Cursor,
    /// The selected row by its name, so that rows that move do not move the selection.
    pub selected: Option<String>,
    /// What a row must have, as it was typed.
    pub filter: String,
    /// What of the filter counts: all of it, once it can be used.
    pub counts: RowFilter,
    /// Their order.
    pub order: ListOrder,
}

/// What a sheet lists, with what was read for it.
#[derive(Debug, Clone, PartialEq)]
pub enum SheetOf {
    /// The backups of each instance.
    Backups(BackupsSheet),
    /// What the rules and the Alertmanager say.
    Alerts(AlertsSheet),
    /// The maintenance windows.
    Windows,
    /// Who holds what.
    Leases(Holds),
    /// The groups and hosts of the inventory.
    Inventory(Asked<InventoryTold>),
    /// The variables of a host.
    Variables(HostId, Asked<Vec<VariableTold>>),
    /// The findings of this machine, and those of the hosts.
    Doctor(Asked<Vec<Finding>>, Asked<Vec<Finding>>),
    /// Two things side by side.
    Compare(CompareSheet),
    /// The charts of an instance.
    Charts(ChartsSheet),
    /// The figures of all instances as charts.
    FleetCharts(FleetChartsSheet),
    /// What changed on an instance.
    Timeline(HostId, TimelineRead),
    /// The outputs of several targets of a run.
    Panes(PanesSheet),
}

/// What was read of backups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackupsSheet {
    /// The backups of each instance that was asked, or why they cannot be read.
    pub made: BTreeMap<HostId, Result<Vec<Made>, Safe>>,
    /// Instances that are being asked.
    pub asking: BTreeSet<HostId>,
}

/// What was read of alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertsSheet {
    /// What the Alertmanager says; `None` where the fleet has none.
    pub manager: Asked<Option<Box<Manager>>>,
    /// The last good answer, while a newer one is waited for or failed.
    pub last: Option<Box<Manager>>,
    /// When it was last asked.
    pub asked: Timestamp,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair {
    /// Two instances.
    Instances(HostId, HostId),
    /// Two releases.
    Releases(CommitSha, CommitSha),
}

/// Which lines of a comparison are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lines {
    /// Those that differ.
    #[default]
    Differing,
    /// All.
    All,
}

/// Two things side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareSheet {
    /// What is compared.
    pub pair: Pair,
    /// The two instances that were compared last.
    pub instances: (HostId, HostId),
    /// The variables of the two instances.
    pub variables: (Asked<Vec<VariableTold>>, Asked<Vec<VariableTold>>),
    /// Which lines are shown.
    pub lines: Lines,
}

/// The charts of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartsSheet {
    /// Which.
    pub host: HostId,
    /// The charts, as they were asked for last.
    pub read: Asked<Box<ChartsRead>>,
    /// The last good answer, while a newer one is waited for or failed.
    pub last: Option<Box<ChartsRead>>,
    /// When they were last asked for.
    pub asked: Timestamp,
    /// What changed on it.
    pub changes: TimelineRead,
}

impl Sheet {
    /// A list of this, from its top.
    pub fn new(of: SheetOf) -> Self {
        Self {
            of,
            cursor: Cursor::default(),
            selected: None,
            filter: String::new(),
            counts: RowFilter::default(),
            order: ListOrder::default(),
        }
    }

    /// Whether something is waited for and nothing stands in its place.
    pub fn waits(&self) -> bool {
        match &self.of {
            SheetOf::Backups(page) => !page.asking.is_empty(),
            SheetOf::Alerts(page) => page.last.is_none() && waiting(&page.manager),
            SheetOf::Charts(page) => page.last.is_none() && waiting(&page.read),
            SheetOf::Panes(page) => page.outputs.is_none() && page.trouble.is_none(),
            SheetOf::Timeline(_, page) => page.last.is_none() && waiting(&page.read),
            SheetOf::Windows | SheetOf::FleetCharts(_) => false,
            SheetOf::Leases(holds) => !holds.settled() && holds.read.is_empty(),
            SheetOf::Inventory(told) => waiting(told),
            SheetOf::Variables(_, told) => waiting(told),
            SheetOf::Doctor(here, hosts) => waiting(here) || waiting(hosts),
            SheetOf::Compare(page) => waiting(&page.variables.0) || waiting(&page.variables.1),
        }
    }

    /// Whether a row is shown; it is made only where a filter looks at it.
    pub fn shows(&self, row: impl FnOnce() -> Row) -> bool {
        self.counts.is_empty() || self.counts.lets(&row())
    }

    /// Shows only rows like this.
    pub fn filter(&mut self, text: &str) {
        list_filter::take(&mut self.filter, &mut self.counts, text, self.of.place());
    }
}

fn waiting<T>(asked: &Asked<T>) -> bool {
    matches!(asked, Asked::Waiting(_))
}

impl SheetOf {
    /// Where its keys mean something.
    pub fn place(&self) -> Place {
        match self {
            Self::Backups(_) => Place::Backups,
            Self::Alerts(_) => Place::Alerts,
            Self::Windows => Place::Windows,
            Self::Leases(_) => Place::Leases,
            Self::Inventory(_) => Place::Inventory,
            Self::Variables(..) => Place::Variables,
            Self::Doctor(..) => Place::Doctor,
            Self::Compare(_) => Place::Compare,
            Self::Charts(_) => Place::Charts,
            Self::Timeline(..) => Place::Timeline,
            Self::FleetCharts(_) => Place::FleetCharts,
            Self::Panes(_) => Place::Panes,
        }
    }

    /// Takes an answer that is for this page; any other is dropped.
    pub fn take(&mut self, request: u64, answer: &Result<Looked, Problem>) {
        match (self, answer) {
            (Self::Backups(page), Ok(Looked::Backups(made))) => {
                page.asking.retain(|host| !made.contains_key(host));
                page.made.extend(made.clone());
            }
            (Self::Backups(page), Err(_)) => page.asking.clear(),
            (Self::Alerts(page), Ok(Looked::Alerts(manager))) => {
                page.manager.take(request, Ok(manager.clone()), |m| m);
                if matches!(page.manager, Asked::Known(_)) {
                    page.last = None;
                }
            }
            (Self::Alerts(page), Err(problem)) => fail(&mut page.manager, request, problem),
            (Self::Inventory(told), Ok(Looked::Inventory(read))) => {
                told.take(request, Ok(read.clone()), |t| t);
            }
            (Self::Inventory(told), Err(problem)) => fail(told, request, problem),
            (Self::Variables(_, told), Ok(Looked::Variables(read))) => {
                told.take(request, Ok(read.clone()), |t| t);
            }
            (Self::Variables(_, told), Err(problem)) => fail(told, request, problem),
            (Self::Doctor(here, hosts), Ok(Looked::Findings(found))) => {
                here.take(request, Ok(found.clone()), |f| f);
                hosts.take(request, Ok(found.clone()), |f| f);
            }
            (Self::Doctor(here, hosts), Err(problem)) => {
                fail(here, request, problem);
                fail(hosts, request, problem);
            }
            (Self::Compare(page), Ok(Looked::Variables(read))) => {
                page.variables.0.take(request, Ok(read.clone()), |t| t);
                page.variables.1.take(request, Ok(read.clone()), |t| t);
            }
            (Self::Compare(page), Err(problem)) => {
                fail(&mut page.variables.0, request, problem);
                fail(&mut page.variables.1, request, problem);
            }
            (Self::Charts(page), Ok(Looked::Charts(read))) => {
                page.read.take(request, Ok(read.clone()), |r| r);
            }
            (Self::Charts(page), answer) => {
                page.changes.take(request, answer);
                if let Err(problem) = answer {
                    fail(&mut page.read, request, problem);
                }
            }
            (Self::Timeline(_, page), answer) => page.take(request, answer),
            (Self::Panes(page), answer) => page.take(request, answer),
            (Self::Leases(holds), answer) => holds.take(request, answer),
            (_, Ok(_)) | (Self::Windows | Self::FleetCharts(_), Err(_)) => {}
        }
    }
}

fn fail<T>(asked: &mut Asked<T>, request: u64, problem: &Problem) {
    asked.take(request, Err::<T, _>(problem.clone()), |t| t);
}

impl AlertsSheet {
    /// The newest good answer of the Alertmanager.
    pub fn manager(&self) -> Option<&Manager> {
        match &self.manager {
            Asked::Known(known) => known.as_deref(),
            Asked::Waiting(_) | Asked::Failed(_) => self.last.as_deref(),
        }
    }

    /// Asks again; what was known stays until the answer.
    pub fn ask(&mut self, request: u64, now: Timestamp) {
        self.last = self.manager().cloned().map(Box::new);
        self.manager = Asked::Waiting(request);
        self.asked = now;
    }
}

impl ChartsSheet {
    /// The newest charts.
    pub fn charts(&self) -> Option<&ChartsRead> {
        self.read.known().map(|read| &**read).or(self.last.as_deref())
    }

    /// Asks again; what was known stays until the answer.
    pub fn ask(&mut self, request: u64, now: Timestamp) {
        self.last = self.charts().cloned().map(Box::new);
        self.read = Asked::Waiting(request);
        self.asked = now;
    }
}
