//! What a parser's complaint means to the person who wrote the file.

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use super::fault::{Fault, too_deep};
use super::node::Mark;

/// A fault from the parser's error, with a hint where the usual cause is known.
pub(super) fn explain(error: &ScanError, text: &str) -> Fault {
    let at = error.marker();
    let mark = Mark {
        line: u32::try_from(at.line()).unwrap_or(u32::MAX).max(1),
        column: u32::try_from(at.col()).unwrap_or(u32::MAX - 1) + 1,
    };
    if let Some(mark) = tab_near(text, mark) {
        let message = "a tab stands where only spaces may".to_owned();
        return Fault { mark, message, hint: Some("indent with spaces, two for each level") };
    }
    let line = text.lines().nth(mark.line as usize - 1).unwrap_or_default();
    let (message, hint) = meaning(error.kind(), line);
    Fault { mark, message, hint }
}

/// A tab in the indentation of the line of an error or the next, which is then the cause.
fn tab_near(text: &str, at: Mark) -> Option<Mark> {
    let lines = text.lines().zip(1..).skip(at.line as usize - 1).take(2);
    lines.into_iter().find_map(|(line, number): (&str, u32)| {
        let column = line.chars().take_while(|c| c.is_whitespace()).position(|c| c == '\t')?;
        Some(Mark { line: number, column: u32::try_from(column).unwrap_or(u32::MAX - 1) + 1 })
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the parser has a hundred kinds of error")]
fn meaning(kind: &ErrorKind, line: &str) -> (String, Option<&'static str>) {
    let raw = kind.to_string();
    let said = raw.lines().next().unwrap_or_default();
    let braces = line.split_once(':').is_some_and(|(_, v)| v.trim_start().starts_with("{{"));
    match kind {
        _ if braces => (
            "a value that begins with {{ needs quotes".to_owned(),
            Some("write it as \"{{ name }}\""),
        ),
        ErrorKind::RecursionLimitExceeded => too_deep(),
        ErrorKind::UnknownAnchor => (
            "an alias names no anchor before it".to_owned(),
            Some("put text that begins with * in quotes"),
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            format!("this is no valid YAML: {said}"),
            Some("put text with `: ` in it in quotes, and check the indentation"),
        ),
        _ => (
            format!("this is no valid YAML: {said}"),
            Some("check indentation, colons and quotes here and in the line above"),
        ),
    }
}
