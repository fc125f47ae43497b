//! The cockpit without a terminal: it connects, goes to a page, presses keys, and is looked at once.

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::due::moves;
use super::effects::Effects;
use super::event_loop::Opening;
use super::sources::NoInventory;
use crate::app::action::Action;
use crate::app::destination::Destination;
use crate::app::frame::Size;
use crate::app::key::KeyCode;
use crate::app::{ChangeKind, Effect, Key, Model, Msg, Screen, update};
use crate::domain::snapshot::{Contact, HttpHealth, MetricsState};
use crate::domain::untrusted::Safe;

/// Messages that may wait.
const QUEUE: usize = 1_024;
/// A page whose data has come is whole once nothing more came for this long.
const QUIET: Duration = Duration::from_millis(300);

/// What to look at.
#[derive(Debug)]
pub struct Still {
    /// How large the screen is.
    pub size: Size,
    /// The page.
    pub to: Destination,
    /// What is done there first, whichever key the operator gave it.
    pub first: Vec<Action>,
    /// What is typed and entered in the line that this opens.
    pub line: Option<String>,
    /// Keys to press after that.
    pub keys: Vec<Key>,
    /// How long hosts and the store may take to answer.
    pub patience: Duration,
    /// Whether it is looked at as a wall.
    pub wall: bool,
    /// Whether it is the first run that is looked at: it is seen only where the inventory cannot be used.
    pub setup: bool,
}

/// Connects, waits until every host has answered or patience ends, goes there, presses the keys, and gives the state.
/// What would change a host or a run is not carried out, whatever is pressed.
pub async fn still(opening: Opening, what: Still) -> color_eyre::Result<Model> {
    let Opening { clock, supervisor, operate, sources, view, keymap, .. } = opening;
    let (tell, inbox) = mpsc::channel(QUEUE);
    let mut model = Model::new(what.size, clock.now(), TimeZone::system(), operate);
    model.keymap = std::sync::Arc::new(keymap.0);
    // What of it means nothing is told by the cockpit.
    drop(model.remember(&view.load().0));
    if what.wall {
        model.hang();
    }
    let sources = sources().await;
    if what.setup {
        return first_run(model, sources.err(), what.keys);
    }
    let mut effects = Effects::new(supervisor, tell, None, mpsc::unbounded_channel().0, None);
    effects.connected(sources?);
    let deadline = Instant::now() + what.patience;
    let mut view = View { inbox, effects, deadline };
    view.until(&mut model, asked).await;
    let first = std::iter::once(Msg::Go(what.to)).chain(what.first.into_iter().map(Msg::Do));
    let line = what.line.into_iter();
    let line =
        line.flat_map(|text| [Msg::Paste(Safe::line(&text)), Msg::Key(Key::plain(KeyCode::Enter))]);
    for msg in first.chain(line).chain(what.keys.into_iter().map(Msg::Key)) {
        view.take(&mut model, msg);
        view.until(&mut model, answered).await;
    }
    update(&mut model, Msg::Tick(clock.now()));
    Ok(model)
}

/// The page of the first run with these keys pressed; none where the inventory can be used.
fn first_run(
    mut model: Model,
    refused: Option<color_eyre::Report>,
    keys: Vec<Key>,
) -> color_eyre::Result<Model> {
    let Some(report) = refused else { return Ok(model) };
    let Some(none) = report.downcast_ref::<NoInventory>() else { return Err(report) };
    let first = std::iter::once(Msg::Unusable(none.unusable.clone()));
    for msg in first.chain(keys.into_iter().map(Msg::Key)) {
        // Nothing of it is carried out.
        drop(update(&mut model, msg));
    }
    Ok(model)
}

struct View {
    inbox: mpsc::Receiver<Msg>,
    effects: Effects,
    deadline: Instant,
}

impl View {
    fn take(&mut self, model: &mut Model, msg: Msg) {
        for effect in update(model, msg) {
            if only_looks(&effect) {
                let _of_the_screen = self.effects.perform(effect);
            }
        }
    }

    /// Takes what comes until it is enough and then nothing more comes, or patience ends.
    async fn until(&mut self, model: &mut Model, enough: fn(&Model) -> bool) {
        while !enough(model) {
            match timeout_at(self.deadline, self.inbox.recv()).await {
                Ok(Some(msg)) => self.take(model, msg),
                Ok(None) | Err(_) => return,
            }
        }
        while Instant::now() < self.deadline {
            match timeout(QUIET, self.inbox.recv()).await {
                Ok(Some(msg)) => self.take(model, msg),
                Ok(None) | Err(_) => return,
            }
        }
    }
}

/// Whether an effect reads only.
fn only_looks(effect: &Effect) -> bool {
    match effect {
        Effect::Change(change) => match change.kind() {
            ChangeKind::Plan { .. }
            | ChangeKind::PlanRetry { .. }
            | ChangeKind::Secrets { .. }
            | ChangeKind::Releases { .. } => true,
            ChangeKind::Enrol { .. }
            | ChangeKind::Quiet { .. }
            | ChangeKind::StartRun { .. }
            | ChangeKind::Control { .. }
            | ChangeKind::Decide { .. }
            | ChangeKind::Revive(_)
            | ChangeKind::BreakLease { .. }
            | ChangeKind::Shell(_)
            | ChangeKind::Forward(_)
            | ChangeKind::SetUp(_)
            | ChangeKind::RollBack(_) => false,
        },
        Effect::Attach(_)
        | Effect::Detach
        | Effect::FollowLog { .. }
        | Effect::AskLog(_)
        | Effect::CloseLog
        | Effect::LoadEnv { .. }
        | Effect::LoadReleases(_)
        | Effect::LoadAudit { .. }
        | Effect::Look { .. } => true,
        Effect::Copy(_)
        | Effect::KeepLog { .. }
        | Effect::Replay(_)
        | Effect::Save(_)
        | Effect::NextTheme
        | Effect::Connect
        | Effect::Redraw
        | Effect::Suspend
        | Effect::Quit => false,
    }
}

/// Whether every host and the metrics server were asked once.
fn asked(model: &Model) -> bool {
    let Some(fleet) = &model.fleet.snapshot else { return false };
    let hosts = fleet
        .instances
        .iter()
        .all(|i| !matches!(i.contact, Contact::NotYet) && !matches!(i.http, HttpHealth::NotYet));
    hosts && !matches!(fleet.metrics, MetricsState::NotYet)
}

/// Whether the page that is seen has what it asked for.
fn answered(model: &Model) -> bool {
    if let Some(wall) = &model.wall {
        return wall.run.is_none() || wall.view.is_some();
    }
    match model.screens.last() {
        // Its run may go on: what is there now is enough.
        Some(Screen::Run(page)) => page.view.is_some(),
        Some(Screen::Log(page)) => page.is_whole() || page.trouble.is_some(),
        Some(
            Screen::Instance(_)
            | Screen::Plan(_)
            | Screen::Runs(_)
            | Screen::Due(_)
            | Screen::Audit(_)
            | Screen::Sheet(_)
            | Screen::Secrets(_)
            | Screen::Releases(_)
            | Screen::Enrol(_),
        )
        | None => !moves(model),
    }
}
