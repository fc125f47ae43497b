//! Text from outside, made harmless.
//!
//! Everything that is read from a host, a repository, an API or a file becomes [`Safe`] at the edge;
//! widgets, printers, reports and notifications accept nothing else (`reliability` section 2).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest line that a [`Safe`] line keeps, in bytes; the rest is replaced by a count.
pub const MAX_LINE_BYTES: usize = 16 * 1024;

/// Text that can be drawn, printed or mailed: valid UTF-8 without control sequences, bidirectional
/// overrides, invisible characters or tabs. It may hold newlines unless made by [`Safe::line`].
///
/// **Invariant:** the only ways to make one clean the text, so a value of this type never moves a
/// cursor, rings a bell, sets a title or reorders what is beside it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Safe(Arc<str>);

impl Safe {
    /// Cleans a text; newlines stay, tabs become spaces up to the next column of eight.
    pub fn text(raw: &str) -> Self {
        Self(clean(raw, true).into())
    }

    /// Cleans one line: newlines become visible, and no more than [`MAX_LINE_BYTES`] are kept.
    pub fn line(raw: &str) -> Self {
        Self(clean(&cap(raw), false).into())
    }

    /// Cleans bytes of unknown encoding as text; invalid UTF-8 becomes U+FFFD.
    pub fn text_from_bytes(raw: &[u8]) -> Self {
        Self::text(&String::from_utf8_lossy(raw))
    }

    /// Cleans bytes of unknown encoding as one line.
    pub fn line_from_bytes(raw: &[u8]) -> Self {
        Self::line(&String::from_utf8_lossy(raw))
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl From<String> for Safe {
    fn from(raw: String) -> Self {
        Self::text(&raw)
    }
}

impl From<&str> for Safe {
    fn from(raw: &str) -> Self {
        Self::text(raw)
    }
}

impl From<Safe> for String {
    fn from(safe: Safe) -> Self {
        safe.0.as_ref().to_owned()
    }
}

impl AsRef<str> for Safe {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn cap(raw: &str) -> Cow<'_, str> {
    if raw.len() <= MAX_LINE_BYTES {
        return Cow::Borrowed(raw);
    }
    let cut = (0..=MAX_LINE_BYTES).rev().find(|&at| raw.is_char_boundary(at)).unwrap_or(0);
    let (kept, rest) = raw.split_at(cut);
    Cow::Owned(format!("{kept}… ({} more bytes)", rest.len()))
}

/// How a character of outside text is treated.
enum Treatment {
    Keep,
    Drop,
    Show,
}

fn treatment(c: char) -> Treatment {
    match c {
        // C0 (but newline and tab, treated before), DEL and C1.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Treatment::Drop,
        // Bidirectional controls, line and paragraph separators, zero-width characters, the tag block.
        '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Treatment::Show,
        _ => Treatment::Keep,
    }
}

fn clean(raw: &str, keep_newlines: bool) -> String {
    // Most texts are such, and views of a thousand instances are made of many.
    if raw.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return raw.to_owned();
    }
    let stripped = strip_sequences(raw);
    let mut out = String::with_capacity(stripped.len());
    let mut column = 0usize;
    let mut marks = 0usize;
    for c in stripped.chars() {
        match c {
            '\n' if keep_newlines => {
                out.push('\n');
                column = 0;
                continue;
            }
            '\n' => {
                out.push_str("\\n");
                column += 2;
                continue;
            }
            '\t' => {
                let n = 8 - column % 8;
                out.extend(std::iter::repeat_n(' ', n));
                column += n;
                continue;
            }
            _ => {}
        }
        let is_mark = unicode_width::UnicodeWidthChar::width(c) == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        match treatment(c) {
            // More than eight combining marks on one base is a flood, not a language.
            Treatment::Keep if marks <= 8 => {
                out.push(c);
                column += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            }
            Treatment::Keep | Treatment::Drop => {}
            Treatment::Show => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// Removes escape sequences whole (CSI, OSC, DCS, APC, PM, SOS and two-byte escapes), so that their
/// residue (`[31m`) does not stay on the screen. An unfinished one swallows the rest of its line only.
fn strip_sequences(raw: &str) -> Cow<'_, str> {
    if !raw.contains(['\u{1b}', '\u{90}', '\u{98}', '\u{9b}', '\u{9d}', '\u{9e}', '\u{9f}']) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let introducer = match c {
            '\u{1b}' => match chars.next_if(|&n| n != '\n') {
                Some(next) => next,
                None => continue,
            },
            '\u{9b}' => '[',
            '\u{9d}' => ']',
            '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => 'P',
            _ => {
                out.push(c);
                continue;
            }
        };
        match introducer {
            '[' => {
                while chars.next_if(|&n| n != '\n').is_some_and(|n| !('@'..='~').contains(&n)) {}
            }
            ']' | 'P' | 'X' | '^' | '_' => {
                let mut last = ' ';
                while let Some(n) = chars.next_if(|&n| n != '\n') {
                    if matches!(n, '\u{7}' | '\u{9c}') || (last == '\u{1b}' && n == '\\') {
                        break;
                    }
                    last = n;
                }
            }
            '(' | ')' | '*' | '+' | '#' | '%' | ' ' => {
                chars.next_if(|&n| n != '\n');
            }
            _ => {}
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sequences_vanish_whole_and_text_stays() {
        for (raw, want) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]52;c;Zm9v\u{1b}\\after", "after"),
            ("\u{1b}P1$r\u{1b}\\x", "x"),
            ("a\tb", "a       b"),
            ("bell\u{7}\r", "bell"),
            ("\u{202e}evil", "\\u{202e}evil"),
            ("\u{1b}]0;never ends\nnext line", "\nnext line"),
        ] {
            assert_eq!(Safe::text(raw).as_str(), want, "{raw:?}");
        }
        assert_eq!(Safe::line("a\nb").as_str(), "a\\nb");
        assert_eq!(Safe::line_from_bytes(b"\xff\xfe").as_str(), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_line_of_fifty_megabytes_is_capped_and_says_so() {
        let line = Safe::line(&"x".repeat(50_000_000));
        assert!(line.as_str().len() < MAX_LINE_BYTES + 64);
        assert!(line.as_str().ends_with("more bytes)"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_bytes_survive_that_steer_a_terminal(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
            let safe = Safe::text_from_bytes(&raw);
            let steers = safe.as_str().chars().any(|c| c != '\n' && !matches!(treatment(c), Treatment::Keep));
            prop_assert!(!steers, "{:?}", safe);
        }
    }
}
