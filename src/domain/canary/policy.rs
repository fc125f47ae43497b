//! What the inventory says about canaries, and what a plan makes of it.

use serde::{Deserialize, Serialize};

use super::rule::MetricRule;
use super::samples::Member;
use crate::domain::fleet::MetricsSettings;
use crate::domain::ids::GroupName;
use crate::domain::plan::Plan;
use crate::domain::untrusted::Safe;

/// What happens where the canary passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnPass {
    /// The batches go on by themselves.
    #[default]
    Continue,
    /// They wait for a person, and the canary is watched until one promotes it.
    Promote,
}

/// What happens where it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFail {
    /// The run stops, and says how to go back.
    #[default]
    Stop,
    /// The canary hosts are rolled back too.
    Rollback,
}

/// The variables `bunker_canary_*` and `bunker_soak_s` of an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CanaryPolicy {
    /// `bunker_canary_group`: an instance in it is a canary; by default `canary`.
    pub group: Option<GroupName>,
    /// `bunker_soak_s`: seconds of observed health before the rest follows, by default 1800.
    pub soak_s: u64,
    /// `bunker_canary_metrics`.
    pub metrics: Vec<MetricRule>,
    /// `bunker_canary_on_success`.
    pub on_pass: OnPass,
    /// `bunker_canary_on_fail`.
    pub on_fail: OnFail,
}

impl Default for CanaryPolicy {
    fn default() -> Self {
        Self {
            group: "canary".parse().ok(),
            soak_s: 1_800,
            metrics: MetricRule::by_default(),
            on_pass: OnPass::default(),
            on_fail: OnFail::default(),
        }
    }
}

impl CanaryPolicy {
    /// Whether nothing was set.
    pub fn is_usual(&self) -> bool {
        self == &Self::default()
    }

    /// The first variable by which the two differ.
    pub fn differs_in(&self, other: &Self) -> Option<&'static str> {
        [
            (self.soak_s != other.soak_s, "bunker_soak_s"),
            (self.metrics != other.metrics, "bunker_canary_metrics"),
            (self.on_pass != other.on_pass, "bunker_canary_on_success"),
            (self.on_fail != other.on_fail, "bunker_canary_on_fail"),
            (self.group != other.group, "bunker_canary_group"),
        ]
        .into_iter()
        .find_map(|(differs, name)| differs.then_some(name))
    }
}

/// The canary of a plan: the hosts of its first batches, how they are watched and judged, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CanaryPlan {
    /// The group, for people.
    pub group: GroupName,
    /// How many batches at the front are the canary's.
    pub n_batches: u32,
    /// Its hosts.
    pub canary: Vec<Member>,
    /// The hosts of the plan that stay on the old release meanwhile: what it is compared with.
    pub rest: Vec<Member>,
    /// What a person should know before it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Safe>,
    /// Seconds of observed health.
    pub soak_s: u64,
    /// Seconds between two looks at its health.
    pub look_s: u64,
    /// The rules; empty judges it by health alone.
    pub metrics: Vec<MetricRule>,
    /// The metrics server; `None` where none is configured.
    #[serde(default)]
    pub server: Option<MetricsSettings>,
    /// Where it passes.
    pub on_pass: OnPass,
    /// Where it fails.
    pub on_fail: OnFail,
    /// How its hosts go back, one plan a release, rendered when this plan was made so that nothing unseen is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollback: Vec<Plan>,
}

impl CanaryPlan {
    /// Seconds between two looks for a soak: often enough that a short soak sees several.
    pub fn look_for(soak_s: u64) -> u64 {
        (soak_s / 30).clamp(1, 10)
    }

    /// What happens on a pass, in words.
    pub fn pass_words(&self) -> &'static str {
        match self.on_pass {
            OnPass::Continue => "the batches go on by themselves",
            OnPass::Promote => "waits for a person to promote it, and is watched until then",
        }
    }

    /// What happens on a failure, in words.
    pub fn fail_words(&self) -> &'static str {
        match self.on_fail {
            OnFail::Stop => "stops, and says how to roll the canary back",
            OnFail::Rollback => "stops, and rolls the canary back",
        }
    }

    /// By what it is judged, in words: `errors, p95 (memory only shown)`.
    pub fn metrics_words(&self) -> String {
        let titles = |muted: bool| {
            let rules = self.metrics.iter().filter(|rule| rule.muted == muted);
            rules.map(|rule| rule.signal.title()).collect::<Vec<_>>().join(", ")
        };
        match (titles(false), titles(true)) {
            (judged, shown) if judged.is_empty() && shown.is_empty() => "health alone".to_owned(),
            (judged, shown) if judged.is_empty() => format!("health alone ({shown} only shown)"),
            (judged, shown) if shown.is_empty() => judged,
            (judged, shown) => format!("{judged} ({shown} only shown)"),
        }
    }

    /// Whether any metric decides.
    pub fn is_judged(&self) -> bool {
        self.metrics.iter().any(|rule| !rule.muted)
    }
}
