//! The form of what makes a part of the fleet quiet for a time, in front of its page.

use ratatui::layout::Rect;

use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::quiet::{QuietFor, QuietForm};
use crate::domain::alerts::Fits;
use crate::ui::canvas::Canvas;
use crate::ui::text::wrap;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, dialog, form};

/// Columns of the dialog.
const WIDE: u16 = 76;
/// Lines of a problem in a form that fills a small screen, and in one that does not.
const PROBLEM: (usize, usize) = (2, 4);

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &QuietForm, area: Rect) {
    let (title, note) = match &page.of {
        QuietFor::Window => ("A new window".to_owned(), "nothing is written yet"),
        QuietFor::End { window, .. } => {
            (format!("End window {}", window.name), "nothing is changed yet")
        }
        QuietFor::Silence(fits) => (silence(fits), "nothing is changed yet"),
        QuietFor::EndSilence { silence, .. } => {
            (format!("End silence by {}", silence.by), "nothing is changed yet")
        }
    };
    let n_lines = match page.of {
        QuietFor::Window | QuietFor::End { .. } => PROBLEM.0,
        QuietFor::Silence(_) | QuietFor::EndSilence { .. } => PROBLEM.1,
    };
    let problem_h = u16::try_from(n_lines).unwrap_or(2);
    let fields = u16::try_from(page.form.fields.len()).unwrap_or(8) * 2;
    let inner = dialog::frame(canvas, area, WIDE, fields + 3 + problem_h, &title, note);
    let below = (problem_h + 1).min(inner.height);
    let place = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    form::draw(canvas, &page.form, Rect { height: inner.height - below, ..place });
    let y = inner.bottom().saturating_sub(below);
    let foot = inner.bottom().saturating_sub(1);
    if let Some((_, changes)) = page.waits {
        let what = if changes { "it is being done" } else { "looking what would be written" };
        let text = format!("{} {what}", badge::spinner(model.now));
        canvas.put(inner.x, y, inner.width, &text, Role::Running);
    } else if let Some(problem) = &page.problem {
        let hint = problem.hint.as_ref().map(|h| format!(": {h}")).unwrap_or_default();
        let text = format!("▼ {}{hint}", problem.message);
        let lines = wrap(&text, usize::from(inner.width), n_lines);
        for (y, line) in (y..foot).zip(&lines) {
            canvas.put(inner.x, y, inner.width, line, Role::Down);
        }
    }
    let key = |action| model.key_at(action, Place::Form);
    let next = format!("{} next field  ", key(Action::NextField));
    let next = if page.form.fields.len() > 1 { next.as_str() } else { "" };
    let text = format!("{next}{} goes on, and asks first  esc back", key(Action::GoOn));
    canvas.put(inner.x, foot, inner.width, &text, Role::Dim);
}

/// What a silence is about, in few words.
fn silence(fits: &Fits) -> String {
    let alert = fits.alert().map_or("all alerts", |name| name.as_str());
    let labels = fits.labels().unwrap_or_default().join(", ");
    let of = if labels.is_empty() { labels } else { format!(" on {labels}") };
    format!("Silence {alert}{of}")
}
