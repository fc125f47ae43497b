//! Numbers for people: at most three digits of meaning, always with a unit, `—` where there is none.

use jiff::Timestamp;

use crate::domain::figure::{Figure, Trouble};
/// How old something is: `12s`, `4m`, `31h`, `4d`.
pub use crate::domain::health::short_age as age;
use crate::domain::signal::Unit;

/// What stands where there is no number.
pub const NONE: &str = "—";
/// Seconds after which a figure is old and shows its age.
pub const STALE_S: f64 = 90.0;

/// A duration that something took: `95ms`, `1.9s`, `42s`, `3m10`, `2h05`.
pub fn took(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NONE.to_owned();
    }
    let s = seconds.max(0.0);
    if s < 0.9995 {
        format!("{:.0}ms", s * 1000.0)
    } else if s < 9.95 {
        format!("{s:.1}s")
    } else if s < 59.5 {
        format!("{s:.0}s")
    } else {
        let whole = s.round() as u64;
        if whole < 3_600 {
            format!("{}m{:02}", whole / 60, whole % 60)
        } else {
            format!("{}h{:02}", whole / 3_600, whole % 3_600 / 60)
        }
    }
}

/// A running time without parts of a second: `7s`, `2m42`, `1h05`.
pub fn elapsed(seconds: f64) -> String {
    if seconds < 59.5 { format!("{:.0}s", seconds.max(0.0)) } else { took(seconds) }
}

/// How old something is, in steps that do not change every second: below a minute by tens.
pub fn coarse_age(seconds: f64) -> String {
    if seconds < 60.0 {
        format!("{}s", (seconds.max(0.0) / 10.0).floor() * 10.0)
    } else {
        age(seconds)
    }
}

/// Part of a whole, 0 to 1: `0.1%`, `61%`.
pub fn ratio(value: f64) -> String {
    let percent = value * 100.0;
    if percent.abs() < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// Events a second: `214/s`, `3.1/s`, `12/min`.
pub fn rate(per_second: f64) -> String {
    if per_second <= 0.0 {
        "0/s".to_owned()
    } else if per_second < 0.95 {
        let per_minute = per_second * 60.0;
        if per_minute < 0.95 { "<1/min".to_owned() } else { format!("{per_minute:.0}/min") }
    } else if per_second < 9.95 {
        format!("{per_second:.1}/s")
    } else {
        format!("{}/s", count(per_second))
    }
}

/// Things: `3`, `212`, `1.2k`, `34k`.
pub fn count(value: f64) -> String {
    scaled(value, 1_000.0, &["", "k", "M", "G", "T"])
}

/// Bytes: `512B`, `6.1G`.
pub fn bytes(value: f64) -> String {
    scaled(value, 1_024.0, &["B", "K", "M", "G", "T"])
}

fn scaled(value: f64, base: f64, names: &[&str]) -> String {
    let mut rest = value;
    let mut left = names.iter();
    let mut name = left.next().copied().unwrap_or_default();
    let plain = name;
    while rest.abs() >= base * 0.9995
        && let Some(next) = left.next()
    {
        rest /= base;
        name = next;
    }
    if name == plain || rest.abs() >= 9.95 {
        format!("{rest:.0}{name}")
    } else {
        format!("{rest:.1}{name}")
    }
}

/// A value in its unit.
pub fn value(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => took(number),
        Unit::Ratio => ratio(number),
        Unit::PerSecond => rate(number),
        Unit::Count => count(number),
        Unit::Bytes => bytes(number),
    }
}

/// How fresh what is shown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It is current.
    Fresh,
    /// It is old; its age stands beside it.
    Stale,
    /// There is none.
    None,
}

/// A figure in at most `room` columns, with its age once it is old.
pub fn figure(
    figure: Option<&Figure>,
    unit: Unit,
    now: Timestamp,
    room: usize,
) -> (String, Freshness) {
    let Some(reading) = figure.and_then(|f| f.reading) else {
        return (NONE.to_owned(), Freshness::None);
    };
    let old_s = figure.and_then(|f| f.age_s(now)).unwrap_or_default();
    let text = value(reading.value, unit);
    if old_s <= STALE_S {
        return (text, Freshness::Fresh);
    }
    let both = format!("{text} {}", age(old_s));
    if both.chars().count() <= room {
        (both, Freshness::Stale)
    } else {
        // Rather the age alone than a number that may be wrong by now.
        (format!("? {}", age(old_s)), Freshness::Stale)
    }
}

/// Why there is no fresh figure, in words.
pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NotReported => "not reported by this instance".to_owned(),
        Trouble::NoData => "the source has no data for it".to_owned(),
        Trouble::NotANumber => "the source answered with no number".to_owned(),
        Trouble::Down(what) => format!("the source cannot be reached: {what}"),
        Trouble::TimedOut => "the source did not answer in time".to_owned(),
        Trouble::Oversized => "the answer was too large".to_owned(),
        Trouble::Malformed(what) => format!("the answer made no sense: {what}"),
        Trouble::Refused(what) => format!("the source refused: {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_three_digits_of_meaning() {
        let table: &[(String, &str)] = &[
            (took(0.0953), "95ms"),
            (took(0.9994), "999ms"),
            (took(1.94), "1.9s"),
            (took(9.96), "10s"),
            (took(59.6), "1m00"),
            (took(162.0), "2m42"),
            (took(3_900.0), "1h05"),
            (took(f64::NAN), "—"),
            (age(12.0), "12s"),
            (age(240.0), "4m"),
            (age(111_600.0), "31h"),
            (age(400_000.0), "4d"),
            (coarse_age(19.0), "10s"),
            (ratio(0.0012), "0.1%"),
            (ratio(0.61), "61%"),
            (ratio(0.0996), "10%"),
            (rate(214.2), "214/s"),
            (rate(0.2), "12/min"),
            (rate(3.13), "3.1/s"),
            (rate(0.0), "0/s"),
            (rate(0.001), "<1/min"),
            (count(3.0), "3"),
            (count(1_234.0), "1.2k"),
            (count(999.7), "1.0k"),
            (bytes(6_550_000_000.0), "6.1G"),
            (bytes(100.0), "100B"),
        ];
        for (got, want) in table {
            assert_eq!(got, want);
        }
    }

    #[test]
    fn an_old_figure_shows_its_age_and_a_missing_one_is_no_zero() {
        let at: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-22T20:04:00Z".parse().unwrap();
        let known = Figure::fresh(1.9, at, crate::domain::figure::Source::Metrics);
        assert_eq!(
            figure(Some(&known), Unit::Seconds, at, 6),
            ("1.9s".to_owned(), Freshness::Fresh)
        );
        assert_eq!(
            figure(Some(&known), Unit::Seconds, later, 8),
            ("1.9s 4m".to_owned(), Freshness::Stale)
        );
        assert_eq!(
            figure(Some(&known), Unit::Seconds, later, 6),
            ("? 4m".to_owned(), Freshness::Stale)
        );
        assert_eq!(figure(None, Unit::Seconds, at, 6), ("—".to_owned(), Freshness::None));
    }
}
