//! What holds for every drawing of every page.

use bunker_ops::app::Model;
use bunker_ops::ui::Theme;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::pages::{Made, Page};
use crate::ui_sheet_world::{LONG, WIDE};

/// A screen, cell by cell.
pub(crate) struct Seen {
    pub(crate) buf: Buffer,
    rows: Vec<String>,
}

impl Seen {
    pub(crate) fn of(model: &Model, theme: &Theme, (width, height): (u16, u16)) -> Self {
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        bunker_ops::ui::view(model, theme, &mut buf);
        let rows = Vec::new();
        let mut seen = Self { buf, rows };
        seen.rows = (0..height).map(|y| seen.part(y, 0, width)).collect();
        seen
    }

    fn at(&self, x: u16, y: u16) -> &str {
        self.buf.cell((x, y)).map_or("", Cell::symbol)
    }

    /// A row as people see it: the second half of a wide sign is not a cell of its own.
    pub(crate) fn row(&self, y: u16) -> &str {
        self.rows.get(usize::from(y)).map_or("", String::as_str)
    }

    fn part(&self, y: u16, from: u16, to: u16) -> String {
        let mut out = String::new();
        let mut x = from;
        while x < to {
            let sign = self.at(x, y);
            out.push_str(sign);
            x += u16::try_from(sign.width().max(1)).unwrap();
        }
        out
    }

    pub(crate) fn text(&self) -> String {
        self.rows.iter().map(|row| row.trim_end().to_owned() + "\n").collect()
    }

    /// The panes: left, top, right, bottom of each border that is whole.
    fn panes(&self) -> Vec<[u16; 4]> {
        let area = self.buf.area;
        let mut panes = Vec::new();
        let with = (0..area.height).filter(|y| self.row(*y).contains('╭'));
        for (x, y) in with.flat_map(|y| (0..area.width).map(move |x| (x, y))) {
            if self.at(x, y) != "╭" {
                continue;
            }
            let right = (x + 1..area.width).find(|x| self.at(*x, y) == "╮");
            let bottom = (y + 1..area.height).find(|y| self.at(x, *y) == "╰");
            let (Some(right), Some(bottom)) = (right, bottom) else { continue };
            let sides = (y + 1..bottom).all(|y| self.at(x, y) == "│" && self.at(right, y) == "│");
            let below = (x + 1..right).all(|x| self.at(x, bottom) == "─");
            if sides && below && self.at(right, bottom) == "╯" {
                panes.push([x, y, right, bottom]);
            }
        }
        panes
    }

    fn corners(&self) -> usize {
        self.buf.content.iter().filter(|cell| cell.symbol() == "╭").count()
    }

    /// Where borders and headings stand: what may not move when a figure is refreshed.
    pub(crate) fn still(&self, theme: &Theme) -> Vec<(usize, String)> {
        let heading = theme.style(bunker_ops::ui::theme::Role::Heading);
        let cells = self.buf.content.iter().enumerate();
        let kept = cells.filter(|(_, cell)| {
            let head = Some(cell.fg) == heading.fg && cell.modifier == heading.add_modifier;
            matches!(cell.symbol(), "╭" | "╮" | "╰" | "╯" | "│")
                || (head && cell.symbol().chars().all(|c| c.is_ascii_uppercase()))
        });
        kept.map(|(at, cell)| (at, cell.symbol().to_owned())).collect()
    }
}

/// No byte that a terminal could take for an order, and none that turns or hides text.
pub(crate) fn is_harmless(seen: &Seen) -> Result<(), String> {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{e0000}'..='\u{e007f}')
    };
    match seen.buf.content.iter().find(|cell| cell.symbol().chars().any(bad)) {
        Some(cell) => Err(format!("{:?} steers the terminal", cell.symbol())),
        None => Ok(()),
    }
}

/// Borders are whole, and one blank column is inside of each.
pub(crate) fn borders_are_whole(seen: &Seen, made: Made) -> Result<(), String> {
    let panes = seen.panes();
    if made != Made::Layer && panes.len() != seen.corners() {
        return Err(format!("{} of {} borders are whole", panes.len(), seen.corners()));
    }
    if made == Made::Layer && panes.is_empty() {
        return Err("no border is whole".to_owned());
    }
    for [x, y, right, bottom] in panes {
        for row in y + 1..bottom {
            let (first, last) = (seen.at(x + 1, row), seen.at(right - 1, row));
            if !matches!(first, " " | "▌") || !matches!(last, " " | "") {
                return Err(format!(
                    "row {row} touches the border: {:?}",
                    seen.part(row, x, right + 1)
                ));
            }
        }
    }
    Ok(())
}

/// What is known to be long is whole, goes on in the next line or ends in an ellipsis; a layer may lie over it.
pub(crate) fn cuts_are_told(seen: &Seen, made: Made) -> Result<(), String> {
    let id = "instance-with-a-name-that-is-as-long-as-a-name-may-be-and-012345";
    let name = format!("instance-{}", "x".repeat(54));
    for (long, n) in [(LONG, 12), (WIDE, 5), (name.as_str(), 12), (id, 14)] {
        let begin: String = long.chars().take(n).collect();
        if !seen.rows.iter().any(|row| row.contains(&begin)) {
            continue;
        }
        for y in 0..seen.buf.area.height {
            let row = seen.row(y);
            for (at, _) in row.match_indices(&begin) {
                // A part of a longer name is no text of its own.
                let (before, rest) = row.split_at(at);
                if before.ends_with('-') {
                    continue;
                }
                let alike = rest.chars().zip(long.chars()).take_while(|(a, b)| a == b).count();
                if alike == long.chars().count() {
                    continue;
                }
                let next = rest.chars().nth(alike).unwrap_or(' ');
                let after = rest.chars().skip(alike).find(|c| *c != ' ');
                let covered = made == Made::Layer && after.is_some_and(|c| "│╭╰".contains(c));
                // A name that is longer than a line goes on in the next.
                let tail: String = long.chars().skip(alike).take(5).collect();
                let goes_on = y + 1 < seen.buf.area.height && seen.row(y + 1).contains(&tail);
                if next != '…' && !covered && !goes_on {
                    return Err(format!("row {y} cuts a text and does not say so: {row}"));
                }
            }
        }
    }
    Ok(())
}

/// Whether this is the page, by its title.
pub(crate) fn is_there(seen: &Seen, page: &Page) -> bool {
    match page.made {
        Made::Layer | Made::Wall => seen.text().contains(page.title),
        Made::List | Made::Page => seen.row(0).contains(page.title),
    }
}

/// The title, the hint below it, and the keys.
pub(crate) fn says_where_it_is(seen: &Seen, page: &Page) -> Result<(), String> {
    let height = seen.buf.area.height;
    if !is_there(seen, page) {
        return Err(format!("{:?} is not said: {}", page.title, seen.row(0)));
    }
    if page.made == Made::List && seen.row(1).trim().len() < 12 {
        return Err(format!("no hint: {:?}", seen.row(1)));
    }
    let foot = seen.row(height - 1);
    if matches!(page.made, Made::List | Made::Page)
        && !["? help", "esc "].iter().any(|k| foot.contains(k))
    {
        return Err(format!("no way out in the last line: {foot:?}"));
    }
    Ok(())
}

/// Of a fleet as fleets are, the title, the hint and the keys have room for all their words.
pub(crate) fn frame_is_not_cut(seen: &Seen, made: Made) -> Result<(), String> {
    let height = seen.buf.area.height;
    let mut rows: Vec<u16> = match made {
        Made::List => vec![0, 1, height - 1],
        Made::Page => vec![0, height - 1],
        Made::Layer | Made::Wall => Vec::new(),
    };
    if made == Made::Layer {
        rows.extend((0..height).filter(|y| seen.row(*y).contains("esc back")));
    }
    match rows.into_iter().map(|y| seen.row(y)).find(|row| row.contains('…')) {
        Some(row) => Err(format!("there is no room for all of {row:?}")),
        None => Ok(()),
    }
}

/// A list shows its selected row, or says why it has none and nothing else stands there.
pub(crate) fn list_speaks(seen: &Seen) -> Result<(), String> {
    let Some([x, y, right, bottom]) = seen.panes().into_iter().next() else {
        return Err("there is no list".to_owned());
    };
    let rows: Vec<String> = (y + 2..bottom).map(|row| seen.part(row, x + 1, right)).collect();
    let selected = rows.iter().filter(|row| row.starts_with('▌')).count();
    let words = rows.iter().map(|row| row.trim()).find(|row| !row.is_empty()).unwrap_or_default();
    match selected {
        1 => Ok(()),
        0 if words.split(' ').count() > 3 => Ok(()),
        n => Err(format!("{n} rows are selected, and it says {words:?}")),
    }
}

/// Numbers end where their heading ends, where a list has rows.
pub(crate) fn numbers_are_right(seen: &Seen, headings: &[&str]) -> Result<(), String> {
    for [x, y, right, bottom] in seen.panes() {
        if !(y..bottom).any(|row| seen.at(x + 1, row) == "▌") {
            continue;
        }
        let head = y + 1;
        for heading in headings {
            let Some(end) = ending(seen, head, (x, right), heading) else { continue };
            for row in head + 1..bottom {
                // A choice that is a sentence has no number.
                if seen.part(row, x, right).contains('←') {
                    continue;
                }
                let (last, after) = (seen.at(end, row), seen.at(end + 1, row));
                let before = seen.part(row, end.saturating_sub(2), end + 1);
                if (last == " " && !before.trim().is_empty()) || !matches!(after, " " | "│") {
                    let line = seen.part(row, x, right + 1);
                    return Err(format!("{heading} of row {row} does not end at {end}: {line}"));
                }
            }
        }
    }
    Ok(())
}

/// The column in which a heading ends.
fn ending(seen: &Seen, y: u16, (x, right): (u16, u16), heading: &str) -> Option<u16> {
    let w = u16::try_from(heading.len()).ok()?;
    let blank = |x: u16| matches!(seen.at(x, y), " " | "│");
    let fits =
        |from: &u16| seen.part(y, *from, from + w) == heading && blank(from - 1) && blank(from + w);
    (x + 1..right.saturating_sub(w)).find(fits).map(|from| from + w - 1)
}
