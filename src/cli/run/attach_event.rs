//! What whoever follows a run reads of each event, as one line.

use jiff::{SignedDuration, Timestamp};

use super::attach::Tail;
use crate::domain::ids::HostId;
use crate::domain::run::event::{EventKind, RunEvent, same_but_for_time};
use crate::domain::run::pause::PauseReason;
use crate::domain::untrusted::Safe;

/// Between two lines of a gate that say the same.
const GATE_QUIET: SignedDuration = SignedDuration::from_secs(10);

impl Tail<'_> {
    /// Whether a look at a gate says something else than the last one that was printed, or that was long ago.
    fn is_gate_news(&mut self, host: &HostId, detail: &Safe, at: Timestamp) -> bool {
        let said = self.gates.get(host);
        let news = said.is_none_or(|(last, when)| {
            !same_but_for_time(last.as_str(), detail.as_str())
                || at.duration_since(*when) >= GATE_QUIET
        });
        if news {
            self.gates.insert(host.clone(), (detail.clone(), at));
        }
        news
    }

    /// One event as a line, where it is news for a person.
    pub(super) fn line(&mut self, event: &RunEvent) -> Option<String> {
        let gate_news = if let EventKind::GateObserved { host, detail, .. } = &event.kind {
            self.is_gate_news(host, detail, event.at)
        } else {
            false
        };
        let title = |host: &HostId, step| {
            let step = self.state.host(host).and_then(|h| h.step(step));
            step.map(|s| s.title.to_string()).unwrap_or_default()
        };
        let said = |host: &HostId, what: &str| Some(format!("{host} > {what}"));
        match &event.kind {
            EventKind::StepStarted { host, step, .. } => {
                said(host, &format!("{}: started", title(host, step)))
            }
            EventKind::StepFinished { host, step, outcome, took_s } => {
                let took = took_s.map(|s| format!(" ({s:.1} s)")).unwrap_or_default();
                said(host, &format!("{}: {}{took}", title(host, step), outcome.word()))
            }
            EventKind::GateObserved { host, step, healthy_s, detail } if gate_news => said(
                host,
                &format!("{}: {detail}, healthy for {healthy_s:.0} s", title(host, step)),
            ),
            EventKind::ContactLost { host, error } => {
                said(host, &format!("contact lost ({}); its job goes on there", error.message))
            }
            EventKind::ContactRestored { host } => said(host, "in contact again"),
            EventKind::HostFinished { host, outcome } => said(host, outcome.word()),
            EventKind::HostRelapsed { host, failure } => {
                said(host, &format!("no longer healthy: {}", failure.message))
            }
            EventKind::BatchStarted { .. }
            | EventKind::BatchFinished { .. }
            | EventKind::WorkerStarted { .. }
            | EventKind::HookRan { .. }
            | EventKind::Noted { .. }
            | EventKind::Paused { .. }
            | EventKind::ApprovalAsked { .. }
            | EventKind::ApprovalGiven { .. }
            | EventKind::ApprovalRefused { .. }
            | EventKind::Resumed
            | EventKind::Stopping { .. }
            | EventKind::GateObserved { .. }
            | EventKind::Planned { .. }
            | EventKind::HostStarted { .. }
            | EventKind::StepAdded { .. }
            | EventKind::JobIntended { .. }
            | EventKind::JobStarted { .. }
            | EventKind::JobEnded { .. }
            | EventKind::Told { .. }
            | EventKind::Controlled { .. }
            | EventKind::RunFinished { .. }
            | EventKind::Unrecognised => self.line_of_run(&event.kind),
            EventKind::CanarySoak { .. }
            | EventKind::CanaryGap { .. }
            | EventKind::CanaryJudged { .. }
            | EventKind::CanarySoFar { .. }
            | EventKind::CanaryEnded { .. } => self.canary.line(event),
        }
    }

    /// One event that is about the run as a whole.
    fn line_of_run(&self, kind: &EventKind) -> Option<String> {
        match kind {
            EventKind::BatchStarted { batch } => {
                Some(format!("batch {} of {}", batch + 1, self.plan.batches.len()))
            }
            EventKind::WorkerStarted { generation, .. } if *generation > 1 => {
                Some(format!("worker {generation} goes on"))
            }
            EventKind::HookRan { hook, failed, lines, took_s, .. } => {
                Some(hook_line(hook, failed.as_ref(), lines, *took_s))
            }
            EventKind::Noted { text } => Some(format!("note: {text}")),
            EventKind::Paused { why, reason } if *reason == PauseReason::Manual => {
                // It says itself that it was paused, and by whom.
                Some(why.to_string())
            }
            EventKind::Paused { why, reason } => Some(format!("paused ({}): {why}", reason.name())),
            EventKind::ApprovalAsked { why, .. } => Some(format!("waits: {why}")),
            EventKind::ApprovalGiven { by } => Some(format!("approved by {}", by.user)),
            EventKind::Resumed => Some("resumed".to_owned()),
            EventKind::Stopping { why } => Some(format!("stopping: {why}")),
            EventKind::CanarySoak { .. }
            | EventKind::CanaryGap { .. }
            | EventKind::CanaryJudged { .. }
            | EventKind::CanarySoFar { .. }
            | EventKind::CanaryEnded { .. }
            | EventKind::GateObserved { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepFinished { .. }
            | EventKind::ContactLost { .. }
            | EventKind::ContactRestored { .. }
            | EventKind::HostFinished { .. }
            | EventKind::HostRelapsed { .. }
            | EventKind::WorkerStarted { .. }
            | EventKind::BatchFinished { .. }
            | EventKind::Planned { .. }
            | EventKind::ApprovalRefused { .. }
            | EventKind::HostStarted { .. }
            | EventKind::StepAdded { .. }
            | EventKind::JobIntended { .. }
            | EventKind::JobStarted { .. }
            | EventKind::JobEnded { .. }
            | EventKind::Told { .. }
            | EventKind::Controlled { .. }
            | EventKind::RunFinished { .. }
            | EventKind::Unrecognised => None,
        }
    }
}

fn hook_line(
    hook: &impl std::fmt::Display,
    failed: Option<&Safe>,
    lines: &[Safe],
    took_s: f64,
) -> String {
    let how = failed.map_or_else(|| "ok".to_owned(), |why| format!("failed: {why}"));
    let said: String = lines.iter().flat_map(|line| ["\n  ", line.as_str()]).collect();
    format!("hook {hook}: {how} ({took_s:.1} s){said}")
}
