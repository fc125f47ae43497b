//! One look at one host.

use crate::domain::facts::Facts;
use crate::domain::fleet::Host;
use crate::domain::remote::RemoteError;
use crate::domain::settings::InstanceSettings;
use crate::engine::ports::{Clock, RemoteRead};

/// Looks at a host once: one read-only script, at most [`crate::steps::probe::DEADLINE`].
pub async fn probe_host(
    _remote: &dyn RemoteRead,
    host: &Host,
    _settings: &InstanceSettings,
    _clock: &dyn Clock,
) -> Result<Facts, RemoteError> {
    Err(RemoteError {
        host: host.id.clone(),
        kind: crate::domain::remote::RemoteErrorKind::Local,
        message: "not built yet".into(),
        hint: None,
    })
}
