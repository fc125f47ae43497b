//! Maintenance windows: when runs may change a host, and when its alerts are silent.
//!
//! A host's windows are those of its variable `bunker_windows`, after Ansible's precedence: a list that a group names
//! counts for all its hosts, and one that a host names stands for it. Several windows of a list are their union. No
//! window, or none but freezes, means always. A *freeze* (`deny: true`) closes whatever another window opens.
//!
//! **Invariants:** a start belongs to its window, an end does not; a time of day that a clock change skips means the
//! moment of the change, one that happens twice the first of both. Nothing in here asks for the time.

mod cron;
mod fleet;
mod recur;
mod silence;
mod standing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wall_tests;
mod wish;
mod words;
mod written;
mod zone;

pub use cron::Cron;
pub use fleet::{FleetStanding, WindowSet, fleet_standing, window_sets};
pub use recur::Spell;
pub use silence::{
    CREATED_BY, Held, Silence, Todo, reconcile, silenced_host, silencing_window, wanted,
};
pub use standing::{Standing, next_spells, silenced, standing};
pub use wish::{Whom, WindowWish};
pub use words::{countdown, spelled};
pub use written::seconds as duration_s;
pub use zone::Zone;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

use super::untrusted::Safe;

/// One window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "written::Written", into = "written::Written")]
pub struct Window {
    /// Its name, unique among a host's.
    pub name: Safe,
    /// When it opens.
    pub opens: Opens,
    /// When it closes again.
    pub closes: Closes,
    /// Where its clock hangs.
    pub zone: Zone,
    /// What it is for, where not for all.
    pub only: Option<Only>,
    /// Whether it closes instead of opening.
    pub deny: bool,
    /// The spell that somebody ended early.
    pub ended: Option<Ended>,
}

/// When a window opens, by the clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opens {
    /// Every day.
    Daily(Time),
    /// On these days of every week.
    Weekly(Vec<Weekday>, Time),
    /// Once.
    Once(DateTime),
    /// When cron says so.
    Cron(Cron),
}

/// When a window closes after it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closes {
    /// After so many seconds, whatever the clock on the wall does meanwhile.
    After(i64),
    /// When the clock on the wall shows so many minutes after midnight: on the day of the start, else on the next.
    At(i64),
    /// When the clock on the wall shows this date and time.
    On(DateTime),
}

/// What a window is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// Runs: alerts stay loud.
    Runs,
    /// Alerts are silent: it says nothing about runs.
    Alerts,
}

/// A spell of a window that somebody closed before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// When: the spell that holds this moment ends at it.
    pub at: Timestamp,
    /// Who.
    pub by: Safe,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Safe>,
}

impl Window {
    /// Whether it says when runs may change something.
    pub fn gates_runs(&self) -> bool {
        !self.deny && self.only != Some(Only::Alerts)
    }

    /// Whether it forbids runs while it is on.
    pub fn freezes(&self) -> bool {
        self.deny
    }

    /// Whether alerts are silent while it is on.
    pub fn silences(&self) -> bool {
        !self.deny && self.only != Some(Only::Runs)
    }
}
