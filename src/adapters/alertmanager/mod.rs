//! Alertmanager, by its API v2: the silences of windows and of people, and what it tells.

mod told;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::adapters::http::{LazyClient, read_capped, words};
use crate::domain::alerts::{ByHand, LabelMatch};
use crate::domain::settings::HttpUrl;
use crate::domain::untrusted::Safe;
use crate::domain::window::{CREATED_BY, Held, Silence, Spell};
use crate::engine::ports::Silences;

/// How much of an answer is read: expired silences are listed too, for five days.
const CAP: usize = 8 * 1024 * 1024;
/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// A client of Alertmanagers.
#[derive(Clone)]
pub struct Alertmanager {
    client: Arc<LazyClient>,
}

impl Default for Alertmanager {
    fn default() -> Self {
        Self { client: Arc::new(LazyClient::new(DEADLINE)) }
    }
}

impl Alertmanager {
    async fn ask(
        &self,
        method: reqwest::Method,
        url: &HttpUrl,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>), Safe> {
        let failed = |what: &str| Safe::line(&format!("Alertmanager at {}: {what}", url.as_str()));
        let client = self.client.get().map_err(|e| failed(&e))?;
        let mut request = client.request(method, format!("{}/api/v2{path}", url.as_str()));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response: Response = request.send().await.map_err(|e| failed(&words(&e, DEADLINE)))?;
        let status = response.status();
        let bytes = read_capped(response, CAP).await.map_err(|_| failed("its answer broke off"))?;
        Ok((status, bytes))
    }

    /// Makes the silence of this body; gives its id.
    async fn created(&self, url: &HttpUrl, body: &Value) -> Result<Safe, Safe> {
        let (status, body) = self.ask(reqwest::Method::POST, url, "/silences", Some(body)).await?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        match answer.get("silenceID").and_then(Value::as_str) {
            Some(id) if status.is_success() => Ok(Safe::line(id)),
            _ => Err(Safe::line(&format!(
                "Alertmanager at {} made no silence: {}",
                url.as_str(),
                said(status, answer.to_string().as_bytes())
            ))),
        }
    }
}

/// A silence as Alertmanager tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    status: Status,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    matchers: Vec<Matcher>,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    is_equal: Option<bool>,
}

fn held(told: &Told) -> Option<Held> {
    let ends = told.status.state != "expired";
    if !ends || told.created_by != CREATED_BY {
        return None;
    }
    let instances = match told.matchers.as_slice() {
        [m] if m.name == "instance" && m.is_regex && m.is_equal != Some(false) => {
            Some(m.value.clone())
        }
        _ => None,
    };
    Some(Held {
        id: Safe::line(&told.id),
        comment: Safe::line(&told.comment),
        instances,
        spell: Spell { from: told.starts_at, until: told.ends_at },
        begun: told.status.state == "active",
    })
}

/// What an answer that is no success says: a bare JSON text, or an object with a message.
fn said(status: StatusCode, body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = value.as_str().or_else(|| value.get("message").and_then(Value::as_str));
    match text {
        Some(text) => format!("{text} (status {})", status.as_u16()),
        None => format!("status {}", status.as_u16()),
    }
}

#[async_trait]
impl Silences for Alertmanager {
    async fn held(&self, url: &HttpUrl) -> Result<Vec<Held>, Safe> {
        let (status, body) = self.ask(reqwest::Method::GET, url, "/silences", None).await?;
        let failed = |what: &str| Safe::line(&format!("Alertmanager at {}: {what}", url.as_str()));
        if !status.is_success() {
            return Err(failed(&said(status, &body)));
        }
        let told: Vec<Told> =
            serde_json::from_slice(&body).map_err(|_| failed("its list cannot be read"))?;
        Ok(told.iter().filter_map(held).collect())
    }

    async fn create(&self, url: &HttpUrl, silence: &Silence) -> Result<Safe, Safe> {
        let body = json!({
            "matchers": [{
                "name": "instance", "value": silence.expression(), "isRegex": true, "isEqual": true
            }],
            "startsAt": silence.spell.from, "endsAt": silence.spell.until,
            "createdBy": CREATED_BY, "comment": silence.comment,
        });
        self.created(url, &body).await
    }

    async fn make(&self, url: &HttpUrl, silence: &ByHand) -> Result<Safe, Safe> {
        let one = |m: LabelMatch| json!({ "name": m.name, "value": m.value, "isRegex": m.is_regex, "isEqual": true });
        let matchers: Vec<Value> = silence.fits.matches().into_iter().map(one).collect();
        let body = json!({
            "matchers": matchers,
            "startsAt": silence.spell.from, "endsAt": silence.spell.until,
            "createdBy": silence.created_by(), "comment": silence.why,
        });
        self.created(url, &body).await
    }

    async fn expire(&self, url: &HttpUrl, id: &Safe) -> Result<(), Safe> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if id.as_str().is_empty() || !id.as_str().chars().all(word) {
            return Err(Safe::line(&format!("{id} is no id of a silence")));
        }
        let path = format!("/silence/{id}");
        let (status, body) = self.ask(reqwest::Method::DELETE, url, &path, None).await?;
        // One that is not there is what was wanted: 404 says so, old ones said 500.
        let gone = status == StatusCode::NOT_FOUND || said(status, &body).contains("not found");
        if status.is_success() || gone {
            return Ok(());
        }
        Err(Safe::line(&format!(
            "Alertmanager at {} did not end silence {id}: {}",
            url.as_str(),
            said(status, &body)
        )))
    }
}
