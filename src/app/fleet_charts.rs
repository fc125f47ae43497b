//! Figures of the whole fleet as charts: a line an instance, in the order of the fleet page.
//!
//! They are drawn from the trends that the poller has of all instances anyway: one question for each figure, whatever the size
//! of the fleet, so that nothing more is asked while the page is seen.

use std::sync::Arc;

use super::model::Model;
use super::sheet::{Sheet, SheetOf};
use crate::domain::filter::Row;
use crate::domain::signal::Signal;
use crate::domain::snapshot::InstanceView;

/// The figures with their headings, in the order of the plan.
pub const FIGURES: [(Signal, &str); 4] = [
    (Signal::VisitRate, "VISITS"),
    (Signal::MailRate, "MAILS"),
    (Signal::RequestRate, "REQUESTS"),
    (Signal::MailQueue, "QUEUE"),
];

/// What is seen of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FleetChartsSheet {
    /// Which of the figures stands first: the others follow as far as there is room.
    first: usize,
}

impl FleetChartsSheet {
    /// The figures, the chosen one first.
    pub fn figures(self) -> [(Signal, &'static str); 4] {
        let mut all = FIGURES;
        all.rotate_left(self.first % FIGURES.len());
        all
    }

    /// The next figure is the first, or the one before.
    pub(super) fn turn(&mut self, by: usize) {
        self.first = (self.first + by) % FIGURES.len();
    }

    /// The figure before the first one is the first.
    pub(super) fn turn_back(&mut self) {
        self.turn(FIGURES.len() - 1);
    }
}

/// The instances of the fleet page, in its order unless another was chosen.
pub fn rows(model: &Model, sheet: &Sheet) -> Vec<Arc<InstanceView>> {
    if !matches!(sheet.of, SheetOf::FleetCharts(_)) {
        return Vec::new();
    }
    let shown = model.fleet.rows().filter(|i| sheet.shows(|| row(i))).cloned().collect();
    sheet.order.arrange(shown, |i: &Arc<InstanceView>| row(i))
}

fn row(i: &InstanceView) -> Row {
    let words = format!("{} {} {}", i.id, i.domain, i.verdict.health.word());
    let known = |signal| i.signals.get(&signal).and_then(|f| f.reading).map(|r| r.value);
    let row = Row::of(words)
        .text("instance", i.id.as_str())
        .text("health", i.verdict.health.word())
        .rank("health", i.verdict.health as u8)
        .figure("visits", known(Signal::VisitRate))
        .figure("mails", known(Signal::MailRate))
        .figure("requests", known(Signal::RequestRate))
        .figure("queue", known(Signal::MailQueue));
    i.groups.iter().fold(row, |row, group| row.text("group", group.as_str()))
}
