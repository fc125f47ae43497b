//! How a page's panes share the screen: known to the state machine, which scrolls by them, and to the drawing.
//!
//! **Invariant:** every method is total from 0 by 0 up, and the parts never exceed the whole.

/// Below this the screen only says that it is too small.
pub const MIN_WIDTH: u16 = 40;
/// Below this the screen only says that it is too small.
pub const MIN_HEIGHT: u16 = 10;

/// Rows from which the pane under the fleet table shows facts and charts too.
pub const WITH_FACTS: u16 = 18;

/// Rows and columns of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The rows of the fleet page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetFrame {
    /// Lines above the table: one or two.
    pub header: u16,
    /// The table with its border and heading.
    pub table: u16,
    /// The pane that says why; 0 where there is no room.
    pub why: u16,
    /// Whether the table stands in a border.
    pub border: bool,
}

/// The rows of the run page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunFrame {
    /// Lines above the panes: one or two.
    pub header: u16,
    /// The targets with their border and heading; 0 where the output has the whole screen.
    pub targets: u16,
    /// The output with its border.
    pub output: u16,
}

impl Size {
    /// Whether nothing sensible fits.
    pub fn too_small(self) -> bool {
        self.width < MIN_WIDTH || self.height < MIN_HEIGHT
    }

    /// Rows between header and footer.
    fn body(self, header: u16) -> u16 {
        self.height.saturating_sub(header).saturating_sub(1)
    }

    fn header(self) -> u16 {
        if self.height >= 20 && self.width >= 60 { 2 } else { 1 }
    }

    /// The fleet page with `n_rows` instances of which the selected has `n_reasons`.
    pub fn fleet(self, n_rows: usize) -> FleetFrame {
        let header = self.header();
        let body = self.body(header);
        let border = self.height >= 14;
        let chrome = if border { 3 } else { 1 };
        let wanted = u16::try_from(n_rows.max(1)).unwrap_or(u16::MAX).saturating_add(chrome);
        let why = match body {
            0..16 => 0,
            16..24 => 6,
            // The table comes first. The pane has what six reasons and six trends use, and on a tall screen
            // what facts and charts use; what is left over is the table's.
            _ => match body.saturating_sub(wanted) {
                rest @ WITH_FACTS.. => rest.min(30),
                rest => rest.clamp(7, 8),
            },
        };
        FleetFrame { header, table: body.saturating_sub(why), why, border }
    }

    /// The run page.
    pub fn run(self, n_rows: usize, full: Full) -> RunFrame {
        let header = self.header();
        let body = self.body(header);
        let wanted = u16::try_from(n_rows.max(1)).unwrap_or(u16::MAX).saturating_add(3);
        let targets = match full {
            Full::Yes => 0,
            Full::No => wanted.min(body / 2).max(body.min(4)),
        };
        RunFrame { header, targets, output: body.saturating_sub(targets) }
    }

    /// Rows of a list that has a page for itself, in a border with a heading.
    pub fn page_rows(self) -> u16 {
        self.body(self.header()).saturating_sub(3)
    }

    /// Lines of the pane under a list of choices, with its border, that tells of the selected one; 0 where there is
    /// no room.
    pub fn choice_detail(self) -> u16 {
        if self.height >= 18 { 7 } else { 0 }
    }

    /// Rows of a list of choices, above the pane that tells of the selected one.
    pub fn choice_rows(self) -> usize {
        usize::from(self.page_rows().saturating_sub(self.choice_detail()))
    }

    /// Lines of an output that has a page for itself, in a border.
    pub fn log_rows(self) -> usize {
        usize::from(self.body(1).saturating_sub(2))
    }

    /// Columns of such an output.
    pub fn log_columns(self) -> u16 {
        self.width.saturating_sub(4)
    }

    /// Lines above the panes of any page.
    pub fn page_header(self) -> u16 {
        self.header()
    }
}

impl FleetFrame {
    /// Instances that are shown at once.
    pub fn rows(self) -> usize {
        usize::from(self.table.saturating_sub(if self.border { 3 } else { 1 }))
    }
}

impl RunFrame {
    /// Lines of targets that are shown at once.
    pub fn target_rows(self) -> usize {
        usize::from(self.targets.saturating_sub(3))
    }

    /// Lines of output that are shown at once.
    pub fn output_rows(self) -> usize {
        usize::from(self.output.saturating_sub(2))
    }
}

/// Whether the output has the whole screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Full {
    /// It has.
    Yes,
    /// It shares it.
    #[default]
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_never_exceed_the_whole() {
        for height in 0..120 {
            let size = Size { width: 100, height };
            for n in [0, 1, 12, 70_000] {
                let fleet = size.fleet(n);
                assert!(fleet.header + fleet.table + fleet.why <= height.max(fleet.header));
                let run = size.run(n, Full::No);
                assert!(run.header + run.targets + run.output <= height.max(run.header));
            }
        }
        let usual = Size { width: 80, height: 24 }.fleet(12);
        assert_eq!((usual.rows(), usual.why), (12, 6));
        let why = |width, height, n| Size { width, height }.fleet(n).why;
        assert_eq!([why(100, 32, 12), why(120, 36, 12), why(200, 60, 12)], [8, 18, 30]);
        assert_eq!([why(100, 32, 40), why(200, 60, 40)], [7, 8]);
    }
}
