//! Notifications: what happened in a run, told to people who are elsewhere.

mod news;

pub use news::{lost, news, no_way_back};

use serde::{Deserialize, Serialize};

use super::ids::RunId;
use super::settings::HttpUrl;
use super::untrusted::Safe;
use jiff::Timestamp;

/// What somebody may want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewsKind {
    /// A run ended well, or was aborted.
    Ended,
    /// An operator paused a run.
    Paused,
    /// A run waits for a person, or left a host of which nobody knows how it is.
    NeedsYou,
    /// A run failed.
    Failed,
    /// Somebody wanted to see whether this works.
    Test,
}

impl NewsKind {
    /// Its name in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Paused => "paused",
            Self::NeedsYou => "needs-you",
            Self::Failed => "failed",
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Ended, Self::Paused, Self::NeedsYou, Self::Failed];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// Gotify's priority: 8 and more rings, 4 and more makes a sound.
    pub fn priority(self) -> u8 {
        match self {
            Self::NeedsYou | Self::Failed => 8,
            Self::Paused | Self::Test => 5,
            Self::Ended => 2,
        }
    }
}

/// A message, before it goes through a channel. It holds no output of a host and no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it is about.
    pub kind: NewsKind,
    /// What it is about, once: a second message of the same key goes nowhere.
    pub key: String,
    /// The run, if it is about one.
    pub run: Option<RunId>,
    /// Name of the fleet.
    pub fleet: Safe,
    /// One line.
    pub title: Safe,
    /// A few lines.
    pub text: Safe,
    /// When it happened.
    pub at: Timestamp,
}

/// Where messages go. Tokens and passwords stand in files that only their owner can read; here are their paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "channel")]
pub enum Channel {
    /// A signed POST of JSON.
    Webhook {
        /// Where to.
        url: HttpUrl,
        /// The file with the secret that signs it.
        secret_file: String,
    },
    /// A Gotify server.
    Gotify {
        /// Its address.
        url: HttpUrl,
        /// The file with the application's token.
        token_file: String,
    },
    /// A mail.
    Mail {
        /// The mail server.
        server: String,
        /// Its port.
        port: u16,
        /// How the connection is encrypted.
        tls: MailTls,
        /// Whom it is from.
        from: String,
        /// Whom it goes to.
        to: Vec<String>,
        /// The login name, where the server wants one.
        user: Option<String>,
        /// The file with the password.
        password_file: Option<String>,
    },
}

/// How the connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte on (port 465).
    Tls,
    /// By STARTTLS, or not at all used (port 587).
    StartTls,
    /// Not at all: only for a server on this machine.
    None,
}

impl Channel {
    /// Its kind, as a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Gotify { .. } => "gotify",
            Self::Mail { .. } => "mail",
        }
    }

    /// Where it goes to, for people: no path of an address, which may be a secret of its own.
    pub fn target(&self) -> Safe {
        match self {
            Self::Webhook { url, .. } | Self::Gotify { url, .. } => Safe::line(url.origin()),
            Self::Mail { to, .. } => Safe::line(&to.join(", ")),
        }
    }
}

/// Who is told what (`bunker_notify_*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifySettings {
    /// What is told.
    pub on: Vec<NewsKind>,
    /// Where to; each gets every message.
    pub channels: Vec<Channel>,
}
