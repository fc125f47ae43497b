//! Parts of plans for tests, as they stand in files.

use serde_json::{Value, json};

/// A connection to a made-up host.
pub(crate) fn connection(id: &str) -> Value {
    json!({"host": id, "address": "127.0.0.1", "port": null, "user": null, "identity": null,
        "jump": [], "become_root": "loginuser", "known_hosts": null})
}

/// The settings of a made-up instance.
pub(crate) fn settings() -> Value {
    json!({"domain": "a.example.org", "tier": 1, "label": "a", "dir": "/opt/cml",
        "repo": "/srv/x.git", "reference": "v2", "compose_files": [], "compose_profiles": [],
        "expected_services": [], "migrate_command": "true", "migrations_dir": "m",
        "health_url": "http://127.0.0.1/h", "local_health_url": "http://127.0.0.1/h",
        "backup_command": "true", "backup_dir": "/b", "policy": {}})
}

/// A host that is ready, with these phases.
pub(crate) fn host(id: &str, phases: &Value) -> Value {
    json!({"id": id, "connection": connection(id), "settings": settings(), "from": null,
        "readiness": "ready", "findings": [], "phases": phases})
}
