//! The key by which a new host is known.

use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::args::KeyArgs;
use crate::adapters::ssh::{HostKey, Keys, SshSettings, host_keys};
use crate::domain::connection::Connection;

/// The keys that are to be pinned; none where one is pinned already, or none is wanted.
pub(in crate::cli) fn look(to: &Connection, args: &KeyArgs) -> Result<Vec<HostKey>, Trouble> {
    if args.no_host_key {
        return Ok(Vec::new());
    }
    let ours = known_hosts();
    let mut files = vec![ours.as_path()];
    files.extend(to.known_hosts.as_deref().map(Path::new));
    let found = wiring::runtime()?.block_on(host_keys::look(to, &files))?;
    let Keys::New(keys) = found else { return Ok(Vec::new()) };
    match &args.accept_fingerprint {
        Some(wanted) if !keys.iter().any(|key| key.fingerprint == wanted.trim()) => {
            let shown: Vec<&str> = keys.iter().map(|key| key.fingerprint.as_str()).collect();
            let message = format!(
                "no key of {} has that fingerprint: it shows {}; nothing was written",
                to.address,
                shown.join(" ")
            );
            Err(Trouble::new(Exit::Refused, message))
        }
        _ => Ok(keys),
    }
}

/// Pins them.
pub(in crate::cli) fn pin(keys: &[HostKey]) -> Result<(), Trouble> {
    if !keys.is_empty() {
        wiring::state_dir().prepare().map_err(|e| Trouble::new(Exit::Failed, e))?;
        host_keys::pin(&known_hosts(), keys)?;
    }
    Ok(())
}

fn known_hosts() -> PathBuf {
    SshSettings::below(wiring::state_dir().path()).known_hosts
}

/// A line for each key.
pub(in crate::cli) fn lines(keys: &[HostKey]) -> Vec<String> {
    keys.iter().map(|key| format!("host key  {}  {}", key.fingerprint, key.kind)).collect()
}
