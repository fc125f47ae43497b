//! In which rows of the screen the lines of an output stand: the page moves by them, and the drawing shows them.
//!
//! **Invariant:** what one page down or up leaves behind was on the screen, whatever wraps and whatever marks lie between.
//! No more lines are wrapped than three screens need.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::cursor::Step;
use super::frame::Size;
use super::log_page::{LogMark, LogOf, LogPage, LogView};
use super::pages::Follow;
use crate::domain::log::{Row, stamped};

/// Columns of the time before a line.
pub const TIME_W: u16 = 9;
/// Screens of lines that are asked for where lines wrap: one before what is seen, and one behind it.
pub const SCREENS: usize = 3;

/// The room for the lines of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Rows.
    pub rows: usize,
    /// Columns of the times.
    pub times: u16,
    /// Columns of the names of hosts, with what parts them from the lines.
    pub names: u16,
    /// Columns of the text.
    pub columns: usize,
}

/// A row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drawn<'a> {
    /// A line, or a part of one.
    Line {
        /// The line.
        row: &'a Row,
        /// The line before it, where that is known.
        before: Option<&'a Row>,
        /// Which bytes of its text.
        part: Range<usize>,
        /// Which of its parts, from 0.
        nth: usize,
    },
    /// A line that a person drew.
    Mark(&'a LogMark),
}

/// Some rows, those of the screen among them.
struct Around<'a> {
    rows: Vec<Drawn<'a>>,
    /// Which of them is the first on the screen.
    at: usize,
    /// Whether the last of them is the last of the output.
    ends: bool,
}

impl LogPage {
    /// The room for its lines within an area of so many columns and rows.
    pub fn room(&self, width: u16, rows: usize) -> Room {
        let times = if self.times { TIME_W } else { 0 };
        let names = match self.of {
            LogOf::Merged { .. } => {
                let most = usize::from(width / 4).clamp(4, 24);
                u16::try_from(self.names.clamp(4, most)).unwrap_or(4) + 3
            }
            LogOf::Run { .. } | LogOf::Service { .. } => 0,
        };
        let columns = usize::from(width.saturating_sub(times + names));
        Room { rows, times, names, columns }
    }

    /// The same on a terminal of this size.
    pub fn room_of(&self, size: Size) -> Room {
        self.room(size.log_columns(), size.log_rows())
    }

    /// What is asked of the reader for a screen of so many rows: from where on, and how many lines.
    pub fn wanted(&self, rows: usize) -> (Follow, usize) {
        match (self.wrap, self.follow) {
            (false, follow) => (follow, rows),
            (true, Follow::End) => (Follow::End, rows * SCREENS),
            (true, Follow::From(top)) => {
                (Follow::From(top.saturating_sub(rows as u64)), rows * SCREENS)
            }
        }
    }

    /// The rows of the screen.
    pub fn drawn(&self, room: Room) -> Vec<Drawn<'_>> {
        let Some(view) = &self.view else { return Vec::new() };
        let around = self.around(view, room);
        around.rows.into_iter().skip(around.at).take(room.rows).collect()
    }

    /// The lines of the screen, without the marks.
    pub fn seen(&self, room: Room) -> Vec<&Row> {
        let mut rows: Vec<&Row> = Vec::new();
        for drawn in self.drawn(room) {
            if let Drawn::Line { row, .. } = drawn
                && rows.last().is_none_or(|last| last.place != row.place)
            {
                rows.push(row);
            }
        }
        rows
    }

    /// Place of the first line on the screen.
    pub fn first(&self, room: Room) -> u64 {
        let first = || self.seen(room).first().map(|row| row.place);
        if self.wrap { first().unwrap_or_else(|| self.top()) } else { self.top() }
    }

    /// Moves by a step where lines wrap: by rows.
    pub fn step(&mut self, step: Step, room: Room) {
        let page = room.rows.saturating_sub(1).max(1);
        match step {
            Step::Up => self.rise(1, room),
            Step::PageUp => self.rise(page, room),
            Step::Down => self.sink(1, room),
            Step::PageDown => self.sink(page, room),
            Step::Top => self.stand(0, 0),
            Step::Bottom => self.follow = Follow::End,
        }
    }

    /// Stands still at what is on the screen.
    pub fn stay(&mut self, room: Room) {
        self.sink(0, room);
    }

    /// The line at a place comes near the top of the screen, whole where it fits; where it does not, the row with `hit`, a byte of
    /// its text, does.
    pub fn reveal(&mut self, place: u64, hit: usize, room: Room) {
        self.stand(place, 0);
        let Some(view) = &self.view else { return };
        let around = self.around(view, room);
        let of_line =
            |drawn: &&Drawn<'_>| matches!(drawn, Drawn::Line { row, .. } if row.place == place);
        let parts: Vec<&Range<usize>> = around
            .rows
            .iter()
            .filter_map(|drawn| match drawn {
                Drawn::Line { row, part, .. } if row.place == place => Some(part),
                Drawn::Line { .. } | Drawn::Mark(_) => None,
            })
            .collect();
        let Some(begin) = around.rows.iter().position(|drawn| of_line(&drawn)) else { return };
        let above = room.rows / 3;
        let to = if let Some(spare) = room.rows.checked_sub(parts.len()) {
            begin.saturating_sub(above.min(spare))
        } else {
            let with = parts.iter().rposition(|part| part.start <= hit).unwrap_or(0);
            begin + with.saturating_sub(above)
        };
        let most = if around.ends { around.rows.len().saturating_sub(room.rows) } else { to };
        let to = around.line(to.min(most));
        if let Some((place, nth)) = to {
            self.stand(place, nth);
        }
    }

    fn stand(&mut self, place: u64, nth: usize) {
        (self.follow, self.passed) = (Follow::From(place), nth);
    }

    fn sink(&mut self, by: usize, room: Room) {
        let Some(view) = &self.view else { return };
        let around = self.around(view, room);
        let to = around.at + by;
        if by > 0 && around.ends && to + room.rows >= around.rows.len() {
            self.follow = Follow::End;
        } else if let Some((place, nth)) = around.line(to.min(around.rows.len().saturating_sub(1)))
        {
            self.stand(place, nth);
        }
    }

    fn rise(&mut self, by: usize, room: Room) {
        let Some(view) = &self.view else { return };
        let around = self.around(view, room);
        let to = around.at.checked_sub(by).and_then(|to| around.line_before(to));
        let to = to.or_else(|| match around.line(0) {
            // The lines before it are not here yet.
            Some((place, 0)) if around.at == 0 => Some((place.saturating_sub(1), 0)),
            first => first,
        });
        if let Some((place, nth)) = to {
            self.stand(place, nth);
        }
    }

    /// The rows around the place of the page: a screen before it and two from it on, as far as they are known.
    fn around<'a>(&'a self, view: &'a LogView, room: Room) -> Around<'a> {
        let n = view.rows.len();
        let whole = view.top + n as u64 >= view.n_places;
        let (first, passed) = match self.follow {
            Follow::End => (n.saturating_sub(1), 0),
            // Without wrap the part that was asked for begins with what is seen.
            Follow::From(_) if !self.wrap => (0, 0),
            Follow::From(top) => (view.rows.partition_point(|row| row.place < top), self.passed),
        };
        let first = first.min(n.saturating_sub(1));
        let mut before: Vec<Vec<Drawn<'a>>> = Vec::new();
        let mut n_before = 0;
        for at in (0..first).rev().take_while(|_| self.wrap || self.follow == Follow::End) {
            if n_before >= room.rows {
                break;
            }
            let unit = self.unit(view, at, room);
            n_before += unit.len();
            before.push(unit);
        }
        let mut rows: Vec<Drawn<'a>> = before.into_iter().rev().flatten().collect();
        let (from, mut ends) = (rows.len(), false);
        let mut at = from;
        for n_line in first..n {
            if rows.len() > from + passed + 2 * room.rows {
                break;
            }
            let unit = self.unit(view, n_line, room);
            if n_line == first {
                let marks = unit.iter().filter(|drawn| matches!(drawn, Drawn::Mark(_))).count();
                at = from + marks + passed.min(unit.len().saturating_sub(marks + 1));
            }
            rows.extend(unit);
            ends = whole && n_line + 1 == n;
        }
        if ends || (whole && n == 0) {
            let last = self.marks.iter().filter(|mark| mark.above >= view.n_lines);
            rows.extend(last.map(Drawn::Mark));
            ends = true;
        }
        let most = rows.len().saturating_sub(room.rows);
        let at = match self.follow {
            Follow::End => most,
            Follow::From(_) if self.wrap && ends => at.min(most),
            Follow::From(_) => at,
        };
        Around { rows, at, ends }
    }

    /// The rows of one line, below the marks that stand above it.
    fn unit<'a>(&'a self, view: &'a LogView, at: usize, room: Room) -> Vec<Drawn<'a>> {
        let Some(row) = view.rows.get(at) else { return Vec::new() };
        let before = at.checked_sub(1).and_then(|at| view.rows.get(at));
        let between = |mark: &&LogMark| {
            before.is_some_and(|before| mark.above > before.line && mark.above <= row.line)
        };
        let mut rows: Vec<Drawn<'a>> = self.marks.iter().filter(between).map(Drawn::Mark).collect();
        let (text, begin) = (row.text.as_str(), self.shown_from(row));
        let parts = if self.wrap {
            wrapped(text, begin, room.columns)
        } else {
            std::iter::once(shifted(text, begin, self.shift)..text.len()).collect()
        };
        let lines = parts.into_iter().enumerate();
        rows.extend(lines.map(|(nth, part)| Drawn::Line { row, before, part, nth }));
        rows
    }

    /// Where the text of a line begins that is shown: behind the time that the line brings, where times stand before lines.
    fn shown_from(&self, row: &Row) -> usize {
        let service = matches!(self.of, LogOf::Service { .. });
        let stamp = stamped(row.text.as_str()).filter(|_| service && self.times);
        stamp.map_or(0, |(_, text)| text)
    }
}

impl Around<'_> {
    /// The line that stands in a row or below it, by its place and which part of it.
    fn line(&self, at: usize) -> Option<(u64, usize)> {
        self.rows.iter().skip(at).find_map(place)
    }

    /// The line that stands in a row or above it.
    fn line_before(&self, at: usize) -> Option<(u64, usize)> {
        self.rows.iter().take(at + 1).rev().find_map(place)
    }
}

fn place(drawn: &Drawn<'_>) -> Option<(u64, usize)> {
    match drawn {
        Drawn::Line { row, nth, .. } => Some((row.place, *nth)),
        Drawn::Mark(_) => None,
    }
}

fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Where the text begins without its first columns, counted from `begin`.
fn shifted(text: &str, begin: usize, columns: usize) -> usize {
    let rest = text.get(begin..).unwrap_or_default();
    let mut passed = 0;
    for (at, grapheme) in rest.grapheme_indices(true) {
        if passed >= columns {
            return begin + at;
        }
        passed += width(grapheme);
    }
    if columns == 0 { begin } else { text.len() }
}

/// The text from `begin` on in rows of `columns`; no sign is cut in two.
fn wrapped(text: &str, begin: usize, columns: usize) -> Vec<Range<usize>> {
    let (mut rows, mut start, mut used) = (Vec::new(), begin, 0);
    let rest = text.get(begin..).unwrap_or_default();
    if rest.is_ascii() && columns > 0 {
        // Long lines are such, mostly; there is nothing to measure.
        let starts = (begin..text.len().max(begin + 1)).step_by(columns);
        return starts.map(|at| at..(at + columns).min(text.len())).collect();
    }
    for (at, grapheme) in rest.grapheme_indices(true) {
        let (at, w) = (begin + at, width(grapheme));
        if used + w > columns && used > 0 {
            rows.push(start..at);
            (start, used) = (at, 0);
        }
        used += w;
    }
    rows.push(start..text.len());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_and_shifted_by_columns() {
        let cut = |text: &'static str, begin| -> Vec<&str> {
            wrapped(text, begin, 4).into_iter().map(|part| text.get(part).unwrap_or("")).collect()
        };
        assert_eq!(cut("abcde東京", 0), ["abcd", "e東", "京"]);
        assert_eq!(cut("abcdefghi", 0), ["abcd", "efgh", "i"]);
        assert_eq!(cut("abcdefgh", 4), ["efgh"]);
        assert_eq!((cut("", 0), cut("ab", 2)), (vec![""], vec![""]));
        // A sign that is wider than the row has one for itself.
        assert_eq!(wrapped("東京", 0, 1), [0..3, 3..6]);
        assert_eq!((shifted("東京x", 0, 2), shifted("ab", 0, 20), shifted("ab", 1, 0)), (3, 2, 1));
    }
}
