//! The page of one output: the lines in view, where they stand in the whole, and what was found, filtered and marked.

use std::ops::Range;

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::log_page::{LogMark, LogOf, LogPage, LogView};
use crate::app::log_rows::{Drawn, Room, TIME_W};
use crate::app::model::Model;
use crate::app::pages::Follow;
use crate::domain::log::{Row, stamped};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::{cut, width};
use crate::ui::theme::Role;
use crate::ui::widgets::{chrome, log_view};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &LogPage, area: Rect) {
    let title = [(" log  ".to_owned(), Role::Accent), (page.of.to_string(), Role::Header)];
    chrome::first_line(canvas, model, &title, area);
    let pane = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    let room = page.room(area.width.saturating_sub(4), usize::from(pane.height.saturating_sub(2)));
    let drawn = page.drawn(room);
    let stand = stand(page, &drawn, usize::from(pane.width).saturating_sub(6));
    // The place is never left out for what stands beside it.
    let beside = usize::from(pane.width).saturating_sub(width(&stand) + 9);
    let inner = canvas.pane(pane, &wanted(page, beside), &stand, Focused::Yes);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let Some(view) = &page.view else {
        let text = page.trouble.as_ref().map_or("reading the file", |t| t.as_str());
        canvas.put(inner.x, inner.y, inner.width, text, Role::LogMeta);
        return;
    };
    if view.rows.is_empty() {
        canvas.put(inner.x, inner.y, inner.width, &nothing(model, page, view), Role::LogMeta);
    }
    lines(canvas, model, page, view, (&drawn, room), inner);
    if let Some(trouble) = &page.trouble {
        let y = inner.bottom().saturating_sub(1);
        canvas.clear(Rect { y, height: 1, ..inner }, Role::Text);
        canvas.put(inner.x, y, inner.width, &format!("▼ {trouble}"), Role::Down);
    }
}

fn nothing(model: &Model, page: &LogPage, view: &LogView) -> String {
    if view.looked < view.length {
        "looking through the file".to_owned()
    } else if page.sieve.is_open() {
        "no output yet".to_owned()
    } else {
        format!(
            "no line goes through the filter: {} changes it, {} shows more than errors",
            model.key(Action::LogFilter),
            model.key(Action::ErrorsOnly)
        )
    }
}

/// Which lines are wanted, in at most `room` columns of the border, and what their times are worth: hosts write none.
fn wanted(page: &LogPage, room: usize) -> String {
    let times = match page.of {
        LogOf::Merged { .. } => ["times within a step are spread evenly", "times: spread in steps"],
        LogOf::Run { .. } => ["a time stands where a step begins", "time: step begins"],
        LogOf::Service { .. } => ["", ""],
    };
    let lines = match (page.sieve.is_errors_only(), page.sieve.text()) {
        (false, "") => "all lines".to_owned(),
        (true, "") => "errors only".to_owned(),
        (false, text) => format!("filter: {}", cut(text, 40)),
        (true, text) => format!("errors with: {}", cut(text, 40)),
    };
    let shown = times.into_iter().filter(|words| page.times && !words.is_empty());
    let said = shown.map(|words| format!("{lines} · {words}")).find(|said| width(said) <= room);
    said.unwrap_or_else(|| cut(&lines, room))
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

/// Where the lines in view stand: an absolute place, or that the end is followed; in at most `room` columns where that can be.
fn stand(page: &LogPage, drawn: &[Drawn<'_>], room: usize) -> String {
    let Some(view) = &page.view else { return String::new() };
    let mut words = Vec::new();
    match page.follow {
        Follow::End => words.push("follow".to_owned()),
        Follow::From(_) => {
            let line = |drawn: &Drawn<'_>| match drawn {
                Drawn::Line { row, .. } => Some((row.line + 1, row.place)),
                Drawn::Mark(_) => None,
            };
            let (first, _) = drawn.iter().find_map(line).unwrap_or_default();
            let (last, place) = drawn.iter().rev().find_map(line).unwrap_or_default();
            // By the last line in view, as in `less`: it is 100 at the end, and nowhere else.
            let part = ((place + 1) * 100).checked_div(view.n_places).unwrap_or(0);
            words.push(format!("line {} to {}", grouped(first), grouped(last)));
            words.push(format!("{part} %"));
        }
    }
    let all =
        format!("{} {}", grouped(view.n_lines), if view.n_lines == 1 { "line" } else { "lines" });
    if page.sieve.is_open() {
        words.push(all);
    } else {
        words.push(format!("{} of {all}", grouped(view.n_places)));
    }
    words.push(figures::bytes(view.length as f64));
    if view.looked < view.length {
        let part = (u128::from(view.looked) * 100 / u128::from(view.length.max(1))) as u64;
        words.push(format!("read to {part} %"));
    }
    // The place comes first, and stays on a narrow screen.
    while words.len() > 1 && width(&words.join(" · ")) > room {
        words.pop();
    }
    words.join(" · ")
}

fn lines(
    canvas: &mut Canvas<'_>,
    model: &Model,
    page: &LogPage,
    view: &LogView,
    (drawn, room): (&[Drawn<'_>], Room),
    area: Rect,
) {
    let gutter = room.times + room.names;
    for (y, drawn) in (area.top()..area.bottom()).zip(drawn) {
        let place = Rect { y, height: 1, ..area };
        match drawn {
            Drawn::Mark(mark) => draw_mark(canvas, model, mark, place),
            Drawn::Line { row, before, part, nth } => {
                if *nth == 0 {
                    let time = time_of(model, page, view, row, *before);
                    before_line(canvas, page, row, time, Rect { width: gutter, ..place });
                }
                if room.names > 0 {
                    canvas.put(place.x + gutter - 2, y, 1, "│", Role::LogMeta);
                }
                let place = Rect {
                    x: place.x + gutter,
                    width: place.width.saturating_sub(gutter),
                    ..place
                };
                draw_line(canvas, page, row, part, place);
            }
        }
    }
    if page.follow == Follow::End && view.skipped > 0 && area.height > 2 {
        let text = format!(
            "⋯ {} lines skipped here: {} stays, and scrolling reads them",
            grouped(view.skipped),
            model.key(Action::Follow)
        );
        canvas.clear(Rect { height: 1, ..area }, Role::Text);
        canvas.put(area.x, area.y, area.width, &text, Role::LogMeta);
    }
}

/// Draws what stands before a line: its time, and the host that it comes from.
fn before_line(
    canvas: &mut Canvas<'_>,
    page: &LogPage,
    row: &Row,
    time: Option<String>,
    area: Rect,
) {
    let mut x = area.x;
    if page.times {
        canvas.put(x, area.y, TIME_W - 1, &time.unwrap_or_default(), Role::LogMeta);
        x += TIME_W;
    }
    if let Some(from) = &row.from {
        let room = area.right().saturating_sub(x + 3);
        canvas.put(x, area.y, room, from.host.as_str(), Role::LogMeta);
    }
}

/// When a line came, where that is known: of several outputs each line says it, a service writes it, and in the output of a run the
/// first line of a step has the time at which the step began.
fn time_of(
    model: &Model,
    page: &LogPage,
    view: &LogView,
    row: &Row,
    before: Option<&Row>,
) -> Option<String> {
    let at = match (&row.from, &page.of) {
        (Some(from), _) => Some(from.at),
        (None, LogOf::Service { .. }) => stamped(row.text.as_str()).map(|(at, _)| at),
        (None, LogOf::Run { .. } | LogOf::Merged { .. }) => began(model, page, view, row, before),
    };
    at.map(|at| clock(model, at))
}

fn clock(model: &Model, at: Timestamp) -> String {
    at.to_zoned(model.zone.clone()).strftime("%H:%M:%S").to_string()
}

fn draw_mark(canvas: &mut Canvas<'_>, model: &Model, mark: &LogMark, area: Rect) {
    let words = format!("── {} {} ", clock(model, mark.at), mark.by);
    let rest = usize::from(area.width).saturating_sub(width(&words));
    canvas.put(area.x, area.y, area.width, &format!("{words}{}", "─".repeat(rest)), Role::Accent);
}

fn draw_line(canvas: &mut Canvas<'_>, page: &LogPage, row: &Row, part: &Range<usize>, area: Rect) {
    let (text, from) = (row.text.as_str().get(part.clone()).unwrap_or_default(), part.start);
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

/// When the step began whose first line this is.
fn began(
    model: &Model,
    page: &LogPage,
    view: &LogView,
    row: &Row,
    before: Option<&Row>,
) -> Option<Timestamp> {
    let LogOf::Run { host, .. } = &page.of else { return None };
    let mark = view.steps.iter().rev().find(|mark| mark.at <= row.offset && !mark.ended)?;
    // A filter leaves lines out: it is the first only where the line before it is older than the step.
    let is_first = match before {
        Some(before) => before.line + 1 == row.line && before.offset < mark.at,
        None => mark.at == row.offset,
    };
    let hosts = model.run_page()?.hosts();
    hosts.iter().find(|h| &h.id == host && is_first)?.step(&mark.step)?.started
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!((grouped(7), grouped(1_204_113)), ("7".to_owned(), "1,204,113".to_owned()));
    }
}
