//! Exit codes: stable, documented, the same for every verb.

use std::process::ExitCode;

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Ok,
    /// 1: the operation failed on some target, or left one alone that was not ready.
    Failed,
    /// 2: the command line or a file is wrong.
    Usage,
    /// 3: something was found (`check`, `doctor`, `upgrade --check`).
    Findings,
    /// 4: there is no such host or run.
    NotFound,
    /// 5: somebody else holds it.
    Locked,
    /// 6: some host could not be reached or looked at.
    Unreachable,
    /// 7: it cannot be told how it ended.
    Unknown,
    /// 8: a policy or `--read-only` forbids it; nothing was done.
    Refused,
    /// 130: Ctrl-C; what was started goes on.
    Interrupted,
}

impl Exit {
    /// All of them with their meaning, for the documentation.
    pub const TABLE: &'static [(Self, &'static str)] = &[
        (Self::Ok, "done"),
        (
            Self::Failed,
            "the operation failed on some target, or a host that was asked for was not ready and left alone",
        ),
        (Self::Usage, "the command line or a file is wrong"),
        (
            Self::Findings,
            "something was found: a check, a diagnosis, a plan that would change something",
        ),
        (Self::NotFound, "there is no such host or run"),
        (Self::Locked, "somebody else holds it"),
        (Self::Unreachable, "some host could not be reached or looked at"),
        (Self::Unknown, "it cannot be told how it ended"),
        (
            Self::Refused,
            "a policy or `--read-only` forbids it, or no host was ready: nothing was done",
        ),
        (Self::Interrupted, "Ctrl-C was pressed; a run that was started goes on"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::NotFound => 4,
            Self::Locked => 5,
            Self::Unreachable => 6,
            Self::Unknown => 7,
            Self::Refused => 8,
            Self::Interrupted => 130,
        }
    }
}

/// Why a verb could not do its work.
#[derive(Debug)]
pub struct Trouble {
    /// How the program ends.
    pub exit: Exit,
    /// What was tried, what happened and what to do next.
    pub report: color_eyre::Report,
}

impl Trouble {
    /// Trouble with a message.
    pub fn new(exit: Exit, message: impl std::fmt::Display) -> Self {
        Self { exit, report: color_eyre::eyre::eyre!("{message}") }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.report)
    }
}

impl From<color_eyre::Report> for Trouble {
    fn from(report: color_eyre::Report) -> Self {
        Self { exit: Exit::Failed, report }
    }
}

/// Says what went wrong, in one line and its causes, and gives the exit code.
#[expect(clippy::print_stderr, reason = "the one place where a verb's error is printed")]
pub(super) fn report(ended: Result<Exit, Trouble>) -> ExitCode {
    let exit = ended.unwrap_or_else(|trouble| {
        eprintln!("bunker: {:#}", trouble.report);
        trouble.exit
    });
    ExitCode::from(exit.code())
}
