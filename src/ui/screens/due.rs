//! All secrets of the fleet by when they should be changed. No value is here.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet;
use crate::app::action::Place;
use crate::app::choice_pages::DuePage;
use crate::app::model::Model;
use crate::domain::secret::due::Due;
use crate::ui::canvas::Canvas;
use crate::ui::theme::Role;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &DuePage, area: Rect) {
    let rows = page.rows();
    let n_all = page.due.known().map_or(0, Vec::len);
    let n_due = rows.iter().filter(|due| due.is_due()).count();
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let count = format!("{n_due} due of {}", sheet::of_all(rows.len(), n_all, &page.filter));
    let words = Around {
        head: vec![(" secrets due  ".to_owned(), Role::Accent), (fleet, Role::Header)],
        hint: "by what the vaults say of age and readers; values are not opened for this",
        titles: sheet::titles("Secrets, most urgent first", Place::Due, &page.order, &count),
        detail: "How it is changed",
        foot: String::new(),
    };
    let (list, detail) = choice::around(canvas, model, &words, area);
    let cells = Cells::of(list, &rows);
    cells.put(canvas, list.y, ["OF", "NAME", "DUE", "AGE", "SET"], [Role::Heading; 2]);
    choice::waiting(canvas, model, &page.due, "reading the vaults", list);
    if page.due.known().is_some_and(Vec::is_empty) {
        let text = "no vault has a secret yet: `bunker instance add` makes those of a new instance";
        sheet::instead(canvas, list, text);
    }
    if n_all > 0 && rows.is_empty() {
        let text = sheet::shows_all(model, "secret", &page.filter, &page.order);
        sheet::instead(canvas, list, &text);
    }
    for (y, due) in choice::lines(canvas, list, page.cursor, rows.iter().copied()) {
        let (glyph, role) = look(due);
        canvas.put(list.x, y, 1, glyph, role);
        let age = format!("{}d", due.age_days);
        let set = format!("{}x", due.generation);
        let word = match due.in_days {
            _ if due.is_due() => role,
            Some(_) => Role::Text,
            None => Role::Dim,
        };
        let when = Some(due.when()).filter(|w| !w.is_empty());
        let when = when.unwrap_or_else(|| "on demand".to_owned());
        cells.put(
            canvas,
            y,
            [due.owner.as_str(), due.name.as_str(), &when, &age, &set],
            [word, Role::Text],
        );
    }
    if let Some(due) = rows.get(page.cursor.selected) {
        choice::facts(canvas, detail, &told(due));
    }
}

/// State of a secret: due now, due within a month, or not.
pub(super) fn look(due: &Due) -> (&'static str, Role) {
    if due.is_due() {
        ("▲", Role::Degraded)
    } else if due.is_due_within(30) {
        ("·", Role::Waiting)
    } else if due.in_days.is_none() {
        ("—", Role::Dim)
    } else {
        ("●", Role::Healthy)
    }
}

/// What is known of a secret, for the pane below a list.
pub(super) fn told(due: &Due) -> Vec<(&'static str, String, Role)> {
    let row = due.row();
    let every = row.and_then(|r| r.every_days).map(|days| format!("every {days} days"));
    let restarts = row.map(|r| r.services.join(", ")).filter(|s| !s.is_empty());
    let by_hand = due.by_hand();
    vec![
        ("for", row.map(|r| r.purpose.to_owned()).unwrap_or_default(), Role::Text),
        ("change", every.unwrap_or_else(|| "on demand".to_owned()), Role::Text),
        ("by hand", by_hand.map(str::to_owned).unwrap_or_default(), Role::Degraded),
        ("method", by_hand.map_or_else(|| method(due), |_| String::new()), Role::Text),
        ("restarts", restarts.unwrap_or_else(|| "nothing".to_owned()), Role::Text),
    ]
}

/// How the program changes it, in words.
fn method(due: &Due) -> String {
    use crate::domain::secret::catalogue::Method;
    match due.row().map(|row| row.method) {
        Some(Method::Settings) => ".env gets the new value, and what reads it is made anew",
        Some(Method::Redis) => {
            ".env gets the new value; then Redis has to take it and to refuse the old one"
        }
        Some(Method::Database) => "first in the running database, then in .env",
        Some(Method::ByHand(_)) | None => "",
    }
    .to_owned()
}

/// The places of a row.
struct Cells {
    x: u16,
    widths: [u16; 5],
}

impl Cells {
    fn of(list: Rect, rows: &[&Due]) -> Self {
        let widest = |of: fn(&Due) -> usize, least: usize, most: usize| {
            let widest = rows.iter().map(|due| of(due)).max().unwrap_or(0).clamp(least, most);
            u16::try_from(widest).unwrap_or(0)
        };
        let owner =
            widest(|due| due.owner.as_str().len(), 8, if list.width < 90 { 16 } else { 32 });
        let name = widest(|due| due.name.as_str().len(), 8, if list.width < 90 { 26 } else { 40 });
        let rest = list.width.saturating_sub(2 + owner + name + 5 + 4 + 8);
        Self { x: list.x + 2, widths: [owner, name, rest.min(38), 5, 4] }
    }

    fn put(&self, canvas: &mut Canvas<'_>, y: u16, texts: [&str; 5], roles: [Role; 2]) {
        let mut x = self.x;
        for (at, (text, w)) in texts.into_iter().zip(self.widths).enumerate() {
            let role = if at == 2 || roles[0] == Role::Heading { roles[0] } else { roles[1] };
            if at > 2 {
                canvas.put_right(x, y, w, text, role);
            } else {
                canvas.put(x, y, w, text, role);
            }
            x += w + 2;
        }
    }
}
