//! The secrets of an inventory.

use std::path::Path;

use async_trait::async_trait;

use crate::domain::ids::HostId;
use crate::domain::secret::Secrets;
use crate::engine::ports::{SecretSource, VaultError};

/// A fleet without secrets.
#[derive(Debug, Clone, Copy)]
pub struct NoVault;

#[async_trait]
impl SecretSource for NoVault {
    async fn secrets(&self, _: &Path, _: &HostId) -> Result<Secrets, VaultError> {
        Ok(Secrets::new())
    }
}
