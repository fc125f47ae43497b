//! An output of any length, read by lines: what a line is about, which lines are wanted, and where they stand in the file.

mod merge;
mod sieve;
mod sifted;
mod split;
mod stamp;
mod tag;

pub use merge::{Merge, Merged};
pub use sieve::{BadPattern, Sieve};
pub use sifted::{Sifted, Stand};
pub use split::{Line, Splitter};
pub use stamp::stamped;
pub use tag::{Tag, tagged};

use jiff::Timestamp;

use super::ids::HostId;
use super::untrusted::{MAX_LINE_BYTES, Safe};

/// Bytes of a line that are looked at and shown: some less than a safe line holds, so that its count fits behind.
pub const SHOWN_BYTES: usize = MAX_LINE_BYTES - 64;

/// What a line is about, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing in particular.
    Plain,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// How much of a line is looked at for its kind.
const HEAD: usize = 200;

impl Kind {
    /// Of a line as it came.
    pub fn of(line: &[u8]) -> Self {
        let head = line.get(..HEAD.min(line.len())).unwrap_or_default();
        let has = |words: &[&str]| words.iter().any(|word| sieve::holds(head, word.as_bytes()));
        if has(&["error", "fatal", "failed", "panic", "denied", "no space left"]) {
            Self::Error
        } else if has(&["warn", "deprecated"]) {
            Self::Warning
        } else {
            Self::Plain
        }
    }
}

/// Where a line comes from, in an output of several hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The host.
    pub host: HostId,
    /// When it came, as far as that is known.
    pub at: Timestamp,
}

impl Sender {
    fn of(tag: &Tag<'_>) -> Option<Self> {
        let at = Timestamp::from_millisecond(tag.at_ms).ok()?;
        Some(Self { host: tag.host.parse().ok()?, at })
    }
}

/// One line as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place among the lines that are wanted, from 0.
    pub place: u64,
    /// Its number in the whole output, from 0.
    pub line: u64,
    /// Where it begins in the whole output, in bytes.
    pub offset: u64,
    /// Its text, harmless, cut where it is very long.
    pub text: Safe,
    /// What it is about.
    pub kind: Kind,
    /// Where it comes from, in an output of several hosts.
    pub from: Option<Sender>,
}

impl Row {
    /// Of a line that has this place.
    pub fn new(place: u64, line: &Line<'_>) -> Self {
        let kind = Kind::of(line.bytes);
        let from = line.tag.as_ref().and_then(Sender::of);
        Self { place, line: line.number, offset: line.offset, text: shown(line), kind, from }
    }

    /// The line as it is written elsewhere: with its time and host, where it comes from several.
    pub fn written(&self) -> String {
        match &self.from {
            Some(Sender { host, at }) => format!("{at} {host} | {}", self.text),
            None => self.text.to_string(),
        }
    }
}

/// What a terminal would leave on the line: after a carriage return the rest overwrites. What is cut is counted.
pub fn shown(line: &Line<'_>) -> Safe {
    let safe = Safe::line_from_bytes(left_on_line(line.bytes));
    match line.len.saturating_sub(line.bytes.len() as u64) {
        0 => safe,
        more => Safe::line(&format!("{safe}… ({more} more bytes)")),
    }
}

/// The part of a line that a terminal would leave.
pub(super) fn left_on_line(bytes: &[u8]) -> &[u8] {
    let whole = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    whole.rsplit(|&b| b == b'\r').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_by_its_first_words() {
        for (line, kind) in [
            ("npm ERROR ENOSPC", Kind::Error),
            ("permission Denied", Kind::Error),
            ("WARN deprecated", Kind::Warning),
            ("all is well", Kind::Plain),
            ("", Kind::Plain),
        ] {
            assert_eq!(Kind::of(line.as_bytes()), kind, "{line}");
        }
        let late = format!("{}error", "x".repeat(400));
        assert_eq!(Kind::of(late.as_bytes()), Kind::Plain);
    }
}
