//! Paths on a host.

use std::str::FromStr;

use super::ids::InvalidName;
use super::text_type::text_type;

text_type!(
    /// An absolute path on a host: printable, without `.` or `..` parts, at most 500 characters.
    RemotePath
);

impl RemotePath {
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
