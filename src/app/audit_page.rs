//! The page of the audit log.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::action::Place;
use super::choice_pages::Asked;
use super::cursor::Cursor;
use super::list_filter;
use super::list_order::ListOrder;
use super::model::{Model, Screen};
use crate::domain::audit::Entry;
use crate::domain::filter::{Row, RowFilter};
use crate::domain::ids::RunId;

/// Records that the page reads.
pub const N_RECORDS: usize = 2_000;

/// Whether the selected record has the whole page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// The list, and what is told of the selected record below it.
    #[default]
    List,
    /// One record, whole.
    Record,
}

/// Who changed what, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// When the page was opened: the age of a record as a filter sees it.
    pub opened: Timestamp,
    /// The newest records.
    pub entries: Asked<Vec<Entry>>,
    /// What a record must have, as it was typed.
    pub filter: String,
    /// What of the filter counts: all of it, once it can be used.
    pub counts: RowFilter,
    /// Their order.
    pub order: ListOrder,
    /// Selection among those that have them.
    pub cursor: Cursor,
    /// What is shown.
    pub shown: Shown,
}

impl AuditPage {
    /// What was done, each deed once: an intent whose outcome is there is told by that.
    pub fn deeds(&self) -> Vec<&Entry> {
        let all = || self.entries.known().into_iter().flatten();
        let ended: BTreeSet<u64> = all().filter_map(|entry| entry.record.intent).collect();
        all().filter(|entry| !ended.contains(&entry.record.seq)).collect()
    }

    /// The record of what was about to be done, of an outcome.
    pub fn intent(&self, outcome: &Entry) -> Option<&Entry> {
        let seq = outcome.record.intent?;
        self.entries.known()?.iter().find(|entry| entry.record.seq == seq)
    }

    /// The deeds that the filter lets through, newest first unless another order was chosen.
    pub fn rows(&self) -> Vec<&Entry> {
        let row = |entry: &Entry| row(entry, self.opened);
        let fits = |entry: &&Entry| self.counts.is_empty() || self.counts.lets(&row(entry));
        let rows = self.deeds().into_iter().filter(fits).collect();
        self.order.arrange(rows, |entry| row(entry))
    }

    /// Shows only records like this.
    pub fn filter(&mut self, text: &str) {
        list_filter::take(&mut self.filter, &mut self.counts, text, Place::Audit);
    }

    /// The selected record.
    pub fn selected(&self) -> Option<&Entry> {
        self.rows().get(self.cursor.selected).copied()
    }
}

/// The run of the selected record.
pub fn run_of_selected(model: &Model) -> Option<RunId> {
    let Some(Screen::Audit(page)) = model.screens.last() else { return None };
    page.selected()?.record.run.clone()
}

fn row(entry: &Entry, now: Timestamp) -> Row {
    let r = &entry.record;
    let row = Row::of(text(entry))
        .figure("age", Some(now.duration_since(r.at).as_secs_f64()))
        .text("of", r.subject())
        .text("by", r.who.person())
        .text("by", r.who.user.to_string())
        .text("action", r.action.to_string())
        .text("outcome", r.word());
    let row = r.run.iter().fold(row, |row, run| row.text("run", run.as_str()));
    r.hosts.iter().fold(row, |row, host| row.text("host", host.as_str()))
}

/// A record as one line of words, in small letters: what is searched and what is copied.
pub fn text(entry: &Entry) -> String {
    let r = &entry.record;
    let why = r.why.as_ref().map(ToString::to_string).unwrap_or_default();
    let run = r.run.as_ref().map(ToString::to_string).unwrap_or_default();
    let from = r.who.from().unwrap_or_default();
    let hosts: Vec<&str> = r.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
    let (person, subject, word) = (r.who.person(), r.subject(), r.word());
    let hosts = hosts.join(" ");
    format!("{} {} {person} {from} {subject} {hosts} {word} {why} {run}", r.action, r.source)
        .to_lowercase()
}
