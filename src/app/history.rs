//! The pages that were looked at, to go back and forward through, and bookmarks.

use std::fmt;
use std::str::FromStr;

use super::destination::{Destination, UnknownDestination};
use super::list_filter;
use super::model::Model;
use super::place::Place;
use crate::domain::filter::{Filter, FilterError, RowFilter};

/// Pages that are kept.
const MOST: usize = 100;

/// The pages that were looked at, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pages: Vec<Bookmark>,
    /// The page that is seen.
    at: usize,
}

impl History {
    /// The page that is seen now. One that is seen already is noted once, with the filter that it has by now.
    pub fn note(&mut self, here: Bookmark) {
        if let Some(seen) = self.pages.get_mut(self.at).filter(|seen| seen.to == here.to) {
            *seen = here;
            return;
        }
        self.pages.truncate(self.at + 1);
        self.pages.push(here);
        let excess = self.pages.len().saturating_sub(MOST);
        self.pages.drain(..excess);
        self.at = self.pages.len() - 1;
    }

    /// One page back.
    pub fn back(&mut self) -> Option<Bookmark> {
        self.at = self.at.checked_sub(1)?;
        self.pages.get(self.at).cloned()
    }

    /// One page forward.
    pub fn forward(&mut self) -> Option<Bookmark> {
        let to = self.pages.get(self.at + 1).cloned()?;
        self.at += 1;
        Some(to)
    }
}

/// A page that a person comes back to; a list with its filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// The page.
    pub to: Destination,
    /// The filter of its list, as it was typed; nothing where all is shown.
    pub filter: String,
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to)?;
        if self.filter.is_empty() { Ok(()) } else { write!(f, ": {}", self.filter) }
    }
}

/// The text is no bookmark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBookmark {
    /// Its page is none.
    #[error(transparent)]
    Page(#[from] UnknownDestination),
    /// Its filter cannot be used.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

impl FromStr for Bookmark {
    type Err = NoBookmark;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(": ") {
            Some((to, filter)) => {
                let to: Destination = to.parse()?;
                let list = to.list();
                if list == Place::Fleet {
                    drop(filter.parse::<Filter>()?);
                } else {
                    drop(RowFilter::parse(filter, list_filter::columns(list))?);
                }
                Ok(Self { to, filter: filter.to_owned() })
            }
            None => Ok(Self { to: text.parse()?, filter: String::new() }),
        }
    }
}

impl Model {
    /// The page that is seen with its filter, where it is one that can be gone to.
    pub fn here_filtered(&self) -> Option<Bookmark> {
        let filter = list_filter::typed(self).trim().to_owned();
        self.here().map(|to| Bookmark { to, filter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_goes_back_and_forward_and_a_new_page_ends_what_was_ahead() {
        let page = |text: &str| text.parse::<Bookmark>().unwrap();
        let mut history = History::default();
        for text in ["fleet", "fleet", "runs", "instance a"] {
            history.note(page(text));
        }
        assert_eq!(history.back(), Some(page("runs")));
        assert_eq!(history.back(), Some(page("fleet")));
        assert_eq!(history.back(), None);
        assert_eq!(history.forward(), Some(page("runs")));
        history.note(page("runs: state=failed"));
        assert_eq!(history.back(), Some(page("fleet")));
        assert_eq!(history.forward(), Some(page("runs: state=failed")));
        history.note(page("instance b"));
        assert_eq!(history.forward(), None);
        assert_eq!(history.back(), Some(page("runs: state=failed")));
        for n in 0..300 {
            history.note(page(&format!("instance h{n}")));
        }
        assert_eq!(history.pages.len(), MOST);
        assert_eq!(history.back(), Some(page("instance h298")));
    }

    #[test]
    fn a_bookmark_reads_back_with_its_filter() {
        for text in [
            "fleet: p95>800ms backup>26h",
            "instance red-deer",
            "runs",
            "runs: state=failed by=ann",
            "backups: age>26h !/^cal/",
        ] {
            assert_eq!(text.parse::<Bookmark>().unwrap().to_string(), text);
        }
        assert!("fleet: p95>".parse::<Bookmark>().is_err());
        assert!("runs: p95>1s".parse::<Bookmark>().is_err());
        assert!("nowhere".parse::<Bookmark>().is_err());
    }
}
