//! Our own selection and scroll of a list: no widget's state.

/// Which entry is selected and which stands first on the screen.
///
/// **Invariant:** both are clamped to the list by every method, so a list that shrinks never panics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected entry.
    pub selected: usize,
    /// The first entry that is shown.
    pub top: usize,
}

/// A move of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
}

impl Cursor {
    /// Moves the selection in a list of `len` entries of which `height` are shown.
    pub fn go(&mut self, step: Step, len: usize, height: usize) {
        let page = height.saturating_sub(1).max(1);
        self.selected = match step {
            Step::Up => self.selected.saturating_sub(1),
            Step::Down => self.selected.saturating_add(1),
            Step::PageUp => self.selected.saturating_sub(page),
            Step::PageDown => self.selected.saturating_add(page),
            Step::Top => 0,
            Step::Bottom => usize::MAX,
        };
        self.fit(len, height);
    }

    /// Keeps the selection within `len` entries and on the screen.
    pub fn fit(&mut self, len: usize, height: usize) {
        let height = height.max(1);
        self.selected = self.selected.min(len.saturating_sub(1));
        if self.selected < self.top {
            self.top = self.selected;
        }
        if self.selected >= self.top.saturating_add(height) {
            self.top = self.selected.saturating_add(1).saturating_sub(height);
        }
        self.top = self.top.min(len.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_in_the_list_and_on_the_screen() {
        let mut cursor = Cursor::default();
        cursor.go(Step::Bottom, 100, 10);
        assert_eq!(cursor, Cursor { selected: 99, top: 90 });
        cursor.go(Step::PageUp, 100, 10);
        assert_eq!(cursor, Cursor { selected: 90, top: 90 });
        cursor.go(Step::Up, 100, 10);
        assert_eq!(cursor, Cursor { selected: 89, top: 89 });
        cursor.fit(3, 10);
        assert_eq!(cursor, Cursor { selected: 2, top: 0 });
        cursor.fit(0, 0);
        assert_eq!(cursor, Cursor::default());
    }
}
