//! From the bytes of a job's log to events: kept first, journalled then.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::host_journal::HostJournal;
use super::shared::Shared;
use crate::domain::ids::StepId;
use crate::domain::job::EXIT_SKIPPED;
use crate::domain::marker::{JobSignal, MarkerParser};
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::{Failure, Outcome};
use crate::domain::secret::Redactor;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{LogSink, StoreError};

/// How many bytes of output are remembered for the report of a failure.
const TAIL: usize = 16 * 1024;
/// How many lines of it are reported.
const LAST_LINES: usize = 20;

/// Reads one job's log for one host.
pub(super) struct Progress {
    /// The target, this job's events included.
    pub(super) journal: HostJournal,
    seq: u32,
    redactor: Redactor,
    parser: MarkerParser,
    reading: Reading,
    /// Set when a store error ended the following: it decides, not the connection's.
    pub(super) broken: Option<StoreError>,
    /// Bytes that arrived since the last look at this number.
    pub(super) fresh_bytes: u64,
}

/// What is remembered between marks.
#[derive(Default)]
struct Reading {
    began: Option<Timestamp>,
    said: Option<(Safe, Option<Safe>)>,
    skipped: Option<Safe>,
    /// How the step ends, where its exit code cannot say it.
    ends_as: Option<Outcome>,
    tail: Vec<u8>,
}

impl Progress {
    /// Reads what is kept of this job's log already, and journals what of it was not yet.
    pub(super) async fn open(
        journal: HostJournal,
        seq: u32,
        nonce: &str,
        redactor: Redactor,
    ) -> Result<Self, StoreError> {
        let (parser, reading) = (MarkerParser::new(nonce), Reading::default());
        let mut progress =
            Self { journal, seq, redactor, parser, reading, broken: None, fresh_bytes: 0 };
        let mut offset = 0;
        loop {
            let (shared, id) = (progress.shared(), &progress.journal.state.id);
            let kept = shared.ports.store.raw_log(&shared.run, id, seq, offset, 64 * 1024);
            let bytes = kept.await?;
            if bytes.is_empty() {
                return Ok(progress);
            }
            offset += bytes.len() as u64;
            let signals = progress.parser.feed(&bytes);
            progress.believe(signals);
            progress.journal.write().await?;
        }
    }

    /// What all hosts of the run share.
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.journal.shared)
    }

    /// The log is followed again from where the kept bytes end.
    pub(super) fn rewind(&mut self) {
        self.redactor.rewind();
        self.fresh_bytes = 0;
    }

    /// Takes what was held back at the end of the log.
    pub(super) async fn finish(&mut self) -> Result<(), StoreError> {
        let held = self.redactor.finish();
        self.keep_and_believe(&held).await?;
        let signals = self.parser.finish();
        self.believe(signals);
        Ok(())
    }

    /// A failure of the step that ran last, with its last lines.
    pub(super) fn failure(&self, exit: Option<i32>, message: &Safe, hint: Option<Safe>) -> Failure {
        let whole_log = format!(
            "`bunker logs {} {}` shows the whole output",
            self.journal.shared.run, self.journal.state.id
        );
        Failure {
            exit,
            message: message.clone(),
            hint: hint.or_else(|| Some(Safe::line(&whole_log))),
            last_lines: last_lines(&self.reading.tail),
        }
    }

    /// Says how the running step ends, where the exit code that follows cannot.
    pub(super) fn ends_as(&mut self, outcome: Option<Outcome>) {
        self.reading.ends_as = outcome;
    }

    /// What a log says is journalled with what comes next.
    fn believe(&mut self, signals: Vec<JobSignal>) {
        let mut kinds = Vec::new();
        for signal in signals {
            kinds.extend(self.event_of(signal));
        }
        kinds.retain(|kind| !self.is_journalled(kind));
        self.journal.note(kinds);
    }

    /// Whether the journal has this already: a worker that died had kept the bytes and read them.
    fn is_journalled(&self, kind: &EventKind) -> bool {
        let step = |id| self.journal.state.step(id);
        if let EventKind::StepStarted { step: id, .. } = kind {
            step(id).is_none_or(|s| s.started.is_some())
        } else if let EventKind::StepFinished { step: id, .. } = kind {
            step(id).is_none_or(|s| s.outcome.is_some())
        } else if let EventKind::Told { key, value, .. } = kind {
            self.journal.state.told.get(key) == Some(value)
        } else {
            false
        }
    }

    fn event_of(&mut self, signal: JobSignal) -> Option<EventKind> {
        let host = self.journal.state.id.clone();
        match signal {
            JobSignal::Output(bytes) => {
                self.reading.keep(&bytes);
                None
            }
            JobSignal::Note(text) => {
                self.reading.keep(format!("{text}\n").as_bytes());
                None
            }
            JobSignal::StepStarted { step, at } => {
                self.reading = Reading { began: Some(at), ..Reading::default() };
                Some(EventKind::StepStarted { host, step, host_time: at })
            }
            JobSignal::Told { step, key, value } => {
                let value = self.redactor.line(&value);
                Some(EventKind::Told { host, step, key, value })
            }
            JobSignal::Skipped { reason, .. } => {
                self.reading.skipped = Some(self.redactor.line(&reason));
                None
            }
            JobSignal::Failed { message, hint, .. } => {
                let hint = hint.map(|hint| self.redactor.line(&hint));
                self.reading.said = Some((self.redactor.line(&message), hint));
                None
            }
            JobSignal::StepFinished { step, exit, at, changed } => {
                let known = self.reading.ends_as.take();
                let outcome = known.unwrap_or_else(|| self.outcome(&step, exit, changed));
                let took_s = self.reading.began.map(|began| at.duration_since(began).as_secs_f64());
                Some(EventKind::StepFinished { host, step, outcome, took_s })
            }
        }
    }

    fn outcome(&self, step: &StepId, exit: i32, changed: bool) -> Outcome {
        match exit {
            0 if changed => Outcome::Changed,
            0 => Outcome::Ok,
            EXIT_SKIPPED => {
                let reason = self.reading.skipped.clone();
                Outcome::Skipped(reason.unwrap_or_else(|| Safe::line("there was nothing to do")))
            }
            _ if self.journal.shared.killing() => Outcome::Cancelled,
            _ => {
                let plain = Safe::line(&format!("{step} ended with exit code {exit}"));
                let (message, hint) = self.reading.said.clone().unwrap_or((plain, None));
                Outcome::Failed(self.failure(Some(exit), &message, hint))
            }
        }
    }
}

impl Reading {
    fn keep(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }
}

/// The last lines of an output, oldest first; blank ones are left out.
fn last_lines(tail: &[u8]) -> Vec<Safe> {
    let lines = tail.rsplit(|&b| b == b'\n').map(Safe::line_from_bytes);
    let lines = lines.filter(|line| !line.as_str().trim().is_empty());
    let mut lines: Vec<Safe> = lines.take(LAST_LINES).collect();
    lines.reverse();
    lines
}

#[async_trait]
impl LogSink for Progress {
    async fn keep(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.fresh_bytes += bytes.len() as u64;
        let told = self.redactor.feed(bytes);
        let kept = self.keep_and_believe(&told).await;
        if let Err(error) = &kept {
            self.broken = Some(error.clone());
        }
        kept
    }
}

impl Progress {
    async fn keep_and_believe(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.journal.state.contact_lost.is_some() {
            let host = self.journal.state.id.clone();
            self.journal.note(vec![EventKind::ContactRestored { host }]);
        }
        let signals = self.parser.feed(bytes);
        self.believe(signals);
        self.journal.write_output(self.seq, bytes).await
    }
}
