//! The runner's own lines within a job's log, told apart from what the steps print.
//!
//! A mark is the byte 0x1E, the job's nonce, a space, words separated by spaces, and a newline. It may begin
//! anywhere, because a step's last line may lack its newline. Text that a person reads is one word: itself
//! behind `=` where it is plain, else in base64.
//!
//! **Invariant:** whatever the chunks in which the log arrives, the signals are the same; and the output
//! together with the marks is the log, byte for byte. What does not carry the nonce, or does not parse, is output.

use jiff::Timestamp;

use super::base64::base64;
use super::ids::StepId;
use super::untrusted::Safe;

/// The first byte of a mark (ASCII record separator).
pub const MARK: u8 = 0x1e;

/// The longest mark that is understood, in bytes.
const MAX_MARK_BYTES: usize = 64 * 1024;

/// One thing that a job's log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobSignal {
    /// What a step printed, standard output and standard error together.
    Output(Vec<u8>),
    /// A step began.
    StepStarted {
        /// Which.
        step: StepId,
        /// When, by the host's clock: whole seconds where its `date` knows no finer.
        at: Timestamp,
    },
    /// A step ended.
    StepFinished {
        /// Which.
        step: StepId,
        /// Its exit code; [`super::job::EXIT_SKIPPED`] means that there was nothing to do.
        exit: i32,
        /// When, by the host's clock.
        at: Timestamp,
        /// Whether it said that it changed something.
        changed: bool,
    },
    /// A step told a value (`bunker_tell`).
    Told {
        /// Which step.
        step: StepId,
        /// Name of the value.
        key: Safe,
        /// The value.
        value: Safe,
    },
    /// A step says why there is nothing to do (`bunker_skip`); its end follows.
    Skipped {
        /// Which step.
        step: StepId,
        /// Why.
        reason: Safe,
    },
    /// A step, or the runner for it, says why it fails (`bunker_fail`, a time limit); its end follows.
    Failed {
        /// Which step.
        step: StepId,
        /// What happened.
        message: Safe,
        /// What to do next.
        hint: Option<Safe>,
    },
    /// The runner says something about the job itself, for example that the log reached its limit.
    Note(Safe),
}

/// Where a step's mark stands in a host's log as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepMark {
    /// Bytes of text before it.
    pub at: u64,
    /// Which step.
    pub step: StepId,
    /// Whether the step ended here; else it began.
    pub ended: bool,
}

/// Reads a job's log as it arrives.
#[derive(Debug, Clone)]
pub struct MarkerParser {
    prefix: Vec<u8>,
    pending: Vec<u8>,
}

impl MarkerParser {
    /// A parser for the log of the job with this nonce.
    pub fn new(nonce: &str) -> Self {
        let mut prefix = vec![MARK];
        prefix.extend_from_slice(nonce.as_bytes());
        prefix.push(b' ');
        Self { prefix, pending: Vec::new() }
    }

    /// Takes the next bytes and gives what they complete. Bytes that may still become a mark are kept back.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<JobSignal> {
        let mut signals = Vec::new();
        let joined;
        let mut rest: &[u8] = if self.pending.is_empty() {
            bytes
        } else {
            self.pending.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.pending);
            &joined
        };
        while !rest.is_empty() {
            let (before, from_mark) = split_at(rest, position(rest, MARK));
            output(&mut signals, before);
            match self.mark(from_mark) {
                Found::Mark(signal, len) => {
                    signals.push(signal);
                    rest = from_mark.get(len..).unwrap_or_default();
                }
                Found::Partial => {
                    self.pending = from_mark.to_vec();
                    break;
                }
                Found::Text(len) => {
                    let (text, after) = split_at(from_mark, len);
                    output(&mut signals, text);
                    rest = after;
                }
            }
        }
        signals
    }

    /// Gives what was kept back, when the log has ended.
    pub fn finish(&mut self) -> Vec<JobSignal> {
        let mut signals = Vec::new();
        output(&mut signals, &std::mem::take(&mut self.pending));
        signals
    }

    fn mark(&self, from: &[u8]) -> Found {
        if from.is_empty() || self.prefix.starts_with(from) {
            return Found::Partial;
        }
        let Some(body) = from.strip_prefix(self.prefix.as_slice()) else { return Found::Text(1) };
        let end = position(body, b'\n');
        if end == body.len() {
            return if from.len() < MAX_MARK_BYTES { Found::Partial } else { Found::Text(1) };
        }
        let len = self.prefix.len() + end + 1;
        if len > MAX_MARK_BYTES {
            return Found::Text(1);
        }
        let line = body.get(..end).and_then(|line| std::str::from_utf8(line).ok());
        match line.and_then(signal) {
            Some(signal) => Found::Mark(signal, len),
            None => Found::Text(len),
        }
    }
}

enum Found {
    Mark(JobSignal, usize),
    Partial,
    Text(usize),
}

fn position(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().position(|&b| b == wanted).unwrap_or(bytes.len())
}

fn split_at(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

fn output(signals: &mut Vec<JobSignal>, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if let Some(JobSignal::Output(last)) = signals.last_mut() {
        last.extend_from_slice(bytes);
    } else {
        signals.push(JobSignal::Output(bytes.to_vec()));
    }
}

fn signal(line: &str) -> Option<JobSignal> {
    let words: Vec<&str> = line.split(' ').collect();
    match *words.as_slice() {
        ["start", step, at] => {
            Some(JobSignal::StepStarted { step: step.parse().ok()?, at: time(at)? })
        }
        ["done", step, exit, at, changed] => Some(JobSignal::StepFinished {
            step: step.parse().ok()?,
            exit: exit.parse().ok()?,
            at: time(at)?,
            changed: match changed {
                "0" => false,
                "1" => true,
                _ => return None,
            },
        }),
        ["tell", step, key, value] => Some(JobSignal::Told {
            step: step.parse().ok()?,
            key: Safe::line(key),
            value: Safe::text_from_bytes(&word(value)?),
        }),
        ["skip", step, reason] => Some(JobSignal::Skipped {
            step: step.parse().ok()?,
            reason: Safe::text_from_bytes(&word(reason)?),
        }),
        ["fail", step, message, hint] => Some(JobSignal::Failed {
            step: step.parse().ok()?,
            message: Safe::text_from_bytes(&word(message)?),
            hint: match hint {
                "-" => None,
                hint => Some(Safe::text_from_bytes(&word(hint)?)),
            },
        }),
        ["note", text] => Some(JobSignal::Note(Safe::text_from_bytes(&word(text)?))),
        _ => None,
    }
}

/// The text of a word: itself behind `=`, which base64 never begins with, or in base64. `-` stands for the empty text, which
/// would be no word.
fn word(text: &str) -> Option<Vec<u8>> {
    match text {
        "-" => Some(Vec::new()),
        text => text.strip_prefix('=').map_or_else(|| base64(text), |plain| Some(plain.into())),
    }
}

/// Seconds since 1970, with or without a fraction of at most nine digits.
fn time(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let places = u32::try_from(fraction.len()).ok()?;
    let nanos =
        fraction.parse::<i32>().ok()?.checked_mul(10_i32.pow(9_u32.checked_sub(places)?))?;
    Timestamp::new(seconds.parse().ok()?, nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn all(chunks: &[&[u8]]) -> Vec<JobSignal> {
        let mut parser = MarkerParser::new(NONCE);
        let mut signals = Vec::new();
        for chunk in chunks {
            signals.extend(parser.feed(chunk));
        }
        signals.extend(parser.finish());
        merge(signals)
    }

    fn merge(signals: Vec<JobSignal>) -> Vec<JobSignal> {
        let mut merged = Vec::new();
        for signal in signals {
            if let JobSignal::Output(bytes) = &signal {
                output(&mut merged, bytes);
            } else {
                merged.push(signal);
            }
        }
        merged
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn step(id: &str) -> StepId {
        id.parse().unwrap()
    }

    fn log() -> Vec<u8> {
        format!(
            "\x1e{NONCE} start build 1700000000\nno newline at its end\x1e{NONCE} tell build backup-file L2IveA==\n\
             \x1e{NONCE} tell build commit =b/x+1\n\x1e{NONCE} done build 0 1700000009 1\n\x1e{NONCE} skip migrate bm90aGluZw==\n\
             \x1e{NONCE} fail up ZGlzayBmdWxs -\n\x1e{NONCE} note bG9n\n"
        )
        .into_bytes()
    }

    #[test]
    fn marks_are_read_and_everything_else_is_output() {
        assert_eq!(
            all(&[&log()]),
            vec![
                JobSignal::StepStarted { step: step("build"), at: at(1_700_000_000) },
                JobSignal::Output(b"no newline at its end".to_vec()),
                JobSignal::Told {
                    step: step("build"),
                    key: "backup-file".into(),
                    value: "/b/x".into()
                },
                JobSignal::Told {
                    step: step("build"),
                    key: "commit".into(),
                    value: "b/x+1".into()
                },
                JobSignal::StepFinished {
                    step: step("build"),
                    exit: 0,
                    at: at(1_700_000_009),
                    changed: true
                },
                JobSignal::Skipped { step: step("migrate"), reason: "nothing".into() },
                JobSignal::Failed { step: step("up"), message: "disk full".into(), hint: None },
                JobSignal::Note("log".into()),
            ]
        );
    }

    #[test]
    fn a_mark_with_another_nonce_or_without_sense_is_output() {
        for forged in [
            "\x1eaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa done build 0 1 1\n".to_owned(),
            format!("\x1e{NONCE} done build zero 1 1\n"),
            format!("\x1e{NONCE} dance\n"),
            format!("\x1e{NONCE} tell build key %%%\n"),
            format!("\x1e\x1e{NONCE}"),
            format!("\x1e{NONCE} start ../x 1\n"),
            format!("\x1e{NONCE} note {}\n", "A".repeat(MAX_MARK_BYTES)),
        ] {
            let found = all(&[forged.as_bytes()]);
            assert_eq!(found, vec![JobSignal::Output(forged.clone().into_bytes())], "{forged:?}");
        }
    }

    #[test]
    fn times_may_be_finer_than_a_second() {
        for (text, nanos) in
            [("1700000000", 0), ("1700000000.5", 500), ("1700000000.250000001", 250)]
        {
            assert_eq!(time(text).map(Timestamp::as_millisecond), Some(1_700_000_000_000 + nanos));
        }
        for bad in ["", "1.", "1.x", "1.%N", "1.0000000001", "x.5", "1.5.5", "1.-5"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn ten_megabytes_without_a_newline_are_not_kept_back() {
        let mut parser = MarkerParser::new(NONCE);
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..10 {
            assert_eq!(parser.feed(&chunk), vec![JobSignal::Output(chunk.clone())]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn any_split_gives_the_same_signals(cuts in proptest::collection::vec(0usize..400, 0..12),
                                            noise in proptest::collection::vec(prop_oneof![Just(MARK), any::<u8>()], 0..60)) {
            let mut bytes = noise.clone();
            bytes.extend(log());
            bytes.extend(&noise);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            chunks.push(&bytes[from..]);
            prop_assert_eq!(all(&chunks), all(&[&bytes]));
        }
    }
}
