//! The steps of a change of secrets: the settings file, the database's role, and whether the new value is the one that counts.
//!
//! Values reach these steps as inputs only: `old-N` and `new-N`, N counting the names from 1.

use super::lease::{self, Claim};
use super::script::Script;
use crate::domain::secret::SecretName;
use crate::domain::settings::InstanceSettings;

/// Puts the new values into `.env`, wherever the old ones stand. A value that is there already is none to change. `seen` is the
/// SHA-256 of the file that the plan saw: another one is left alone, unless it has a new value, as when a run is resumed.
pub fn settings<'a>(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    seen: Option<&str>,
    names: impl IntoIterator<Item = &'a SecretName>,
) -> String {
    let names = names.into_iter().map(SecretName::as_str);
    lease::keeping(settings, claim, hold_s)
        .set("seen", seen.unwrap_or(""))
        .list("names", names)
        .fixed(include_str!("rotate_settings.sh"))
        .text()
}

/// Gives the database's role its new password; input `new-1`.
pub fn database(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    service: &'static str,
) -> String {
    at(settings, claim, hold_s, service).fixed(include_str!("rotate_database.sh")).text()
}

/// Looks that the database opens with the new password and refuses the old.
pub fn verify_database(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    service: &'static str,
) -> String {
    at(settings, claim, hold_s, service).fixed(include_str!("rotate_verify_database.sh")).text()
}

/// Looks that Redis answers PONG after the new password and refuses the old.
pub fn verify_redis(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    service: &'static str,
) -> String {
    at(settings, claim, hold_s, service).fixed(include_str!("rotate_verify_redis.sh")).text()
}

fn at(settings: &InstanceSettings, claim: &Claim, hold_s: u64, service: &'static str) -> Script {
    lease::keeping(settings, claim, hold_s).set("service", service)
}
