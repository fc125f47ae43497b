//! What the hosts of a run print, read as one output in the order of time.
//!
//! Hosts write no times. What was printed before the reading began lies between the times that the journal knows: when steps
//! began and ended; within a step it is spread evenly, as a replay does. What comes while it is read has the time at which it came.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::bundle::Timeline;
use crate::domain::ids::{HostId, RunId};
use crate::domain::log::{Merge, Merged, tagged};
use crate::domain::run::event::{EventKind, RunEvent};
use crate::engine::ports::{RunReader, StoreError};

/// Hosts whose outputs are read at the same time.
pub const MOST: usize = 50;
/// Bytes of a host that are read at a time.
const CHUNK: usize = 32 * 1024;
/// Bytes of a host that may wait for others before no more of it is read.
const HELD: usize = 64 * 1024;
/// A line without an end is shown as it is once nothing came of it for this long.
const QUIET: Duration = Duration::from_secs(1);
/// Events that are read at a time.
const EVENTS: usize = 1_000;

struct Source {
    host: HostId,
    /// Of what was printed before the reading began.
    course: Timeline,
    /// How much that was.
    known: u64,
    /// Since when nothing came.
    quiet: Option<Instant>,
    /// The journal says that its work has ended.
    ended: bool,
    /// Nothing comes any more.
    done: bool,
}

/// What one look at all outputs gave.
#[derive(Debug)]
pub struct Pass {
    /// The lines that are in order now.
    pub lines: Vec<Merged>,
    /// There is more to be read already.
    pub more: bool,
    /// Nothing comes any more.
    pub over: bool,
}

/// The outputs of a run's hosts, being read.
pub struct LogMerge {
    store: Arc<dyn RunReader>,
    run: RunId,
    merge: Merge,
    sources: Vec<Source>,
    /// The last event that was read.
    seq: u64,
    /// The store's version then.
    version: Option<u64>,
    /// Hosts of the run.
    n_hosts: usize,
}

impl LogMerge {
    /// Of a run, from the beginning; the time is the control machine's.
    pub async fn open(
        store: Arc<dyn RunReader>,
        run: RunId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let plan = store.plan(&run).await?;
        let all: Vec<HostId> = plan.hosts.iter().map(|host| host.id.clone()).collect();
        let (n_hosts, mut sources) = (all.len(), Vec::new());
        let mut events = Vec::new();
        let mut seq = 0;
        loop {
            let more = store.events(&run, seq, EVENTS).await?;
            let Some(last) = more.last() else { break };
            seq = last.seq;
            events.extend(more);
        }
        for host in chosen(all, &events) {
            sources.push(source(&*store, &run, host, &events, now).await?);
        }
        let merge = Merge::new(sources.len());
        Ok(Self { store, run, merge, sources, seq, version: None, n_hosts })
    }

    /// The hosts that are read, and how many the run has.
    pub fn hosts(&self) -> (impl Iterator<Item = &HostId>, usize) {
        (self.sources.iter().map(|source| &source.host), self.n_hosts)
    }

    /// A line with its host and time before it, as a file of several outputs has it.
    pub fn tagged(&self, line: &Merged) -> Option<String> {
        let source = self.sources.get(line.of)?;
        Some(tagged(line.at, &source.host, &line.text))
    }

    /// The host of a line.
    pub fn host(&self, line: &Merged) -> Option<&HostId> {
        self.sources.get(line.of).map(|source| &source.host)
    }

    /// Looks at all outputs once.
    pub async fn pass(&mut self, now: Timestamp) -> Result<Pass, StoreError> {
        // First what the journal says: the output of a host that has ended is then all there.
        self.look().await?;
        let mut more = false;
        for (of, source) in self.sources.iter_mut().enumerate().filter(|(_, s)| !s.done) {
            if self.merge.waits(of) > HELD {
                more = true;
                continue;
            }
            let offset = self.merge.next_offset(of);
            let (bytes, length) = self.store.log(&self.run, &source.host, offset, CHUNK).await?;
            let left = offset + (bytes.len() as u64) < length;
            let (course, known) = (&source.course, source.known);
            self.merge.take(of, &bytes, left, |at| {
                if at < known { course.when(at).unwrap_or(now) } else { now }
            });
            if left || !bytes.is_empty() {
                source.quiet = None;
            }
            if !left {
                let quiet = source.quiet.get_or_insert_with(Instant::now).elapsed();
                if source.ended || quiet >= QUIET {
                    self.merge.close(of, now);
                }
                source.done = source.ended;
            }
            more |= left;
        }
        let over = self.sources.iter().all(|source| source.done);
        Ok(Pass { lines: self.merge.ready(), more, over })
    }

    /// What is left of lines without an end; for who reads once and goes.
    pub fn rest(&mut self, now: Timestamp) -> Vec<Merged> {
        for of in 0..self.sources.len() {
            self.merge.close(of, now);
        }
        self.merge.ready()
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let version = Some(self.store.version().await?);
        if version == self.version {
            return Ok(());
        }
        loop {
            let events = self.store.events(&self.run, self.seq, EVENTS).await?;
            let Some(last) = events.last() else { break };
            self.seq = last.seq;
            for event in &events {
                self.heed(event);
            }
        }
        self.version = version;
        Ok(())
    }

    fn heed(&mut self, event: &RunEvent) {
        let over = matches!(event.kind, EventKind::RunFinished { .. });
        let own = host_of(&event.kind);
        for source in self.sources.iter_mut().filter(|s| over || own == Some(&s.host)) {
            source.ended = over || matches!(event.kind, EventKind::HostFinished { .. });
            // A worker that resumed the run may have gone on with it.
            source.done &= source.ended;
        }
    }
}

async fn source(
    store: &dyn RunReader,
    run: &RunId,
    host: HostId,
    events: &[RunEvent],
    now: Timestamp,
) -> Result<Source, StoreError> {
    let (_, known) = store.log(run, &host, u64::MAX, 0).await?;
    let marks = store.log_marks(run, &host).await?;
    let own = |event: &&RunEvent| host_of(&event.kind) == Some(&host);
    let own: Vec<RunEvent> = events.iter().filter(own).cloned().collect();
    let over = events.iter().any(|e| matches!(e.kind, EventKind::RunFinished { .. }));
    let last = own.last().map(|event| &event.kind);
    let ended = over || matches!(last, Some(EventKind::HostFinished { .. }));
    let course = if ended {
        Timeline::of(&host, &own, &marks, known)
    } else {
        let marked = marks.last().map_or(0, |mark| mark.at);
        Timeline::of(&host, &own, &marks, marked).and(now, known)
    };
    Ok(Source { host, course, known, quiet: None, ended, done: false })
}

/// The hosts that are read where there are too many: those that work or have something to say, in the order of the plan.
fn chosen(all: Vec<HostId>, events: &[RunEvent]) -> Vec<HostId> {
    if all.len() <= MOST {
        return all;
    }
    let rank = |host: &HostId| {
        let own = events.iter().rev().find(|event| host_of(&event.kind) == Some(host));
        match own.map(|event| &event.kind) {
            Some(EventKind::HostFinished { outcome, .. }) => u8::from(outcome.lets_go_on()) + 1,
            Some(_) => 0,
            None => 3,
        }
    };
    let mut ranked: Vec<(u8, usize, HostId)> =
        all.into_iter().enumerate().map(|(at, host)| (rank(&host), at, host)).collect();
    ranked.sort();
    ranked.truncate(MOST);
    ranked.sort_by_key(|(_, at, _)| *at);
    ranked.into_iter().map(|(.., host)| host).collect()
}

/// The host whose output an event is about.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others tell nothing of when output came")]
fn host_of(kind: &EventKind) -> Option<&HostId> {
    match kind {
        EventKind::HostStarted { host }
        | EventKind::JobIntended { host, .. }
        | EventKind::StepStarted { host, .. }
        | EventKind::StepFinished { host, .. }
        | EventKind::HostFinished { host, .. } => Some(host),
        _ => None,
    }
}
