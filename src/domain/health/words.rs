//! Times in words.

use jiff::Timestamp;

/// An age as people say it on a screen: `12s`, `4m`, `31h`, `9d`.
pub fn short_age(seconds: f64) -> String {
    let s = seconds.max(0.0) as u64;
    match s {
        0..60 => format!("{s}s"),
        60..3_600 => format!("{}m", s / 60),
        3_600..172_800 => format!("{}h", s / 3_600),
        _ => format!("{}d", s / 86_400),
    }
}

/// Whole hours, with a blank before the unit, as sentences have it.
pub(super) fn hours(seconds: f64) -> String {
    format!("{:.0} h", (seconds / 3_600.0).floor())
}

/// A part of 1 in whole per cent.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 100.0)
}

/// Seconds from `then` to `now`, never negative.
pub(super) fn seconds_since(then: Timestamp, now: Timestamp) -> f64 {
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
            (172_800.0, "2d"),
            (900_000.0, "10d"),
        ] {
            assert_eq!(short_age(s), want);
        }
    }
}
