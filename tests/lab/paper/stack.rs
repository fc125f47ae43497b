//! What the containers of a host answer, from the state that its docker stand-in keeps.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::lab::clock;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) status: &'static str,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

/// Whether the API listens: its container runs and is past its start.
pub(super) fn listens(host: &Path) -> bool {
    let Some(api) = api(host) else { return false };
    let started: u64 = field(&api, "c_started").parse().unwrap_or(0);
    let now = clock::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let slow_s: u64 = fs::read_to_string(host.join("slow_seconds"))
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(4);
    let wait_s = if field(&api, "c_behaviour") == "slow" { slow_s } else { 0 };
    field(&api, "c_state") == "running" && now.saturating_sub(started) >= wait_s
}

/// The commit that the API was built from.
pub(super) fn commit(host: &Path) -> Option<String> {
    api(host)?.remove("c_commit")
}

/// The answer to a request.
pub(super) fn page(host: &Path, method: &str, path: &str, sent: &str) -> Page {
    let api = api(host).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    match path {
        "/api/health" => health(&api),
        "/metrics" => metrics(&api),
        "/" if runs(host, "admin") => Page {
            status: "200 OK",
            kind: "text/html",
            body: "<!doctype html>\n<html><head><title>Changemaker Lite</title></head></html>\n"
                .to_owned(),
        },
        "/api/auth/login" if method == "POST" => login(host, sent),
        _ => Page {
            status: "404 Not Found",
            kind: "application/json",
            body: "{\"error\":\"not found\"}".to_owned(),
        },
    }
}

type Container = BTreeMap<String, String>;

fn api(host: &Path) -> Option<Container> {
    let text = fs::read_to_string(host.join("docker/containers/api")).ok()?;
    let fields = text.lines().filter_map(|line| line.split_once('='));
    Some(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn field<'a>(container: &'a Container, name: &str) -> &'a str {
    container.get(name).map_or("", String::as_str)
}

fn health(api: &Container) -> Page {
    let (version, commit) = (field(api, "c_version"), field(api, "c_commit"));
    let unhealthy = field(api, "c_behaviour") == "unhealthy";
    let body = if unhealthy {
        serde_json::json!({"status": "error", "version": version, "commit": commit,
            "error": "the mail queue does not answer"})
    } else {
        serde_json::json!({"status": "ok", "version": version, "commit": commit})
    };
    Page {
        status: if unhealthy { "503 Service Unavailable" } else { "200 OK" },
        kind: "application/json",
        body: body.to_string(),
    }
}

/// Whether a service's container runs.
fn runs(host: &Path, service: &str) -> bool {
    let file = host.join("docker/containers").join(service);
    fs::read_to_string(file).is_ok_and(|text| text.lines().any(|l| l == "c_state=running"))
}

/// A token for who knows what `.env` says.
fn login(host: &Path, sent: &str) -> Page {
    let env = fs::read_to_string(host.join("srv/changemaker-lite/.env")).unwrap_or_default();
    let parsed = bunker_ops::domain::dotenv::parse(&env);
    let value = |name: &str| {
        let entry = parsed.entries().find(|entry| entry.name == name);
        entry.and_then(|entry| entry.value.clone()).unwrap_or_default()
    };
    let asked: serde_json::Value = serde_json::from_str(sent).unwrap_or_default();
    let is = |key: &str, name: &str| {
        asked.get(key).and_then(serde_json::Value::as_str) == Some(value(name).as_str())
    };
    let good = is("email", "ADMIN_EMAIL") && is("password", "ADMIN_PASSWORD");
    let (status, body) = if good {
        ("200 OK", "{\"token\":\"0123456789abcdef\"}")
    } else {
        ("401 Unauthorized", "{\"error\":\"wrong e-mail or password\"}")
    };
    Page { status, kind: "application/json", body: body.to_owned() }
}

fn metrics(api: &Container) -> Page {
    let version = field(api, "c_version");
    Page {
        status: "200 OK",
        kind: "text/plain; version=0.0.4",
        body: format!(
            "# TYPE cm_build_info gauge\ncm_build_info{{version=\"{version}\"}} 1\n\
             # TYPE cm_email_queue_size gauge\ncm_email_queue_size 3\n\
             # TYPE cm_active_canvass_sessions gauge\ncm_active_canvass_sessions 2\n"
        ),
    }
}
