//! One record, and which of them are wanted.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::{ChainHash, link};
use super::deed::{Actor, Caller, Deed, Ending, Facts, Source};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::PlanHash;
use crate::domain::untrusted::Safe;

/// Whether something is about to be done or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It is about to be done; this was durable before it began.
    Intent,
    /// It ended.
    Outcome,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Intent => "intent",
            Self::Outcome => "outcome",
        })
    }
}

/// One record. Its JSON, in the order of these fields and without blanks, is what the chain is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The log that it belongs to: a name made by chance when the log began.
    pub log: Safe,
    /// Its place, from 1 and without gaps. Order is this number, never the clock.
    pub seq: u64,
    /// When, by the clock of the control machine.
    pub at: Timestamp,
    /// Intent or outcome.
    pub phase: Phase,
    /// What.
    pub action: Safe,
    /// Who.
    pub who: Actor,
    /// Through which door.
    pub source: Source,
    /// The hosts that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostId>,
    /// What it is about, where that is no host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Safe>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Safe>,
    /// The plan that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanHash>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What was.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub before: Facts,
    /// What is to be (an intent), or is now (an outcome).
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub after: Facts,
    /// Of an outcome: the number of its intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<u64>,
    /// Of an outcome: how it ended, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Safe>,
    /// Of an outcome: what happened, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Safe>,
    /// The hash of the record before.
    pub prev: ChainHash,
}

/// Where a record goes: behind the last one.
#[derive(Debug, Clone)]
pub struct Place {
    /// The log.
    pub log: Safe,
    /// The number that is next.
    pub seq: u64,
    /// The time.
    pub at: Timestamp,
    /// The hash of the last record.
    pub prev: ChainHash,
}

impl Record {
    /// Of something that is about to be done.
    pub fn intent(place: Place, caller: &Caller, deed: &Deed) -> Self {
        Self::of(Phase::Intent, place, caller, deed)
    }

    /// Of how it ended. `intent` is the number of its intent, where there is one.
    pub fn outcome(
        place: Place,
        caller: &Caller,
        deed: &Deed,
        intent: Option<u64>,
        ending: &Ending,
    ) -> Self {
        let mut record = Self::of(Phase::Outcome, place, caller, deed);
        record.intent = intent;
        record.outcome = Some(ending.outcome.clone());
        record.detail.clone_from(&ending.detail);
        record.after.extend(ending.after.clone());
        record
    }

    fn of(phase: Phase, place: Place, caller: &Caller, deed: &Deed) -> Self {
        Self {
            log: place.log,
            seq: place.seq,
            at: place.at,
            phase,
            action: deed.action.clone(),
            who: caller.who.clone(),
            source: caller.source,
            hosts: deed.hosts.clone(),
            target: deed.target.clone(),
            why: deed.why.clone().or_else(|| caller.why.clone()),
            plan: deed.plan.clone(),
            run: deed.run.clone(),
            before: deed.before.clone(),
            after: deed.after.clone(),
            intent: None,
            outcome: None,
            detail: None,
            prev: place.prev,
        }
    }

    /// The record as it is kept.
    pub fn row(&self) -> Result<Row, serde_json::Error> {
        let record = serde_json::to_string(self)?;
        let hash = link(&self.prev, &record).as_str().to_owned();
        Ok(Row { seq: self.seq, record, hash })
    }

    /// What the record is about, for people: its hosts, else the thing.
    pub fn subject(&self) -> String {
        let hosts: Vec<&str> = self.hosts.iter().map(HostId::as_str).collect();
        match (hosts.as_slice(), &self.target) {
            ([], Some(target)) => target.to_string(),
            ([], None) => String::new(),
            ([one, two, three, rest @ ..], _) if !rest.is_empty() => {
                format!("{one} {two} {three} and {} more", rest.len())
            }
            (hosts, _) => hosts.join(" "),
        }
    }

    /// The word that stands for it in a list: `intent`, or how it ended.
    pub fn word(&self) -> &str {
        match (self.phase, &self.outcome) {
            (Phase::Outcome, Some(outcome)) => outcome.as_str(),
            (Phase::Outcome, None) => "outcome",
            (Phase::Intent, _) => "intent",
        }
    }
}

/// A record as it is kept: its exact text, with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place by the store's word.
    pub seq: u64,
    /// Its JSON.
    pub record: String,
    /// Its hash.
    pub hash: String,
}

impl Row {
    /// What is exported: one line of JSON that holds the record byte for byte.
    pub fn line(&self) -> String {
        // Both come from the store, where they were checked or are about to be.
        let hash = serde_json::Value::from(self.hash.as_str());
        format!("{{\"hash\":{hash},\"record\":{}}}", self.record)
    }

    /// An exported line, read. The record is what stands between the frame, byte for byte.
    pub fn of_line(line: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Head {
            hash: String,
            record: serde_json::Value,
        }
        let head: Head = serde_json::from_str(line).ok()?;
        let seq = head.record.get("seq")?.as_u64()?;
        let (_, record) = line.split_once(",\"record\":")?;
        let record = record.strip_suffix('}')?.to_owned();
        Some(Self { seq, record, hash: head.hash })
    }
}

/// A record with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: Record,
    /// Its hash.
    pub hash: ChainHash,
}

/// Which records are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// By somebody whose user name, name before `sudo`, or key has this in it.
    pub who: Option<String>,
    /// About this host.
    pub host: Option<HostId>,
    /// Of this run.
    pub run: Option<RunId>,
}

impl Wanted {
    /// Whether a record is wanted.
    pub fn takes(&self, record: &Record) -> bool {
        let who = &record.who;
        let named = |text: &String| {
            let names = [Some(&who.user), who.sudo_from.as_ref()];
            let key = who.key.as_ref().map(|key| &key.fingerprint);
            let has = |name: &Safe| name.as_str().contains(text.as_str());
            names.into_iter().flatten().chain(key).any(has)
        };
        self.since.is_none_or(|since| record.at >= since)
            && self.who.as_ref().is_none_or(named)
            && self.host.as_ref().is_none_or(|host| record.hosts.contains(host))
            && self.run.as_ref().is_none_or(|run| record.run.as_ref() == Some(run))
    }
}
