//! How a host is reached, as typed values: nothing here can become an option of `ssh`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{HostId, InvalidName};
use super::text_type::text_type;

text_type!(
    /// A host name or an IP address to connect to (`ansible_host`).
    ///
    /// **Invariant:** `[A-Za-z0-9_.:%-]`, first not `-`: it can be neither an option nor a shell word
    /// (OpenSSH CVE-2023-51385, CVE-2025-61984).
    Address
);

text_type!(
    /// A login name on a host (`ansible_user`): `[A-Za-z_][A-Za-z0-9_.-]{0,31}`.
    UserName
);

/// A host that the connection passes through.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JumpHost {
    /// Login name there, if it is not the default.
    pub user: Option<UserName>,
    /// Where it is.
    pub address: Address,
    /// Its port, if it is not 22.
    pub port: Option<u16>,
}

/// Whether commands that change something run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Become {
    /// By `sudo -n` where the login user is not root (`ansible_become: true`).
    Root,
    /// As the login user (`ansible_become: false`).
    LoginUser,
}

/// Everything that is needed to open a session to one host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Connection {
    /// The inventory hostname.
    pub host: HostId,
    /// `ansible_host`, by default the inventory hostname.
    pub address: Address,
    /// `ansible_port`; `None` leaves it to the operator's ssh configuration.
    pub port: Option<u16>,
    /// `ansible_user`; `None` leaves it to the operator's ssh configuration.
    pub user: Option<UserName>,
    /// `ansible_ssh_private_key_file`, an absolute path on the control machine.
    pub identity: Option<String>,
    /// Hosts to pass through, outermost first (`-J`/`ProxyJump` in `ansible_ssh_common_args`).
    pub jump: Vec<JumpHost>,
    /// Whether changes run as root.
    pub become_root: Become,
    /// An extra `known_hosts` file for this fleet (`bunker_known_hosts`), an absolute path on the control machine.
    pub known_hosts: Option<String>,
}

impl Connection {
    /// The command line that opens a shell there: every word is a validated name, or quoted.
    pub fn ssh_command(&self) -> String {
        let mut words = vec!["ssh".to_owned()];
        if !self.jump.is_empty() {
            let hops: Vec<String> = self.jump.iter().map(JumpHost::to_string).collect();
            words.extend(["-J".to_owned(), hops.join(",")]);
        }
        if let Some(port) = self.port {
            words.extend(["-p".to_owned(), port.to_string()]);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
        match &self.identity {
            Some(path) if path.chars().all(plain) => words.extend(["-i".to_owned(), path.clone()]),
            Some(path) if !path.chars().any(char::is_control) => {
                words.extend(["-i".to_owned(), format!("'{}'", path.replace('\'', "'\\''"))]);
            }
            Some(_) | None => {}
        }
        words.push(match &self.user {
            Some(user) => format!("{user}@{}", self.address),
            None => self.address.to_string(),
        });
        words.join(" ")
    }
}

impl std::fmt::Display for JumpHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.port.is_some() && self.address.as_str().contains(':') {
            write!(f, "[{}]", self.address)?;
        } else {
            write!(f, "{}", self.address)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl FromStr for Address {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let chars_ok = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '%'));
        if !text.is_empty() && text.len() <= 253 && chars_ok && !text.starts_with('-') {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("address", text, "use a host name or an IP address"))
        }
    }
}

impl UserName {
    /// The user that servers are set up with unless the inventory says otherwise.
    pub fn deploy() -> Self {
        Self("deploy".into())
    }
}

impl FromStr for UserName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first_ok = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let rest_ok =
            text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if first_ok && rest_ok && text.len() <= 32 {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("user name", text, "use letters, digits, `_`, `.` and `-`"))
        }
    }
}
