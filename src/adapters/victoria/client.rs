//! Asks expressions, a few at a time, each with a deadline and a cap.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use tokio::sync::Semaphore;

use super::{answer, token};
use crate::adapters::http::{Fault, LazyClient, read_capped, words};
use crate::domain::answer::{InstantAnswer, RangeAnswer, Stretch};
use crate::domain::figure::Trouble;
use crate::domain::fleet::MetricsSettings;
use crate::domain::untrusted::Safe;
use crate::engine::ports::MetricsSource;

/// How much of an answer is read, unpacked.
const CAP: usize = 8 * 1024 * 1024;
/// How many questions are open at the same time.
const IN_FLIGHT: usize = 2;

/// A client of metrics servers. Clones share the connections and the limit.
#[derive(Clone)]
pub struct Victoria {
    client: Arc<LazyClient>,
    slots: Arc<Semaphore>,
}

impl Default for Victoria {
    fn default() -> Self {
        Self::new()
    }
}

impl Victoria {
    /// A client without connections; it connects when asked.
    pub fn new() -> Self {
        // The deadline of each question is that of its server's settings.
        let client = Arc::new(LazyClient::new(Duration::from_mins(1)));
        Self { client, slots: Arc::new(Semaphore::new(IN_FLIGHT)) }
    }

    async fn ask(
        &self,
        server: &MetricsSettings,
        path: &str,
        form: &[(&str, String)],
    ) -> Result<Vec<u8>, Trouble> {
        let client = self.client.get().map_err(|e| Trouble::Down(Safe::line(&e)))?;
        let deadline = Duration::from_secs(server.timeout_s.max(1));
        let mut request = client
            .post(format!("{}{path}", server.url.as_str()))
            .header("accept", "application/json")
            .timeout(deadline)
            .form(form);
        if let Some(path) = &server.token_file {
            let value = token::read(path).await.map_err(|e| Trouble::Refused(Safe::line(&e)))?;
            request = request.header(AUTHORIZATION, value);
        }
        let slot = self.slots.acquire().await;
        let _slot = slot.map_err(|_| Trouble::Down(Safe::line("the client was closed")))?;
        let response = request.send().await.map_err(|e| failed(&e, deadline))?;
        let (status, is_json) = (response.status(), is_json(&response));
        let body = match read_capped(response, CAP).await {
            Ok(body) => body,
            Err(Fault::Oversized) => return Err(Trouble::Oversized),
            Err(Fault::Failed(e)) => return Err(failed(&e, deadline)),
        };
        if !status.is_success() {
            return Err(refused(status, &body, server.token_file.is_some()));
        }
        if !is_json {
            let text = "it answered with something else than JSON: is this a metrics server?";
            return Err(Trouble::Malformed(Safe::line(text)));
        }
        Ok(body)
    }
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    kind.is_some_and(|k| k.to_ascii_lowercase().starts_with("application/json"))
}

fn failed(error: &reqwest::Error, deadline: Duration) -> Trouble {
    if error.is_timeout() {
        Trouble::TimedOut
    } else if error.is_decode() {
        Trouble::Malformed(Safe::line("its answer cannot be unpacked"))
    } else {
        Trouble::Down(Safe::line(&words(error, deadline)))
    }
}

/// JSON errors of the server, or the plain text of `vmauth` in front of it.
fn refused(status: StatusCode, body: &[u8], has_token: bool) -> Trouble {
    let said = answer::error_text(body);
    let hint = match (status.as_u16(), has_token) {
        (400 | 401 | 403, true) => ": look at the token and the path",
        (400 | 401 | 403, false) => ": does it want a token (bunker_metrics_token_file)?",
        (404, _) => ": look at the path of bunker_metrics_url",
        (429, _) => ": it is asked too much at the moment",
        _ => "",
    };
    let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
    Trouble::Refused(Safe::line(&format!("it answered {status}{said}{hint}")))
}

#[async_trait]
impl MetricsSource for Victoria {
    async fn instant(
        &self,
        server: &MetricsSettings,
        expression: &str,
    ) -> Result<InstantAnswer, Trouble> {
        let form = [
            ("query", expression.to_owned()),
            // Without it answers are up to 30 s old on purpose.
            ("nocache", "1".to_owned()),
            ("timeout", format!("{}s", server.timeout_s.max(1))),
        ];
        answer::instant(&self.ask(server, "/api/v1/query", &form).await?)
    }

    async fn range(
        &self,
        server: &MetricsSettings,
        expression: &str,
        stretch: Stretch,
    ) -> Result<RangeAnswer, Trouble> {
        let end = stretch.end.as_second();
        let length = i64::from(stretch.step_s) * i64::from(stretch.n.saturating_sub(1));
        let form = [
            ("query", expression.to_owned()),
            ("start", (end - length).to_string()),
            ("end", end.to_string()),
            ("step", format!("{}s", stretch.step_s)),
            ("nocache", "1".to_owned()),
            ("timeout", format!("{}s", server.timeout_s.max(1))),
        ];
        answer::range(&self.ask(server, "/api/v1/query_range", &form).await?, stretch)
    }
}
