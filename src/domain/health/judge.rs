//! The verdict on an instance: a pure function of what is known.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::containers::container_reasons;
use super::machine;
use super::verdict::{Health, Reason, Verdict};
use super::words::{percent, seconds_since, short_age};
use crate::domain::catalogue::{STALE_S, warn_at};
use crate::domain::facts::{Facts, Part};
use crate::domain::figure::{Figure, Source, Trouble};
use crate::domain::settings::{InstanceSettings, Tier};
use crate::domain::signal::{Signal, Unit};
use crate::domain::snapshot::{Contact, HttpHealth};
use crate::domain::untrusted::Safe;

/// All that a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The instance's settings and limits.
    pub settings: &'a InstanceSettings,
    /// SSH.
    pub contact: &'a Contact,
    /// The health address.
    pub http: &'a HttpHealth,
    /// The newest facts.
    pub facts: Option<&'a Facts>,
    /// The newest figures.
    pub signals: &'a BTreeMap<Signal, Figure>,
    /// Restarts in the last five minutes by service.
    pub restarts: &'a BTreeMap<Safe, u32>,
    /// Seconds after which facts are too old to be trusted.
    pub facts_stale_s: f64,
    /// Now, by our clock.
    pub now: Timestamp,
}

/// The verdict. What is not known is never healthy:
/// - the host does not answer: unknown, whatever else was seen before;
/// - the health address fails and the host answers: down;
/// - a service does not run: down where the health address fails too, else degraded;
/// - a limit is passed, something was changed by hand, figures are stale: degraded;
/// - a part of the facts could not be read: unknown.
///
/// A metrics server that is down says nothing about an instance: that is the server's own state.
pub fn judge(e: &Evidence<'_>) -> Verdict {
    let mut reasons = Vec::new();
    let reached = contact(e, &mut reasons);
    if reached && let Some(reason) = not_deployed(e) {
        return Verdict::from_reasons(vec![reason]);
    }
    let serves = http(e, reached, &mut reasons);
    if reached && let Some(facts) = e.facts {
        look(e, facts, serves, &mut reasons);
    }
    figures(e, &mut reasons);
    let mut verdict = Verdict::from_reasons(reasons);
    // A host that does not answer may be anything: old news of it decides nothing.
    if !reached {
        verdict.health = Health::Unknown;
        verdict.reasons.sort_by_key(|r| r.subject.as_str() != "ssh");
    }
    verdict
}

/// Of a server without an instance there is only this to say.
fn not_deployed(e: &Evidence<'_>) -> Option<Reason> {
    let site = e.facts?.site.known()?;
    if site.is_bare() {
        let text = "not deployed yet: `bunker deploy` brings it up";
        return Some(Reason::new(Health::Unknown, "deploy", text));
    }
    let begun = site.deploying.as_ref()?;
    let text = format!("incomplete, resumable ({begun}): `bunker deploy` goes on");
    Some(Reason::new(Health::Down, "deploy", &text))
}

fn contact(e: &Evidence<'_>, reasons: &mut Vec<Reason>) -> bool {
    let unknown = |text: String| Reason::new(Health::Unknown, "ssh", &text);
    match e.contact {
        Contact::NotYet => {
            reasons.push(unknown("not asked yet".to_owned()));
            false
        }
        Contact::Lost { since, last_seen, error } => {
            let age_s = seconds_since(*since, e.now);
            let seen = last_seen.map_or_else(String::new, |t| {
                format!(", last seen {} ago", short_age(seconds_since(t, e.now)))
            });
            let long = if last_seen.is_none() && age_s < 60.0 {
                String::new()
            } else {
                format!(" for {}", short_age(age_s))
            };
            reasons.push(unknown(format!("no answer{long}{seen}: {error}")));
            false
        }
        Contact::Answered { .. } => {
            let Some(facts) = e.facts else {
                reasons.push(unknown("answered, but told nothing".to_owned()));
                return false;
            };
            let age = seconds_since(facts.probed_at, e.now);
            if age > e.facts_stale_s {
                reasons.push(unknown(format!("last looked at {} ago", short_age(age))));
            }
            age <= e.facts_stale_s
        }
    }
}

fn http(e: &Evidence<'_>, reached: bool, reasons: &mut Vec<Reason>) -> bool {
    match e.http {
        HttpHealth::Up { at, .. } => {
            let age = seconds_since(*at, e.now);
            if age > e.facts_stale_s {
                let text = format!("last asked {} ago", short_age(age));
                reasons.push(Reason::new(Health::Unknown, "health", &text));
            }
            true
        }
        HttpHealth::NotYet => {
            reasons.push(Reason::new(Health::Unknown, "health", "not asked yet"));
            true
        }
        HttpHealth::Failed { since, error, .. } => {
            let health = if reached { Health::Down } else { Health::Unknown };
            let since = since.strftime("%H:%M:%S");
            reasons.push(Reason::new(health, "health", &format!("{error} since {since} UTC")));
            false
        }
    }
}

fn look(e: &Evidence<'_>, facts: &Facts, serves: bool, reasons: &mut Vec<Reason>) {
    let broken = if serves { Health::Degraded } else { Health::Down };
    match &facts.stack {
        Part::Unreadable(why) => reasons.push(machine::unreadable("containers", why)),
        Part::Known(stack) => reasons.extend(container_reasons(
            stack,
            e.settings,
            e.restarts,
            broken,
            machine::host_time(facts, e.now),
        )),
    }
    if let (HttpHealth::Up { commit: Some(runs), .. }, Part::Known(checkout)) =
        (e.http, &facts.checkout)
        && runs != &checkout.commit
    {
        let text =
            format!("{} answers, but {} is checked out", runs.short(), checkout.commit.short());
        reasons.push(Reason::new(Health::Degraded, "release", &text));
    }
    reasons.extend(machine::reasons(facts, e.settings, e.now));
}

fn figures(e: &Evidence<'_>, reasons: &mut Vec<Reason>) {
    let policy = &e.settings.policy;
    for signal in [Signal::P95Seconds, Signal::ErrorRatio, Signal::MailQueue] {
        let reading = e.signals.get(&signal).and_then(|f| f.reading);
        let Some((reading, limit)) = reading.zip(warn_at(signal, policy)) else { continue };
        if reading.value >= limit && seconds_since(reading.at, e.now) <= STALE_S {
            let (value, limit) = (amount(signal, reading.value), amount(signal, limit));
            let text = format!("{value} (warn {limit})");
            reasons.push(Reason::new(Health::Degraded, signal.title(), &text));
        }
    }
    if e.settings.tier != Tier::Reporting {
        return;
    }
    // Backups are pushed once a day: they tell nothing of whether the instance reports now.
    let newest = Signal::ALL
        .iter()
        .filter(|s| !matches!(s, Signal::BackupAge | Signal::BackupSize))
        .filter_map(|s| e.signals.get(s)?.reading.filter(|r| r.source == Source::Metrics))
        .map(|r| r.at)
        .max();
    let silent = e.signals.values().any(|f| f.trouble == Some(Trouble::NoData));
    match newest {
        Some(at) if seconds_since(at, e.now) > STALE_S && silent_or_old(e) => {
            let age = short_age(seconds_since(at, e.now));
            let text = format!("no news from this instance for {age}");
            reasons.push(Reason::new(Health::Degraded, "metrics", &text));
        }
        None if silent => {
            let text = format!("the server has nothing labelled {}", e.settings.label);
            reasons.push(Reason::new(Health::Degraded, "metrics", &text));
        }
        _ => {}
    }
}

/// Old readings are the instance's fault only while the server answers.
fn silent_or_old(e: &Evidence<'_>) -> bool {
    e.signals.values().all(|f| {
        matches!(
            f.trouble,
            None | Some(Trouble::NoData | Trouble::NotReported | Trouble::NotANumber)
        )
    })
}

fn amount(signal: Signal, value: f64) -> String {
    match signal.unit() {
        Unit::Seconds => format!("{value:.1} s"),
        Unit::Ratio if value < 0.1 => format!("{:.1} %", value * 100.0),
        Unit::Ratio => percent(value),
        Unit::PerSecond => format!("{value:.1}/s"),
        Unit::Count | Unit::Bytes => format!("{value:.0}"),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
pub(super) mod tests;
