//! Screens without a terminal: for documents and tests.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::app::Model;
use crate::ui::{self, Theme};

/// A drawn screen.
pub struct Picture(Buffer);

impl Picture {
    /// Draws the model at its own size.
    pub fn of(model: &Model, theme: &Theme) -> Self {
        let mut buf = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
        ui::view(model, theme, &mut buf);
        Self(buf)
    }

    /// Its cells.
    pub fn buffer(&self) -> &Buffer {
        &self.0
    }

    fn rows(&self) -> impl Iterator<Item = &[ratatui::buffer::Cell]> {
        self.0.content.chunks(usize::from(self.0.area.width).max(1))
    }
}

/// The screen as plain text, without blanks at line ends.
pub fn text(picture: &Picture) -> String {
    let mut out = String::new();
    for row in picture.rows() {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen with SGR sequences.
pub fn ansi(picture: &Picture) -> String {
    let mut out = String::new();
    for row in picture.rows() {
        for cell in row {
            out.push_str("\u{1b}[0");
            if cell.modifier.contains(Modifier::BOLD) {
                out.push_str(";1");
            }
            if let Color::Rgb(r, g, b) = cell.fg {
                let _never = write!(out, ";38;2;{r};{g};{b}");
            }
            if let Color::Rgb(r, g, b) = cell.bg {
                let _never = write!(out, ";48;2;{r};{g};{b}");
            }
            out.push('m');
            out.push_str(cell.symbol());
        }
        out.push_str("\u{1b}[0m\n");
    }
    out
}

const CELL_W: f64 = 8.4;
const CELL_H: f64 = 18.0;

/// The screen as an SVG picture, for true-colour themes.
pub fn svg(picture: &Picture) -> String {
    let area = picture.0.area;
    let (w, h) = (f64::from(area.width) * CELL_W + 16.0, f64::from(area.height) * CELL_H + 16.0);
    let paper = picture.0.content.first().map_or(Color::Reset, |c| c.bg);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" viewBox=\"0 0 {w:.0} {h:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono','JetBrains Mono',Menlo,Consolas,monospace\" font-size=\"14\" xml:space=\"preserve\">\n",
        hex(paper, "#10141a")
    );
    for (y, row) in picture.rows().enumerate() {
        svg_row(&mut out, y, row, paper);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// One row: runs of cells of the same look become one element each.
fn svg_row(out: &mut String, y: usize, row: &[ratatui::buffer::Cell], paper: Color) {
    let top = y as f64 * CELL_H + 8.0;
    let mut x = 0;
    for piece in row.chunk_by(|a, b| a.fg == b.fg && a.bg == b.bg && a.modifier == b.modifier) {
        let Some(first) = piece.first() else { continue };
        let left = x as f64 * CELL_W + 8.0;
        let width = piece.len() as f64 * CELL_W;
        x += piece.len();
        if first.bg != paper {
            let _never = writeln!(
                out,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_H}\" fill=\"{}\"/>",
                hex(first.bg, "none")
            );
        }
        let text: String = piece.iter().map(ratatui::buffer::Cell::symbol).collect();
        if text.trim().is_empty() {
            continue;
        }
        let bold =
            if first.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
        let _never = writeln!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{bold}>{}</text>",
            top + 13.5,
            hex(first.fg, "#c8d0db"),
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        );
    }
}

fn hex(color: Color, default: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => default.to_owned(),
    }
}
