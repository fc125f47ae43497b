//! Paths on a host.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::InvalidName;

/// An absolute path on a host: printable, without `.` or `..` parts, at most 500 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RemotePath(Arc<str>);

impl RemotePath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path with a relative path below it.
    pub fn join(&self, below: &str) -> Result<Self, InvalidName> {
        format!("{}/{below}", self.0.trim_end_matches('/')).parse()
    }
}

impl FromStr for RemotePath {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts_ok = !text.split('/').any(|part| matches!(part, "." | ".."));
        let chars_ok = !text.chars().any(|c| c.is_control() || c == '\u{fffd}');
        if text.starts_with('/') && parts_ok && chars_ok && text.len() <= 500 {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new(
                "path on a host",
                text,
                "use an absolute path without `.` or `..` parts",
            ))
        }
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl TryFrom<String> for RemotePath {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RemotePath> for String {
    fn from(path: RemotePath) -> Self {
        path.0.as_ref().to_owned()
    }
}
