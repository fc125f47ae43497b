//! A terminal's screen as an SVG picture.

use bunker_ops::tui::svg::{Base, Ink, SvgCell, svg as draw};

fn ink(color: vt100::Color) -> Ink {
    match color {
        vt100::Color::Default => Ink::Default,
        vt100::Color::Idx(n) => Ink::Indexed(n),
        vt100::Color::Rgb(r, g, b) => Ink::Rgb(r, g, b),
    }
}

/// The screen as a self-contained SVG document.
pub fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    draw(columns.get(), rows.get(), &Base::default(), |column, row| {
        let cell = screen.cell(row, column)?;
        (!cell.is_wide_continuation()).then(|| SvgCell {
            text: cell.contents().to_owned(),
            ink: ink(cell.fgcolor()),
            paper: ink(cell.bgcolor()),
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
            reverse: cell.inverse(),
        })
    })
}
