//! Which lines are wanted: words, a pattern between slashes, `!` for all others, and errors only.

use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use super::{Kind, Line, left_on_line, shown};

/// How much memory a pattern may take.
const MOST: usize = 1024 * 1024;

/// The pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern cannot be used: {0}")]
pub struct BadPattern(String);

/// What a line must hold.
#[derive(Debug, Clone)]
enum Needle {
    /// This text in any case; it is kept in lower case.
    Text(String),
    /// This pattern.
    Pattern(Arc<Regex>),
}

/// Lets lines through.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    /// As it was typed.
    text: String,
    needle: Option<Needle>,
    /// Lines that do not hold it.
    others: bool,
    errors_only: bool,
}

impl PartialEq for Sieve {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.errors_only) == (&other.text, other.errors_only)
    }
}

impl Sieve {
    /// As a person types it: `npm`, `/E[A-Z]+/`, `!debug`. Nothing lets everything through.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let (others, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let pattern =
            rest.strip_prefix('/').and_then(|r| r.strip_suffix('/')).filter(|p| !p.is_empty());
        let needle = match pattern {
            Some(pattern) => {
                let built =
                    RegexBuilder::new(pattern).case_insensitive(true).size_limit(MOST).build();
                let regex = built.map_err(|error| {
                    let last = error.to_string();
                    BadPattern(last.lines().last().unwrap_or_default().trim().to_owned())
                })?;
                Some(Needle::Pattern(Arc::new(regex)))
            }
            None if rest.is_empty() => None,
            None => Some(Needle::Text(rest.to_lowercase())),
        };
        Ok(Self {
            text: text.to_owned(),
            others: others && needle.is_some(),
            needle,
            errors_only: false,
        })
    }

    /// The same for errors only, or not.
    #[must_use]
    pub fn errors_only(self, errors_only: bool) -> Self {
        Self { errors_only, ..self }
    }

    /// Whether it lets errors only through.
    pub fn is_errors_only(&self) -> bool {
        self.errors_only
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        self.needle.is_none() && !self.errors_only
    }

    /// Whether it lets a line through.
    pub fn lets(&self, line: &Line<'_>) -> bool {
        if self.errors_only && Kind::of(line.bytes) != Kind::Error {
            return false;
        }
        let is_in = |needle: &Needle| {
            needle.is_in(line) || line.tag.is_some_and(|tag| needle.names(tag.host))
        };
        self.needle.as_ref().is_none_or(|needle| is_in(needle) != self.others)
    }

    /// Whether it lets a line through that is shown already.
    pub fn lets_text(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        self.lets(&Line { number: 0, offset: 0, bytes, len: bytes.len() as u64, tag: None })
    }

    /// Where it hits within a text that is shown, as ranges of bytes; nothing where it lets all others through.
    pub fn hits(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let found = |range: &std::ops::Range<usize>| {
            !range.is_empty()
                && text.is_char_boundary(range.start)
                && text.is_char_boundary(range.end)
        };
        match &self.needle {
            _ if self.others => Vec::new(),
            None => Vec::new(),
            Some(Needle::Pattern(regex)) => regex
                .find_iter(text.as_bytes())
                .map(|m| m.range())
                .filter(found)
                .take(200)
                .collect(),
            Some(Needle::Text(needle)) => {
                // Lower case may be of another length: then only texts that keep their length are marked.
                let low = text.to_lowercase();
                if low.len() != text.len() {
                    return Vec::new();
                }
                let hits = low.match_indices(needle.as_str()).map(|(at, hit)| at..at + hit.len());
                hits.filter(found).take(200).collect()
            }
        }
    }
}

impl Needle {
    /// Whether it is in the name of a host.
    fn names(&self, host: &str) -> bool {
        match self {
            Self::Text(needle) => holds(host.as_bytes(), needle.as_bytes()),
            Self::Pattern(regex) => regex.is_match(host.as_bytes()),
        }
    }

    fn is_in(&self, line: &Line<'_>) -> bool {
        // Colours and what was overwritten are not seen, so they are not searched.
        let plain = !line.bytes.iter().any(|&b| b == 0x1b || b == b'\r' || b >= 0x80);
        match self {
            Self::Text(needle) if plain && needle.is_ascii() => {
                holds(line.bytes, needle.as_bytes())
            }
            Self::Text(needle) => shown(line).as_str().to_lowercase().contains(needle.as_str()),
            Self::Pattern(regex) if plain => regex.is_match(left_on_line(line.bytes)),
            Self::Pattern(regex) => regex.is_match(shown(line).as_str().as_bytes()),
        }
    }
}

/// Whether `bytes` hold `needle`, which is in lower case, in any case of ASCII.
pub(super) fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((&first, rest)) = needle.split_first() else { return true };
    let (low, high) = (first, first.to_ascii_uppercase());
    let mut left = bytes;
    while let Some(at) = left.iter().position(|&b| b == low || b == high) {
        left = left.get(at + 1..).unwrap_or_default();
        let Some(here) = left.get(..rest.len()) else { return false };
        if here.eq_ignore_ascii_case(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets(sieve: &str, line: &str) -> bool {
        let (bytes, len) = (line.as_bytes(), line.len() as u64);
        let line = Line { number: 0, offset: 0, bytes, len, tag: None };
        Sieve::parse(sieve).unwrap().lets(&line)
    }

    #[test]
    fn words_patterns_and_their_contrary_let_lines_through() {
        for (sieve, line, want) in [
            ("", "anything", true),
            ("enospc", "npm error ENOSPC: no space", true),
            ("ENOSPC", "npm error enospc", true),
            ("no such", "npm error", false),
            ("!npm", "npm error", false),
            ("!npm", "other", true),
            ("/e[a-z]{5}\\b/", "npm ENOSPC", true),
            ("!/^#/", "#9 RUN", false),
            ("red alert", "\u{1b}[31mred\u{1b}[0m alert", true),
            ("30%", "10%\r20%\r30%", true),
            ("20%", "10%\r20%\r30%", false),
            ("ÜNÏ", "ünï", true),
            ("/", "a/b", true),
            ("!", "anything", true),
        ] {
            assert_eq!(lets(sieve, line), want, "{sieve:?} on {line:?}");
        }
        assert!(Sieve::parse("/(/").is_err());
        assert!(Sieve::parse("/(a{1000}){1000}/").is_err(), "no pattern takes all memory");
    }

    #[test]
    fn of_several_hosts_a_name_is_found_too_and_is_no_error_by_itself() {
        let text = "1790000000000\x1ffatal-host\x1fall is well\n";
        let mut splitter = super::super::Splitter::default().tagged(true);
        let seen = splitter.feed(text.as_bytes(), |line| {
            assert_eq!((line.bytes, line.len), (&b"all is well"[..], 11));
            let lets = |sieve: &str| Sieve::parse(sieve).unwrap().lets(line);
            assert!(lets("fatal-") && lets("well") && lets("/^all/") && lets("/host$/"));
            assert!(!lets("1790") && !lets("!well") && !lets("!fatal-host") && lets("!other"));
            assert!(!Sieve::default().errors_only(true).lets(line));
            let row = super::super::Row::new(0, line);
            assert_eq!(row.written(), "2026-09-21T14:13:20Z fatal-host | all is well");
            false
        });
        assert!(!seen);
    }

    #[test]
    fn errors_only_and_what_is_marked() {
        let errors = Sieve::parse("npm").unwrap().errors_only(true);
        let line = |text: &'static str| Line {
            number: 0,
            offset: 0,
            bytes: text.as_bytes(),
            len: 0,
            tag: None,
        };
        assert!(
            errors.lets(&line("npm error"))
                && !errors.lets(&line("npm ok"))
                && !errors.lets(&line("error"))
        );
        assert_eq!(Sieve::parse("ab").unwrap().hits("ab xAB"), [0..2, 4..6]);
        assert_eq!(Sieve::parse("/x|東/").unwrap().hits("x東"), [0..1, 1..4]);
        assert!(Sieve::parse("!ab").unwrap().hits("ab").is_empty());
    }
}
