//! Reading the Alertmanager of a fleet.

use jiff::Timestamp;

use crate::domain::alerts::Manager;
use crate::domain::fleet::Fleet;
use crate::domain::untrusted::Safe;
use crate::engine::ports::AlertSource;

/// What the Alertmanager of the fleet says; `None` where it has none.
pub async fn read(
    source: &dyn AlertSource,
    fleet: &Fleet,
    now: Timestamp,
) -> Result<Option<Manager>, Safe> {
    let Some(url) = &fleet.policy.alertmanager else { return Ok(None) };
    let (alerts, silences) = tokio::join!(source.alerts(url), source.silences(url));
    let ((alerts, odd_alerts), (silences, odd_silences)) = (alerts?, silences?);
    let labels = fleet.instances().map(|(host, s)| (s.label.clone(), host.id.clone())).collect();
    let (url, n_odd) = (Safe::line(url.as_str()), odd_alerts + odd_silences);
    Ok(Some(Manager { url, at: now, alerts, silences, n_odd, labels }))
}
