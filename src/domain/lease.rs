//! The lease of an instance, or of a whole fleet while a campaign goes through it, as it was read from a host.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ids::{HostId, RunId};
use super::untrusted::Safe;

/// What a lease is about: its folder below the host's state folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LeaseOf {
    /// An instance, on its own host.
    Instance(HostId),
    /// All instances of a fleet, on the central server.
    Campaign(FleetKey),
}

/// A fleet as the folder of its campaign lease: 16 hexadecimal digits made of its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FleetKey(String);

impl FleetKey {
    /// The key of the fleet with this name.
    pub fn of(fleet: &Safe) -> Self {
        let digest = Sha256::digest(fleet.as_str().as_bytes());
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        Self(digest.iter().take(8).flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A lease that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who and what, as a sentence part: `run … (upgrade) by ann on desk since …`.
    pub holder: Safe,
    /// The run, where its id can be read.
    pub run: Option<RunId>,
    /// What it does.
    pub workflow: Safe,
    /// Where it goes to.
    pub target: Safe,
    /// Who started it.
    pub operator: Safe,
    /// Which taking it is: each is one more than the last.
    pub generation: u64,
    /// When it was taken, by the host's clock.
    pub started: Safe,
    /// Seconds since it was last renewed, by the host's clock since boot; `None` where an older program wrote it.
    pub beat_age_s: Option<i64>,
    /// How far the run is there.
    pub doing: Safe,
    /// Seconds until it ends by itself, by the host's clock; 0 or less where it is over.
    pub left_s: i64,
}

impl Lease {
    /// When it was taken, where what the host says is a time.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started.as_str().parse().ok()
    }
}

/// What a look at a lease found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct LeaseLook {
    /// The lease; `None` where nobody has it.
    pub lease: Option<Lease>,
    /// The job that runs there now and holds the kernel's lock.
    pub job: Option<Safe>,
    /// The last generation that was given away.
    pub generation: u64,
    /// Records of the last breaks, oldest first.
    pub breaks: Vec<Safe>,
}

impl LeaseLook {
    /// The lease, where it stands in the way of `run`: it is another's and not over, or a job of it runs.
    pub fn against(&self, run: Option<&RunId>) -> Option<&Lease> {
        let foreign = |l: &&Lease| run.is_none() || l.run.as_ref() != run;
        self.lease.as_ref().filter(|l| l.left_s > 0 || self.job.is_some()).filter(foreign)
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.holder)?;
        if !self.doing.as_str().is_empty() {
            write!(f, ", at {}", self.doing)?;
        }
        if let Some(age) = self.beat_age_s {
            write!(f, ", last heard {age} s ago")?;
        }
        match self.left_s {
            left if left > 0 => write!(f, ", ends by itself in {left} s"),
            _ => write!(f, ", over"),
        }
    }
}

/// Who goes through a whole fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetHeld {
    /// Who and what, since when, how far, as a sentence part.
    pub who: Safe,
    /// The run, where its id is known.
    pub run: Option<RunId>,
    /// Whether its worker lives on this machine.
    pub alive: bool,
}

/// What came of taking a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is ours, under this generation.
    Ours(u64),
    /// Somebody else has it.
    Held(Box<LeaseLook>),
    /// A job runs there and holds the kernel's lock: its name.
    Busy(Safe),
}

/// What came of renewing a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// It holds on.
    Ours,
    /// A job runs, so nobody can take it.
    Busy,
    /// There is none any more.
    Gone,
    /// It belongs to somebody else by now: who.
    Lost(Safe),
}

/// What came of breaking a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// It is broken; the generation from which on its holder is refused, and who that was.
    Done {
        /// Nothing under a lower one is run any more.
        generation: u64,
        /// Who had it.
        holder: Safe,
    },
    /// There was none.
    None,
    /// A job runs there: it has to be ended first. Its name.
    Busy(Safe),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(left_s: i64, job: bool) -> LeaseLook {
        let lease = Lease {
            holder: "run x".into(),
            run: "261122-221405-7f3a".parse().ok(),
            workflow: "upgrade".into(),
            target: "v2".into(),
            operator: "ann".into(),
            generation: 3,
            started: "then".into(),
            beat_age_s: Some(4),
            doing: "build, step 2 of 5".into(),
            left_s,
        };
        LeaseLook { lease: Some(lease), job: job.then(|| "job 1".into()), ..LeaseLook::default() }
    }

    #[test]
    fn a_lease_stands_in_the_way_of_others_until_it_is_over_and_no_job_runs() {
        let ours = "261122-221405-7f3a".parse().ok();
        assert!(look(5, false).against(None).is_some());
        assert!(look(5, false).against(ours.as_ref()).is_none());
        assert!(look(0, false).against(None).is_none());
        assert!(look(-5, true).against(None).is_some(), "never while a job runs");
        let text = look(5, false).lease.unwrap().to_string();
        assert_eq!(text, "run x, at build, step 2 of 5, last heard 4 s ago, ends by itself in 5 s");
        assert_eq!(FleetKey::of(&"a".into()).as_str(), "ca978112ca1bbdca");
    }
}
