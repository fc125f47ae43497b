//! A head of the chain that is kept elsewhere: on the hosts, and in the history of the inventory.

use std::fmt;

use super::chain::ChainHash;
use crate::domain::untrusted::Safe;

/// The word that begins the line of an anchor.
const WORD: &str = "bunker-audit";

/// A head of a log: that record, and by its hash all before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Anchor {
    /// The log.
    pub log: Safe,
    /// The control machine that it is on.
    pub machine: Safe,
    /// The record.
    pub seq: u64,
    /// Its hash.
    pub hash: ChainHash,
}

impl Anchor {
    /// The head of the log of a machine.
    pub fn new(log: &Safe, machine: &Safe, seq: u64, hash: ChainHash) -> Self {
        Self { log: word(log.as_str()), machine: word(machine.as_str()), seq, hash }
    }

    /// Reads a line of one; `None` where it is something else.
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_ascii_whitespace().take(6).collect();
        let [WORD, log, machine, seq, hash] = words.as_slice() else { return None };
        let (seq, hash) = (seq.parse().ok()?, hash.parse().ok()?);
        Some(Self::new(&Safe::line(log), &Safe::line(machine), seq, hash))
    }
}

/// The line that is kept; letters, digits and a few marks only, so that a shell takes it as it is.
impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{WORD} {} {} {} {}", self.log, self.machine, self.seq, self.hash)
    }
}

/// One word without anything that has a meaning elsewhere.
fn word(text: &str) -> Safe {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let word: String = text.chars().take(64).map(plain).collect();
    Safe::line(if word.is_empty() { "_" } else { &word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_and_nothing_else_is_taken_for_one() {
        let (log, machine) = (Safe::line("3f9c"), Safe::line("desk $(id)\n.example"));
        let anchor = Anchor::new(&log, &machine, 12, ChainHash::genesis());
        let line = anchor.to_string();
        assert!(line.chars().all(|c| c.is_ascii_alphanumeric() || " .-_".contains(c)), "{line}");
        assert_eq!(Anchor::parse(&line), Some(anchor));
        for wrong in ["", "bunker-audit a b 1 zz", "x a b 1", &format!("{line} more")] {
            assert_eq!(Anchor::parse(wrong), None, "{wrong}");
        }
    }
}
