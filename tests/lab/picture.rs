//! A terminal's screen as an SVG picture: what the README and the docs show is drawn from real
//! screens by this, never by hand.

use std::fmt::Write as _;

/// Width and height of a cell, in the picture's units: those of `DejaVu Sans Mono` at 14, so that boxes and bars join.
const CELL: (f32, f32) = (8.43, 16.3);
/// Room around the screen.
const MARGIN: f32 = 12.0;
const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d7dae0";

/// The sixteen colours that a terminal gives to their numbers.
const ANSI: [&str; 16] = [
    "#1d1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#6b7280", "#ef7d86", "#a9d48a", "#f0cd8c", "#7dbdf5", "#d491e8", "#6fc8d4", "#ffffff",
];

fn colour(color: vt100::Color, default: &str) -> String {
    match color {
        vt100::Color::Default => default.to_owned(),
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        vt100::Color::Idx(n) => match usize::from(n) {
            n @ 0..=15 => ANSI.get(n).copied().unwrap_or(FOREGROUND).to_owned(),
            n @ 16..=231 => {
                let level = |step: usize| if step == 0 { 0 } else { 55 + 40 * step };
                let n = n - 16;
                format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
            }
            n => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (n - 232)),
        },
    }
}

/// How a run of cells looks.
#[derive(Clone, PartialEq, Default)]
struct Look {
    ink: String,
    paper: Option<String>,
    bold: bool,
    dim: bool,
    underline: bool,
}

fn look(cell: &vt100::Cell) -> Look {
    let (mut ink, mut paper) = (cell.fgcolor(), cell.bgcolor());
    let reversed = cell.inverse();
    if reversed {
        std::mem::swap(&mut ink, &mut paper);
    }
    let ink_default = if reversed { BACKGROUND } else { FOREGROUND };
    let paper_default = if reversed { FOREGROUND } else { BACKGROUND };
    let paper = colour(paper, paper_default);
    Look {
        ink: colour(ink, ink_default),
        paper: (paper != BACKGROUND).then_some(paper),
        bold: cell.bold(),
        dim: cell.dim(),
        underline: cell.underline(),
    }
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
    let mut style = String::new();
    if look.bold {
        style.push_str(r#" font-weight="bold""#);
    }
    if look.dim {
        style.push_str(r#" opacity="0.6""#);
    }
    if look.underline {
        style.push_str(r#" text-decoration="underline""#);
    }
    let _ = write!(
        out,
        r#"<text x="{x:.1}" y="{:.1}" textLength="{width:.1}" fill="{}"{style}>{}</text>"#,
        y + 13.0,
        look.ink,
        escape(text)
    );
}

/// The screen as a self-contained SVG document.
pub fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="'DejaVu Sans Mono', ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve"><rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>"#
    );
    for row in 0..rows {
        let (mut start, mut text, mut current) = (0, String::new(), Look::default());
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else { continue };
            if cell.is_wide_continuation() {
                continue;
            }
            let next = look(cell);
            if next != current {
                draw(&mut out, start, row, column - start, &text, &current);
                (start, current) = (column, next);
                text.clear();
            }
            text.push_str(if cell.has_contents() { cell.contents() } else { " " });
        }
        draw(&mut out, start, row, columns - start, &text, &current);
        out.push('\n');
    }
    out.push_str("</svg>\n");
    out
}
