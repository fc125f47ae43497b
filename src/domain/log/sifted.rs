//! Where the wanted lines of an output stand, in little memory whatever its length.

use super::{Line, Sieve, Splitter};

/// A place to start reading from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stand {
    /// Place among the wanted lines.
    pub place: u64,
    /// Number of the line.
    pub line: u64,
    /// Where it begins, in bytes.
    pub offset: u64,
}

/// Places that are remembered: beyond it every second one is forgotten.
const MOST: usize = 16_384;
/// Wanted lines between two places, to begin with.
const STRIDE: u64 = 64;
/// Behind a line that is longer, a place is remembered too, so that nobody reads through it again.
const LONG: u64 = 256 * 1024;

/// The wanted lines of an output as far as it was read.
///
/// **Invariant:** it takes at most [`MOST`] places of 24 bytes, and from a place on at most a stride of wanted lines is
/// read for any line.
#[derive(Debug, Clone)]
pub struct Sifted {
    sieve: Sieve,
    splitter: Splitter,
    /// Wanted lines so far.
    places: u64,
    stands: Vec<Stand>,
    /// Behind long lines.
    behind: Vec<Stand>,
    stride: u64,
}

impl Sifted {
    /// Of an output of which nothing was read yet.
    pub fn new(sieve: Sieve) -> Self {
        Self {
            sieve,
            splitter: Splitter::default(),
            places: 0,
            stands: vec![Stand::default()],
            behind: Vec::new(),
            stride: STRIDE,
        }
    }

    /// The same of an output of which each line says where it comes from, or not.
    #[must_use]
    pub fn tagged(self, tags: bool) -> Self {
        Self { splitter: self.splitter.tagged(tags), ..self }
    }

    /// What lets lines through.
    pub fn sieve(&self) -> &Sieve {
        &self.sieve
    }

    /// Where the next byte is wanted from.
    pub fn next_offset(&self) -> u64 {
        self.splitter.next_offset()
    }

    /// Lines that were read, wanted or not, the open one included.
    pub fn n_lines(&self) -> u64 {
        self.splitter.line() + u64::from(self.splitter.open().is_some())
    }

    /// Wanted lines, the open one included.
    pub fn n_places(&self) -> u64 {
        let open = self.splitter.open().is_some_and(|line| self.sieve.lets(&line));
        self.places + u64::from(open)
    }

    /// Reads on.
    pub fn feed(&mut self, bytes: &[u8]) {
        let (sieve, stands, behind) = (&self.sieve, &mut self.stands, &mut self.behind);
        let (places, stride) = (&mut self.places, &mut self.stride);
        self.splitter.feed(bytes, |line: &Line<'_>| {
            let wanted = sieve.lets(line);
            if wanted && *places > 0 && places.is_multiple_of(*stride) {
                stands.push(Stand { place: *places, line: line.number, offset: line.offset });
                if stands.len() > MOST {
                    thin(stands);
                    *stride *= 2;
                }
            }
            *places += u64::from(wanted);
            if line.len > LONG {
                let (line, offset) = (line.number + 1, line.offset + line.len + 1);
                behind.push(Stand { place: *places, line, offset });
                if behind.len() > MOST {
                    thin(behind);
                }
            }
            true
        });
    }

    /// Where to start reading for the wanted line at `place`: the nearest place before it that is remembered.
    pub fn before(&self, place: u64) -> Stand {
        let last = |stands: &[Stand]| {
            let n = stands.partition_point(|stand| stand.place <= place);
            n.checked_sub(1).and_then(|at| stands.get(at)).copied().unwrap_or_default()
        };
        let (a, b) = (last(&self.stands), last(&self.behind));
        if b.offset > a.offset { b } else { a }
    }

    /// Where the line begins, if it stands behind a long one.
    pub fn behind(&self, line: u64) -> Option<Stand> {
        let at = self.behind.binary_search_by_key(&line, |stand| stand.line).ok()?;
        self.behind.get(at).copied()
    }

    /// The first place that is remembered after the one of `stand`.
    pub fn after(&self, stand: Stand) -> Option<Stand> {
        let at = self.stands.partition_point(|known| known.place <= stand.place);
        self.stands.get(at).copied()
    }
}

/// Forgets every second one; the first stays.
fn thin(stands: &mut Vec<Stand>) {
    let mut at = 0;
    stands.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn every_line_is_found_from_a_place_that_is_near() {
        let mut all = Sifted::new(Sieve::default());
        let mut odd = Sifted::new(Sieve::parse("/[13579]$/").unwrap());
        let mut offsets = Vec::new();
        let mut text = String::new();
        for n in 0..20_000_u64 {
            offsets.push(text.len() as u64);
            let _ = writeln!(text, "line {n}");
        }
        for piece in text.as_bytes().chunks(1_000) {
            all.feed(piece);
            odd.feed(piece);
        }
        assert_eq!((all.n_lines(), all.n_places(), odd.n_places()), (20_000, 20_000, 10_000));
        for place in [0, 1, 63, 64, 65, 9_999, 19_999] {
            let stand = all.before(place);
            assert!(stand.place <= place && place - stand.place < STRIDE, "{place}: {stand:?}");
            assert_eq!((stand.line, offsets[stand.line as usize]), (stand.place, stand.offset));
        }
        let stand = odd.before(5_000);
        assert_eq!(stand.line, stand.place * 2 + 1);
        assert_eq!(offsets[stand.line as usize], stand.offset);
    }

    #[test]
    fn ten_million_lines_and_a_long_one_take_little_memory() {
        let mut all = Sifted::new(Sieve::default());
        let piece = "\n".repeat(1_000_000);
        for _ in 0..10 {
            all.feed(piece.as_bytes());
        }
        all.feed(&vec![b'x'; 3_000_000]);
        all.feed(b"\nlast");
        assert_eq!(all.n_lines(), 10_000_002);
        assert!(all.stands.len() <= MOST + 1 && all.stride > STRIDE, "{} places", all.stands.len());
        assert_eq!(all.behind(10_000_001).unwrap().offset, 13_000_001);
        assert_eq!(all.before(10_000_001).offset, 13_000_001);
    }
}
