//! The page of the audit log.

use super::choice_pages::Asked;
use super::cursor::Cursor;
use crate::domain::audit::Entry;

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
    /// The newest records.
    pub entries: Asked<Vec<Entry>>,
    /// Words that a record must have.
    pub filter: String,
    /// Selection among those that have them.
    pub cursor: Cursor,
    /// What is shown.
    pub shown: Shown,
}

impl AuditPage {
    /// The records that have the words of the filter.
    pub fn rows(&self) -> Vec<&Entry> {
        let words: Vec<String> =
            self.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let fits = |entry: &&Entry| {
            let text = text(entry);
            words.iter().all(|word| text.contains(word.as_str()))
        };
        self.entries.known().into_iter().flatten().filter(fits).collect()
    }

    /// The selected record.
    pub fn selected(&self) -> Option<&Entry> {
        self.rows().get(self.cursor.selected).copied()
    }
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
