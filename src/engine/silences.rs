//! Keeping Alertmanager's silences in step with the windows of a fleet.

use jiff::Timestamp;

use crate::domain::fleet::Fleet;
use crate::domain::untrusted::Safe;
use crate::domain::window::{reconcile, wanted};
use crate::engine::ports::Silences;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Synced {
    /// Silences that were made.
    pub created: usize,
    /// Silences of ours that were ended.
    pub expired: usize,
}

/// Makes the silences that windows ask for, now and for the next day, and ends those of ours that none asks for any more.
/// Doing it again changes nothing. `None` where the fleet has no Alertmanager.
pub async fn sync(
    silences: &dyn Silences,
    fleet: &Fleet,
    now: Timestamp,
) -> Result<Option<Synced>, Safe> {
    let Some(url) = &fleet.policy.alertmanager else { return Ok(None) };
    let todo = reconcile(fleet, &wanted(fleet, now), &silences.held(url).await?, now);
    // First the new ones, so that nothing is loud in between.
    for silence in &todo.create {
        silences.create(url, silence).await?;
    }
    for id in &todo.expire {
        silences.expire(url, id).await?;
    }
    Ok(Some(Synced { created: todo.create.len(), expired: todo.expire.len() }))
}
