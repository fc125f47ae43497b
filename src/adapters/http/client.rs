//! One way to ask by HTTP: no redirects, no proxies, a deadline, a cap on the answer, errors in words.

use std::error::Error;
use std::io::ErrorKind;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, Response, redirect};

use super::names::SystemNames;

/// Why an answer was not read.
#[derive(Debug)]
pub enum Fault {
    /// It is larger than the cap.
    Oversized,
    /// The connection or the protocol failed.
    Failed(reqwest::Error),
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        Self::Failed(error)
    }
}

/// A client that is made when it is first used: that reads the root certificates of this machine, and the first screen
/// should not wait for them.
#[derive(Debug)]
pub struct LazyClient {
    deadline: Duration,
    made: OnceLock<Result<Client, String>>,
}

impl LazyClient {
    /// A client that waits at most `deadline` for a whole answer.
    pub fn new(deadline: Duration) -> Self {
        Self { deadline, made: OnceLock::new() }
    }

    /// The client, or why there is none.
    pub fn get(&self) -> Result<&Client, String> {
        let made = || client(self.deadline).map_err(|e| format!("no HTTP client: {e}"));
        self.made.get_or_init(made).as_ref().map_err(Clone::clone)
    }
}

/// It uses no proxy of the environment: what it measures is the way from here to there, and fleets live in private
/// networks. It follows no redirect, so that a login page cannot pass for the health of an instance.
fn client(deadline: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .no_proxy()
        .dns_resolver(SystemNames::default())
        .redirect(redirect::Policy::none())
        .timeout(deadline)
        .connect_timeout(deadline.min(Duration::from_secs(3)))
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(Duration::from_mins(1))
        .user_agent(concat!("bunker/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The whole body (unpacked, where it was packed), at most `cap` bytes of it: a body that lies about
/// its length or unpacks to gigabytes ends here.
pub async fn read_capped(mut response: Response, cap: usize) -> Result<Vec<u8>, Fault> {
    let announced = response.content_length().unwrap_or(0);
    if announced > cap as u64 {
        return Err(Fault::Oversized);
    }
    let mut body = Vec::with_capacity(announced as usize);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > cap {
            return Err(Fault::Oversized);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong, as people say it: lower case, no full stop, no address.
pub fn words(error: &reqwest::Error, deadline: Duration) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", deadline.as_secs_f64());
    }
    let mut deepest: &(dyn Error + 'static) = error;
    while let Some(source) = deepest.source() {
        if let Some(io) = source.downcast_ref::<std::io::Error>()
            && let Some(text) = io_words(io.kind())
        {
            return text.to_owned();
        }
        deepest = source;
        let text = deepest.to_string();
        if text.starts_with("dns error") || text.contains("failed to lookup address") {
            return "its name cannot be resolved".to_owned();
        }
        if text.contains("certificate") {
            return format!("its certificate is not accepted: {text}");
        }
    }
    deepest.to_string()
}

fn io_words(kind: ErrorKind) -> Option<&'static str> {
    [
        (ErrorKind::ConnectionRefused, "connection refused"),
        (ErrorKind::ConnectionReset, "connection reset"),
        (ErrorKind::ConnectionAborted, "connection aborted"),
        (ErrorKind::HostUnreachable, "no route to it"),
        (ErrorKind::NetworkUnreachable, "its network is unreachable"),
        (ErrorKind::TimedOut, "no answer in time"),
        (ErrorKind::UnexpectedEof, "the connection closed in the middle of the answer"),
    ]
    .into_iter()
    .find_map(|(k, text)| (k == kind).then_some(text))
}
