//! The fleet: all hosts of one inventory, built once and never changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::ids::{GroupName, HostId};
use super::settings::{HttpUrl, InstanceSettings};
use super::untrusted::Safe;

/// Variables of a host after precedence, in Ansible's names.
pub type Vars = BTreeMap<String, serde_json::Value>;

/// One host of the inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// Inventory hostname.
    pub id: HostId,
    /// Its groups, nearest first, `all` left out.
    pub groups: Vec<GroupName>,
    /// Its variables, without secrets.
    pub vars: Vars,
    /// How it is reached.
    pub connection: Connection,
    /// Its instance; `None` for a host that is none, such as the central server.
    pub instance: Option<InstanceSettings>,
}

/// A group of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Group {
    /// Hosts that stand in it directly, in order.
    pub hosts: Vec<HostId>,
    /// Groups below it, in order.
    pub children: Vec<GroupName>,
}

/// A host that the inventory names and that is in no fleet, since something about it cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub id: HostId,
    /// Its groups, nearest first, `all` left out.
    pub groups: Vec<GroupName>,
}

/// The central metrics server (`bunker_metrics_*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsSettings {
    /// `bunker_metrics_url`: the address to which `/api/v1/query` is appended (a cluster's ends in
    /// `/select/0/prometheus`).
    pub url: HttpUrl,
    /// `bunker_metrics_token_file`: a file on the control machine with a bearer token, 0600.
    pub token_file: Option<String>,
    /// `bunker_metrics_timeout_s`: seconds that one query may take, by default 5.
    pub timeout_s: u64,
}

/// How runs treat many targets (`bunker_*`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutSettings {
    /// `bunker_serial`: targets of a batch, per cent of all (rounded up), by default 25.
    pub serial_percent: u32,
    /// `bunker_parallel`: targets of a batch at the same time, by default 8.
    pub parallel: u32,
    /// `bunker_max_failed`: the run stops when this many targets failed, by default 1.
    pub max_failed: u32,
    /// `bunker_max_unreachable`: the run stops when this many could not be reached, by default 1.
    pub max_unreachable: u32,
}

impl Default for RolloutSettings {
    fn default() -> Self {
        Self { serial_percent: 25, parallel: 8, max_failed: 1, max_unreachable: 1 }
    }
}

/// All hosts of one inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// `bunker_fleet_name`, else the name of the folder that holds the inventory.
    pub name: Safe,
    /// In the order in which the inventory first names them.
    pub hosts: Vec<Host>,
    /// Hosts that the inventory names and that cannot be used: never selected, never touched.
    pub left_out: Vec<LeftOut>,
    /// All groups but `all`. A group may name hosts that were left out.
    pub groups: BTreeMap<GroupName, Group>,
    /// The metrics server, where one is configured.
    pub metrics: Option<MetricsSettings>,
    /// How runs treat many targets.
    pub rollout: RolloutSettings,
    /// `bunker_probe_interval_s`: seconds between two looks at a host, by default 10.
    pub probe_interval_s: u64,
}

impl Fleet {
    /// A host by its name.
    pub fn host(&self, id: &HostId) -> Option<&Host> {
        self.hosts.iter().find(|h| &h.id == id)
    }

    /// The hosts that are instances, with their settings.
    pub fn instances(&self) -> impl Iterator<Item = (&Host, &InstanceSettings)> {
        self.hosts.iter().filter_map(|h| h.instance.as_ref().map(|s| (h, s)))
    }
}
