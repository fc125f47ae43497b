//! A run from a file, as if it went on now: a store with one run, of which only so much has happened as the replay's clock says.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;

use super::clock::SystemClock;
use crate::domain::bundle::{Bundle, Timeline};
use crate::domain::ids::{HostId, RunId};
use crate::domain::marker::StepMark;
use crate::domain::plan::Plan;
use crate::domain::policy::Approval;
use crate::domain::release::Release;
use crate::domain::run::event::RunEvent;
use crate::domain::run::state::{RunState, RunSummary};
use crate::engine::ports::{Clock, RunReader, StoreError};

/// The fastest and the slowest that a replay can be.
pub const SPEEDS: (f64, f64) = (0.125, 4_096.0);

/// The time within a replay.
#[derive(Debug)]
pub struct ReplayClock {
    from: Timestamp,
    to: Timestamp,
    state: Mutex<Pace>,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Where it stood.
    at: Timestamp,
    /// When it stood there; `None` while it is paused.
    since: Option<Instant>,
    speed: f64,
}

impl ReplayClock {
    /// Begins now, at the first of these times.
    pub fn start(from: Timestamp, to: Timestamp, speed: f64) -> Self {
        let speed = speed.clamp(SPEEDS.0, SPEEDS.1);
        let pace = Pace { at: from, since: Some(Instant::now()), speed };
        Self { from, to: to.max(from), state: Mutex::new(pace) }
    }

    fn at(&self, pace: Pace) -> Timestamp {
        let Some(since) = pace.since else { return pace.at };
        let passed = since.elapsed().as_secs_f64() * pace.speed;
        let passed = Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX);
        pace.at.checked_add(passed).unwrap_or(self.to).min(self.to)
    }

    /// Changes how it goes on from here.
    fn change(&self, change: impl FnOnce(&mut Pace)) {
        // A poisoned lock holds a plain value that is whole.
        let mut pace = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pace.at = self.at(*pace);
        if pace.since.is_some() {
            pace.since = Some(Instant::now());
        }
        change(&mut pace);
    }

    fn pace(&self) -> Pace {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Stops it, or lets it go on.
    pub fn pause(&self) {
        self.change(|pace| {
            pace.since = if pace.since.is_some() { None } else { Some(Instant::now()) };
        });
    }

    /// Makes it this many times as fast.
    pub fn faster(&self, times: f64) {
        self.change(|pace| pace.speed = (pace.speed * times).clamp(SPEEDS.0, SPEEDS.1));
    }

    /// Goes this many seconds on, or back where they are negative.
    pub fn skip(&self, seconds: i64) {
        self.change(|pace| {
            let to = pace.at.checked_add(jiff::SignedDuration::from_secs(seconds));
            pace.at = to.unwrap_or(pace.at).clamp(self.from, self.to);
        });
    }

    /// Goes to the beginning.
    pub fn rewind(&self) {
        self.change(|pace| pace.at = self.from);
    }

    /// Goes to the end.
    pub fn end(&self) {
        self.change(|pace| pace.at = self.to);
    }

    /// Its first and last time.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        (self.from, self.to)
    }

    /// How fast it is, and whether it is paused.
    pub fn speed(&self) -> (f64, bool) {
        let pace = self.pace();
        (pace.speed, pace.since.is_none())
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        self.at(self.pace())
    }

    fn nonce(&self) -> String {
        SystemClock.nonce()
    }
}

/// The one run of a file.
#[derive(Debug)]
pub struct ReplayStore {
    bundle: Bundle,
    /// When each event happens: its own time, or that of the one before where the clock went back.
    times: Vec<Timestamp>,
    lines: std::collections::BTreeMap<HostId, Timeline>,
    clock: Arc<ReplayClock>,
}

impl ReplayStore {
    /// Plays a bundle from its beginning.
    pub fn new(bundle: Bundle, speed: f64) -> Self {
        let mut times: Vec<Timestamp> = Vec::with_capacity(bundle.events.len());
        for event in &bundle.events {
            times.push(times.last().map_or(event.at, |last| event.at.max(*last)));
        }
        let first = times.first().copied().unwrap_or(Timestamp::UNIX_EPOCH);
        let last = times.last().copied().unwrap_or(first);
        let line = |(host, log): (&HostId, &crate::domain::bundle::HostLog)| {
            let length = log.bytes.len() as u64;
            (host.clone(), Timeline::of(host, &bundle.events, &log.marks, length))
        };
        let lines = bundle.logs.iter().map(line).collect();
        let clock = Arc::new(ReplayClock::start(first, last, speed));
        Self { bundle, times, lines, clock }
    }

    /// Its time.
    pub fn clock(&self) -> Arc<ReplayClock> {
        Arc::clone(&self.clock)
    }

    /// The file.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The events that have happened.
    fn happened(&self) -> &[RunEvent] {
        let now = self.clock.now();
        let n = self.times.partition_point(|at| *at <= now);
        self.bundle.events.get(..n).unwrap_or_default()
    }

    fn is_over(&self) -> bool {
        self.happened().len() == self.bundle.events.len()
    }

    fn mine(&self, run: &RunId) -> Result<(), StoreError> {
        if *run == self.bundle.run { Ok(()) } else { Err(StoreError::NoSuchRun(run.to_string())) }
    }

    /// How much of a host's output there is.
    fn shown(&self, host: &HostId) -> u64 {
        let whole = self.bundle.logs.get(host).map_or(0, |log| log.bytes.len() as u64);
        let line = self.lines.get(host);
        line.map_or(0, |line| line.at(self.clock.now())).min(whole)
    }
}

#[async_trait]
impl RunReader for ReplayStore {
    async fn runs(&self, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        let mut state = RunState::new(self.bundle.run.clone(), &self.bundle.plan);
        state.apply_all(self.happened());
        Ok(vec![state.recovered(!self.is_over()).summarised(&self.bundle.plan)]
            .into_iter()
            .take(limit)
            .collect())
    }

    async fn find(&self, text: &str) -> Result<RunId, StoreError> {
        let run = &self.bundle.run;
        if text == "last" || (!text.is_empty() && run.as_str().ends_with(text)) {
            return Ok(run.clone());
        }
        Err(StoreError::NoSuchRun(text.chars().take(80).collect()))
    }

    async fn plan(&self, run: &RunId) -> Result<Arc<Plan>, StoreError> {
        self.mine(run)?;
        Ok(Arc::new(self.bundle.plan.clone()))
    }

    async fn events(
        &self,
        run: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.mine(run)?;
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(self.happened().iter().skip(after).take(limit).cloned().collect())
    }

    async fn worker_alive(&self, run: &RunId) -> Result<bool, StoreError> {
        self.mine(run)?;
        Ok(!self.is_over())
    }

    async fn version(&self) -> Result<u64, StoreError> {
        // Output comes between events too.
        Ok(self.clock.now().as_millisecond().cast_unsigned())
    }

    async fn log(
        &self,
        run: &RunId,
        host: &HostId,
        offset: u64,
        limit: usize,
    ) -> Result<(Vec<u8>, u64), StoreError> {
        self.mine(run)?;
        let shown = self.shown(host);
        let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let log = self.bundle.logs.get(host).map(|log| log.bytes.as_slice()).unwrap_or_default();
        let there = log.get(..at(shown)).unwrap_or_default();
        let bytes = there.get(at(offset)..).unwrap_or_default();
        Ok((bytes.iter().take(limit).copied().collect(), shown))
    }

    async fn log_marks(&self, run: &RunId, host: &HostId) -> Result<Vec<StepMark>, StoreError> {
        self.mine(run)?;
        let shown = self.shown(host);
        let marks = self.bundle.logs.get(host).map(|log| log.marks.as_slice()).unwrap_or_default();
        Ok(marks.iter().filter(|mark| mark.at <= shown).cloned().collect())
    }

    async fn approval(&self, run: &RunId) -> Result<Option<Approval>, StoreError> {
        // What was asked and answered is in the events; nobody is asked any more.
        self.mine(run)?;
        Ok(None)
    }

    async fn releases(&self, _: &HostId, _: usize) -> Result<Vec<Release>, StoreError> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_replay_stays_within_it_and_stands_while_paused() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let clock = ReplayClock::start(at(100), at(200), 1.0);
        clock.pause();
        let paused = clock.now();
        assert_eq!(clock.now(), paused);
        clock.skip(50);
        assert_eq!(clock.now(), paused + Duration::from_secs(50));
        clock.skip(1_000);
        assert_eq!(clock.now(), at(200));
        clock.skip(-5_000);
        assert_eq!(clock.now(), at(100));
        clock.end();
        assert_eq!((clock.now(), clock.speed().1), (at(200), true));
        clock.rewind();
        for _ in 0..40 {
            clock.faster(2.0);
        }
        assert!((clock.speed().0 - SPEEDS.1).abs() < f64::EPSILON);
        clock.pause();
        while clock.now() < at(200) {
            std::thread::yield_now();
        }
        assert_eq!(clock.now(), at(200));
    }
}
