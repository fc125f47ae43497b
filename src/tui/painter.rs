//! Frames to the terminal: only what changed is written, and nothing where nothing did.

use std::io::{self, Write};

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{cursor, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::look::Look;
use crate::app::Model;
use crate::ui;

/// What was painted last, and where to.
pub(super) struct Painter<W: Write> {
    out: CrosstermBackend<W>,
    shown: Buffer,
    next: Buffer,
    /// The screen holds something unknown: everything is written.
    stale: bool,
}

impl<W: Write> Painter<W> {
    pub(super) fn new(out: W) -> Self {
        let empty = Buffer::empty(Rect::ZERO);
        Self { out: CrosstermBackend::new(out), shown: empty.clone(), next: empty, stale: true }
    }

    /// Forgets what is on the screen.
    pub(super) fn forget(&mut self) {
        self.stale = true;
    }

    /// Paints the model; gives whether anything had to be written.
    pub(super) fn paint(&mut self, model: &Model, look: &Look) -> io::Result<bool> {
        let area = Rect::new(0, 0, model.size.width, model.size.height);
        if self.next.area != area {
            self.next.resize(area);
            self.shown.resize(area);
            self.stale = true;
        }
        ui::view(model, &look.theme, &mut self.next);
        if look.ascii {
            ui::to_ascii(&mut self.next);
        }
        if !self.stale && self.shown.content == self.next.content {
            return Ok(false);
        }
        queue!(self.out, BeginSynchronizedUpdate)?;
        if self.stale {
            self.out.clear()?;
            self.shown.reset();
            self.stale = false;
        }
        self.out.draw(self.shown.diff_iter(&self.next))?;
        queue!(self.out, cursor::Hide, EndSynchronizedUpdate)?;
        Backend::flush(&mut self.out)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::frame::Size;
    use crate::app::{Msg, update};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    #[test]
    fn a_screen_that_did_not_change_costs_no_byte() {
        let size = Size { width: 80, height: 24 };
        let mut model = Model::new(size, Timestamp::UNIX_EPOCH, TimeZone::UTC, None);
        let depth = ui::Depth::True;
        let look = Look::fixed(ui::Theme::builtin("dark", depth), depth);
        let mut bytes = Vec::new();
        let mut painter = Painter::new(&mut bytes);
        assert!(painter.paint(&model, &look).unwrap());
        assert!(!painter.paint(&model, &look).unwrap());
        update(&mut model, Msg::Tick(Timestamp::from_second(9).unwrap()));
        assert!(!painter.paint(&model, &look).unwrap());
        update(&mut model, Msg::Tick(Timestamp::from_second(61).unwrap()));
        assert!(painter.paint(&model, &look).unwrap());
    }
}
