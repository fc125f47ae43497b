//! Screens without a terminal: for documents and tests.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
