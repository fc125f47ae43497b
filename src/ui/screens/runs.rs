//! The list of runs, newest first.

use ratatui::layout::Rect;

use super::choice;
use super::sheet::{self, Column, Places};
use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::pages::RunsPage;
use crate::domain::run::state::RunSummary;
use crate::domain::untrusted::Safe;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

const COLUMNS: [Column; 9] = [
    Column::left("RUN", 5, 0),
    Column::left("STATE", 10, 0),
    Column::left("WORKFLOW", 9, 4),
    Column::left("TO", 20, 2),
    Column::right("OK", 8, 1),
    Column::right("TOOK", 6, 3),
    Column::right("AGE", 5, 1),
    Column::left("BY", 8, 6),
    Column::left("ENDED", 18, 5).growing(),
];

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RunsPage, area: Rect) {
    let header = model.size.page_header();
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let line = [(" runs  ".to_owned(), Role::Accent), (fleet, Role::Header)];
    chrome::first_line(canvas, model, &line, area);
    if header > 1 {
        let open = model.key(Action::Open);
        let text = format!("leaving a run is safe: it goes on; {open} watches it again");
        canvas.put(area.x + 1, area.y + 1, area.width.saturating_sub(2), &text, Role::Dim);
    }
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let body = Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    let all = model.runs.as_deref().unwrap_or_default();
    let runs = page.rows(all, model.now);
    let count = sheet::count_of((runs.len(), all.len()), &page.filter, "run");
    let (title, right) = sheet::titles("Runs, newest first", Place::Runs, &page.order, &count);
    let inner = canvas.pane(body, title, &right, Focused::Yes);
    let mut workflows = all.iter().map(|run| run.workflow.name());
    let columns = sheet::fitted(COLUMNS, [(2, &mut workflows)]);
    let places = Places::of(&columns, inner.x + 2, inner.width.saturating_sub(2));
    places.heading(canvas, inner.y, &columns);
    if runs.is_empty() {
        let text = match model.runs {
            None => "reading the store".to_owned(),
            Some(_) if !all.is_empty() => sheet::shows_all(model, "run", &page.filter, &page.order),
            Some(_) => {
                let upgrade = model.key_at(Action::Upgrade, Place::Fleet);
                format!(
                    "no run yet: mark instances on the fleet page and press {upgrade} to plan an upgrade"
                )
            }
        };
        sheet::instead(canvas, inner, &text);
        return;
    }
    for (y, run) in choice::lines(canvas, inner, page.cursor, runs.iter()) {
        let look = badge::phase(run.phase);
        canvas.put(inner.x, y, 1, look.glyph, look.role);
        for (at, (text, role)) in cells(run, model.now).into_iter().enumerate() {
            places.put(canvas, y, at, &text, role);
        }
    }
}

/// What stands in the columns of a run.
fn cells(run: &RunSummary, now: jiff::Timestamp) -> [(String, Role); COLUMNS.len()] {
    let look = badge::phase(run.phase);
    let state = if look.role == Role::Healthy { Role::Text } else { look.role };
    let took = run.finished.map(|end| end.duration_since(run.planned).as_secs_f64());
    let words = |text: Option<&Safe>| text.map(ToString::to_string).unwrap_or_default();
    [
        (run.run.short().to_owned(), Role::Strong),
        (look.word.to_owned(), state),
        (run.workflow.name().to_owned(), Role::Text),
        (words(run.target.as_ref()), Role::Text),
        (format!("{} of {}", run.n_ok, run.hosts.len()), Role::Text),
        (took.map_or_else(|| figures::NONE.to_owned(), figures::elapsed), Role::Dim),
        (figures::age(now.duration_since(run.planned).as_secs_f64()), Role::Dim),
        (words(run.by.as_ref().map(|by| &by.user)), Role::Dim),
        (words(run.summary.as_ref()), Role::Dim),
    ]
}
