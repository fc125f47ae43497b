//! The page of one output: the lines in view, where they stand in the whole, and what was found, filtered and marked.

use jiff::Timestamp;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use crate::app::log_page::{LogMark, LogOf, LogPage, LogView};
use crate::app::model::Model;
use crate::app::pages::Follow;
use crate::domain::log::Row;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::{cut, width};
use crate::ui::theme::Role;
use crate::ui::widgets::{chrome, log_view};

/// Columns of the time before a line.
const TIME_W: u16 = 9;

/// A row of the screen: a line or the rest of one, or a mark.
enum Drawn<'a> {
    Line { row: &'a Row, text: String, first: bool, from: usize },
    Mark(&'a LogMark),
}

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &LogPage, area: Rect) {
    let title = [(" log  ".to_owned(), Role::Accent), (page.of.to_string(), Role::Header)];
    chrome::first_line(canvas, model, &title, area);
    let pane = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    let inner = canvas.pane(pane, &wanted(page), &stand(page), Focused::Yes);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let Some(view) = &page.view else {
        let text = page.trouble.as_ref().map_or("reading the file", |t| t.as_str());
        canvas.put(inner.x, inner.y, inner.width, text, Role::LogMeta);
        return;
    };
    if view.rows.is_empty() {
        canvas.put(inner.x, inner.y, inner.width, nothing(page, view), Role::LogMeta);
    }
    lines(canvas, model, page, view, inner);
    if let Some(trouble) = &page.trouble {
        let y = inner.bottom().saturating_sub(1);
        canvas.clear(Rect { y, height: 1, ..inner }, Role::Text);
        canvas.put(inner.x, y, inner.width, &format!("▼ {trouble}"), Role::Down);
    }
}

fn nothing(page: &LogPage, view: &LogView) -> &'static str {
    if view.looked < view.length {
        "looking through the file"
    } else if page.sieve.is_open() {
        "no output yet"
    } else {
        "no line goes through the filter: & changes it, e shows more than errors"
    }
}

/// Which lines are wanted, in the border, and what their times are worth: hosts write none.
fn wanted(page: &LogPage) -> String {
    let spread = page.times && matches!(page.of, LogOf::Merged { .. });
    let times = if spread { " · times within a step are spread evenly" } else { "" };
    let lines = match (page.sieve.is_errors_only(), page.sieve.text()) {
        (false, "") => "all lines".to_owned(),
        (true, "") => "errors only".to_owned(),
        (false, text) => format!("filter: {}", cut(text, 40)),
        (true, text) => format!("errors with: {}", cut(text, 40)),
    };
    format!("{lines}{times}")
}

/// A number with its thousands apart.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Where the lines in view stand: an absolute place, or that the end is followed.
fn stand(page: &LogPage) -> String {
    let Some(view) = &page.view else { return String::new() };
    let mut words = Vec::new();
    match page.follow {
        Follow::End => words.push("follow".to_owned()),
        Follow::From(_) => {
            let first = view.rows.first().map_or(0, |row| row.line + 1);
            let last = view.rows.last().map_or(0, |row| row.line + 1);
            let part = (view.top * 100).checked_div(view.n_places).unwrap_or(0);
            words.push(format!("line {} to {} · {part} %", grouped(first), grouped(last)));
        }
    }
    if page.sieve.is_open() {
        words.push(format!("{} lines", grouped(view.n_lines)));
    } else {
        words.push(format!("{} of {} lines", grouped(view.n_places), grouped(view.n_lines)));
    }
    words.push(figures::bytes(view.length as f64));
    if view.looked < view.length {
        let part = (u128::from(view.looked) * 100 / u128::from(view.length.max(1))) as u64;
        words.push(format!("read to {part} %"));
    }
    words.join(" · ")
}

fn lines(canvas: &mut Canvas<'_>, model: &Model, page: &LogPage, view: &LogView, area: Rect) {
    let (times, names) = (if page.times { TIME_W } else { 0 }, names(page, area.width));
    let gutter = times + names;
    let room = usize::from(area.width.saturating_sub(gutter));
    let mut drawn: Vec<Drawn<'_>> = Vec::new();
    let mut before = None;
    for row in &view.rows {
        drawn.extend(marks(page, before, row.line).map(Drawn::Mark));
        let parts = if page.wrap {
            wrapped(row.text.as_str(), room)
        } else {
            vec![shifted(row.text.as_str(), page.shift)]
        };
        for (at, (from, text)) in parts.into_iter().enumerate() {
            drawn.push(Drawn::Line { row, text, first: at == 0, from });
        }
        before = Some(row.line);
    }
    let at_end = view.top + view.rows.len() as u64 >= view.n_places;
    if at_end {
        drawn.extend(page.marks.iter().filter(|m| m.above >= view.n_lines).map(Drawn::Mark));
    }
    // Where the end is followed, the end is what is seen.
    let height = usize::from(area.height);
    let over = drawn.len().saturating_sub(height);
    let skip = if page.follow == Follow::End { over } else { 0 };
    for (y, drawn) in (area.top()..area.bottom()).zip(drawn.iter().skip(skip)) {
        let place = Rect { y, height: 1, ..area };
        match drawn {
            Drawn::Mark(mark) => draw_mark(canvas, model, mark, place),
            Drawn::Line { row, text, first, from } => {
                if *first {
                    before_line(canvas, model, page, view, row, Rect { width: gutter, ..place });
                }
                if names > 0 {
                    canvas.put(place.x + gutter - 2, y, 1, "│", Role::LogMeta);
                }
                let place = Rect {
                    x: place.x + gutter,
                    width: place.width.saturating_sub(gutter),
                    ..place
                };
                draw_line(canvas, page, row, (text, *from), place);
            }
        }
    }
    if page.follow == Follow::End && view.skipped > 0 && area.height > 2 {
        let text = format!(
            "⋯ {} lines skipped here: f stays, and scrolling reads them",
            grouped(view.skipped)
        );
        canvas.clear(Rect { height: 1, ..area }, Role::Text);
        canvas.put(area.x, area.y, area.width, &text, Role::LogMeta);
    }
}

/// Columns of the names of hosts with what parts them from the lines, where lines come from several.
fn names(page: &LogPage, width: u16) -> u16 {
    match page.of {
        LogOf::Merged { .. } => {
            let most = usize::from(width / 4).clamp(4, 24);
            u16::try_from(page.names.clamp(4, most)).unwrap_or(4) + 3
        }
        LogOf::Run { .. } | LogOf::Service { .. } => 0,
    }
}

/// Draws what stands before a line: its time, and the host that it comes from.
fn before_line(
    canvas: &mut Canvas<'_>,
    model: &Model,
    page: &LogPage,
    view: &LogView,
    row: &Row,
    area: Rect,
) {
    let mut x = area.x;
    if page.times {
        let known = row.from.as_ref().map(|from| from.at);
        let time = known.or_else(|| began(model, page, view, row.offset));
        let text = time.map_or_else(String::new, |at| clock(model, at));
        canvas.put(x, area.y, TIME_W - 1, &text, Role::LogMeta);
        x += TIME_W;
    }
    if let Some(from) = &row.from {
        let room = area.right().saturating_sub(x + 3);
        canvas.put(x, area.y, room, from.host.as_str(), Role::LogMeta);
    }
}

/// Marks that stand above the line `to` and, where there is a line before it, below that.
fn marks(page: &LogPage, from: Option<u64>, to: u64) -> impl Iterator<Item = &LogMark> {
    page.marks
        .iter()
        .filter(move |mark| mark.above <= to && from.is_some_and(|from| mark.above > from))
}

fn clock(model: &Model, at: Timestamp) -> String {
    at.to_zoned(model.zone.clone()).strftime("%H:%M:%S").to_string()
}

fn draw_mark(canvas: &mut Canvas<'_>, model: &Model, mark: &LogMark, area: Rect) {
    let words = format!("── {} {} ", clock(model, mark.at), mark.by);
    let rest = usize::from(area.width).saturating_sub(width(&words));
    canvas.put(area.x, area.y, area.width, &format!("{words}{}", "─".repeat(rest)), Role::Accent);
}

fn draw_line(
    canvas: &mut Canvas<'_>,
    page: &LogPage,
    row: &Row,
    (text, from): (&str, usize),
    area: Rect,
) {
    canvas.put(area.x, area.y, area.width, text, log_view::of_kind(row.kind));
    if page.found == Some(row.place) {
        canvas.band(area, Role::Selection);
    }
    let hits = page.needle.iter().chain([&page.sieve]).flat_map(|s| s.hits(row.text.as_str()));
    for hit in hits {
        // Only what stands in this part of the line.
        let (start, end) = (hit.start.max(from), hit.end.min(from + text.len()));
        let inside = start.checked_sub(from).zip(end.checked_sub(from)).filter(|(a, b)| a < b);
        let Some((start, end)) = inside else { continue };
        let (Some(before), Some(hit)) = (text.get(..start), text.get(start..end)) else { continue };
        let x = area.x.saturating_add(u16::try_from(width(before)).unwrap_or(u16::MAX));
        if x >= area.right() {
            break;
        }
        let w = u16::try_from(width(hit)).unwrap_or(1).min(area.right() - x);
        canvas.over(Rect { x, width: w, height: 1, ..area }, Role::Match);
    }
}

/// The text without its first columns, and how many bytes those are.
fn shifted(text: &str, columns: usize) -> (usize, String) {
    let mut passed = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if passed >= columns {
            return (at, text.get(at..).unwrap_or_default().to_owned());
        }
        passed += width(grapheme);
    }
    if columns == 0 { (0, text.to_owned()) } else { (text.len(), String::new()) }
}

/// The text in rows of `room` columns, each with where it begins.
fn wrapped(text: &str, room: usize) -> Vec<(usize, String)> {
    let mut rows = vec![(0, String::new())];
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let w = width(grapheme);
        if used + w > room && used > 0 {
            rows.push((at, String::new()));
            used = 0;
        }
        if let Some((_, row)) = rows.last_mut() {
            row.push_str(grapheme);
        }
        used += w;
    }
    rows
}

/// When the step began in which a line was printed.
fn began(model: &Model, page: &LogPage, view: &LogView, offset: u64) -> Option<Timestamp> {
    let LogOf::Run { host, .. } = &page.of else { return None };
    let mark = view.steps.iter().rev().find(|mark| mark.at <= offset && !mark.ended)?;
    let hosts = model.run_page()?.hosts();
    hosts.iter().find(|h| &h.id == host)?.step(&mark.step)?.started
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_and_shifted_by_columns() {
        let rows: Vec<String> = wrapped("abcde東京", 4).into_iter().map(|(_, row)| row).collect();
        assert_eq!(rows, ["abcd", "e東", "京"]);
        assert_eq!(wrapped("", 4), [(0, String::new())]);
        assert_eq!(shifted("東京x", 2), (3, "京x".to_owned()));
        assert_eq!(shifted("ab", 20), (2, String::new()));
        assert_eq!((grouped(7), grouped(1_204_113)), ("7".to_owned(), "1,204,113".to_owned()));
    }
}
