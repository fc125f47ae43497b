//! How an instance was over time: what is kept of it, and the changes that this tells of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::health::{Health, seconds_since};
use super::ids::{HostId, RunId};
use super::run::state::{Phase, RunSummary};
use super::snapshot::RunningRelease;
use super::untrusted::Safe;

/// Seconds after which nobody is taken to have watched in between.
pub const GAP_S: i64 = 180;
/// Seconds for which anything is kept.
pub const KEEP_S: i64 = 90 * 86_400;
/// Entries that are kept of one instance: the newest.
pub const MOST: usize = 500;

/// What was seen of an instance at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// How it is.
    pub health: Health,
    /// The first reason for that, where there is one.
    pub reason: Option<Safe>,
    /// What runs; nothing where that was not told.
    pub release: Option<RunningRelease>,
}

impl Condition {
    /// Whether nothing changed from one to the other. A host that does not answer has lost nothing, and other words for
    /// the same state are no change.
    pub fn is_like(&self, next: &Self) -> bool {
        let other = next
            .release
            .as_ref()
            .map(|r| &r.sha)
            .is_some_and(|new| self.release.as_ref().map(|r| &r.sha) != Some(new));
        self.health == next.health && !other
    }
}

/// What was seen of which instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The instance.
    pub instance: HostId,
    /// How it was.
    pub condition: Condition,
}

/// A time in which an instance was seen to be alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// How it was.
    pub condition: Condition,
    /// When it was first seen so.
    pub from: Timestamp,
    /// When it was last seen so.
    pub until: Timestamp,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Its state.
    State {
        /// What it was; nothing where nobody had watched it just before.
        from: Option<Health>,
        /// What it is from then on.
        to: Health,
    },
    /// What runs on it.
    Release {
        /// What ran.
        from: Safe,
        /// What runs from then on.
        to: Safe,
    },
    /// No cockpit watched it from then on.
    Unwatched {
        /// How it was seen last.
        was: Health,
    },
    /// A run of ours worked on it from then on.
    Run {
        /// Which.
        run: RunId,
        /// What it does.
        workflow: &'static str,
        /// How it stands or ended.
        phase: Phase,
    },
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it was seen.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// Why, or what more there is to tell; may be empty.
    pub why: Safe,
    /// When what it led to ended.
    pub until: Timestamp,
    /// Whether that goes on: it is as long as it has been so far.
    pub goes_on: bool,
}

impl Change {
    /// How long what it led to lasted, in seconds.
    pub fn lasted_s(&self) -> f64 {
        seconds_since(self.at, self.until)
    }
}

impl What {
    /// The kind of it, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Release { .. } => "release",
            Self::Unwatched { .. } => "gap",
            Self::Run { .. } => "run",
        }
    }

    /// What it was before, and what it is from then on.
    pub fn ends(&self) -> (Option<&str>, &str) {
        match self {
            Self::State { from, to } => (from.map(Health::word), to.word()),
            Self::Release { from, to } => (Some(from.as_str()), to.as_str()),
            Self::Unwatched { was } => (Some(was.word()), "not watched"),
            Self::Run { workflow, .. } => (None, workflow),
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self, self.ends()) {
            (Self::Run { run, workflow, .. }, _) => write!(f, "run {} {workflow}", run.short()),
            (Self::State { from: None, to }, _) => write!(f, "seen {}", to.word()),
            (_, (from, to)) => write!(f, "{} → {to}", from.unwrap_or_default()),
        }
    }
}

/// The changes of an instance, newest first: of what was kept (oldest first) and of the runs that worked on it.
pub fn changes<'r>(
    kept: &[Kept],
    runs: impl Iterator<Item = &'r RunSummary>,
    host: &HostId,
    now: Timestamp,
) -> Vec<Change> {
    let mut all = conditions(kept, now);
    all.extend(runs.filter(|run| run.hosts.contains(host)).map(|run| of_run(run, now)));
    // What was told later stands above what was told of the same moment before.
    all.reverse();
    all.sort_by_key(|change| std::cmp::Reverse(change.at));
    all
}

fn conditions(kept: &[Kept], now: Timestamp) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut before: Option<&Kept> = None;
    let mut ran: Option<&RunningRelease> = None;
    for one in kept {
        let watched = before.filter(|before| !is_gap(before.until, one.from));
        if let Some(before) = before.filter(|_| watched.is_none()) {
            push(&mut all, gap(before), before.until);
        }
        let (state, was) = (one.condition.health, watched.map(|b| b.condition.health));
        if was != Some(state) {
            let why = one.condition.reason.clone().unwrap_or_default();
            push(&mut all, (What::State { from: was, to: state }, why), one.from);
        }
        let runs = one.condition.release.as_ref();
        if let (Some(old), Some(new)) = (ran, runs)
            && old.sha != new.sha
        {
            let what = What::Release { from: name(old), to: name(new) };
            let why = if watched.is_none() { "while nobody watched" } else { "" };
            push(&mut all, (what, why.into()), one.from);
        }
        ran = runs.or(ran);
        before = Some(one);
    }
    if let Some(last) = before.filter(|last| is_gap(last.until, now)) {
        push(&mut all, gap(last), last.until);
    }
    for change in &mut all {
        if change.goes_on {
            change.until = now.max(change.at);
        }
    }
    all
}

/// Whether nobody watched from one moment to another.
fn is_gap(from: Timestamp, to: Timestamp) -> bool {
    to.duration_since(from).as_secs() > GAP_S
}

fn gap(last: &Kept) -> (What, Safe) {
    let why = "no cockpit was open, or it could not keep what it saw";
    (What::Unwatched { was: last.condition.health }, why.into())
}

/// Adds a change; it ends the one before that it takes the place of.
fn push(all: &mut Vec<Change>, (what, why): (What, Safe), at: Timestamp) {
    let is_release = matches!(what, What::Release { .. });
    let replaced =
        |c: &&mut Change| c.goes_on && matches!(c.what, What::Release { .. }) == is_release;
    if let Some(last) = all.iter_mut().rev().find(replaced) {
        (last.until, last.goes_on) = (at, false);
    }
    all.push(Change { at, what, why, until: at, goes_on: true });
}

/// What a release is called.
fn name(release: &RunningRelease) -> Safe {
    release.reference.clone().unwrap_or_else(|| release.sha.short().into())
}

fn of_run(run: &RunSummary, now: Timestamp) -> Change {
    let to = run.target.as_ref().map(|t| format!("to {t}: ")).unwrap_or_default();
    let (name, phase) = (run.workflow.name(), run.phase);
    Change {
        at: run.planned,
        what: What::Run { run: run.run.clone(), workflow: name, phase },
        why: Safe::line(&format!("{to}{}", phase.word())),
        until: run.finished.unwrap_or(now).max(run.planned),
        goes_on: run.finished.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + s).unwrap()
    }

    fn kept(health: Health, sha: Option<char>, from: i64, until: i64) -> Kept {
        let release = sha.map(|c| RunningRelease {
            sha: c.to_string().repeat(40).parse().unwrap(),
            reference: Some(format!("v{c}").as_str().into()),
        });
        let reason = (health != Health::Healthy).then(|| "api exited (1)".into());
        let condition = Condition { health, reason, release };
        Kept { condition, from: at(from), until: at(until) }
    }

    fn told(kept: &[Kept], now: i64) -> Vec<(String, i64, bool)> {
        let host = "a".parse().unwrap();
        let all = changes(kept, std::iter::empty(), &host, at(now));
        all.iter().map(|c| (c.what.to_string(), c.lasted_s() as i64, c.goes_on)).collect()
    }

    #[test]
    fn states_have_their_length_and_a_release_ends_no_state() {
        let all = [
            kept(Health::Healthy, Some('1'), 0, 100),
            kept(Health::Down, None, 100, 130),
            kept(Health::Healthy, Some('1'), 130, 200),
            kept(Health::Healthy, Some('2'), 200, 290),
        ];
        assert_eq!(
            told(&all, 300),
            [
                ("v1 → v2".to_owned(), 100, true),
                ("down → healthy".to_owned(), 170, true),
                ("healthy → down".to_owned(), 30, false),
                ("seen healthy".to_owned(), 100, false),
            ]
        );
    }

    #[test]
    fn a_time_without_a_cockpit_is_no_steady_state() {
        let all = [
            kept(Health::Healthy, Some('1'), 0, 100),
            kept(Health::Healthy, Some('2'), 100 + GAP_S + 1, 400),
        ];
        assert_eq!(
            told(&all, 400 + GAP_S),
            [
                ("v1 → v2".to_owned(), GAP_S + 119, true),
                ("seen healthy".to_owned(), GAP_S + 119, true),
                ("healthy → not watched".to_owned(), GAP_S + 1, false),
                ("seen healthy".to_owned(), 100, false),
            ],
        );
        let (last, lasted, goes_on) = told(&all, 400 + GAP_S + 1).remove(0);
        assert_eq!((last.as_str(), lasted, goes_on), ("healthy → not watched", GAP_S + 1, true));
    }

    #[test]
    fn a_silent_host_has_not_lost_its_release_and_words_are_no_change() {
        let one = |reason: &str, sha: Option<char>| Condition {
            reason: Some(reason.into()),
            ..kept(Health::Down, sha, 0, 0).condition
        };
        assert!(one("api exited (1)", Some('1')).is_like(&one("api exited (2)", None)));
        assert!(!one("api", Some('1')).is_like(&one("api", Some('2'))));
        assert!(!one("api", None).is_like(&one("api", Some('2'))));
    }
}
