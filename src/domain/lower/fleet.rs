//! All hosts of an inventory, and what counts for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::connection::{connection, local_path};
use super::instance::{instance, url};
use super::names;
use super::notify::notify;
use super::policy;
use super::reader::Reader;
use super::rollout::rollout;
use crate::domain::accent::Accent;
use crate::domain::fleet::{
    Fleet, FleetAround, FleetPolicy, Group, Host, LeftOut, MetricsSettings, Vars,
};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::merge::{Merged, Sources, Unmerged, hosts, merge};
use crate::domain::inventory::{Loaded, Place, Problems, Shown, Variable, Variables, resolve};
use crate::domain::side_by_side::side_by_side;
use crate::domain::untrusted::Safe;

/// What lowering needs to know of the control machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The operator's home folder.
    pub home: Option<String>,
    /// The inventory folder, as an absolute path.
    pub inventory_dir: String,
    /// Name of the fleet unless `bunker_fleet_name` says otherwise.
    pub fleet_name: String,
    /// The inventory folder as a place, for what belongs to no file.
    pub folder: Place,
}

/// Makes a fleet of what was read, and says what is wrong with it.
pub fn lower(sources: &Sources, around: &Surroundings, mut problems: Problems) -> Loaded {
    let (mut merged, mut lowered) = (Vec::new(), Vec::new());
    for one in side_by_side(&mut hosts(sources, &mut problems), |host| one(sources, host, around)) {
        let Some(one) = one else { continue };
        problems.take(one.of_values);
        merged.push(one.merged);
        lowered.push((one.lowered, one.of_settings));
    }
    check_names(sources, &merged, &mut problems);
    let all = fleet_wide(&merged);
    let fleet = Wide::read(&all, around, &mut problems).map(|wide| {
        let mut hosts = Vec::new();
        let mut left_out = Vec::new();
        for (host, (lowered, of_settings)) in merged.iter().zip(lowered) {
            problems.take(of_settings);
            match lowered {
                Some(good) => hosts.push(Arc::new(good)),
                None => left_out.push(LeftOut { id: host.id.clone(), groups: host.groups.clone() }),
            }
        }
        wide.fleet(hosts, left_out, groups(sources))
    });
    let fleet = fleet.filter(|_| !problems.is_fatal());
    let (fleet, without_hosts) = if merged.is_empty() { (None, fleet) } else { (fleet, None) };
    if merged.is_empty() && !problems.is_fatal() {
        let hint =
            "name one below all: hosts: in hosts.yml, or by `bunker instance add HOST DOMAIN IP`";
        problems.fatal(&around.folder, "the inventory names no host", Some(hint));
    }
    let top = sources.tree.groups.iter().find(|(name, _)| name.as_str() == "all");
    Loaded {
        below_all: top.map(|(_, all)| all.children.clone()).unwrap_or_default(),
        fleet,
        without_hosts,
        diagnostics: problems.into_diagnostics(),
        variables: merged.into_iter().map(|host| (host.id, host.vars)).collect(),
    }
}

/// What comes of one host.
struct One {
    merged: Merged,
    of_values: Problems,
    /// `None` where it is left out.
    lowered: Option<Host>,
    /// They are told only where what counts for all hosts can be used.
    of_settings: Problems,
}

fn one(sources: &Sources, host: &mut Unmerged<'_>, around: &Surroundings) -> Option<One> {
    let (mut of_values, mut of_settings) = (Problems::default(), Problems::default());
    let mut merged = merge(sources, host, &mut of_values)?;
    let Merged { id, groups, vars, .. } = &mut merged;
    resolve(id, vars, || builtin(id, groups, around), &mut of_values);
    let lowered = lower_host(&merged, around, &mut of_settings);
    Some(One { merged, of_values, lowered, of_settings })
}

fn lower_host(host: &Merged, around: &Surroundings, problems: &mut Problems) -> Option<Host> {
    let mut reader = Reader::new(&host.id, &host.at, &host.vars, problems);
    let connection = connection(&mut reader, around.home.as_deref());
    let instance = instance(&mut reader, &host.groups);
    let windows = policy::windows(&mut reader);
    let rollout = rollout(&mut reader);
    let spoilt = host.lost || reader.failed();
    let (Some(connection), Ok(instance), Some(windows), false) =
        (connection, instance, windows, spoilt)
    else {
        return None;
    };
    let vars = plain_vars(&host.vars);
    let (id, groups) = (host.id.clone(), host.groups.clone());
    let (windows, instance) = (windows.into(), instance.map(Arc::new));
    Some(Host { id, groups, vars, connection, windows, instance, rollout })
}

/// Variables as the rest of the program may see them: no secrets.
fn plain_vars(vars: &Variables) -> Vars {
    let plain = |(name, variable): (&Arc<str>, &Variable)| match variable.shown(name) {
        Shown::Value(value) => Some((Arc::clone(name), value)),
        Shown::Secret => None,
    };
    vars.iter().filter_map(plain).collect()
}

fn builtin(id: &HostId, groups: &[GroupName], around: &Surroundings) -> BTreeMap<String, Value> {
    let short = id.as_str().split('.').next().unwrap_or_default();
    let groups = groups.iter().map(|g| Value::from(g.as_str())).collect();
    BTreeMap::from([
        ("inventory_hostname".to_owned(), Value::from(id.as_str())),
        ("inventory_hostname_short".to_owned(), Value::from(short)),
        ("inventory_dir".to_owned(), Value::from(around.inventory_dir.as_str())),
        ("group_names".to_owned(), Value::Array(groups)),
    ])
}

fn groups(sources: &Sources) -> BTreeMap<GroupName, Group> {
    let of = |group: &crate::domain::inventory::TreeGroup| Group {
        hosts: group.hosts.clone(),
        children: group.children.clone(),
    };
    let named = sources.tree.groups.iter().filter(|(name, _)| name.as_str() != "all");
    named.map(|(name, group)| (name.clone(), of(group))).collect()
}

/// Variables set for `all`: those of any host that come from there. Hosts agree on them, since what a
/// group or a host overrides has another source; so what one host hides another may show.
fn fleet_wide(merged: &[Merged]) -> Variables {
    let mut all = Variables::new();
    for host in merged {
        for (name, variable) in &host.vars {
            if variable.source.is_all() && names::is_fleet_wide(name) {
                all.entry(Arc::clone(name)).or_insert_with(|| variable.clone());
            }
        }
    }
    all
}

/// Tells misspelt names, and fleet-wide variables where they count for nothing.
fn check_names(sources: &Sources, merged: &[Merged], problems: &mut Problems) {
    let files = sources.group_vars.values().chain(sources.host_vars.values()).flatten();
    let in_files = files.filter_map(|f| f.vars.as_ref());
    let groups = sources.tree.groups.values().map(|g| &g.vars);
    let hosts = sources.tree.hosts.values().map(|h| &h.vars);
    // Hosts share their names: each is looked at once.
    let mut judged = BTreeMap::new();
    for vars in in_files.chain(groups).chain(hosts) {
        for (name, var) in vars {
            if let Some(wrong) = judged.entry(name).or_insert_with(|| names::misspelt(name)) {
                let hint = wrong.meant.map(|meant| format!("did you mean {meant}?"));
                let message = format!("variable {} has no meaning here", Safe::line(name));
                problems.warn(&var.key, message, hint.as_deref());
            }
        }
    }
    let mut told = BTreeSet::new();
    for host in merged {
        let wide =
            |(name, v): &(&Arc<str>, &Variable)| !v.source.is_all() && names::is_fleet_wide(name);
        for (name, variable) in host.vars.iter().filter(wide) {
            if told.insert(variable.var.key.clone()) {
                let message = format!(
                    "{name} counts for the whole fleet, and not for one {}",
                    variable.source
                );
                problems.warn(&variable.var.key, message, Some("set it in group_vars/all"));
            }
        }
    }
}

/// What counts for all hosts.
struct Wide {
    name: Safe,
    metrics: Option<MetricsSettings>,
    policy: FleetPolicy,
    probe_interval_s: u64,
    around: FleetAround,
    accent: Option<Accent>,
}

impl Wide {
    /// Reads it; a value that cannot be used costs the fleet, since no other may stand in for it.
    fn read(vars: &Variables, around: &Surroundings, problems: &mut Problems) -> Option<Self> {
        let host: HostId = "all".parse().ok()?;
        let mut own = Problems::default();
        let mut r = Reader::new(&host, &around.folder, vars, &mut own);
        let name = r.text("bunker_fleet_name").unwrap_or(&around.fleet_name);
        let metrics_url = url(&mut r, "bunker_metrics_url", None);
        let token_file = local_path(&mut r, "bunker_metrics_token_file", around.home.as_deref());
        let timeout_s = r.whole("bunker_metrics_timeout_s", (1, 600)).unwrap_or(5);
        let probe_interval_s = r.whole("bunker_probe_interval_s", (1, 3_600)).unwrap_or(10);
        let metrics = metrics_url.map(|url| MetricsSettings { url, token_file, timeout_s });
        let policy = policy::of_the_fleet(&mut r);
        let stands_around = FleetAround {
            notify: notify(&mut r, around.home.as_deref()),
            hook_timeout_s: r.whole("bunker_hook_timeout_s", (1, 86_400)).unwrap_or(60),
            central: r.parse::<HostId>("bunker_central_host"),
        };
        let accent = accent(&mut r);
        let wide = Self {
            name: Safe::line(name),
            metrics,
            policy,
            probe_interval_s,
            around: stands_around,
            accent,
        };
        let failed = r.failed();
        problems.take_as_fatal(own);
        (!failed).then_some(wide)
    }

    fn fleet(
        self,
        hosts: Vec<Arc<Host>>,
        left_out: Vec<LeftOut>,
        groups: BTreeMap<GroupName, Group>,
    ) -> Fleet {
        Fleet {
            name: self.name,
            hosts,
            left_out,
            groups,
            metrics: self.metrics,
            policy: self.policy,
            probe_interval_s: self.probe_interval_s,
            around: self.around,
            accent: self.accent,
        }
    }
}

/// The colour of the fleet. One that cannot be used costs the colour only.
fn accent(r: &mut Reader<'_>) -> Option<Accent> {
    let text = r.text("bunker_accent")?;
    match text.parse() {
        Ok(accent) => Some(accent),
        Err(wrong) => {
            let message = format!("bunker_accent: {wrong}");
            r.warn("bunker_accent", message, "the header keeps the colours of the theme");
            None
        }
    }
}
