//! Times in words.

use jiff::Timestamp;

/// An age as people say it on a screen: `12s`, `4m`, `31h`, `9d`. What is not over does not count, so that no two places
/// tell one age in two ways. Minutes go up to an hour and a half and hours up to three days, where the larger unit would hide
/// too much.
pub fn short_age(seconds: f64) -> String {
    let (n, unit) = in_one_unit(seconds);
    format!("{n}{unit}")
}

/// Whether [`short_age`] says the same of both.
pub fn same_short_age(one: f64, other: f64) -> bool {
    in_one_unit(one) == in_one_unit(other)
}

fn in_one_unit(seconds: f64) -> (u64, char) {
    let s = seconds.max(0.0) as u64;
    match s {
        0..60 => (s, 's'),
        60..5_400 => (s / 60, 'm'),
        5_400..259_200 => (s / 3_600, 'h'),
        _ => (s / 86_400, 'd'),
    }
}

/// Whole hours, with a blank before the unit, as sentences have it: days would hide how near a backup is to its limit.
pub fn hours(seconds: f64) -> String {
    format!("{:.0} h", (seconds / 3_600.0).floor())
}

/// A part of 1 in whole per cent.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 100.0)
}

/// Seconds from `then` to `now`, never negative.
pub fn seconds_since(then: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(then).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        for (s, want) in [
            (-5.0, "0s"),
            (59.9, "59s"),
            (240.0, "4m"),
            (111_600.0, "31h"),
            (5_399.0, "89m"),
            (5_400.0, "1h"),
            (207_000.0, "57h"),
            (259_200.0, "3d"),
            (900_000.0, "10d"),
        ] {
            assert_eq!(short_age(s), want);
            assert!(same_short_age(s, s));
        }
        for (one, other, same) in [
            (59.0, 60.0, false),
            (60.0, 119.9, true),
            (3_599.0, 3_600.0, false),
            (60.0, 3_600.0, false),
        ] {
            assert_eq!(same_short_age(one, other), same, "{one} {other}");
        }
    }
}
