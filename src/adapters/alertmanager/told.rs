//! What an Alertmanager tells: alerts, and silences of anybody. An entry that cannot be read costs only itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Alertmanager, Matcher, Status, said};
use crate::domain::alerts::{ManagerAlert, ManagerSilence, ManagerState, Severity};
use crate::domain::settings::HttpUrl;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{AlertSource, Told};

/// Entries that are kept: a storm of alerts is told by its beginning and its number.
const MOST: usize = 5_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertTold {
    fingerprint: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    status: AlertStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SilenceTold {
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

fn alert(told: &AlertTold) -> ManagerAlert {
    let label = |name: &str| told.labels.get(name).map_or("", String::as_str);
    let note = |name: &str| told.annotations.get(name).filter(|text| !text.is_empty());
    let summary = note("summary").or_else(|| note("description")).map_or("", String::as_str);
    ManagerAlert {
        fingerprint: Safe::line(&told.fingerprint),
        name: Safe::line(label("alertname")),
        instance: Safe::line(label("instance")),
        severity: Severity::of_label(label("severity")),
        summary: Safe::line(summary),
        since: told.starts_at,
        state: match told.status.state.as_str() {
            "active" => ManagerState::Active,
            "suppressed" => ManagerState::Suppressed,
            _ => ManagerState::Unprocessed,
        },
        silenced_by: told.status.silenced_by.iter().map(|id| Safe::line(id)).collect(),
        n_inhibiting: told.status.inhibited_by.len(),
    }
}

fn silence(told: &SilenceTold) -> Option<ManagerSilence> {
    let fits: Vec<String> = told.matchers.iter().map(fit).collect();
    (told.status.state != "expired").then(|| ManagerSilence {
        id: Safe::line(&told.id),
        by: Safe::line(&told.created_by),
        comment: Safe::line(&told.comment),
        fits: Safe::line(&fits.join(" ")),
        from: told.starts_at,
        until: told.ends_at,
        active: told.status.state == "active",
    })
}

fn fit(matcher: &Matcher) -> String {
    let sign = match (matcher.is_equal != Some(false), matcher.is_regex) {
        (true, false) => "=",
        (true, true) => "=~",
        (false, false) => "!=",
        (false, true) => "!~",
    };
    format!("{}{sign}{:?}", matcher.name, matcher.value)
}

/// The entries of a list that can be read, and the number of those that cannot, or are too many.
fn entries<T: DeserializeOwned>(body: &[u8]) -> Option<(Vec<T>, usize)> {
    let all: Vec<Value> = serde_json::from_slice(body).ok()?;
    let n = all.len();
    let read: Vec<T> =
        all.into_iter().take(MOST).filter_map(|one| serde_json::from_value(one).ok()).collect();
    let odd = n - read.len();
    Some((read, odd))
}

impl Alertmanager {
    async fn list<T: DeserializeOwned>(&self, url: &HttpUrl, path: &str) -> Result<Told<T>, Safe> {
        let failed = |what: &str| Safe::line(&format!("Alertmanager at {}: {what}", url.as_str()));
        let (status, body) = self.ask(reqwest::Method::GET, url, path, None).await?;
        if !status.is_success() {
            return Err(failed(&said(status, &body)));
        }
        entries(&body).ok_or_else(|| failed("its list cannot be read"))
    }
}

#[async_trait]
impl AlertSource for Alertmanager {
    async fn alerts(&self, url: &HttpUrl) -> Result<Told<ManagerAlert>, Safe> {
        let (told, odd) = self.list::<AlertTold>(url, "/alerts").await?;
        Ok((told.iter().map(alert).collect(), odd))
    }

    async fn silences(&self, url: &HttpUrl) -> Result<Told<ManagerSilence>, Safe> {
        let (told, odd) = self.list::<SilenceTold>(url, "/silences").await?;
        Ok((told.iter().filter_map(silence).collect(), odd))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_cannot_be_read_costs_only_itself() {
        let body = br#"[
            {"fingerprint":"a1","labels":{"alertname":"X\u001b[31m","instance":"a.example","severity":"critical"},
             "annotations":{"description":"it\nburns"},"startsAt":"2026-11-22T19:56:52.324Z","endsAt":"2026-11-22T19:57:47.324Z",
             "status":{"state":"suppressed","silencedBy":["id-1"],"inhibitedBy":[]},"receivers":[{"name":"x"}]},
            {"fingerprint":7}, null
        ]"#;
        let (told, odd) = entries::<AlertTold>(body).unwrap();
        assert_eq!((told.len(), odd), (1, 2));
        let alert = alert(&told[0]);
        assert_eq!((alert.state, alert.severity), (ManagerState::Suppressed, Severity::Critical));
        assert!(!alert.name.as_str().contains('\u{1b}') && !alert.summary.as_str().contains('\n'));
        assert!(entries::<AlertTold>(b"{\"status\":\"success\"}").is_none());
    }

    #[test]
    fn a_silence_says_what_it_fits_and_one_that_ended_is_left_out() {
        let told = |state: &str| -> SilenceTold {
            serde_json::from_value(serde_json::json!({
                "id": "u", "status": {"state": state}, "updatedAt": "2026-11-22T19:00:00Z",
                "startsAt": "2026-11-22T19:00:00Z", "endsAt": "2026-11-22T21:00:00Z", "createdBy": "ann", "comment": "work",
                "matchers": [{"name": "instance", "value": "a|b", "isRegex": true, "isEqual": true},
                    {"name": "severity", "value": "info", "isRegex": false, "isEqual": false}]
            }))
            .unwrap()
        };
        let active = silence(&told("active")).unwrap();
        assert_eq!(active.fits.as_str(), r#"instance=~"a|b" severity!="info""#);
        assert!(active.active && silence(&told("expired")).is_none());
    }
}
