//! A window as it stands in the inventory and in a plan.

use jiff::civil::{DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

use super::words::day;
use super::{Closes, Cron, Ended, Only, Opens, Window, Zone};
use crate::domain::untrusted::Safe;

const DAY_S: i64 = 86_400;
/// The longest spell of a window that comes again; one that happens once may last a year.
const LONGEST_S: i64 = 7 * DAY_S;
const LONGEST_ONCE_S: i64 = 366 * DAY_S;

/// Exactly one of `daily`, `weekly`, `once` and `cron` says when it opens, exactly one of `to` and `for` when it closes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    daily: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weekly: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    once: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cron: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    lasts: Option<String>,
    zone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Only>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deny: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
}

impl TryFrom<Written> for Window {
    type Error = String;
    fn try_from(w: Written) -> Result<Self, String> {
        let name = w.name.trim();
        if name.is_empty() || name.len() > 60 || name.chars().any(char::is_control) {
            return Err("the name of a window has 1 to 60 characters on one line".to_owned());
        }
        let of = |what: String| format!("window {:?}: {what}", Safe::line(name).as_str());
        let opens = opens(&w).map_err(of)?;
        let closes = closes(&w, &opens).map_err(of)?;
        if w.deny && w.only.is_some() {
            return Err(of("a freeze (deny) is for runs only: take `only` out".to_owned()));
        }
        let zone = Zone::named(w.zone.trim()).map_err(of)?;
        let name = Safe::line(name);
        Ok(Self { name, opens, closes, zone, only: w.only, deny: w.deny, ended: w.ended })
    }
}

fn opens(w: &Written) -> Result<Opens, String> {
    match (&w.daily, &w.weekly, &w.once, &w.cron) {
        (Some(text), None, None, None) => Ok(Opens::Daily(time(text)?)),
        (None, Some(text), None, None) => weekly(text),
        (None, None, Some(text), None) => Ok(Opens::Once(date_time(text)?)),
        (None, None, None, Some(text)) => Ok(Opens::Cron(Cron::parse(text)?)),
        _ => Err("say when it opens by one of daily, weekly, once and cron".to_owned()),
    }
}

fn closes(w: &Written, opens: &Opens) -> Result<Closes, String> {
    let once = matches!(opens, Opens::Once(_));
    match (&w.to, &w.lasts) {
        (None, Some(text)) => {
            let seconds = seconds(text)?;
            let most = if once { LONGEST_ONCE_S } else { LONGEST_S };
            if (60..=most).contains(&seconds) {
                Ok(Closes::After(seconds))
            } else {
                Err(format!("for is from 1m to {}", duration(most)))
            }
        }
        (Some(text), None) => match (opens, text.trim().parse::<DateTime>()) {
            (Opens::Once(start), _) if text.trim().len() > 5 => {
                let end = date_time(text)?;
                let year = i64::from(end.date().year()) - i64::from(start.date().year());
                if end > *start && year <= 1 {
                    Ok(Closes::On(end))
                } else {
                    Err("to comes after once, and within a year".to_owned())
                }
            }
            _ => at(text, opens),
        },
        _ => Err("say when it closes by one of to (a time) and for (such as 90m)".to_owned()),
    }
}

fn at(text: &str, opens: &Opens) -> Result<Closes, String> {
    // 24:00 is the end of the day, which no clock shows.
    let minute = if text.trim() == "24:00" { 24 * 60 } else { minute_of(time(text)?) };
    let start = match opens {
        Opens::Daily(time) | Opens::Weekly(_, time) => Some(*time),
        Opens::Once(start) => Some(start.time()),
        Opens::Cron(_) => None,
    };
    if start.is_some_and(|start| minute_of(start) == minute) {
        return Err("it closes when it opens: for a whole day write `for: 24h`".to_owned());
    }
    Ok(Closes::At(minute))
}

fn minute_of(time: Time) -> i64 {
    i64::from(time.hour()) * 60 + i64::from(time.minute())
}

/// `22:00`, and nothing shorter, so that nobody is misunderstood.
fn time(text: &str) -> Result<Time, String> {
    let wrong = || format!("{text:?} is no time of day such as \"22:00\"");
    let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
    let number = |part: &str| {
        let two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| two).ok_or_else(wrong)
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).map_err(|_| wrong())
}

/// `2026-12-01 22:00`.
fn date_time(text: &str) -> Result<DateTime, String> {
    let wrong = || format!("{text:?} is no date and time such as \"2026-12-01 22:00\"");
    let (date, clock) = text.trim().split_once([' ', 'T']).ok_or_else(wrong)?;
    let date: jiff::civil::Date = date.parse().map_err(|_| wrong())?;
    Ok(date.to_datetime(time(clock.trim()).map_err(|_| wrong())?))
}

/// `sat,sun 22:00`.
fn weekly(text: &str) -> Result<Opens, String> {
    let wrong = || format!("{text:?} is no weekly start such as \"sat,sun 22:00\"");
    let (names, clock) = text.trim().rsplit_once(' ').ok_or_else(wrong)?;
    let mut days = Vec::new();
    for name in names.split([',', ' ']).filter(|n| !n.is_empty()) {
        let name = name.to_ascii_lowercase();
        let mut week = std::iter::successors(Some(Weekday::Monday), |d| Some(d.next())).take(7);
        days.push(week.find(|d| day(*d) == name).ok_or_else(wrong)?);
    }
    days.sort_by_key(|d| d.to_monday_zero_offset());
    days.dedup();
    if days.is_empty() {
        return Err(wrong());
    }
    Ok(Opens::Weekly(days, time(clock)?))
}

/// The seconds of a duration as it is written: `90m`, `1h30m`, `2d`.
pub fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no duration such as 90m, 1h30m or 2d");
    let (mut sum, mut number) = (0i64, String::new());
    for c in text.trim().chars() {
        let unit = match c {
            '0'..='9' if number.len() < 6 => {
                number.push(c);
                continue;
            }
            'd' => DAY_S,
            'h' => 3_600,
            'm' => 60,
            _ => return Err(wrong()),
        };
        sum += unit * number.parse::<i64>().map_err(|_| wrong())?;
        number.clear();
    }
    if sum > 0 && number.is_empty() { Ok(sum) } else { Err(wrong()) }
}

/// A duration as it is written.
pub(super) fn duration(seconds: i64) -> String {
    let mut text = String::new();
    for (n, unit) in [(seconds / DAY_S, 'd'), (seconds / 3_600 % 24, 'h'), (seconds / 60 % 60, 'm')]
    {
        if n > 0 {
            text.extend([format!("{n}{unit}")]);
        }
    }
    text
}

impl From<Window> for Written {
    fn from(w: Window) -> Self {
        let clock = |t: Time| t.strftime("%H:%M").to_string();
        let full = |t: DateTime| t.strftime("%Y-%m-%d %H:%M").to_string();
        let (mut daily, mut weekly, mut once, mut cron) = (None, None, None, None);
        match &w.opens {
            Opens::Daily(time) => daily = Some(clock(*time)),
            Opens::Weekly(days, time) => {
                let days: Vec<&str> = days.iter().map(|d| day(*d)).collect();
                weekly = Some(format!("{} {}", days.join(","), clock(*time)));
            }
            Opens::Once(start) => once = Some(full(*start)),
            Opens::Cron(text) => cron = Some(text.to_string()),
        }
        let (to, lasts) = match w.closes {
            Closes::After(seconds) => (None, Some(duration(seconds))),
            Closes::At(minute) => (Some(format!("{:02}:{:02}", minute / 60, minute % 60)), None),
            Closes::On(end) => (Some(full(end)), None),
        };
        Self {
            name: w.name.to_string(),
            daily,
            weekly,
            once,
            cron,
            to,
            lasts,
            zone: w.zone.name().to_owned(),
            only: w.only,
            deny: w.deny,
            ended: w.ended,
        }
    }
}
