//! When cron would start something: `minute hour day-of-month month day-of-week`.

use std::fmt;

use jiff::civil::{Date, Time};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A window that opens more often is none.
const STARTS_A_DAY: usize = 24;

/// The five fields of a crontab. As there, a day is meant when its day of the month **or** its day of the week is
/// named, where both are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    times: Vec<Time>,
    days: Vec<i8>,
    months: Vec<i8>,
    /// Sunday is 0.
    weekdays: Vec<i8>,
    any_day: bool,
    any_weekday: bool,
}

impl Cron {
    /// Reads five fields, or `@daily`, `@weekly`, `@monthly`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let fields = match text.as_str() {
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            written => written,
        };
        let fields: Vec<&str> = fields.split(' ').collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!("cron {text:?} has not five fields, such as \"0 2 * * 0\""));
        };
        let minutes = field(minute, (0, 59), &[])?;
        let hours = field(hour, (0, 23), &[])?;
        if minutes.len() * hours.len() > STARTS_A_DAY {
            return Err(format!("cron {text:?} would open more than {STARTS_A_DAY} times a day"));
        }
        let times = hours.iter().flat_map(|h| minutes.iter().map(|m| Time::new(*h, *m, 0, 0)));
        let times: Result<Vec<Time>, _> = times.collect();
        let mut weekdays = field(weekday, (0, 7), &DAYS)?;
        for day in &mut weekdays {
            // Sunday is 0 and 7.
            *day %= 7;
        }
        Ok(Self {
            times: times.map_err(|e| e.to_string())?,
            days: field(day, (1, 31), &[])?,
            months: field(month, (1, 12), &MONTHS)?,
            weekdays,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
            text,
        })
    }

    /// The times of this day, in order.
    pub(super) fn times_of(&self, date: Date) -> &[Time] {
        let day = self.days.contains(&date.day());
        let weekday = self.weekdays.contains(&date.weekday().to_sunday_zero_offset());
        let meant = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        if meant && self.months.contains(&date.month()) { &self.times } else { &[] }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The values of one field, in order.
fn field(text: &str, range: (i8, i8), names: &[&str]) -> Result<Vec<i8>, String> {
    let wrong = || format!("{text:?} is no field of cron from {} to {}", range.0, range.1);
    let value = |word: &str| -> Option<i8> {
        let named = names.iter().position(|name| *name == word);
        let named = named.and_then(|at| i8::try_from(at).ok()).map(|at| at + range.0);
        let digits = word.chars().all(|c| c.is_ascii_digit());
        named.or_else(|| word.parse().ok().filter(|_| digits))
    };
    let mut values = Vec::new();
    for part in text.split(',') {
        let (span, every) = match part.split_once('/') {
            Some((span, every)) => {
                (span, every.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(wrong)?)
            }
            None => (part, 1),
        };
        let (from, to) = match span.split_once('-') {
            _ if span == "*" => range,
            Some((from, to)) => (value(from).ok_or_else(wrong)?, value(to).ok_or_else(wrong)?),
            None => {
                let from = value(span).ok_or_else(wrong)?;
                (from, if part.contains('/') { range.1 } else { from })
            }
        };
        if from > to || from < range.0 || to > range.1 {
            return Err(wrong());
        }
        values.extend((from..=to).step_by(every));
    }
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_crontab() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        for (cron, day, n) in [
            ("0 2 * * 0", "2026-11-29", 1),
            ("0 2 * * 7", "2026-11-29", 1),
            ("0 2 * * sun", "2026-11-28", 0),
            // Both are named: either will do.
            ("0 2 1 * mon", "2026-12-01", 1),
            ("0 2 1 * mon", "2026-11-30", 1),
            ("0 2 1 * mon", "2026-11-29", 0),
            // A star, with or without a step, is no name.
            ("0 2 1-7 * */2", "2026-12-02", 0),
            ("0 2 1-7 * */2", "2026-12-03", 1),
            ("0,30 1-3 * dec *", "2026-12-24", 6),
            ("0 0 31 * *", "2026-11-30", 0),
            ("@monthly", "2026-12-01", 1),
            ("0 0 29 feb *", "2028-02-29", 1),
        ] {
            assert_eq!(Cron::parse(cron).unwrap().times_of(date(day)).len(), n, "{cron} {day}");
        }
    }

    #[test]
    fn what_is_no_cron_is_refused() {
        for bad in [
            "",
            "0 2 * *",
            "60 2 * * *",
            "0 24 * * *",
            "0 2 0 * *",
            "0 2 * 13 *",
            "0 2 * * 8",
            "x 2 * * *",
            "5-1 2 * * *",
            "*/0 2 * * *",
            "+5 2 * * *",
            "* * * * *",
            "@reboot",
        ] {
            assert!(Cron::parse(bad).is_err(), "{bad:?}");
        }
    }
}
