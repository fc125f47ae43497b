//! Several lines over time in a few rows: drawn with dots of braille, two by four to a cell, breaking where there is no
//! data. A cell where lines meet has the look of the last of them.

use ratatui::layout::Rect;

use crate::domain::series::Series;
use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;

/// The looks of lines, in order.
pub(in crate::ui) const LINES: [Role; 6] =
    [Role::Chart1, Role::Chart2, Role::Chart3, Role::Chart4, Role::Chart5, Role::Chart6];

/// The bit of each dot of a cell, by row and column.
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// The highest value of all lines, and at least `least`.
pub(in crate::ui) fn top(lines: &[&Series], least: f64) -> f64 {
    let highest = lines.iter().filter_map(|s| s.bounds()).map(|(_, high)| high);
    highest.fold(least, f64::max).max(f64::MIN_POSITIVE)
}

/// Draws the lines from zero to `top` within a place. Columns in which no line has a value have a quiet dot at the bottom.
pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, place: Rect, lines: &[&Series], top: f64) {
    let (w, h) = (usize::from(place.width), usize::from(place.height));
    if w == 0 || h == 0 {
        return;
    }
    let mut cells: Vec<(u32, usize)> = vec![(0, 0); w * h];
    let mut seen = vec![false; w];
    for (at, series) in lines.iter().enumerate() {
        line(series, (w, h), top, |x, y| {
            let dot = DOTS.get(y % 4).and_then(|row| row.get(x % 2)).copied().unwrap_or(0);
            if let Some(cell) = cells.get_mut(y / 4 * w + x / 2) {
                *cell = (cell.0 | dot, at);
            }
            if let Some(seen) = seen.get_mut(x / 2) {
                *seen = true;
            }
        });
    }
    for (at, (bits, of)) in cells.into_iter().enumerate() {
        let (column, row) = (at % w, at / w);
        let x = place.x + u16::try_from(column).unwrap_or(0);
        let y = place.y + u16::try_from(row).unwrap_or(0);
        if bits > 0 {
            let sign = char::from_u32(0x2800 | bits).unwrap_or(' ').to_string();
            canvas.draw(x, y, 1, &sign, LINES.get(of).copied().unwrap_or(Role::Chart1));
        } else if row + 1 == h && !seen.get(column).copied().unwrap_or(false) {
            canvas.put(x, y, 1, "·", Role::Dim);
        }
    }
}

/// The dots of a line, those between two neighbouring values too.
fn line(series: &Series, size: (usize, usize), top: f64, mut dot: impl FnMut(usize, usize)) {
    let (columns, rows) = (size.0 * 2, size.1 * 4);
    let values = series.downsampled(columns);
    // What is shorter than the place is stretched over it, so that an hour is an hour at every width.
    let last = values.len().saturating_sub(1);
    let x_of = |at: usize| (at * (columns - 1)).checked_div(last).unwrap_or(columns - 1);
    let y_of = |value: f64| {
        let part = (value / top).clamp(0.0, 1.0);
        rows - 1 - (part * (rows - 1) as f64).round() as usize
    };
    let mut before: Option<(usize, usize)> = None;
    for (at, value) in values.iter().enumerate() {
        let here = value.map(|value| (x_of(at), y_of(value)));
        if let Some((x, y)) = here {
            dot(x, y);
        }
        if let Some((from, to)) = before.zip(here) {
            between(from, to, &mut dot);
        }
        before = here;
    }
}

/// The dots between two others.
fn between(from: (usize, usize), to: (usize, usize), dot: &mut impl FnMut(usize, usize)) {
    let steps = to.0.abs_diff(from.0).max(to.1.abs_diff(from.1));
    for step in 1..steps {
        let part = step as f64 / steps as f64;
        let along = |a: usize, b: usize| (a as f64 + (b as f64 - a as f64) * part).round() as usize;
        dot(along(from.0, to.0), along(from.1, to.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Depth, Theme};
    use jiff::Timestamp;
    use ratatui::buffer::Buffer;

    fn drawn(values: &[Option<f64>]) -> String {
        let series = Series { end: Timestamp::UNIX_EPOCH, step_s: 60, values: values.to_vec() };
        let area = Rect::new(0, 0, 4, 1);
        let (mut buf, theme) = (Buffer::empty(area), Theme::builtin("dark", Depth::True));
        let mut canvas = Canvas { buf: &mut buf, theme: &theme };
        draw(&mut canvas, area, &[&series], 1.0);
        buf.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_line_is_stretched_and_breaks_where_there_is_no_data() {
        assert_eq!(drawn(&[Some(0.0), Some(0.0)]), "⣀⣀⣀⣀");
        assert_eq!(drawn(&[Some(1.0), Some(1.0)]), "⠉⠉⠉⠉");
        let gap = drawn(&[Some(1.0), Some(1.0), None, None, None, None, Some(1.0), Some(1.0)]);
        assert_eq!(gap, "⠉··⠉");
        assert_eq!(drawn(&[None, None]), "····");
    }
}
