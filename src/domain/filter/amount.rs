//! A value with its unit, as people type it.

use crate::domain::signal::Unit;

/// A value in the unit of its figure: seconds, parts of one, events a second, things, bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount(pub(super) f64);

/// What a value of this unit looks like.
pub(super) fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "800ms, 1.5s, 20m, 26h or 3d",
        Unit::Ratio => "80%",
        Unit::PerSecond => "3/s or 12/min",
        Unit::Count => "100 or 1.2k",
        Unit::Bytes => "500M or 6G",
    }
}

/// Reads a value; `None` where it is none of this unit.
pub(super) fn read(text: &str, unit: Unit) -> Option<Amount> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (digits, name) = text.split_at_checked(end)?;
    let number: f64 = digits.parse().ok().filter(|n: &f64| n.is_finite())?;
    let factor = match (unit, name) {
        (Unit::Seconds, "ms") => 0.001,
        (Unit::Seconds, "m" | "min") => 60.0,
        (Unit::Seconds, "h") => 3_600.0,
        (Unit::Seconds, "d") => 86_400.0,
        (Unit::Seconds, "w") => 604_800.0,
        (Unit::Ratio, "%") => 0.01,
        // 80 without a sign could be meant either way; a part of one could not.
        (Unit::Ratio, "") if number > 1.0 => return None,
        (Unit::Seconds, "s")
        | (Unit::Ratio | Unit::Count, "")
        | (Unit::PerSecond, "/s" | "")
        | (Unit::Bytes, "B" | "b") => 1.0,
        (Unit::PerSecond, "/min" | "/m") => 1.0 / 60.0,
        (Unit::Count, "k" | "K") => 1_000.0,
        (Unit::Count, "M" | "m") => 1_000_000.0,
        (Unit::Bytes, "K" | "k" | "KB" | "KiB") => 1_024.0,
        (Unit::Bytes, "M" | "m" | "MB" | "MiB") => 1_048_576.0,
        (Unit::Bytes, "G" | "g" | "GB" | "GiB") => 1_073_741_824.0,
        (Unit::Bytes, "T" | "t" | "TB" | "TiB") => 1_099_511_627_776.0,
        _ => return None,
    };
    Some(Amount(number * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_their_units_only() {
        let table = [
            ("800ms", Unit::Seconds, Some(0.8)),
            ("26h", Unit::Seconds, Some(93_600.0)),
            ("1.5s", Unit::Seconds, Some(1.5)),
            ("3", Unit::Seconds, None),
            ("3G", Unit::Seconds, None),
            ("80%", Unit::Ratio, Some(0.8)),
            ("0.5", Unit::Ratio, Some(0.5)),
            ("80", Unit::Ratio, None),
            ("12/min", Unit::PerSecond, Some(0.2)),
            ("1.2k", Unit::Count, Some(1_200.0)),
            ("2G", Unit::Bytes, Some(2_147_483_648.0)),
            ("", Unit::Count, None),
            (".", Unit::Count, None),
            ("1.2.3", Unit::Count, None),
            ("-1", Unit::Count, None),
            ("é", Unit::Count, None),
        ];
        for (text, unit, want) in table {
            match (read(text, unit), want) {
                (Some(Amount(got)), Some(want)) => assert!((got - want).abs() < 1e-9, "{text}"),
                (got, want) => assert!(got.is_none() && want.is_none(), "{text}: {got:?}"),
            }
        }
    }
}
