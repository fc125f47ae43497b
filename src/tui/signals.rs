//! What the system tells us: to end, to stop for a while, and that the terminal is gone.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// SIGTSTP on every Linux.
const TSTP: i32 = 20;

/// What the system wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Leave, in order.
    Leave,
    /// Give the terminal to the shell until we are continued.
    Stop,
}

/// Signals, caught.
pub(super) struct Signals {
    term: Signal,
    hang_up: Signal,
    interrupt: Signal,
    stop: Signal,
    gone: oneshot::Receiver<()>,
}

impl Signals {
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(TSTP))?,
            gone: watch_terminal()?,
        })
    }

    /// Forgets interrupts that came while the terminal was lent.
    pub(super) fn forget_interrupts(&mut self) -> io::Result<()> {
        self.interrupt = signal(SignalKind::interrupt())?;
        Ok(())
    }

    /// The next one. Can be cancelled without losing any.
    pub(super) async fn next(&mut self) -> Wanted {
        tokio::select! {
            _ = self.term.recv() => Wanted::Leave,
            _ = self.hang_up.recv() => Wanted::Leave,
            _ = self.interrupt.recv() => Wanted::Leave,
            _ = self.stop.recv() => Wanted::Stop,
            _ = &mut self.gone => Wanted::Leave,
        }
    }
}

/// Tells when the terminal has vanished. Needed because crossterm's reader then spins for ever and says
/// nothing (crossterm issue 793). The thread sleeps in the kernel until then, and ends with the process.
fn watch_terminal() -> io::Result<oneshot::Receiver<()>> {
    let (tell, gone) = oneshot::channel();
    let watch = move || {
        let input = io::stdin();
        loop {
            // No event is asked for: only a hang-up or an error wakes it.
            let mut fds = [PollFd::from_borrowed_fd(input.as_fd(), PollFlags::empty())];
            let woken = poll(&mut fds, None);
            let gone = fds.iter().any(|fd| {
                fd.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
            });
            if gone || !matches!(woken, Ok(_) | Err(rustix::io::Errno::INTR)) {
                break;
            }
        }
        let _left_before = tell.send(());
    };
    std::thread::Builder::new().name("terminal-watch".to_owned()).spawn(watch)?;
    Ok(gone)
}

/// Stops this process until it is continued (`fg`).
pub(super) fn stop_self() {
    let _refused =
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}
