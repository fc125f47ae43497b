//! What happened in a run. Events are journalled before anybody sees them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::control::Control;
use super::operator::Operator;
use super::outcome::{Failure, Outcome};
use super::pause::PauseReason;
use crate::domain::canary::report::Report;
use crate::domain::canary::soak::CanaryEnd;
use crate::domain::hook::HookPoint;
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::job::{JobEnd, JobStart};
use crate::domain::plan::PlanHash;
use crate::domain::remote::RemoteError;
use crate::domain::untrusted::Safe;

/// One event of one run.
///
/// **Invariant:** `seq` counts from 1 without gaps within a run; order is `seq`, never the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// The run.
    pub run: RunId,
    /// Its place in the run.
    pub seq: u64,
    /// When it was journalled, by the control machine's clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened. A newer program's kinds are read as [`EventKind::Unrecognised`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum EventKind {
    /// The plan was stored; the run exists.
    Planned {
        /// Hash of the plan.
        hash: PlanHash,
        /// Who made it.
        by: Operator,
        /// The command line or key that did, for the record.
        how: Safe,
        /// The run that this one retries or resumes from, if any.
        after: Option<RunId>,
    },
    /// The run waits for a second person.
    ApprovalAsked {
        /// The first moment at which it is too late.
        until: Timestamp,
        /// Why.
        why: Safe,
    },
    /// A second person agreed to the run.
    ApprovalGiven {
        /// Who.
        by: Operator,
    },
    /// The run was not agreed to.
    ApprovalRefused {
        /// Who said so.
        by: Operator,
        /// Why.
        why: Safe,
    },
    /// A worker took the run.
    WorkerStarted {
        /// Its process id.
        pid: u32,
        /// 1 for the first worker of the run, one more for each that resumed it.
        generation: u32,
    },
    /// A batch began.
    BatchStarted {
        /// From 0.
        batch: u32,
    },
    /// All targets of a batch have ended, and what is looked at after it let the run go on.
    BatchFinished {
        /// From 0.
        batch: u32,
    },
    /// Work on a host began.
    HostStarted {
        /// Which.
        host: HostId,
    },
    /// A job is about to be sent. Journalled before the first byte goes out.
    JobIntended {
        /// Where.
        host: HostId,
        /// Its number on that host.
        #[serde(rename = "job")]
        seq: u32,
        /// The runner's mark in its log.
        nonce: String,
        /// Its steps.
        steps: Vec<StepId>,
    },
    /// The host has the job.
    JobStarted {
        /// Where.
        host: HostId,
        /// Its number on that host.
        #[serde(rename = "job")]
        seq: u32,
        /// Whether it was started now or found.
        start: JobStart,
    },
    /// The host's log says that a step began.
    StepStarted {
        /// Where.
        host: HostId,
        /// Which.
        step: StepId,
        /// When, by the host's clock (a gate: by ours).
        host_time: Timestamp,
    },
    /// A step came up that the plan could not name: a task of a playbook.
    StepAdded {
        /// Where.
        host: HostId,
        /// Its id, the same for all hosts.
        step: StepId,
        /// Its title.
        title: Safe,
    },
    /// A step ended.
    StepFinished {
        /// Where.
        host: HostId,
        /// Which.
        step: StepId,
        /// How.
        outcome: Outcome,
        /// Seconds that it took.
        took_s: Option<f64>,
    },
    /// A step told something that later steps, the report or the release record need.
    Told {
        /// Where.
        host: HostId,
        /// By which step.
        step: StepId,
        /// Name, for example `backup-file`.
        key: Safe,
        /// Value.
        value: Safe,
    },
    /// A gate was looked at.
    GateObserved {
        /// Where.
        host: HostId,
        /// Which gate.
        step: StepId,
        /// Seconds of uninterrupted health so far.
        healthy_s: f64,
        /// What is missing, or `healthy`.
        detail: Safe,
    },
    /// The job's host stopped answering; the job goes on there.
    ContactLost {
        /// Where.
        host: HostId,
        /// What happened.
        error: RemoteError,
    },
    /// It answers again.
    ContactRestored {
        /// Where.
        host: HostId,
    },
    /// A job ended.
    JobEnded {
        /// Where.
        host: HostId,
        /// Its number on that host.
        #[serde(rename = "job")]
        seq: u32,
        /// How, by its `rc` file.
        end: JobEnd,
    },
    /// Work on a host ended.
    HostFinished {
        /// Which.
        host: HostId,
        /// How, as the worst of its steps.
        outcome: Outcome,
    },
    /// A hook was run.
    HookRan {
        /// When.
        hook: HookPoint,
        /// The batch that it was about, from 0.
        batch: Option<u32>,
        /// What went wrong; `None` where it ended with 0.
        failed: Option<Safe>,
        /// Its last lines of output, oldest first; all of it is in `hooks.log` of the run.
        lines: Vec<Safe>,
        /// Seconds that it took.
        took_s: f64,
    },
    /// Something that people should know and that changes nothing of the run's course.
    Noted {
        /// What, as a sentence.
        text: Safe,
    },
    /// A target that had ended well is no longer healthy: from now on it counts as failed.
    HostRelapsed {
        /// Which.
        host: HostId,
        /// What was seen, and the way back.
        failure: Failure,
    },
    /// An operator asked for something.
    Controlled {
        /// What.
        control: Control,
        /// Who.
        by: Operator,
    },
    /// The run waits.
    Paused {
        /// Why, as a sentence part.
        why: Safe,
        /// Why, as data; [`PauseReason::Manual`] in journals that did not say.
        #[serde(default)]
        reason: PauseReason,
    },
    /// The run goes on.
    Resumed,
    /// The run stopped starting targets.
    Stopping {
        /// Why, for example `2 of 8 failed`.
        why: Safe,
    },
    /// Where the soak of a canary stands; the first of them begins it.
    CanarySoak {
        /// Seconds of observed health so far.
        counted_s: f64,
        /// Seconds that are needed.
        needed_s: u64,
        /// The last look: `healthy`, or which host is not, or could not be seen.
        detail: Safe,
    },
    /// Time of a soak that does not count, since nobody looked.
    CanaryGap {
        /// Seconds.
        gap_s: f64,
        /// Why nobody looked, as far as is known.
        why: Safe,
    },
    /// The metrics of a canary were judged.
    CanaryJudged {
        /// All of it.
        report: Box<Report>,
    },
    /// What the metrics of a canary say while it soaks. It decides nothing.
    CanarySoFar {
        /// All of it.
        report: Box<Report>,
    },
    /// A canary ended.
    CanaryEnded {
        /// How.
        #[serde(flatten)]
        end: CanaryEnd,
    },
    /// The run ended.
    RunFinished {
        /// How: succeeded, failed or aborted.
        state: super::state::Phase,
        /// One sentence.
        summary: Safe,
    },
    /// Something that this version does not know.
    #[serde(other)]
    Unrecognised,
}

/// Whether two texts differ at most in their durations (`3 s`, `12 ms`): the same news, told later.
pub fn same_but_for_time(one: &str, other: &str) -> bool {
    words_but_durations(one).eq(words_but_durations(other))
}

fn words_but_durations(text: &str) -> impl Iterator<Item = &str> {
    let mut words = text.split(' ').peekable();
    std::iter::from_fn(move || {
        let word = words.next()?;
        let unit = words.peek().map(|next| next.trim_end_matches([',', ';', ':', ')']));
        let counts = word.trim_start_matches('(').parse::<f64>().is_ok();
        Some(if counts && unit.is_some_and(|u| ["s", "ms"].contains(&u)) { "#" } else { word })
    })
}

#[cfg(test)]
mod tests {
    use super::same_but_for_time;

    #[test]
    fn only_durations_may_differ() {
        for (one, other, same) in [
            ("db restarted 3 s ago", "db restarted 14 s ago", true),
            ("slow (0.5 s): 503", "slow (12 s): 503", true),
            ("db restarted 3 s ago", "api restarted 3 s ago", false),
            ("api exited (1)", "api exited (2)", false),
            ("status 503", "status 502", false),
        ] {
            assert_eq!(same_but_for_time(one, other), same, "{one} / {other}");
        }
    }
}
