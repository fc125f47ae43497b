//! What is known of the whole fleet at one moment: the value that pollers publish and screens draw.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::accent::Accent;
use super::connection::Connection;
use super::facts::Facts;
use super::figure::{Figure, Trouble};
use super::git::CommitSha;
use super::health::Verdict;
use super::ids::{Domain, GroupName, HostId};
use super::series::Series;
use super::settings::{InstancePolicy, Tier};
use super::signal::Signal;
use super::untrusted::Safe;
use super::window::WindowSet;

/// Whether the host answers over SSH.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "contact")]
pub enum Contact {
    /// Not asked yet since the program started.
    NotYet,
    /// The last probe was answered.
    Answered {
        /// When.
        at: Timestamp,
    },
    /// The last probe was not answered.
    Lost {
        /// Since when, by our clock.
        since: Timestamp,
        /// When it last answered, if it ever did.
        last_seen: Option<Timestamp>,
        /// What happened, and what to do.
        error: Safe,
    },
}

/// The answer of the health address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "http")]
pub enum HttpHealth {
    /// Not asked yet.
    NotYet,
    /// 200 with JSON.
    Up {
        /// When it was asked.
        at: Timestamp,
        /// Time to the full answer, in seconds.
        latency_s: f64,
        /// The running commit, where the answer says so.
        commit: Option<CommitSha>,
        /// `version` of the answer.
        version: Option<Safe>,
    },
    /// Anything else.
    Failed {
        /// When it was last asked.
        at: Timestamp,
        /// Since when it fails.
        since: Timestamp,
        /// What happened.
        error: Safe,
    },
}

/// What runs on an instance, by the best evidence there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningRelease {
    /// The commit.
    pub sha: CommitSha,
    /// Its tag or branch, where known.
    #[serde(rename = "ref")]
    pub reference: Option<Safe>,
}

/// All that is known of one instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceView {
    /// Inventory hostname.
    pub id: HostId,
    /// Its domain.
    pub domain: Domain,
    /// Its tier.
    pub tier: Tier,
    /// Its groups, nearest first.
    pub groups: Vec<GroupName>,
    /// State and reasons.
    pub verdict: Verdict,
    /// SSH.
    pub contact: Contact,
    /// HTTP.
    pub http: HttpHealth,
    /// The newest facts, shared with whoever else shows them.
    pub facts: Option<Arc<Facts>>,
    /// What runs.
    pub release: Option<RunningRelease>,
    /// The newest figures.
    pub signals: BTreeMap<Signal, Figure>,
    /// One-hour trends.
    pub trends: BTreeMap<Signal, Series>,
    /// How its host is reached.
    #[serde(default, skip_serializing)]
    pub connection: Option<Arc<Connection>>,
    /// The limits by which it is judged.
    #[serde(default, skip)]
    pub policy: InstancePolicy,
    /// Whether shells on it are recorded.
    #[serde(default, skip)]
    pub records_shells: bool,
}

impl InstanceView {
    /// Whether nothing was heard of it yet, from no source.
    pub fn is_unheard(&self) -> bool {
        self.contact == Contact::NotYet
            && self.http == HttpHealth::NotYet
            && self.facts.is_none()
            && self.signals.values().all(|figure| figure.reading.is_none())
    }
}

/// State of the central metrics server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "metrics")]
pub enum MetricsState {
    /// `bunker_metrics_url` is not set.
    NotConfigured,
    /// Not asked yet.
    NotYet,
    /// The last refresh was answered.
    Answered {
        /// When.
        at: Timestamp,
        /// Whether the answer may lack data.
        partial: bool,
    },
    /// The last refresh failed.
    Failed {
        /// Since when.
        since: Timestamp,
        /// When it last answered.
        last_seen: Option<Timestamp>,
        /// What happened.
        trouble: Trouble,
    },
}

/// How the inventory's files are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryState {
    /// Every problem of the files, warnings too, as lines.
    pub problems: Vec<Safe>,
    /// Set while the files cannot be used as they are: what is shown is the last good inventory.
    pub refused: Option<RefusedEdit>,
    /// How many hosts the inventory in use names and leaves out, since something about them cannot be used.
    pub n_left_out: usize,
}

/// An edit that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEdit {
    /// The file with the first error, without folders.
    pub file: Safe,
    /// That error, with file, line and column.
    pub problem: Safe,
}

/// The fleet at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FleetSnapshot {
    /// Name of the fleet (`bunker_fleet_name`, else the name of the inventory's folder).
    pub fleet: Safe,
    /// When this snapshot was made.
    pub at: Timestamp,
    /// In inventory order.
    pub instances: Vec<Arc<InstanceView>>,
    /// The metrics server.
    pub metrics: MetricsState,
    /// How the inventory's files are.
    pub inventory: InventoryState,
    /// The maintenance windows of its instances.
    #[serde(default = "no_windows")]
    pub windows: Arc<[WindowSet]>,
    /// The colour of the fleet (`bunker_accent`).
    #[serde(default)]
    pub accent: Option<Accent>,
    /// Hosts of its inventory that are no instance, such as the central server.
    #[serde(default = "no_others")]
    pub others: Arc<[HostId]>,
}

fn no_others() -> Arc<[HostId]> {
    Arc::new([])
}

fn no_windows() -> Arc<[WindowSet]> {
    Arc::new([])
}
