//! A frame by itself: the model drawn, compared with what is shown, and written as bytes.

use std::time::{Duration, Instant};

use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::ui::{Depth, Theme};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui_world::{cockpit, many, press};

/// A cockpit of 200x60 that shows so many instances, and what its frames cost.
pub(crate) struct Frames {
    pub(crate) model: Model,
    theme: Theme,
    shown: Buffer,
    next: Buffer,
    bytes: Vec<u8>,
}

/// What a frame cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) took: Duration,
    /// Bytes for the terminal.
    pub(crate) bytes: usize,
}

impl Frames {
    pub(crate) fn new(n: usize) -> Self {
        let mut model = cockpit(200, 60, Some(Operate::grant()));
        update(&mut model, Msg::Fleet(many(n)));
        let area = Rect::new(0, 0, 200, 60);
        let (shown, next) = (Buffer::empty(area), Buffer::empty(area));
        let theme = Theme::builtin("dark", Depth::True);
        Self { model, theme, shown, next, bytes: Vec::new() }
    }

    /// Draws and writes what is different now, as the painter does.
    pub(crate) fn paint(&mut self) -> Frame {
        self.bytes.clear();
        let mut out = CrosstermBackend::new(&mut self.bytes);
        let begun = Instant::now();
        bunker_ops::ui::view(&self.model, &self.theme, &mut self.next);
        if self.shown.content != self.next.content {
            out.draw(self.shown.diff_iter(&self.next)).unwrap();
            Backend::flush(&mut out).unwrap();
            std::mem::swap(&mut self.shown, &mut self.next);
        }
        Frame { took: begun.elapsed(), bytes: self.bytes.len() }
    }

    /// As if nothing stood on the screen.
    pub(crate) fn paint_whole(&mut self) -> Frame {
        self.shown.reset();
        self.paint()
    }

    /// A key, with what it costs to understand it.
    pub(crate) fn key(&mut self, word: &str) -> Frame {
        let begun = Instant::now();
        press(&mut self.model, word);
        let understood = begun.elapsed();
        let frame = self.paint();
        Frame { took: understood + frame.took, ..frame }
    }

    /// News of the whole fleet: what it costs to take them in, and their frame.
    pub(crate) fn news(&mut self, n: usize) -> (Duration, Frame) {
        let fleet = many(n);
        let begun = Instant::now();
        update(&mut self.model, Msg::Fleet(fleet));
        (begun.elapsed(), self.paint())
    }
}

/// What came of measuring something many times, in order.
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<f64> = times.into_iter().map(|t| t.as_secs_f64() * 1_000.0).collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    /// The time in milliseconds that so many of a hundred do not exceed.
    pub(crate) fn part(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }
}
