//! Takes secrets out of bytes that come back from a host, before they are kept anywhere.

use super::{Secret, Secrets};
use crate::domain::untrusted::Safe;

/// Values shorter than this are not looked for: they would blot out ordinary text.
const SHORTEST: usize = 6;
/// What stands where a secret stood, once per byte: so offsets into a log stay those of the host.
const MASK: u8 = b'*';

/// Replaces every occurrence of the secrets that it knows, byte by byte, also across the chunks of a stream.
///
/// **Invariant:** what goes in comes out with the same length. The end of a chunk that may be the beginning of a
/// secret is held back until the next.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that holds another is covered whole.
    values: Vec<Secret>,
    held: Vec<u8>,
}

impl Redactor {
    /// Looks for these values, and for each line of those that have several.
    pub fn new(secrets: &Secrets) -> Self {
        let mut values: Vec<Secret> = Vec::new();
        for secret in secrets.values() {
            values.push(secret.clone());
            let lines = secret.expose().lines();
            values.extend(lines.map(|line| Secret::new(line.to_owned())));
        }
        values.retain(|v| v.expose().len() >= SHORTEST);
        values.sort_by_key(|v| std::cmp::Reverse(v.expose().len()));
        Self { values, held: Vec::new() }
    }

    /// Takes the next bytes of a stream; gives those that can be told already.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        self.mask_held();
        let keep = self.beginning();
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest)
    }

    /// Forgets what was held back: the stream begins again after what was given.
    pub fn rewind(&mut self) {
        self.held.clear();
    }

    /// The end of the stream: gives what was held back.
    pub fn finish(&mut self) -> Vec<u8> {
        self.mask_held();
        std::mem::take(&mut self.held)
    }

    /// A line without the secrets.
    pub fn line(&self, text: &Safe) -> Safe {
        let mut whole =
            Self { values: self.values.clone(), held: text.as_str().as_bytes().to_vec() };
        Safe::line_from_bytes(&whole.finish())
    }

    fn mask_held(&mut self) {
        for value in &self.values {
            let wanted = value.expose().as_bytes();
            let mut from = 0;
            while let Some(at) = find(self.held.get(from..).unwrap_or_default(), wanted) {
                let (start, end) = (from + at, from + at + wanted.len());
                if let Some(place) = self.held.get_mut(start..end) {
                    place.fill(MASK);
                }
                from = end;
            }
        }
    }

    /// How many of the last bytes may be the beginning of a secret.
    fn beginning(&self) -> usize {
        let longest = self.values.first().map_or(0, |v| v.expose().len());
        let most = longest.saturating_sub(1).min(self.held.len());
        let tail = |n: usize| self.held.get(self.held.len() - n..).unwrap_or_default();
        let begins =
            |n: &usize| self.values.iter().any(|v| v.expose().as_bytes().starts_with(tail(*n)));
        (1..=most).rev().find(begins).unwrap_or(0)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|b| *b == first) {
        if bytes.get(from + at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redactor(values: &[&str]) -> Redactor {
        let named = |(i, v): (usize, &&str)| {
            (format!("vault_{i}").parse().unwrap(), Secret::new((*v).to_owned()))
        };
        Redactor::new(&values.iter().enumerate().map(named).collect())
    }

    #[test]
    fn a_secret_is_masked_wherever_a_chunk_ends() {
        let text = b"before hunter2-hunter2 after, abcabcabd end";
        let want = b"before *************** after, ********* end".to_vec();
        for cut in 0..text.len() {
            for second in cut..text.len() {
                let mut r = redactor(&["hunter2-hunter2", "abcabcabd"]);
                let mut got = r.feed(&text[..cut]);
                got.extend(r.feed(&text[cut..second]));
                got.extend(r.feed(&text[second..]));
                got.extend(r.finish());
                assert_eq!(got, want, "cut at {cut} and {second}");
            }
        }
    }

    #[test]
    fn short_values_and_ordinary_text_pass() {
        let mut r = redactor(&["abc", "a-long-value"]);
        assert_eq!(r.feed(b"abc and more\n"), b"abc and more\n");
        assert_eq!(r.feed(b"a-long-"), b"");
        assert_eq!(r.finish(), b"a-long-");
        assert_eq!(r.line(&Safe::line("is a-long-value here")).as_str(), "is ************ here");
    }

    proptest! {
        #[test]
        fn length_stays_and_no_secret_is_left(
            pieces in proptest::collection::vec("[ab]{0,9}", 1..12),
            cuts in proptest::collection::vec(1usize..9, 1..20),
        ) {
            let text = pieces.concat().into_bytes();
            let mut r = redactor(&["aababb", "abababab"]);
            let (mut got, mut rest) = (Vec::new(), text.as_slice());
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                got.extend(r.feed(now));
                rest = later;
            }
            got.extend(r.feed(rest));
            got.extend(r.finish());
            prop_assert_eq!(got.len(), text.len());
            prop_assert!(find(&got, b"aababb").is_none() && find(&got, b"abababab").is_none());
        }
    }
}
