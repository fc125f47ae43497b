//! What the cockpit's pages look at, read as the command line reads it. Nothing here can change anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::watch;

use super::{doctor, lease, wiring};
use crate::adapters::alertmanager::Alertmanager;
use crate::adapters::inventory::load;
use crate::adapters::ssh::SshPool;
use crate::adapters::store::StoreReader;
use crate::adapters::vault::tell_with_vaults;
use crate::adapters::victoria::Victoria;
use crate::app::log_tail::LogTail;
use crate::app::look::{Look, Looked};
use crate::app::msg::Problem;
use crate::app::panes::{N_LINES, Output, Outputs};
use crate::domain::backups::{Made, made};
use crate::domain::figure::Trouble;
use crate::domain::fleet::Fleet;
use crate::domain::ids::{HostId, RunId};
use crate::domain::inventory::{VariableTold, tell};
use crate::domain::lease::{FleetKey, LeaseLook, LeaseOf};
use crate::domain::untrusted::Safe;
use crate::engine::poller::Watched;
use crate::engine::ports::{
    Clock as _, RemoteRead as _, RunReader as _, StoreError, TimelineReader as _,
};
use crate::engine::supervisor::Supervisor;
use crate::engine::{alerts, charts, leases};
use crate::steps::{backup, probe};
use crate::tui::Looker;

/// The reading side of the cockpit's pages.
pub(super) struct Looks {
    inventory: PathBuf,
    hosts: Arc<SshPool>,
    watched: watch::Receiver<Watched>,
    supervisor: Supervisor,
    alertmanager: Alertmanager,
    metrics: Victoria,
    store: Option<Arc<StoreReader>>,
}

/// Bytes of the end of an output that are read.
const ENDS: u64 = 24 * 1024;

fn problem(message: &str) -> Problem {
    Problem { message: Safe::line(message), hint: None }
}

impl Looks {
    pub(super) fn new(
        inventory: PathBuf,
        hosts: Arc<SshPool>,
        watched: watch::Receiver<Watched>,
        supervisor: Supervisor,
        store: Option<Arc<StoreReader>>,
    ) -> Self {
        let (alertmanager, metrics) = (Alertmanager::default(), Victoria::new());
        Self { inventory, hosts, watched, supervisor, alertmanager, metrics, store }
    }

    fn fleet(&self) -> Arc<Fleet> {
        Arc::clone(&self.watched.borrow().fleet)
    }

    /// The manifests on a host, which are the truth about its backups.
    async fn backups_of(&self, fleet: &Fleet, id: &HostId) -> Result<Vec<Made>, Safe> {
        let host = fleet.host(id).ok_or_else(|| Safe::line("it is no longer in the inventory"))?;
        let settings = host.instance.as_ref().ok_or_else(|| Safe::line("it is no instance"))?;
        let list = backup::list(settings);
        let read = self.hosts.read(&host.connection, &list, probe::DEADLINE).await;
        read.map(|output| made(&output.stdout)).map_err(|error| error.message)
    }

    async fn lease_of(&self, fleet: &Fleet, id: &HostId) -> Result<LeaseLook, Safe> {
        let host = fleet.host(id).ok_or_else(|| Safe::line("it is no longer in the inventory"))?;
        let of = LeaseOf::Instance(id.clone());
        let look = leases::look(&*self.hosts, &host.connection, &of).await;
        look.map_err(|error| error.message)
    }

    async fn charts(&self, fleet: &Fleet, id: &HostId) -> Result<Looked, Problem> {
        let settings = fleet.host(id).and_then(|host| host.instance.as_ref());
        let settings = settings.ok_or_else(|| problem(&format!("{id} is no instance")))?;
        let server = fleet.metrics.as_ref().ok_or_else(|| {
            problem("there is no metrics server to ask: set bunker_metrics_url in group_vars/all")
        })?;
        let clock = wiring::clock();
        let read = charts::read(&self.metrics, server, &settings.label, &*clock).await;
        let url = server.url.as_str();
        read.map(|read| Looked::Charts(Box::new(read)))
            .map_err(|trouble| problem(&format!("metrics server at {url}: {}", words(&trouble))))
    }

    /// What was kept of an instance.
    async fn timeline(&self, fleet: &Fleet, id: &HostId) -> Result<Looked, Problem> {
        let Some(store) = &self.store else {
            return Err(problem("the timeline cannot be shown: the store cannot be read"));
        };
        let kept = store.kept(&FleetKey::of(&fleet.name), id).await;
        kept.map(Looked::Timeline).map_err(|error| problem(&error.to_string()))
    }

    /// Runs what reads files or starts programs where nothing else waits on it.
    async fn aside<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let task = self.supervisor.spawn_blocking(name, work);
        task.join().await.map_err(|died| problem(&died.to_string()))
    }

    /// The ends of the outputs of a run's targets.
    async fn outputs(&self, run: &RunId, hosts: &[HostId]) -> Result<Looked, Problem> {
        let Some(runs) = &self.store else {
            return Err(problem("outputs cannot be shown: the store cannot be read"));
        };
        let mut all = Outputs::new();
        for host in hosts {
            let failed = |error: StoreError| problem(&error.to_string());
            let (_, bytes) = runs.log(run, host, 0, 0).await.map_err(failed)?;
            let from = bytes.saturating_sub(ENDS);
            let limit = usize::try_from(ENDS).unwrap_or(usize::MAX);
            let (end, _) = runs.log(run, host, from, limit).await.map_err(failed)?;
            all.insert(host.clone(), Output { lines: last_lines(&end, from > 0), bytes });
        }
        Ok(Looked::Outputs(all))
    }

    async fn variables(&self, id: HostId) -> Result<Vec<VariableTold>, Problem> {
        let inventory = self.inventory.clone();
        let read = move || {
            let loaded = load(&inventory);
            let told = tell_with_vaults(&inventory, &loaded, &id, &wiring::keys()).ok_or(id)?;
            Ok::<_, HostId>(told.into_iter().map(|v| within(v, &inventory)).collect())
        };
        let told = self.aside("variables", read).await?;
        told.map_err(|id| problem(&format!("the inventory has no host {id} any more")))
    }
}

/// The same variable with its file as the inventory's folder knows it: the way to that folder is the same for all.
fn within(told: VariableTold, inventory: &Path) -> VariableTold {
    let folder = if inventory.is_file() { inventory.parent() } else { Some(inventory) };
    let short = folder.and_then(|f| Path::new(told.at.as_str()).strip_prefix(f).ok());
    let short = short.and_then(Path::to_str).map(Safe::line);
    VariableTold { at: short.unwrap_or_else(|| told.at.clone()), ..told }
}

/// The last lines of the end of an output; where it does not begin at the beginning, its first line is cut and left out.
fn last_lines(end: &[u8], cut: bool) -> Vec<Safe> {
    let mut tail = LogTail::default();
    tail.push(0, end);
    let first = tail.end().saturating_sub(N_LINES as u64).max(tail.first() + u64::from(cut));
    (first..tail.end()).filter_map(|n| tail.line(n)).collect()
}

fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Down(what) | Trouble::Malformed(what) | Trouble::Refused(what) => what.to_string(),
        Trouble::TimedOut => "no answer in time".to_owned(),
        Trouble::Oversized => "its answer is too large".to_owned(),
        Trouble::NotReported | Trouble::NoData | Trouble::NotANumber => "no data".to_owned(),
    }
}

#[async_trait]
impl Looker for Looks {
    async fn look(&self, what: Look) -> Result<Looked, Problem> {
        let fleet = self.fleet();
        match what {
            Look::Backups(hosts) => {
                let read = join_all(hosts.iter().map(|id| self.backups_of(&fleet, id))).await;
                let all: BTreeMap<HostId, _> = hosts.into_iter().zip(read).collect();
                Ok(Looked::Backups(all))
            }
            Look::Alerts => {
                let now = wiring::clock().now();
                let read = alerts::read(&self.alertmanager, &fleet, now).await;
                read.map(|manager| Looked::Alerts(manager.map(Box::new)))
                    .map_err(|message| Problem { message, hint: None })
            }
            Look::Inventory => Ok(Looked::Inventory(tell(&fleet))),
            Look::Variables(host) => self.variables(host).await.map(Looked::Variables),
            Look::DoctorHere => {
                let inventory = self.inventory.clone();
                let found = self.aside("doctor", move || doctor::of_this_machine(&inventory));
                found.await.map(Looked::Findings)
            }
            Look::DoctorHosts => {
                let sources = wiring::sources(&self.hosts);
                Ok(Looked::Findings(doctor::of_hosts(&sources, &fleet).await))
            }
            Look::Timeline(host) => self.timeline(&fleet, &host).await,
            Look::Charts(host) => self.charts(&fleet, &host).await,
            Look::Lease(id) => {
                let look = self.lease_of(&fleet, &id).await;
                Ok(Looked::Lease(id, look))
            }
            Look::Campaign => {
                let held = lease::held::campaign(&fleet, &self.hosts).await;
                let said =
                    |trouble: super::exit::Trouble| Safe::line(&format!("{:#}", trouble.report));
                Ok(Looked::Campaign(held.map(|held| held.map(|h| h.told())).map_err(said)))
            }
            Look::Outputs(run, hosts) => self.outputs(&run, &hosts).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_names_its_file_within_the_inventory() {
        let told = |at: &str| VariableTold {
            name: "cml_ref".into(),
            value: None,
            given_by: "host".into(),
            at: at.into(),
            unresolved: None,
            generation: None,
        };
        let inventory = Path::new("/home/ann/fleet/inventory");
        for (at, want) in [
            ("/home/ann/fleet/inventory/host_vars/a/main.yml:3", "host_vars/a/main.yml:3"),
            ("/etc/ansible/group_vars/all.yml:9", "/etc/ansible/group_vars/all.yml:9"),
            ("hosts.yml:14", "hosts.yml:14"),
        ] {
            assert_eq!(within(told(at), inventory).at.as_str(), want);
        }
    }
}
