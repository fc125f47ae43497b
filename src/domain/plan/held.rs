//! What a plan leaves alone since somebody else holds it.

use super::{HostPlan, Plan, Readiness};
use crate::domain::untrusted::Safe;

/// The subject of the finding that says who has the lease of an instance.
const LEASE: &str = "lease";

impl HostPlan {
    /// Who held it when the plan was made, where nothing else speaks against it: waiting for that helps.
    pub fn left_for(&self) -> Option<&Safe> {
        let against = |r: Readiness| matches!(r, Readiness::Blocked | Readiness::Unknown);
        let mut reasons = self.findings.iter().filter(|f| against(f.readiness));
        let first = reasons.next().filter(|f| f.subject.as_str() == LEASE)?;
        (!self.will_run() && reasons.all(|f| f.subject.as_str() == LEASE)).then_some(&first.text)
    }
}

impl Plan {
    /// The targets that are left alone for nothing but that somebody held them.
    pub fn held(&self) -> impl Iterator<Item = &HostPlan> {
        self.hosts.iter().filter(|host| host.left_for().is_some())
    }
}
