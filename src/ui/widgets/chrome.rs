//! Header, footer and notices.

use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::footer::{self, Hint, Hints};
use crate::app::model::Model;
use crate::app::toast::{Toast, ToastKind};
use crate::ui::canvas::{Canvas, Span};
use crate::ui::text::{cut, several, width, wrap};
use crate::ui::theme::Role;

/// The time of day, to the minute: a clock that ticked every second would draw every second.
pub(in crate::ui) fn clock(model: &Model) -> String {
    model.now.to_zoned(model.zone.clone()).strftime("%H:%M %Z").to_string()
}

/// What stands at the right end of every first line, the widest form first: the later ones say the same in fewer columns.
pub(in crate::ui) fn header_rights(model: &Model) -> [Vec<Span>; 3] {
    let usual = if model.size.width < 100 { 12 } else { 28 };
    [(usual, true), (6, true), (3, false)].map(|(room, words)| header_right(model, room, words))
}

/// One such form: so many columns for why, and whether the rest has all its words.
fn header_right(model: &Model, room: usize, words: bool) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let gap = if words { "   " } else { "  " };
    let n = model.active_runs().count();
    if n > 0 {
        let word = match (n, words) {
            (1, true) => "1 run goes on".to_owned(),
            (_, true) => format!("{n} runs go on"),
            (_, false) => several(n, "run"),
        };
        spans.push((format!("◐ {word}{gap}"), Role::Running));
    }
    if let Some(why) = &model.why.standing {
        spans.push((format!("why: {}{gap}", cut(why.as_str(), room)), Role::Accent));
    }
    if model.operate.is_none() {
        spans.push((format!("read-only{gap}"), Role::Accent));
    }
    let time = if words {
        clock(model)
    } else {
        model.now.to_zoned(model.zone.clone()).strftime("%H:%M").to_string()
    };
    let since = if words { " since" } else { "" };
    match &model.frozen {
        Some(_) => spans.push((format!("▲ frozen{since} {time} "), Role::Degraded)),
        None => spans.push((format!("{time} "), Role::Dim)),
    }
    spans
}

/// Columns of pieces.
pub(in crate::ui) fn columns(spans: &[Span]) -> usize {
    spans.iter().map(|(text, _)| width(text)).sum()
}

/// Draws the first line of a page: at its right end the widest form that leaves room for all of the head.
pub(in crate::ui) fn first_line(canvas: &mut Canvas<'_>, model: &Model, head: &[Span], area: Rect) {
    let [widest, middle, narrowest] = header_rights(model);
    let room = usize::from(area.width);
    let fits = |right: &Vec<Span>| columns(head) + 2 + columns(right) <= room;
    let right = [widest, middle].into_iter().find(fits).unwrap_or(narrowest);
    let used = canvas.spans_right(area.x, area.y, area.width, &right);
    canvas.spans(area.x, area.y, area.width.saturating_sub(used + 1), head);
}

/// The footer names what can be done here, as far as it has room; no hint is ever cut.
pub(in crate::ui) fn footer(
    canvas: &mut Canvas<'_>,
    model: &Model,
    area: Rect,
    skip: &[Action],
    right: &str,
) {
    let Hints { first, last } = footer::hints(model, skip);
    let room = usize::from(area.width).saturating_sub(2);
    let tail = if right.is_empty() { 0 } else { width(right) + 3 };
    // The words at the right end have no place where the help has none beside them.
    let help = last.last().map_or(0, wide);
    let tail = if help + usize::from(GAP) + tail > room { 0 } else { tail };
    let mut used = tail;
    let ends = fitting(last.iter().rev(), room, &mut used);
    let begins = fitting(first.iter(), room, &mut used);
    let mut x = area.x + 1;
    for hint in begins.into_iter().chain(ends.into_iter().rev()) {
        x += canvas.put(x, area.y, area.width, &hint.key, Role::Key);
        x += canvas.put(x, area.y, area.width, &format!(" {}", hint.word), Role::Hint) + GAP;
    }
    if tail > 0 {
        canvas.put_right(area.x, area.y, area.width.saturating_sub(1), right, Role::Strong);
    }
}

/// Columns between two hints.
const GAP: u16 = 2;

/// Columns of a hint.
fn wide(hint: &Hint) -> usize {
    width(&hint.key) + 1 + width(hint.word)
}

/// The hints up to the first that has no room any more; `used` columns of it are taken.
fn fitting<'h>(
    hints: impl Iterator<Item = &'h Hint>,
    room: usize,
    used: &mut usize,
) -> Vec<&'h Hint> {
    let fits = |hint: &&Hint| {
        let gap = if *used > 0 { usize::from(GAP) } else { 0 };
        let with = *used + gap + wide(hint);
        let fits = with <= room;
        if fits {
            *used = with;
        }
        fits
    };
    hints.take_while(fits).collect()
}

fn toast_look(kind: ToastKind) -> (&'static str, Role) {
    match kind {
        ToastKind::Done => ("●", Role::Healthy),
        ToastKind::Warning => ("▲", Role::Degraded),
        ToastKind::Problem => ("▼", Role::Down),
    }
}

/// Notices. A short one stands in the last line, so that it hides nothing but keys; what needs more room, and
/// problems that are not the newest, stand in boxes above it. `line` is whether the last line may be taken.
pub(in crate::ui) fn toasts(canvas: &mut Canvas<'_>, model: &Model, area: Rect, line: bool) {
    let mut shown: Vec<&Toast> = model.toasts.shown().iter().collect();
    let fits = |t: &&Toast| width(t.text.as_str()) + 5 <= usize::from(area.width);
    if line
        && shown.last().is_some_and(fits)
        && let Some(newest) = shown.pop()
    {
        let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        canvas.clear(foot, Role::Text);
        let (glyph, role) = toast_look(newest.kind);
        canvas.put(foot.x + 1, foot.y, 1, glyph, role);
        canvas.put(foot.x + 3, foot.y, foot.width - 4, newest.text.as_str(), Role::Strong);
        shown.retain(|t| t.kind == ToastKind::Problem || !fits(t));
    }
    let mut bottom = area.bottom().saturating_sub(1);
    let most = area.width.saturating_sub(4).min(72);
    for toast in shown.into_iter().rev() {
        let (glyph, role) = toast_look(toast.kind);
        let lines = wrap(toast.text.as_str(), usize::from(most.saturating_sub(6)), 4);
        let widest = lines.iter().map(|l| width(l)).max().unwrap_or(0);
        let w = u16::try_from(widest).unwrap_or(most) + 6;
        let h = u16::try_from(lines.len()).unwrap_or(1) + 2;
        if bottom < area.y + h + 1 {
            return;
        }
        bottom -= h;
        let place = Rect { x: area.right().saturating_sub(w + 3), y: bottom, width: w, height: h };
        canvas.clear(place, Role::Dialog);
        let inner = canvas.pane(place, "", "", crate::ui::canvas::Focused::No);
        canvas.put(inner.x, inner.y, 1, glyph, role);
        for (y, line) in (inner.y..).zip(&lines) {
            canvas.put(inner.x + 2, y, inner.width.saturating_sub(2), line, Role::Dialog);
        }
    }
}
