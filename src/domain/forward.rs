//! A port of a host, brought to the operator's own machine.

use core::net::SocketAddr;
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::ids::{HostId, InvalidName};
use super::service::ServiceName;
use super::untrusted::Safe;

/// What is to be brought here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A port that is open on the host itself.
    Port(NonZeroU16),
    /// The port of a service of its instance, wherever Docker put it.
    Service(ServiceName),
}

impl FromStr for Wanted {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let none = || InvalidName::new("port", text, "use 1 to 65535, or a service");
            return text.parse().map(Self::Port).map_err(|_| none());
        }
        text.parse().map(Self::Service)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => f.pad(&port.to_string()),
            Self::Service(service) => f.pad(service.as_str()),
        }
    }
}

impl Serialize for Wanted {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A port that was brought here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forward {
    /// Its number in this program.
    #[serde(skip)]
    pub number: u64,
    /// The host.
    pub host: HostId,
    /// What was wanted.
    pub what: Wanted,
    /// Where that is, as the host sees it.
    pub to: SocketAddr,
    /// Where it is on this machine: always an address that only this machine reaches.
    pub at: SocketAddr,
    /// Since when.
    pub since: Timestamp,
    /// That its connection was lost, and when it is opened again; `None` while it is open.
    pub lost: Option<Lost>,
}

/// That the connection of one was lost. It is opened again at the same address as long as it is wanted, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it is tried next; `None` where only a person can mend what is in the way.
    pub next: Option<Timestamp>,
    /// Whether it is tried now.
    #[serde(skip)]
    pub trying: bool,
    /// What was in the way the last time.
    pub why: Option<Safe>,
}

/// The longest pause between two attempts.
const MOST_S: i64 = 60;

impl Lost {
    /// It was lost now: it is tried again in a second.
    pub fn at(now: Timestamp) -> Self {
        let next = Some(now + SignedDuration::from_secs(1));
        Self { since: now, attempts: 0, next, trying: false, why: None }
    }

    /// Whether it is to be tried now.
    pub fn due(&self, now: Timestamp) -> bool {
        !self.trying && self.next.is_some_and(|next| next <= now)
    }

    /// An attempt failed. With `later` the next one is twice as far as the last, at most a minute; without it a person has to
    /// mend something first.
    pub fn failed(&mut self, now: Timestamp, why: Safe, later: bool) {
        self.attempts = self.attempts.saturating_add(1);
        (self.trying, self.why) = (false, Some(why));
        let pause = (1_i64 << self.attempts.min(6)).min(MOST_S);
        self.next = later.then(|| now + SignedDuration::from_secs(pause));
    }

    /// How it stands, as a sentence part.
    pub fn words(&self, now: Timestamp) -> String {
        let ago = now.duration_since(self.since).as_secs().max(0);
        let tried = match self.attempts {
            0 => String::new(),
            1 => ", tried once since".to_owned(),
            n => format!(", tried {n} times since"),
        };
        let next = match (self.trying, self.next) {
            (true, _) => "it is tried now".to_owned(),
            (false, Some(next)) => {
                format!("next attempt in {} s", next.duration_since(now).as_secs().max(0))
            }
            (false, None) => "not tried again by itself".to_owned(),
        };
        let why = self.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        format!("lost {ago} s ago{tried}{why}: {next}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_port_and_a_word_a_service() {
        for (text, shown) in
            [("4000", Some("4000")), ("api", Some("api")), ("65535", Some("65535"))]
        {
            assert_eq!(text.parse::<Wanted>().ok().map(|w| w.to_string()).as_deref(), shown);
        }
        for bad in ["0", "65536", "99999999999", "", "-1", "a b", "4000/tcp"] {
            assert!(bad.parse::<Wanted>().is_err(), "{bad:?}");
        }
        assert!(matches!("4000".parse(), Ok(Wanted::Port(_))));
    }

    #[test]
    fn a_lost_one_is_tried_ever_more_seldom_at_least_once_a_minute_and_not_where_a_person_is_needed()
     {
        let at = |s: i64| Timestamp::from_second(1_000 + s).unwrap();
        let mut lost = Lost::at(at(0));
        assert_eq!((lost.due(at(0)), lost.due(at(1))), (false, true));
        let mut pauses = Vec::new();
        let mut now = at(1);
        for _ in 0..8 {
            lost.trying = true;
            assert!(!lost.due(now), "one at a time");
            lost.failed(now, "no route".into(), true);
            let next = lost.next.unwrap();
            pauses.push(next.duration_since(now).as_secs());
            now = next;
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        let words = lost.words(now - SignedDuration::from_secs(7));
        assert!(
            words.ends_with("s ago, tried 8 times since (no route): next attempt in 7 s"),
            "{words}"
        );
        lost.failed(now, "the key was refused".into(), false);
        assert!(!lost.due(at(1_000_000)));
        assert!(lost.words(now).ends_with("not tried again by itself"), "{lost:?}");
    }
}
