//! What a deployment may do with `.env`.

use crate::domain::env::compare;
use crate::steps::deploy::EnvVerdict;
use crate::steps::env_file::EnvRead;
use crate::workflows::env::Desired;

/// The file that a host should have, and what may be done with the one that is there.
#[derive(Debug, Clone)]
pub struct Env {
    pub(super) desired: Desired,
    /// The SHA-256 of the host's file; `None` where it has none.
    pub(super) seen: Option<String>,
    pub(super) verdict: EnvVerdict,
}

impl Env {
    /// Compares both by their variables. An edit that somebody made on the host, and variables that only the host has, are for
    /// `configure` to decide.
    pub fn new(desired: Desired, read: Option<&EnvRead>) -> Self {
        let file = read.and_then(|read| read.file.as_ref().map(|file| (read, file)));
        let verdict = file.map_or(EnvVerdict::Write, |(read, file)| {
            let known = compare(&desired.variables, &file.variables, read.applied.as_ref());
            if known.changes.is_empty() {
                EnvVerdict::AsItIs
            } else if known.kept.is_empty() && known.changes.iter().all(|c| !c.kind.overwrites()) {
                EnvVerdict::Write
            } else {
                EnvVerdict::Refuse
            }
        });
        Self { desired, seen: file.map(|(_, file)| file.sha256.clone()), verdict }
    }
}
