//! When which output came: steps begin and end at known times and at known places of the output, and what lies between is spread evenly.

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::HostId;
use crate::domain::marker::StepMark;
use crate::domain::run::event::{EventKind, RunEvent};

/// The course of a host's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Times and how many bytes there were; neither goes back.
    points: Vec<(Timestamp, u64)>,
}

impl Timeline {
    /// Of a host whose output has these marks and this length.
    pub fn of(host: &HostId, events: &[RunEvent], marks: &[StepMark], length: u64) -> Self {
        let mut points: Vec<(Timestamp, u64)> = Vec::new();
        let mut add = |at: Timestamp, bytes: u64| {
            let (last_at, last_bytes) = points.last().copied().unwrap_or((at, 0));
            points.push((at.max(last_at), bytes.min(length).max(last_bytes)));
        };
        let of_step = |wanted: &StepMark| {
            let is_it = |event: &&RunEvent| match (&event.kind, wanted.ended) {
                (EventKind::StepStarted { host: h, step, .. }, false)
                | (EventKind::StepFinished { host: h, step, .. }, true) => {
                    h == host && step == &wanted.step
                }
                _ => false,
            };
            events.iter().find(is_it).map(|event| event.at)
        };
        if let Some(first) = events.first() {
            add(first.at, 0);
        }
        for mark in marks {
            if let Some(at) = of_step(mark) {
                add(at, mark.at);
            }
        }
        let ended = events.iter().rev().find(
            |event| matches!(&event.kind, EventKind::HostFinished { host: h, .. } if h == host),
        );
        if let Some(last) = ended.or(events.last()) {
            add(last.at, length);
        }
        Self { points }
    }

    /// The same, and so many bytes at a later time.
    #[must_use]
    pub fn and(mut self, at: Timestamp, bytes: u64) -> Self {
        let (last_at, last_bytes) = self.points.last().copied().unwrap_or((at, 0));
        self.points.push((at.max(last_at), bytes.max(last_bytes)));
        self
    }

    /// When a byte came, as far as that is known: what lies between two known places is spread evenly.
    pub fn when(&self, byte: u64) -> Option<Timestamp> {
        let after = self.points.partition_point(|(_, bytes)| *bytes <= byte);
        let before = after.checked_sub(1).and_then(|i| self.points.get(i));
        let Some((to, high)) = self.points.get(after) else { return before.map(|(at, _)| *at) };
        let Some((from, low)) = before else { return Some(*to) };
        let whole = i128::from(high - low).max(1);
        let part = to.duration_since(*from).as_millis() * i128::from(byte - low) / whole;
        Some(*from + SignedDuration::from_millis(i64::try_from(part).unwrap_or(0)))
    }

    /// How many bytes there are at a time.
    pub fn at(&self, now: Timestamp) -> u64 {
        let after = self.points.partition_point(|(at, _)| *at <= now);
        let before = after.checked_sub(1).and_then(|i| self.points.get(i));
        let Some((from, low)) = before else { return 0 };
        let Some((to, high)) = self.points.get(after) else { return *low };
        let whole = to.duration_since(*from).as_millis().max(1);
        let passed = now.duration_since(*from).as_millis().clamp(0, whole);
        let more = u128::from(high - low) * passed.unsigned_abs() / whole.unsigned_abs();
        low + u64::try_from(more).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn output_comes_with_its_step_and_never_goes_back() {
        let event = |seq: u64, second: i64, rest: serde_json::Value| -> RunEvent {
            let mut event = json!({"run": "261122-220000-0001", "seq": seq,
                "at": Timestamp::from_second(second).unwrap().to_string()});
            event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            serde_json::from_value(event).unwrap()
        };
        let events = [
            event(1, 100, json!({"event": "host-started", "host": "a"})),
            event(
                2,
                110,
                json!({"event": "step-started", "host": "a", "step": "up", "host_time": "2026-11-22T22:00:00Z"}),
            ),
            event(
                3,
                120,
                json!({"event": "step-finished", "host": "a", "step": "up", "outcome": {"outcome": "ok"}, "took_s": 10.0}),
            ),
            event(
                4,
                130,
                json!({"event": "host-finished", "host": "a", "outcome": {"outcome": "ok"}}),
            ),
        ];
        let mark = |at, ended| StepMark { at, step: "up".parse().unwrap(), ended };
        let line = Timeline::of(
            &"a".parse().unwrap(),
            &events,
            &[mark(10, false), mark(1_010, true)],
            1_020,
        );
        let at = |second: i64| line.at(Timestamp::from_second(second).unwrap());
        assert_eq!((at(99), at(100), at(105)), (0, 0, 5));
        assert_eq!((at(110), at(115), at(120)), (10, 510, 1_010));
        assert_eq!((at(130), at(500)), (1_020, 1_020));
        let line = line.and(Timestamp::from_second(140).unwrap(), 2_020);
        let when = |byte: u64| line.when(byte).unwrap().as_second();
        assert_eq!((when(0), when(5), when(10), when(510)), (100, 105, 110, 115));
        assert_eq!((when(1_020), when(1_520), when(9_999)), (130, 135, 140));
    }
}
