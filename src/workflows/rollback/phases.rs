//! What happens on one host, rendered.

use super::super::planned::{SHORT_S, SLACK_S, step, step_id};
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::plan::{GateSpec, HostPlan, Phase, PlannedStep, Target};
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstancePolicy;
use crate::domain::untrusted::Safe;
use crate::steps::lease::Claim;
use crate::steps::{compose, git, images, lease, record};

/// Gives a host its phases. Its `from` is known, since it will run.
pub(super) fn fill(host: &mut HostPlan, target: &Target, operator: &Operator) {
    let Some(from) = host.from.clone() else { return };
    let (settings, to) = (&host.settings, &target.sha);
    let claim = claim(target, operator);
    let short = SHORT_S + SLACK_S;
    let policy = &settings.policy;
    // The gate follows, during which nothing on the host prolongs the lease.
    let hold = policy.step_timeout_s + policy.healthy_deadline_s + SLACK_S;
    let way_on = way_on(&host.id);
    let give_back = |id: &str| -> PlannedStep {
        step((id, "give back"), SHORT_S, lease::release(&claim), "gives the lease back")
    };
    let first = vec![
        step(("lease", "lease"), SHORT_S, lease::acquire(&claim, short), "takes the lease"),
        step(
            ("preflight", "preflight"),
            SHORT_S,
            images::ready(settings, &claim, short, &from, to),
            "",
        ),
        step(
            ("hold-images", "hold images"),
            SHORT_S,
            images::hold(settings, &claim, short, &from),
            "gives the running images a second name",
        ),
        step(
            ("checkout", "checkout"),
            SHORT_S,
            git::checkout(settings, &claim, short, &from, to),
            &format!("checks out {} in {}", to.short(), settings.dir),
        ),
        step(
            ("images", "images"),
            SHORT_S,
            images::take_held(settings, &claim, short, &from, to),
            "takes the held images; builds and pulls nothing",
        ),
        step(
            ("up", "up"),
            policy.step_timeout_s,
            compose::up_as_held(settings, &claim, hold, &way_on),
            "replaces the containers",
        ),
    ];
    let last = vec![
        step(
            ("record", "record"),
            SHORT_S,
            record::record(settings, &claim, short, target, Some(&from)),
            "records the release on the host",
        ),
        give_back("release-lease"),
    ];
    host.on_failure = vec![give_back("free-lease")];
    host.phases = vec![
        Phase::Job { steps: first },
        Phase::Gate(gate(policy, to, &way_on)),
        Phase::Job { steps: last },
    ];
}

/// The old version answers, and goes on doing so; a failure is loud, and nothing is tried by itself.
fn gate(policy: &InstancePolicy, to: &CommitSha, way_on: &Safe) -> GateSpec {
    GateSpec {
        id: step_id("health"),
        title: Safe::line("health"),
        min_healthy_s: policy.min_healthy_s,
        deadline_s: policy.healthy_deadline_s,
        expect_commit: Some(to.clone()),
        hint: Some(Safe::line(&format!("THE ROLLBACK ITSELF FAILED: {way_on}"))),
    }
}

/// What a person can do after a failure.
fn way_on(host: &HostId) -> Safe {
    Safe::line(&format!(
        "nothing further is tried by itself: look with docker compose ps -a on {host}; another release: bunker rollback {host} --to RELEASE"
    ))
}

/// What stands in the lease.
fn claim(target: &Target, operator: &Operator) -> Claim {
    Claim {
        workflow: "rollback",
        target: Safe::line(&format!("{} ({})", target.reference, target.sha.short())),
        operator: operator.clone(),
    }
}
