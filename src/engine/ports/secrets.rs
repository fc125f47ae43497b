//! The secrets of a fleet.

use std::path::Path;

use async_trait::async_trait;

use crate::domain::audit::Facts;
use crate::domain::ids::HostId;
use crate::domain::secret::generate::Recipe;
use crate::domain::secret::{SecretName, Secrets};
use crate::domain::untrusted::Safe;

/// Why there are no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no identity to decrypt with, or it may not be used; what to do.
    #[error("{0}")]
    Identity(Safe),
    /// None of our identities opens the vault.
    #[error(
        "no identity of yours opens {file}: ask a recipient to add yours (`bunker vault recipients add`)"
    )]
    WrongKey {
        /// The file.
        file: Safe,
    },
    /// The vault, or a value in it, is damaged.
    #[error("{file} is damaged: {what}; its last good version is {file}.bak")]
    Damaged {
        /// The file.
        file: Safe,
        /// What is wrong.
        what: Safe,
    },
    /// A file cannot be read or written.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: Safe,
        /// What happened.
        what: Safe,
    },
}

/// Reading secrets. The vault of an inventory folder stands behind it.
#[async_trait]
pub trait SecretSource: Send + Sync + 'static {
    /// The secrets that a host runs with: each at its current generation, and where one is being rotated, the
    /// next as `NAME__pending`. Empty where the host has no vault.
    /// `inventory` is the folder with `hosts.yml`.
    async fn secrets(&self, inventory: &Path, host: &HostId) -> Result<Secrets, VaultError>;
}

/// What a change of a vault came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VaultChange {
    /// The generations of the values that were asked about.
    pub generations: Vec<(SecretName, u32)>,
    /// What the history of the inventory has of it: the commit, or why there is none. Empty without such a history.
    pub history: Facts,
}

/// Giving secrets new values. Both acts may be done twice: what is done already changes nothing.
#[async_trait]
pub trait SecretWriter: Send + Sync + 'static {
    /// Makes a next value for each of these secrets of a host that has none; the current ones stay. Gives the
    /// generations that they will be. `by` is kept with them.
    async fn stage(
        &self,
        inventory: &Path,
        host: &HostId,
        secrets: &[(SecretName, Recipe)],
        by: &Safe,
    ) -> Result<VaultChange, VaultError>;

    /// Makes the next values the current ones. Gives their generations.
    async fn promote(
        &self,
        inventory: &Path,
        host: &HostId,
        secrets: &[(SecretName, Recipe)],
    ) -> Result<VaultChange, VaultError>;
}
