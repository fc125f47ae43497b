//! `bunker` and `bunker watch`: the cockpit, connected to everything.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use super::args::Verb;
use super::cockpit_connect::{Connecting, Open, Refused, Watching};
use super::cockpit_forwards::Forwards;
use super::exit::{Exit, Trouble};
use super::inventory_init::FirstRun;
use super::{Context, fleet, prompt, wiring};
use crate::adapters::paths::ConfigDir;
use crate::adapters::vault::{Asking, Keyring};
use crate::adapters::view_file::ViewFile;
use crate::app::keymap::{self, Keymap};
use crate::app::pages::is_active;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::untrusted::Safe;
use crate::engine::supervisor::Supervisor;
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

async fn open(
    context: &Context,
    limit: Option<String>,
    wall: bool,
    lends: tokio::sync::mpsc::UnboundedReceiver<tui::Lend>,
) -> Result<Exit, Trouble> {
    let look = if wall { wall_look(context) } else { look(context) };
    let (mut opening, closing) = opening(context, Watching { limit, keeps: true }, look, lends);
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
    watching: Watching,
    look: tui::Look,
    lends: tokio::sync::mpsc::UnboundedReceiver<tui::Lend>,
) -> (tui::Opening, Closing) {
    let supervisor = Supervisor::new();
    let (pool, forwards): (Open, Arc<Forwards>) = Default::default();
    let connecting =
        Connecting::begin(context, watching, &supervisor, Arc::clone(&pool), Arc::clone(&forwards));
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
