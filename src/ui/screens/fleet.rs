//! The fleet page: who needs me, and why.

use ratatui::layout::Rect;

use super::fleet_columns::{Longest, Placed, place};
use super::{fleet_totals, why};
use crate::app::action::Action;
use crate::app::fleet_page::Listed;
use crate::app::model::Model;
use crate::domain::snapshot::{InstanceView, InventoryState};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::text::{cut, width};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome};

/// Columns of a row before its first cell: selected, marked, state, blank.
const LEAD: u16 = 4;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let frame = model.size.fleet(model.fleet.n_rows());
    fleet_totals::header(canvas, model, Rect { height: frame.header, ..area });
    let table = Rect { y: area.y + frame.header, height: frame.table, ..area };
    draw_table(canvas, model, table, frame.border);
    if frame.why > 0 {
        let below = Rect { y: table.bottom(), height: frame.why, ..area };
        why::draw(canvas, model, below);
    }
    let n_marked = model.fleet.marked.len();
    let right = match (model.fleet.range(), n_marked) {
        (Some((from, to)), _) => format!("range of {}", to - from + 1),
        (None, 0) => String::new(),
        (None, n) => format!("{n} marked"),
    };
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    chrome::footer(canvas, model, foot, &[], &right);
}

fn draw_table(canvas: &mut Canvas<'_>, model: &Model, area: Rect, border: bool) {
    let page = &model.fleet;
    let n_all = page.snapshot.as_ref().map_or(0, |s| s.instances.len());
    let mut right = format!("sort: {}", page.sort.title());
    if page.listed == Listed::Problems {
        right = format!("{right}  ·  problems only");
    }
    if !page.filter.is_empty() {
        let room = usize::from(area.width).saturating_sub(width(&right) + 46).max(12);
        right = format!("{right}  ·  filter: {}", cut(page.filter.text(), room));
    }
    if page.n_rows() < n_all {
        right = format!("{right}  ·  {} of {n_all}", page.n_rows());
    }
    let inner = if border {
        canvas.pane(area, "Instances", &right, Focused::Yes)
    } else {
        Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
    };
    // The sign of the selected row stands in the blank column at the left.
    let inner = Rect { x: inner.x.saturating_sub(1), width: inner.width + 1, ..inner };
    let longest =
        Longest::of(page.snapshot.as_ref().map(|s| s.instances.as_slice()).unwrap_or_default());
    let columns = place(inner.width.saturating_sub(LEAD), longest, &page.columns);
    for placed in &columns {
        let x = inner.x + LEAD + placed.x;
        let heading = placed.column.heading();
        if placed.column.is_number() {
            canvas.put_right(x, inner.y, placed.width, heading, Role::Heading);
        } else {
            canvas.put(x, inner.y, placed.width, heading, Role::Heading);
        }
    }
    let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    if page.n_rows() == 0 {
        empty(canvas, model, rows);
        return;
    }
    let shown = page.rows().enumerate().skip(page.cursor.top);
    let range = page.range();
    for (y, (at, instance)) in (rows.top()..rows.bottom()).zip(shown) {
        let row = Rect { y, height: 1, ..rows };
        let selected = at == page.cursor.selected;
        draw_row(canvas, model, &columns, instance, row, selected);
        if range.is_some_and(|(from, to)| (from..=to).contains(&at)) {
            canvas.put(row.x + 1, row.y, 1, "┃", Role::Marked);
        }
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    columns: &[Placed],
    i: &InstanceView,
    row: Rect,
    selected: bool,
) {
    let badge = badge::instance(i);
    if selected {
        canvas.band(row, Role::Selection);
        canvas.put(row.x, row.y, 1, "▌", Role::Accent);
    }
    if model.fleet.marked.contains(&i.id) {
        canvas.put(row.x + 1, row.y, 1, "✓", Role::Marked);
    }
    canvas.put(row.x + 2, row.y, 1, badge.glyph, badge.role);
    for placed in columns {
        let x = row.x + LEAD + placed.x;
        let (text, role) = placed.column.cell(i, model.now, usize::from(placed.width));
        if placed.column.is_number() {
            canvas.put_right(x, row.y, placed.width, &text, role);
        } else {
            canvas.put(x, row.y, placed.width, &text, role);
        }
    }
}

/// Why there is nothing to show, by what is wrong with the inventory.
pub(super) fn no_instance(files: &InventoryState) -> String {
    if files.n_left_out == 0 {
        return "the inventory names no instance".to_owned();
    }
    let first = files.problems.first().map(|problem| format!(": {problem}")).unwrap_or_default();
    format!("left out, since the inventory has problems: all {} hosts{first}", files.n_left_out)
}

fn empty(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let lines: [String; 2] = match &model.fleet.snapshot {
        None => ["reading the inventory and asking the hosts".to_owned(), String::new()],
        Some(s) if s.instances.is_empty() && s.inventory.n_left_out > 0 => {
            let key = model.keymap.first(Action::Inventory, model.place());
            let how = format!("`bunker inventory check` tells all of it, {key} shows them");
            [no_instance(&s.inventory), how]
        }
        Some(s) if s.instances.is_empty() => [
            no_instance(&s.inventory),
            "give a host the variable cml_domain; `bunker inventory check` tells more".to_owned(),
        ],
        Some(s) if model.fleet.filter.is_empty() => [
            format!(
                "nothing is wrong with {} instances, as far as they were asked",
                s.instances.len()
            ),
            format!("{} shows all", model.key(Action::Back)),
        ],
        Some(s) => {
            let key = model.keymap.first(Action::Back, model.place());
            [
                format!(
                    "none of {} instances fits the filter {:?}",
                    s.instances.len(),
                    model.fleet.filter.text()
                ),
                format!("{key} shows all"),
            ]
        }
    };
    for (y, line) in (area.top() + 1..area.bottom()).zip(lines) {
        canvas.put(area.x + 2, y, area.width.saturating_sub(2), &line, Role::Dim);
    }
}
