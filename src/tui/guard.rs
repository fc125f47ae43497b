//! Entering and leaving the screen.

use std::io::{self, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};

/// Whether the screen is ours now: a panic hook knows nothing else.
static OURS: AtomicBool = AtomicBool::new(false);

/// The screen, ours until this is dropped.
#[derive(Debug)]
pub(super) struct Guard {
    /// How often the screen was taken.
    taken: u32,
    /// Whether the terminal tells of the mouse.
    mouse: bool,
}

impl Guard {
    /// Takes the screen.
    pub(super) fn enter() -> io::Result<Self> {
        hook();
        enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        let guard = Self { taken: 1, mouse: false };
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        Ok(guard)
    }

    /// Asks the terminal to tell of the mouse, or to keep it for selecting text.
    pub(super) fn mouse(&mut self, wanted: bool) -> io::Result<()> {
        if std::mem::replace(&mut self.mouse, wanted) == wanted {
            return Ok(());
        }
        if wanted {
            execute!(stdout(), EnableMouseCapture)
        } else {
            execute!(stdout(), DisableMouseCapture)
        }
    }

    /// Gives the screen back for a while and takes it again after `meanwhile`.
    pub(super) fn lend(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        self.mouse(false)?;
        restore();
        meanwhile();
        self.taken = self.taken.saturating_add(1);
        tracing::debug!(taken = self.taken, "the screen is taken again");
        enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _gone = self.mouse(false);
        restore();
    }
}

/// Gives the screen back, once; errors have nobody to be told to (the terminal may be gone).
fn restore() {
    if OURS.swap(false, Ordering::SeqCst) {
        let mut out = stdout();
        let _gone = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _gone = disable_raw_mode();
        let _gone = out.flush();
    }
}

/// A panic of the screen's own task gives the screen back before it is reported. One in a background
/// task does not: the cockpit goes on and tells of it (`Supervisor`).
fn hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if tokio::task::try_id().is_none() {
                restore();
                before(info);
            } else {
                let at = info.location().map(ToString::to_string).unwrap_or_default();
                tracing::error!(at, "a task panicked");
            }
        }));
    });
}
