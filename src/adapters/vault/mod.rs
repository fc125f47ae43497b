//! The secrets of an inventory, encrypted with age: `host_vars/HOST/vault.age` and `group_vars/GROUP/vault.age`.
//!
//! **Invariant:** a value leaves here only whole and only after its encryption was verified; a file is replaced at
//! once, under a lock, with the last version kept beside it.

mod crypt;
mod document;
mod file;
mod keyring;
mod make_identity;
mod missing;
mod named;
mod owners;
mod recipients;
mod remembered;
mod replace;
#[cfg(test)]
mod vault_tests;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

pub use document::{Document, Entry, Pending};
pub use file::{Author, Changing, Owner, VaultFile};
pub use keyring::{Ask, Asking, Keyring, Unlocked};
pub use make_identity::make_identity;
pub use missing::missing_secrets;
pub use named::{named_secrets, tell_with_vaults};
pub use owners::{due, owners};
pub use recipients::{People, Person, file_of as recipients_file};
pub use remembered::RememberedVault;

use zeroize::Zeroizing;

use crate::adapters::clock::SystemClock;
use crate::adapters::inventory;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::secret::generate::{Recipe, generate};
use crate::domain::secret::{SecretName, Secrets};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, SecretSource, SecretWriter, VaultChange, VaultError};

/// The vaults of an inventory, opened with the operator's identity.
#[derive(Debug, Clone)]
pub struct AgeVault {
    keys: Arc<Keyring>,
}

impl AgeVault {
    /// Opens with these keys, which are read when the first value is needed.
    pub fn new(keys: Arc<Keyring>) -> Self {
        Self { keys }
    }

    /// The secrets of a host: those of its groups, weakest first, then its own, which win.
    pub fn of_host(&self, inventory: &Path, host: &HostId) -> Result<Secrets, VaultError> {
        let mut all = Secrets::new();
        let mut owners: Vec<Owner> =
            groups_with_vaults(inventory, host).into_iter().map(Owner::Group).collect();
        owners.push(Owner::Host(host.clone()));
        for owner in owners {
            let file = VaultFile::of(inventory, &owner, &self.keys);
            let Some(document) = file.look()? else { continue };
            for (name, entry) in &document.secrets {
                let next = name.pending();
                if let Some(next) = &next {
                    all.remove(next);
                }
                all.insert(name.clone(), file.open(&document, name, entry)?);
                if let (Some(next), Some(pending)) = (next, &entry.pending) {
                    all.insert(next, file.open_pending(&document, name, pending)?);
                }
            }
        }
        Ok(all)
    }
}

#[async_trait]
impl SecretSource for AgeVault {
    async fn secrets(&self, inventory: &Path, host: &HostId) -> Result<Secrets, VaultError> {
        self.of_host(inventory, host)
    }
}

#[async_trait]
impl SecretWriter for AgeVault {
    async fn stage(
        &self,
        inventory: &Path,
        host: &HostId,
        secrets: &[(SecretName, Recipe)],
        by: &Safe,
    ) -> Result<VaultChange, VaultError> {
        let author = Author { by: by.clone(), at: SystemClock.now() };
        let file = VaultFile::of(inventory, &Owner::Host(host.clone()), &self.keys);
        let failed = |what: &str| VaultError::File {
            file: Safe::line(&file.path().to_string_lossy()),
            what: Safe::line(what),
        };
        file.change(|vault| {
            for (name, recipe) in secrets {
                let mut random = Zeroizing::new(vec![0; recipe.bytes()]);
                getrandom::fill(&mut random).map_err(|error| failed(&error.to_string()))?;
                let value = generate(*recipe, &random).ok_or_else(|| failed("chance ran short"))?;
                if !vault.stage(name, &value, &author)? {
                    let what = format!(
                        "it has no {name}: where a group has it, change it there by `bunker vault set`, then `bunker configure` all its hosts"
                    );
                    return Err(failed(&what));
                }
            }
            let entries = &vault.document().secrets;
            let next = |(name, _): &(SecretName, Recipe)| {
                Some((name.clone(), entries.get(name)?.pending.as_ref()?.generation))
            };
            let generations = secrets.iter().filter_map(next).collect();
            Ok(VaultChange { generations, ..VaultChange::default() })
        })
    }

    async fn promote(
        &self,
        inventory: &Path,
        host: &HostId,
        secrets: &[(SecretName, Recipe)],
    ) -> Result<VaultChange, VaultError> {
        let file = VaultFile::of(inventory, &Owner::Host(host.clone()), &self.keys);
        file.change(|vault| {
            for (name, _) in secrets {
                vault.promote(name);
            }
            let entries = &vault.document().secrets;
            let now = |(name, _): &(SecretName, Recipe)| {
                Some((name.clone(), entries.get(name)?.generation))
            };
            let generations = secrets.iter().filter_map(now).collect();
            Ok(VaultChange { generations, ..VaultChange::default() })
        })
    }
}

/// Groups of a host that have a vault, weakest first. The inventory is read only where some group has one.
fn groups_with_vaults(dir: &Path, host: &HostId) -> Vec<GroupName> {
    let has =
        |group: &GroupName| dir.join("group_vars").join(group.as_str()).join("vault.age").exists();
    let Ok(entries) = std::fs::read_dir(dir.join("group_vars")) else { return Vec::new() };
    if !entries.flatten().any(|e| e.path().join("vault.age").exists()) {
        return Vec::new();
    }
    let loaded = inventory::load(dir);
    let known = loaded.fleet.as_ref().and_then(|f| f.hosts.iter().find(|h| h.id == *host));
    let mut groups: Vec<GroupName> = "all".parse().into_iter().collect();
    groups.extend(known.into_iter().flat_map(|h| h.groups.iter().rev().cloned()));
    groups.retain(has);
    groups
}

/// A fleet without secrets.
#[derive(Debug, Clone, Copy)]
pub struct NoVault;

#[async_trait]
impl SecretSource for NoVault {
    async fn secrets(&self, _: &Path, _: &HostId) -> Result<Secrets, VaultError> {
        Ok(Secrets::new())
    }
}

#[async_trait]
impl SecretWriter for NoVault {
    async fn stage(
        &self,
        _: &Path,
        _: &HostId,
        _: &[(SecretName, Recipe)],
        _: &Safe,
    ) -> Result<VaultChange, VaultError> {
        Err(VaultError::Identity(Safe::line("this fleet has no vault")))
    }

    async fn promote(
        &self,
        _: &Path,
        _: &HostId,
        _: &[(SecretName, Recipe)],
    ) -> Result<VaultChange, VaultError> {
        Err(VaultError::Identity(Safe::line("this fleet has no vault")))
    }
}
