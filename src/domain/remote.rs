//! What can go wrong between us and a host, as data that can be journalled and shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::HostId;
use super::untrusted::Safe;

/// The kinds of failure. Unknown is a kind, not a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteErrorKind {
    /// No connection: refused, no route, name not found.
    Connect,
    /// The host turned us away before authentication (MaxStartups, PerSourcePenalties): back off.
    Busy,
    /// The host refused our key. Never retried by itself.
    Auth,
    /// The host key is unknown or changed. Never retried.
    HostKey,
    /// No answer in time.
    Timeout,
    /// The connection was lost after it was up.
    Disconnected,
    /// `sudo -n` refused or wanted a password.
    Sudo,
    /// The remote command ended with this code.
    Exit(i32),
    /// The answer was not what our script prints.
    Protocol,
    /// Something on this machine failed (no `ssh`, no file descriptors, ...).
    Local,
}

impl RemoteErrorKind {
    /// Whether the host was not reached, so that nothing can have changed on it by this attempt.
    pub fn is_unreachable(self) -> bool {
        match self {
            Self::Connect | Self::Busy | Self::Auth | Self::HostKey => true,
            Self::Timeout
            | Self::Disconnected
            | Self::Sudo
            | Self::Exit(_)
            | Self::Protocol
            | Self::Local => false,
        }
    }

    /// Whether the same attempt may succeed later without a person.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Connect | Self::Busy | Self::Timeout | Self::Disconnected => true,
            Self::Auth
            | Self::HostKey
            | Self::Sudo
            | Self::Exit(_)
            | Self::Protocol
            | Self::Local => false,
        }
    }
}

/// A failure between us and one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct RemoteError {
    /// Which host.
    pub host: HostId,
    /// Which kind.
    pub kind: RemoteErrorKind,
    /// What was tried and what happened: lower case, no full stop.
    pub message: Safe,
    /// What to do next.
    pub hint: Option<Safe>,
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}
