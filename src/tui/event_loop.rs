//! The one loop of the cockpit.
//!
//! In this order, each time: a frame if something changed and its time has come, the terminal, data,
//! signals, the clock. With the frame last, a flood of data would keep the screen waiting.

use std::io::{self, Write as _, stdout};
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{WrapErr, eyre};
use crossterm::event::EventStream;
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::due::{bucket, moves, wants_mouse, whom};
use super::effects::{Effects, OnScreen};
use super::guard::Guard;
use super::look::Look;
use super::pace::{For, Pace};
use super::painter::Painter;
use super::replies::{self, Heard, Replies};
use super::signals::{Signals, Wanted, stop_self};
use super::sources::{Connect, NoInventory, SetUp, Sources};
use super::{clipboard, input};
use crate::adapters::caller::login_name;
use crate::adapters::view_file::ViewFile;
use crate::app::frame::Size;
use crate::app::keymap::Keymap;
use crate::app::toast::ToastKind;
use crate::app::{Effect, Model, Msg, update};
use crate::domain::capability::Operate;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::untrusted::Safe;
use crate::domain::view::ViewChange;
use crate::engine::ports::Clock;
use crate::engine::supervisor::{Died, Supervisor};
use crate::ui::shown;

/// Messages that may wait.
const QUEUE: usize = 1_024;
/// Messages that are taken at a time.
const BATCH: usize = 256;

/// What is done at the terminal while the screen is given back.
pub type Lend = Box<dyn FnOnce() + Send>;

/// What the cockpit is opened with.
pub struct Opening {
    /// How the screen is drawn.
    pub look: Look,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Owner of every task.
    pub supervisor: Supervisor,
    /// The right to change something; `None` is read-only.
    pub operate: Option<Operate>,
    /// What will be looked at; waited for after the first frame.
    pub sources: Connect,
    /// What can be done where there is no inventory.
    pub set_up: Option<Arc<dyn SetUp>>,
    /// What needs the terminal to itself for a while.
    pub lends: mpsc::UnboundedReceiver<Lend>,
    /// Where is kept what the operator chose to see.
    pub view: ViewFile,
    /// Which keys mean what, and what is wrong with the operator's own.
    pub keymap: (Keymap, Vec<Diagnostic>),
    /// Why its operator does what comes next, where that was said already.
    pub why: Option<Safe>,
    /// Whether it hangs on a wall.
    pub wall: bool,
}

/// Runs the cockpit until the operator leaves; gives the state that it was left in. Needs a terminal.
pub async fn run(opening: Opening) -> color_eyre::Result<Model> {
    let Opening { look, clock, supervisor, operate, sources, set_up, .. } = opening;
    let Opening { lends, view, keymap, why, wall, .. } = opening;
    let (tell, inbox) = mpsc::channel(QUEUE);
    let (width, height) =
        crossterm::terminal::size().wrap_err("asking the terminal for its size")?;
    let mut model = Model::new(Size { width, height }, clock.now(), TimeZone::system(), operate);
    remember(&mut model, &view);
    let person = login_name(rustix::process::getuid().as_raw());
    model.person = Safe::line(&person.unwrap_or_else(|| "you".to_owned()));
    model.why.standing = why;
    if wall {
        model.hang();
    }
    model.keymap = Arc::new(keymap.0);
    if let Some(first) = keymap.1.first() {
        let more = if keymap.1.len() > 1 { " (and more: bunker check keys)" } else { "" };
        let line = first.to_string();
        let line = line.lines().next().unwrap_or_default();
        model.tell(ToastKind::Problem, &format!("{line}{more}; the usual keys stand"));
    }
    let signals = Signals::catch().wrap_err("catching signals")?;
    let guard = Guard::enter().wrap_err("taking the terminal")?;
    let (lend, own_lends) = mpsc::unbounded_channel();
    let mut cockpit = Cockpit {
        painter: Painter::new(io::BufWriter::with_capacity(64 * 1024, stdout())),
        effects: Effects::new(supervisor.clone(), tell, Some(view), lend, set_up),
        model,
        look,
        clock,
        supervisor,
        guard,
        pace: Pace::new(),
        replies: Replies::default(),
        again: false,
    };
    cockpit.tell_problems();
    cockpit.paint()?;
    let ended = cockpit.turn(inbox, signals, sources, [lends, own_lends]).await;
    let Cockpit { model, guard, .. } = cockpit;
    drop(guard);
    ended.map(|()| model)
}

struct Cockpit {
    painter: Painter<io::BufWriter<io::Stdout>>,
    effects: Effects,
    model: Model,
    look: Look,
    clock: Arc<dyn Clock>,
    supervisor: Supervisor,
    guard: Guard,
    pace: Pace,
    replies: Replies,
    /// It is to be connected once more.
    again: bool,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Go {
    On,
    Leave,
}

fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

impl Cockpit {
    async fn turn(
        &mut self,
        mut inbox: mpsc::Receiver<Msg>,
        mut signals: Signals,
        connect: Connect,
        lends: [mpsc::UnboundedReceiver<Lend>; 2],
    ) -> color_eyre::Result<()> {
        let [mut asked, mut own] = lends;
        let mut second = every(Duration::from_secs(1));
        let mut keys = EventStream::new();
        if self.look.asks() {
            self.replies.asked(std::time::Instant::now());
            stdout().write_all(replies::ASK.as_bytes()).wrap_err("asking for the background")?;
            stdout().flush().wrap_err("asking for the background")?;
        }
        let mut batch = Vec::with_capacity(BATCH);
        let mut connecting = Some(Box::pin(self.supervisor.spawn("connect", connect()).join()));
        loop {
            let go = tokio::select! {
                biased;
                () = self.pace.overdue() => self.paint()?,
                event = keys.next() => match event {
                    Some(Ok(event)) => self.hear(event)?,
                    // The terminal cannot be read any more.
                    Some(Err(_)) | None => Go::Leave,
                },
                () = self.pace.due() => self.paint()?,
                _ = inbox.recv_many(&mut batch, BATCH) => self.take_all(&mut batch)?,
                wanted = signals.next() => match wanted {
                    Wanted::Leave => Go::Leave,
                    Wanted::Stop => self.suspend()?,
                },
                sources = joined(connecting.as_mut()) => {
                    connecting = None;
                    self.connected(connected(sources))?
                }
                Some(lend) = async {
                    tokio::select! { Some(lend) = asked.recv() => Some(lend), lend = own.recv() => lend }
                } => {
                    // What is typed meanwhile is not for us: nobody else may read the terminal.
                    drop(keys);
                    let go = self.lend(lend)?;
                    // A C-c that was for somebody else is none for us.
                    signals.forget_interrupts().wrap_err("catching signals")?;
                    keys = EventStream::new();
                    go
                }
                _ = second.tick() => self.tick()?,
            };
            if go == Go::Leave {
                return Ok(());
            }
            if std::mem::take(&mut self.again) && connecting.is_none() {
                let task = self.supervisor.spawn("connect", connect());
                connecting = Some(Box::pin(task.join()));
            }
        }
    }

    /// There is a fleet to look at, or an inventory that cannot be used; anything else ends the cockpit.
    fn connected(&mut self, sources: color_eyre::Result<Sources>) -> color_eyre::Result<Go> {
        match sources {
            Ok(sources) => {
                self.effects.connected(sources);
                Ok(Go::On)
            }
            Err(report) => match report.downcast_ref::<NoInventory>() {
                Some(none) => self.take(Msg::Unusable(none.unusable.clone())),
                None => Err(report),
            },
        }
    }

    /// Something came from the terminal: of a person, or an answer.
    fn hear(&mut self, event: crossterm::event::Event) -> color_eyre::Result<Go> {
        match self.replies.hear(event, std::time::Instant::now()) {
            Heard::Person(event) => input::message(event).map_or(Ok(Go::On), |msg| self.take(msg)),
            Heard::Part => Ok(Go::On),
            Heard::Ground(rgb) => {
                if self.look.ground(replies::is_light(rgb)) {
                    self.pace.want(For::Person);
                }
                Ok(Go::On)
            }
        }
    }

    fn paint(&mut self) -> color_eyre::Result<Go> {
        self.painter.paint(&self.model, &self.look).wrap_err("painting")?;
        self.pace.painted();
        if let Some(msg) = shown(&self.model) {
            // It looks the same: no frame is due for it, and nothing is to be done.
            drop(update(&mut self.model, msg));
        }
        Ok(Go::On)
    }

    fn take_all(&mut self, batch: &mut Vec<Msg>) -> color_eyre::Result<Go> {
        for msg in batch.drain(..) {
            if self.take(msg)? == Go::Leave {
                return Ok(Go::Leave);
            }
        }
        Ok(Go::On)
    }

    fn take(&mut self, msg: Msg) -> color_eyre::Result<Go> {
        panic_on_purpose(&msg);
        self.pace.want(whom(&self.model, &msg));
        for effect in update(&mut self.model, msg) {
            if self.perform(effect)? == Go::Leave {
                return Ok(Go::Leave);
            }
        }
        self.guard.mouse(wants_mouse(&self.model)).wrap_err("asking for the mouse")?;
        Ok(Go::On)
    }

    fn perform(&mut self, effect: Effect) -> color_eyre::Result<Go> {
        tracing::debug!(?effect, "effect");
        match self.effects.perform(effect) {
            OnScreen::Nothing => {}
            OnScreen::Quit => return Ok(Go::Leave),
            OnScreen::Suspend => return self.suspend(),
            OnScreen::Redraw => self.painter.forget(),
            OnScreen::Connect => self.again = true,
            OnScreen::NextTheme => {
                let (name, problems) = self.look.next_theme();
                self.look.problems = problems;
                self.tell_problems();
                self.model.tell(ToastKind::Done, &format!("theme {name}"));
                drop(self.effects.perform(Effect::Save(ViewChange::Theme(name))));
            }
            OnScreen::Copy(text) => {
                match clipboard::copy(&mut stdout(), &text, self.look.multiplexer) {
                    Ok(()) => self.model.tell(ToastKind::Done, &format!("copied: {text}")),
                    Err(error) => {
                        self.model.tell(ToastKind::Problem, &format!("not copied: {error}"));
                    }
                }
            }
        }
        Ok(Go::On)
    }

    fn suspend(&mut self) -> color_eyre::Result<Go> {
        self.lend(stop_self)
    }

    fn lend(&mut self, meanwhile: impl FnOnce()) -> color_eyre::Result<Go> {
        self.guard.lend(meanwhile).wrap_err("taking the terminal back")?;
        let (width, height) =
            crossterm::terminal::size().wrap_err("asking the terminal for its size")?;
        self.painter.forget();
        self.take(Msg::Resize(width, height))
    }

    /// The clock moves on. A frame is due only where a shown text may have changed by that.
    fn tick(&mut self) -> color_eyre::Result<Go> {
        for died in self.supervisor.take_panics() {
            if let Died::Panicked { .. } = &died {
                let text = format!("a part of the cockpit failed: {died}; the rest goes on");
                self.model.tell(ToastKind::Problem, &text);
                self.pace.want(For::Data);
            }
        }
        let before = (self.model.now, self.model.toasts.shown().len(), self.model.layers.len());
        let now = self.clock.now();
        let wanted = self.pace.wanted();
        self.take(Msg::Tick(now))?;
        let changed = moves(&self.model)
            || bucket(before.0) != bucket(now)
            || before.1 != self.model.toasts.shown().len()
            || before.2 != self.model.layers.len();
        if !changed {
            self.pace.restore(wanted);
        }
        Ok(Go::On)
    }

    fn tell_problems(&mut self) {
        let problems = std::mem::take(&mut self.look.problems);
        let Some(first) = problems.first() else { return };
        let more = match problems.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        let file = &first.file;
        let text =
            format!("theme {file}: {}{more}; `bunker check theme {file}` tells all", first.message);
        self.model.tell(ToastKind::Warning, &text);
    }
}

/// Takes what was chosen to be seen the last time, and says what of it cannot be used.
fn remember(model: &mut Model, view: &ViewFile) {
    let (saved, problem) = view.load();
    if let Some(problem) = problem {
        model.tell(ToastKind::Warning, &format!("{}: {}", problem.file, problem.message));
    }
    for strange in model.remember(&saved) {
        model.tell(ToastKind::Warning, &format!("view.yaml: {strange}"));
    }
}

/// What comes of connecting; never where nothing connects.
async fn joined<F: Future + Unpin>(connecting: Option<&mut F>) -> F::Output {
    match connecting {
        Some(connecting) => connecting.await,
        None => std::future::pending().await,
    }
}

fn connected(sources: Result<color_eyre::Result<Sources>, Died>) -> color_eyre::Result<Sources> {
    match sources {
        Ok(sources) => sources,
        Err(died) => Err(eyre!("connecting: {died}")),
    }
}

/// For the test of what a panic leaves behind: `!` in a debug build that was started with this variable.
#[expect(clippy::panic, reason = "it is there to panic")]
fn panic_on_purpose(msg: &Msg) {
    if cfg!(debug_assertions)
        && *msg == Msg::Key(crate::app::Key::char('!'))
        && std::env::var_os("BUNKER_TEST_PANIC").is_some()
    {
        panic!("on purpose");
    }
}
