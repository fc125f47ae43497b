//! Alertmanager, as far as it is needed.

use async_trait::async_trait;

use crate::domain::alerts::ByHand;
use crate::domain::settings::HttpUrl;
use crate::domain::untrusted::Safe;
use crate::domain::window::{Held, Silence};

/// The silences of an Alertmanager. What goes wrong is told for people.
#[async_trait]
pub trait Silences: Send + Sync + 'static {
    /// Our silences that have not ended.
    async fn held(&self, url: &HttpUrl) -> Result<Vec<Held>, Safe>;
    /// Makes a silence; gives its id.
    async fn create(&self, url: &HttpUrl, silence: &Silence) -> Result<Safe, Safe>;
    /// Makes a silence that a person wants; gives its id.
    async fn make(&self, url: &HttpUrl, silence: &ByHand) -> Result<Safe, Safe>;
    /// Ends a silence; one that has ended already is fine.
    async fn expire(&self, url: &HttpUrl, id: &Safe) -> Result<(), Safe>;
}
