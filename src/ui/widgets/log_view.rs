//! A window on an output: only the lines in view are touched.

use ratatui::layout::Rect;

use crate::app::log_tail::LogTail;
use crate::app::pages::{Follow, RunPage};
use crate::domain::log::Kind;
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::text::{several, width};
use crate::ui::theme::Role;

/// The number of the first line that a window of `height` shows.
pub(in crate::ui) fn top(log: &LogTail, follow: Follow, height: u64) -> u64 {
    let last_top = log.end().saturating_sub(height).max(log.first());
    match follow {
        Follow::End => last_top,
        Follow::From(line) => line.clamp(log.first(), last_top),
    }
}

/// The words at the right end of the border.
pub(in crate::ui) fn state(page: &RunPage, height: u64) -> String {
    let log = &page.log;
    let n = log.end() - log.first();
    let place = match page.follow {
        Follow::End => "follow".to_owned(),
        Follow::From(_) => {
            let below = log.end().saturating_sub(top(log, page.follow, height) + height);
            format!("{} below", lines(below))
        }
    };
    let skipped = match log.n_skipped() {
        0 => String::new(),
        n => format!(" · {} skipped", lines(n)),
    };
    let unread = match (log.skipped_lines(), log.skipped_bytes()) {
        (0, 0) => String::new(),
        (0, n) => format!(" · {} not shown", figures::bytes(n as f64)),
        (n, _) => format!(" · {} not shown", lines(n)),
    };
    format!("{place} · {}{skipped}{unread}", lines(n))
}

fn lines(n: u64) -> String {
    several(usize::try_from(n).unwrap_or(usize::MAX), "line")
}

/// The look of a line.
pub(in crate::ui) fn role(line: &str) -> Role {
    if line.starts_with('⋯') { Role::LogMeta } else { of_kind(Kind::of(line.as_bytes())) }
}

/// The look of a line that is about this.
pub(in crate::ui) fn of_kind(kind: Kind) -> Role {
    match kind {
        Kind::Error => Role::LogError,
        Kind::Warning => Role::LogWarning,
        Kind::Plain => Role::Log,
    }
}

/// Draws the lines in view.
pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, area: Rect, page: &RunPage) {
    let log = &page.log;
    let first = top(log, page.follow, u64::from(area.height));
    for (n, y) in (first..).zip(area.top()..area.bottom()) {
        let Some(line) = log.line(n) else { break };
        canvas.put(area.x, y, area.width, line.as_str(), role(line.as_str()));
        if page.needle.is_open() {
            continue;
        }
        if page.found == Some(n) {
            canvas.band(Rect { x: area.x, y, width: area.width, height: 1 }, Role::Selection);
        }
        for hit in page.needle.hits(line.as_str()) {
            let x = line.as_str().get(..hit.start).map_or(0, width);
            let x = area.x.saturating_add(u16::try_from(x).unwrap_or(u16::MAX));
            if x >= area.right() {
                break;
            }
            let w = line.as_str().get(hit).map_or(1, width);
            let w = u16::try_from(w).unwrap_or(1).min(area.right() - x);
            canvas.over(Rect { x, y, width: w, height: 1 }, Role::Match);
        }
    }
}
