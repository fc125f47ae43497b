//! The page of one output, of any length: which part of it is seen, and what is asked of the reader of the file.

use std::fmt;

use jiff::Timestamp;

use super::log_tail::Direction;
use super::pages::Follow;
use crate::domain::ids::{HostId, RunId};
use crate::domain::log::{Row, Sieve};
use crate::domain::marker::StepMark;
use crate::domain::service::ServiceName;
use crate::domain::untrusted::Safe;

/// Whose output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogOf {
    /// What a host printed in a run.
    Run {
        /// The run.
        run: RunId,
        /// The host.
        host: HostId,
    },
    /// What all hosts printed in a run, in the order of time.
    Merged {
        /// The run.
        run: RunId,
    },
    /// What a service of an instance writes from now on, and some lines before.
    Service {
        /// The instance.
        host: HostId,
        /// The service.
        service: ServiceName,
    },
}

impl LogOf {
    /// The host that it comes from, where it is one.
    pub fn host(&self) -> Option<&HostId> {
        match self {
            Self::Run { host, .. } | Self::Service { host, .. } => Some(host),
            Self::Merged { .. } => None,
        }
    }

    /// The command line that prints it.
    pub fn command(&self) -> String {
        match self {
            Self::Run { run, host } => format!("bunker logs {run} {host}"),
            Self::Merged { run } => format!("bunker logs {run} --by-time"),
            Self::Service { host, service } => format!("bunker logs {host} {service} --follow"),
        }
    }
}

impl fmt::Display for LogOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { run, host } => write!(f, "{host} · output of run {}", run.short()),
            Self::Merged { run } => write!(f, "all targets · output of run {}", run.short()),
            Self::Service { host, service } => write!(f, "{host} · service {service}"),
        }
    }
}

/// A search from a place on.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFind {
    /// What is looked for.
    pub needle: Sieve,
    /// The place that is looked at first.
    pub from: u64,
    /// Which way.
    pub way: Direction,
}

/// What is wanted of an output.
#[derive(Debug, Clone, PartialEq)]
pub struct LogAsk {
    /// Comes back with each answer.
    pub id: u64,
    /// Whose.
    pub of: LogOf,
    /// Which lines.
    pub sieve: Sieve,
    /// Which part of them.
    pub at: Follow,
    /// How many are shown at once.
    pub rows: usize,
    /// What is looked for.
    pub find: Option<LogFind>,
}

/// A part of an output.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogView {
    /// Of the ask that it answers.
    pub ask: u64,
    /// Lines in all, as far as the file was read.
    pub n_lines: u64,
    /// Lines that are wanted, as far as the file was looked through.
    pub n_places: u64,
    /// Bytes of the file.
    pub length: u64,
    /// Bytes that were looked through.
    pub looked: u64,
    /// Place of the first line.
    pub top: u64,
    /// The lines.
    pub rows: Vec<Row>,
    /// Lines that came and went between the picture before and this one, unseen.
    pub skipped: u64,
    /// Where what was looked for stands; `Some(None)` is nowhere.
    pub found: Option<Option<u64>>,
    /// Where the steps of a run begin and end.
    pub steps: Vec<StepMark>,
}

/// A line that a person drew across the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMark {
    /// Lines of the whole output that stand above it.
    pub above: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Safe,
}

/// Where the kept lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Into a file that stays.
    File,
    /// Into the operator's pager.
    Pager,
}

/// The page of one output.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPage {
    /// Whose.
    pub of: LogOf,
    /// Which lines are wanted.
    pub sieve: Sieve,
    /// What is looked for.
    pub needle: Option<Sieve>,
    /// Which part is seen.
    pub follow: Follow,
    /// Rows of its first line that are passed over, where lines wrap.
    pub passed: usize,
    /// The search that is asked for next.
    pub find: Option<LogFind>,
    /// The place of what was found.
    pub found: Option<u64>,
    /// What was asked last.
    pub asked: Option<LogAsk>,
    /// The newest answer.
    pub view: Option<LogView>,
    /// Whether long lines go on in the next row.
    pub wrap: bool,
    /// Whether the time stands before each line.
    pub times: bool,
    /// Columns of the longest name of a host that is known, where lines come from several. It only grows, so that the text
    /// beside the names never moves back and forth while one scrolls.
    pub names: usize,
    /// Columns that are passed over at the left.
    pub shift: usize,
    /// Lines that were drawn across, in order.
    pub marks: Vec<LogMark>,
    /// Why it cannot be read.
    pub trouble: Option<Safe>,
}

impl LogPage {
    /// Of an output of which nothing is known yet: its end is in view.
    pub fn new(of: LogOf) -> Self {
        // Where lines come from several hosts, they are in the order of these times; each line of a service brings one.
        let times = !matches!(of, LogOf::Run { .. });
        Self {
            of,
            sieve: Sieve::default(),
            needle: None,
            follow: Follow::End,
            passed: 0,
            find: None,
            found: None,
            asked: None,
            view: None,
            wrap: false,
            times,
            names: 0,
            shift: 0,
            marks: Vec::new(),
            trouble: None,
        }
    }

    /// Takes the newest answer. The page may have been opened before the hosts of the run were known, and the names are in it.
    pub fn show(&mut self, view: LogView) {
        let names = view.rows.iter().filter_map(|row| Some(row.from.as_ref()?.host.as_str().len()));
        self.names = names.fold(self.names, usize::max);
        self.view = Some(view);
    }

    /// Place of the first line in view.
    pub fn top(&self) -> u64 {
        match (self.follow, &self.view) {
            (Follow::From(top), _) => top,
            (Follow::End, Some(view)) => view.top,
            (Follow::End, None) => 0,
        }
    }

    /// Wanted lines that are known.
    pub fn n_places(&self) -> u64 {
        self.view.as_ref().map_or(0, |view| view.n_places)
    }

    /// Whether all of the file was looked through.
    pub fn is_whole(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.looked >= view.length)
    }
}
