//! The lists of the whole fleet: what they share, and which draws which.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::{
    alerts, backups, charts, compare, doctor, fleet_charts, inventory, leases, panes, timeline,
    windows,
};
use crate::app::action::{Action, Place};
use crate::app::fleet_page::Listed;
use crate::app::list_order::ListOrder;
use crate::app::model::Model;
use crate::app::sheet::{Sheet, SheetOf};
use crate::ui::canvas::{Canvas, Span};
use crate::ui::text::{width, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::chrome;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, sheet: &Sheet, area: Rect) {
    match &sheet.of {
        SheetOf::Backups(page) => backups::draw(canvas, model, sheet, page, area),
        SheetOf::Alerts(page) => alerts::draw(canvas, model, sheet, page, area),
        SheetOf::Windows => windows::draw(canvas, model, sheet, area),
        SheetOf::Leases(page) => leases::draw(canvas, model, sheet, page, area),
        SheetOf::Inventory(told) => inventory::draw(canvas, model, sheet, told, area),
        SheetOf::Variables(host, told) => {
            inventory::variables(canvas, model, sheet, (host, told), area);
        }
        SheetOf::Doctor(here, hosts) => doctor::draw(canvas, model, sheet, (here, hosts), area),
        SheetOf::Compare(page) => compare::draw(canvas, model, sheet, page, area),
        SheetOf::Charts(page) => charts::draw(canvas, model, sheet, page, area),
        SheetOf::FleetCharts(page) => fleet_charts::draw(canvas, model, sheet, *page, area),
        SheetOf::Timeline(host, read) => {
            timeline::draw(canvas, model, sheet, (host, read), area);
        }
        SheetOf::Panes(page) => panes::draw(canvas, model, sheet, page, area),
    }
}

/// Where the rows of a list stand, and the pane that tells of the selected one.
pub(super) struct Frame {
    pub(super) list: Rect,
    pub(super) detail: Rect,
    pub(super) places: Places,
}

/// Draws a page with one list but for its rows: what stands around it, its headings, and where it has no row,
/// what it says instead.
pub(super) fn frame(
    canvas: &mut Canvas<'_>,
    model: &Model,
    words: &Around<'_>,
    columns: &[Column],
    none: Option<&str>,
    area: Rect,
) -> Frame {
    let (list, detail) = choice::around(canvas, model, words, area);
    let (x, room) = (list.x + 2, list.width.saturating_sub(2));
    let places = Places::of(columns, x, room);
    places.heading(canvas, list.y, columns);
    instead(canvas, list, none.unwrap_or_default());
    Frame { list, detail, places }
}

/// What a list of these says where its filter lets nothing through, or where none is one that somebody should look at.
pub(super) fn shows_all(model: &Model, one: &str, filter: &str, order: &ListOrder) -> String {
    let how = match (filter.is_empty(), order.listed) {
        (true, Listed::Problems) => "needs anybody, as far as is known",
        (false, Listed::Problems) => "is like this and needs somebody",
        (_, Listed::All) => "is like this",
    };
    format!("no {one} {how}: {} shows all", model.key(Action::Back))
}

/// What a list says instead of rows, below its headings.
pub(super) fn instead(canvas: &mut Canvas<'_>, list: Rect, text: &str) {
    let room = list.width.saturating_sub(2);
    let lines = wrap(text, usize::from(room), 3);
    for (y, line) in (list.y + 1..list.bottom()).zip(lines) {
        canvas.put(list.x + 2, y, room, &line, Role::Dim);
    }
}

/// The first line: the name of the page and of the fleet, and the tallies beside them.
pub(super) fn head(model: &Model, name: &str, tallies: &[Tally<'_>]) -> Vec<Span> {
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let mut head = vec![(format!(" {name}  "), Role::Accent), (fleet, Role::Header)];
    let [_, right, _] = chrome::header_rights(model);
    let taken = chrome::columns(&head) + 2 + chrome::columns(&right);
    let room = usize::from(model.size.width).saturating_sub(taken);
    let forms = [Naming::Long, Naming::Short, Naming::Close];
    let all = forms.map(|form| tallies.iter().map(|t| t.span(form)).collect::<Vec<Span>>());
    let fits = |spans: &Vec<Span>| chrome::columns(spans) <= room;
    head.extend(all.into_iter().find(fits).unwrap_or_else(|| with_some_words(tallies, room)));
    head
}

/// Signs and numbers with as many words as have room: those of what there is first, then those of zeros.
fn with_some_words(tallies: &[Tally<'_>], room: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = tallies.iter().map(|t| t.span(Naming::Signs)).collect();
    let some = (0..tallies.len()).filter(|at| tallies.get(*at).is_some_and(|t| t.1 > 0));
    let zeros = (0..tallies.len()).filter(|at| tallies.get(*at).is_some_and(|t| t.1 == 0));
    for at in some.chain(zeros) {
        let mut with = spans.clone();
        if let (Some(span), Some(tally)) = (with.get_mut(at), tallies.get(at)) {
            *span = tally.span(Naming::Close);
        }
        if chrome::columns(&with) <= room {
            spans = with;
        }
    }
    spans
}

/// How many words stand beside numbers of the first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// All.
    Long,
    /// Short ones.
    Short,
    /// Short ones, closer together.
    Close,
    /// None.
    Signs,
}

/// A number of things as a part of the first line, with its word and a short one: quiet where there is none.
pub(super) struct Tally<'a>(
    pub(super) &'a str,
    pub(super) usize,
    pub(super) (&'a str, &'a str),
    pub(super) Role,
);

impl Tally<'_> {
    fn span(&self, naming: Naming) -> Span {
        let Self(glyph, n, (long, short), role) = self;
        let role = if *n == 0 { Role::Dim } else { *role };
        let text = match naming {
            Naming::Long => format!("   {glyph} {n} {long}"),
            Naming::Short => format!("   {glyph} {n} {short}"),
            Naming::Close => format!("  {glyph} {n} {short}"),
            Naming::Signs => format!("  {glyph} {n}"),
        };
        (text, role)
    }
}

/// The title of a list, and what stands at its right end. `usual` says after a comma in which order the list stands by
/// itself: not where another was chosen.
pub(super) fn titles<'t>(
    usual: &'t str,
    place: Place,
    order: &ListOrder,
    count: &str,
) -> (&'t str, String) {
    let sort = order.sort.title(place);
    let own = usual.split(", ").next().unwrap_or(usual);
    let title = if sort.is_some() { own } else { usual };
    let sort = sort.map(|sort| format!("sort: {sort}"));
    let listed = (order.listed == Listed::Problems).then(|| "problems only".to_owned());
    let right: Vec<String> =
        [sort, listed].into_iter().flatten().chain([count.to_owned()]).collect();
    (title, right.join("  ·  "))
}

/// The same of a sheet.
pub(super) fn sheet_titles<'t>(usual: &'t str, seen: &Sheet, count: &str) -> (&'t str, String) {
    titles(usual, seen.of.place(), &seen.order, count)
}

/// How many rows, and the filter.
pub(super) fn count(n: usize, all: usize, sheet: &Sheet, one: &str) -> String {
    count_of((n, all), &sheet.filter, one)
}

/// How many rows of a list are shown, and its filter.
pub(super) fn count_of((n, all): (usize, usize), filter: &str, one: &str) -> String {
    match filter {
        "" if n == all => crate::ui::text::several(all, one),
        "" => format!("{n} of {all}"),
        filter => format!("{n} of {all} with {filter:?}"),
    }
}

/// How many rows, and the filter where there is one.
pub(super) fn of_all(n: usize, all: usize, filter: &str) -> String {
    match filter {
        "" if n == all => all.to_string(),
        "" => format!("{n} of {all}"),
        filter => format!("{n} of {all} with {filter:?}"),
    }
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its heading.
    pub(super) title: &'static str,
    /// Columns of the terminal.
    pub(super) width: u16,
    /// Whether it ends at its right end.
    pub(super) right: bool,
    /// Its rank: the highest is left out first where there is no room; 0 never is.
    pub(super) rank: u8,
    /// How wide it may become of what is left over: the first that may grow takes its part first.
    pub(super) most: u16,
}

impl Column {
    pub(super) const fn left(title: &'static str, width: u16, rank: u8) -> Self {
        Self { title, width, right: false, rank, most: width }
    }

    pub(super) const fn right(title: &'static str, width: u16, rank: u8) -> Self {
        Self { title, width, right: true, rank, most: width }
    }

    /// It takes all that is left over.
    pub(super) const fn growing(self) -> Self {
        self.growing_to(u16::MAX)
    }

    /// It takes what is left over until it is so wide.
    pub(super) const fn growing_to(self, most: u16) -> Self {
        Self { most, ..self }
    }
}

/// The widest column that follows what stands in it.
const WIDEST: u16 = 64;

/// The columns, some of them as wide as what stands in them where there is room: the place of each, and its texts.
pub(super) fn fitted<const N: usize, const M: usize>(
    mut columns: [Column; N],
    texts: [(usize, &mut dyn Iterator<Item = &str>); M],
) -> [Column; N] {
    for (at, texts) in texts {
        let widest = u16::try_from(texts.map(width).max().unwrap_or(0)).unwrap_or(WIDEST);
        if let Some(column) = columns.get_mut(at) {
            *column = column.growing_to(widest.min(WIDEST).max(column.width));
        }
    }
    columns
}

/// Where the columns of a list stand: those that fit, by rank.
pub(super) struct Places {
    cells: Vec<Option<(u16, u16, bool)>>,
}

const GAP: u16 = 2;

impl Places {
    /// Columns within `width` from column `x` on.
    pub(super) fn of(columns: &[Column], x: u16, width: u16) -> Self {
        let mut shown: Vec<bool> = columns.iter().map(|_| true).collect();
        let used = |shown: &[bool]| -> u16 {
            let each = columns.iter().zip(shown).filter(|(_, on)| **on);
            each.map(|(column, _)| column.width + GAP).sum::<u16>().saturating_sub(GAP)
        };
        while used(&shown) > width {
            let last = columns
                .iter()
                .enumerate()
                .filter(|(at, c)| c.rank > 0 && shown.get(*at).copied().unwrap_or(false));
            let Some((at, _)) = last.max_by_key(|(_, c)| c.rank) else { break };
            if let Some(on) = shown.get_mut(at) {
                *on = false;
            }
        }
        // What was left out before a wider one may fit now.
        let mut left_out: Vec<usize> =
            (0..columns.len()).filter(|at| !shown.get(*at).copied().unwrap_or(true)).collect();
        left_out.sort_by_key(|at| columns.get(*at).map_or(0, |c| c.rank));
        for at in left_out {
            let mut with = shown.clone();
            if let Some(on) = with.get_mut(at) {
                *on = true;
            }
            if used(&with) <= width {
                shown = with;
            }
        }
        let mut rest = width.saturating_sub(used(&shown));
        let (mut at, end) = (x, x.saturating_add(width));
        let cells = columns.iter().zip(&shown).map(|(column, on)| {
            if !on {
                return None;
            }
            let grown = column.most.saturating_sub(column.width).min(rest);
            rest -= grown;
            let w = (column.width + grown).min(end.saturating_sub(at));
            let cell = (at, w, column.right);
            at = at.saturating_add(w + GAP).min(end);
            Some(cell)
        });
        Self { cells: cells.collect() }
    }

    /// The headings.
    pub(super) fn heading(&self, canvas: &mut Canvas<'_>, y: u16, columns: &[Column]) {
        for (at, column) in columns.iter().enumerate() {
            self.put(canvas, y, at, column.title, Role::Heading);
        }
    }

    /// Writes into a column; nothing where it is left out.
    pub(super) fn put(&self, canvas: &mut Canvas<'_>, y: u16, at: usize, text: &str, role: Role) {
        match self.cells.get(at).copied().flatten() {
            Some((x, w, true)) => canvas.put_right(x, y, w, text, role),
            Some((x, w, false)) => {
                canvas.put(x, y, w, text, role);
            }
            None => {}
        }
    }

    /// The place of a column: where it begins and how wide it is.
    pub(super) fn place(&self, at: usize) -> Option<(u16, u16)> {
        self.cells.get(at).copied().flatten().map(|(x, w, _)| (x, w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_left_out_by_rank_and_what_is_left_over_goes_to_the_one_that_grows() {
        let columns = [
            Column::left("NAME", 10, 0).growing(),
            Column::right("A", 5, 2),
            Column::right("B", 5, 1),
        ];
        let of = |width| -> Vec<_> {
            let places = Places::of(&columns, 1, width);
            (0..3).map(|at| places.place(at)).collect()
        };
        assert_eq!(of(30), [Some((1, 16)), Some((19, 5)), Some((26, 5))]);
        assert_eq!(of(20), [Some((1, 13)), None, Some((16, 5))]);
        assert_eq!(of(6), [Some((1, 6)), None, None]);
        let columns =
            [Column::left("NAME", 10, 0).growing_to(14), Column::left("A", 5, 0).growing()];
        let places = Places::of(&columns, 0, 30);
        assert_eq!([places.place(0), places.place(1)], [Some((0, 14)), Some((16, 14))]);
    }
}
