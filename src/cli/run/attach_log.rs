//! The output of a run's hosts, printed so that it stands where it belongs between the steps' lines.
//!
//! **Invariant:** output that follows a step's mark is not printed before that step's event was. The output is kept
//! before its events are journalled, so without this a log would run ahead of its steps.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use super::super::exit::Trouble;
use super::logs::lines;
use super::print;
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::marker::StepMark;
use crate::engine::ports::{Output, RunReader};

/// How much of a log is read at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// How far a host's log may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until<'a> {
    /// To the next mark whose event was not seen.
    NextStep,
    /// To where this step begins (`false`) or ends (`true`).
    Step(&'a StepId, bool),
    /// To its end.
    End,
}

/// What was printed of the logs of a run.
#[derive(Debug, Default)]
pub(super) struct Logs(BTreeMap<HostId, Printed>);

/// What was read and printed of one host's log.
#[derive(Debug, Default)]
struct Printed {
    /// Where what was printed ends, in bytes.
    offset: u64,
    /// What was read from there on.
    ahead: VecDeque<u8>,
    /// The whole length of the log and the marks in it, as of the last reading.
    length: u64,
    marks: Vec<StepMark>,
    /// The part of a line whose newline has not come yet.
    partial: Vec<u8>,
    /// How many marks were passed.
    n_marks: usize,
}

impl Logs {
    /// Reads what is new of these hosts' logs: a chunk of each at most, and nothing of those of which that much waits to be printed.
    pub(super) async fn read(
        &mut self,
        store: &dyn RunReader,
        run: &RunId,
        hosts: impl Iterator<Item = HostId>,
    ) -> Result<(), Trouble> {
        let mut from = Vec::new();
        for host in hosts {
            let printed = self.0.entry(host.clone()).or_default();
            if printed.ahead.len() < CHUNK {
                from.push((host, printed.read_to()));
            }
        }
        if from.is_empty() {
            return Ok(());
        }
        let outputs = store.outputs(run, &from, CHUNK).await?;
        for ((host, _), output) in from.iter().zip(outputs) {
            self.0.entry(host.clone()).or_default().take(output);
        }
        Ok(())
    }

    /// Prints what was read of a host's log; `Break` when the reader has gone. Where that does not reach as far as is meant,
    /// more is read.
    pub(super) async fn print(
        &mut self,
        store: &dyn RunReader,
        run: &RunId,
        host: &HostId,
        (until, out): (Until<'_>, &mut print::Lines),
    ) -> Result<ControlFlow<()>, Trouble> {
        let one = || std::iter::once(host.clone());
        if !self.0.get(host).is_some_and(|printed| printed.knows(until)) {
            self.read(store, run, one()).await?;
        }
        let printed = self.0.entry(host.clone()).or_default();
        // Settled before more is read, which may bring a mark behind this place.
        let to = printed.limit(until).unwrap_or(printed.length).min(printed.length);
        loop {
            let printed = self.0.entry(host.clone()).or_default();
            let room = usize::try_from(to.saturating_sub(printed.offset)).unwrap_or(usize::MAX);
            let ready = printed.ahead.len().min(room);
            // Whatever the store says, what it has no bytes of is not waited for.
            let last = ready == room || ready == 0;
            printed.offset += ready as u64;
            printed.partial.extend(printed.ahead.drain(..ready));
            let ready = printed.ready(last && until != Until::NextStep);
            let text = lines(&ready).fold(String::new(), |mut text, line| {
                text.extend([host.as_str(), " | ", line.as_str(), "\n"]);
                text
            });
            if out.add(&text)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if last {
                return Ok(ControlFlow::Continue(()));
            }
            self.read(store, run, one()).await?;
        }
    }
}

impl Printed {
    /// Where what was read ends, in bytes.
    fn read_to(&self) -> u64 {
        self.offset + self.ahead.len() as u64
    }

    fn take(&mut self, output: Output) {
        self.ahead.extend(output.bytes);
        self.length = output.length;
        self.marks = output.marks;
    }

    /// Whether what was read last says how far that is.
    fn knows(&self, until: Until<'_>) -> bool {
        match until {
            Until::NextStep => true,
            Until::End => false,
            Until::Step(step, ended) => {
                let ahead = self.marks.get(self.n_marks..).unwrap_or_default();
                ahead.iter().any(|mark| &mark.step == step && mark.ended == ended)
            }
        }
    }

    /// The offset to print to; `None` is all that there is. Passes the mark that is meant.
    fn limit(&mut self, until: Until<'_>) -> Option<u64> {
        let ahead = self.marks.get(self.n_marks..).unwrap_or_default();
        match until {
            Until::End => {
                self.n_marks = self.marks.len();
                None
            }
            Until::NextStep => ahead.first().map(|mark| mark.at),
            Until::Step(step, ended) => {
                let meant = ahead.iter().position(|m| &m.step == step && m.ended == ended);
                // A gate leaves no mark, nor does a step that its job did not reach.
                let Some(idx) = meant else { return ahead.first().map(|mark| mark.at) };
                let at = ahead.get(idx).map(|mark| mark.at);
                self.n_marks += idx + 1;
                at
            }
        }
    }

    /// Takes what can be printed: whole lines; everything at the end of a step, and of a line without end.
    fn ready(&mut self, all: bool) -> Vec<u8> {
        let whole = self.partial.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let whole =
            if all || self.partial.len() - whole > CHUNK { self.partial.len() } else { whole };
        let rest = self.partial.split_off(whole);
        std::mem::replace(&mut self.partial, rest)
    }
}
