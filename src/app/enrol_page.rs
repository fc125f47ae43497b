//! Taking an instance into the inventory, step by step: what is typed, what is shown, what was written.

use super::form::{Field, Form};
use super::msg::Problem;
use crate::domain::scaffold::enrol::{Draft, Enrolled, Entry, FoundThere, ShownKey};

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new instance, which is deployed then.
    Add,
    /// One that somebody installed by hand.
    Import,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// The form is filled in.
    Form,
    /// The answer to this request is waited for.
    Working {
        /// Which.
        request: u64,
        /// What is done meanwhile.
        what: &'static str,
    },
    /// The host shows these keys; one of them is to be compared before anything is read there.
    Key(Vec<ShownKey>),
    /// This would be written for a new instance.
    Draft(Draft),
    /// This was found on the host.
    Found(Box<FoundThere>),
    /// This was written.
    Done(Enrolled),
}

/// The page.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolPage {
    /// What for.
    pub purpose: Purpose,
    /// What is typed.
    pub form: Form,
    /// How far it is.
    pub stage: Stage,
    /// Why it went back to the form.
    pub problem: Option<Problem>,
    /// Whether the policy of the host asks for a reason before anything is written.
    pub asks_why: bool,
    /// Lines above the first shown.
    pub top: usize,
}

const TIERS: &[(&str, &str)] =
    &[("1", "managed"), ("2", "managed, and reports its metrics to the central server")];

impl EnrolPage {
    /// At its beginning.
    pub fn new(purpose: Purpose) -> Self {
        let form = Form::new(match purpose {
            Purpose::Add => add_fields(),
            Purpose::Import => import_fields(),
        });
        Self { purpose, form, stage: Stage::Form, problem: None, asks_why: false, top: 0 }
    }
}

fn add_fields() -> Vec<Field> {
    vec![
        Field::must(Entry::Host, "host", "its name in the inventory, for example edmonton-prod"),
        Field::must(
            Entry::Domain,
            "domain",
            "where people reach it, for example betteredmonton.org",
        ),
        Field::must(Entry::Address, "address", "IP address or name to log in to"),
        Field::choice(Entry::Tier, "tier", "space or arrows choose", TIERS),
        Field::may(Entry::User, "login user", "where it is not that of all hosts"),
        Field::may(Entry::Port, "SSH port", "where it is not that of all hosts"),
        Field::may(Entry::Groups, "groups", "with blanks between; changemaker_instances by itself"),
        Field::may(Entry::Repo, "repository", "where it is not that of all instances"),
        Field::may(Entry::Reference, "ref", "branch, tag or commit, where not that of all"),
    ]
}

fn import_fields() -> Vec<Field> {
    vec![
        Field::must(Entry::Host, "host", "its name in the inventory; it is added where it is new"),
        Field::may(Entry::Address, "address", "IP address or name; only for a host that is new"),
        Field::may(Entry::User, "login user", "where it is not that of all hosts"),
        Field::may(Entry::Port, "SSH port", "where it is not that of all hosts"),
        Field::choice(Entry::Tier, "tier", "space or arrows choose", TIERS),
        Field::may(Entry::Domain, "domain", "where .env does not say it"),
        Field::may(Entry::Dir, "folder", "of the checkout, where it is not that of all instances"),
        Field::may(Entry::Groups, "groups", "with blanks between; changemaker_instances by itself"),
    ]
}
