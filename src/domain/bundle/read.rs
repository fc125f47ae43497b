//! Reading a bundle from somebody: nothing in it is believed before it was checked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::line::{FORMAT, Line, Redacted, bytes};
use crate::domain::audit::Row;
use crate::domain::ids::{HostId, RunId};
use crate::domain::marker::StepMark;
use crate::domain::plan::Plan;
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::untrusted::Safe;

/// How much of a bundle is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one line.
    pub line: usize,
    /// Bytes of all lines.
    pub all: u64,
    /// Events.
    pub events: usize,
    /// Marks of one host.
    pub marks: usize,
    /// Records of the audit log.
    pub records: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let (line, all) = (64 << 20, 1 << 30);
        Self { line, all, events: 1_000_000, marks: 20_000, records: 100_000 }
    }
}

/// Why a file is no bundle that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Unusable {
    /// Where, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: Safe,
}

/// The output of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostLog {
    /// As it came.
    pub bytes: Vec<u8>,
    /// Where its steps begin and end.
    pub marks: Vec<StepMark>,
    /// Bytes that are not in the file.
    pub cut: u64,
}

/// A run, read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The run.
    pub run: RunId,
    /// The program that made the file.
    pub program: Safe,
    /// Whether secrets were looked for.
    pub redacted: Redacted,
    /// What was approved.
    pub plan: Plan,
    /// What happened, in order; at least one event.
    pub events: Vec<RunEvent>,
    /// The output of each host of the plan.
    pub logs: BTreeMap<HostId, HostLog>,
    /// Records of the audit log.
    pub audit: Vec<Row>,
}

/// Takes the lines of a file in order.
pub struct Reader {
    limits: Limits,
    n: u64,
    all: u64,
    hash: Sha256,
    head: Option<(RunId, Safe, Redacted)>,
    plan: Option<Plan>,
    events: Vec<RunEvent>,
    logs: BTreeMap<HostId, HostLog>,
    audit: Vec<Row>,
    ended: bool,
}

impl Reader {
    /// With these limits.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            n: 0,
            all: 0,
            hash: Sha256::new(),
            head: None,
            plan: None,
            events: Vec::new(),
            logs: BTreeMap::new(),
            audit: Vec::new(),
            ended: false,
        }
    }

    fn wrong(&self, what: &str) -> Unusable {
        Unusable { line: self.n, what: Safe::line(what) }
    }

    /// Takes the next line, without its end.
    pub fn feed(&mut self, text: &str) -> Result<(), Unusable> {
        self.n += 1;
        self.all += text.len() as u64 + 1;
        if text.len() > self.limits.line || self.all > self.limits.all {
            return Err(self.wrong("it is longer than a bundle can be"));
        }
        if self.ended {
            return Err(self.wrong("something stands behind the end"));
        }
        let line: Line = serde_json::from_str(text)
            .map_err(|e| self.wrong(&format!("it is no line of a bundle: {e}")))?;
        let ended = matches!(line, Line::End { .. });
        self.take(line)?;
        if !ended {
            self.hash.update(text);
            self.hash.update("\n");
        }
        Ok(())
    }

    fn take(&mut self, line: Line) -> Result<(), Unusable> {
        match (line, self.n) {
            (Line::Bundle { format, program, run, redacted }, 1) => {
                if format != FORMAT {
                    let what = format!("format {format} is unknown here: use a newer program");
                    return Err(self.wrong(&what));
                }
                self.head = Some((run, program, redacted));
                Ok(())
            }
            (Line::Plan { plan }, 2) => {
                self.logs = plan.hosts.iter().map(|h| (h.id.clone(), HostLog::default())).collect();
                self.plan = Some(*plan);
                Ok(())
            }
            (Line::Bundle { .. } | Line::Plan { .. }, _) | (_, 1 | 2) => {
                Err(self.wrong("a bundle begins with what it is and with the plan, once"))
            }
            (Line::Event { event }, _) => self.event(event),
            (Line::Log { host, offset, text, hex }, _) => {
                let more = match (text, hex) {
                    (Some(text), None) => Some(text.into_bytes()),
                    (None, Some(hex)) => bytes(&hex),
                    _ => None,
                };
                let more = more.ok_or_else(|| self.wrong("output that is none"))?;
                let log = self.log(&host)?;
                if log.bytes.len() as u64 != offset {
                    return Err(self.wrong("output with a hole"));
                }
                log.bytes.extend(more);
                Ok(())
            }
            (Line::Cut { host, bytes }, _) => {
                self.log(&host)?.cut = bytes;
                Ok(())
            }
            (Line::Mark { host, at, step, ended }, _) => {
                let most = self.limits.marks;
                let log = self.log(&host)?;
                if log.marks.len() >= most || log.marks.last().is_some_and(|m| m.at > at) {
                    return Err(self.wrong("marks out of order, or too many"));
                }
                log.marks.push(StepMark { at, step, ended });
                Ok(())
            }
            (Line::Audit { record, hash }, _) => {
                if self.audit.len() >= self.limits.records {
                    return Err(self.wrong("too many records"));
                }
                let seq = self.audit.len() as u64 + 1;
                self.audit.push(Row { seq, record, hash });
                Ok(())
            }
            (Line::End { lines, sha256 }, _) => self.end(lines, &sha256),
        }
    }

    fn log(&mut self, host: &HostId) -> Result<&mut HostLog, Unusable> {
        let what = format!("host {host} is not in the plan");
        let wrong = self.wrong(&what);
        self.logs.get_mut(host).ok_or(wrong)
    }

    fn event(&mut self, event: RunEvent) -> Result<(), Unusable> {
        let run = self.head.as_ref().map(|(run, ..)| run);
        if Some(&event.run) != run || event.seq != self.events.len() as u64 + 1 {
            return Err(self.wrong("an event that is not the next one of this run"));
        }
        if self.events.len() >= self.limits.events {
            return Err(self.wrong("too many events"));
        }
        let hash = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let word = |text: &str| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let plain = if let EventKind::Planned { hash: of, .. } = &event.kind {
            hash(&of.0)
        } else if let EventKind::JobIntended { nonce, .. } = &event.kind {
            word(nonce)
        } else {
            true
        };
        if !plain {
            return Err(self.wrong("an event with what no run has"));
        }
        self.events.push(event);
        Ok(())
    }

    fn end(&mut self, lines: u64, sha256: &str) -> Result<(), Unusable> {
        let digest = self.hash.clone().finalize();
        let mut found = String::with_capacity(64);
        for byte in digest {
            let _ = write!(found, "{byte:02x}");
        }
        if lines + 1 != self.n || sha256 != found {
            return Err(self.wrong("the file is not as it was written"));
        }
        self.ended = true;
        Ok(())
    }

    /// The end of the file.
    pub fn finish(self) -> Result<Bundle, Unusable> {
        let wrong = self.wrong("the file is cut off");
        let (Some((run, program, redacted)), Some(plan), true) =
            (self.head, self.plan, self.ended && !self.events.is_empty())
        else {
            return Err(wrong);
        };
        let (events, logs, audit) = (self.events, self.logs, self.audit);
        Ok(Bundle { run, program, redacted, plan, events, logs, audit })
    }
}
