//! The secrets of a new instance.

use std::path::Path;

use super::super::exit::{Exit, Trouble};
use super::super::vault::author;
use super::super::wiring;
use crate::adapters::vault::{Owner, People, VaultFile};
use crate::domain::ids::HostId;
use crate::domain::secret::catalogue::KNOWN;
use crate::domain::secret::generate::{Recipe, generate};
use crate::domain::secret::{Secret, SecretName, Secrets};
use crate::engine::ports::VaultError;

/// The secrets that the program makes for an instance.
fn made() -> impl Iterator<Item = (SecretName, Recipe)> {
    KNOWN.iter().filter(|k| k.always).filter_map(|k| Some((k.name.parse().ok()?, k.recipe()?)))
}

/// Their names, in the order of the table.
pub(in crate::cli) fn names() -> Vec<SecretName> {
    made().map(|(name, _)| name).collect()
}

/// Refuses to begin where no secret could be encrypted to anybody.
pub(in crate::cli) fn check(inventory: &Path) -> Result<(), Trouble> {
    if People::read(inventory)?.current.is_empty() {
        let why = "the inventory has no recipients, so secrets could not be encrypted: run `bunker vault init` first, or give --no-secrets";
        return Err(Trouble::new(Exit::Refused, why));
    }
    Ok(())
}

/// Gives a host these secrets, which count before what is in its vault, and makes those that it lacks then.
pub(in crate::cli) fn fill(
    inventory: &Path,
    host: &HostId,
    given: &Secrets,
) -> Result<(), Trouble> {
    let keys = wiring::keys();
    let file = VaultFile::of(inventory, &Owner::Host(host.clone()), &keys);
    let author = author();
    file.change(|vault| {
        for (name, value) in given {
            vault.set(name, value, &author)?;
        }
        for (name, recipe) in made() {
            if !vault.document().secrets.contains_key(&name) {
                vault.set(&name, &random(recipe)?, &author)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn random(recipe: Recipe) -> Result<Secret, VaultError> {
    let failed = |what: &str| {
        let text = format!("this machine gives no randomness: {what}");
        VaultError::Identity(crate::domain::untrusted::Safe::line(&text))
    };
    let mut bytes = zeroize::Zeroizing::new(vec![0; recipe.bytes()]);
    getrandom::fill(&mut bytes).map_err(|error| failed(&error.to_string()))?;
    generate(recipe, &bytes).ok_or_else(|| failed("too little"))
}
