//! A remote job: a phase of consecutive steps that a host runs by itself, detached from us.

use serde::{Deserialize, Serialize};

use super::ids::{HostId, RunId, StepId};
use super::secret::{Filled, Sealed};
use super::untrusted::Safe;

/// One step of a job as the host gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    /// Its id within the workflow.
    pub id: StepId,
    /// POSIX sh, rendered by `steps/`; run by `sh` with `set -eu`, the runner's functions at hand.
    pub script: String,
    /// Seconds after which the host ends it.
    pub timeout_s: u64,
    /// Files that it gets by standard input: `$(bunker_input NAME)` is the path of one. 0600, in the job's folder,
    /// and removed when the step has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<StepInput>,
    /// The job that begins with it is sent over a login of its own, so that it proves that one is let in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_login: bool,
}

/// A file that a step gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepInput {
    /// Its name, by the rule of step ids.
    pub name: StepId,
    /// What is in it, with holes for secrets.
    pub content: Sealed,
}

/// The inputs of a job with their holes filled: in memory only, never stored.
#[derive(Clone, Default)]
pub struct JobInputs {
    /// Step, name of the input, content.
    pub files: Vec<(StepId, StepId, Filled)>,
}

/// Which job: its folder on the host is `ops/<run>/<instance>/<seq>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobRef {
    /// The run it belongs to.
    pub run: RunId,
    /// The instance that it changes.
    pub instance: HostId,
    /// From 1, in the order of the phases of that host.
    pub seq: u32,
}

/// A job to start.
///
/// **Invariant:** a job folder is made by `mkdir`, which fails if it exists, so the same
/// (run, instance, seq) never starts twice, whatever a client believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Which.
    pub job: JobRef,
    /// 32 hexadecimal digits that mark the runner's own lines in the log, so that no step's output
    /// can pass for one.
    pub nonce: String,
    /// The generation of the lease that it runs under: the runner refuses it once a newer one was given away.
    /// `None` before the lease is taken.
    #[serde(default)]
    pub fence: Option<u64>,
    /// In order; the first failure ends the job.
    pub steps: Vec<JobStep>,
}

/// What `start` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobStart {
    /// It was started now.
    Started,
    /// Its folder was there already: it was started before, perhaps by a client that then died.
    AlreadyThere,
}

/// How a job ended, by its `rc` file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobEnd {
    /// The runner ended and left this code: 0, or that of the step that failed.
    Exited(i32),
    /// Another job held the instance's `flock`; nothing was run. The holder, where known.
    Locked(Safe),
    /// The lease that it was made under is no longer the newest: nothing was run. Who has it now.
    Fenced(Safe),
    /// An abort ended it and this was verified.
    Aborted,
    /// It found a hold before a step and stopped there; the steps before it are done, the others were not run.
    Held,
    /// The host rebooted or the runner was killed: it is not running and left no `rc`.
    Interrupted(Safe),
}

/// The truth about a job, read from the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobTruth {
    /// There is no such folder: it never started.
    NeverStarted,
    /// It is running; its log has this many bytes.
    Running {
        /// Bytes in the log so far.
        log_bytes: u64,
    },
    /// It ended; its log has this many bytes.
    Ended {
        /// How.
        end: JobEnd,
        /// Bytes in the log.
        log_bytes: u64,
    },
}

/// What came of an abort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbortOutcome {
    /// No process of the job is left; this was looked up.
    Stopped,
    /// It had ended before.
    AlreadyEnded,
    /// Processes are left after KILL.
    StillRunning,
}

/// Exit code by which a step says that there was nothing to do (automake's convention).
pub const EXIT_SKIPPED: i32 = 77;
/// Exit code of the runner when another job holds the instance (`EX_TEMPFAIL`).
pub const EXIT_LOCKED: i32 = 75;
/// Exit code of the runner when an abort was left for it before a step.
pub const EXIT_ABORTED: i32 = 143;
