//! Reading the chain from its beginning and saying where it is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::anchor::Anchor;
use super::chain::{ChainHash, link};
use super::record::{Phase, Record, Row};
use crate::domain::untrusted::Safe;

/// Findings that are kept; the first is the one that counts.
const MOST: usize = 1_000;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Records are missing.
    Gap {
        /// The last one before.
        after: u64,
        /// The next that is there.
        next: u64,
    },
    /// A record stands where it does not belong.
    Order {
        /// Where.
        seq: u64,
        /// Which number it has itself.
        says: u64,
    },
    /// It is no record.
    Unreadable {
        /// Which.
        seq: u64,
    },
    /// Its hash is not that of its text.
    Altered {
        /// Which.
        seq: u64,
    },
    /// It does not follow from the one before.
    Unlinked {
        /// Which.
        seq: u64,
    },
    /// It belongs to another log.
    Foreign {
        /// Which.
        seq: u64,
    },
    /// The log ends before a record that somebody else remembers.
    Short {
        /// The last record that is there.
        last: u64,
        /// What is remembered.
        anchor: Anchor,
        /// Who remembers it.
        by: Safe,
    },
    /// Somebody else remembers another record in its place: all up to there may be rewritten.
    Rewritten {
        /// What is remembered.
        anchor: Anchor,
        /// Who remembers it.
        by: Safe,
    },
    /// Somebody remembers another log of this machine: this one may stand in its place.
    Replaced {
        /// What is remembered.
        anchor: Anchor,
        /// Who remembers it.
        by: Safe,
    },
}

impl Finding {
    /// The first record that cannot be trusted.
    pub fn seq(&self) -> u64 {
        match self {
            Self::Gap { after, .. } => after + 1,
            Self::Short { last, .. } => last + 1,
            Self::Order { seq, .. }
            | Self::Unreadable { seq }
            | Self::Altered { seq }
            | Self::Unlinked { seq }
            | Self::Foreign { seq } => *seq,
            Self::Rewritten { anchor, .. } => anchor.seq,
            Self::Replaced { .. } => 1,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { after, next } if next - after == 2 => {
                write!(f, "record {} is missing", after + 1)
            }
            Self::Gap { after, next } => {
                write!(f, "records {} to {} are missing", after + 1, next - 1)
            }
            Self::Order { seq, says } => {
                write!(f, "record {seq} is out of order: it is number {says} by its own word")
            }
            Self::Unreadable { seq } => write!(f, "record {seq} cannot be read"),
            Self::Altered { seq } => {
                write!(f, "record {seq} was altered: its hash is not that of its text")
            }
            Self::Unlinked { seq } => {
                write!(f, "record {seq} does not follow from the one before it")
            }
            Self::Foreign { seq } => write!(f, "record {seq} belongs to another log"),
            Self::Short { last, anchor, by } => write!(
                f,
                "the log ends at record {last}, but {by} remembers record {}: its end is missing",
                anchor.seq
            ),
            Self::Rewritten { anchor, by } => write!(
                f,
                "record {} is not the one that {by} remembers ({}): it or one before it was rewritten",
                anchor.seq,
                anchor.hash.short()
            ),
            Self::Replaced { anchor, by } => write!(
                f,
                "{by} remembers record {} of log {} of this machine ({}), which is not this log: it may have been replaced",
                anchor.seq, anchor.log, anchor.machine
            ),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The log, where it has a record.
    pub log: Option<Safe>,
    /// Records that were read.
    pub n: u64,
    /// The last record and its hash.
    pub head: Option<(u64, ChainHash)>,
    /// What is not as it was written, the first record first.
    pub findings: Vec<Finding>,
    /// Anchors of this log that were compared.
    pub n_anchors: usize,
    /// The newest record that an anchor vouches for; what comes after it could be cut off unnoticed.
    pub anchored: Option<u64>,
    /// Intents without an outcome: under way, or cut off.
    pub open: Vec<u64>,
}

/// Reads records in order.
#[derive(Debug, Clone)]
pub struct Verifier {
    anchors: BTreeMap<u64, Vec<(Anchor, Safe)>>,
    machine: Option<Safe>,
    log: Option<Safe>,
    n: u64,
    last: u64,
    head: ChainHash,
    findings: Vec<Finding>,
    met: usize,
    anchored: Option<u64>,
    open: BTreeSet<u64>,
}

impl Verifier {
    /// With what others remember, and who they are. `machine` is the control machine of the log.
    pub fn new(anchors: Vec<(Anchor, Safe)>, machine: Option<Safe>) -> Self {
        let mut by_seq: BTreeMap<u64, Vec<(Anchor, Safe)>> = BTreeMap::new();
        for (anchor, by) in anchors {
            by_seq.entry(anchor.seq).or_default().push((anchor, by));
        }
        Self {
            anchors: by_seq,
            machine,
            log: None,
            n: 0,
            last: 0,
            head: ChainHash::genesis(),
            findings: Vec::new(),
            met: 0,
            anchored: None,
            open: BTreeSet::new(),
        }
    }

    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MOST {
            self.findings.push(finding);
        }
    }

    /// Takes the next record.
    pub fn feed(&mut self, row: &Row) {
        self.n += 1;
        let follows = row.seq == self.last + 1;
        if row.seq > self.last + 1 {
            self.found(Finding::Gap { after: self.last, next: row.seq });
        } else if !follows {
            self.found(Finding::Order { seq: self.last + 1, says: row.seq });
        }
        self.last = row.seq.max(self.last + 1);
        let Ok(record) = serde_json::from_str::<Record>(&row.record) else {
            self.found(Finding::Unreadable { seq: row.seq });
            self.head = row.hash.parse().unwrap_or_else(|_| ChainHash::genesis());
            return;
        };
        if record.seq != row.seq {
            self.found(Finding::Order { seq: row.seq, says: record.seq });
        }
        if follows && record.prev != self.head {
            self.found(Finding::Unlinked { seq: row.seq });
        }
        let hash = link(&record.prev, &row.record);
        if hash.as_str() != row.hash {
            self.found(Finding::Altered { seq: row.seq });
        }
        match &self.log {
            None => self.log = Some(record.log.clone()),
            Some(log) if *log == record.log => {}
            Some(_) => self.found(Finding::Foreign { seq: row.seq }),
        }
        self.head = row.hash.parse().unwrap_or(hash);
        self.compare(row.seq);
        match record.phase {
            Phase::Intent => drop(self.open.insert(record.seq)),
            Phase::Outcome => drop(record.intent.map(|intent| self.open.remove(&intent))),
        }
    }

    /// Compares the record that was just read with what others remember of it.
    fn compare(&mut self, seq: u64) {
        let Some(anchors) = self.anchors.get(&seq) else { return };
        let ours = anchors.iter().filter(|(anchor, _)| Some(&anchor.log) == self.log.as_ref());
        let ours: Vec<(Anchor, Safe)> = ours.cloned().collect();
        for (anchor, by) in ours {
            self.met += 1;
            if anchor.hash == self.head {
                self.anchored = self.anchored.max(Some(seq));
            } else {
                self.found(Finding::Rewritten { anchor, by });
            }
        }
    }

    /// The end of the log.
    pub fn finish(mut self) -> Verdict {
        let anchors: Vec<(Anchor, Safe)> =
            std::mem::take(&mut self.anchors).into_values().flatten().collect();
        let mut strange = BTreeSet::new();
        for (anchor, by) in anchors {
            if Some(&anchor.log) == self.log.as_ref() {
                if anchor.seq > self.last {
                    self.met += 1;
                    self.found(Finding::Short { last: self.last, anchor, by });
                }
            } else if Some(&anchor.machine) == self.machine.as_ref()
                && strange.insert((anchor.log.clone(), by.clone()))
            {
                self.found(Finding::Replaced { anchor, by });
            }
        }
        self.findings.sort_by_key(Finding::seq);
        let head = (self.n > 0).then_some((self.last, self.head));
        Verdict {
            log: self.log,
            n: self.n,
            head,
            findings: self.findings,
            n_anchors: self.met,
            anchored: self.anchored,
            open: self.open.into_iter().collect(),
        }
    }
}
