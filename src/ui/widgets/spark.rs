//! A trend in one line: grows from the right, breaks where there is no data.

use crate::domain::series::Series;

const LEVELS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The last hour in `n` columns.
pub(in crate::ui) fn spark(series: &Series, n: usize) -> String {
    let values = series.downsampled(n);
    let Some((low, high)) = series.bounds() else { return " ".repeat(n) };
    // A flat line stays low, and small jitter of a large value does not look like a drama.
    let range = (high - low).max(high.abs() * 0.5);
    let mut line = " ".repeat(n.saturating_sub(values.len()));
    for value in values {
        line.push_str(match value {
            None => " ",
            Some(_) if range <= f64::EPSILON => "▁",
            Some(v) => {
                let quiet = 1.0 - (high - low) / range;
                let level = ((v - low) / range * 7.0 + quiet).round().clamp(0.0, 7.0) as usize;
                LEVELS.get(level).copied().unwrap_or("█")
            }
        });
    }
    line
}

/// The trend as `height` lines of `n` columns, the highest first.
pub(in crate::ui) fn area(series: &Series, n: usize, height: usize) -> Vec<String> {
    let values = series.downsampled(n);
    let top = series.bounds().map_or(0.0, |(_, high)| high).max(f64::MIN_POSITIVE);
    let eighths = (height * 8) as f64;
    (0..height)
        .rev()
        .map(|row| {
            let mut line = " ".repeat(n.saturating_sub(values.len()));
            for value in &values {
                let filled = value.map(|v| ((v / top).clamp(0.0, 1.0) * eighths).round() as usize);
                let here = filled.map(|f| f.saturating_sub(row * 8).min(8));
                line.push_str(match here {
                    // A value of 0 is there, at the bottom; a gap is not.
                    Some(0) if row == 0 => "▁",
                    None | Some(0) => " ",
                    Some(level) => LEVELS.get(level - 1).copied().unwrap_or("█"),
                });
            }
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn series(values: Vec<Option<f64>>) -> Series {
        Series { end: Timestamp::UNIX_EPOCH, step_s: 60, values }
    }

    #[test]
    fn a_trend_grows_from_the_right_and_breaks_at_gaps() {
        let some = series(vec![Some(0.0), None, Some(7.0)]);
        assert_eq!(spark(&some, 5), "  ▁ █");
        assert_eq!(spark(&series(vec![Some(2.0), Some(2.0)]), 2), "▂▂");
        assert_eq!(spark(&series(vec![None]), 3), "   ");
        assert_eq!(area(&some, 3, 2), ["  █", "▁ █"]);
    }
}
