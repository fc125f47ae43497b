//! A host's log as people read it: all its jobs in this run one after the other, less the runner's marks.

use super::logs::{HostLogs, read_at};
use crate::domain::marker::{JobSignal, MarkerParser, StepMark};

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 * 1024;
/// A place to start from is remembered each time this many bytes were read.
const STRIDE: u64 = 1024 * 1024;

/// A job of the host, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobLog {
    pub(super) seq: u32,
    pub(super) nonce: String,
}

/// A place in the files and what it is in the presented text.
#[derive(Debug, Clone)]
struct Place {
    /// Which job, by its position.
    idx: usize,
    /// Bytes of its file that were read.
    raw: u64,
    /// Bytes of text before this place.
    text: u64,
    parser: MarkerParser,
}

/// What is remembered of one host's log, so that reading on costs only what is new.
pub(super) struct Presented {
    logs: HostLogs,
    jobs: Vec<JobLog>,
    /// In order; the first is the beginning, the last is as far as was ever read.
    places: Vec<Place>,
    /// The steps' marks as far as was ever read.
    marks: Vec<StepMark>,
}

impl Presented {
    /// Of a host with these logs; nothing was read yet.
    pub(super) fn new(logs: HostLogs) -> Self {
        Self { logs, jobs: Vec::new(), places: Vec::new(), marks: Vec::new() }
    }

    /// Takes the jobs that the journal names by now.
    pub(super) fn know(&mut self, jobs: &[JobLog]) {
        if self.jobs.len() == jobs.len() {
            return;
        }
        if let (Some(first), true) = (jobs.first(), self.places.is_empty()) {
            let parser = MarkerParser::new(&first.nonce);
            self.places.push(Place { idx: 0, raw: 0, text: 0, parser });
        }
        self.jobs = jobs.to_vec();
    }

    /// Where steps begin and end in the text that was read so far.
    pub(super) fn marks(&self) -> &[StepMark] {
        &self.marks
    }

    /// Text from `offset` on, at most `limit` bytes, and the whole length.
    pub(super) fn read(&mut self, offset: u64, limit: usize) -> std::io::Result<(Vec<u8>, u64)> {
        let Some(last) = self.places.last().cloned() else { return Ok((Vec::new(), 0)) };
        let end = offset.saturating_add(limit as u64);
        let mut text = Window { from: offset, to: end, bytes: Vec::new(), marks: Vec::new() };
        let start = self.places.iter().rev().find(|p| p.text <= offset).cloned();
        let mut place = start.filter(|p| p.text < last.text).unwrap_or_else(|| last.clone());
        // First what was read before, only as far as wanted; then on to the end, for the length.
        while (place.idx, place.raw) < (last.idx, last.raw) && place.text < end {
            if !self.step(&mut place, &mut text, Some((last.idx, last.raw)))? {
                break;
            }
        }
        if (place.idx, place.raw) < (last.idx, last.raw) {
            place = last;
        }
        // What is read from here on was never read before.
        text.marks.clear();
        while self.step(&mut place, &mut text, None)? {
            self.marks.append(&mut text.marks);
            let known = self.places.len().checked_sub(2).and_then(|i| self.places.get(i));
            let far = known.is_none_or(|p| place.idx > p.idx || place.raw - p.raw > STRIDE);
            if let (false, Some(newest)) = (far, self.places.last_mut()) {
                newest.clone_from(&place);
            } else {
                self.places.push(place.clone());
            }
        }
        let length = self.places.last().map_or(0, |p| p.text);
        Ok((text.bytes, length))
    }

    /// Reads one chunk, not beyond `stop`; gives whether there was one.
    fn step(
        &self,
        place: &mut Place,
        text: &mut Window,
        stop: Option<(usize, u64)>,
    ) -> std::io::Result<bool> {
        let Some(job) = self.jobs.get(place.idx) else { return Ok(false) };
        let room = stop.filter(|(idx, _)| *idx == place.idx).map(|(_, raw)| raw - place.raw);
        let limit = room.map_or(CHUNK, |room| CHUNK.min(usize::try_from(room).unwrap_or(CHUNK)));
        // Mostly nothing is new, which its length says without opening it.
        let grown = self.logs.find(job.seq)?.filter(|(_, length)| *length > place.raw);
        let bytes = match grown {
            Some((file, _)) => read_at(&file, place.raw, limit)?,
            None => Vec::new(),
        };
        if !bytes.is_empty() {
            place.raw += bytes.len() as u64;
            let signals = place.parser.feed(&bytes);
            text.take(&mut place.text, &signals);
            return Ok(true);
        }
        // The end of this file: of all of it, once the next job has begun.
        let Some(next) = self.jobs.get(place.idx + 1) else { return Ok(false) };
        if self.logs.find(next.seq)?.is_none() {
            return Ok(false);
        }
        let signals = place.parser.finish();
        text.take(&mut place.text, &signals);
        place.idx += 1;
        place.raw = 0;
        place.parser = MarkerParser::new(&next.nonce);
        Ok(true)
    }
}

/// The part of the text that is wanted.
struct Window {
    from: u64,
    to: u64,
    bytes: Vec<u8>,
    /// All marks that were passed, within the wanted part or not.
    marks: Vec<StepMark>,
}

impl Window {
    /// Takes what it wants of the output among `signals`, which begins at `at`, and moves `at` on.
    fn take(&mut self, at: &mut u64, signals: &[JobSignal]) {
        for signal in signals {
            let bytes = match signal {
                JobSignal::Output(bytes) => bytes,
                JobSignal::StepStarted { step, .. } => {
                    self.marks.push(StepMark { at: *at, step: step.clone(), ended: false });
                    continue;
                }
                JobSignal::StepFinished { step, .. } => {
                    self.marks.push(StepMark { at: *at, step: step.clone(), ended: true });
                    continue;
                }
                JobSignal::Told { .. }
                | JobSignal::Skipped { .. }
                | JobSignal::Failed { .. }
                | JobSignal::Note(_) => continue,
            };
            let end = *at + bytes.len() as u64;
            let (from, to) = (self.from.max(*at), self.to.min(end));
            if from < to {
                let wanted = bytes.get((from - *at) as usize..(to - *at) as usize);
                self.bytes.extend_from_slice(wanted.unwrap_or_default());
            }
            *at = end;
        }
    }
}
