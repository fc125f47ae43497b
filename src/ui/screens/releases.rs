//! Choosing the release that some instances go back to.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use crate::app::choice_pages::ReleasesPage;
use crate::app::model::Model;
use crate::domain::release::Recorded;
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::theme::Role;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &ReleasesPage, area: Rect) {
    let rows = page.releases.known().map(Vec::as_slice).unwrap_or_default();
    let words = Around {
        head: vec![
            (" rollback  ".to_owned(), Role::Accent),
            (choice::subject(&page.hosts), Role::Header),
        ],
        hint: "nothing has been changed; it needs no network; data is not rolled back",
        titles: ("Where to", format!("{} recorded", rows.len())),
        detail: "That release",
        foot: String::new(),
    };
    let (list, detail) = choice::around(canvas, model, &words, area);
    for (at, head) in ["RELEASE", "COMMIT"].into_iter().enumerate() {
        let x = list.x + 2 + if at == 0 { 0 } else { NAME };
        canvas.put(x, list.y, NAME, head, Role::Heading);
    }
    canvas.put_right(list.x + 2 + NAME + 8, list.y, 6, "AGE", Role::Heading);
    choice::waiting(canvas, model, &page.releases, "asking the hosts what they recorded", list);
    if page.releases.known().is_none() {
        return;
    }
    let all = std::iter::once(None).chain(rows.iter().map(Some));
    for (y, row) in choice::lines(canvas, list, page.cursor, all) {
        line(canvas, model, page, row, Rect { y, height: 1, ..list });
    }
    choice::facts(canvas, detail, &told(page));
}

const NAME: u16 = 26;

fn line(
    canvas: &mut Canvas<'_>,
    model: &Model,
    page: &ReleasesPage,
    row: Option<&Recorded>,
    place: Rect,
) {
    let (x, y) = (place.x, place.y);
    let Some(row) = row else {
        canvas.put(x, y, 1, "←", Role::Accent);
        let text = "the last healthy release before the one that runs, of each";
        canvas.put(x + 2, y, place.width.saturating_sub(2), text, Role::Text);
        return;
    };
    let all = row.running.len() == page.hosts.len();
    let (glyph, role) = match row {
        _ if all => ("◆", Role::Dim),
        row if !row.missing.is_empty() => ("▼", Role::Down),
        row if row.healthy => ("●", Role::Healthy),
        _ => ("▲", Role::Degraded),
    };
    let text = if all { Role::Dim } else { Role::Text };
    canvas.put(x, y, 1, glyph, role);
    canvas.put(x + 2, y, NAME - 1, &name(row), text);
    canvas.put(x + 2 + NAME, y, 7, row.sha.short(), Role::Dim);
    let age = row.at.map_or_else(
        || figures::NONE.to_owned(),
        |at| figures::age(model.now.duration_since(at).as_secs_f64()),
    );
    canvas.put_right(x + 2 + NAME + 8, y, 6, &age, text);
    let after = x + 2 + NAME + 16;
    canvas.put(after, y, place.right().saturating_sub(after), &state(row, page), text);
}

fn name(row: &Recorded) -> String {
    match row.reference.as_str() {
        "-" => row.sha.short().to_owned(),
        name => name.to_owned(),
    }
}

fn state(row: &Recorded, page: &ReleasesPage) -> String {
    let n = page.hosts.len();
    let count = |hosts: usize| if n == 1 { String::new() } else { format!(" on {hosts} of {n}") };
    let mut words = Vec::new();
    if !row.running.is_empty() {
        words.push(format!("runs now{}", count(row.running.len())));
    }
    if !row.previous.is_empty() {
        words.push(format!("the one before{}", count(row.previous.len())));
    }
    if !row.missing.is_empty() {
        words.push("cannot be gone to".to_owned());
    } else if !row.healthy {
        words.push("never found healthy".to_owned());
    }
    if row.hosts.len() < n && words.is_empty() {
        words.push(format!("recorded{}", count(row.hosts.len())));
    }
    words.join(" · ")
}

fn told(page: &ReleasesPage) -> Vec<(&'static str, String, Role)> {
    let Some(row) = page.chosen() else {
        let before = |row: &&Recorded| !row.previous.is_empty();
        let each = page.releases.known().into_iter().flatten().filter(before);
        let each: Vec<String> =
            each.map(|row| format!("{} on {}", name(row), choice::names(&row.previous))).collect();
        let none = "no instance recorded a release before the one that runs".to_owned();
        let text = if each.is_empty() { none } else { each.join("; ") };
        return vec![("goes to", text, Role::Text)];
    };
    let missing: Vec<&str> =
        row.missing.iter().map(crate::domain::untrusted::Safe::as_str).collect();
    let healthy = if row.healthy {
        "a gate found it healthy"
    } else {
        "it ran before the first upgrade; no gate ever found it healthy"
    };
    vec![
        ("commit", row.sha.to_string(), Role::Text),
        ("health", healthy.to_owned(), if row.healthy { Role::Text } else { Role::Degraded }),
        ("recorded", choice::names(&row.hosts), Role::Text),
        ("missing", missing.join("; "), Role::Down),
    ]
}
