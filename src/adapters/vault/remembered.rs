//! A vault whose changes by runs are in the history of the inventory, as those by verbs are.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{AgeVault, Owner, VaultFile};
use crate::adapters::caller::actor;
use crate::adapters::inventory::History;
use crate::domain::audit::Facts;
use crate::domain::ids::HostId;
use crate::domain::secret::SecretName;
use crate::domain::secret::generate::Recipe;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{AuditReader, SecretWriter, VaultChange, VaultError};
use crate::engine::supervisor::Supervisor;

/// Changes a vault and commits it where the inventory is a git repository, with the head of the audit log in the commit. A commit
/// that fails is told and undoes nothing: the values are what the hosts run with.
pub struct RememberedVault {
    vault: AgeVault,
    log: Arc<dyn AuditReader>,
    supervisor: Supervisor,
    /// git has one index: hosts of a batch come one after another.
    one: Mutex<()>,
}

impl RememberedVault {
    /// Commits what `vault` changes; `log` has the intent of it already.
    pub fn new(vault: AgeVault, log: Arc<dyn AuditReader>) -> Self {
        Self { vault, log, supervisor: Supervisor::new(), one: Mutex::new(()) }
    }

    async fn remembered(
        &self,
        inventory: &Path,
        host: &HostId,
        what: String,
        change: impl Future<Output = Result<VaultChange, VaultError>> + Send,
    ) -> Result<VaultChange, VaultError> {
        let _one = self.one.lock().await;
        let owner = Owner::Host(host.clone());
        let files = vec![VaultFile::of(inventory, &owner, &self.vault.keys).path().to_owned()];
        let folder = inventory.to_owned();
        let look = move || History::before(&folder, &files);
        let before = self.supervisor.spawn_blocking("history of the inventory", look).join().await;
        let mut change = change.await?;
        let Ok(before) = before else {
            change.history = not("git could not be asked");
            return Ok(change);
        };
        change.history = match self.log.audit_head().await {
            Ok(Some(anchor)) => {
                let commit = move || before.commit(&what, &actor(), &anchor).facts();
                let done =
                    self.supervisor.spawn_blocking("commit of the inventory", commit).join().await;
                done.unwrap_or_else(|_| not("git could not be asked"))
            }
            Ok(None) => not("the audit log is empty"),
            Err(error) => not(&error.to_string()),
        };
        Ok(change)
    }
}

fn not(why: &str) -> Facts {
    Facts::from([(Safe::line("inventory-not-committed"), Safe::line(why))])
}

fn names(secrets: &[(SecretName, Recipe)]) -> String {
    let names: Vec<&str> = secrets.iter().map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}

#[async_trait]
impl SecretWriter for RememberedVault {
    async fn stage(
        &self,
        inventory: &Path,
        host: &HostId,
        secrets: &[(SecretName, Recipe)],
        by: &Safe,
    ) -> Result<VaultChange, VaultError> {
        let what = format!("stage the next {} of {host}", names(secrets));
        let change = self.vault.stage(inventory, host, secrets, by);
        self.remembered(inventory, host, what, change).await
    }

    async fn promote(
        &self,
        inventory: &Path,
        host: &HostId,
        secrets: &[(SecretName, Recipe)],
    ) -> Result<VaultChange, VaultError> {
        let what = format!("rotate {} of {host}", names(secrets));
        let change = self.vault.promote(inventory, host, secrets);
        self.remembered(inventory, host, what, change).await
    }
}
