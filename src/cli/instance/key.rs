//! The key by which a new host is known.

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::args::KeyArgs;
use crate::adapters::enrol::Desk;
use crate::adapters::ssh::HostKey;
use crate::domain::connection::Connection;

/// The keys that are to be pinned; none where one is pinned already, or none is wanted.
pub(in crate::cli) fn look(
    desk: &Desk,
    to: &Connection,
    args: &KeyArgs,
) -> Result<Vec<HostKey>, Trouble> {
    if args.no_host_key {
        return Ok(Vec::new());
    }
    let keys = wiring::runtime()?.block_on(desk.look(to))?;
    if keys.is_empty() {
        return Ok(keys);
    }
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

/// A line for each key.
pub(in crate::cli) fn lines(keys: &[HostKey]) -> Vec<String> {
    keys.iter().map(|key| format!("host key  {}  {}", key.fingerprint, key.kind)).collect()
}
