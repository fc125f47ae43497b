//! What happens on one host, rendered.

use super::{Known, Wish, counted};
use crate::domain::ids::StepId;
use crate::domain::job::{JobStep, StepInput};
use crate::domain::plan::{GateSpec, HostPlan, Phase, PlannedStep};
use crate::domain::untrusted::Safe;
use crate::steps::env_file::{self, INPUT, Install, Record};
use crate::steps::lease::{self, Claim};
use crate::workflows::env::Desired;

/// Seconds that a step may take which replaces no container.
const SHORT_S: u64 = 120;
/// Seconds by which a lease outlives what it is for: time for the control side to come back.
const SLACK_S: u64 = 120;

/// Gives a host its phases.
pub(super) fn fill(host: &mut HostPlan, wish: &Wish, known: &Known<'_>) {
    let claim = Claim {
        workflow: "configure",
        target: Safe::line("the inventory's settings"),
        operator: wish.operator.clone(),
    };
    let settings = &host.settings;
    let short = SHORT_S + SLACK_S;
    let back =
        format!("put the old values back into the inventory, then: bunker configure {}", host.id);
    let way_back = Safe::line(&back);
    let kept: Vec<(usize, usize)> = known.comparison.kept.iter().map(|k| k.place).collect();
    let Desired { variables: written, left_out, .. } = known.desired;
    let record = Record { written, left_out };
    let install = Install { seen: known.read.file.as_ref(), kept: &kept, record };
    let mut env =
        step("env", ".env", SHORT_S, env_file::install(settings, &claim, short, &install));
    env.step.inputs = vec![StepInput { name: step_id(INPUT), content: known.desired.file.clone() }];
    env.changes = Some(Safe::line(&match counted(&host.diff).as_str() {
        "" => "gives .env its mode and order".to_owned(),
        counts => format!("writes .env: {counts}"),
    }));
    let policy = &settings.policy;
    // The gate follows, during which nothing on the host prolongs the lease.
    let hold = policy.step_timeout_s + policy.healthy_deadline_s + SLACK_S;
    let restart = env_file::restart(settings, &claim, hold, &way_back);
    let first = vec![
        step("lease", "lease", SHORT_S, lease::acquire(&claim, short))
            .saying("takes the lease of the instance"),
        step("preflight", "preflight", SHORT_S, env_file::preflight(settings, &claim, short)),
        env,
        step("restart", "restart", policy.step_timeout_s, restart)
            .saying("replaces the containers that .env touches"),
    ];
    let gate = GateSpec {
        id: step_id("health"),
        title: Safe::line("health"),
        min_healthy_s: policy.min_healthy_s,
        deadline_s: policy.healthy_deadline_s,
        expect_commit: None,
        hint: Some(way_back),
    };
    let give_back = |id: &str| {
        step(id, "give back", SHORT_S, lease::release(&claim)).saying("gives the lease back")
    };
    let last = vec![give_back("release-lease")];
    host.on_failure = vec![give_back("free-lease")];
    host.phases = vec![Phase::Job { steps: first }, Phase::Gate(gate), Phase::Job { steps: last }];
}

fn step(id: &str, title: &str, timeout_s: u64, script: String) -> PlannedStep {
    let step = JobStep { id: step_id(id), script, timeout_s, inputs: Vec::new(), new_login: false };
    PlannedStep { step, title: Safe::line(title), changes: None }
}

trait Saying {
    fn saying(self, changes: &str) -> Self;
}

impl Saying for PlannedStep {
    fn saying(mut self, changes: &str) -> Self {
        self.changes = Some(Safe::line(changes));
        self
    }
}

#[expect(clippy::expect_used, reason = "all ids are written in this file, and a test renders each")]
fn step_id(id: &str) -> StepId {
    id.parse().expect("a step id of this file is valid")
}
