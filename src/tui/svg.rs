//! A screen of cells as an SVG picture: what documents show is drawn from real screens by this, never by hand.

use std::fmt::Write as _;

/// Width and height of a cell, in the picture's units: those of `DejaVu Sans Mono` at 14, so that boxes and bars join.
const CELL: (f32, f32) = (8.43, 16.3);
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

/// Draws one run of cells that look alike.
fn draw(out: &mut String, column: u16, row: u16, n: u16, text: &str, look: &Look) {
    let (x, y) = (MARGIN + f32::from(column) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let width = f32::from(n) * CELL.0;
    if let Some(paper) = &look.paper {
        let _ = write!(
            out,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{:.1}" fill="{paper}"/>"#,
            CELL.1
        );
    }
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
        let (mut start, mut text, mut current) = (0, String::new(), Look::default());
        for column in 0..columns {
            let Some(cell) = cell(column, row) else { continue };
            let next = look(&cell, base);
            if next != current {
                draw(&mut out, start, row, column - start, &text, &current);
                (start, current) = (column, next);
                text.clear();
            }
            text.push_str(if cell.text.is_empty() { " " } else { &cell.text });
        }
        draw(&mut out, start, row, columns - start, &text, &current);
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
    fn colours_of_the_256_are_those_of_xterm() {
        assert_eq!(colour(Ink::Indexed(196), ""), "#ff0000");
        assert_eq!(colour(Ink::Indexed(233), ""), "#121212");
        assert_eq!(colour(Ink::Indexed(255), ""), "#eeeeee");
        assert_eq!(colour(Ink::Indexed(16), ""), "#000000");
    }
}
