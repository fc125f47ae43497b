//! Git's names as types: a commit, a ref, a repository.

use std::str::FromStr;

use super::ids::InvalidName;
use super::text_type::text_type;

text_type!(
    /// A full commit id: 40 lower-case hexadecimal digits.
    CommitSha
);

impl CommitSha {
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

text_type!(
    /// A branch, tag or commit to ask git for, by the rules of `git check-ref-format`, and never starting with `-`.
    GitRef
);

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

text_type!(
    /// Where a repository is: `https://`, `ssh://`, `user@host:path`, or an absolute path. Other
    /// transports (`ext::`, `file::`, options) are refused, since git runs programs for them.
    GitUrl
);

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
