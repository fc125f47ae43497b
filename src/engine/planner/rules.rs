//! What binds a plan: guardrails, windows, and how long it takes by the past.

use super::past::past_of;
use crate::domain::fleet::Fleet;
use crate::domain::plan::{Plan, Rules, Workflow, estimates};
use crate::domain::policy;
use crate::engine::ports::RunReader;

/// The plan with the rules of its fleet in it.
pub async fn ruled(past: &dyn RunReader, fleet: &Fleet, mut plan: Plan) -> Plan {
    let mut rules = Rules {
        verdict: Some(policy::judge(fleet, &plan)),
        outside: fleet.policy.outside,
        resumes: fleet.policy.window_resumes,
        ..Rules::default()
    };
    if waits_for_windows(plan.workflow) {
        for host in plan.targets() {
            let windows = fleet.host(&host.id).map(|h| h.windows.to_vec()).unwrap_or_default();
            if windows.iter().any(|w| w.gates_runs() || w.freezes()) {
                rules.windows.insert(host.id.clone(), windows);
            }
        }
    }
    // A past that cannot be read is no past: the plan says that nobody knows.
    let past = past_of(past, &plan).await.unwrap_or_default();
    rules.estimates = estimates(&plan, &past);
    plan.rules = rules;
    plan
}

/// Whether a workflow is for a maintenance window. A backup touches nothing that runs, and the way back to what ran
/// before must stay open when a change went wrong.
fn waits_for_windows(workflow: Workflow) -> bool {
    match workflow {
        Workflow::Backup | Workflow::VerifyBackup | Workflow::Rollback => false,
        Workflow::Upgrade
        | Workflow::CanaryUpgrade
        | Workflow::Deploy
        | Workflow::Configure
        | Workflow::RotateSecrets
        | Workflow::Import
        | Workflow::Ansible => true,
    }
}
