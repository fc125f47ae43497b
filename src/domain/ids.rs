//! Names that identify things. Each is a type that can only hold a valid name, so that no name can
//! carry an option, a path or a shell word into a command line (`reliability` F25).

use super::text_type::text_type;

/// Why a text is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {text:?} is not valid: {rule}")]
pub struct InvalidName {
    /// Which kind of name was wanted, for example `host name`.
    pub what: &'static str,
    /// The refused text, at most 80 characters of it.
    pub text: String,
    /// The rule that it breaks, as a sentence part.
    pub rule: &'static str,
}

impl InvalidName {
    pub(crate) fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        Self { what, text: text.chars().take(80).collect(), rule }
    }
}

text_type!(
    /// The inventory hostname of a host: the id of an instance everywhere.
    ///
    /// 1 to 64 characters of `[A-Za-z0-9_.-]`, the first a letter, digit or underscore, and no `..`.
    HostId
);
text_type!(
    /// The name of an inventory group: 1 to 64 characters of `[A-Za-z0-9_.-]`, no leading `-` or `.`.
    GroupName
);
text_type!(
    /// One execution of a plan, `YYMMDD-HHMMSS-xxxx` in UTC with four random hexadecimal digits:
    /// it sorts by time, and a person can read out its end.
    RunId
);
text_type!(
    /// The id of a step within a workflow: `[a-z][a-z0-9-]{0,31}`, for example `hold-images`.
    StepId
);
text_type!(
    /// A DNS name, at most 253 characters, in lower case.
    Domain
);

fn is_word(text: &str) -> bool {
    let first_ok = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let rest_ok = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    first_ok && rest_ok && text.len() <= 64 && !text.contains("..")
}

impl std::str::FromStr for HostId {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_word(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new(
                "host name",
                text,
                "use 1 to 64 letters, digits, `_`, `-` or `.`, starting with a letter or digit",
            ))
        }
    }
}

impl std::str::FromStr for GroupName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_word(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("group name", text, "use 1 to 64 letters, digits and underscores"))
        }
    }
}

impl std::str::FromStr for StepId {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first_ok = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        let rest_ok =
            text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if first_ok && rest_ok && text.len() <= 32 {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("step id", text, "use lower-case letters, digits and `-`"))
        }
    }
}

impl RunId {
    /// Builds an id from the start of the run (UTC) and 16 random bits.
    pub fn new(at: jiff::Timestamp, random: u16) -> Self {
        let stamp = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%y%m%d-%H%M%S").to_string();
        Self(format!("{stamp}-{random:04x}").into())
    }

    /// The last four digits: what the screens show.
    pub fn short(&self) -> &str {
        self.0.rsplit('-').next().unwrap_or(&self.0)
    }
}

impl std::str::FromStr for RunId {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let ok = matches!(parts.as_slice(), [d, t, r]
            if d.len() == 6 && t.len() == 6 && r.len() == 4
            && d.bytes().chain(t.bytes()).all(|b| b.is_ascii_digit())
            && r.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        if ok {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("run id", text, "it looks like 261122-221405-7f3a"))
        }
    }
}

impl std::str::FromStr for Domain {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if text.len() <= 253 && text.split('.').all(label_ok) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new(
                "domain",
                text,
                "use a DNS name in lower case, without a scheme or a path",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_become_options_paths_or_shell_words_are_refused() {
        for bad in
            ["", "-rf", "a;b", "$(id)", "a b", "../x", "a..b", "a\nb", "a\0b", "é", &"x".repeat(65)]
        {
            assert!(bad.parse::<HostId>().is_err(), "{bad:?} was accepted");
        }
        for good in ["test-01", "web01.example.org", "_central", "A1"] {
            assert_eq!(good.parse::<HostId>().map(String::from), Ok(good.to_owned()));
        }
    }

    #[test]
    fn a_run_id_reads_back_and_tells_when() {
        let at: jiff::Timestamp = "2026-11-22T22:14:05Z".parse().unwrap();
        let id = RunId::new(at, 0x7f3a);
        assert_eq!(id.as_str(), "261122-221405-7f3a");
        assert_eq!(id.short(), "7f3a");
        assert_eq!(id.as_str().parse::<RunId>(), Ok(id));
    }
}
