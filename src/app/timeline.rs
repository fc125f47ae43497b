//! What changed on an instance: as it was kept, and the runs that worked on it.

use jiff::Timestamp;

use super::choice_pages::Asked;
use super::look::Looked;
use super::model::Model;
use super::msg::Problem;
use crate::domain::filter::Row;
use crate::domain::ids::HostId;
use crate::domain::timeline::{Change, Kept, changes};

/// Seconds after which it is read again while it is seen.
const AGAIN_S: i64 = 10;

/// What was kept of an instance, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineRead {
    /// As it was asked for last.
    pub read: Asked<Vec<Kept>>,
    /// The last good answer, while a newer one is waited for or failed.
    pub last: Option<Vec<Kept>>,
    /// When it was last asked for.
    pub asked: Timestamp,
}

impl TimelineRead {
    /// Asked for by this request.
    pub fn new(request: u64, now: Timestamp) -> Self {
        Self { read: Asked::Waiting(request), last: None, asked: now }
    }

    /// The newest that is known.
    pub fn kept(&self) -> Option<&[Kept]> {
        self.read.known().or(self.last.as_ref()).map(Vec::as_slice)
    }

    /// Asks again; what was known stays until the answer.
    pub fn ask(&mut self, request: u64, now: Timestamp) {
        self.last = self.kept().map(<[Kept]>::to_vec);
        *self = Self { last: self.last.take(), ..Self::new(request, now) };
    }

    /// Whether it is to be read again.
    pub fn is_old(&self, now: Timestamp) -> bool {
        let waits = matches!(self.read, Asked::Waiting(_));
        !waits && now.duration_since(self.asked).as_secs() >= AGAIN_S
    }

    /// Takes an answer that is for this request.
    pub fn take(&mut self, request: u64, answer: &Result<Looked, Problem>) {
        match answer {
            Ok(Looked::Timeline(kept)) => self.read.take(request, Ok(kept.clone()), |k| k),
            Err(problem) => self.read.take(request, Err::<Vec<Kept>, _>(problem.clone()), |k| k),
            Ok(_) => {}
        }
    }
}

/// What changed on an instance, newest first.
pub fn of(model: &Model, host: &HostId, read: &TimelineRead) -> Vec<Change> {
    let runs = model.runs.iter().flatten();
    changes(read.kept().unwrap_or_default(), runs, host, model.now)
}

/// The name of a change: no two changes of one kind are seen at one moment.
pub fn name(change: &Change) -> String {
    format!("{} {}", change.at, change.what)
}

/// What a filter looks at.
pub(super) fn row(change: &Change, now: Timestamp) -> Row {
    let kind = change.what.word();
    let (from, to) = change.what.ends();
    let row = Row::of(format!("{kind} {} {}", change.what, change.why))
        .figure("age", Some(now.duration_since(change.at).as_secs_f64().max(0.0)))
        .figure("for", Some(change.lasted_s()))
        .text("what", kind)
        .text("to", to);
    from.into_iter().fold(row, |row, from| row.text("from", from))
}
