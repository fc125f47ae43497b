//! What can go wrong with a paper host, on demand.

use std::sync::Mutex;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, bail};
use tokio::sync::watch;

/// Something that goes wrong with a host. Several can hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Cut the connection after this many more bytes of commands' output; once.
    DropAfter(u64),
    /// Cut the connection after this many more bytes of commands' input; once.
    DropStdin(u64),
    /// Cut the connection when the next command is asked for, before it starts; once.
    DropBeforeExec,
    /// Cut the connection when the next command has started, before its first byte; once.
    DropAtExec,
    /// Cut all connections now.
    DropNow,
    /// Nothing comes or goes any more, on old and new connections.
    BlackHole,
    /// Cut all connections, refuse new ones (also of the health page).
    Refuse,
    /// Refuse new connections, keep the old ones (sshd stopped, or restarting).
    RefuseNew,
    /// Every answer comes this many milliseconds late.
    Slow(u64),
    /// New connections meet another host key.
    WrongHostKey,
    /// `df` shows a full disk, and whatever is started from now on cannot write files.
    DiskFull,
    /// So many sessions on a connection, the next is refused (sshd: 10).
    MaxSessions(u64),
    /// No key is accepted.
    AuthRefuse,
    /// So many new connections are reset before the key exchange (sshd's `MaxStartups`).
    KexReset(u64),
    /// No fault at all.
    Clear,
}

impl Fault {
    /// The fault that a person means by a name and an argument.
    pub fn parse(name: &str, arg: Option<&str>) -> Result<Self> {
        let number = |default: Option<u64>| match (arg, default) {
            (Some(text), _) => {
                text.parse::<u64>().wrap_err_with(|| format!("{name} {text}: not a number"))
            }
            (None, Some(default)) => Ok(default),
            (None, None) => bail!("{name} needs a number"),
        };
        Ok(match name {
            "drop-after" => Self::DropAfter(number(None)?),
            "drop-stdin" => Self::DropStdin(number(None)?),
            "drop-before-exec" => Self::DropBeforeExec,
            "drop-at-exec" => Self::DropAtExec,
            "drop-now" => Self::DropNow,
            "black-hole" => Self::BlackHole,
            "refuse" => Self::Refuse,
            "refuse-new" => Self::RefuseNew,
            "slow" => Self::Slow(number(None)?),
            "wrong-host-key" => Self::WrongHostKey,
            "disk-full" => Self::DiskFull,
            "max-sessions" => Self::MaxSessions(number(None)?),
            "auth-refuse" => Self::AuthRefuse,
            "kex-reset" => Self::KexReset(number(Some(u64::MAX))?),
            "clear" => Self::Clear,
            other => bail!("there is no fault {other}; there are {}", Self::NAMES.join(", ")),
        })
    }

    /// The names that [`Fault::parse`] knows.
    pub const NAMES: [&str; 15] = [
        "drop-after N",
        "drop-stdin N",
        "drop-before-exec",
        "drop-at-exec",
        "drop-now",
        "black-hole",
        "refuse",
        "refuse-new",
        "slow MS",
        "wrong-host-key",
        "disk-full",
        "max-sessions N",
        "auth-refuse",
        "kex-reset [N]",
        "clear",
    ];
}

/// What holds until it is cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each fault holds or does not, on its own")]
pub(super) struct Standing {
    pub(super) black_hole: bool,
    pub(super) refuse: bool,
    pub(super) delay: Duration,
    pub(super) wrong_host_key: bool,
    pub(super) disk_full: bool,
    pub(super) max_sessions: u64,
    pub(super) auth_refuse: bool,
    /// Goes up whenever all connections are to be cut.
    pub(super) cuts: u64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            black_hole: false,
            refuse: false,
            delay: Duration::ZERO,
            wrong_host_key: false,
            disk_full: false,
            max_sessions: 10,
            auth_refuse: false,
            cuts: 0,
        }
    }
}

/// What happens once.
#[derive(Debug, Default)]
struct Pending {
    output: Option<u64>,
    input: Option<u64>,
    before_exec: bool,
    at_exec: bool,
    kex_resets: u64,
}

/// How many of some bytes may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// All.
    All,
    /// So many, then the connection is cut.
    Cut(usize),
}

/// The faults of one host.
#[derive(Debug)]
pub(super) struct Faults {
    standing: watch::Sender<Standing>,
    pending: Mutex<Pending>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { standing: watch::channel(Standing::default()).0, pending: Mutex::default() }
    }
}

impl Faults {
    /// Brings a fault about.
    #[expect(clippy::wildcard_enum_match_arm, reason = "each half takes the faults that it knows")]
    pub(super) fn set(&self, fault: Fault) {
        if let Ok(mut pending) = self.pending.lock() {
            match fault {
                Fault::DropAfter(n) => pending.output = Some(n),
                Fault::DropStdin(n) => pending.input = Some(n),
                Fault::DropBeforeExec => pending.before_exec = true,
                Fault::DropAtExec => pending.at_exec = true,
                Fault::KexReset(n) => pending.kex_resets = n,
                Fault::Clear => *pending = Pending::default(),
                _ => {}
            }
        }
        self.standing.send_modify(|s| match fault {
            Fault::DropNow => s.cuts += 1,
            Fault::BlackHole => s.black_hole = true,
            Fault::Refuse => {
                s.refuse = true;
                s.cuts += 1;
            }
            Fault::RefuseNew => s.refuse = true,
            Fault::Slow(ms) => s.delay = Duration::from_millis(ms),
            Fault::WrongHostKey => s.wrong_host_key = true,
            Fault::DiskFull => s.disk_full = true,
            Fault::MaxSessions(n) => s.max_sessions = n,
            Fault::AuthRefuse => s.auth_refuse = true,
            Fault::Clear => *s = Standing { cuts: s.cuts, ..Standing::default() },
            _ => {}
        });
    }

    /// The standing faults now.
    pub(super) fn now(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// The standing faults as they change.
    pub(super) fn watch(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Counts bytes of output before they are sent.
    pub(super) fn output(&self, n: usize) -> Pass {
        self.count(n, |p| &mut p.output)
    }

    /// Counts bytes of input before they are passed on.
    pub(super) fn input(&self, n: usize) -> Pass {
        self.count(n, |p| &mut p.input)
    }

    fn count(&self, n: usize, which: impl Fn(&mut Pending) -> &mut Option<u64>) -> Pass {
        let Ok(mut pending) = self.pending.lock() else { return Pass::All };
        let slot = which(&mut pending);
        match *slot {
            None => Pass::All,
            Some(left) if left > n as u64 => {
                *slot = Some(left - n as u64);
                Pass::All
            }
            Some(left) => {
                *slot = None;
                Pass::Cut(left as usize)
            }
        }
    }

    /// Whether the connection is to be cut before the command that was just asked for.
    pub(super) fn take_before_exec(&self) -> bool {
        self.pending.lock().is_ok_and(|mut p| std::mem::take(&mut p.before_exec))
    }

    /// Whether the connection is to be cut now that a command has started.
    pub(super) fn take_at_exec(&self) -> bool {
        self.pending.lock().is_ok_and(|mut p| std::mem::take(&mut p.at_exec))
    }

    /// Whether a new connection is to be reset.
    pub(super) fn take_kex_reset(&self) -> bool {
        self.pending.lock().is_ok_and(|mut p| {
            let reset = p.kex_resets > 0;
            p.kex_resets = p.kex_resets.saturating_sub(1);
            reset
        })
    }
}

/// Waits while the host is a black hole. Gives up never: a cut ends it from outside.
pub(super) async fn while_black(watch: &mut watch::Receiver<Standing>) {
    if watch.wait_for(|s| !s.black_hole).await.is_err() {
        std::future::pending::<()>().await;
    }
}
