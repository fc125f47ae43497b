//! One rule and one instance: a pure function of what is known.

use jiff::{SignedDuration, Timestamp};

use super::rules::{Rule, Test};
use crate::domain::backups;
use crate::domain::catalogue::STALE_S;
use crate::domain::figure::{Figure, Trouble};
use crate::domain::health::{hours, short_age};
use crate::domain::series::Series;
use crate::domain::signal::{Signal, Unit};
use crate::domain::snapshot::{HttpHealth, InstanceView};

/// What a rule says of an instance now.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// It does not hold.
    Quiet,
    /// The instance does not report what the rule is about.
    NotReported,
    /// It cannot be told, and why.
    Unknown(String),
    /// It holds.
    Holds {
        /// What is, in words.
        text: String,
        /// Since when at the latest, as far as the data tell.
        since: Option<Timestamp>,
    },
}

/// What a rule says of an instance.
pub fn evaluate(rule: &Rule, instance: &InstanceView, now: Timestamp) -> Judged {
    match rule.test {
        Test::Down => down(instance),
        Test::ErrorRate { above } => error_rate(instance, above, now),
        Test::Above { signal: Signal::BackupAge, limit } => backup(instance, limit, now),
        Test::Above { signal, limit } => figure(instance, signal, limit, now),
    }
}

fn down(instance: &InstanceView) -> Judged {
    match &instance.http {
        HttpHealth::NotYet => Judged::Unknown("its health address was not asked yet".to_owned()),
        HttpHealth::Up { .. } => Judged::Quiet,
        HttpHealth::Failed { since, error, .. } => {
            Judged::Holds { text: error.to_string(), since: Some(*since) }
        }
    }
}

fn backup(instance: &InstanceView, limit: f64, now: Timestamp) -> Judged {
    match backups::age_s(instance, now) {
        Some(age_s) if age_s > limit => {
            let over = SignedDuration::try_from_secs_f64(age_s - limit).unwrap_or_default();
            let text = format!("the newest good backup is {} old", hours(age_s));
            Judged::Holds { text, since: now.checked_sub(over).ok() }
        }
        Some(_) => Judged::Quiet,
        None if instance.facts.as_ref().and_then(|f| f.backup.known()) == Some(&None) => {
            let text = "there is no backup in its folder".to_owned();
            Judged::Holds { text, since: None }
        }
        None => missing(instance.signals.get(&Signal::BackupAge)),
    }
}

/// The value of a figure that is fresh enough to be judged by.
fn fresh(figure: Option<&Figure>, now: Timestamp) -> Result<f64, Judged> {
    let Some(reading) = figure.and_then(|f| f.reading) else { return Err(missing(figure)) };
    let age_s = now.duration_since(reading.at).as_secs_f64();
    if age_s > STALE_S {
        return Err(Judged::Unknown(format!("the newest figure is {} old", short_age(age_s))));
    }
    Ok(reading.value)
}

fn missing(figure: Option<&Figure>) -> Judged {
    match figure.and_then(|f| f.trouble.as_ref()) {
        None | Some(Trouble::NotReported) => Judged::NotReported,
        Some(Trouble::NoData) => Judged::Unknown("the source has no data for it".to_owned()),
        Some(Trouble::NotANumber) => Judged::Unknown("the source gave no number".to_owned()),
        Some(Trouble::TimedOut) => Judged::Unknown("the source did not answer in time".to_owned()),
        Some(Trouble::Oversized) => Judged::Unknown("the answer was too large".to_owned()),
        Some(Trouble::Down(what) | Trouble::Malformed(what) | Trouble::Refused(what)) => {
            Judged::Unknown(format!("the source failed: {what}"))
        }
    }
}

fn figure(instance: &InstanceView, signal: Signal, limit: f64, now: Timestamp) -> Judged {
    let value = match fresh(instance.signals.get(&signal), now) {
        Ok(value) => value,
        Err(judged) => return judged,
    };
    if value <= limit {
        return Judged::Quiet;
    }
    let amount = |v: f64| match signal.unit() {
        Unit::Ratio => format!("{:.0} %", v * 100.0),
        Unit::Seconds => format!("{v:.1} s"),
        Unit::PerSecond => format!("{v:.1}/s"),
        Unit::Count | Unit::Bytes => format!("{v:.0}"),
    };
    let text = format!("{} {} (limit {})", signal.title(), amount(value), amount(limit));
    let since = instance.trends.get(&signal).and_then(|trend| above_since(trend, limit));
    Judged::Holds { text, since }
}

fn error_rate(instance: &InstanceView, above: f64, now: Timestamp) -> Judged {
    let get = |signal| fresh(instance.signals.get(&signal), now);
    match (get(Signal::ErrorRatio), get(Signal::RequestRate)) {
        // No request, no error: there is no ratio then.
        (_, Ok(0.0)) => Judged::Quiet,
        (Ok(ratio), Ok(rate)) if ratio * rate > above => {
            let text = format!("{:.1} answers a second are 5xx (limit {above})", ratio * rate);
            Judged::Holds { text, since: None }
        }
        (Ok(_), Ok(_)) => Judged::Quiet,
        (Err(judged), _) | (_, Err(judged)) => judged,
    }
}

/// Since when a trend has been above a limit without a break; a gap is one.
fn above_since(trend: &Series, limit: f64) -> Option<Timestamp> {
    let n = trend.values.iter().rev().take_while(|v| v.is_some_and(|v| v > limit)).count();
    let steps = i64::try_from(n.checked_sub(1)?).ok()?;
    let back = SignedDuration::from_secs(steps * i64::from(trend.step_s));
    trend.end.checked_sub(back).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_the_trend_begins_the_count_anew() {
        let end: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
        let trend = |values: &[Option<f64>]| Series { end, step_s: 60, values: values.to_vec() };
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let some = trend(&[Some(9.0), None, Some(9.0), Some(9.0)]);
        assert_eq!(above_since(&some, 5.0), at("2026-11-22T13:59:00Z"));
        assert_eq!(above_since(&trend(&[Some(9.0), Some(1.0)]), 5.0), None);
        assert_eq!(above_since(&trend(&[Some(9.0), None]), 5.0), None);
    }
}
