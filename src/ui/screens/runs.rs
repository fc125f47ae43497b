//! The list of runs, newest first.

use ratatui::layout::Rect;

use crate::app::model::Model;
use crate::app::pages::RunsPage;
use crate::domain::run::state::RunSummary;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::text::cut;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RunsPage, area: Rect) {
    let header = model.size.page_header();
    let used = canvas.spans_right(area.x, area.y, area.width, &chrome::header_right(model));
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let line = [(" runs  ".to_owned(), Role::Accent), (fleet, Role::Header)];
    canvas.spans(area.x, area.y, area.width.saturating_sub(used), &line);
    if header > 1 {
        let text = "leaving a run is safe: it goes on; enter watches it again";
        canvas.put(area.x + 1, area.y + 1, area.width - 1, text, Role::Dim);
    }
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let body = Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    let runs = model.runs.as_deref().unwrap_or_default();
    let inner = canvas.pane(body, "Runs", &format!("{}", runs.len()), Focused::Yes);
    canvas.put(
        inner.x + 2,
        inner.y,
        inner.width,
        "RUN   STATE      WORKFLOW   TO                   OK FAIL   OF  TOOK    WHEN  BY",
        Role::Heading,
    );
    if runs.is_empty() {
        let text = match model.runs {
            None => "reading the store",
            Some(_) => "no run yet: mark instances on the fleet page and press u",
        };
        canvas.put(inner.x + 2, inner.y + 1, inner.width, text, Role::Dim);
        return;
    }
    let rows = inner.y + 1..inner.bottom();
    for (y, (at, run)) in rows.zip(runs.iter().enumerate().skip(page.cursor.top)) {
        if at == page.cursor.selected {
            let row = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
            canvas.band(row, Role::Selection);
            canvas.put(inner.x - 1, y, 1, "▌", Role::Accent);
        }
        run_row(canvas, model, run, inner, y);
    }
}

fn run_row(canvas: &mut Canvas<'_>, model: &Model, run: &RunSummary, inner: Rect, y: u16) {
    let look = badge::phase(run.phase);
    let age = |at: jiff::Timestamp| model.now.duration_since(at).as_secs_f64();
    let took =
        run.finished.map(|end| figures::elapsed(end.duration_since(run.planned).as_secs_f64()));
    let target = run.target.as_ref().map(ToString::to_string).unwrap_or_default();
    let by = run.by.as_ref().map(|b| b.user.to_string()).unwrap_or_default();
    let failed = if run.n_failed > 0 { Role::Down } else { Role::Dim };
    let line = [
        (format!("{} ", look.glyph), look.role),
        (format!("{:<5} ", run.run.short()), Role::Strong),
        (
            format!("{:<10} ", look.word),
            if look.role == Role::Healthy { Role::Text } else { look.role },
        ),
        (format!("{:<10} ", run.workflow.name()), Role::Text),
        (pad(&target, 20), Role::Text),
        (format!("{:>3} ", run.n_ok), Role::Text),
        (format!("{:>4} ", run.n_failed), failed),
        (format!("{:>4}  ", run.hosts.len()), Role::Text),
        (format!("{:<6} ", took.unwrap_or_else(|| figures::NONE.to_owned())), Role::Dim),
        (format!("{:>5}  ", figures::age(age(run.planned))), Role::Dim),
        (by, Role::Dim),
    ];
    let used = canvas.spans(inner.x, y, inner.width, &line);
    if let Some(summary) = &run.summary {
        canvas.put(
            inner.x + used + 2,
            y,
            inner.width.saturating_sub(used + 2),
            summary.as_str(),
            Role::Dim,
        );
    }
}

/// The text in exactly `w` columns.
fn pad(text: &str, w: usize) -> String {
    let text = cut(text, w);
    let fill = w.saturating_sub(crate::ui::text::width(&text));
    format!("{text}{}", " ".repeat(fill))
}
