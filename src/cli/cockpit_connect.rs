//! What a cockpit is connected to: the inventory, hosts and the store, opened beside the first frame.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use color_eyre::eyre::WrapErr;
use tokio::sync::watch;

use super::cockpit_changes::Changes;
use super::cockpit_desk::Desk;
use super::cockpit_forwards::Forwards;
use super::cockpit_looks::Looks;
use super::exit::{Exit, Trouble};
use super::{Context, fleet, wiring};
use crate::adapters::http::HttpHealthSource;
use crate::adapters::inventory::{InventoryWatch, Seen, load};
use crate::adapters::ssh::SshPool;
use crate::adapters::store::StoreReader;
use crate::adapters::victoria::Victoria;
use crate::app::msg::Problem;
use crate::app::setup::Unusable;
use crate::domain::capability::Operate;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::inventory::Loaded;
use crate::domain::selector::Selector;
use crate::domain::untrusted::Safe;
use crate::engine::poller::{Poller, Sources as PollSources, Watched};
use crate::engine::ports::{AuditReader, RemoteRead, RunReader, Timeline};
use crate::engine::supervisor::{Supervisor, Task};
use crate::engine::timeline;
use crate::tui;

/// Connections that have to be closed at the end.
pub(super) type Open = Arc<Mutex<Option<Arc<SshPool>>>>;

/// What is watched, and whether what is seen is kept.
#[derive(Debug, Clone)]
pub(super) struct Watching {
    pub(super) limit: Option<String>,
    pub(super) keeps: bool,
}

/// The cockpit cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refused {
    pub(super) exit: Exit,
    message: String,
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self { exit: trouble.exit, message: format!("{:#}", trouble.report) }
    }
}

/// How a cockpit is connected, the first time and again.
#[derive(Clone)]
pub(super) struct Connecting {
    inventory: PathBuf,
    watching: Watching,
    operate: Option<Operate>,
    supervisor: Supervisor,
    pool: Open,
    forwards: Arc<Forwards>,
    /// The first time the files are read while the terminal is being prepared.
    begun: Arc<Mutex<Option<Task<color_eyre::Result<Opened>>>>>,
}

/// What was opened by reading files only.
struct Opened {
    watched: watch::Receiver<Watched>,
    files: InventoryWatch,
    only: Option<Selector>,
    backing: Backing,
}

/// Hosts and store behind the pages: what is opened without knowing the inventory.
struct Backing {
    hosts: Arc<SshPool>,
    store: Result<Arc<StoreReader>, Problem>,
    /// What keeps what is seen; nothing where this is not kept.
    timeline: Option<Result<Arc<dyn Timeline>, Problem>>,
}

impl Backing {
    fn open(keeps: bool) -> Result<Self, Refused> {
        let hosts = wiring::hosts()?;
        let problem = |what: &str, trouble: Trouble| Problem {
            message: Safe::line(&format!("{what}: {:#}", trouble.report)),
            hint: None,
        };
        let store = wiring::store_reader().map_err(|e| problem("runs cannot be shown", e));
        let timeline = keeps.then(|| {
            let what = "what changes on instances is not kept";
            wiring::timeline_keeper().map_err(|e| problem(what, e))
        });
        Ok(Self { hosts, store, timeline })
    }
}

fn parted<T>(opened: Result<T, Problem>) -> (Option<T>, Option<Problem>) {
    match opened {
        Ok(opened) => (Some(opened), None),
        Err(problem) => (None, Some(problem)),
    }
}

/// What is told of a store that cannot be used: it has one cause, whoever opens it, so it is told once.
fn told_once(unread: Option<Problem>, unkept: Option<Problem>) -> Vec<Problem> {
    unread.or(unkept).into_iter().collect()
}

impl Connecting {
    /// Begins to read the files at once.
    pub(super) fn begin(
        context: &Context,
        watching: Watching,
        supervisor: &Supervisor,
        pool: Open,
        forwards: Arc<Forwards>,
    ) -> Self {
        let connecting = Self {
            inventory: context.inventory.clone(),
            watching,
            operate: context.operate.clone(),
            supervisor: supervisor.clone(),
            pool,
            forwards,
            begun: Arc::default(),
        };
        if let Ok(mut begun) = connecting.begun.lock() {
            *begun = Some(connecting.open());
        }
        connecting
    }

    /// Begins to read the files.
    fn open(&self) -> Task<color_eyre::Result<Opened>> {
        let (inventory, Watching { limit, keeps }) =
            (self.inventory.clone(), self.watching.clone());
        let supervisor = self.supervisor.clone();
        self.supervisor.spawn_blocking("open", move || {
            let seen = Seen::now(&inventory);
            // The files are read on one core for the most part: what else is opened meanwhile costs nothing.
            let (loaded, backing) = thread::scope(|beside| {
                let backing = beside.spawn(move || Backing::open(keeps));
                (load(&inventory), backing.join().unwrap_or_else(|panic| resume_unwind(panic)))
            });
            let Loaded { fleet, diagnostics, variables, .. } = loaded;
            // It takes as long as a frame to free what a thousand hosts had: the screen does not wait for that.
            drop(supervisor.spawn_blocking("free", move || drop(variables)));
            let fleet = fleet.ok_or_else(|| no_inventory(&inventory, &diagnostics))?;
            let opened =
                open_with(&inventory, seen, fleet, &diagnostics, limit.as_deref(), backing?);
            Ok(opened.map_err(Refused::from)?)
        })
    }

    pub(super) async fn connect(self) -> color_eyre::Result<tui::Sources> {
        let begun = self.begun.lock().ok().and_then(|mut begun| begun.take());
        let opening = begun.unwrap_or_else(|| self.open());
        let opened = opening.join().await.wrap_err("opening the inventory")?;
        let Opened { watched, files, only, backing } = opened?;
        let Backing { hosts, store, timeline } = backing;
        if let Ok(mut pool) = self.pool.lock() {
            *pool = Some(Arc::clone(&hosts));
        }
        let watched = self.limited(watched, files, only);
        let sources = PollSources {
            remote: Arc::clone(&hosts) as Arc<dyn RemoteRead>,
            health: Arc::new(HttpHealthSource::new(wiring::clock())),
            metrics: Arc::new(Victoria::new()),
            clock: wiring::clock(),
        };
        let (mut poller, fleet, look_again) = Poller::new(sources, watched.clone());
        let at_work = Some(poller.told_by_runs());
        drop(self.supervisor.spawn("poller", poller.run()));
        let supervisor = self.supervisor;
        let inventory = self.inventory.clone();
        let (store, unread) = parted(store);
        let (timeline, unkept) = timeline.map(parted).unwrap_or_default();
        if let Some(timeline) = timeline {
            let keeping = timeline::keep(fleet.clone(), timeline, wiring::clock());
            drop(supervisor.spawn("timeline", keeping));
        }
        let problems = told_once(unread, unkept);
        let (at, tasks) = (watched.clone(), supervisor.clone());
        let looks = Looks::new(inventory, Arc::clone(&hosts), at, tasks, store.clone());
        let runs = store.clone().map(|store| store as Arc<dyn RunReader>);
        let audit = store.map(|store| store as Arc<dyn AuditReader>);
        let looker = Some(Arc::new(looks) as Arc<dyn tui::Looker>);
        if let Some(right) = self.operate.clone() {
            drop(supervisor.spawn("notify", wiring::keep_sending(right)));
        }
        let (inventory, at) = (self.inventory.clone(), watched.clone());
        let desk = Desk { hosts: Arc::clone(&hosts), watched: at, inventory };
        let desk = Some(Arc::new(desk) as Arc<dyn tui::HostDesk>);
        let changer = self.operate.map(|right| {
            let forwards = self.forwards;
            Arc::new(Changes::new(
                right,
                self.inventory,
                hosts,
                watched,
                look_again,
                supervisor,
                forwards,
            )) as Arc<dyn tui::Changer>
        });
        let replay = None;
        Ok(tui::Sources { fleet, runs, at_work, audit, replay, looker, desk, changer, problems })
    }

    /// The inventory as it is edited, with the limited hosts only.
    fn limited(
        &self,
        mut all: watch::Receiver<Watched>,
        files: InventoryWatch,
        only: Option<Selector>,
    ) -> watch::Receiver<Watched> {
        let mut meant: Vec<HostId> = Vec::new();
        let mut keep = move |watched: Watched| match &only {
            None => watched,
            Some(only) => {
                // An edit can take away the last host that the limit means: then none is left.
                if let Ok(hosts) = only.select(&watched.fleet) {
                    meant = hosts.into_iter().map(|h| h.id.clone()).collect();
                }
                let mut fleet = (*watched.fleet).clone();
                fleet.hosts.retain(|h| meant.contains(&h.id));
                Watched { fleet: Arc::new(fleet), ..watched }
            }
        };
        let first = keep(all.borrow_and_update().clone());
        let (tell, limited) = watch::channel(first);
        drop(self.supervisor.spawn("inventory", async move {
            // Following the files ends with this task.
            let _files = files;
            while all.changed().await.is_ok() {
                let next = keep(all.borrow_and_update().clone());
                if tell.send(next).is_err() {
                    return;
                }
            }
        }));
        limited
    }
}

/// The inventory cannot be used, for the screen and for the shell.
fn no_inventory(inventory: &Path, diagnostics: &[Diagnostic]) -> color_eyre::Report {
    let message = match fleet::at(inventory) {
        Err(trouble) => format!("{:#}", trouble.report),
        Ok(_) => "the inventory was changed meanwhile".to_owned(),
    };
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let unusable = Unusable {
        dir: Safe::line(&inventory.to_string_lossy()),
        missing: !inventory.join("hosts.yml").exists()
            && std::fs::read_dir(inventory).map_or(true, |mut entries| entries.next().is_none()),
        problems: errors.map(|d| Safe::line(&d.to_string().replace('\n', "; "))).collect(),
    };
    tui::NoInventory { unusable, message }.into()
}

fn open_with(
    inventory: &Path,
    seen: Seen,
    fleet: Fleet,
    problems: &[Diagnostic],
    limit: Option<&str>,
    backing: Backing,
) -> Result<Opened, Trouble> {
    let only = fleet::selector(limit)?;
    if let Some(only) = &only {
        only.select(&fleet).map_err(fleet::trouble)?;
    }
    let line = |d: &Diagnostic| Safe::line(d.to_string().lines().next().unwrap_or_default());
    let problems = problems.iter().map(line).collect();
    let (watched, files) = InventoryWatch::start(inventory, seen, fleet, problems)
        .wrap_err("following the inventory's files")?;
    Ok(Opened { watched, files, only, backing })
}
