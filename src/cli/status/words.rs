//! Figures in a table: at most three digits of meaning, with units.

use std::io::{IsTerminal, Stdout};

use crate::domain::health::short_age;
use crate::domain::signal::{Signal, Unit};

/// A value of a signal: `212ms`, `1.9s`, `0.1%`, `31h`, `3`.
pub(super) fn amount(signal: Signal, value: f64) -> String {
    match signal.unit() {
        Unit::Seconds if signal == Signal::BackupAge => short_age(value),
        Unit::Seconds => latency(value),
        Unit::Ratio if value < 0.1 => format!("{:.1}%", value * 100.0),
        Unit::Ratio => format!("{:.0}%", value * 100.0),
        Unit::PerSecond => format!("{value:.1}/s"),
        Unit::Count => count(value),
        Unit::Bytes => bytes(value),
    }
}

/// A time of an answer.
pub(super) fn latency(seconds: f64) -> String {
    if seconds < 0.9995 { format!("{:.0}ms", seconds * 1_000.0) } else { format!("{seconds:.1}s") }
}

fn count(value: f64) -> String {
    if value < 9_999.5 { format!("{value:.0}") } else { format!("{:.0}k", value / 1_000.0) }
}

fn bytes(value: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut left = value;
    let mut unit = "PB";
    for name in units {
        unit = name;
        if left < 999.5 {
            break;
        }
        left /= 1_000.0;
    }
    if left < 9.95 && unit != "B" { format!("{left:.1}{unit}") } else { format!("{left:.0}{unit}") }
}

/// Columns of the terminal; 80 where there is none.
pub(super) fn columns_of(out: &Stdout) -> usize {
    let size = if out.is_terminal() { crossterm::terminal::size().ok() } else { None };
    size.map_or(80, |(columns, _)| usize::from(columns)).max(40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        for (signal, value, want) in [
            (Signal::P95Seconds, 0.212, "212ms"),
            (Signal::P95Seconds, 0.9997, "1.0s"),
            (Signal::P95Seconds, 1.94, "1.9s"),
            (Signal::ErrorRatio, 0.001, "0.1%"),
            (Signal::DiskRatio, 0.881, "88%"),
            (Signal::MailQueue, 212.0, "212"),
            (Signal::MailQueue, 123_456.0, "123k"),
            (Signal::BackupAge, 111_600.0, "31h"),
            (Signal::BackupSize, 1_234_567.0, "1.2MB"),
            (Signal::BackupSize, 12.0, "12B"),
            (Signal::RequestRate, 17.83, "17.8/s"),
        ] {
            assert_eq!(amount(signal, value), want);
        }
    }
}
