//! The stream in which a job's log travels: frames, so that its end is never taken for a pause or a cut.

use super::answer::read_end;
use crate::domain::job::JobEnd;
use crate::domain::marker::MARK;

/// The longest header of a frame, in bytes.
const MAX_HEADER: usize = 4096;

/// One thing that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The next bytes of the log.
    Data(Vec<u8>),
    /// Nothing new; the host lives.
    Beat,
    /// The log has this many bytes and will have no more; how the job ended, in the runner's words.
    End {
        /// Bytes in the log.
        total: u64,
        /// `none`, or the words of the end.
        words: String,
    },
    /// What came of starting the job, in the runner's words; where it is there, its log follows.
    Started(String),
    /// The script did not begin; exit code of what stood in front of it.
    NotBegun(i32),
    /// The script began and ended before it had said all; its exit code.
    Died(i32),
}

/// The stream is not what the runner sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream of the log is garbled")]
pub struct Garbled;

/// Reads the stream as it arrives.
///
/// **Invariant:** data comes out exactly as it was in the log, in order, each byte once; a partial header is
/// never taken for data.
#[derive(Debug)]
pub struct FrameReader {
    prefix: Vec<u8>,
    header: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// What a login shell may print stands before the first mark.
    Before,
    Header,
    Data(u64),
    /// Bytes up to the mark that says how many they were; so many came.
    Raw(u64),
    Over,
}

/// What bytes that begin with the mark may be.
enum Sent {
    No,
    /// More has to come.
    Maybe,
    /// The end of raw bytes: how many they were, and its own length.
    Number(u64, usize),
}

impl FrameReader {
    /// A reader of the stream that carries this nonce.
    pub fn new(nonce: &str) -> Self {
        let prefix = [&[MARK], nonce.as_bytes(), b" "].concat();
        Self { prefix, header: Vec::new(), state: State::Before }
    }

    /// Takes the next bytes and gives what they complete.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<Vec<Frame>, Garbled> {
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            match self.state {
                State::Over => return Ok(frames),
                State::Data(left) => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let (data, rest) = bytes.split_at_checked(take).unwrap_or((bytes, &[]));
                    frames.push(Frame::Data(data.to_vec()));
                    let left = left - data.len() as u64;
                    self.state = if left == 0 { State::Header } else { State::Data(left) };
                    bytes = rest;
                }
                State::Raw(sent) => {
                    self.header.extend_from_slice(bytes);
                    bytes = &[];
                    frames.extend(self.raw(sent));
                    if self.state == State::Header {
                        // What came behind the mark.
                        let rest = std::mem::take(&mut self.header);
                        frames.extend(self.feed(&rest)?);
                    }
                }
                State::Before | State::Header => {
                    let end =
                        bytes.iter().position(|&b| b == b'\n').map_or(bytes.len(), |at| at + 1);
                    let (part, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
                    bytes = rest;
                    self.header.extend_from_slice(part);
                    if part.last() == Some(&b'\n') {
                        let line = std::mem::take(&mut self.header);
                        frames.extend(self.line(&line)?);
                    } else if self.header.len() > MAX_HEADER {
                        self.too_long()?;
                    }
                }
            }
        }
        Ok(frames)
    }

    /// Takes the log out of what came, up to the mark behind it, or up to what may become that mark. A mark counts only
    /// with the number of bytes that were sent before it: nothing that a log says of itself is believed.
    fn raw(&mut self, sent: u64) -> Option<Frame> {
        let mut end = 0;
        let mut over = None;
        while let Some(from) = self.header.get(end..).filter(|from| !from.is_empty()) {
            let Some(at) = from.iter().position(|&b| b == MARK) else {
                end = self.header.len();
                break;
            };
            end += at;
            match self.sent(from.get(at..).unwrap_or_default()) {
                Sent::Maybe => break,
                Sent::Number(n, len) if n == sent + end as u64 => {
                    over = Some(len);
                    break;
                }
                Sent::No | Sent::Number(..) => end += 1,
            }
        }
        let data: Vec<u8> = self.header.drain(..end).collect();
        self.state = State::Raw(sent + data.len() as u64);
        if let Some(len) = over {
            self.header.drain(..len);
            self.state = State::Header;
        }
        (!data.is_empty()).then_some(Frame::Data(data))
    }

    /// Whether this begins with the mark behind raw bytes.
    fn sent(&self, bytes: &[u8]) -> Sent {
        let word = [self.prefix.as_slice(), b"sent "].concat();
        let n = word.len().min(bytes.len());
        if bytes.get(..n) != word.get(..n) {
            return Sent::No;
        }
        let rest = bytes.get(n..).unwrap_or_default();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        match rest.get(digits) {
            _ if digits > 20 => Sent::No,
            None => Sent::Maybe,
            Some(b'\n') => {
                let text = std::str::from_utf8(rest.get(..digits).unwrap_or_default());
                let number = text.ok().and_then(|text| text.parse().ok());
                number.map_or(Sent::No, |number| Sent::Number(number, n + digits + 1))
            }
            Some(_) => Sent::No,
        }
    }

    fn too_long(&mut self) -> Result<(), Garbled> {
        if self.state == State::Header {
            return Err(Garbled);
        }
        // Noise before the begin may be long; only its end can hold the mark.
        let keep = self.header.len().saturating_sub(self.prefix.len() + 64);
        self.header.drain(..keep);
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<Frame>, Garbled> {
        let words = if self.state == State::Before {
            let at = line.windows(self.prefix.len()).position(|window| window == self.prefix);
            match at.and_then(|at| line.get(at + self.prefix.len()..)) {
                Some(words) => words,
                None => return Ok(None),
            }
        } else if line == b"\n" {
            // It stands before the end of the envelope.
            return Ok(None);
        } else {
            line.strip_prefix(self.prefix.as_slice()).ok_or(Garbled)?
        };
        let text = std::str::from_utf8(words).map_err(|_| Garbled)?.trim_end();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (word, self.state) {
            ("begin", State::Before) => self.state = State::Header,
            ("rc", State::Before | State::Header) => {
                let exit = rest.parse().map_err(|_| Garbled)?;
                let begun = self.state == State::Header;
                self.state = State::Over;
                return Ok(Some(if begun { Frame::Died(exit) } else { Frame::NotBegun(exit) }));
            }
            ("data", State::Header) => {
                self.state = State::Data(rest.parse().map_err(|_| Garbled)?);
            }
            ("raw", State::Header) => self.state = State::Raw(0),
            ("beat", State::Header) => return Ok(Some(Frame::Beat)),
            ("start", State::Header) => return Ok(Some(Frame::Started(rest.to_owned()))),
            ("end", State::Header) => {
                let (total, words) = rest.split_once(' ').ok_or(Garbled)?;
                let total = total.parse().map_err(|_| Garbled)?;
                self.state = State::Over;
                return Ok(Some(Frame::End { total, words: words.to_owned() }));
            }
            _ => return Err(Garbled),
        }
        Ok(None)
    }
}

/// How the job ended, from the words of [`Frame::End`]; `None` if there is no such job.
pub fn end_of(words: &str) -> Result<Option<JobEnd>, Garbled> {
    if words == "none" {
        return Ok(None);
    }
    read_end(words).map(Some).ok_or(Garbled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    /// Logs that hold what only the stream should, `#` for its mark.
    const LOG: &str = "a\n#end 0 none\nb";
    const RAW: &str = "c\x1e\x1e#\n#sent 3\n#sent \n#sent 99999999999999999999999\n#sent 7#end 0 none\n#raw\n#sent 1";

    fn stream() -> Vec<u8> {
        let mark = format!("\x1e{NONCE} ");
        let (log, raw) = (LOG.replace('#', &mark), RAW.replace('#', &mark));
        format!(
            "Welcome!\nno newline{mark}begin\n{mark}raw\n{mark}sent 0\n{mark}data {}\n{log}{mark}beat\n{mark}raw\n{raw}{mark}sent {}\n{mark}data 1\n\n{mark}end {} ended exit 0\n\n{mark}rc 0\n",
            log.len(),
            raw.len(),
            log.len() + raw.len() + 1
        )
        .into_bytes()
    }

    fn whole_log() -> Vec<u8> {
        let mark = format!("\x1e{NONCE} ");
        format!("{LOG}{RAW}\n").replace('#', &mark).into_bytes()
    }

    fn read(chunks: &[&[u8]]) -> Result<(Vec<u8>, usize, Option<Frame>), Garbled> {
        let mut reader = FrameReader::new(NONCE);
        let (mut log, mut beats, mut end) = (Vec::new(), 0, None);
        for chunk in chunks {
            for frame in reader.feed(chunk)? {
                match frame {
                    Frame::Data(bytes) => log.extend(bytes),
                    Frame::Beat => beats += 1,
                    last @ (Frame::End { .. }
                    | Frame::Started(_)
                    | Frame::NotBegun(_)
                    | Frame::Died(_)) => end = Some(last),
                }
            }
        }
        Ok((log, beats, end))
    }

    #[test]
    fn a_log_that_looks_like_the_stream_is_still_a_log() {
        let log = whole_log();
        let total = log.len() as u64;
        let end = Frame::End { total, words: "ended exit 0".into() };
        assert_eq!(read(&[&stream()]), Ok((log, 1, Some(end))));
    }

    #[test]
    fn a_cut_stream_has_no_end_and_no_byte_of_a_header_in_its_data() {
        let whole = stream();
        let (log, ..) = read(&[&whole]).unwrap();
        let end_at = whole.len() - format!("\n\x1e{NONCE} rc 0\n").len();
        for cut in 0..end_at {
            let (part, _, end) = read(&[&whole[..cut]]).unwrap();
            assert!(log.starts_with(&part), "cut at {cut}");
            assert_eq!(end, None, "cut at {cut}");
        }
    }

    #[test]
    fn a_refusal_and_nonsense_are_told_apart() {
        let refused = format!("\n\x1e{NONCE} rc 1\n");
        assert_eq!(read(&[refused.as_bytes()]), Ok((vec![], 0, Some(Frame::NotBegun(1)))));
        let garbled = format!("\x1e{NONCE} begin\nnonsense\n");
        assert_eq!(read(&[garbled.as_bytes()]), Err(Garbled));
        let died = format!("\x1e{NONCE} begin\n\x1e{NONCE} start started\n\n\x1e{NONCE} rc 2\n");
        assert_eq!(read(&[died.as_bytes()]), Ok((vec![], 0, Some(Frame::Died(2)))));
        let cut = died.strip_suffix(&format!("\n\x1e{NONCE} rc 2\n")).unwrap();
        let started = Frame::Started("started".into());
        assert_eq!(read(&[cut.as_bytes()]), Ok((vec![], 0, Some(started))));
        assert_eq!(end_of("none"), Ok(None));
        assert_eq!(end_of("ended exit 3"), Ok(Some(JobEnd::Exited(3))));
        assert_eq!(end_of("what"), Err(Garbled));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn any_split_gives_the_same_log(cuts in proptest::collection::vec(0usize..900, 0..10)) {
            let whole = stream();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
            cuts.sort_unstable();
            let (mut chunks, mut from) = (Vec::new(), 0);
            for cut in cuts {
                chunks.push(&whole[from..cut]);
                from = cut;
            }
            chunks.push(&whole[from..]);
            prop_assert_eq!(read(&chunks), read(&[&whole]));
        }
    }
}
