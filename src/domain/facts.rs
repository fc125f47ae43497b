//! What one probe of a host found. Each part is known or unreadable on its own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::git::CommitSha;
use super::release::ReleaseRecord;
use super::untrusted::Safe;

/// A part of the facts: read, or why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part<T> {
    /// What was read.
    Known(T),
    /// Why it could not be read.
    Unreadable(Safe),
}

impl<T> Part<T> {
    /// The value, if it was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unreadable(_) => None,
        }
    }
}

/// The result of one probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// When the answer arrived, by our clock.
    pub probed_at: Timestamp,
    /// The host's clock minus ours, in seconds, corrected by half the round trip.
    pub clock_skew_s: Part<f64>,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: Part<Safe>,
    /// Uptime, load and memory.
    pub system: Part<System>,
    /// The file system that holds the checkout.
    pub disk: Part<Disk>,
    /// What Compose says of the stack.
    pub stack: Part<Stack>,
    /// What git says of the checkout.
    pub checkout: Part<Checkout>,
    /// The `.env` file.
    pub env_file: Part<EnvFile>,
    /// The newest archive in the backup folder; `Known(None)` where there is none.
    pub backup: Part<Option<BackupFile>>,
    /// The release file that our last workflow left; `Known(None)` where there is none.
    pub release: Part<Option<ReleaseRecord>>,
    /// Who holds the lease of this instance, as one line; `Known(None)` where it is free.
    pub lease: Part<Option<Safe>>,
    /// How far the instance is installed.
    pub site: Part<Site>,
}

/// How far an instance is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// What is where the checkout belongs.
    pub folder: Folder,
    /// Which deployment began here and has not recorded a release yet: `run … since …`.
    pub deploying: Option<Safe>,
    /// Whether the checkout comes from `cml_repo`; true where there is none.
    pub same_repo: bool,
}

/// What is where the checkout belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Folder {
    /// Nothing, or an empty folder.
    Bare,
    /// Files that are no checkout; one of them.
    Files(Safe),
    /// A checkout, perhaps one that is not whole.
    Checkout,
}

impl Site {
    /// Whether nothing of an instance is there, nor on its way.
    pub fn is_bare(&self) -> bool {
        self.folder == Folder::Bare && self.deploying.is_none()
    }
}

/// Load of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// Seconds since boot.
    pub uptime_s: f64,
    /// Load average over one minute.
    pub load1: f64,
    /// Number of processors.
    pub n_cpus: u32,
    /// Processor time since boot, where `/proc/stat` could be read: two rounds give the load between them.
    pub cpu: Option<CpuTime>,
    /// Memory in bytes.
    pub mem_total_b: u64,
    /// Memory that can still be given out, in bytes.
    pub mem_available_b: u64,
}

/// Processor time since boot, in clock ticks of all processors together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuTime {
    /// Doing anything.
    pub busy: u64,
    /// All of it, waiting included.
    pub total: u64,
}

impl CpuTime {
    /// Part of the processors in use since `earlier`, 0 to 1; `None` where the counters went back (a
    /// reboot) or stood still.
    pub fn ratio_since(self, earlier: Self) -> Option<f64> {
        let total = self.total.checked_sub(earlier.total).filter(|&n| n > 0)?;
        let busy = self.busy.checked_sub(earlier.busy)?.min(total);
        Some(busy as f64 / total as f64)
    }
}

/// Space of a file system, in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: Safe,
    /// Its size.
    pub total_b: u64,
    /// What is left for ordinary users.
    pub available_b: u64,
}

impl Disk {
    /// Part in use, 0 to 1; `None` for a file system of size 0.
    pub fn used_ratio(&self) -> Option<f64> {
        (self.total_b > 0).then(|| 1.0 - self.available_b as f64 / self.total_b as f64)
    }
}

/// The containers of the stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Services that the compose file names.
    pub services: Vec<Safe>,
    /// All containers, the stopped ones as well.
    pub containers: Vec<Container>,
}

impl Stack {
    /// Whether a person stopped it: there are containers that are meant to run on, and all of them ended on request (by
    /// themselves in peace, or by TERM, INT or KILL), with no restart under way. Docker starts again what crashed.
    pub fn is_stopped_on_purpose(&self) -> bool {
        let mut lasting = self.containers.iter().filter(|c| !c.one_shot).peekable();
        lasting.peek().is_some()
            && lasting
                .all(|c| c.state.as_str() == "exited" && matches!(c.exit_code, 0 | 130 | 137 | 143))
    }

    /// How many containers that are meant to run on do not, or say that they are not well.
    pub fn n_unwell(&self) -> usize {
        let unwell = |c: &&Container| {
            c.state.as_str() != "running" || matches!(c.health.as_str(), "unhealthy" | "starting")
        };
        self.containers.iter().filter(|c| !c.one_shot).filter(unwell).count()
    }
}

/// One container as `docker compose ps -a` and `docker inspect` describe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Container id, 12 or more hexadecimal digits.
    pub id: Safe,
    /// Container name.
    pub name: Safe,
    /// Compose service.
    pub service: Safe,
    /// Image name.
    pub image: Safe,
    /// created, running, paused, restarting, removing, exited or dead.
    pub state: Safe,
    /// starting, healthy, unhealthy, or empty where there is no health check.
    pub health: Safe,
    /// Exit code of the last end.
    pub exit_code: i32,
    /// How often Docker restarted it.
    pub restarts: u32,
    /// When it started, RFC 3339 as Docker gives it.
    pub started_at: Option<Timestamp>,
    /// When it last ended, by the host's clock; `None` where it never did.
    pub finished_at: Option<Timestamp>,
    /// Whether it is meant to end (`restart: no` and not expected to run on).
    pub one_shot: bool,
}

/// The git checkout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkout {
    /// The commit that is checked out.
    pub commit: CommitSha,
    /// The tag or branch at that commit, if any.
    pub reference: Option<Safe>,
    /// Changed tracked files, as `git status --porcelain` lists them.
    pub changed: Vec<Safe>,
    /// Untracked or ignored files that matter (`docker-compose.override.yml`).
    pub extra: Vec<Safe>,
}

/// The `.env` file, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvFile {
    /// SHA-256 of the content, hexadecimal.
    pub sha256: Safe,
    /// Permission bits, for example 0o600.
    pub mode: u32,
    /// Names of the variables that are set, never their values.
    pub keys: Vec<Safe>,
    /// SHA-256 that our last workflow left behind; `None` where none did.
    pub applied_sha256: Option<Safe>,
}

/// One backup archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupFile {
    /// File name.
    pub name: Safe,
    /// Size in bytes.
    pub size_b: u64,
    /// Modification time by the host's clock.
    pub at: Timestamp,
}
