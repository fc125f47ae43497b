//! A port of a host, brought to the operator's own machine.

use core::net::SocketAddr;
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::ids::{HostId, InvalidName};
use super::service::ServiceName;

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
    /// Whether its connection stands.
    pub lives: bool,
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
}
