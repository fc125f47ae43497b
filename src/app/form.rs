//! A form: fields that are typed or chosen, each checked by the rules of the type that it becomes.

use std::collections::BTreeMap;

use tui_input::Input;

use crate::domain::scaffold::enrol::{self, Entry};

/// What a field is for; it knows what may be typed for that.
pub trait Typed: Copy + Ord {
    /// Looks at a text by the rules of its type; where it is refused, says the rule.
    fn check(self, text: &str) -> Result<(), String>;
}

impl Typed for Entry {
    fn check(self, text: &str) -> Result<(), String> {
        enrol::check(self, text).map_err(|refused| refused.rule.to_owned())
    }
}

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
pub struct Field<E = Entry> {
    /// What it is for.
    pub entry: E,
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

impl<E: Typed> Field<E> {
    /// A text that has to be there.
    pub fn must(entry: E, label: &'static str, hint: &'static str) -> Self {
        Self { must: true, ..Self::may(entry, label, hint) }
    }

    /// A text that may be left empty.
    pub fn may(entry: E, label: &'static str, hint: &'static str) -> Self {
        let blank = Blank::Text(Input::default());
        Self { entry, label, hint, must: false, blank, problem: None }
    }

    /// A choice; the first is chosen.
    pub fn choice(
        entry: E,
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

    /// Fills a text in.
    pub fn fill(&mut self, text: &str) {
        if let Blank::Text(input) = &mut self.blank {
            *input = Input::new(text.to_owned());
        }
    }

    /// Looks whether it can stay as it is.
    pub fn check(&mut self) {
        let value = self.value();
        self.problem = match value.is_empty() {
            true if self.must => Some("is needed".to_owned()),
            true => None,
            false => self.entry.check(value).err(),
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
pub struct Form<E = Entry> {
    /// All of them.
    pub fields: Vec<Field<E>>,
    /// Which has the keys.
    pub focus: usize,
}

impl<E: Typed> Form<E> {
    /// With the keys at the first.
    pub fn new(fields: Vec<Field<E>>) -> Self {
        Self { fields, focus: 0 }
    }

    /// The field that has the keys.
    pub fn focused(&mut self) -> Option<&mut Field<E>> {
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
    pub fn refuse(&mut self, entry: E, why: String) {
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
        let typed =
            |f: &Field<E>| matches!(&f.blank, Blank::Text(input) if !input.value().is_empty());
        self.fields.iter().any(typed)
    }

    /// The value of a field, without blanks around; empty where there is no such field.
    pub fn value(&self, entry: E) -> &str {
        self.fields.iter().find(|f| f.entry == entry).map_or("", Field::value)
    }

    /// The value of a field, where something was filled in.
    pub fn said(&self, entry: E) -> Option<String> {
        Some(self.value(entry)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// What was filled in; what is empty is not there.
    pub fn words(&self) -> BTreeMap<E, String> {
        let filled = self.fields.iter().filter(|f| !f.value().is_empty());
        filled.map(|f| (f.entry, f.value().to_owned())).collect()
    }
}

impl<E: Typed> PartialEq for Form<E> {
    fn eq(&self, other: &Self) -> bool {
        self.focus == other.focus && self.words() == other.words()
    }
}
