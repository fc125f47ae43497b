//! A plan: a workflow resolved against exact targets, one commit, batches, gates, rendered steps.
//!
//! **Invariant:** only a plan can run, and a plan says everything: the worker needs nothing but it. What was
//! approved is therefore what runs; a host that appears later is not touched.

mod around;
mod budget;
mod draft;
mod estimate;
mod hash;
mod held;
mod opening;
mod playbook;
mod rules;
mod rules_words;
#[cfg(test)]
pub(crate) mod sample;
pub mod strategy;
mod tags;
mod vault;
mod wish;
mod workflow;

pub use around::{Around, CampaignSpec};
pub use budget::FailureBudget;
pub use estimate::{Estimate, Past, estimate, estimates};
pub use hash::PlanHash;
pub use opening::Opening;
pub use playbook::{
    ANSIBLE_PASSWORD, AnsibleTag, Playbook, PlaybookFiles, PlaybookPath, PlaybookWish,
    tags as ansible_tags,
};
pub use rules::{Outside, Rules};
pub use rules_words::{RuleLine, Weight};
pub use strategy::{Order, Strategy};
pub use tags::{Tag, TagChoice};
pub use vault::{VaultAct, VaultStep};
pub use wish::{What, Wish};
pub use workflow::Workflow;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::canary::CanaryPlan;
use super::connection::Connection;
use super::env::EnvChange;
use super::git::{CommitSha, GitRef};
use super::ids::{HostId, RunId, StepId};
use super::job::JobStep;
use super::settings::InstanceSettings;
use super::untrusted::Safe;

/// The commit that a plan goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The branch or tag that was asked for.
    #[serde(rename = "ref")]
    pub reference: GitRef,
    /// The commit it was resolved to, once, when the plan was made.
    pub sha: CommitSha,
}

/// A variable that the target needs and an instance may not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVariable {
    /// Its name in `.env`.
    pub name: Safe,
    /// Its default in the target's example file, if it has one.
    pub default: Option<Safe>,
    /// Whether the target does not run without it: it has no default, or the compose file says
    /// `${NAME:?…}`.
    #[serde(default)]
    pub required: bool,
}

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The commit that runs now.
    pub from: CommitSha,
    /// A tag at that commit, by which one can go back to it; a branch would go on.
    #[serde(default)]
    pub from_tag: Option<GitRef>,
    /// Commits from there to the target, in all.
    pub n_commits: u32,
    /// The newest of them, at most 50, as `short subject`.
    pub commits: Vec<Safe>,
    /// Migrations that are new in the target.
    pub migrations: Vec<Safe>,
    /// Variables that are new in the target's `.env.example`.
    pub new_variables: Vec<NewVariable>,
    /// Services whose build context or definition changed.
    pub services: Vec<Safe>,
    /// Whether the target is older than what runs, or on another line.
    pub not_forward: bool,
}

/// How ready one target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readiness {
    /// It will not be run.
    Blocked,
    /// It could not be looked at.
    Unknown,
    /// A person should look first.
    Review,
    /// Ready, with a warning.
    Warning,
    /// Ready.
    Ready,
}

/// One finding about a target before it is touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What this finding alone would give.
    pub readiness: Readiness,
    /// Which part it is about: `disk`, `backup`, `drift`, ...
    pub subject: Safe,
    /// What was found, and what to do.
    pub text: Safe,
}

/// The check between two phases of one host: it stays healthy for a while, within a deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateSpec {
    /// The step that stands for it on the screens.
    pub id: StepId,
    /// Its title there.
    pub title: Safe,
    /// Seconds of uninterrupted health.
    pub min_healthy_s: u64,
    /// Seconds until it fails.
    pub deadline_s: u64,
    /// The commit that the health answer must name, where it names one.
    pub expect_commit: Option<CommitSha>,
    /// What to do when it fails: the way back, in exact words.
    #[serde(default)]
    pub hint: Option<Safe>,
}

/// A step with its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// What the host gets.
    #[serde(flatten)]
    pub step: JobStep,
    /// One or two words for the screens.
    pub title: Safe,
    /// What it changes on the host, as a sentence; `None` for a step that only looks.
    pub changes: Option<Safe>,
}

/// What happens on one host without a decision of the control side in between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// Consecutive steps, sent as one job.
    Job {
        /// In order.
        steps: Vec<PlannedStep>,
    },
    /// A check by the control side.
    Gate(GateSpec),
    /// A change of the host's vault by the control side.
    Vault(VaultStep),
}

/// The part of a plan that is about one host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostPlan {
    /// The target.
    pub id: HostId,
    /// How it is reached.
    pub connection: Connection,
    /// Its settings when the plan was made.
    pub settings: InstanceSettings,
    /// The commit that ran when the plan was made.
    pub from: Option<CommitSha>,
    /// The worst of the findings; ready where there is none.
    pub readiness: Readiness,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// What becomes of its `.env`, where the workflow writes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<EnvChange>,
    /// In order; empty for a host that will not be run.
    pub phases: Vec<Phase>,
    /// Steps that the workflow has and this host does not get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Sent as one last job where the host ends without success and can be reached, whichever phase
    /// failed: it gives back what the run holds there (the lease). Never sent where an outcome is
    /// Unknown, since then nobody may change the host before it has been read again. It decides
    /// nothing about the host's outcome and stands in no grid.
    #[serde(default)]
    pub on_failure: Vec<PlannedStep>,
}

/// A step that a host does not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Title of the step.
    pub title: Safe,
    /// Why, as a sentence part.
    pub reason: Safe,
}

/// A host that was asked for and is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Which.
    pub host: HostId,
    /// Why, as a sentence part.
    pub reason: Safe,
}

/// Version of the format of a plan.
const SCHEMA: u32 = 1;

/// A workflow resolved against exact targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this format.
    pub schema: u32,
    /// What is done.
    pub workflow: Workflow,
    /// Name of the fleet.
    pub fleet: Safe,
    /// The inventory folder whose vaults fill the holes of its steps; `None` where no step has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<PathBuf>,
    /// The playbook that it runs, on all targets at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<Playbook>,
    /// Where it goes to.
    pub target: Option<Target>,
    /// What lies between, one per commit that runs now.
    pub changes: Vec<Change>,
    /// The targets that go at once, in order; every host of `hosts` that
    /// [will be run](HostPlan::will_run) is in exactly one, the others in none.
    pub batches: Vec<Vec<HostId>>,
    /// The targets.
    pub hosts: Vec<HostPlan>,
    /// Hosts that were asked for and are left out.
    pub excluded: Vec<Excluded>,
    /// How many targets of a batch run at the same time.
    pub parallel: u32,
    /// When the run stops.
    pub stops: FailureBudget,
    /// Whether and when it may run.
    #[serde(default, skip_serializing_if = "Rules::is_empty")]
    pub rules: Rules,
    /// Who is told, which hooks are run, and the lease of the whole fleet.
    #[serde(default, skip_serializing_if = "Around::is_empty")]
    pub around: Around,
    /// How batches, order and budget were decided; `None` in plans of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// The run that this one retries or takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RunId>,
    /// How its first batches are watched and judged before the others follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Box<CanaryPlan>>,
    /// When the plan was made; not part of the hash.
    pub made_at: Timestamp,
}

impl Plan {
    /// The hosts that will be run, in order.
    pub fn targets(&self) -> impl Iterator<Item = &HostPlan> {
        self.hosts.iter().filter(|h| h.will_run())
    }

    /// What the targets run now, by tag where there is one; `None` where they run more than two commits.
    pub fn from_names(&self) -> Option<String> {
        let mut commits: Vec<&CommitSha> = Vec::new();
        for from in self.targets().filter_map(|h| h.from.as_ref()) {
            if !commits.contains(&from) {
                commits.push(from);
            }
        }
        let name = |sha: &CommitSha| {
            let change = self.changes.iter().find(|c| &c.from == sha);
            let tag = change.and_then(|c| c.from_tag.as_ref());
            tag.map_or_else(|| sha.short().to_owned(), ToString::to_string)
        };
        match commits.as_slice() {
            [one] => Some(name(one)),
            [one, two] => {
                let mut names = [name(one), name(two)];
                names.sort();
                Some(names.join(", "))
            }
            _ => None,
        }
    }

    /// The plan of one host.
    pub fn host(&self, id: &HostId) -> Option<&HostPlan> {
        self.hosts.iter().find(|h| &h.id == id)
    }
}

impl HostPlan {
    /// Whether something was edited on the host that its plan would take back, or leaves it for.
    pub fn has_drift(&self) -> bool {
        self.diff.iter().any(|change| change.kind.overwrites())
    }

    /// Whether it will be run: a blocked host and one that could not be looked at are shown with
    /// their findings, and left alone.
    pub fn will_run(&self) -> bool {
        match self.readiness {
            Readiness::Blocked | Readiness::Unknown => false,
            Readiness::Review | Readiness::Warning | Readiness::Ready => true,
        }
    }

    /// Ids and titles of all steps in order, gates included.
    pub fn steps(&self) -> impl Iterator<Item = (&StepId, &Safe)> {
        self.phases.iter().flat_map(Phase::steps)
    }
}

impl Phase {
    /// Ids and titles of its steps in order; a gate is one.
    pub fn steps(&self) -> impl Iterator<Item = (&StepId, &Safe)> {
        let (steps, ours): (&[PlannedStep], _) = match self {
            Self::Job { steps } => (steps, None),
            Self::Gate(gate) => (&[], Some((&gate.id, &gate.title))),
            Self::Vault(vault) => (&[], Some((&vault.id, &vault.title))),
        };
        steps.iter().map(|s| (&s.step.id, &s.title)).chain(ours)
    }
}
