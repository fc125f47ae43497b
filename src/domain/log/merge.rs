//! The outputs of several hosts as one, in the order of their times.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{Splitter, shown};
use crate::domain::untrusted::Safe;

/// Bytes of a line that are shown here; the output of its host has all of it.
const MOST_LINE: usize = 8_000;

/// A line of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// When it came, as far as that is known.
    pub at: Timestamp,
    /// Whose it is: its place among the hosts.
    pub of: usize,
    /// Its text.
    pub text: Safe,
}

#[derive(Debug)]
struct Output {
    splitter: Splitter,
    waiting: VecDeque<Merged>,
    /// Bytes of the waiting lines.
    bytes: usize,
    /// The time of its newest line.
    last: Option<Timestamp>,
    /// There is more of it that was not taken yet.
    more: bool,
}

/// Puts lines in order.
///
/// **Invariant:** what was given never has to be given again elsewhere: a line waits while another output may still have an
/// earlier one. Lines of one host keep their order, and none is lost or doubled.
#[derive(Debug)]
pub struct Merge {
    outputs: Vec<Output>,
}

impl Merge {
    /// Of so many outputs, from their beginnings on.
    pub fn new(n: usize) -> Self {
        let output = || Output {
            splitter: Splitter::default(),
            waiting: VecDeque::new(),
            bytes: 0,
            last: None,
            more: true,
        };
        Self { outputs: (0..n).map(|_| output()).collect() }
    }

    /// Where the next byte of an output is wanted from.
    pub fn next_offset(&self, of: usize) -> u64 {
        self.outputs.get(of).map_or(0, |o| o.splitter.next_offset())
    }

    /// Bytes of an output that wait for others.
    pub fn waits(&self, of: usize) -> usize {
        self.outputs.get(of).map_or(0, |o| o.bytes)
    }

    /// Takes the next bytes of an output. `more` says whether there are still more, `when` when the byte at an offset came.
    pub fn take(&mut self, of: usize, bytes: &[u8], more: bool, when: impl Fn(u64) -> Timestamp) {
        let Some(output) = self.outputs.get_mut(of) else { return };
        output.more = more;
        let (waiting, held, last) = (&mut output.waiting, &mut output.bytes, &mut output.last);
        output.splitter.feed(bytes, |line| {
            let at = when(line.offset).max(last.unwrap_or(Timestamp::MIN));
            *last = Some(at);
            let text = short(shown(line));
            *held += text.as_str().len();
            waiting.push_back(Merged { at, of, text });
            true
        });
    }

    /// What an output has of a line without an end is a line: nothing came of it for long enough, or nothing will.
    pub fn close(&mut self, of: usize, now: Timestamp) {
        let Some(output) = self.outputs.get_mut(of) else { return };
        let Some(line) = output.splitter.open() else { return };
        let (text, next) = (short(shown(&line)), line.number + 1);
        let at = now.max(output.last.unwrap_or(Timestamp::MIN));
        output.last = Some(at);
        output.bytes += text.as_str().len();
        output.waiting.push_back(Merged { at, of, text });
        output.splitter = Splitter::at(next, output.splitter.next_offset());
    }

    /// The lines before which no other can come any more, in order.
    pub fn ready(&mut self) -> Vec<Merged> {
        let behind = self.outputs.iter().filter(|o| o.more);
        let until = behind.map(|o| o.last.unwrap_or(Timestamp::MIN)).min();
        let mut ready = Vec::new();
        for output in &mut self.outputs {
            let n = output.waiting.partition_point(|line| until.is_none_or(|at| line.at <= at));
            for line in output.waiting.drain(..n) {
                output.bytes -= line.text.as_str().len();
                ready.push(line);
            }
        }
        ready.sort_by_key(|line| (line.at, line.of));
        ready
    }
}

/// A line that is not so long that it would be cut again where it is read.
fn short(text: Safe) -> Safe {
    if text.as_str().len() <= MOST_LINE {
        return text;
    }
    let cut = text.as_str().floor_char_boundary(MOST_LINE);
    let head = text.as_str().get(..cut).unwrap_or_default();
    Safe::line(&format!("{head}… (longer: L on its target shows more)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn texts(lines: &[Merged]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_line_waits_for_an_output_that_may_have_an_earlier_one() {
        let mut merge = Merge::new(2);
        merge.take(0, b"a1\na2\n", false, |offset| at(offset.cast_signed()));
        merge.take(1, b"b1\n", true, |_| at(1));
        assert_eq!(texts(&merge.ready()), ["a1", "b1"]);
        assert_eq!(merge.waits(0), 2);
        merge.take(1, b"b2\nopen", false, |_| at(2));
        assert_eq!(texts(&merge.ready()), ["b2", "a2"]);
        merge.close(1, at(9));
        merge.close(1, at(9));
        assert_eq!(merge.ready(), [Merged { at: at(9), of: 1, text: "open".into() }]);
        merge.take(1, b" and on\n", false, |_| at(1));
        let rest = merge.ready();
        assert_eq!((texts(&rest), rest[0].at), (vec![" and on"], at(9)), "time does not go back");
    }

    #[test]
    fn a_line_of_megabytes_takes_little() {
        let mut merge = Merge::new(1);
        for _ in 0..100 {
            merge.take(0, &vec![b'x'; 100_000], true, |_| at(1));
        }
        merge.take(0, b"\nnext\n", false, |_| at(1));
        assert!(merge.waits(0) < 2 * MOST_LINE);
        let ready = merge.ready();
        assert!(ready[0].text.as_str().ends_with("shows more)"), "{:?}", ready[0]);
        assert_eq!(ready[1].text.as_str(), "next");
    }

    proptest! {
        #[test]
        fn no_line_is_lost_or_doubled_and_time_never_goes_back(
            outputs in proptest::collection::vec(proptest::collection::vec(0i64..30, 0..40), 1..5),
            piece in 1usize..30,
        ) {
            let text = |of: usize, times: &[i64]| -> Vec<u8> {
                (0..times.len()).flat_map(|n| format!("{of}.{n}\n").into_bytes()).collect()
            };
            let whole: Vec<Vec<u8>> = outputs.iter().enumerate().map(|(of, t)| text(of, t)).collect();
            let mut merge = Merge::new(outputs.len());
            let mut got: Vec<Merged> = Vec::new();
            while got.len() < outputs.iter().map(Vec::len).sum() {
                for (of, bytes) in whole.iter().enumerate() {
                    let from = merge.next_offset(of) as usize;
                    let to = (from + piece).min(bytes.len());
                    let when = |offset: u64| {
                        let n = bytes[..offset as usize].split(|&b| b == b'\n').count() - 1;
                        at(outputs[of][n])
                    };
                    merge.take(of, &bytes[from..to], to < bytes.len(), when);
                }
                got.extend(merge.ready());
            }
            prop_assert!(got.is_sorted_by_key(|line| line.at));
            for (of, times) in outputs.iter().enumerate() {
                let own: Vec<String> = got.iter().filter(|l| l.of == of).map(|l| l.text.to_string()).collect();
                let want: Vec<String> = (0..times.len()).map(|n| format!("{of}.{n}")).collect();
                prop_assert_eq!(own, want);
            }
        }
    }
}
