//! What `bunker doctor` finds on this machine and on the hosts, with the fix for each finding.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Tally};
use crate::app::action::Action;
use crate::app::choice_pages::Asked;
use crate::app::model::Model;
use crate::app::sheet::Sheet;
use crate::app::sheet_rows;
use crate::domain::finding::Finding;
use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

const COLUMNS: [Column; 4] = [
    Column::left("WHERE", 16, 0),
    Column::left("CHECK", 12, 0),
    Column::left("FOUND", 24, 0).growing_to(72),
    Column::left("FIX", 40, 1).growing(),
];

type Findings = Asked<Vec<Finding>>;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    (here, hosts): (&Findings, &Findings),
    area: Rect,
) {
    let rows = sheet_rows::findings(seen);
    let all: Vec<&Finding> = [here, hosts].into_iter().filter_map(Asked::known).flatten().collect();
    let bad = all.iter().filter(|f| !f.ok).count();
    let hint = hint(model, here, hosts);
    let count = sheet::count(rows.len(), all.len(), seen, "check");
    let words = Around {
        head: sheet::head(
            model,
            "doctor",
            &[
                Tally("▲", bad, ("to mend", "to mend"), Role::Degraded),
                Tally("●", all.len() - bad, ("good", "good"), Role::Healthy),
            ],
        ),
        hint: &hint,
        titles: sheet::sheet_titles("Findings, then what is good", seen, &count),
        detail: "That check",
        foot: String::new(),
    };
    let known = here.known().is_some() && hosts.known().is_some();
    let none = sheet::shows_all(model, "check", &seen.filter, &seen.order);
    let none = (rows.is_empty() && known).then_some(none.as_str());
    let columns = sheet::fitted(COLUMNS, [(0, &mut all.iter().map(|f| place(f)))]);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    if rows.is_empty() && here.known().is_none() {
        choice::waiting(canvas, model, here, "looking at this machine", list);
    } else if rows.is_empty() {
        choice::waiting(canvas, model, hosts, "asking the hosts", list);
    }
    for (y, finding) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let (glyph, role) =
            if finding.ok { ("●", Role::Healthy) } else { ("▲", Role::Degraded) };
        canvas.put(list.x, y, 1, glyph, role);
        let quiet = if finding.ok { Role::Text } else { Role::Strong };
        places.put(canvas, y, 0, place(finding), quiet);
        places.put(canvas, y, 1, finding.check, quiet);
        places.put(canvas, y, 2, finding.found.as_str(), Role::Text);
        if let Some(fix) = &finding.fix {
            places.put(canvas, y, 3, fix.as_str(), Role::Dim);
        }
    }
    if let Some(finding) = rows.get(seen.cursor.selected) {
        let fix = finding.fix.as_ref().map(ToString::to_string);
        let facts = [
            ("check", format!("{} on {}", finding.check, place(finding)), Role::Strong),
            ("found", finding.found.to_string(), Role::Text),
            ("fix", fix.unwrap_or_else(|| "nothing to do".to_owned()), Role::Text),
        ];
        choice::facts(canvas, detail, &facts);
    }
}

fn place(finding: &Finding) -> &str {
    if finding.place == "here" { "this machine" } else { &finding.place }
}

/// What is still waited for, and what could not be looked at.
fn hint(model: &Model, here: &Findings, hosts: &Findings) -> String {
    match (here, hosts) {
        (Asked::Failed(problem), _) | (_, Asked::Failed(problem)) => {
            format!("▲ {}", problem.message)
        }
        (Asked::Waiting(_), _) => format!("{} looking at this machine", badge::spinner(model.now)),
        (_, Asked::Waiting(_)) => format!("{} asking the hosts", badge::spinner(model.now)),
        (Asked::Known(_), Asked::Known(_)) => {
            let (again, open) = (model.key(Action::LookAgain), model.key(Action::Open));
            format!("{again} looks again; {open} opens the instance; `bunker doctor` says the same")
        }
    }
}
