//! The list of runs, newest first.

use ratatui::layout::Rect;

use super::sheet;
use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::pages::RunsPage;
use crate::domain::run::state::RunSummary;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RunsPage, area: Rect) {
    let header = model.size.page_header();
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let line = [(" runs  ".to_owned(), Role::Accent), (fleet, Role::Header)];
    chrome::first_line(canvas, model, &line, area);
    if header > 1 {
        let open = model.key(Action::Open);
        let text = format!("leaving a run is safe: it goes on; {open} watches it again");
        canvas.put(area.x + 1, area.y + 1, area.width - 1, &text, Role::Dim);
    }
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], "");
    let body = Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    let all = model.runs.as_deref().unwrap_or_default();
    let runs = page.rows(all, model.now);
    let count = sheet::count_of((runs.len(), all.len()), &page.filter, "run");
    let (title, right) = sheet::titles("Runs, newest first", Place::Runs, &page.order, &count);
    let inner = canvas.pane(body, title, &right, Focused::Yes);
    let columns = columns(inner.width);
    for (column, place) in &columns {
        put(
            canvas,
            *column,
            Rect { y: inner.y, ..*place },
            inner.x,
            column.heading(),
            Role::Heading,
        );
    }
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
    let rows = inner.y + 1..inner.bottom();
    for (y, (at, run)) in rows.zip(runs.iter().enumerate().skip(page.cursor.top)) {
        if at == page.cursor.selected {
            let row = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
            canvas.band(row, Role::Selection);
            canvas.put(inner.x - 1, y, 1, "▌", Role::Accent);
        }
        run_row(canvas, model, run, &columns, Rect { y, height: 1, ..inner });
    }
}

fn run_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    run: &RunSummary,
    columns: &[(Column, Rect)],
    row: Rect,
) {
    let look = badge::phase(run.phase);
    canvas.put(row.x, row.y, 1, look.glyph, look.role);
    for (column, place) in columns {
        let (text, role) = column.cell(run, model.now);
        put(canvas, *column, Rect { y: row.y, ..*place }, row.x, &text, role);
    }
}

/// Writes a cell; `place` counts from the left end of the table.
fn put(canvas: &mut Canvas<'_>, column: Column, place: Rect, left: u16, text: &str, role: Role) {
    if column.is_number() {
        canvas.put_right(left + place.x, place.y, place.width, text, role);
    } else {
        canvas.put(left + place.x, place.y, place.width, text, role);
    }
}

/// A column of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Run,
    State,
    Workflow,
    To,
    Well,
    Took,
    When,
    By,
    Summary,
}

/// All columns in the order of the screen, each with its rank (0 stays longest) and its width.
const COLUMNS: [(Column, u8, u16); 9] = [
    (Column::Run, 0, 5),
    (Column::State, 0, 10),
    (Column::Workflow, 4, 9),
    (Column::To, 2, 20),
    (Column::Well, 1, 8),
    (Column::Took, 3, 6),
    (Column::When, 1, 5),
    (Column::By, 6, 8),
    (Column::Summary, 5, 18),
];

/// The columns that fit, with their places; the summary has the rest.
fn columns(width: u16) -> Vec<(Column, Rect)> {
    let fits = |rank: u8| {
        let wanted: u16 = COLUMNS.iter().filter(|c| c.1 <= rank).map(|c| c.2 + 2).sum();
        wanted <= width
    };
    let mut x = 2;
    let mut placed = Vec::new();
    for (column, rank, w) in COLUMNS {
        if rank > 0 && !fits(rank) {
            continue;
        }
        let w = if column == Column::Summary { width.saturating_sub(x) } else { w };
        placed.push((column, Rect { x, y: 0, width: w.min(width.saturating_sub(x)), height: 1 }));
        x += w + 2;
    }
    placed
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Run => "RUN",
            Self::State => "STATE",
            Self::Workflow => "WORKFLOW",
            Self::To => "TO",
            Self::Well => "OK",
            Self::Took => "TOOK",
            Self::When => "AGE",
            Self::By => "BY",
            Self::Summary => "ENDED",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Well | Self::Took | Self::When)
    }

    fn cell(self, run: &RunSummary, now: jiff::Timestamp) -> (String, Role) {
        let look = badge::phase(run.phase);
        match self {
            Self::Run => (run.run.short().to_owned(), Role::Strong),
            Self::State => {
                let role = if look.role == Role::Healthy { Role::Text } else { look.role };
                (look.word.to_owned(), role)
            }
            Self::Workflow => (run.workflow.name().to_owned(), Role::Text),
            Self::To => {
                (run.target.as_ref().map(ToString::to_string).unwrap_or_default(), Role::Text)
            }
            Self::Well => (format!("{} of {}", run.n_ok, run.hosts.len()), Role::Text),
            Self::Took => {
                let took = run.finished.map(|end| end.duration_since(run.planned).as_secs_f64());
                (took.map_or_else(|| figures::NONE.to_owned(), figures::elapsed), Role::Dim)
            }
            Self::When => (figures::age(now.duration_since(run.planned).as_secs_f64()), Role::Dim),
            Self::By => {
                (run.by.as_ref().map(|b| b.user.to_string()).unwrap_or_default(), Role::Dim)
            }
            Self::Summary => {
                (run.summary.as_ref().map(ToString::to_string).unwrap_or_default(), Role::Dim)
            }
        }
    }
}
