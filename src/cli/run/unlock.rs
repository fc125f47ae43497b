//! The operator's identity, read before a new worker needs it: a worker can ask nobody for a passphrase.

use std::sync::Arc;

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use crate::adapters::vault::Keyring;
use crate::domain::ids::RunId;
use crate::domain::plan::Plan;
use crate::engine::ports::RunReader;
use crate::engine::supervisor::Supervisor;

/// Unlocks the identity where the run has secrets and its worker is gone, so that the next one is given it. Asks for the
/// passphrase where there is one.
pub(in crate::cli) async fn unlock_for(
    store: &dyn RunReader,
    run: &RunId,
    supervisor: &Supervisor,
) -> Result<(), Trouble> {
    if store.worker_alive(run).await? {
        return Ok(());
    }
    unlock_plan(&*store.plan(run).await?, supervisor).await
}

/// The same for a plan whose run is about to be started without planning anew.
pub(super) async fn unlock_plan(plan: &Plan, supervisor: &Supervisor) -> Result<(), Trouble> {
    if plan.vault.is_none() {
        return Ok(());
    }
    let keys: Arc<Keyring> = wiring::keys();
    // A person takes their time: nothing else may wait for it.
    let unlocking = supervisor.spawn_blocking("unlock", move || keys.unlock().map(drop));
    let unlocked = unlocking.join().await.map_err(|died| Trouble::new(Exit::Failed, died))?;
    Ok(unlocked?)
}
