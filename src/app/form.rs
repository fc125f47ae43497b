//! A form: fields that are typed or chosen, each checked by the rules of the type that it becomes.

use tui_input::Input;

use crate::domain::scaffold::enrol::{self, Entry, Words};

/// What is filled in.
#[derive(Debug, Clone)]
pub enum Blank {
    /// A text is typed.
    Text(Input),
    /// One of these is chosen: its value, and what it means.
    Choice {
        /// All of them.
        options: &'static [(&'static str, &'static str)],
        /// The chosen one.
        at: usize,
    },
}

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// What it is for.
    pub entry: Entry,
    /// Its name.
    pub label: &'static str,
    /// What to know about it.
    pub hint: &'static str,
    /// Whether it may be left empty.
    pub must: bool,
    /// What is filled in.
    pub blank: Blank,
    /// Why it is refused.
    pub problem: Option<String>,
}

impl Field {
    /// A text that has to be there.
    pub fn must(entry: Entry, label: &'static str, hint: &'static str) -> Self {
        Self { must: true, ..Self::may(entry, label, hint) }
    }

    /// A text that may be left empty.
    pub fn may(entry: Entry, label: &'static str, hint: &'static str) -> Self {
        let blank = Blank::Text(Input::default());
        Self { entry, label, hint, must: false, blank, problem: None }
    }

    /// A choice; the first is chosen.
    pub fn choice(
        entry: Entry,
        label: &'static str,
        hint: &'static str,
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { blank: Blank::Choice { options, at: 0 }, ..Self::may(entry, label, hint) }
    }

    /// Its value, without blanks around.
    pub fn value(&self) -> &str {
        match &self.blank {
            Blank::Text(input) => input.value().trim(),
            Blank::Choice { options, at } => options.get(*at).map_or("", |(value, _)| *value),
        }
    }

    /// Looks whether it can stay as it is.
    pub fn check(&mut self) {
        let value = self.value();
        self.problem = match value.is_empty() {
            true if self.must => Some("is needed".to_owned()),
            true => None,
            false => enrol::check(self.entry, value).err().map(|e| e.rule.to_owned()),
        };
    }

    /// Chooses the next one or the one before, where there is a choice.
    pub fn turn(&mut self, forth: bool) {
        if let Blank::Choice { options, at } = &mut self.blank {
            let n = options.len().max(1);
            *at = if forth { *at + 1 } else { *at + n - 1 } % n;
        }
    }
}

/// The fields, of which one has the keys.
#[derive(Debug, Clone)]
pub struct Form {
    /// All of them.
    pub fields: Vec<Field>,
    /// Which has the keys.
    pub focus: usize,
}

impl Form {
    /// With the keys at the first.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields, focus: 0 }
    }

    /// The field that has the keys.
    pub fn focused(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// Gives the keys to the next field, or to the one before; the one that is left is checked.
    pub fn step(&mut self, forth: bool) {
        if let Some(field) = self.focused() {
            field.check();
        }
        let n = self.fields.len().max(1);
        self.focus = if forth { self.focus + 1 } else { self.focus + n - 1 } % n;
    }

    /// Checks all fields; where one is refused it gets the keys.
    pub fn is_right(&mut self) -> bool {
        self.fields.iter_mut().for_each(Field::check);
        self.goto_problem()
    }

    /// Says why a field is refused, and gives it the keys.
    pub fn refuse(&mut self, entry: Entry, why: String) {
        if let Some(field) = self.fields.iter_mut().find(|f| f.entry == entry) {
            field.problem = Some(why);
        }
        self.goto_problem();
    }

    fn goto_problem(&mut self) -> bool {
        let wrong = self.fields.iter().position(|f| f.problem.is_some());
        self.focus = wrong.unwrap_or(self.focus);
        wrong.is_none()
    }

    /// Whether something was typed.
    pub fn is_typed(&self) -> bool {
        let typed = |f: &Field| matches!(&f.blank, Blank::Text(input) if !input.value().is_empty());
        self.fields.iter().any(typed)
    }

    /// What was filled in; what is empty is not there.
    pub fn words(&self) -> Words {
        let filled = self.fields.iter().filter(|f| !f.value().is_empty());
        filled.map(|f| (f.entry, f.value().to_owned())).collect()
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.focus == other.focus && self.words() == other.words()
    }
}
