//! What an Alertmanager tells. Nothing is changed there by this.

use async_trait::async_trait;

use crate::domain::alerts::{ManagerAlert, ManagerSilence};
use crate::domain::settings::HttpUrl;
use crate::domain::untrusted::Safe;

/// Alerts and silences with the number of those that could not be read.
pub type Told<T> = (Vec<T>, usize);

/// Reads an Alertmanager. What goes wrong is told for people.
#[async_trait]
pub trait AlertSource: Send + Sync + 'static {
    /// All alerts, the silent ones too.
    async fn alerts(&self, url: &HttpUrl) -> Result<Told<ManagerAlert>, Safe>;
    /// All silences that have not ended, whoever made them.
    async fn silences(&self, url: &HttpUrl) -> Result<Told<ManagerSilence>, Safe>;
}
