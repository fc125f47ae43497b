//! What loading an inventory gives.

use std::collections::BTreeMap;

use super::variable::Variables;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::fleet::Fleet;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::untrusted::Safe;

/// An inventory as it was read: what is good of it, and every problem.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The fleet; `None` where groups or fleet-wide settings cannot be trusted, so that nothing is
    /// ever done to hosts by half a list. Hosts that have a problem of their own are not in it, see
    /// [`Fleet::left_out`].
    pub fleet: Option<Fleet>,
    /// The same where nothing is wrong but that no host is named: enough to name the first one.
    pub without_hosts: Option<Fleet>,
    /// Every problem, by file and line.
    pub diagnostics: Vec<Diagnostic>,
    /// The variables of each host, of those left out too, with the place that each comes from.
    pub variables: BTreeMap<HostId, Variables>,
    /// Groups that stand right below `all`, below others too or not.
    pub below_all: Vec<GroupName>,
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
}
