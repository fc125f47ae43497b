//! The fold, tried against whole journals.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::control::Control;
use super::event::{EventKind, RunEvent};
use super::operator::Operator;
use super::outcome::{Failure, NotRun, Outcome};
use super::pause::PauseReason;
use super::state::{Phase, RunState};
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::job::{JobEnd, JobStart};
use crate::domain::plan::{Plan, sample};
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::untrusted::Safe;

fn plan() -> Plan {
    let host = |id: &str| {
        let step = |id: &str| json!({"id": id, "script": "true", "timeout_s": 60, "title": id, "changes": null});
        let phases = json!([
            {"phase": "job", "steps": [step("backup"), step("build"), step("up")]},
            {"phase": "gate", "id": "gate", "title": "gate", "min_healthy_s": 1, "deadline_s": 5, "expect_commit": null},
            {"phase": "job", "steps": [step("record")]}
        ]);
        sample::host(id, &phases)
    };
    serde_json::from_value(json!({
        "schema": 1, "workflow": "upgrade", "fleet": "test", "target": null, "changes": [],
        "batches": [["a", "b"], ["c"]], "hosts": [host("a"), host("b"), host("c")], "excluded": [],
        "parallel": 2, "stops": {"max_failed": 1, "max_unreachable": 1}, "made_at": "2026-11-22T22:00:00Z"
    }))
    .unwrap()
}

fn host(id: &str) -> HostId {
    id.parse().unwrap()
}

fn step(id: &str) -> StepId {
    id.parse().unwrap()
}

fn by() -> Operator {
    Operator { user: "ann".into(), machine: "desk".into(), from: None }
}

fn failure(message: &str) -> Failure {
    Failure { exit: Some(1), message: message.into(), hint: None, last_lines: Vec::new() }
}

fn run_id() -> RunId {
    "261122-220000-00aa".parse().unwrap()
}

fn numbered(kinds: Vec<EventKind>) -> Vec<RunEvent> {
    let at =
        |idx: usize| Timestamp::from_second(1_790_000_000 + i64::try_from(idx).unwrap()).unwrap();
    kinds
        .into_iter()
        .enumerate()
        .map(|(idx, kind)| RunEvent { run: run_id(), seq: idx as u64 + 1, at: at(idx), kind })
        .collect()
}

fn started(h: &str, s: &str) -> EventKind {
    let host_time = Timestamp::from_second(1_790_000_100).unwrap();
    EventKind::StepStarted { host: host(h), step: step(s), host_time }
}

fn finished(h: &str, s: &str, outcome: Outcome) -> EventKind {
    EventKind::StepFinished { host: host(h), step: step(s), outcome, took_s: Some(1.5) }
}

fn intended(h: &str, seq: u32, steps: &[&str]) -> EventKind {
    let steps = steps.iter().map(|s| step(s)).collect();
    EventKind::JobIntended { host: host(h), seq, nonce: "0".repeat(32), steps }
}

/// A run in which `a` loses contact and goes on, `b` fails at its build, and `c` is never begun.
fn journal() -> Vec<RunEvent> {
    let error = RemoteError {
        host: host("a"),
        kind: RemoteErrorKind::Disconnected,
        message: "cut".into(),
        hint: None,
    };
    numbered(vec![
        EventKind::Planned { hash: plan().hash(), by: by(), how: "test".into(), after: None },
        EventKind::WorkerStarted { pid: 7, generation: 1 },
        EventKind::BatchStarted { batch: 0 },
        EventKind::HostStarted { host: host("a") },
        intended("a", 1, &["backup", "build", "up"]),
        EventKind::JobStarted { host: host("a"), seq: 1, start: JobStart::Started },
        started("a", "backup"),
        EventKind::Told {
            host: host("a"),
            step: step("backup"),
            key: "backup-file".into(),
            value: "x.tar".into(),
        },
        EventKind::ContactLost { host: host("a"), error },
        EventKind::HostStarted { host: host("b") },
        intended("b", 1, &["backup", "build", "up"]),
        started("b", "backup"),
        finished("b", "backup", Outcome::Changed),
        EventKind::Unrecognised,
        EventKind::ContactRestored { host: host("a") },
        finished("a", "backup", Outcome::Changed),
        started("b", "build"),
        finished("b", "build", Outcome::Failed(failure("exit 1"))),
        EventKind::JobEnded { host: host("b"), seq: 1, end: JobEnd::Exited(1) },
        EventKind::HostFinished { host: host("b"), outcome: Outcome::Failed(failure("exit 1")) },
        EventKind::Stopping { why: "1 of 3 failed".into() },
        started("a", "build"),
        finished("a", "build", Outcome::Changed),
        finished("a", "up", Outcome::Changed),
        EventKind::JobEnded { host: host("a"), seq: 1, end: JobEnd::Exited(0) },
        finished("a", "gate", Outcome::Ok),
        intended("a", 2, &["record"]),
        finished("a", "record", Outcome::Changed),
        EventKind::JobEnded { host: host("a"), seq: 2, end: JobEnd::Exited(0) },
        EventKind::HostFinished { host: host("a"), outcome: Outcome::Changed },
        EventKind::RunFinished { state: Phase::Failed, summary: "1 failed".into() },
        EventKind::Controlled { control: Control::Pause, by: by() },
    ])
}

fn folded(events: &[RunEvent]) -> RunState {
    let mut state = RunState::new(run_id(), &plan());
    state.apply_all(events);
    state
}

#[test]
fn a_failed_target_stops_the_rest_and_every_step_says_why() {
    let state = folded(&journal());
    assert_eq!(state.phase, Phase::Failed);
    assert_eq!(state.counts().to_string(), "1 failed, 1 not run, 1 ok");
    let words = |id: &str| {
        state
            .host(&host(id))
            .unwrap()
            .steps
            .iter()
            .map(super::state::StepState::word)
            .collect::<Vec<_>>()
    };
    assert_eq!(words("a"), ["changed", "changed", "changed", "ok", "changed"]);
    assert_eq!(words("b"), ["changed", "failed", "not-run", "not-run", "not-run"]);
    assert_eq!(words("c"), ["not-run"; 5]);
    let b = state.host(&host("b")).unwrap();
    let why = Outcome::NotRun(NotRun::StepFailed(step("build")));
    assert_eq!(b.steps[3].outcome.as_ref(), Some(&why));
    let c = state.host(&host("c")).unwrap();
    assert_eq!(c.outcome, Some(Outcome::NotRun(NotRun::RunStopped)));
    assert_eq!(c.batch, 1);
    let order: Vec<_> = state.worst_first().iter().map(|h| h.id.as_str()).collect();
    assert_eq!(order, ["b", "c", "a"]);
    assert_eq!(
        state.host(&host("a")).unwrap().told.get(&Safe::from("backup-file")),
        Some(&"x.tar".into())
    );
    // After the end only the counter moves.
    assert!(state.controls.is_empty());
    assert_eq!(state.seq, journal().len() as u64);
}

#[test]
fn any_prefix_with_duplicates_and_strays_gives_the_state_of_that_prefix() {
    let events = journal();
    let mut live = RunState::new(run_id(), &plan());
    for n in 0..=events.len() {
        if n > 0 {
            live.apply(&events[n - 1]);
        }
        let mut again = RunState::new(run_id(), &plan());
        for event in &events[..n] {
            again.apply(event);
            again.apply(event);
            again.apply_all(&events[..n.saturating_sub(2)]);
            let stray = RunEvent { run: "261122-220000-00bb".parse().unwrap(), ..event.clone() };
            again.apply(&RunEvent { seq: event.seq + 1, ..stray });
        }
        again.apply_all(&events[(n + 1).min(events.len())..]);
        assert_eq!(again, live, "after {n} events");
    }
}

#[test]
fn every_event_reads_back_and_a_newer_kind_is_survived() {
    for event in journal() {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<RunEvent>(&text).unwrap(), event, "{text}");
    }
    let newer = json!({"run": run_id().as_str(), "seq": 9, "at": "2026-11-22T22:00:00Z",
        "event": "promoted", "host": "a", "canary": {"passed": true}});
    let read: RunEvent = serde_json::from_value(newer).unwrap();
    assert_eq!((read.seq, read.kind), (9, EventKind::Unrecognised));
}

#[test]
fn without_a_worker_what_had_begun_is_unknown_and_never_running_or_failed() {
    let events = journal();
    for n in 0..=events.len() {
        let state = folded(&events[..n]);
        let shown = state.recovered(false);
        if state.finished.is_some() || state.generation == 0 {
            assert_eq!(shown, state, "after {n} events");
            continue;
        }
        assert_eq!(shown.phase, Phase::Lost, "after {n} events");
        assert!(shown.hosts.iter().all(|h| h.running_step().is_none()), "after {n} events");
        assert_eq!(state.recovered(true), state);
    }
    let shown = folded(&events[..5]).recovered(false);
    let words: Vec<_> = shown.hosts[0].steps.iter().map(super::state::StepState::word).collect();
    assert_eq!(words, ["unknown", "waiting", "waiting", "waiting", "waiting"]);
}

#[test]
fn a_pause_is_data_and_promoting_passes_what_the_run_waits_for_until_its_next_batch() {
    let old = json!({"run": run_id().as_str(), "seq": 1, "at": "2026-11-22T22:00:00Z", "event": "paused", "why": "paused by ann"});
    let old: RunEvent = serde_json::from_value(old).unwrap();
    let why = Safe::from("paused by ann");
    assert_eq!(old.kind, EventKind::Paused { why, reason: PauseReason::Manual });
    let strange = serde_json::from_value::<PauseReason>(json!("full-moon")).unwrap();
    assert_eq!(strange, PauseReason::Unrecognised);

    let waits = |reason| EventKind::Paused { why: "api was not seen".into(), reason };
    let asked = |control| EventKind::Controlled { control, by: by() };
    let mut kinds = vec![EventKind::BatchStarted { batch: 0 }, waits(PauseReason::GateUnknown)];
    let state = folded(&numbered(kinds.clone()));
    assert_eq!((state.phase, state.pause), (Phase::Paused, Some(PauseReason::GateUnknown)));
    assert!(!state.is_waived(PauseReason::GateUnknown));
    kinds.extend([asked(Control::Resume), EventKind::Resumed]);
    let state = folded(&numbered(kinds.clone()));
    assert_eq!((state.phase, state.pause), (Phase::Running, None));
    assert!(!state.is_waived(PauseReason::GateUnknown), "resuming looks again");
    // What was not waited for is not passed.
    kinds.push(asked(Control::Promote));
    assert!(!folded(&numbered(kinds.clone())).is_waived(PauseReason::GateUnknown));
    kinds.extend([waits(PauseReason::GateUnknown), asked(Control::Promote), EventKind::Resumed]);
    let state = folded(&numbered(kinds.clone()));
    assert!(state.is_waived(PauseReason::GateUnknown) && !state.is_waived(PauseReason::NoData));
    kinds.extend([EventKind::BatchFinished { batch: 0 }, EventKind::BatchStarted { batch: 1 }]);
    let state = folded(&numbered(kinds.clone()));
    assert_eq!((state.batch, state.batch_done), (Some(1), Some(0)));
    assert!(!state.is_waived(PauseReason::GateUnknown));
    kinds.push(asked(Control::PromoteAll));
    let state = folded(&numbered(kinds.clone()));
    assert!(state.is_waived(PauseReason::NoData) && !state.is_waived(PauseReason::WindowClosed));
    // A run that stops is not made to run again by a pause and a resumption.
    let stopping = EventKind::Stopping { why: "1 of 3 failed".into() };
    kinds.extend([stopping, waits(PauseReason::Manual), EventKind::Resumed]);
    let state = folded(&numbered(kinds));
    assert_eq!((state.phase, state.why), (Phase::Stopping, Some("1 of 3 failed".into())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn the_fold_survives_any_order_of_events(picks in proptest::collection::vec(0usize..32, 0..60)) {
        let all = journal();
        let kinds = picks.iter().map(|i| all[i % all.len()].kind.clone()).collect();
        let state = folded(&numbered(kinds));
        prop_assert_eq!(state.seq, picks.len() as u64);
        let counts = state.counts();
        prop_assert_eq!(counts.waiting + counts.running + counts.ok + counts.bad(), 3);
    }
}
