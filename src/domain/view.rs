//! What an operator chose to see, kept from one time to the next: columns, order, bookmarks, theme.
//!
//! **Invariant:** what this version does not understand, or understands as wrong, stays as it is in the file: a change
//! touches its own entry only.

use serde_json::{Map, Value, json};

use super::diagnostic::{Diagnostic, Severity};
use super::untrusted::Safe;

/// The file as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedView {
    entries: Map<String, Value>,
}

/// One change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewChange {
    /// The fleet table has these columns.
    Columns(Vec<String>),
    /// Its rows have this order.
    Sort(String),
    /// The cockpit has this theme.
    Theme(String),
    /// A letter stands for this page, or for none.
    Bookmark {
        /// The letter.
        letter: char,
        /// The page.
        to: Option<String>,
    },
}

impl SavedView {
    /// Reads the file's text. `None` where it is no such file, with the reason.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        match serde_yaml::from_str::<Value>(text) {
            Ok(Value::Object(entries)) => Ok(Self { entries }),
            Ok(_) => Err(problem(file, "it is no list of names with values")),
            Err(error) => Err(problem(file, &format!("it is no YAML: {error}"))),
        }
    }

    /// The file's text.
    pub fn to_yaml(&self) -> Result<String, String> {
        let head = "# Written by bunker: what you chose to see. See docs/operations.md.\n";
        let body = serde_yaml::to_string(&Value::Object(self.entries.clone()));
        body.map(|body| format!("{head}{body}")).map_err(|error| error.to_string())
    }

    /// Makes one change.
    pub fn apply(&mut self, change: &ViewChange) {
        match change {
            ViewChange::Columns(keys) => self.put("columns", json!(keys)),
            ViewChange::Sort(sort) => self.put("sort", json!(sort)),
            ViewChange::Theme(theme) => self.put("theme", json!(theme)),
            ViewChange::Bookmark { letter, to } => {
                let letter = letter.to_string();
                let marks = self.entries.entry("bookmarks").or_insert_with(|| json!({}));
                // Something else that stands there is not ours to lose.
                if let Value::Object(marks) = marks {
                    match to {
                        Some(to) => marks.insert(letter, json!(to)),
                        None => marks.remove(&letter),
                    };
                }
            }
        }
    }

    fn put(&mut self, key: &str, value: Value) {
        self.entries.insert(key.to_owned(), value);
    }

    /// The chosen columns.
    pub fn columns(&self) -> Option<Vec<&str>> {
        let keys = self.entries.get("columns")?.as_array()?;
        Some(keys.iter().filter_map(Value::as_str).collect())
    }

    /// The chosen order.
    pub fn sort(&self) -> Option<&str> {
        self.entries.get("sort")?.as_str()
    }

    /// The chosen theme.
    pub fn theme(&self) -> Option<&str> {
        self.entries.get("theme")?.as_str()
    }

    /// Letters with their pages.
    pub fn bookmarks(&self) -> impl Iterator<Item = (&str, &str)> {
        let marks = self.entries.get("bookmarks").and_then(Value::as_object);
        marks.into_iter().flatten().filter_map(|(letter, to)| Some((letter.as_str(), to.as_str()?)))
    }
}

fn problem(file: &str, what: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        file: Safe::line(file),
        line: 0,
        column: 0,
        message: Safe::line(&format!("what was chosen to be seen cannot be read: {what}")),
        hint: Some(Safe::line("mend or remove the file; it is kept beside the new one otherwise")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_what_is_not_understood() {
        let text = "columns: [instance]\nfuture: {a: [1, 2]}\nsort: 7\n";
        let mut view = SavedView::parse("view.yaml", text).unwrap();
        assert_eq!((view.columns(), view.sort()), (Some(vec!["instance"]), None));
        view.apply(&ViewChange::Bookmark { letter: 'a', to: Some("fleet: disk>80%".into()) });
        view.apply(&ViewChange::Columns(vec!["health".into(), "disk_ratio".into()]));
        let again = SavedView::parse("view.yaml", &view.to_yaml().unwrap()).unwrap();
        assert_eq!(again, view);
        assert_eq!(again.entries["future"], json!({"a": [1, 2]}));
        assert_eq!(again.entries["sort"], json!(7));
        assert_eq!(again.bookmarks().collect::<Vec<_>>(), [("a", "fleet: disk>80%")]);
        view.apply(&ViewChange::Bookmark { letter: 'a', to: None });
        assert_eq!(view.bookmarks().count(), 0);
        assert!(SavedView::parse("view.yaml", "- a\n").is_err());
        assert_eq!(SavedView::parse("view.yaml", "\n"), Ok(SavedView::default()));
    }
}
