//! The health address of an instance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::StatusCode;
use serde_json::Value;

use super::client::{Fault, LazyClient, read_capped, words};
use crate::domain::git::CommitSha;
use crate::domain::settings::HttpUrl;
use crate::domain::snapshot::HttpHealth;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, HealthSource};

/// How long a health address may take for its whole answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// How much of an answer is read.
const CAP: usize = 64 * 1024;

/// Asks health addresses from this machine.
pub struct HttpHealthSource {
    client: LazyClient,
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

impl HttpHealthSource {
    /// With the usual deadline of five seconds.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_deadline(clock, DEADLINE)
    }

    /// With another deadline.
    pub fn with_deadline(clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        Self { client: LazyClient::new(deadline), clock, deadline }
    }

    async fn ask(&self, url: &HttpUrl) -> Result<Said, String> {
        let client = self.client.get()?;
        let in_words = |e: reqwest::Error| words(&e, self.deadline);
        let response = client
            .get(url.as_str())
            .header("accept", "application/json")
            .send()
            .await
            .map_err(in_words)?;
        let status = response.status();
        let body = match read_capped(response, CAP).await {
            Ok(body) => body,
            Err(Fault::Oversized) => {
                return Err(format!("answered {status} with more than 64 KiB"));
            }
            Err(Fault::Failed(e)) => return Err(in_words(e)),
        };
        understand(status, &body)
    }
}

/// What a good answer said.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    commit: Option<CommitSha>,
    version: Option<Safe>,
}

#[async_trait]
impl HealthSource for HttpHealthSource {
    async fn health(&self, url: &HttpUrl, previous: &HttpHealth) -> HttpHealth {
        let begun = Instant::now();
        let asked = self.ask(url).await;
        let latency_s = begun.elapsed().as_secs_f64();
        let at = self.clock.now();
        match asked {
            Ok(Said { commit, version }) => HttpHealth::Up { at, latency_s, commit, version },
            Err(error) => {
                let since = match previous {
                    HttpHealth::Failed { since, .. } => *since,
                    HttpHealth::NotYet | HttpHealth::Up { .. } => at,
                };
                HttpHealth::Failed { at, since, error: Safe::line(&error) }
            }
        }
    }
}

/// 200 with a JSON object that does not itself say that it is ill.
fn understand(status: StatusCode, body: &[u8]) -> Result<Said, String> {
    let json = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    if status != StatusCode::OK {
        let why = json.as_ref().and_then(|j| text(j, &["error", "message"]));
        let why = why.map(|w| format!(": {w}")).unwrap_or_default();
        return Err(format!("answered {status}{why}"));
    }
    let Some(json) = json else {
        return Err("answered 200, but not with the JSON of the API".to_owned());
    };
    let ill = ["error", "fail", "failed", "unhealthy", "down", "degraded"];
    if let Some(word) = text(&json, &["status"]).filter(|w| ill.contains(&w.as_str())) {
        return Err(format!("answered 200, but says that it is {word}"));
    }
    let commit = ["commit", "sha", "version"]
        .iter()
        .find_map(|key| text(&json, &[key])?.to_ascii_lowercase().parse::<CommitSha>().ok());
    let version = text(&json, &["version"])
        .or_else(|| text(&json, &["commit"]))
        .filter(|v| commit.as_ref().is_none_or(|c| c.as_str() != v.to_ascii_lowercase()))
        .map(|v| Safe::line(&v));
    Ok(Said { commit, version })
}

/// The first of these keys that holds text, at the top or below `data`, at most 200 characters of it.
fn text(json: &Value, keys: &[&str]) -> Option<String> {
    let places = [Some(json), json.get("data")];
    places.into_iter().flatten().find_map(|place| {
        let found = keys.iter().find_map(|key| place.get(key)?.as_str());
        found.map(|t| t.chars().take(200).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood_leniently_and_never_as_more_than_they_say() {
        let sha = "3f9c2ab".repeat(6).chars().take(40).collect::<String>();
        let said = |code, body: &str| {
            understand(StatusCode::from_u16(code).unwrap(), body.as_bytes())
                .map(|s| (s.commit.map(|c| c.to_string()), s.version.map(|v| v.to_string())))
        };
        let (none, v): (Option<String>, _) = (None, Some("v2.4.1".to_owned()));
        for (body, want) in [
            (r#"{"status":"ok"}"#.to_owned(), (none.clone(), none.clone())),
            (format!(r#"{{"commit":"{sha}","version":"v2.4.1"}}"#), (Some(sha.clone()), v.clone())),
            (format!(r#"{{"version":"{sha}"}}"#), (Some(sha.clone()), none.clone())),
            (
                format!(r#"{{"data":{{"commit":"{}"}}}}"#, sha.to_uppercase()),
                (Some(sha), none.clone()),
            ),
            (r#"{"commit":"3f9c2ab"}"#.to_owned(), (none.clone(), Some("3f9c2ab".to_owned()))),
            (r#"{"version":5}"#.to_owned(), (none.clone(), none)),
        ] {
            assert_eq!(said(200, &body), Ok(want), "{body}");
        }
        for (code, body, want) in [
            (200, "<html>", "answered 200, but not with the JSON of the API"),
            (200, "[1]", "answered 200, but not with the JSON of the API"),
            (200, r#"{"status":"unhealthy"}"#, "answered 200, but says that it is unhealthy"),
            (503, r#"{"error":"db gone"}"#, "answered 503 Service Unavailable: db gone"),
            (302, "", "answered 302 Found"),
        ] {
            assert_eq!(said(code, body), Err(want.to_owned()));
        }
    }
}
