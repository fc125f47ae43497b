//! Screens without a terminal: for reports, documents and tests.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::look::Look;
use super::svg::{Base, Ink, SvgCell, svg as draw_svg};
use crate::app::Model;
use crate::ui::theme::Role;
use crate::ui::{self, Theme};

/// A drawn screen.
pub struct Picture {
    cells: Buffer,
    base: Base,
}

impl Picture {
    /// Draws the model at its own size.
    pub fn of(model: &Model, theme: &Theme) -> Self {
        let mut cells = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
        ui::view(model, theme, &mut cells);
        let own = theme.style(Role::Text);
        let mut base = Base::default();
        if let (Some(Color::Rgb(..)), Some(Color::Rgb(..))) = (own.fg, own.bg) {
            let hex = |color: Option<Color>| match color {
                Some(Color::Rgb(r, g, b)) => format!("#{r:02x}{g:02x}{b:02x}"),
                _ => String::new(),
            };
            base = Base { ink: hex(own.fg), paper: hex(own.bg) };
        }
        Self { cells, base }
    }

    /// Draws the model as a terminal that has this look would show it.
    pub fn with(model: &Model, look: &Look) -> Self {
        let mut picture = Self::of(model, &look.theme);
        if look.ascii {
            ui::to_ascii(&mut picture.cells);
        }
        picture
    }

    /// Its cells.
    pub fn buffer(&self) -> &Buffer {
        &self.cells
    }

    /// Its rows, each without the second halves of wide cells.
    fn rows(&self) -> impl Iterator<Item = Vec<&Cell>> {
        self.cells.content.chunks(usize::from(self.cells.area.width).max(1)).map(|row| {
            let mut skip = 0;
            let whole = row.iter().filter(|cell| {
                if skip > 0 {
                    skip -= 1;
                    return false;
                }
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
                true
            });
            whole.collect()
        })
    }
}

/// The screen as plain text, without blanks at line ends.
pub fn text(picture: &Picture) -> String {
    let mut out = String::new();
    for row in picture.rows() {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen as text with the colours of its theme, one line a row: for `less -R` and mails of terminals.
pub fn ansi(picture: &Picture) -> String {
    let mut out = String::new();
    for row in picture.rows() {
        let mut now = String::new();
        for cell in row {
            let next = sgr(cell);
            if next != now {
                let _ = write!(out, "\u{1b}[0{next}m");
                now = next;
            }
            out.push_str(cell.symbol());
        }
        out.push_str(if now.is_empty() { "\n" } else { "\u{1b}[0m\n" });
    }
    out
}

/// The parameters of a cell's look, each with its `;` before it.
fn sgr(cell: &Cell) -> String {
    let mut out = String::new();
    for (modifier, code) in [
        (Modifier::BOLD, ";1"),
        (Modifier::DIM, ";2"),
        (Modifier::ITALIC, ";3"),
        (Modifier::UNDERLINED, ";4"),
        (Modifier::REVERSED, ";7"),
    ] {
        if cell.modifier.contains(modifier) {
            out.push_str(code);
        }
    }
    for (color, low, high, extended) in [(cell.fg, 30, 90, 38), (cell.bg, 40, 100, 48)] {
        let _ = match ink(color) {
            Ink::Default => Ok(()),
            Ink::Indexed(n @ 0..=7) => write!(out, ";{}", low + u16::from(n)),
            Ink::Indexed(n @ 8..=15) => write!(out, ";{}", high + u16::from(n) - 8),
            Ink::Indexed(n) => write!(out, ";{extended};5;{n}"),
            Ink::Rgb(r, g, b) => write!(out, ";{extended};2;{r};{g};{b}"),
        };
    }
    out
}

/// The screen as an SVG document.
pub fn svg(picture: &Picture) -> String {
    let cells = &picture.cells;
    let wide = |column: u16, row: u16| {
        cells
            .cell((column, row))
            .is_some_and(|cell| unicode_width::UnicodeWidthStr::width(cell.symbol()) > 1)
    };
    draw_svg(cells.area.width, cells.area.height, &picture.base, |column, row| {
        let cell = cells.cell((column, row))?;
        let half = column > 0 && wide(column - 1, row);
        let has = |modifier| cell.modifier.contains(modifier);
        (!half).then(|| SvgCell {
            text: cell.symbol().to_owned(),
            ink: ink(cell.fg),
            paper: ink(cell.bg),
            bold: has(Modifier::BOLD),
            dim: has(Modifier::DIM),
            italic: has(Modifier::ITALIC),
            underline: has(Modifier::UNDERLINED),
            reverse: has(Modifier::REVERSED),
        })
    })
}

fn ink(color: Color) -> Ink {
    match color {
        Color::Reset => Ink::Default,
        Color::Rgb(r, g, b) => Ink::Rgb(r, g, b),
        Color::Indexed(n) => Ink::Indexed(n),
        Color::Black => Ink::Indexed(0),
        Color::Red => Ink::Indexed(1),
        Color::Green => Ink::Indexed(2),
        Color::Yellow => Ink::Indexed(3),
        Color::Blue => Ink::Indexed(4),
        Color::Magenta => Ink::Indexed(5),
        Color::Cyan => Ink::Indexed(6),
        Color::Gray => Ink::Indexed(7),
        Color::DarkGray => Ink::Indexed(8),
        Color::LightRed => Ink::Indexed(9),
        Color::LightGreen => Ink::Indexed(10),
        Color::LightYellow => Ink::Indexed(11),
        Color::LightBlue => Ink::Indexed(12),
        Color::LightMagenta => Ink::Indexed(13),
        Color::LightCyan => Ink::Indexed(14),
        Color::White => Ink::Indexed(15),
    }
}
