//! Bytes into lines, however they are cut into pieces and however long a line is.

use super::SHOWN_BYTES;
use super::tag::{Tag, untagged};

/// One line, without its newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 0.
    pub number: u64,
    /// Where it begins.
    pub offset: u64,
    /// Its beginning: all of it where it is not very long.
    pub bytes: &'a [u8],
    /// How long it is.
    pub len: u64,
    /// Where it comes from, in an output of several hosts; it is no part of the line.
    pub tag: Option<Tag<'a>>,
}

impl<'a> Line<'a> {
    fn new(tags: bool, (number, offset): (u64, u64), bytes: &'a [u8], len: u64) -> Self {
        match untagged(bytes).filter(|_| tags) {
            Some((tag, text)) => {
                let len = len.saturating_sub((bytes.len() - text.len()) as u64);
                Self { number, offset, bytes: text, len, tag: Some(tag) }
            }
            None => Self { number, offset, bytes, len, tag: None },
        }
    }
}

/// Makes lines of bytes.
///
/// **Invariant:** of a line that has no end yet no more than [`SHOWN_BYTES`] are kept, however long it grows.
#[derive(Debug, Clone, Default)]
pub struct Splitter {
    /// Number of the line that is open.
    line: u64,
    /// Where it begins.
    start: u64,
    /// Where the next byte stands.
    at: u64,
    open: Vec<u8>,
    /// Each line begins with where it comes from.
    tags: bool,
}

impl Splitter {
    /// Begins at this line, which stands at this offset.
    pub fn at(line: u64, offset: u64) -> Self {
        Self { line, start: offset, at: offset, ..Self::default() }
    }

    /// The same for lines of which each says where it comes from, or not.
    #[must_use]
    pub fn tagged(self, tags: bool) -> Self {
        Self { tags, ..self }
    }

    /// Where the next byte is wanted from.
    pub fn next_offset(&self) -> u64 {
        self.at
    }

    /// Number of the line that is open.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where the line that is open begins.
    pub fn line_start(&self) -> u64 {
        self.start
    }

    /// The line that has no end yet, where there is a byte of it.
    pub fn open(&self) -> Option<Line<'_>> {
        let len = self.at - self.start;
        (len > 0).then(|| Line::new(self.tags, (self.line, self.start), &self.open, len))
    }

    /// Takes the next bytes and gives each line that ends in them; `false` of `each` ends it there.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(&Line<'_>) -> bool) -> bool {
        for piece in bytes.split_inclusive(|&b| b == b'\n') {
            let Some(text) = piece.strip_suffix(b"\n") else {
                self.keep(piece);
                self.at += piece.len() as u64;
                break;
            };
            let (tags, place) = (self.tags, (self.line, self.start));
            let len = self.at - self.start + text.len() as u64;
            let go_on = if self.at == self.start {
                let shown = text.get(..SHOWN_BYTES.min(text.len())).unwrap_or_default();
                each(&Line::new(tags, place, shown, len))
            } else {
                self.keep(text);
                each(&Line::new(tags, place, &self.open, len))
            };
            self.open.clear();
            self.at += piece.len() as u64;
            self.start = self.at;
            self.line += 1;
            if !go_on {
                return false;
            }
        }
        true
    }

    fn keep(&mut self, text: &[u8]) {
        let room = SHOWN_BYTES.saturating_sub(self.open.len());
        self.open.extend_from_slice(text.get(..room.min(text.len())).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<(u64, u64, String, u64)> {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for piece in pieces {
            splitter.feed(piece, |l| {
                found.push((
                    l.number,
                    l.offset,
                    String::from_utf8_lossy(l.bytes).into_owned(),
                    l.len,
                ));
                true
            });
        }
        if let Some(l) = splitter.open() {
            found.push((l.number, l.offset, String::from_utf8_lossy(l.bytes).into_owned(), l.len));
        }
        found
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut() {
        let whole = "one\n\nthree ünï\nlast".as_bytes();
        let want = lines(&[whole]);
        assert_eq!(want.len(), 4);
        assert_eq!(want[2], (2, 5, "three ünï".to_owned(), 11));
        for cut in 0..whole.len() {
            assert_eq!(lines(&[&whole[..cut], &whole[cut..]]), want, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_of_fifty_megabytes_costs_no_memory() {
        let (mut splitter, piece) = (Splitter::default(), vec![b'x'; 100_000]);
        for _ in 0..500 {
            splitter.feed(&piece, |_| true);
        }
        assert!(splitter.open.capacity() <= 4 * SHOWN_BYTES);
        let mut seen = Vec::new();
        splitter.feed(b"\nnext\n", |l| {
            seen.push((l.number, l.bytes.len(), l.len));
            true
        });
        assert_eq!(seen, [(0, SHOWN_BYTES, 50_000_000), (1, 4, 4)]);
    }
}
