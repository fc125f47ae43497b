//! The output of a run's hosts, printed so that it stands where it belongs between the steps' lines.
//!
//! **Invariant:** output that follows a step's mark is not printed before that step's event was. The output is kept
//! before its events are journalled, so without this a log would run ahead of its steps.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::super::exit::Trouble;
use super::logs::lines;
use super::print;
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::marker::StepMark;
use crate::engine::ports::RunReader;

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

/// What was printed of one host's log.
#[derive(Debug, Default)]
struct Printed {
    offset: u64,
    /// The part of a line whose newline has not come yet.
    partial: Vec<u8>,
    /// How many marks were passed.
    n_marks: usize,
}

impl Logs {
    /// The hosts among these whose log is longer than what was printed of it.
    pub(super) async fn grown(
        &self,
        store: &dyn RunReader,
        run: &RunId,
        hosts: Vec<HostId>,
    ) -> Result<Vec<HostId>, Trouble> {
        let lengths = store.log_lengths(run, &hosts).await?;
        let printed = |host: &HostId| self.0.get(host).map_or(0, |printed| printed.offset);
        let each = hosts.into_iter().zip(lengths);
        Ok(each.filter(|(host, length)| *length > printed(host)).map(|(host, _)| host).collect())
    }

    /// Prints what is new of a host's log; `Break` when the reader has gone.
    pub(super) async fn print(
        &mut self,
        store: &dyn RunReader,
        run: &RunId,
        host: &HostId,
        until: Until<'_>,
    ) -> Result<ControlFlow<()>, Trouble> {
        let printed = self.0.entry(host.clone()).or_default();
        let (mut bytes, length) = store.log(run, host, printed.offset, CHUNK).await?;
        // The marks are asked for after the bytes, so that none within them is missing.
        let marks = store.log_marks(run, host).await?;
        let to = printed.limit(&marks, until).unwrap_or(length).min(length);
        loop {
            let room = usize::try_from(to.saturating_sub(printed.offset)).unwrap_or(usize::MAX);
            bytes.truncate(room);
            let last = bytes.len() == room || bytes.is_empty();
            printed.offset += bytes.len() as u64;
            printed.partial.append(&mut bytes);
            let ready = printed.ready(last && until != Until::NextStep);
            let text = lines(&ready).fold(String::new(), |mut text, line| {
                text.extend([host.as_str(), " | ", line.as_str(), "\n"]);
                text
            });
            if !text.is_empty() && print::text(&text)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if last {
                return Ok(ControlFlow::Continue(()));
            }
            (bytes, _) = store.log(run, host, printed.offset, CHUNK).await?;
        }
    }
}

impl Printed {
    /// The offset to print to; `None` is all that there is. Passes the mark that is meant.
    fn limit(&mut self, marks: &[StepMark], until: Until<'_>) -> Option<u64> {
        let ahead = marks.get(self.n_marks..).unwrap_or_default();
        match until {
            Until::End => {
                self.n_marks = marks.len();
                None
            }
            Until::NextStep => ahead.first().map(|mark| mark.at),
            Until::Step(step, ended) => {
                let meant = ahead.iter().position(|m| &m.step == step && m.ended == ended);
                // A gate leaves no mark, nor does a step that its job did not reach.
                let Some(idx) = meant else { return ahead.first().map(|mark| mark.at) };
                self.n_marks += idx + 1;
                ahead.get(idx).map(|mark| mark.at)
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
