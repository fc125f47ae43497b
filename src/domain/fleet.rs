//! The fleet: all hosts of one inventory, built once and never changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::accent::Accent;
use super::connection::Connection;
use super::ids::{GroupName, HostId};
use super::notify::NotifySettings;
use super::plan::Outside;
use super::plan::strategy::RolloutSettings;
use super::policy::{APPROVAL_TTL_S, Guardrail};
use super::settings::{HttpUrl, InstanceSettings};
use super::untrusted::Safe;
use super::window::Window;

/// Variables of a host after precedence, in Ansible's names; hosts share the names.
pub type Vars = BTreeMap<Arc<str>, serde_json::Value>;

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
    /// Its maintenance windows (`bunker_windows`); none means always.
    pub windows: Arc<[Window]>,
    /// Its instance; `None` for a host that is none, such as the central server.
    pub instance: Option<Arc<InstanceSettings>>,
    /// How runs treat it as one of many targets.
    pub rollout: RolloutSettings,
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

/// What binds every run (`bunker_*`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetPolicy {
    /// `bunker_guardrails`: the first that fits a host counts for it.
    pub guardrails: Vec<Guardrail>,
    /// `bunker_approval_ttl_s`: seconds for which a plan waits for a second person, by default four hours.
    pub approval_ttl_s: u64,
    /// `bunker_window_outside`: what becomes of a run outside of its window, by default `refuse`.
    pub outside: Outside,
    /// `bunker_window_resumes`: whether a run that paused since a window closed goes on by itself when it opens.
    pub window_resumes: bool,
    /// `bunker_alertmanager_url`: the Alertmanager that is told of windows.
    pub alertmanager: Option<HttpUrl>,
}

impl Default for FleetPolicy {
    fn default() -> Self {
        Self {
            guardrails: Vec::new(),
            approval_ttl_s: APPROVAL_TTL_S,
            outside: Outside::Refuse,
            window_resumes: false,
            alertmanager: None,
        }
    }
}

/// All hosts of one inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// `bunker_fleet_name`, else the name of the folder that holds the inventory.
    pub name: Safe,
    /// In the order in which the inventory first names them.
    pub hosts: Vec<Arc<Host>>,
    /// Hosts that the inventory names and that cannot be used: never selected, never touched.
    pub left_out: Vec<LeftOut>,
    /// All groups but `all`. A group may name hosts that were left out.
    pub groups: BTreeMap<GroupName, Group>,
    /// The metrics server, where one is configured.
    pub metrics: Option<MetricsSettings>,
    /// What binds every run.
    pub policy: FleetPolicy,
    /// `bunker_probe_interval_s`: seconds between two looks at a host, by default 10.
    pub probe_interval_s: u64,
    /// What stands around its runs.
    pub around: FleetAround,
    /// `bunker_accent`: the colour of its header line.
    pub accent: Option<Accent>,
}

/// What stands around the runs of a fleet (`bunker_*`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetAround {
    /// Who is told of runs; `None` where nobody is.
    pub notify: Option<NotifySettings>,
    /// `bunker_hook_timeout_s`: seconds that a hook may take, by default 60.
    pub hook_timeout_s: u64,
    /// `bunker_central_host`: the host that keeps the lease of the fleet for all control machines; by default the one
    /// host of group `bunker_ops_central` or `central` that is no instance.
    pub central: Option<HostId>,
}

impl Default for FleetAround {
    fn default() -> Self {
        Self { notify: None, hook_timeout_s: 60, central: None }
    }
}

impl Host {
    /// Whether shells on it are recorded (`bunker_shell_record`). What is no clear no means yes.
    pub fn records_shells(&self) -> bool {
        use serde_json::Value;
        match self.vars.get("bunker_shell_record") {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(word)) => !matches!(
                word.trim().to_ascii_lowercase().as_str(),
                "false" | "no" | "off" | "0" | ""
            ),
            Some(_) => true,
        }
    }
}

impl Fleet {
    /// A host by its name.
    pub fn host(&self, id: &HostId) -> Option<&Host> {
        self.hosts.iter().map(Arc::as_ref).find(|h| &h.id == id)
    }

    /// The host that keeps the lease of the whole fleet.
    pub fn central(&self) -> Option<&Host> {
        if let Some(named) = &self.around.central {
            return self.host(named);
        }
        let is_central = |h: &&Host| {
            let central = |g: &GroupName| matches!(g.as_str(), "bunker_ops_central" | "central");
            h.instance.is_none() && h.groups.iter().any(central)
        };
        let mut found = self.hosts.iter().map(Arc::as_ref).filter(is_central);
        found.next().filter(|_| found.next().is_none())
    }

    /// The hosts that are instances, with their settings.
    pub fn instances(&self) -> impl Iterator<Item = (&Arc<Host>, &Arc<InstanceSettings>)> {
        self.hosts.iter().filter_map(|h| h.instance.as_ref().map(|s| (h, s)))
    }
}
