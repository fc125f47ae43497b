//! What stands in front of the page of an instance: its `.env`, and the choice of a service.

use crate::domain::env_shown::EnvShown;
use crate::domain::ids::HostId;
use crate::domain::service::ServiceName;
use crate::domain::untrusted::Safe;

/// The `.env` of an instance, without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvLayer {
    /// Whose.
    pub host: HostId,
    /// The request whose answer it shows.
    pub request: u64,
    /// The file, or why it cannot be shown; `None` until the host answered.
    pub shown: Option<Result<EnvShown, Safe>>,
    /// Lines above the first that is seen.
    pub top: usize,
}

/// The services of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePick {
    /// Whose.
    pub host: HostId,
    /// Their names, and what is known of each.
    pub rows: Vec<(ServiceName, Safe)>,
    /// The chosen one.
    pub selected: usize,
    /// What it is chosen for.
    pub to: PickTo,
}

/// The reasons of an instance that is not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonPick {
    /// Whose.
    pub host: HostId,
    /// What each is about, and what is the matter, the worst first.
    pub rows: Vec<(Safe, Safe)>,
    /// The chosen one.
    pub selected: usize,
}

/// What is done with a chosen service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickTo {
    /// Its log is followed.
    Follow,
    /// Its port is brought here.
    Forward,
}
