//! What loading an inventory gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::variable::{Shown, Variables};
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

/// An inventory as it was read: what is good of it, and every problem.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The fleet; `None` where groups or fleet-wide settings cannot be trusted, so that nothing is
    /// ever done to hosts by half a list. Hosts that have a problem of their own are not in it, see
    /// [`Fleet::left_out`].
    pub fleet: Option<Fleet>,
    /// Every problem, by file and line.
    pub diagnostics: Vec<Diagnostic>,
    /// The variables of each host, of those left out too, with the place that each comes from.
    pub variables: BTreeMap<HostId, Variables>,
}

impl Loaded {
    /// The problems because of which something was left out.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error)
    }

    /// Every problem as a line.
    pub fn problems(&self) -> Vec<Safe> {
        let first = |d: &Diagnostic| d.to_string().lines().next().map(Safe::line);
        self.diagnostics.iter().filter_map(first).collect()
    }

    /// Where a variable of a host stands and what may be shown of it, by name.
    pub fn shown(&self, host: &HostId) -> BTreeMap<&str, Shown> {
        let of = |vars: &Variables, name: &str| vars.get(name).map(|v| v.shown(name));
        self.variables
            .get(host)
            .into_iter()
            .flat_map(|vars| {
                vars.keys().filter_map(move |name| Some((name.as_str(), of(vars, name)?)))
            })
            .collect()
    }
}

/// The inventory as it counts now, while its files are being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetNow {
    /// The last good fleet.
    pub fleet: Arc<Fleet>,
    /// What is wrong with the files as they are now, as lines.
    pub problems: Vec<Safe>,
    /// Whether the files as they are now are what `fleet` was made of.
    pub current: bool,
    /// Counts the fleets, from 1.
    pub generation: u64,
}
