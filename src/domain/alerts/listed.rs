//! Alerts as they are listed: those that hold here, and those of an Alertmanager.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::alertmanager::{Manager, ManagerAlert, ManagerState};
use super::evaluate::{Judged, evaluate};
use super::rules::{RULES, Rule, Severity};
use crate::domain::ids::HostId;
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::untrusted::Safe;
use crate::domain::window::silenced;

/// How an alert stands. Ordered as it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It holds for as long as its rule asks.
    Firing,
    /// It holds, but not for that long yet, or nobody knows for how long.
    Pending,
    /// It cannot be judged.
    Unknown,
    /// It holds, and nobody is told.
    Silenced,
}

impl State {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
            Self::Silenced => "silenced",
        }
    }
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Alertmanager.
    Alertmanager,
    /// The rules, judged here.
    Here,
}

/// An alert of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// How it stands.
    pub state: State,
    /// How much it matters.
    pub severity: Severity,
    /// The instance, where it is one of the fleet.
    pub host: Option<HostId>,
    /// What it is about: the instance, or the label that Alertmanager has.
    pub of: Safe,
    /// Name of its rule.
    pub name: Safe,
    /// What is, in words.
    pub text: Safe,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// What keeps it silent, in words.
    pub silence: Option<Safe>,
    /// The id of the Alertmanager's silence that does.
    pub silence_id: Option<Safe>,
    /// Who says so.
    pub origin: Origin,
    /// The rules and what each is about, where this row stands for several that cannot be judged for one cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<(Safe, Safe)>,
}

impl Alert {
    /// What tells it from all others of the list.
    pub fn key(&self) -> String {
        if !self.folded.is_empty() {
            // How many they are changes.
            return format!("{} {:?}", self.text, self.origin);
        }
        format!("{} {} {:?}", self.name, self.of, self.origin)
    }
}

/// Since when each rule has held on each instance, as this program saw it.
pub type Since = BTreeMap<(HostId, &'static str), Timestamp>;

/// Notes since when each rule holds, from one snapshot to the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch {
    since: Since,
}

impl Watch {
    /// Takes the next snapshot. What cannot be judged keeps its time.
    pub fn note(&mut self, snapshot: &FleetSnapshot) {
        let mut next = Since::new();
        // Of what was never heard of no rule can be seen to hold: a thousand such are not judged while somebody waits.
        for instance in &snapshot.instances {
            if self.since.is_empty() && instance.is_unheard() {
                continue;
            }
            for rule in RULES {
                let judged = evaluate(rule, instance, snapshot.at);
                if matches!(judged, Judged::Quiet | Judged::NotReported) {
                    continue;
                }
                let key = (instance.id.clone(), rule.name);
                let before = self.since.get(&key).copied();
                let first = matches!(judged, Judged::Holds { .. }).then_some(snapshot.at);
                next.extend(before.or(first).map(|at| (key, at)));
            }
        }
        self.since = next;
    }

    /// Since when a rule has been seen to hold.
    fn of(&self, host: &HostId, rule: &'static str) -> Option<Timestamp> {
        self.since.get(&(host.clone(), rule)).copied()
    }
}

/// The alerts that the rules give, judged here, and the number of rules that could be judged.
pub fn from_here(snapshot: &FleetSnapshot, watch: &Watch, now: Timestamp) -> (Vec<Alert>, usize) {
    let (mut alerts, mut n_judged) = (Vec::new(), 0);
    for instance in &snapshot.instances {
        for rule in RULES {
            let of_rule = |state, text: &str, since| Alert {
                state,
                severity: rule.severity,
                host: Some(instance.id.clone()),
                of: Safe::line(instance.id.as_str()),
                name: rule.name.into(),
                text: Safe::line(text),
                since,
                silence: None,
                silence_id: None,
                origin: Origin::Here,
                folded: Vec::new(),
            };
            match evaluate(rule, instance, now) {
                Judged::NotReported => continue,
                Judged::Quiet => {}
                Judged::Unknown(why) => {
                    alerts.push(of_rule(State::Unknown, &why, None));
                    continue;
                }
                Judged::Holds { text, since } => {
                    let since = since.into_iter().chain(watch.of(&instance.id, rule.name)).min();
                    alerts.push(of_rule(state(rule, since, now), &text, since));
                }
            }
            n_judged += 1;
        }
    }
    silence_by_windows(&mut alerts, snapshot, now);
    sort(&mut alerts);
    (alerts, n_judged)
}

fn state(rule: &Rule, since: Option<Timestamp>, now: Timestamp) -> State {
    let long = since.is_some_and(|at| now.duration_since(at).as_secs() >= i64::from(rule.for_s));
    if rule.for_s == 0 || long { State::Firing } else { State::Pending }
}

fn silence_by_windows(alerts: &mut [Alert], snapshot: &FleetSnapshot, now: Timestamp) {
    for set in snapshot.windows.iter() {
        let Some((window, _)) = silenced(&set.windows, now) else { continue };
        let ours = |alert: &&mut Alert| {
            alert.host.as_ref().is_some_and(|host| set.hosts.contains(host))
                && matches!(alert.state, State::Firing | State::Pending)
        };
        for alert in alerts.iter_mut().filter(ours) {
            alert.state = State::Silenced;
            alert.silence = Some(Safe::line(&format!("window {}", window.name)));
        }
    }
}

/// The alerts of an Alertmanager, and after them those that hold here and that it does not know.
pub fn from_manager(manager: &Manager, here: Vec<Alert>) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = manager.alerts.iter().map(|alert| told(manager, alert)).collect();
    let key = |alert: &Alert| (alert.name.clone(), alert.host.clone());
    let known: BTreeSet<_> = alerts.iter().map(key).collect();
    let more: Vec<Alert> = here.into_iter().filter(|ours| !known.contains(&key(ours))).collect();
    alerts.extend(more);
    sort(&mut alerts);
    alerts
}

fn told(manager: &Manager, alert: &ManagerAlert) -> Alert {
    let host = manager.labels.get(alert.instance.as_str()).cloned();
    let silence_id = alert.silenced_by.first().cloned();
    let silence = silence_id.as_ref().map(|id| {
        let silence = manager.silences.iter().find(|s| &s.id == id);
        silence.map_or_else(
            || Safe::line(&format!("silence {id}")),
            |s| Safe::line(&format!("{} (by {})", s.comment, s.by)),
        )
    });
    let silence = silence.or_else(|| match (alert.state, alert.n_inhibiting) {
        (ManagerState::Suppressed, 0) => Some("muted for a time".into()),
        (ManagerState::Suppressed, _) => Some("another alert tells of it already".into()),
        (ManagerState::Active | ManagerState::Unprocessed, _) => None,
    });
    let means = || Rule::named(alert.name.as_str()).map_or("", |rule| rule.means);
    let text =
        if alert.summary.as_str().is_empty() { means().into() } else { alert.summary.clone() };
    Alert {
        state: match alert.state {
            ManagerState::Active => State::Firing,
            ManagerState::Unprocessed => State::Pending,
            ManagerState::Suppressed => State::Silenced,
        },
        severity: alert.severity,
        of: host.as_ref().map_or_else(|| alert.instance.clone(), |id| id.as_str().into()),
        host,
        name: alert.name.clone(),
        text,
        since: Some(alert.since),
        silence,
        silence_id,
        origin: Origin::Alertmanager,
        folded: Vec::new(),
    }
}

fn sort(alerts: &mut [Alert]) {
    let key = |a: &Alert| (a.state, a.severity, a.of.clone(), a.name.clone(), a.origin);
    alerts.sort_by_key(key);
}
