//! Two instances, or two releases, side by side.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame};
use crate::app::action::Action;
use crate::app::choice_pages::Asked;
use crate::app::model::Model;
use crate::app::sheet::{CompareSheet, Lines, Pair, Sheet};
use crate::app::sheet_rows;
use crate::domain::compare::running;
use crate::domain::git::CommitSha;
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::text::{cut_alike, several, width};
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

/// Columns of what is compared, at least; at most they are a quarter of the screen.
const WHAT_LEAST: u16 = 12;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: &CompareSheet,
    area: Rect,
) {
    let lines = sheet_rows::compared(model, seen, figures::value);
    let differing = lines.iter().filter(|line| line.differs).count();
    let (left, right) = sides(model, page);
    let (hint, all) = (hint(model, page), page.lines == Lines::All);
    let titles = if all {
        ("All lines", format!("{differing} of {} differ", lines.len()))
    } else {
        ("What differs", several(lines.len(), "line"))
    };
    let words = Around {
        head: vec![
            (" compare  ".to_owned(), Role::Accent),
            (left.clone(), Role::Header),
            ("  with  ".to_owned(), Role::Dim),
            (right.clone(), Role::Header),
        ],
        hint: &hint,
        titles,
        detail: "That line",
        foot: String::new(),
    };
    // What the two borders, the columns before and the gaps leave is shared by both sides.
    let longest = lines.iter().map(|line| width(line.what.as_str())).max().unwrap_or(0);
    let what_w = u16::try_from(longest).unwrap_or(u16::MAX).min(area.width / 4).max(WHAT_LEAST);
    let half = area.width.saturating_sub(4 + 2 + 10 + 2 + what_w + 2 + 2) / 2;
    let columns = [
        Column::left("PART", 10, 1),
        Column::left("WHAT", what_w, 0),
        Column::left("", half.clamp(8, 60), 0),
        Column::left("", 8, 0).growing(),
    ];
    let none = lines.is_empty().then(|| nothing(model, seen, page));
    let none = none.as_deref();
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    places.put(canvas, list.y, 2, &left, Role::Heading);
    places.put(canvas, list.y, 3, &right, Role::Heading);
    let mut before = "";
    for (y, line) in choice::lines(canvas, list, seen.cursor, lines.iter()) {
        // Where only what differs is shown, a sign on every line would tell nothing.
        if line.differs && all {
            canvas.put(list.x, y, 1, "▲", Role::Degraded);
        }
        // The name of a part stands once.
        let part = if line.part == before { "" } else { line.part };
        before = line.part;
        let role = if line.differs { Role::Strong } else { Role::Dim };
        places.put(canvas, y, 0, part, Role::Dim);
        places.put(canvas, y, 1, line.what.as_str(), Role::Text);
        let room = |at| places.place(at).map_or(0, |(_, w)| usize::from(w));
        let sides = cut_alike(line.left.as_str(), line.right.as_str(), (room(2), room(3)));
        places.put(canvas, y, 2, &sides.0, role);
        places.put(canvas, y, 3, &sides.1, role);
    }
    if let Some(line) = lines.get(seen.cursor.selected) {
        let facts = [
            ("what", format!("{}: {}", line.part, line.what), Role::Strong),
            ("left", line.left.to_string(), Role::Text),
            ("right", line.right.to_string(), Role::Text),
        ];
        choice::facts(canvas, detail, &facts);
    }
}

/// The names of both sides.
fn sides(model: &Model, page: &CompareSheet) -> (String, String) {
    match &page.pair {
        Pair::Instances(a, b) => (a.to_string(), b.to_string()),
        Pair::Releases(a, b) => (release(model, a), release(model, b)),
    }
}

fn release(model: &Model, sha: &CommitSha) -> String {
    let all = model.fleet.snapshot.as_ref().map(|s| running(s)).unwrap_or_default();
    let name = all.into_iter().find(|side| &side.sha == sha).and_then(|side| side.reference);
    name.map_or_else(|| sha.short().to_owned(), |name| format!("{name} ({})", sha.short()))
}

fn hint(model: &Model, page: &CompareSheet) -> String {
    let key = |action| model.key(action);
    let what = match &page.pair {
        Pair::Instances(..) => format!(
            "{}, {}: the right one; {} exchanges; {} releases; figures: by half, or by state",
            key(Action::CompareNext),
            key(Action::ComparePrev),
            key(Action::CompareSwap),
            key(Action::CompareKind)
        ),
        Pair::Releases(..) => format!(
            "medians of the instances that run each; {} compares instances again",
            key(Action::CompareKind)
        ),
    };
    match &page.variables {
        _ if matches!(page.pair, Pair::Releases(..)) => what,
        (Asked::Waiting(_), _) | (_, Asked::Waiting(_)) => {
            format!("{} reading the variables; {what}", badge::spinner(model.now))
        }
        (Asked::Failed(problem), _) | (_, Asked::Failed(problem)) => {
            format!("▲ variables: {}", problem.message)
        }
        (Asked::Known(_), Asked::Known(_)) => what,
    }
}

fn nothing(model: &Model, seen: &Sheet, page: &CompareSheet) -> String {
    let there = match &page.pair {
        Pair::Instances(a, b) => {
            model.fleet.instance(a).is_some() && model.fleet.instance(b).is_some()
        }
        Pair::Releases(a, b) => {
            let all = model.fleet.snapshot.as_ref().map(|s| running(s)).unwrap_or_default();
            [a, b].into_iter().all(|sha| all.iter().any(|side| &side.sha == sha))
        }
    };
    if !there {
        format!("one of them is not there any more: {} goes back", model.key(Action::Back))
    } else if seen.filter.is_empty() {
        let all = model.key(Action::CompareAll);
        format!("nothing differs that is known: {all} shows all lines")
    } else {
        sheet::shows_all(model, "line", &seen.filter, &seen.order)
    }
}
