//! What is written down: who, what, and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::PlanHash;
use crate::domain::untrusted::Safe;

/// What was, or is then: a commit, a hash of a configuration, a generation. Never a value of a secret.
pub type Facts = BTreeMap<Safe, Safe>;

/// Who acts, as far as it can be told.
///
/// The user id is the kernel's word. All else is what the surroundings say: somebody who can run programs
/// here can make them say something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The real user id of the process.
    pub uid: u32,
    /// Its login name on this machine.
    pub user: Safe,
    /// The control machine.
    pub machine: Safe,
    /// Who was there before `sudo`, by its word (`SUDO_USER`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_from: Option<Safe>,
    /// Where the login came from (`SSH_CONNECTION`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Safe>,
    /// With which key, where that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<LoginKey>,
}

impl Actor {
    /// The person, in one or two words: the one before `sudo`, where there is one.
    pub fn person(&self) -> String {
        match &self.sudo_from {
            Some(person) => format!("{person} as {}", self.user),
            None => self.user.to_string(),
        }
    }

    /// Where they came from, without the ports.
    pub fn from(&self) -> Option<&str> {
        self.connection.as_ref()?.as_str().split(' ').next()
    }
}

/// The key of a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginKey {
    /// `SHA256:` and 43 characters.
    pub fingerprint: Safe,
    /// Who says so.
    pub by: KeySource,
}

/// Who says with which key somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// sshd wrote it for this session (`ExposeAuthInfo yes`).
    Sshd,
    /// The forwarded agent holds this one key and no other; whether it opened the session is not known.
    OnlyKeyOfAgent,
}

/// Through which door something was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The cockpit.
    Cockpit,
    /// A verb of the command line.
    Cli,
    /// The worker of a run.
    Worker,
    /// Another program that uses this library.
    Library,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cockpit => "cockpit",
            Self::Cli => "cli",
            Self::Worker => "worker",
            Self::Library => "library",
        })
    }
}

/// Who asks, through which door, and why: the same for all that one process does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub who: Actor,
    /// Through which door.
    pub source: Source,
    /// Why, in their words (`--why`).
    pub why: Option<Safe>,
}

/// Something that is about to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deed {
    /// What, as one word with hyphens: `vault-set`.
    pub action: Safe,
    /// The hosts that it is about.
    pub hosts: Vec<HostId>,
    /// What it is about, where that is no host: a group, a file, a window.
    pub target: Option<Safe>,
    /// The plan that was approved.
    pub plan: Option<PlanHash>,
    /// The run that it belongs to.
    pub run: Option<RunId>,
    /// Why, where that is another reason than the caller's.
    pub why: Option<Safe>,
    /// What is now.
    pub before: Facts,
    /// What is to be.
    pub after: Facts,
}

impl Deed {
    /// A deed of this name.
    pub fn new(action: &str) -> Self {
        Self { action: Safe::line(action), ..Self::default() }
    }

    /// On this host.
    #[must_use]
    pub fn on(mut self, host: &HostId) -> Self {
        self.hosts.push(host.clone());
        self
    }

    /// About something that is no host.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.target = Some(Safe::line(what));
        self
    }

    /// As a part of this run.
    #[must_use]
    pub fn of_run(mut self, run: &RunId) -> Self {
        self.run = Some(run.clone());
        self
    }

    /// For this reason.
    #[must_use]
    pub fn because(mut self, why: &Safe) -> Self {
        self.why = Some(why.clone());
        self
    }

    /// With this to begin with.
    #[must_use]
    pub fn before(mut self, name: &str, value: &str) -> Self {
        self.before.insert(Safe::line(name), Safe::line(value));
        self
    }

    /// So that this is then.
    #[must_use]
    pub fn after(mut self, name: &str, value: &str) -> Self {
        self.after.insert(Safe::line(name), Safe::line(value));
        self
    }
}

/// How a deed ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// `done`, `failed`, or the word of an outcome.
    pub outcome: Safe,
    /// What happened, for people.
    pub detail: Option<Safe>,
    /// What is now, beyond what the deed said.
    pub after: Facts,
}

impl Ending {
    /// It was done.
    pub fn done() -> Self {
        Self { outcome: Safe::line("done"), ..Self::default() }
    }

    /// It was not, or not wholly; what happened.
    pub fn failed(what: &str) -> Self {
        let (outcome, detail) = (Safe::line("failed"), Some(Safe::line(what)));
        Self { outcome, detail, ..Self::default() }
    }
}
