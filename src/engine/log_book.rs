//! An output of any length, looked at a screen at a time: what is read of it stays in the file.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::ids::{HostId, RunId};
use crate::domain::log::{Line, Row, Sieve, Sifted, Splitter};
use crate::engine::ports::RunReader;

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;
/// Bytes of one line beyond which its end is looked up instead of read.
const FAR: u64 = 1024 * 1024;

/// Something that grows and is read by offset.
#[async_trait]
pub trait LogSource: Send + Sync + 'static {
    /// Bytes from `offset` on, at most `limit`, and the whole length; or why not, for people.
    async fn read(&self, offset: u64, limit: usize) -> Result<(Vec<u8>, u64), String>;
    /// Whether each line begins with where it comes from (`domain::log::tagged`).
    fn is_tagged(&self) -> bool {
        false
    }
}

/// The output of a host of a run.
pub struct RunLog {
    /// Where it is kept.
    pub store: Arc<dyn RunReader>,
    /// The run.
    pub run: RunId,
    /// The host.
    pub host: HostId,
}

#[async_trait]
impl LogSource for RunLog {
    async fn read(&self, offset: u64, limit: usize) -> Result<(Vec<u8>, u64), String> {
        let read = self.store.log(&self.run, &self.host, offset, limit).await;
        read.map_err(|error| error.to_string())
    }
}

/// Which way a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To later lines.
    On,
    /// To earlier lines.
    Back,
}

/// An output and what is remembered of where its lines stand.
///
/// **Invariant:** its memory does not grow with the output: see [`Sifted`].
pub struct LogBook {
    source: Arc<dyn LogSource>,
    all: Sifted,
    /// The lines that a sieve lets through; `None` where all are wanted.
    some: Option<Sifted>,
    length: u64,
}

impl LogBook {
    /// Of this source; nothing was read yet.
    pub fn new(source: Arc<dyn LogSource>) -> Self {
        let all = Sifted::new(Sieve::default()).tagged(source.is_tagged());
        Self { source, all, some: None, length: 0 }
    }

    /// From now on only what goes through is wanted. Says whether that is something else than before.
    pub fn sift(&mut self, sieve: &Sieve) -> bool {
        if self.wanted().sieve() == sieve {
            return false;
        }
        let tags = self.source.is_tagged();
        self.some = (!sieve.is_open()).then(|| Sifted::new(sieve.clone()).tagged(tags));
        true
    }

    fn wanted(&self) -> &Sifted {
        self.some.as_ref().unwrap_or(&self.all)
    }

    /// Lines in all, wanted or not, as far as was read.
    pub fn n_lines(&self) -> u64 {
        self.all.n_lines()
    }

    /// Wanted lines as far as was read.
    pub fn n_places(&self) -> u64 {
        self.wanted().n_places()
    }

    /// Bytes in all.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that were looked through for wanted lines.
    pub fn looked_through(&self) -> u64 {
        self.wanted().next_offset()
    }

    /// Reads on, at most `budget` bytes; says whether there is more. Nothing is passed over.
    pub async fn grow(&mut self, budget: usize) -> Result<bool, String> {
        let mut left = budget;
        loop {
            // The one that is behind is read on; where both stand at the same place, both are.
            let (a, b) = (self.all.next_offset(), self.wanted().next_offset());
            let offset = a.min(b);
            let (bytes, length) = self.source.read(offset, CHUNK.min(left.max(1))).await?;
            self.length = length.max(self.length);
            if bytes.is_empty() {
                return Ok(false);
            }
            // Where one is ahead, the other takes only what leads it there.
            let step =
                if a == b { bytes.len() as u64 } else { a.abs_diff(b).min(bytes.len() as u64) };
            let step = usize::try_from(step).unwrap_or(bytes.len());
            let bytes = bytes.get(..step).unwrap_or_default();
            if a == offset {
                self.all.feed(bytes);
            }
            if let Some(some) = self.some.as_mut().filter(|_| b == offset) {
                some.feed(bytes);
            }
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                return Ok(self.looked_through() < self.length);
            }
        }
    }

    /// The wanted lines from `place` on, at most `n`.
    pub async fn window(&self, place: u64, n: usize) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        let end = place.saturating_add(n as u64).min(self.n_places());
        self.walk(place, end, |at, line| {
            rows.push(Row::new(at, line));
            true
        })
        .await?;
        Ok(rows)
    }

    /// The place of the next wanted line that `needle` lets through, from `from` on or before it; it does not go round.
    pub async fn find(&self, needle: &Sieve, from: u64, way: Way) -> Result<Option<u64>, String> {
        let n = self.n_places();
        match way {
            Way::On => {
                let mut found = None;
                self.walk(from, n, |at, line| {
                    found = needle.lets(line).then_some(at);
                    found.is_none()
                })
                .await?;
                Ok(found)
            }
            Way::Back => {
                let mut end = from.min(n);
                while end > 0 {
                    let start = self.wanted().before(end - 1).place;
                    let mut found = None;
                    self.walk(start, end, |at, line| {
                        if needle.lets(line) {
                            found = Some(at);
                        }
                        true
                    })
                    .await?;
                    if found.is_some() {
                        return Ok(found);
                    }
                    end = start;
                }
                Ok(None)
            }
        }
    }

    /// Gives each wanted line from `place` to before `end`, until `each` says `false`.
    async fn walk(
        &self,
        place: u64,
        end: u64,
        mut each: impl FnMut(u64, &Line<'_>) -> bool + Send,
    ) -> Result<(), String> {
        if place >= end {
            return Ok(());
        }
        let wanted = self.wanted();
        let (sieve, until) = (wanted.sieve(), wanted.next_offset());
        let stand = wanted.before(place);
        let tags = self.source.is_tagged();
        let mut splitter = Splitter::at(stand.line, stand.offset).tagged(tags);
        let mut at = stand.place;
        let mut take = |line: &Line<'_>| {
            if !sieve.lets(line) {
                return true;
            }
            let here = at;
            at += 1;
            let go_on = here < place || each(here, line);
            go_on && at < end
        };
        loop {
            let offset = splitter.next_offset();
            let room = usize::try_from(until.saturating_sub(offset)).unwrap_or(CHUNK).min(CHUNK);
            let bytes =
                if room == 0 { Vec::new() } else { self.source.read(offset, room).await?.0 };
            if bytes.is_empty() {
                // The last line has no end yet.
                if let Some(line) = splitter.open() {
                    take(&line);
                }
                return Ok(());
            }
            if !splitter.feed(&bytes, &mut take) {
                return Ok(());
            }
            let far = splitter.open().filter(|line| line.len > FAR);
            if let Some((line, next)) = far.and_then(|l| Some((l, self.all.behind(l.number + 1)?)))
            {
                let whole = Line { len: next.offset - 1 - line.offset, ..line };
                if !take(&whole) {
                    return Ok(());
                }
                splitter = Splitter::at(next.line, next.offset).tagged(tags);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// An output in memory that counts what is read of it.
    #[derive(Default)]
    struct Paper {
        text: Mutex<Vec<u8>>,
        read: AtomicU64,
    }

    #[async_trait]
    impl LogSource for Paper {
        async fn read(&self, offset: u64, limit: usize) -> Result<(Vec<u8>, u64), String> {
            let text = self.text.lock().unwrap();
            let from = text.get(offset as usize..).unwrap_or_default();
            let bytes = from.get(..limit.min(from.len())).unwrap_or_default().to_vec();
            self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            Ok((bytes, text.len() as u64))
        }
    }

    fn paper(text: &str) -> Arc<Paper> {
        Arc::new(Paper { text: Mutex::new(text.as_bytes().to_vec()), read: AtomicU64::new(0) })
    }

    fn lines(n: u64, end: fn(u64) -> &'static str) -> String {
        (0..n).fold(String::new(), |mut text, n| {
            let _ = writeln!(text, "line {n}{}", end(n));
            text
        })
    }

    async fn opened(paper: &Arc<Paper>) -> LogBook {
        let mut book = LogBook::new(Arc::clone(paper) as Arc<dyn LogSource>);
        while book.grow(100_000).await.unwrap() {}
        book
    }

    fn texts(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.text.as_str()).collect()
    }

    #[tokio::test]
    async fn any_line_of_a_million_is_read_without_the_others() {
        let text = lines(1_000_000, |_| "");
        let paper = paper(&text);
        let book = opened(&paper).await;
        assert_eq!((book.n_lines(), book.length()), (1_000_000, text.len() as u64));
        paper.read.store(0, Ordering::Relaxed);
        for at in [0_u64, 1, 999_998, 500_000, 777_777] {
            let rows = book.window(at, 2).await.unwrap();
            assert_eq!(texts(&rows), [format!("line {at}"), format!("line {}", at + 1)]);
            assert_eq!((rows[0].line, rows[0].place), (at, at));
        }
        let read = paper.read.load(Ordering::Relaxed);
        assert!(read <= 5 * 2 * CHUNK as u64, "{read} bytes for five looks");
        assert!(book.window(1_000_000, 5).await.unwrap().is_empty());
        assert_eq!(book.window(999_999, 5).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn wanted_lines_keep_their_numbers_and_grow_with_the_output() {
        let text = lines(10_000, |n| if n % 100 == 7 { " ERROR" } else { "" });
        let paper = paper(&text);
        let mut book = opened(&paper).await;
        assert!(book.sift(&Sieve::default().errors_only(true)));
        assert!(!book.sift(&Sieve::default().errors_only(true)), "it is the same");
        while book.grow(10_000).await.unwrap() {}
        assert_eq!((book.n_places(), book.n_lines()), (100, 10_000));
        let rows = book.window(98, 5).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.line).collect::<Vec<_>>(), [9_807, 9_907]);
        paper.text.lock().unwrap().extend_from_slice(b"fatal at last");
        assert!(!book.grow(10_000).await.unwrap());
        assert_eq!((book.n_places(), book.n_lines()), (101, 10_001));
        assert_eq!(texts(&book.window(100, 5).await.unwrap()), ["fatal at last"]);
        paper.text.lock().unwrap().extend_from_slice(b": told\n");
        assert!(!book.grow(10_000).await.unwrap());
        assert_eq!(texts(&book.window(100, 5).await.unwrap()), ["fatal at last: told"]);
        assert!(book.sift(&Sieve::default()) && book.n_places() == 10_001);
    }

    #[tokio::test]
    async fn a_search_goes_on_and_back_through_what_is_wanted() {
        let text = lines(5_000, |_| "");
        let mut book = opened(&paper(&text)).await;
        let needle = Sieve::parse("/line (77|4321)$/").unwrap();
        assert_eq!(book.find(&needle, 0, Way::On).await, Ok(Some(77)));
        assert_eq!(book.find(&needle, 78, Way::On).await, Ok(Some(4_321)));
        assert_eq!(book.find(&needle, 4_322, Way::On).await, Ok(None));
        assert_eq!(book.find(&needle, 4_321, Way::Back).await, Ok(Some(77)));
        assert_eq!(book.find(&needle, 77, Way::Back).await, Ok(None));
        assert_eq!(book.find(&needle, u64::MAX, Way::Back).await, Ok(Some(4_321)));
        book.sift(&Sieve::parse("/1$/").unwrap());
        while book.grow(10_000).await.unwrap() {}
        assert_eq!(book.find(&needle, 0, Way::On).await, Ok(Some(432)));
        assert_eq!(book.window(432, 1).await.unwrap()[0].line, 4_321);
    }

    #[tokio::test]
    async fn a_line_of_fifty_megabytes_is_passed_over_and_counted() {
        let mut text = String::from("first\n");
        text.push_str(&"x".repeat(50_000_000));
        text.push_str("\nlast\n");
        let paper = paper(&text);
        let book = opened(&paper).await;
        paper.read.store(0, Ordering::Relaxed);
        let rows = book.window(0, 10).await.unwrap();
        assert_eq!(rows.len(), 3);
        assert!(
            rows[1].text.as_str().len() < 17_000 && rows[1].text.as_str().ends_with("more bytes)")
        );
        assert_eq!(rows[2].text.as_str(), "last");
        let read = paper.read.load(Ordering::Relaxed);
        assert!(read < 4 * FAR, "{read} bytes were read for ten lines");
    }
}
