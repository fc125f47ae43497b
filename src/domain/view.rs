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
    /// The rows of another list have this order, or its own.
    ListSort {
        /// The list.
        list: String,
        /// The order.
        sort: Option<String>,
    },
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
            ViewChange::ListSort { list, sort } => {
                self.put_in("sorts", list.clone(), sort.as_deref());
            }
            ViewChange::Bookmark { letter, to } => {
                self.put_in("bookmarks", letter.to_string(), to.as_deref());
            }
        }
    }

    /// Gives a name of an entry a value, or takes it away.
    fn put_in(&mut self, entry: &str, name: String, value: Option<&str>) {
        let names = self.entries.entry(entry).or_insert_with(|| json!({}));
        // Something else that stands there is not ours to lose.
        if let Value::Object(names) = names {
            match value {
                Some(value) => names.insert(name, json!(value)),
                None => names.remove(&name),
            };
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
        self.named("bookmarks")
    }

    /// Lists with their orders.
    pub fn list_sorts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named("sorts")
    }

    fn named(&self, entry: &str) -> impl Iterator<Item = (&str, &str)> {
        let names = self.entries.get(entry).and_then(Value::as_object);
        names.into_iter().flatten().filter_map(|(name, to)| Some((name.as_str(), to.as_str()?)))
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
        let of = |sort: Option<&str>| ViewChange::ListSort {
            list: "runs".into(),
            sort: sort.map(str::to_owned),
        };
        for sort in ["-age", "-", "age"] {
            view.apply(&of(Some(sort)));
            let again = SavedView::parse("view.yaml", &view.to_yaml().unwrap()).unwrap();
            assert_eq!(again.list_sorts().collect::<Vec<_>>(), [("runs", sort)]);
        }
        view.apply(&of(None));
        assert_eq!(view.list_sorts().count(), 0);
        assert!(SavedView::parse("view.yaml", "- a\n").is_err());
        assert_eq!(SavedView::parse("view.yaml", "\n"), Ok(SavedView::default()));
    }
}
