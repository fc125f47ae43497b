//! Takes the answer of a probe apart into its parts.

use std::collections::BTreeMap;

use crate::domain::untrusted::Safe;

/// What one part of the script printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Standard output up to the first mark within.
    pub(super) out: &'a [u8],
    /// What followed the mark `inspect`, where there was one.
    pub(super) inspect: Option<&'a [u8]>,
    /// The exit code.
    pub(super) rc: i32,
    /// The beginning of standard error.
    pub(super) complaint: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Standard output, if the part ended well.
    pub(super) fn good(&self) -> Result<&'a [u8], Safe> {
        match (self.rc, last_line(self.complaint)) {
            (0, _) => Ok(self.out),
            (124 | 137, _) => Err(Safe::line("it did not answer within 8 s on the host")),
            (127, None) => Err(Safe::line("a program that it needs is not installed")),
            (_, Some(line)) => Err(line),
            (rc, None) => Err(Safe::line(&format!("it ended with code {rc} and said nothing"))),
        }
    }

    /// Standard output as text, if the part ended well.
    pub(super) fn text(&self) -> Result<String, Safe> {
        self.good().map(|out| String::from_utf8_lossy(out).into_owned())
    }
}

/// The last line that says something, cleaned and at most 300 characters.
pub(super) fn last_line(bytes: &[u8]) -> Option<Safe> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let short: String = line.chars().take(300).collect();
    Some(Safe::line(&short))
}

/// All parts that arrived whole. A part without its end mark is not there, so a cut answer never
/// passes for a short one.
pub(super) fn frames<'a>(answer: &'a [u8], nonce: &str) -> BTreeMap<&'a str, Frame<'a>> {
    let mut found = BTreeMap::new();
    let mut open: Option<(&str, Vec<Mark<'a>>)> = None;
    for mark in marks(answer, nonce) {
        match (mark.word, &mut open) {
            ("begin", _) => open = Some((mark.argument, vec![mark])),
            ("end", _) => {
                if let Some((name, marks)) = open.take()
                    && let Some(frame) = frame(&marks)
                {
                    found.entry(name).or_insert(frame);
                }
            }
            (_, Some((_, marks))) => marks.push(mark),
            (_, None) => {}
        }
    }
    found
}

#[derive(Debug, Clone, Copy)]
struct Mark<'a> {
    word: &'a str,
    argument: &'a str,
    /// What follows, up to the newline before the next mark.
    content: &'a [u8],
}

fn frame<'a>(marks: &[Mark<'a>]) -> Option<Frame<'a>> {
    let out = marks.first()?.content;
    let inspect = marks.iter().find(|m| m.word == "inspect").map(|m| m.content);
    let ended = marks.iter().find(|m| m.word == "rc")?;
    Some(Frame { out, inspect, rc: ended.argument.parse().ok()?, complaint: ended.content })
}

fn marks<'a>(answer: &'a [u8], nonce: &str) -> Vec<Mark<'a>> {
    let begin = format!("\n{nonce} ").into_bytes();
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = answer.get(from..).and_then(|rest| find(rest, &begin)) {
        starts.push(from + at);
        from += at + begin.len();
    }
    let ends = starts.iter().skip(1).copied().chain([answer.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(&start, end)| {
            let piece = answer.get(start + begin.len()..end)?;
            // A mark whose line is not complete was cut.
            let line_end = piece.iter().position(|&b| b == b'\n')?;
            let (head, content) = piece.split_at_checked(line_end)?;
            let head = std::str::from_utf8(head).ok()?;
            let (word, argument) = head.split_once(' ').unwrap_or((head, ""));
            Some(Mark { word, argument, content: content.get(1..)? })
        })
        .collect()
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"motd\n\nN0 begin a\nout\n\nN0 rc 0\n\nN0 end\n\nN0 begin b\n\nN0 rc 3\nwarn\nbroken\n\nN0 end\n";

    #[test]
    fn parts_come_apart() {
        let parts = frames(ANSWER, "N0");
        assert_eq!(parts["a"].good(), Ok(&b"out\n"[..]));
        assert_eq!(parts["b"].good(), Err(Safe::line("broken")));
    }

    #[test]
    fn output_that_does_not_know_the_nonce_cannot_be_a_part() {
        let hostile = b"\nN0 begin a\nx\nN1 rc 0\n\nN1 end\n\nN1 begin backup\nfake\n\nN1 end\n\nN0 rc 1\n\nN0 end\n";
        let parts = frames(hostile, "N0");
        assert_eq!(parts.keys().collect::<Vec<_>>(), [&"a"]);
        assert_eq!(parts["a"].rc, 1);
    }

    #[test]
    fn a_cut_answer_has_only_whole_parts() {
        for cut in 0..ANSWER.len() {
            for (name, frame) in frames(&ANSWER[..cut], "N0") {
                assert_eq!(frame, frames(ANSWER, "N0")[name], "cut at {cut}");
            }
        }
    }
}
