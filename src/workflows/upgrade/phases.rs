//! What happens on one host, rendered.

use super::assemble::Wish;
use crate::domain::git::CommitSha;
use crate::domain::ids::{HostId, StepId};
use crate::domain::job::JobStep;
use crate::domain::plan::{Change, GateSpec, HostPlan, Phase, PlannedStep, Target};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::lease::Claim;
use crate::steps::preflight::Preflight;
use crate::steps::{backup, compose, git, images, lease, migrate, preflight, record};

/// Seconds that a step may take which neither builds nor copies.
const SHORT_S: u64 = 120;
/// Seconds by which a lease outlives what it is for: time for the control side to come back.
const SLACK_S: u64 = 120;

/// Gives a host its phases. Its `from` is known, since it will run.
pub(super) fn fill(host: &mut HostPlan, wish: &Wish, change: Option<&Change>) {
    let Some(from) = host.from.clone() else { return };
    let claim = Claim {
        workflow: "upgrade",
        target: Safe::line(&format!("{} ({})", wish.target.reference, wish.target.sha.short())),
        operator: wish.operator.clone(),
    };
    let way_back = way_back(&host.id, &from, change);
    let settings = &host.settings;
    let site = Site { settings, claim: &claim, from: &from, target: &wish.target };
    let mut first = site.before_the_stop(&required(change));
    first.push(site.up(&way_back));
    let gate = GateSpec {
        id: step_id("health"),
        title: Safe::line("health"),
        min_healthy_s: settings.policy.min_healthy_s,
        deadline_s: settings.policy.healthy_deadline_s,
        expect_commit: Some(wish.target.sha.clone()),
        hint: Some(way_back),
    };
    let last = vec![site.record(), site.give_back("release-lease")];
    let on_failure = vec![site.give_back("free-lease")];
    host.phases = vec![Phase::Job { steps: first }, Phase::Gate(gate), Phase::Job { steps: last }];
    host.on_failure = on_failure;
}

/// What to do where the new version does not become healthy: a command that can be copied.
fn way_back(host: &HostId, from: &CommitSha, change: Option<&Change>) -> Safe {
    let Some(change) = change else {
        // Our copy of the repository could not resolve it, so the program cannot go there.
        return Safe::line(&format!(
            "the repository does not hold {from}, so go back on the host: git checkout --detach {from} && docker compose up -d --build"
        ));
    };
    let to = change.from_tag.as_ref().map_or_else(|| from.as_str(), |tag| tag.as_str());
    let data =
        if change.migrations.is_empty() { "" } else { "; this does not undo its migrations" };
    Safe::line(&format!(
        "go back with: bunker rollback {host}{data} (where its images are no longer held: bunker upgrade {host} --to {to})"
    ))
}

/// Names that `.env` must set.
pub(super) fn required(change: Option<&Change>) -> Vec<String> {
    let news = change.map(|c| c.new_variables.as_slice()).unwrap_or_default();
    news.iter().filter(|v| v.required).map(|v| v.name.as_str().to_owned()).collect()
}

struct Site<'a> {
    settings: &'a InstanceSettings,
    claim: &'a Claim,
    from: &'a CommitSha,
    target: &'a Target,
}

impl Site<'_> {
    /// Everything that leaves the running containers alone.
    fn before_the_stop(&self, required: &[String]) -> Vec<PlannedStep> {
        let Self { settings, claim, from, target } = *self;
        let long_s = settings.policy.step_timeout_s;
        let short = SHORT_S + SLACK_S;
        let long = long_s + SLACK_S;
        let sha = &target.sha;
        let wants = Preflight { from, to: sha, required };
        let dir = &settings.dir;
        vec![
            step("lease", "lease", SHORT_S, lease::acquire(claim, short))
                .saying("takes the lease of the instance"),
            step(
                "preflight",
                "preflight",
                SHORT_S,
                preflight::preflight(settings, claim, short, &wants),
            ),
            step("backup", "backup", long_s, backup::backup(settings, claim, long))
                .saying(&format!("makes a backup in {}", settings.backup_dir)),
            step("fetch", "fetch", long_s, git::fetch(settings, claim, long, target))
                .saying(&format!("fetches {} into {dir}", target.sha.short())),
            step("hold-images", "hold images", SHORT_S, images::hold(settings, claim, short, from))
                .saying("gives the running images a second name"),
            step("checkout", "checkout", SHORT_S, git::checkout(settings, claim, short, from, sha))
                .saying(&format!("checks out {} in {dir}", target.sha.short())),
            step("build", "build", long_s, compose::build(settings, claim, long, from, sha))
                .saying("builds the new images"),
            step("migrate", "migrate", long_s, migrate::migrate(settings, claim, long, from, sha))
                .saying("migrates the database"),
        ]
    }

    fn up(&self, way_back: &Safe) -> PlannedStep {
        let policy = &self.settings.policy;
        // The gate follows, during which nothing on the host prolongs the lease.
        let hold = policy.step_timeout_s + policy.healthy_deadline_s + SLACK_S;
        let script = compose::up(self.settings, self.claim, hold, way_back);
        step("up", "up", policy.step_timeout_s, script).saying("replaces the containers")
    }

    fn record(&self) -> PlannedStep {
        let hold = SHORT_S + SLACK_S;
        let Self { settings, claim, from, target } = *self;
        step("record", "record", SHORT_S, record::record(settings, claim, hold, target, Some(from)))
            .saying("records the release on the host")
    }

    fn give_back(&self, id: &str) -> PlannedStep {
        step(id, "give back", SHORT_S, lease::release(self.claim)).saying("gives the lease back")
    }
}

fn step(id: &str, title: &str, timeout_s: u64, script: String) -> PlannedStep {
    let step = JobStep { id: step_id(id), script, timeout_s, inputs: Vec::new(), new_login: false };
    PlannedStep { step, title: Safe::line(title), changes: None }
}

impl PlannedStep {
    fn saying(mut self, changes: &str) -> Self {
        self.changes = Some(Safe::line(changes));
        self
    }
}

#[expect(clippy::expect_used, reason = "all ids are written in this file, and a test renders each")]
fn step_id(id: &str) -> StepId {
    id.parse().expect("a step id of this file is valid")
}
