//! Bringing messages to people: signed webhooks, Gotify, mail.
//!
//! **Invariant:** no token, password or secret gets into an address, a log line or an error; each is read from a file
//! that its owner alone can read, at each try.

mod gotify;
mod mail;
mod secret_file;
mod webhook;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{RequestBuilder, StatusCode};

use super::http::{LazyClient, words};
use crate::domain::notify::Channel;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Courier, Posted, SendFault};

pub use webhook::signature;

/// How long one try may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Brings messages through all channels.
#[derive(Debug)]
pub struct Couriers {
    client: LazyClient,
}

impl Default for Couriers {
    fn default() -> Self {
        Self { client: LazyClient::new(DEADLINE) }
    }
}

#[async_trait]
impl Courier for Couriers {
    async fn send(&self, posted: &Posted) -> Result<(), SendFault> {
        match &posted.channel {
            Channel::Webhook { url, secret_file } => {
                let client = self.client.get().map_err(|e| transient(&e))?;
                webhook::send(client, url, secret_file, posted).await
            }
            Channel::Gotify { url, token_file } => {
                let client = self.client.get().map_err(|e| transient(&e))?;
                gotify::send(client, url, token_file, posted).await
            }
            mail @ Channel::Mail { .. } => mail::send(mail, posted).await,
        }
    }
}

fn transient(what: &str) -> SendFault {
    SendFault::Transient(Safe::line(what))
}

fn refused(what: &str) -> SendFault {
    SendFault::Refused(Safe::line(what))
}

/// Sends a request; any 2xx means that it was taken. The body of an answer is not read: it may be anything.
async fn post(request: RequestBuilder, to: &str) -> Result<(), SendFault> {
    let answer = request.send().await;
    let status = match answer {
        Ok(answer) => answer.status(),
        Err(error) => {
            let what = words(&error.without_url(), DEADLINE);
            return Err(transient(&format!("{to}: {what}")));
        }
    };
    if status.is_success() {
        return Ok(());
    }
    let what = format!("{to} answered {}", status.as_u16());
    let again = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if again {
        Err(transient(&what))
    } else if status.is_redirection() {
        let hint = "a redirect is not followed, since it could lead the message elsewhere: set the final address";
        Err(refused(&format!("{what}: {hint}")))
    } else if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        Err(refused(&format!("{what}: it does not accept the token")))
    } else {
        Err(refused(&what))
    }
}
