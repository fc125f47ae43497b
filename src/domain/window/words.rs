//! Windows in words.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Weekday;

use super::{Closes, Opens, Standing, Window};

/// Seconds as a person says them: `45 s`, `12m`, `3h 05m`, `2d 4h`. Rounded down, so that no time is promised that is
/// not there.
pub fn spelled(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (d, h, m) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (d, h) {
        (0, 0) if seconds < 60 => format!("{seconds} s"),
        (0, 0) => format!("{m}m"),
        (0, _) => format!("{h}h {m:02}m"),
        _ => format!("{d}d {h}h"),
    }
}

/// What a standing means now: `open for 1h 12m (night)`.
pub fn countdown(standing: &Standing, now: Timestamp) -> String {
    let left = |at: Timestamp| {
        let seconds = at.duration_since(now).as_secs();
        if seconds < 60 { "under 1m".to_owned() } else { spelled(seconds) }
    };
    let name =
        |name: &Option<super::Safe>| name.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
    match standing {
        Standing::Free => "none".to_owned(),
        Standing::Open { by, until: Some(until) } => {
            format!("open for {}{}", left(*until), name(by))
        }
        Standing::Open { by, until: None } => format!("open{}", name(by)),
        Standing::Closed { frozen: Some(freeze), opens: Some((at, _)) } => {
            format!("frozen for {} ({freeze})", left(*at))
        }
        Standing::Closed { frozen: Some(freeze), opens: None } => format!("frozen ({freeze})"),
        Standing::Closed { frozen: None, opens: Some((at, by)) } => {
            format!("opens in {}{}", left(*at), name(by))
        }
        Standing::Closed { frozen: None, opens: None } => "closed, no next one in sight".to_owned(),
    }
}

/// The short name of a day, as in the variable.
pub(super) fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

impl fmt::Display for Window {
    /// When it is on: `daily 22:00 to 04:00 America/Edmonton`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opens = match &self.opens {
            Opens::Daily(time) => format!("daily {}", time.strftime("%H:%M")),
            Opens::Weekly(days, time) => {
                let days: Vec<&str> = days.iter().map(|d| day(*d)).collect();
                format!("{} {}", days.join(","), time.strftime("%H:%M"))
            }
            Opens::Once(start) => format!("once {}", start.strftime("%Y-%m-%d %H:%M")),
            Opens::Cron(cron) => format!("cron {cron}"),
        };
        let closes = match self.closes {
            Closes::After(seconds) => format!("for {}", super::written::duration(seconds)),
            Closes::At(minute) => format!("to {:02}:{:02}", minute / 60, minute % 60),
            Closes::On(end) => format!("to {}", end.strftime("%Y-%m-%d %H:%M")),
        };
        let what = if self.deny { "freeze " } else { "" };
        f.pad(&format!("{what}{opens} {closes} {}", self.zone.name()))
    }
}
