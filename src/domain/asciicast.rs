//! A recording of a terminal: asciicast version 2, one line of JSON a piece of output. `asciinema play` shows it.

use jiff::Timestamp;
use serde_json::json;

/// What a recording begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Columns and rows.
    pub size: (u16, u16),
    /// When it began.
    pub at: Timestamp,
    /// What is recorded.
    pub title: String,
}

/// Writes a recording, piece by piece.
///
/// **Invariant:** every line is whole JSON, however the bytes are cut; a character that comes in two pieces is kept whole.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// The beginning of a character whose end has not come.
    open: Vec<u8>,
}

impl Cast {
    /// The first line.
    pub fn head(head: &Head) -> String {
        let (width, height) = head.size;
        let line = json!({
            "version": 2, "width": width, "height": height, "timestamp": head.at.as_second(), "title": head.title,
        });
        format!("{line}\n")
    }

    /// A piece of output, so many seconds after the beginning; nothing where it ends no character.
    pub fn output(&mut self, seconds: f64, bytes: &[u8]) -> String {
        self.open.extend_from_slice(bytes);
        let whole = whole(&self.open);
        let rest = self.open.split_off(whole);
        let text = String::from_utf8_lossy(&std::mem::replace(&mut self.open, rest)).into_owned();
        if text.is_empty() { String::new() } else { line(seconds, "o", &text) }
    }

    /// The size of the terminal is another one now.
    pub fn resized(seconds: f64, (width, height): (u16, u16)) -> String {
        line(seconds, "r", &format!("{width}x{height}"))
    }

    /// What is left at the end.
    pub fn end(&mut self, seconds: f64) -> String {
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned();
        if text.is_empty() { String::new() } else { line(seconds, "o", &text) }
    }
}

fn line(seconds: f64, kind: &str, text: &str) -> String {
    format!("{}\n", json!([(seconds * 1e6).round() / 1e6, kind, text]))
}

/// Bytes that make whole characters, or that can never become one.
fn whole(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let begun =
        (tail..bytes.len()).rev().find(|&at| bytes.get(at).is_some_and(|b| b & 0xc0 != 0x80));
    let Some(at) = begun else { return bytes.len() };
    let wanted = match bytes.get(at).copied().unwrap_or_default() {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    if at + wanted > bytes.len() { at } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_lines_of_json_and_no_character_is_cut() {
        let head = Head { size: (80, 24), at: Timestamp::UNIX_EPOCH, title: "a \"shell\"".into() };
        let first: serde_json::Value = serde_json::from_str(&Cast::head(&head)).unwrap();
        assert_eq!((first["version"].as_u64(), first["width"].as_u64()), (Some(2), Some(80)));
        let whole = "ünï 東京 \u{1b}[31m\u{1f600} end\n".as_bytes();
        for cut in 0..whole.len() {
            let mut cast = Cast::default();
            let (a, b) = (&whole[..cut], &whole[cut..]);
            let lines = [cast.output(0.5, a), cast.output(1.25, b), cast.end(2.0)].concat();
            let mut text = String::new();
            for line in lines.lines() {
                let event: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(event[1], "o");
                text.push_str(event[2].as_str().unwrap());
            }
            assert_eq!(text.as_bytes(), whole, "cut at {cut}");
        }
        let mut cast = Cast::default();
        assert!(
            cast.output(0.0, b"\xff\xfe").contains('\u{fffd}'),
            "what is no text is told as such"
        );
        assert_eq!(Cast::resized(1.0, (100, 30)), "[1.0,\"r\",\"100x30\"]\n");
    }
}
