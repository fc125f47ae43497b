//! What happens on one host, rendered.

use crate::domain::ids::StepId;
use crate::domain::job::{JobStep, StepInput};
use crate::domain::plan::{GateSpec, HostPlan, Phase, PlannedStep, VaultAct, VaultStep};
use crate::domain::run::operator::Operator;
use crate::domain::secret::catalogue::{Known, Method};
use crate::domain::secret::{Encoding, Part, Sealed, SecretName};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::lease::Claim;
use crate::steps::rotate::Seen;
use crate::steps::{compose, lease, rotate};

/// Seconds that a step may take which starts nothing.
const SHORT_S: u64 = 120;
/// Seconds by which a lease outlives what it is for: time for the control side to come back.
const SLACK_S: u64 = 120;

/// Gives a host its phases.
pub(super) fn fill(
    host: &mut HostPlan,
    secrets: &[(SecretName, &'static Known)],
    operator: &Operator,
    seen: &Seen<'_>,
) {
    let names: Vec<&str> = secrets.iter().map(|(name, _)| name.as_str()).collect();
    let claim = Claim {
        workflow: "rotate-secrets",
        target: Safe::line(&names.join(", ")),
        operator: operator.clone(),
    };
    let again = Safe::line(&format!(
        "the vault has the old and the new values; start the same rotation again, it goes on: bunker rotate-secrets {} --secret {}",
        host.id,
        names.join(" --secret ")
    ));
    let site = Site { settings: &host.settings, claim: &claim, secrets, again: &again, seen };
    let policy = &host.settings.policy;
    let gate = GateSpec {
        id: step_id("health"),
        title: Safe::line("health"),
        min_healthy_s: policy.min_healthy_s,
        deadline_s: policy.healthy_deadline_s,
        expect_commit: None,
        hint: Some(again.clone()),
    };
    let mut phases = vec![
        Phase::Vault(site.vault("stage", "next values", VaultAct::Stage)),
        Phase::Job { steps: site.apply() },
        Phase::Gate(gate),
    ];
    let verify = site.verify();
    if !verify.is_empty() {
        phases.push(Phase::Job { steps: verify });
    }
    phases.push(Phase::Vault(site.vault("promote", "current values", VaultAct::Promote)));
    phases.push(Phase::Job { steps: vec![site.give_back("release-lease")] });
    let on_failure = vec![site.give_back("free-lease")];
    host.phases = phases;
    host.on_failure = on_failure;
}

struct Site<'a> {
    settings: &'a InstanceSettings,
    claim: &'a Claim,
    secrets: &'a [(SecretName, &'static Known)],
    again: &'a Safe,
    /// What the plan knows of the `.env`.
    seen: &'a Seen<'a>,
}

impl Site<'_> {
    fn vault(&self, id: &str, title: &str, act: VaultAct) -> VaultStep {
        let recipes = self.secrets.iter().filter_map(|(n, row)| Some((n.clone(), row.recipe()?)));
        VaultStep { id: step_id(id), title: Safe::line(title), act, secrets: recipes.collect() }
    }

    /// The settings first, then the database: between the two, and until the containers are new, what runs goes on with
    /// the old values in memory.
    fn apply(&self) -> Vec<PlannedStep> {
        let Self { settings, claim, .. } = *self;
        let short = SHORT_S + SLACK_S;
        let policy = &settings.policy;
        let names = self.secrets.iter().map(|(name, _)| name);
        let mut steps = vec![
            step("lease", "lease", SHORT_S, lease::acquire(claim, short))
                .changing("takes the lease of the instance"),
            step(
                "settings",
                "settings",
                SHORT_S,
                rotate::settings(settings, claim, short, self.seen, names),
            )
            .changing("puts the new values into .env")
            .getting(self.secrets.iter().map(|(name, _)| name)),
        ];
        for (name, service) in self.of(Method::Database) {
            let script = rotate::database(settings, claim, short, service);
            steps.push(
                step("database", "database", SHORT_S, script)
                    .changing("changes the password of the database's role")
                    .getting([name]),
            );
        }
        // The gate follows, during which nothing on the host prolongs the lease.
        let hold = policy.step_timeout_s + policy.healthy_deadline_s + SLACK_S;
        let script = compose::up(settings, claim, hold, self.again);
        steps.push(
            step("up", "up", policy.step_timeout_s, script)
                .changing("makes the containers anew whose settings changed"),
        );
        steps
    }

    fn verify(&self) -> Vec<PlannedStep> {
        let Self { settings, claim, .. } = *self;
        let short = SHORT_S + SLACK_S;
        let mut steps = Vec::new();
        for (name, service) in self.of(Method::Database) {
            let script = rotate::verify_database(settings, claim, short, service);
            steps.push(step("verify-database", "new password", SHORT_S, script).getting([name]));
        }
        for (name, service) in self.of(Method::Redis) {
            let script = rotate::verify_redis(settings, claim, short, service);
            steps.push(step("verify-redis", "new password", SHORT_S, script).getting([name]));
        }
        steps
    }

    fn give_back(&self, id: &str) -> PlannedStep {
        step(id, "give back", SHORT_S, lease::release(self.claim)).changing("gives the lease back")
    }

    /// The secret that is changed by this method, with the service that asks for it.
    fn of(&self, method: Method) -> impl Iterator<Item = (&SecretName, &'static str)> {
        let rows = self.secrets.iter().filter(move |(_, row)| row.method == method);
        rows.filter_map(|(name, row)| Some((name, *row.services.first()?)))
    }
}

fn step(id: &str, title: &str, timeout_s: u64, script: String) -> PlannedStep {
    let step = JobStep { id: step_id(id), script, timeout_s, inputs: Vec::new(), new_login: false };
    PlannedStep { step, title: Safe::line(title), changes: None }
}

impl PlannedStep {
    fn changing(mut self, changes: &str) -> Self {
        self.changes = Some(Safe::line(changes));
        self
    }

    /// Gives it `old-N` and `new-N` of these secrets. The new ones are made by the run, so no plan knows a hash.
    fn getting<'a>(mut self, names: impl IntoIterator<Item = &'a SecretName>) -> Self {
        for (n, name) in (1..).zip(names) {
            for (kind, name) in [("old", Some(name.clone())), ("new", name.pending())] {
                let Some(name) = name else { continue };
                let content =
                    Sealed::of_the_run(vec![Part::Secret { name, encoding: Encoding::Raw }]);
                let input = StepInput { name: step_id(&format!("{kind}-{n}")), content };
                self.step.inputs.push(input);
            }
        }
        self
    }
}

#[expect(clippy::expect_used, reason = "all ids are written in this file, and a test renders each")]
fn step_id(id: &str) -> StepId {
    id.parse().expect("a step id of this file is valid")
}
