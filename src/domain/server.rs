//! What a server is to be before an instance can run on it: the settings of the role `common`.

use serde::{Deserialize, Serialize};

use crate::domain::connection::UserName;
use crate::domain::ids::InvalidName;
use crate::domain::settings::HttpUrl;

/// `common_*`: how a server is set up. Field names follow the variables, less `common_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSettings {
    /// `common_user`: the login user that is made where it is missing, in the group `docker`, with `sudo`.
    pub user: UserName,
    /// `common_ufw_ports`: TCP ports that the firewall lets in beside those of SSH.
    pub ufw_ports: Vec<u16>,
    /// `common_fail2ban_ignore`: addresses that are never banned.
    pub fail2ban_ignore: Vec<Network>,
    /// `common_registry_mirror`: a mirror of the public image registry.
    pub registry_mirror: Option<HttpUrl>,
    /// `common_compose_url`: where Compose v2 comes from on an OS that does not package it (Debian 12).
    pub compose_url: Option<FileUrl>,
    /// `common_compose_sha256`: what that file must be.
    pub compose_sha256: Option<Sha256>,
    /// `common_unattended_upgrades`: whether the server installs security updates by itself.
    pub unattended_upgrades: bool,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            user: UserName::deploy(),
            ufw_ports: vec![80, 443],
            fail2ban_ignore: Vec::new(),
            registry_mirror: None,
            compose_url: None,
            compose_sha256: None,
            unattended_upgrades: true,
        }
    }
}

/// An address of IPv4 or IPv6, or a network of them: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(String);

impl Network {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (address, bits) =
            text.split_once('/').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
        let most = match address.parse::<core::net::IpAddr>() {
            Ok(core::net::IpAddr::V4(_)) => Some(32),
            Ok(core::net::IpAddr::V6(_)) => Some(128),
            Err(_) => None,
        };
        let bits_ok = |most: u8| bits.is_none_or(|b| b.parse::<u8>().is_ok_and(|b| b <= most));
        if most.is_some_and(bits_ok) {
            return Ok(Self(text));
        }
        Err(InvalidName::new("address", &text, "use an address or a network, such as 192.0.2.0/24"))
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.0
    }
}

/// Where a file comes from: `https://…`, `http://…`, or `file:///…` for one that is on the server already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileUrl(String);

impl FileUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileUrl {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known =
            ["https://", "http://", "file:///"].iter().any(|scheme| text.starts_with(scheme));
        let plain = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '\\'));
        if known && plain && text.len() <= 500 {
            return Ok(Self(text));
        }
        Err(InvalidName::new(
            "address of a file",
            &text,
            "use https://…, or file:///… on the server",
        ))
    }
}

impl From<FileUrl> for String {
    fn from(url: FileUrl) -> Self {
        url.0
    }
}

/// A SHA-256, as 64 small hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(String);

impl Sha256 {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Sha256 {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.to_ascii_lowercase();
        if text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit()) {
            return Ok(Self(text));
        }
        Err(InvalidName::new("SHA-256", &text, "use the 64 digits that sha256sum prints"))
    }
}

impl From<Sha256> for String {
    fn from(sum: Sha256) -> Self {
        sum.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_addresses_of_files_and_sums_follow_their_rules() {
        for good in ["192.0.2.7", "10.0.0.0/8", "::1", "2001:db8::/32"] {
            assert!(Network::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "host", "10.0.0.0/33", "::/129", "10.0.0.1/", "10.0.0.1 x"] {
            assert!(Network::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for (url, ok) in [
            ("https://example.org/docker-compose", true),
            ("file:///srv/docker-compose", true),
            ("ftp://example.org/x", false),
            ("file://srv/x", false),
            ("https://example.org/a b", false),
        ] {
            assert_eq!(FileUrl::try_from(url.to_owned()).is_ok(), ok, "{url}");
        }
        assert_eq!(Sha256::try_from("AB".repeat(32)).unwrap().as_str(), "ab".repeat(32));
        assert!(Sha256::try_from("ab".repeat(31)).is_err());
        assert!(Sha256::try_from("zz".repeat(32)).is_err());
    }
}
