//! The wall: read from five metres by people who do not touch it.
//!
//! ```text
//! how it is and how late it is, in large letters
//! the fleet, and how many are how
//! tiles      who needs somebody, and why, the worst first
//! names      everybody else
//! the run that goes on, the window, and how old all this is
//! ```
//! What does not fit has its turn on further pages. The whole picture moves a little every few minutes.

mod foot;
mod head;
mod layout;
mod letters;
mod tile;

use ratatui::layout::Rect;

use crate::app::model::Model;
use crate::app::setup::Setup;
use crate::app::wall::{self, SHIFT};
use crate::domain::health::Health;
use crate::domain::snapshot::{FleetSnapshot, InstanceView};
use crate::ui::canvas::Canvas;
use crate::ui::screens::fleet::no_instance;
use crate::ui::text::{width, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::badge;
use layout::{Grid, share};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let (x, y) = wall::shift(model.now);
    let area = Rect {
        x: area.x + x,
        y: area.y + y,
        width: area.width.saturating_sub(SHIFT.0),
        height: area.height.saturating_sub(SHIFT.1),
    };
    let used = head::draw(canvas, model, area);
    let below = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
    let foot = foot::draw(canvas, model, below);
    let body = Rect { height: below.height.saturating_sub(foot), ..below };
    match &model.fleet.snapshot {
        None => match &model.setup {
            None => nothing(canvas, body, "reading the inventory and asking the hosts"),
            Some(setup) => unusable(canvas, setup, body),
        },
        Some(fleet) if fleet.instances.is_empty() => {
            nothing(canvas, body, &no_instance(&fleet.inventory));
        }
        Some(fleet) => instances(canvas, model, fleet, body),
    }
}

fn nothing(canvas: &mut Canvas<'_>, area: Rect, text: &str) {
    if area.height > 1 {
        canvas.put(area.x + 2, area.y + 1, area.width.saturating_sub(2), text, Role::Dim);
    }
}

/// What is wrong with the inventory, which is looked at again and again.
fn unusable(canvas: &mut Canvas<'_>, setup: &Setup, area: Rect) {
    let head = format!(
        "▼ the inventory {} cannot be used; it is looked at every few seconds",
        setup.unusable.dir
    );
    let rest = setup.unusable.problems.iter().map(|problem| format!("  {problem}"));
    let room = usize::from(area.width.saturating_sub(4));
    let lines = std::iter::once(head).chain(rest).flat_map(|line| wrap(&line, room, 3));
    for (at, (y, line)) in (area.y + 1..area.bottom()).zip(lines).enumerate() {
        let role = if at == 0 { Role::Down } else { Role::Text };
        canvas.put(area.x + 2, y, area.width.saturating_sub(4), &line, role);
    }
}

/// Whether an instance stands in a tile because somebody should look at it, or because it is worked on.
fn is_loud(model: &Model, i: &InstanceView) -> bool {
    let troubled = i.verdict.health != Health::Healthy && !badge::not_asked(i);
    troubled || at_work(model, i)
}

fn at_work(model: &Model, i: &InstanceView) -> bool {
    model.wall.as_ref().is_some_and(|wall| wall.at_work(&i.id).is_some())
}

fn instances(canvas: &mut Canvas<'_>, model: &Model, fleet: &FleetSnapshot, area: Rect) {
    let all = fleet.instances.iter().map(|i| &**i);
    let (mut loud, quiet): (Vec<&InstanceView>, Vec<&InstanceView>) =
        all.partition(|i| is_loud(model, i));
    loud.sort_by_key(|i| i.verdict.health);
    let longest = quiet.iter().map(|i| width(i.id.as_str())).max().unwrap_or(0);
    let longest = u16::try_from(longest).unwrap_or(u16::MAX);
    let layout = share(area.width, area.height, loud.len(), quiet.len(), longest.min(64));
    if layout.all_tiles {
        tiles(canvas, model, &quiet, layout.tiles, area);
        return;
    }
    if layout.tiles.places() > 0 {
        tiles(canvas, model, &loud, layout.tiles, area);
    }
    let above = layout.tiles.used(loud.len());
    let gap = u16::from(above > 0);
    let rest = Rect {
        y: area.y + (above + gap).min(area.height),
        height: area.height.saturating_sub(above + gap),
        ..area
    };
    // What the tiles leave is the names', so that fewer pages are needed.
    let grid = Grid { rows: rest.height.max(layout.names.rows).min(rest.height), ..layout.names };
    names(canvas, model, &quiet, grid, rest);
}

/// The part of a list that is on its page now, with `2/5` where there are more pages.
fn turn<'l, T>(model: &Model, list: &'l [T], grid: Grid) -> (&'l [T], Option<String>) {
    let pages = grid.pages(list.len());
    let at = wall::page(model.now, pages);
    let from = (at * grid.places()).min(list.len());
    let to = (from + grid.places()).min(list.len());
    let told = (pages > 1).then(|| format!("page {} of {pages}", at + 1));
    (list.get(from..to).unwrap_or_default(), told)
}

fn tiles(canvas: &mut Canvas<'_>, model: &Model, list: &[&InstanceView], grid: Grid, area: Rect) {
    let (shown, page) = turn(model, list, grid);
    for (at, i) in shown.iter().enumerate() {
        tile::draw(canvas, model, i, place(grid, at, area));
    }
    if let Some(page) = page {
        // On the blank line below the tiles, where the names begin.
        let y = area.y + grid.rows * grid.h;
        let text = format!("{} · {page}", crate::ui::text::several(list.len(), "problem"));
        canvas.put_right(area.x, y, area.width, &text, Role::Strong);
    }
}

/// Where the thing number `at` of a page stands.
fn place(grid: Grid, at: usize, area: Rect) -> Rect {
    let columns = usize::from(grid.columns.max(1));
    let side = |n: usize, size: u16| u16::try_from(n).unwrap_or(u16::MAX).saturating_mul(size);
    Rect {
        x: area.x.saturating_add(side(at % columns, grid.w)),
        y: area.y.saturating_add(side(at / columns, grid.h)),
        width: grid.w.saturating_sub(1),
        height: grid.h,
    }
    .intersection(area)
}

fn names(canvas: &mut Canvas<'_>, model: &Model, list: &[&InstanceView], grid: Grid, area: Rect) {
    if grid.places() == 0 {
        if !list.is_empty() && area.height > 0 {
            let text = format!("and {} more that are well", list.len());
            canvas.put(area.x + 1, area.y, area.width.saturating_sub(1), &text, Role::Dim);
        }
        return;
    }
    // The page is told in the last row, which is then nobody's.
    let grid = match grid.pages(list.len()) {
        1 => grid,
        _ => Grid { rows: grid.rows.saturating_sub(1).max(1), ..grid },
    };
    let (shown, page) = turn(model, list, grid);
    for (at, i) in shown.iter().enumerate() {
        let place = place(grid, at, area);
        let look = badge::instance(i);
        canvas.put(place.x + 1, place.y, 1, look.glyph, look.role);
        let room = place.width.saturating_sub(3);
        canvas.put(place.x + 3, place.y, room, i.id.as_str(), Role::HealthyWord);
    }
    if let Some(page) = page {
        let y = area.y + grid.rows.min(area.height.saturating_sub(1));
        let text = format!("{} others · {page}", list.len());
        canvas.put_right(area.x, y, area.width, &text, Role::Dim);
    }
}
