//! Playbooks of Ansible, which run on this machine.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::connection::Connection;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{Playbook, PlaybookFiles, PlaybookPath};
use crate::domain::secret::{Secret, Secrets};
use crate::domain::untrusted::Safe;

/// Looking at playbooks.
#[async_trait]
pub trait PlaybookSource: Send + Sync + 'static {
    /// What stands there now, and which ansible-core would run it. An error is a sentence that says what to do.
    async fn look(&self, inventory: &Path, path: &PlaybookPath) -> Result<PlaybookFiles, Safe>;
}

/// What is run.
pub struct PlaybookCall {
    /// The run.
    pub run: RunId,
    /// What was approved.
    pub playbook: Playbook,
    /// Exactly these hosts, and how each is reached.
    pub targets: Vec<Connection>,
    /// The password for Ansible's vault.
    pub password: Option<Secret>,
    /// What must not stand in any log.
    pub secrets: Secrets,
}

/// How a task ended on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEnd {
    /// Nothing had to be changed.
    Ok,
    /// It changed something.
    Changed,
    /// Its condition does not hold.
    Skipped,
    /// It failed.
    Failed,
    /// It failed, and the playbook says that this does not matter.
    Ignored,
    /// The host does not answer.
    Unreachable,
}

/// What Ansible counts of one host at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Tasks that ended well, changed ones included.
    pub ok: u32,
    /// Tasks that changed something.
    pub changed: u32,
    /// Tasks that failed and were not rescued.
    pub failures: u32,
    /// Tasks for which the host did not answer.
    pub unreachable: u32,
}

/// What happens while a playbook runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaybookEvent {
    /// A task comes up.
    Task {
        /// Its number, from 1.
        number: u32,
        /// Its name.
        name: Safe,
    },
    /// A host begins a task.
    Started {
        /// Where.
        host: HostId,
        /// Which.
        task: u32,
    },
    /// A host has ended a task.
    Ended {
        /// Where.
        host: HostId,
        /// Which.
        task: u32,
        /// How.
        end: TaskEnd,
        /// One sentence: why it failed or was skipped; may be empty.
        message: Safe,
        /// What it printed.
        output: Vec<u8>,
    },
    /// Ansible's count of a host.
    Counted {
        /// Which.
        host: HostId,
        /// What.
        tally: Tally,
    },
    /// Nothing more comes: the process has ended.
    End(PlaybookEnd),
}

/// How `ansible-playbook` ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaybookEnd {
    /// Its exit code; `None` where a signal ended it.
    pub exit: Option<i32>,
    /// The last lines of what it said of no host in particular.
    pub last_lines: Vec<Safe>,
    /// Where all of these lines are kept on this machine.
    pub log: Safe,
}

/// Runs playbooks. Implementations are built with a `domain::capability::Operate`.
#[async_trait]
pub trait PlaybookRunner: PlaybookSource {
    /// Starts it. An error says in a sentence why nothing was started.
    async fn start(&self, call: PlaybookCall) -> Result<Box<dyn RunningPlaybook>, Safe>;
}

/// A playbook that runs. It ends when this is dropped.
#[async_trait]
pub trait RunningPlaybook: Send {
    /// What happens next. It may be given up and asked for again: nothing is lost.
    async fn next(&mut self) -> PlaybookEvent;
    /// Says whether a next task may begin; the running ones go on.
    async fn hold(&mut self, held: bool);
    /// Lets the running tasks end and no other begin.
    async fn stop(&mut self);
    /// Ends all its processes on this machine: TERM, wait, KILL, then look that none is left; gives whether none is.
    async fn kill(&mut self, grace: Duration) -> bool;
}
