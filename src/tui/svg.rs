//! A screen of cells as an SVG picture: what documents show is drawn from real screens by this, never by hand.

use std::fmt::Write as _;

/// Width and height of a cell, in the picture's units: those of `DejaVu Sans Mono` at 14, so that boxes and bars join.
const CELL: (f32, f32) = (8.43, 16.3);
/// Width of a dot of Braille.
const DOT: f32 = 2.4;
/// Room around the screen.
const MARGIN: f32 = 12.0;

/// The sixteen colours that a terminal gives to their numbers.
const ANSI: [&str; 16] = [
    "#1d1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#6b7280", "#ef7d86", "#a9d48a", "#f0cd8c", "#7dbdf5", "#d491e8", "#6fc8d4", "#ffffff",
];

/// A colour of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ink {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the 256 of xterm.
    Indexed(u8),
    /// Exact.
    Rgb(u8, u8, u8),
}

/// What stands in a cell, and how.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a terminal's cell has exactly these")]
pub struct SvgCell {
    /// The text; empty is a blank.
    pub text: String,
    /// Of the text.
    pub ink: Ink,
    /// Behind it.
    pub paper: Ink,
    /// Heavy.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// With a line below.
    pub underline: bool,
    /// Ink and paper changed over.
    pub reverse: bool,
}

/// The terminal's own colours, as `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Of text.
    pub ink: String,
    /// Behind it.
    pub paper: String,
}

impl Default for Base {
    fn default() -> Self {
        Self { ink: "#d7dae0".to_owned(), paper: "#16181d".to_owned() }
    }
}

fn colour(ink: Ink, default: &str) -> String {
    match ink {
        Ink::Default => default.to_owned(),
        Ink::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Ink::Indexed(n @ 0..=15) => ANSI.get(usize::from(n)).copied().unwrap_or(default).to_owned(),
        Ink::Indexed(n @ 16..=231) => {
            let level = |step: u16| if step == 0 { 0 } else { 55 + 40 * step };
            let n = u16::from(n) - 16;
            format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Ink::Indexed(n) => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (u16::from(n) - 232)),
    }
}

/// How a run of cells looks.
#[derive(Clone, PartialEq, Default)]
struct Look {
    ink: String,
    paper: Option<String>,
    style: String,
}

fn look(cell: &SvgCell, base: &Base) -> Look {
    let (mut ink, mut paper) = (cell.ink, cell.paper);
    let (mut own_ink, mut own_paper) = (base.ink.as_str(), base.paper.as_str());
    if cell.reverse {
        std::mem::swap(&mut ink, &mut paper);
        std::mem::swap(&mut own_ink, &mut own_paper);
    }
    let paper = colour(paper, own_paper);
    let mut style = String::new();
    for (has, words) in [
        (cell.bold, r#" font-weight="bold""#),
        (cell.dim, r#" opacity="0.6""#),
        (cell.italic, r#" font-style="italic""#),
        (cell.underline, r#" text-decoration="underline""#),
    ] {
        if has {
            style.push_str(words);
        }
    }
    Look { ink: colour(ink, own_ink), paper: (paper != base.paper).then_some(paper), style }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Cells that look alike, side by side.
#[derive(Default)]
struct Stretch {
    column: u16,
    text: String,
    /// Cells of dots: the column, and which of the eight.
    dots: Vec<(u16, u8)>,
    look: Look,
}

impl Stretch {
    /// Takes the next cell. Dots are no text: a font that does not have them gives way to another one, of another width.
    fn push(&mut self, column: u16, text: &str) {
        let mut chars = text.chars();
        match (chars.next().map(u32::from), chars.next()) {
            (Some(code @ 0x2800..=0x28ff), None) => {
                self.dots.push((column, u8::try_from(code & 0xff).unwrap_or(0)));
                self.text.push(' ');
            }
            (None, _) => self.text.push(' '),
            (Some(_), _) => self.text.push_str(text),
        }
    }
}

/// Where the dots of Braille stand in a cell, bit by bit: columns and rows from the left and the top.
const DOTS: [(f32, f32); 8] =
    [(0., 0.), (0., 1.), (0., 2.), (1., 0.), (1., 1.), (1., 2.), (0., 3.), (1., 3.)];

/// Draws the dots of one row: strokes without length, whose round ends are the dots.
fn draw_dots(out: &mut String, row: u16, stretch: &Stretch) {
    let mut path = String::new();
    for (column, bits) in &stretch.dots {
        for (_, (right, down)) in DOTS.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1) {
            let x = MARGIN + (f32::from(*column) + 0.25 + right / 2.0) * CELL.0;
            let y = MARGIN + (f32::from(row) + 0.125 + down / 4.0) * CELL.1;
            let _ = write!(path, "M{x:.1} {y:.1}h0");
        }
    }
    if !path.is_empty() {
        let Look { ink, style, .. } = &stretch.look;
        let _ = write!(
            out,
            r#"<path d="{path}" stroke="{ink}" stroke-width="{DOT}" stroke-linecap="round"{style}/>"#
        );
    }
}

/// Draws one run of cells that look alike, up to the column `end`.
fn draw(out: &mut String, row: u16, end: u16, stretch: &Stretch) {
    let Stretch { column, text, look, .. } = stretch;
    let (column, n) = (*column, end - column);
    let (x, y) = (MARGIN + f32::from(column) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let width = f32::from(n) * CELL.0;
    if let Some(paper) = &look.paper {
        let _ = write!(
            out,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{:.1}" fill="{paper}"/>"#,
            CELL.1
        );
    }
    draw_dots(out, row, stretch);
    if text.trim().is_empty() {
        return;
    }
    let _ = write!(
        out,
        r#"<text x="{x:.1}" y="{:.1}" textLength="{width:.1}" fill="{}"{}>{}</text>"#,
        y + 13.0,
        look.ink,
        look.style,
        escape(text)
    );
}

/// A screen as a self-contained SVG document. `cell` gives a cell by its column and row; `None` is the second half of a
/// wide one.
pub fn svg(
    columns: u16,
    rows: u16,
    base: &Base,
    cell: impl Fn(u16, u16) -> Option<SvgCell>,
) -> String {
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="'DejaVu Sans Mono', ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve"><rect width="100%" height="100%" rx="8" fill="{}"/>"#,
        base.paper
    );
    for row in 0..rows {
        let mut stretch = Stretch::default();
        for column in 0..columns {
            let Some(cell) = cell(column, row) else { continue };
            let next = look(&cell, base);
            if next != stretch.look {
                draw(&mut out, row, column, &stretch);
                stretch = Stretch { column, look: next, ..Stretch::default() };
            }
            stretch.push(column, &cell.text);
        }
        draw(&mut out, row, columns, &stretch);
        out.push('\n');
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_a_wide_cell_has_two_columns() {
        let row = [("東", false), ("", true), ("<", false), ("&", false)];
        let picture = svg(4, 1, &Base::default(), |column, _| {
            let (text, half) = row[usize::from(column)];
            let ink = Ink::Rgb(1, 2, 3);
            (!half).then(|| SvgCell { text: text.to_owned(), ink, ..SvgCell::default() })
        });
        assert!(
            picture.contains(r##"textLength="33.7" fill="#010203">東&lt;&amp;</text>"##),
            "{picture}"
        );
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    }

    #[test]
    fn braille_is_drawn_as_dots_where_the_cell_is_whatever_font_there_is() {
        let row = ["a", "\u{2841}", "\u{2800}", "\u{28b8}", "b"];
        let picture = svg(5, 1, &Base::default(), |column, _| {
            Some(SvgCell { text: row[usize::from(column)].to_owned(), ..SvgCell::default() })
        });
        assert!(!picture.chars().any(|c| ('\u{2800}'..='\u{28ff}').contains(&c)), "{picture}");
        assert!(picture.contains(">a   b</text>"), "the rest stands where it stood: {picture}");
        // The first and the lowest of the left column of cell 1; of cell 3 the right column, all four.
        let (left, right) = (12.0 + 8.43 * 1.25, 12.0 + 8.43 * 3.75);
        let at = |x: f32, row: f32| format!("M{x:.1} {:.1}h0", 12.0 + 16.3 * (row + 0.5) / 4.0);
        let dots = [at(left, 0.0), at(left, 3.0)];
        let more = [0.0, 1.0, 2.0, 3.0].map(|row| at(right, row));
        let path = format!(r#"d="{}{}""#, dots.concat(), more.concat());
        assert!(picture.contains(&path), "{path}: {picture}");
    }

    #[test]
    fn colours_of_the_256_are_those_of_xterm() {
        assert_eq!(colour(Ink::Indexed(196), ""), "#ff0000");
        assert_eq!(colour(Ink::Indexed(233), ""), "#121212");
        assert_eq!(colour(Ink::Indexed(255), ""), "#eeeeee");
        assert_eq!(colour(Ink::Indexed(16), ""), "#000000");
    }
}
