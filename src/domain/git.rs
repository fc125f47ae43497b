//! Git's names as types: a commit, a ref, a repository.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::InvalidName;

/// A full commit id: 40 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitSha(Arc<str>);

impl CommitSha {
    /// All 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, as the screens show them.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl FromStr for CommitSha {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 40 && text.bytes().all(hex) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("commit id", text, "it has 40 lower-case hexadecimal digits"))
        }
    }
}

/// A branch, tag or commit to ask git for, by the rules of `git check-ref-format`, and never starting with `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GitRef(Arc<str>);

impl GitRef {
    /// The ref as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GitRef {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let chars_ok = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+'));
        let parts_ok = text.split('/').all(|p| {
            !p.is_empty()
                && !p.starts_with('.')
                && !p.ends_with('.')
                && p.rsplit_once('.').is_none_or(|(_, end)| end != "lock")
        });
        if !text.is_empty()
            && text.len() <= 200
            && chars_ok
            && parts_ok
            && !text.starts_with('-')
            && !text.contains("..")
        {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new(
                "git ref",
                text,
                "use a branch, tag or commit: letters, digits, `.`, `_`, `-`, `+`, `/`, not starting with `-`",
            ))
        }
    }
}

/// Where a repository is: `https://`, `ssh://`, `user@host:path`, or an absolute path. Other
/// transports (`ext::`, `file::`, options) are refused, since git runs programs for them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GitUrl(Arc<str>);

impl GitUrl {
    /// The address as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GitUrl {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let clean = !text.is_empty()
            && text.len() <= 500
            && !text.contains("::")
            && text.chars().all(|c| {
                c.is_ascii_graphic()
                    && !matches!(c, '\'' | '"' | '`' | '$' | ';' | '|' | '&' | '<' | '>' | '\\')
            });
        let scp_like = || {
            text.split_once(':').is_some_and(|(host, path)| {
                let host_ok = host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
                host_ok
                    && host.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && !path.is_empty()
                    && !path.starts_with('-')
            })
        };
        let known = |scheme: &str| {
            text.strip_prefix(scheme)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        };
        if clean
            && (known("https://")
                || known("ssh://")
                || text.starts_with('/')
                || (!text.contains("://") && scp_like()))
        {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new(
                "repository address",
                text,
                "use https://…, ssh://…, user@host:path or an absolute path",
            ))
        }
    }
}

macro_rules! text_type {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0.as_ref().to_owned()
            }
        }
    };
}
text_type!(CommitSha);
text_type!(GitRef);
text_type!(GitUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_and_addresses_cannot_carry_options_or_helpers() {
        for bad in
            ["", "-x", "--upload-pack=sh", "a..b", "a b", "a;b", "x.lock", "/a", "a//b", "$(id)"]
        {
            assert!(bad.parse::<GitRef>().is_err(), "{bad:?}");
        }
        for good in ["v2", "v2.5.0", "feature/x-1", "3f9c2ab"] {
            assert!(good.parse::<GitRef>().is_ok(), "{good:?}");
        }
        for bad in [
            "",
            "-oProxyCommand=x",
            "ext::sh -c id",
            "file://x",
            "http://plain",
            "https://-x",
            "ssh://-oX",
            "a b",
        ] {
            assert!(bad.parse::<GitUrl>().is_err(), "{bad:?}");
        }
        for good in [
            "https://git.example.org/cml.git",
            "ssh://git@h/x.git",
            "git@h:org/x.git",
            "/srv/x.git",
        ] {
            assert!(good.parse::<GitUrl>().is_ok(), "{good:?}");
        }
    }
}
