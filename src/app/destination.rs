//! Pages that can be gone to by name: by the palette, by history, by a bookmark, by `bunker snapshot`.

use std::fmt;
use std::str::FromStr;

use super::model::{Model, Screen};
use super::place::Place;
use super::sheet::{Pair, SheetOf};
use crate::domain::git::CommitSha;
use crate::domain::ids::{HostId, InvalidName, RunId};

/// A page that means the same later and elsewhere. Plans and forms are none: they are made anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// The fleet page.
    Fleet,
    /// The page of an instance.
    Instance(HostId),
    /// The list of runs.
    Runs,
    /// The page of a run.
    Run(RunId),
    /// The secrets by when they are due.
    SecretsDue,
    /// The audit log.
    Audit,
    /// The backups of each instance.
    Backups,
    /// The alerts.
    Alerts,
    /// The maintenance windows.
    Windows,
    /// Who holds which instance.
    Leases,
    /// The inventory.
    Inventory,
    /// The variables of a host.
    Variables(HostId),
    /// What `bunker doctor` finds.
    Doctor,
    /// Two instances side by side.
    Compare(HostId, HostId),
    /// Two releases side by side.
    CompareReleases(CommitSha, CommitSha),
    /// The charts of an instance.
    Charts(HostId),
    /// The figures of all instances as charts.
    FleetCharts,
    /// What changed on an instance.
    Timeline(HostId),
    /// The outputs of a run's targets.
    Outputs(RunId),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet => f.write_str("fleet"),
            Self::Instance(id) => write!(f, "instance {id}"),
            Self::Runs => f.write_str("runs"),
            Self::Run(run) => write!(f, "run {run}"),
            Self::SecretsDue => f.write_str("secrets-due"),
            Self::Audit => f.write_str("audit"),
            Self::Backups => f.write_str("backups"),
            Self::Alerts => f.write_str("alerts"),
            Self::Windows => f.write_str("windows"),
            Self::Leases => f.write_str("leases"),
            Self::Inventory => f.write_str("inventory"),
            Self::Variables(id) => write!(f, "variables {id}"),
            Self::Doctor => f.write_str("doctor"),
            Self::FleetCharts => f.write_str("fleet-charts"),
            Self::Compare(a, b) => write!(f, "compare {a} {b}"),
            Self::CompareReleases(a, b) => write!(f, "compare-releases {a} {b}"),
            Self::Charts(id) => write!(f, "charts {id}"),
            Self::Timeline(id) => write!(f, "timeline {id}"),
            Self::Outputs(run) => write!(f, "outputs {run}"),
        }
    }
}

impl Destination {
    /// Where its keys mean something.
    pub fn list(&self) -> Place {
        match self {
            Self::Fleet => Place::Fleet,
            Self::Instance(_) => Place::Instance,
            Self::Runs => Place::Runs,
            Self::Run(_) => Place::Run,
            Self::SecretsDue => Place::Due,
            Self::Audit => Place::Audit,
            Self::Backups => Place::Backups,
            Self::Alerts => Place::Alerts,
            Self::Windows => Place::Windows,
            Self::Leases => Place::Leases,
            Self::Inventory => Place::Inventory,
            Self::Variables(_) => Place::Variables,
            Self::Doctor => Place::Doctor,
            Self::Compare(..) | Self::CompareReleases(..) => Place::Compare,
            Self::Charts(_) => Place::Charts,
            Self::Timeline(_) => Place::Timeline,
            Self::FleetCharts => Place::FleetCharts,
            Self::Outputs(_) => Place::Panes,
        }
    }
}

/// The text names no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDestination {
    /// No such page.
    #[error(
        "{0:?} names no page: fleet, instance NAME, runs, run ID, secrets-due, audit, backups, alerts, windows, leases, inventory, variables HOST, doctor, compare A B, compare-releases SHA SHA, fleet-charts, charts NAME, timeline NAME, outputs RUN"
    )]
    Page(String),
    /// The page is one of something with a name that cannot be.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl FromStr for Destination {
    type Err = UnknownDestination;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (page, of) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        Ok(match (page, of.trim()) {
            ("fleet", "") => Self::Fleet,
            ("runs", "") => Self::Runs,
            ("secrets-due", "") => Self::SecretsDue,
            ("audit", "") => Self::Audit,
            ("backups", "") => Self::Backups,
            ("alerts", "") => Self::Alerts,
            ("windows", "") => Self::Windows,
            ("leases", "") => Self::Leases,
            ("inventory", "") => Self::Inventory,
            ("doctor", "") => Self::Doctor,
            ("fleet-charts", "") => Self::FleetCharts,
            ("variables", id) => Self::Variables(id.parse()?),
            ("charts", id) => Self::Charts(id.parse()?),
            ("timeline", id) => Self::Timeline(id.parse()?),
            ("outputs", id) => Self::Outputs(id.parse()?),
            ("compare", both) => match both.split_once(' ') {
                Some((a, b)) => Self::Compare(a.parse()?, b.trim().parse()?),
                None => return Err(UnknownDestination::Page(text.to_owned())),
            },
            ("compare-releases", both) => {
                let sha = |text: &str| text.trim().parse::<CommitSha>();
                match both.split_once(' ').map(|(a, b)| (sha(a), sha(b))) {
                    Some((Ok(a), Ok(b))) => Self::CompareReleases(a, b),
                    _ => return Err(UnknownDestination::Page(text.to_owned())),
                }
            }
            ("instance", id) => Self::Instance(id.parse()?),
            ("run", id) => Self::Run(id.parse()?),
            _ => return Err(UnknownDestination::Page(text.to_owned())),
        })
    }
}

impl Model {
    /// The page that is seen, where it is one that can be gone to.
    pub fn here(&self) -> Option<Destination> {
        match self.screens.last() {
            None => Some(Destination::Fleet),
            Some(Screen::Instance(page)) => Some(Destination::Instance(page.id.clone())),
            Some(Screen::Runs(_)) => Some(Destination::Runs),
            Some(Screen::Run(page)) => Some(Destination::Run(page.run.clone())),
            Some(Screen::Due(_)) => Some(Destination::SecretsDue),
            Some(Screen::Audit(_)) => Some(Destination::Audit),
            Some(Screen::Sheet(sheet)) => Some(match &sheet.of {
                SheetOf::Backups(_) => Destination::Backups,
                SheetOf::Alerts(_) => Destination::Alerts,
                SheetOf::Windows => Destination::Windows,
                SheetOf::Leases(_) => Destination::Leases,
                SheetOf::Inventory(_) => Destination::Inventory,
                SheetOf::Variables(host, _) => Destination::Variables(host.clone()),
                SheetOf::Doctor(..) => Destination::Doctor,
                SheetOf::Compare(page) => match page.pair.clone() {
                    Pair::Instances(a, b) => Destination::Compare(a, b),
                    Pair::Releases(a, b) => Destination::CompareReleases(a, b),
                },
                SheetOf::Charts(page) => Destination::Charts(page.host.clone()),
                SheetOf::FleetCharts(_) => Destination::FleetCharts,
                SheetOf::Timeline(host, _) => Destination::Timeline(host.clone()),
                SheetOf::Panes(page) => Destination::Outputs(page.run.clone()),
            }),
            Some(
                Screen::Plan(_)
                | Screen::Secrets(_)
                | Screen::Releases(_)
                | Screen::Enrol(_)
                | Screen::Log(_),
            ) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_back_as_it_is_written() {
        for text in [
            "fleet",
            "instance red-deer",
            "runs",
            "run 260101-101010-7f3a",
            "secrets-due",
            "backups",
            "leases",
            "compare a b",
            "compare-releases 642cb08000000000000000000000000000000000 3f9c2ab000000000000000000000000000000000",
            "charts a",
            "fleet-charts",
            "timeline a",
        ] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "nowhere",
            "instance",
            "instance ../x",
            "run x y",
            "fleet x",
            "compare-releases a b",
        ] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
