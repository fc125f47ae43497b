//! Import: an instance that was installed by hand comes under management. Lease, backup, mark as in use, record what `.env`
//! has and the release, give the lease back.
//!
//! **Invariant:** nothing that runs is stopped or changed, and neither the data nor `.env` is touched.

mod found;

pub use found::{Found, sort};

use jiff::Timestamp;

use super::planned::finding;
use crate::domain::env::Applied;
use crate::domain::facts::{Facts, Part};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::CommitSha;
use crate::domain::ids::StepId;
use crate::domain::job::JobStep;
use crate::domain::plan::{
    Excluded, Finding, HostPlan, Phase, Plan, PlannedStep, Readiness, Target, Workflow,
};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::env_file::{EnvRead, Record};
use crate::steps::lease::{self, Claim};
use crate::steps::{backup, import, record};
use crate::workflows::env::Desired;

/// Seconds that a short step may take.
const SHORT_S: u64 = 120;

/// A host that was asked for, with what the probe found.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
    /// What its `.env` is and should be, or why that cannot be told.
    pub env: Result<(EnvRead, Desired), Safe>,
}

/// Makes the plan. An instance with a recorded release is under management already and is left out.
pub fn assemble(
    operator: &Operator,
    at: Timestamp,
    fleet: &Fleet,
    candidates: &[Candidate<'_>],
    mut excluded: Vec<Excluded>,
) -> Plan {
    let mut hosts = Vec::new();
    for candidate in candidates {
        let look = candidate.look.as_ref();
        if look.is_ok_and(|facts| matches!(facts.release, Part::Known(Some(_)))) {
            let reason = Safe::line("it is under management already: its release is recorded");
            excluded.push(Excluded { host: candidate.host.id.clone(), reason });
        } else {
            hosts.push(host_plan(operator, candidate));
        }
    }
    Plan::draft(Workflow::Import, fleet.name.clone(), hosts, excluded, at)
}

fn host_plan(operator: &Operator, candidate: &Candidate<'_>) -> HostPlan {
    let (from, findings) = judge(candidate);
    let mut plan = HostPlan::judged(candidate.host, candidate.settings, from, findings);
    if let Some(from) = plan.from.clone().filter(|_| plan.will_run()) {
        let target = Target { reference: plan.settings.reference.clone(), sha: from };
        let claim = Claim {
            workflow: "import",
            target: Safe::line(target.sha.short()),
            operator: operator.clone(),
        };
        plan.phases = vec![Phase::Job { steps: steps(&plan.settings, &claim, &target, candidate) }];
        plan.on_failure = vec![give_back("free-lease", &claim)];
    }
    plan
}

/// The commit that is checked out, and what speaks against an import.
fn judge(candidate: &Candidate<'_>) -> (Option<CommitSha>, Vec<Finding>) {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let text = error.to_string();
            return (None, vec![finding(Readiness::Unknown, "host", &text)]);
        }
    };
    let Some(checkout) = facts.checkout.known() else {
        let dir = &candidate.settings.dir;
        let text = format!("there is no checkout to be read at {dir}: set cml_dir");
        return (None, vec![finding(Readiness::Blocked, "checkout", &text)]);
    };
    let mut findings = Vec::new();
    if let Some(Some(holder)) = facts.lease.known() {
        let text = format!("{holder} has the lease: wait until it is free");
        findings.push(finding(Readiness::Blocked, "lease", &text));
    }
    if !checkout.changed.is_empty() {
        let text = "files of the checkout were changed by hand: an upgrade will refuse until that is settled";
        findings.push(finding(Readiness::Review, "drift", text));
    }
    findings.extend(of_settings(candidate));
    (Some(checkout.commit.clone()), findings)
}

/// What is to be said of its `.env`.
fn of_settings(candidate: &Candidate<'_>) -> Vec<Finding> {
    let (read, desired) = match &candidate.env {
        Ok(known) => known,
        Err(why) => {
            let text = format!("what .env has is not put on record: {why}");
            return vec![finding(Readiness::Review, "env", &text)];
        }
    };
    let here = read.file.as_ref().map(|f| f.variables.as_slice()).unwrap_or_default();
    let applied = Applied::of_import(&desired.variables, here);
    let n = applied.left_out.len();
    let mut findings = Vec::new();
    if n > 0 {
        let text = format!(
            "it goes on without {n} variables of the template, the application's own defaults hold; `cml_env_complete: true` writes them"
        );
        findings.push(finding(Readiness::Ready, "env", &text));
    }
    let differ = desired.variables.len() - n - applied.written.len();
    if differ > 0 {
        let text = format!(
            "{differ} variables are not as the inventory has them: `bunker configure {} --check --diff` shows them afterwards",
            candidate.host.id
        );
        findings.push(finding(Readiness::Review, "env", &text));
    }
    findings
}

/// The step that puts on record what `.env` has; none where that cannot be told.
fn recorded(
    settings: &InstanceSettings,
    claim: &Claim,
    candidate: &Candidate<'_>,
) -> Option<PlannedStep> {
    let (read, desired) = candidate.env.as_ref().ok()?;
    let file = read.file.as_ref()?;
    let applied = Applied::of_import(&desired.variables, &file.variables);
    let (mut written, mut left_out) = (Vec::new(), Vec::new());
    for want in &desired.variables {
        if applied.written.contains_key(&want.name) {
            written.push(want.clone());
        } else if applied.left_out.contains_key(&want.name) {
            left_out.push(want.clone());
        }
    }
    let record = Record { written: &written, left_out: &left_out };
    let script = import::settings(settings, claim, 2 * SHORT_S, &file.sha256, &record);
    let changes = "records what .env has, so that an edit from now on is known as one";
    Some(step("settings", changes, SHORT_S, script))
}

fn steps(
    settings: &InstanceSettings,
    claim: &Claim,
    target: &Target,
    candidate: &Candidate<'_>,
) -> Vec<PlannedStep> {
    let long_s = settings.policy.step_timeout_s;
    let (short, long) = (2 * SHORT_S, long_s + SHORT_S);
    let archive = format!("makes a backup in {}", settings.backup_dir);
    let mark = "marks the instance as in use, so that it is never seeded";
    let first = [
        step("lease", "takes the lease of the instance", SHORT_S, lease::acquire(claim, short)),
        step("backup", &archive, long_s, backup::backup(settings, claim, long)),
        step("mark", mark, SHORT_S, import::mark(settings, claim, short, &target.sha)),
    ];
    let last = [
        step(
            "record",
            "records the release on the host",
            SHORT_S,
            record::record(settings, claim, short, target, None),
        ),
        give_back("release-lease", claim),
    ];
    first.into_iter().chain(recorded(settings, claim, candidate)).chain(last).collect()
}

fn give_back(id: &str, claim: &Claim) -> PlannedStep {
    step(id, "gives the lease back", SHORT_S, lease::release(claim))
}

fn step(id: &str, changes: &str, timeout_s: u64, script: String) -> PlannedStep {
    let step = JobStep { id: step_id(id), script, timeout_s, inputs: Vec::new(), new_login: false };
    PlannedStep {
        step,
        title: Safe::line(&id.replace('-', " ")),
        changes: Some(Safe::line(changes)),
    }
}

#[expect(clippy::expect_used, reason = "all ids are written in this file, and a test renders each")]
fn step_id(id: &str) -> StepId {
    id.parse().expect("a step id of this file is valid")
}
