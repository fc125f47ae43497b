//! A plan as every workflow begins it; what is its own it sets over it.

use jiff::Timestamp;

use super::{
    Around, Excluded, FailureBudget, Finding, HostPlan, Plan, Readiness, Rules, SCHEMA, Workflow,
};
use crate::domain::fleet::Host;
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

impl Plan {
    /// Everything that will run as one batch, one target at a time, and one failure ends it: the planner gives it its
    /// strategy, its rules and what goes on around it.
    pub fn draft(
        workflow: Workflow,
        fleet: Safe,
        hosts: Vec<HostPlan>,
        excluded: Vec<Excluded>,
        made_at: Timestamp,
    ) -> Self {
        let going: Vec<HostId> =
            hosts.iter().filter(|h| h.will_run()).map(|h| h.id.clone()).collect();
        Self {
            schema: SCHEMA,
            workflow,
            fleet,
            vault: None,
            playbook: None,
            target: None,
            changes: Vec::new(),
            batches: if going.is_empty() { Vec::new() } else { vec![going] },
            hosts,
            excluded,
            parallel: 1,
            stops: FailureBudget::of_run(1, 1),
            strategy: None,
            after: None,
            rules: Rules::default(),
            around: Around::default(),
            canary: None,
            made_at,
        }
    }
}

impl HostPlan {
    /// A host that was looked at, with nothing to do on it yet. It is as ready as the worst of what was found, in
    /// whatever order that was: a blocker behind a warning blocks.
    pub fn judged(
        host: &Host,
        settings: &InstanceSettings,
        from: Option<CommitSha>,
        mut findings: Vec<Finding>,
    ) -> Self {
        findings.sort_by_key(|finding| finding.readiness);
        Self {
            id: host.id.clone(),
            connection: host.connection.clone(),
            settings: settings.clone(),
            from,
            readiness: findings.first().map_or(Readiness::Ready, |worst| worst.readiness),
            findings,
            diff: Vec::new(),
            phases: Vec::new(),
            left_out: Vec::new(),
            on_failure: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::plan::sample;

    fn judged(id: &str, found: &[Readiness]) -> HostPlan {
        let host = Host {
            id: id.parse().unwrap(),
            groups: Vec::new(),
            vars: BTreeMap::new(),
            connection: serde_json::from_value(sample::connection(id)).unwrap(),
            windows: Vec::new().into(),
            instance: None,
            rollout: crate::domain::plan::strategy::RolloutSettings::default(),
        };
        let settings = serde_json::from_value(sample::settings()).unwrap();
        let finding =
            |&readiness| Finding { readiness, subject: "disk".into(), text: "full".into() };
        HostPlan::judged(&host, &settings, None, found.iter().map(finding).collect())
    }

    #[test]
    fn a_blocker_behind_a_warning_blocks_and_stands_first() {
        let host = judged("a", &[Readiness::Warning, Readiness::Ready, Readiness::Blocked]);
        assert_eq!(host.readiness, Readiness::Blocked);
        assert_eq!(host.findings[0].readiness, Readiness::Blocked);
        assert!(!host.will_run());
        assert_eq!(judged("a", &[]).readiness, Readiness::Ready);
    }

    #[test]
    fn a_draft_runs_only_what_may_run_and_one_failure_ends_it() {
        let hosts = vec![judged("a", &[]), judged("b", &[Readiness::Unknown])];
        let at = Timestamp::UNIX_EPOCH;
        let plan = Plan::draft(Workflow::Backup, "fleet".into(), hosts, Vec::new(), at);
        assert_eq!(plan.batches, [["a".parse().unwrap()]]);
        assert_eq!((plan.hosts.len(), plan.stops.max_failed), (2, 1));
        let none = vec![judged("b", &[Readiness::Blocked])];
        let plan = Plan::draft(Workflow::Backup, "fleet".into(), none, Vec::new(), at);
        assert!(plan.batches.is_empty());
    }
}
