//! The pages that were looked at, to go back and forward through, and bookmarks.

use std::fmt;
use std::str::FromStr;

use super::destination::{Destination, UnknownDestination};
use crate::domain::filter::{Filter, FilterError};

/// Pages that are kept.
const MOST: usize = 100;

/// The pages that were looked at, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pages: Vec<Destination>,
    /// The page that is seen.
    at: usize,
}

impl History {
    /// The page that is seen now. One that is seen already is noted once.
    pub fn note(&mut self, here: Destination) {
        if self.pages.get(self.at) == Some(&here) {
            return;
        }
        self.pages.truncate(self.at + 1);
        self.pages.push(here);
        let excess = self.pages.len().saturating_sub(MOST);
        self.pages.drain(..excess);
        self.at = self.pages.len() - 1;
    }

    /// One page back.
    pub fn back(&mut self) -> Option<Destination> {
        self.at = self.at.checked_sub(1)?;
        self.pages.get(self.at).cloned()
    }

    /// One page forward.
    pub fn forward(&mut self) -> Option<Destination> {
        let to = self.pages.get(self.at + 1).cloned()?;
        self.at += 1;
        Some(to)
    }
}

/// A page that a person comes back to; the fleet page with its filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Bookmark {
    /// The page.
    pub to: Destination,
    /// The filter of the fleet page.
    pub filter: Filter,
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to)?;
        if self.filter.is_empty() { Ok(()) } else { write!(f, ": {}", self.filter.text()) }
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
            Some((to, filter)) => Ok(Self { to: to.parse()?, filter: filter.parse()? }),
            None => Ok(Self { to: text.parse()?, filter: Filter::default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_goes_back_and_forward_and_a_new_page_ends_what_was_ahead() {
        let page = |text: &str| text.parse::<Destination>().unwrap();
        let mut history = History::default();
        for text in ["fleet", "fleet", "runs", "instance a"] {
            history.note(page(text));
        }
        assert_eq!(history.back(), Some(page("runs")));
        assert_eq!(history.back(), Some(page("fleet")));
        assert_eq!(history.back(), None);
        assert_eq!(history.forward(), Some(page("runs")));
        history.note(page("instance b"));
        assert_eq!(history.forward(), None);
        assert_eq!(history.back(), Some(page("runs")));
        for n in 0..300 {
            history.note(page(&format!("instance h{n}")));
        }
        assert_eq!(history.pages.len(), MOST);
        assert_eq!(history.back(), Some(page("instance h298")));
    }

    #[test]
    fn a_bookmark_reads_back_with_its_filter() {
        for text in ["fleet: p95>800ms backup>26h", "instance red-deer", "runs"] {
            assert_eq!(text.parse::<Bookmark>().unwrap().to_string(), text);
        }
        assert!("fleet: p95>".parse::<Bookmark>().is_err());
        assert!("nowhere".parse::<Bookmark>().is_err());
    }
}
