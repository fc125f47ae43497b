//! A buffer and a theme: everything is drawn by these few methods, which clip.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};

use super::text::{cut, width};
use super::theme::{Role, Theme};

/// A piece of a line with its role.
pub(super) type Span = (String, Role);

/// What is drawn on.
pub(super) struct Canvas<'a> {
    pub(super) buf: &'a mut Buffer,
    pub(super) theme: &'a Theme,
}

/// Whether a pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focused {
    Yes,
    No,
}

impl Canvas<'_> {
    /// Writes a text in at most `max` columns; gives the columns used.
    pub(super) fn put(&mut self, x: u16, y: u16, max: u16, text: &str, role: Role) -> u16 {
        self.put_styled(x, y, max, text, self.lying(role))
    }

    /// The same for what is drawn of lines and blocks, and beside that on one ground: a line under it would run through the drawing.
    pub(super) fn draw(&mut self, x: u16, y: u16, max: u16, drawn: &str, role: Role) -> u16 {
        let mut style = self.lying(role);
        style.add_modifier.remove(Modifier::UNDERLINED);
        self.put_styled(x, y, max, drawn, style)
    }

    /// Text lies on what is there: a selected row, a dialog. Only a look of its own has a ground of its own.
    fn lying(&self, role: Role) -> Style {
        let mut style = self.theme.style(role);
        if style.bg == self.theme.style(Role::Text).bg {
            style.bg = None;
        }
        style
    }

    fn put_styled(&mut self, x: u16, y: u16, max: u16, text: &str, style: Style) -> u16 {
        let area = self.buf.area;
        if y >= area.bottom() || y < area.y || x >= area.right() {
            return 0;
        }
        let max = max.min(area.right() - x);
        let (end, _) = if width(text) <= usize::from(max) {
            self.buf.set_stringn(x, y, text, usize::from(max), style)
        } else {
            self.buf.set_stringn(x, y, cut(text, usize::from(max)), usize::from(max), style)
        };
        if style.add_modifier.contains(Modifier::UNDERLINED) {
            self.bare_ends(x, end, y);
        }
        end - x
    }

    /// Blanks before and behind words have no line under them.
    fn bare_ends(&mut self, from: u16, to: u16, y: u16) {
        let mut bare = |x: u16| {
            let cell = self.buf.cell_mut((x, y)).filter(|cell| cell.symbol() == " ");
            cell.is_some_and(|cell| {
                cell.modifier.remove(Modifier::UNDERLINED);
                true
            })
        };
        let first = (from..to).find(|x| !bare(*x)).unwrap_or(to);
        for x in (first..to).rev() {
            if !bare(x) {
                return;
            }
        }
    }

    /// Writes a text so that it ends at the right end of `w` columns.
    pub(super) fn put_right(&mut self, x: u16, y: u16, w: u16, text: &str, role: Role) {
        let used = u16::try_from(width(text)).unwrap_or(u16::MAX).min(w);
        self.put(x + (w - used), y, used, text, role);
    }

    /// Writes pieces one after the other; gives the columns used.
    pub(super) fn spans(&mut self, x: u16, y: u16, max: u16, spans: &[Span]) -> u16 {
        let mut used = 0;
        for (text, role) in spans {
            if used >= max {
                break;
            }
            used += self.put(x.saturating_add(used), y, max - used, text, *role);
        }
        used
    }

    /// Writes pieces so that they end at the right end of `w` columns; nothing where they do not fit.
    pub(super) fn spans_right(&mut self, x: u16, y: u16, w: u16, spans: &[Span]) -> u16 {
        let used: usize = spans.iter().map(|(text, _)| width(text)).sum();
        match u16::try_from(used) {
            Ok(used) if used <= w => self.spans(x + (w - used), y, used, spans),
            _ => 0,
        }
    }

    /// Gives an area the look of a role, without touching its text.
    pub(super) fn over(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        let area = area.intersection(self.buf.area);
        self.buf.set_style(area, style);
    }

    /// Gives an area only the background of a role, so that states keep their colours.
    pub(super) fn band(&mut self, area: Rect, role: Role) {
        let mut style = self.theme.style(role);
        if style.bg.is_some() {
            style.fg = None;
        }
        let area = area.intersection(self.buf.area);
        self.buf.set_style(area, style);
    }

    /// Empties an area and gives it the look of a role.
    pub(super) fn clear(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buf.area);
        let (text, own) = (self.theme.style(Role::Text), self.theme.style(role));
        for y in area.top()..area.bottom() {
            // A wide sign whose second half is covered would cover the edge of what lies over it.
            let before = area.left().checked_sub(1).and_then(|x| self.buf.cell_mut((x, y)));
            if let Some(cell) = before.filter(|cell| width(cell.symbol()) > 1) {
                cell.set_symbol(" ");
            }
            for x in area.left()..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(text).set_style(own);
                }
            }
        }
    }

    /// A pane with a rounded border; gives the area inside, one blank column on each side.
    pub(super) fn pane(&mut self, area: Rect, title: &str, right: &str, focus: Focused) -> Rect {
        let area = area.intersection(self.buf.area);
        if area.width < 4 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let border = match focus {
            Focused::Yes => Role::BorderFocus,
            Focused::No => Role::Border,
        };
        Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(self.theme.style(border))
            .render(area, self.buf);
        let room = area.width.saturating_sub(4);
        let mut left = 0;
        if !title.is_empty() && room > 4 {
            left = self.put(
                area.x + 2,
                area.y,
                room,
                &format!(" {} ", cut(title, usize::from(room) - 2)),
                Role::Title,
            ) + 1;
        }
        let tail = format!(" {right} ");
        let w = u16::try_from(width(&tail)).unwrap_or(u16::MAX);
        if !right.is_empty() && w.saturating_add(left) <= room {
            self.put(area.right() - 2 - w, area.y, w, &tail, Role::Dim);
        }
        Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
    }
}
