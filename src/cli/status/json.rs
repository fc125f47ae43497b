//! `bunker status --json`: a stable shape, in which a missing figure is `null` and never 0.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::figure::{Figure, Source};
use crate::domain::signal::Signal;
use crate::domain::snapshot::{FleetSnapshot, HttpHealth, InstanceView};
use crate::domain::window::{fleet_standing, silenced, standing};

pub(super) fn status(snapshot: &FleetSnapshot) -> Value {
    let instances: Vec<Value> =
        snapshot.instances.iter().map(|view| instance(view, snapshot.at)).collect();
    let n = snapshot.instances.len();
    let window = fleet_standing(&snapshot.windows, n, snapshot.at);
    let window = window.map(|s| json!({ "words": s.words, "open": s.open, "silent": s.n_silent }));
    json!({ "instances": instances, "window": window, "windows": windows(snapshot) })
}

/// The windows of each instance that has some, at the moment of the snapshot.
fn windows(snapshot: &FleetSnapshot) -> Map<String, Value> {
    let mut all = Map::new();
    for set in snapshot.windows.iter() {
        let standing = standing(&set.windows, snapshot.at);
        let silent = silenced(&set.windows, snapshot.at).map(|(window, _)| &window.name);
        for host in &set.hosts {
            let value = json!({
                "open": standing.is_open(), "changes": standing.changes(), "silenced_by": silent,
            });
            all.insert(host.to_string(), value);
        }
    }
    all
}

fn instance(view: &InstanceView, now: Timestamp) -> Value {
    let reasons: Vec<String> =
        view.verdict.reasons.iter().map(|r| format!("{}: {}", r.subject, r.text)).collect();
    let latency_ms = match &view.http {
        HttpHealth::Up { latency_s, .. } => Some((latency_s * 1_000.0).round()),
        HttpHealth::NotYet | HttpHealth::Failed { .. } => None,
    };
    let backup = view.signals.get(&Signal::BackupAge).and_then(|f| f.reading);
    // The age now: what it was when it was read, and the time since.
    let backup_age_s =
        backup.map(|r| (r.value + now.duration_since(r.at).as_secs_f64().max(0.0)).round());
    let signals: Map<String, Value> = Signal::ALL
        .iter()
        .map(|s| (s.key().to_owned(), figure(view.signals.get(s), now)))
        .collect();
    json!({
        "id": view.id,
        "domain": view.domain,
        "tier": view.tier,
        "health": view.verdict.health,
        "reasons": reasons,
        "release": view.release,
        "latency_ms": latency_ms,
        "backup_age_s": backup_age_s,
        "signals": signals,
        "probed_at": view.facts.as_ref().map(|f| f.probed_at),
    })
}

fn figure(figure: Option<&Figure>, now: Timestamp) -> Value {
    let Some(reading) = figure.and_then(|f| f.reading) else { return Value::Null };
    let age_s = now.duration_since(reading.at).as_secs_f64().max(0.0);
    let source = match reading.source {
        Source::Metrics => "metrics",
        Source::Probe => "probe",
        Source::Http => "http",
    };
    json!({ "value": reading.value, "age_s": (age_s * 10.0).round() / 10.0, "source": source })
}
