//! The steps of a change of secrets: the settings file, the database's role, and whether the new value is the one that counts.
//!
//! Values reach these steps as inputs only: `old-N` and `new-N`, N counting the names from 1.

use super::lease::{self, Claim};
use super::script::Script;
use crate::domain::secret::SecretName;
use crate::domain::settings::InstanceSettings;

/// What a plan knows of the `.env` that it saw.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    /// The SHA-256 of the file.
    pub sha256: Option<&'a str>,
    /// Of each secret whose value another has too: the variables that hold it.
    pub places: Vec<(&'a SecretName, &'a str)>,
    /// The variables that hold any secret.
    pub held: Vec<&'a str>,
}

/// Puts the new values into `.env`, wherever the old ones stand; of a secret whose value another has too, in its own variables
/// alone. A value that is there already is none to change. A file that is not the one which was seen is left alone, unless it
/// has a new value, as when a run is resumed.
pub fn settings<'a>(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    seen: &Seen<'_>,
    names: impl IntoIterator<Item = &'a SecretName>,
) -> String {
    let names = names.into_iter().map(SecretName::as_str);
    let places: Vec<String> =
        seen.places.iter().map(|(name, variable)| format!("{name} {variable}")).collect();
    // Which variables hold secrets is asked for only where the value does not say it.
    let held = seen.held.iter().copied().filter(|_| !places.is_empty());
    lease::keeping(settings, claim, hold_s)
        .set("seen", seen.sha256.unwrap_or(""))
        .list("names", names)
        .list("places", places.iter().map(String::as_str))
        .list("held", held)
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
