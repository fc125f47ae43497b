//! Answers to test with.

use std::time::Duration;

use super::{Answer, parse};
use crate::domain::facts::Facts;
use crate::domain::settings::InstanceSettings;

pub(super) const NONCE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// One part: name, standard output, what follows `inspect`, exit code, standard error.
pub(super) type Said<'a> = (&'a str, &'a str, Option<&'a str>, i32, &'a str);

/// Compose 2.20's form: an array of dumps, with labels as a map.
pub(super) const PS_ARRAY: &str = r#"[{"ID":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","Name":"cml-api-1","Command":"\"/server\"","Project":"cml","Service":"api","Created":1795377000,"State":"running","Status":"Up 5 minutes","Health":"healthy","ExitCode":0,"Publishers":null,"Labels":{"a":"b"}}]"#;

pub(super) fn reply(parts: &[Said<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, out, inspect, rc, complaint) in parts {
        let inspect = inspect.map(|i| format!("\n{NONCE} inspect\n{i}")).unwrap_or_default();
        let text = format!(
            "\n{NONCE} begin {name}\n{out}{inspect}\n{NONCE} rc {rc}\n{complaint}\n{NONCE} end\n"
        );
        bytes.extend(text.into_bytes());
    }
    bytes
}

pub(super) fn facts_of(bytes: &[u8]) -> Facts {
    let answer = Answer {
        bytes,
        nonce: NONCE,
        arrived: "2026-11-22T14:32:00Z".parse().unwrap(),
        took: Duration::from_millis(500),
    };
    parse(&answer, &settings()).unwrap()
}

pub(super) fn settings() -> InstanceSettings {
    serde_json::from_value(serde_json::json!({
        "domain": "ward7.calgary.org", "tier": 2, "label": "ward7.calgary.org",
        "dir": "/opt/changemaker-lite", "repo": "/srv/cml.git", "reference": "v2",
        "compose_files": [], "compose_profiles": [], "expected_services": [],
        "migrate_command": "true", "migrations_dir": "api/prisma/migrations",
        "health_url": "http://127.0.0.1:4000/api/health",
        "local_health_url": "http://127.0.0.1:4000/api/health",
        "backup_command": "true", "backup_dir": "/opt/changemaker-lite/backups", "policy": {}
    }))
    .unwrap()
}
