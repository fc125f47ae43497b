//! `bunker` and `bunker watch`: the cockpit, connected to everything.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use color_eyre::eyre::WrapErr;
use tokio::sync::watch;

use super::args::Verb;
use super::cockpit_changes::Changes;
use super::cockpit_desk::Desk;
use super::cockpit_forwards::Forwards;
use super::cockpit_looks::Looks;
use super::exit::{Exit, Trouble};
use super::inventory_init::FirstRun;
use super::{Context, fleet, prompt, wiring};
use crate::adapters::http::HttpHealthSource;
use crate::adapters::inventory::{InventoryWatch, Seen, load};
use crate::adapters::paths::ConfigDir;
use crate::adapters::ssh::SshPool;
use crate::adapters::vault::{Asking, Keyring};
use crate::adapters::victoria::Victoria;
use crate::adapters::view_file::ViewFile;
use crate::app::keymap::{self, Keymap};
use crate::app::msg::Problem;
use crate::app::pages::is_active;
use crate::app::setup::Unusable;
use crate::domain::capability::Operate;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::inventory::Loaded;
use crate::domain::selector::Selector;
use crate::domain::untrusted::Safe;
use crate::engine::poller::{Poller, Sources as PollSources, Watched};
use crate::engine::ports::{AuditReader, RemoteRead, RunReader};
use crate::engine::supervisor::{Supervisor, Task};
use crate::tui;

/// How long tasks and connections may take to end when the operator leaves.
const ENDS: Duration = Duration::from_millis(700);

pub(super) fn run(context: &Context, verb: Option<&Verb>) -> Result<Exit, Trouble> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let text = "the cockpit needs a terminal; `bunker status` and the other verbs do not (`bunker --help`)";
        return Err(Trouble::new(Exit::Usage, text));
    }
    // A second installation only means that there are hooks already.
    let _installed = color_eyre::install();
    let _tracing = tui::trace_to(wiring::state_dir().path());
    let (limit, wall) = match verb {
        Some(Verb::Watch(args)) => (args.limit.clone(), args.wall),
        _ => (None, false),
    };
    let (lend, lends) = tokio::sync::mpsc::unbounded_channel();
    wiring::use_keys(Keyring::from_env(asks_below(lend)));
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(open(context, limit, wall, lends));
    // A thread that still reads the terminal or a file must not keep the shell waiting.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended
}

/// A passphrase is asked for below the screen, which is given back for as long.
fn asks_below(lend: tokio::sync::mpsc::UnboundedSender<tui::Lend>) -> Asking {
    Asking::Person(Arc::new(move |question| {
        let (answer, answered) = std::sync::mpsc::channel();
        let asked = question.to_owned();
        let left = || std::io::Error::other("the cockpit was left before it was given");
        let ask = Box::new(move || drop(answer.send(prompt::hidden(&asked))));
        lend.send(ask).map_err(|_| left())?;
        answered.recv().map_err(|_| left())?
    }))
}

/// Connections that have to be closed at the end.
type Open = Arc<Mutex<Option<Arc<SshPool>>>>;

async fn open(
    context: &Context,
    limit: Option<String>,
    wall: bool,
    lends: tokio::sync::mpsc::UnboundedReceiver<tui::Lend>,
) -> Result<Exit, Trouble> {
    let look = if wall { wall_look(context) } else { look(context) };
    let (mut opening, closing) = opening(context, limit, look, lends);
    opening.wall = wall;
    let ended = tui::run(opening).await;
    closing.close().await;
    let model = ended.map_err(trouble)?;
    if let Some(setup) = &model.setup {
        // It was left without a fleet: what is wrong is told as the verbs tell it.
        let told =
            fleet::at(&context.inventory).err().map(|trouble| format!("{:#}", trouble.report));
        let told =
            told.unwrap_or_else(|| format!("the inventory {} can be used now", setup.unusable.dir));
        return Err(Trouble::new(Exit::Usage, told));
    }
    tell_what_goes_on(&model);
    Ok(Exit::Ok)
}

/// What has to be ended when the cockpit is left.
pub(super) struct Closing {
    supervisor: Supervisor,
    pool: Open,
    forwards: Arc<Forwards>,
}

impl Closing {
    /// Ends tasks and connections.
    pub(super) async fn close(self) {
        self.supervisor.stop(ENDS).await;
        let _ended = tokio::time::timeout(ENDS, self.forwards.end_all()).await;
        let open = self.pool.lock().ok().and_then(|mut pool| pool.take());
        if let Some(open) = open {
            let _closed = tokio::time::timeout(ENDS, open.close()).await;
        }
    }
}

/// The cockpit, ready to be connected.
pub(super) fn opening(
    context: &Context,
    limit: Option<String>,
    look: tui::Look,
    lends: tokio::sync::mpsc::UnboundedReceiver<tui::Lend>,
) -> (tui::Opening, Closing) {
    let supervisor = Supervisor::new();
    let (pool, forwards): (Open, Arc<Forwards>) = Default::default();
    let connecting = Connecting {
        inventory: context.inventory.clone(),
        limit,
        operate: context.operate.clone(),
        supervisor: supervisor.clone(),
        pool: Arc::clone(&pool),
        forwards: Arc::clone(&forwards),
        begun: Arc::default(),
    };
    if let Ok(mut begun) = connecting.begun.lock() {
        *begun = Some(connecting.open());
    }
    let opening = tui::Opening {
        look,
        clock: wiring::clock(),
        supervisor: supervisor.clone(),
        operate: context.operate.clone(),
        sources: Box::new(move || Box::pin(connecting.clone().connect())),
        set_up: Some(Arc::new(FirstRun {
            dir: context.inventory.clone(),
            right: context.operate.clone(),
        })),
        lends,
        view: ViewFile::below(wiring::state_dir()),
        keymap: own_keys(),
        why: wiring::reason(),
        wall: false,
    };
    (opening, Closing { supervisor, pool, forwards })
}

/// The look of this terminal, with the theme that was chosen the last time.
pub(super) fn look(context: &Context) -> tui::Look {
    let (view, _told_when_it_opens) = ViewFile::below(wiring::state_dir()).load();
    let (color, saved) = (context.color, view.theme());
    tui::Look::of(tui::Wanted { color, saved, ..tui::Wanted::default() })
}

/// The look of a wall: its own theme, unless the environment names one.
fn wall_look(context: &Context) -> tui::Look {
    let (color, saved) = (context.color, Some("wall"));
    tui::Look::of(tui::Wanted { color, saved, ..tui::Wanted::default() })
}

/// The operator's keys, where there are some.
pub(super) fn own_keys() -> (Keymap, Vec<Diagnostic>) {
    let file = ConfigDir::from_env().keys();
    let shown = Safe::line(&file.to_string_lossy());
    match std::fs::read_to_string(&file) {
        Ok(text) => keymap::parse(shown.as_str(), &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Default::default(),
        Err(error) => {
            let message = Safe::line(&format!("the keys cannot be read: {error}"));
            let (severity, line, column, hint) = (Severity::Error, 0, 0, None);
            (
                Keymap::default(),
                vec![Diagnostic { severity, file: shown, line, column, message, hint }],
            )
        }
    }
}

/// Why the cockpit could not be opened, with the exit code that says so.
pub(super) fn trouble(report: color_eyre::Report) -> Trouble {
    let unusable = report.downcast_ref::<tui::NoInventory>().map(|_| Exit::Usage);
    let refused = report.downcast_ref::<Refused>().map(|refused| refused.exit);
    let exit = refused.or(unusable).unwrap_or(Exit::Failed);
    Trouble { exit, report }
}

#[expect(clippy::print_stderr, reason = "messages of verbs go to standard error")]
fn tell_what_goes_on(model: &crate::app::Model) {
    for run in model.runs.iter().flatten().filter(|r| is_active(r.phase)) {
        eprintln!("run {} goes on: `bunker attach {}` watches it", run.run, run.run);
    }
}

/// The cockpit cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Refused {
    exit: Exit,
    message: String,
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self { exit: trouble.exit, message: format!("{:#}", trouble.report) }
    }
}

#[derive(Clone)]
struct Connecting {
    inventory: PathBuf,
    limit: Option<String>,
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
    hosts: Arc<SshPool>,
    runs: Result<Arc<dyn RunReader>, Problem>,
    audit: Option<Arc<dyn AuditReader>>,
}

impl Connecting {
    /// Begins to read the files.
    fn open(&self) -> Task<color_eyre::Result<Opened>> {
        let (inventory, limit) = (self.inventory.clone(), self.limit.clone());
        let supervisor = self.supervisor.clone();
        self.supervisor.spawn_blocking("open", move || {
            let seen = Seen::now(&inventory);
            let Loaded { fleet, diagnostics, variables, .. } = load(&inventory);
            // It takes as long as a frame to free what a thousand hosts had: the screen does not wait for that.
            drop(supervisor.spawn_blocking("free", move || drop(variables)));
            let fleet = fleet.ok_or_else(|| no_inventory(&inventory, &diagnostics))?;
            let opened = open_with(&inventory, seen, fleet, &diagnostics, limit.as_deref());
            Ok(opened.map_err(Refused::from)?)
        })
    }

    async fn connect(self) -> color_eyre::Result<tui::Sources> {
        let begun = self.begun.lock().ok().and_then(|mut begun| begun.take());
        let opening = begun.unwrap_or_else(|| self.open());
        let opened = opening.join().await.wrap_err("opening the inventory")?;
        let Opened { watched, files, only, hosts, runs, audit } = opened?;
        if let Ok(mut pool) = self.pool.lock() {
            *pool = Some(Arc::clone(&hosts));
        }
        let watched = self.limited(watched, files, only);
        let clock = wiring::clock();
        let sources = PollSources {
            remote: Arc::clone(&hosts) as Arc<dyn RemoteRead>,
            health: Arc::new(HttpHealthSource::new(wiring::clock())),
            metrics: Arc::new(Victoria::new()),
            clock,
        };
        let (poller, fleet, look_again) = Poller::new(sources, watched.clone());
        drop(self.supervisor.spawn("poller", poller.run()));
        let supervisor = self.supervisor;
        let inventory = self.inventory.clone();
        let (runs, problems) = match runs {
            Ok(runs) => (Some(runs), Vec::new()),
            Err(problem) => (None, vec![problem]),
        };
        let looks = Looks::new(
            inventory,
            Arc::clone(&hosts),
            watched.clone(),
            supervisor.clone(),
            runs.clone(),
        );
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
        Ok(tui::Sources { fleet, runs, audit, replay: None, looker, desk, changer, problems })
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
) -> Result<Opened, Trouble> {
    let only = fleet::selector(limit)?;
    if let Some(only) = &only {
        only.select(&fleet).map_err(fleet::trouble)?;
    }
    let line = |d: &Diagnostic| Safe::line(d.to_string().lines().next().unwrap_or_default());
    let problems = problems.iter().map(line).collect();
    let (watched, files) = InventoryWatch::start(inventory, seen, fleet, problems)
        .wrap_err("following the inventory's files")?;
    let hosts = wiring::hosts()?;
    let (runs, audit) = match wiring::store_reader() {
        Ok(store) => {
            let audit = Arc::clone(&store) as Arc<dyn AuditReader>;
            (Ok(store as Arc<dyn RunReader>), Some(audit))
        }
        Err(trouble) => {
            let text = format!("runs cannot be shown: {:#}", trouble.report);
            (Err(Problem { message: Safe::line(&text), hint: None }), None)
        }
    };
    Ok(Opened { watched, files, only, hosts, runs, audit })
}
