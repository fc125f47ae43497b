//! The bounded tail of an output that may be endless.

use std::collections::VecDeque;

use crate::domain::log::Sieve;
use crate::domain::untrusted::{MAX_LINE_BYTES, Safe};

/// Lines kept; older ones fall off (the whole output is on the disk).
pub const MAX_LINES: usize = 20_000;
/// Bytes kept in all.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a line that are kept: some less than a safe line holds, so that its count fits behind.
const MAX_OPEN: usize = MAX_LINE_BYTES - 64;

/// The last lines of an output, each with its absolute number.
///
/// **Invariant:** a line's number never changes, whatever falls off before it, so a reader of line
/// 4,500 goes on reading line 4,500 while more arrive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogTail {
    lines: VecDeque<Safe>,
    /// Bytes of a line that has no end yet.
    open: Vec<u8>,
    /// Bytes of the open line that were beyond the cap.
    open_dropped: usize,
    /// Number of the first kept line.
    first: u64,
    bytes: usize,
    /// Offset of the next byte in the whole output.
    next_offset: u64,
    /// Bytes of the output that were passed over before the first one shown.
    skipped_bytes: u64,
    /// Lines that were passed over.
    skipped_lines: u64,
}

impl LogTail {
    /// Takes bytes that begin at `offset` of the whole output. Bytes that were taken before are left
    /// out; a gap is counted.
    pub fn push(&mut self, offset: u64, bytes: &[u8]) {
        let known = self.next_offset.saturating_sub(offset);
        let fresh = usize::try_from(known).ok().and_then(|n| bytes.get(n..)).unwrap_or_default();
        if fresh.is_empty() {
            return;
        }
        if offset > self.next_offset {
            self.skipped_bytes += offset - self.next_offset;
            if !self.open.is_empty() {
                self.close();
            }
        }
        self.next_offset = self.next_offset.max(offset) + (fresh.len() as u64);
        for piece in fresh.split_inclusive(|&b| b == b'\n') {
            let (text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let room = MAX_OPEN.saturating_sub(self.open.len());
            let taken = text.get(..room.min(text.len())).unwrap_or_default();
            self.open.extend_from_slice(taken);
            self.open_dropped += text.len() - taken.len();
            if ended {
                self.close();
            }
        }
    }

    /// Bytes up to this offset were passed over: it is said where they would stand.
    pub fn skip(&mut self, to: u64, lines: u64) {
        if to <= self.next_offset {
            return;
        }
        if !self.open.is_empty() {
            self.close();
        }
        self.skipped_bytes += to - self.next_offset;
        self.skipped_lines += lines;
        self.next_offset = to;
        let n = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        let words = if self.end() == 0 { "stand before this" } else { "skipped here" };
        self.keep(Safe::line(&format!("⋯ {n} {words}: the whole log has them")));
    }

    fn close(&mut self) {
        let line = self.open_line();
        self.open.clear();
        self.open_dropped = 0;
        self.keep(line);
    }

    fn keep(&mut self, line: Safe) {
        self.bytes += line.as_str().len();
        self.lines.push_back(line);
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(gone) = self.lines.pop_front() else { break };
            self.bytes -= gone.as_str().len();
            self.first += 1;
        }
    }

    /// What a terminal would leave on the line: after a carriage return the rest overwrites.
    fn open_line(&self) -> Safe {
        let raw = self.open.strip_suffix(b"\r").unwrap_or(&self.open);
        let last = raw.rsplit(|&b| b == b'\r').next().unwrap_or_default();
        let safe = Safe::line_from_bytes(last);
        if self.open_dropped == 0 {
            safe
        } else {
            Safe::line(&format!("{safe}… ({} more bytes)", self.open_dropped))
        }
    }

    /// Number of the first kept line.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// One past the number of the last line, the unfinished one included.
    pub fn end(&self) -> u64 {
        self.first + self.lines.len() as u64 + u64::from(!self.open.is_empty())
    }

    /// Offset of the next byte that is wanted.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Lines that fell off.
    pub fn n_skipped(&self) -> u64 {
        self.first
    }

    /// Bytes at the start of the output that were never read here.
    pub fn skipped_bytes(&self) -> u64 {
        self.skipped_bytes
    }

    /// Lines that were passed over, here or there.
    pub fn skipped_lines(&self) -> u64 {
        self.skipped_lines
    }

    /// A line by its number.
    pub fn line(&self, number: u64) -> Option<Safe> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        match self.lines.get(at) {
            Some(line) => Some(line.clone()),
            None if at == self.lines.len() && !self.open.is_empty() => Some(self.open_line()),
            None => None,
        }
    }

    /// The next line from `from` on, or before it when `back`, that `needle` lets through; it goes round once.
    pub fn find(&self, needle: &Sieve, from: u64, back: Direction) -> Option<u64> {
        if needle.is_open() {
            return None;
        }
        let n = self.end() - self.first;
        let start = from.clamp(self.first, self.end()) - self.first;
        (1..=n)
            .map(|step| match back {
                Direction::Forward => (start + step) % n,
                Direction::Backward => (start + n - step % n) % n,
            })
            .map(|at| self.first + at)
            .find(|&at| self.line(at).is_some_and(|l| needle.lets_text(l.as_str())))
    }
}

/// Where a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To later lines.
    Forward,
    /// To earlier lines.
    Backward,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tail: &LogTail) -> Vec<String> {
        (tail.first()..tail.end()).map(|n| tail.line(n).unwrap().to_string()).collect()
    }

    #[test]
    fn pieces_make_lines_once_each_however_they_are_cut_or_repeated() {
        let whole = "one\ntwo ünï\r\n10%\r20%\r30%\nlast".as_bytes();
        for cut in 0..whole.len() {
            let mut tail = LogTail::default();
            tail.push(0, &whole[..cut]);
            tail.push(cut.saturating_sub(3) as u64, &whole[cut.saturating_sub(3)..]);
            tail.push(0, whole);
            assert_eq!(text(&tail), ["one", "two ünï", "30%", "last"], "cut at {cut}");
            assert_eq!(tail.next_offset(), whole.len() as u64);
        }
    }

    #[test]
    fn a_reader_keeps_its_line_while_older_ones_fall_off() {
        let mut tail = LogTail::default();
        let mut offset = 0;
        for n in 0..MAX_LINES + 400 {
            let line = format!("line {n}\n");
            tail.push(offset, line.as_bytes());
            offset += line.len() as u64;
        }
        assert_eq!(tail.n_skipped(), 400);
        assert_eq!(tail.line(4_500).unwrap().as_str(), "line 4500");
        assert_eq!(tail.line(10), None);
    }

    #[test]
    fn a_line_of_fifty_megabytes_is_capped_and_counted() {
        let mut tail = LogTail::default();
        tail.push(0, &vec![b'x'; 50_000_000]);
        tail.push(50_000_000, b"\nnext\n");
        assert!(tail.line(0).unwrap().as_str().len() < MAX_LINE_BYTES + 40);
        assert!(tail.line(0).unwrap().as_str().ends_with("(49983680 more bytes)"));
        assert_eq!(tail.line(1).unwrap().as_str(), "next");
    }

    #[test]
    fn what_was_passed_over_is_said_where_it_would_stand() {
        let mut tail = LogTail::default();
        tail.skip(500, 40);
        tail.push(500, b"one\ntw");
        tail.skip(900, 1);
        tail.skip(800, 7);
        tail.push(900, b"three\n");
        let shown = text(&tail);
        assert_eq!(shown.len(), 5, "{shown:?}");
        assert!(shown[0].starts_with("⋯ 40 lines stand before this"), "{shown:?}");
        assert_eq!(
            (shown[1].as_str(), shown[2].as_str(), shown[4].as_str()),
            ("one", "tw", "three")
        );
        assert!(shown[3].starts_with("⋯ 1 line skipped here"), "{shown:?}");
        assert_eq!((tail.skipped_lines(), tail.next_offset()), (41, 906));
    }

    #[test]
    fn a_gap_is_counted_and_search_goes_round() {
        let mut tail = LogTail::default();
        tail.push(1_000, b"alpha\nBeta\ngamma\n");
        assert_eq!(tail.skipped_bytes(), 1_000);
        let of = |text: &str| Sieve::parse(text).unwrap();
        assert_eq!(tail.find(&of("beta"), 0, Direction::Forward), Some(1));
        assert_eq!(tail.find(&of("beta"), 2, Direction::Forward), Some(1));
        assert_eq!(tail.find(&of("a"), 0, Direction::Backward), Some(2));
        assert_eq!(tail.find(&of("/^B.T/"), 0, Direction::Forward), Some(1));
        assert_eq!(tail.find(&of("!a"), 0, Direction::Forward), None);
        assert_eq!(tail.find(&of("nowhere"), 0, Direction::Forward), None);
        assert_eq!(LogTail::default().find(&of("x"), 0, Direction::Forward), None);
    }
}
