//! What a template may name: the host's variables, with those filled that are templates themselves, and its secrets.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior, Value};

use super::markers::Markers;
use crate::domain::fleet::Host;
use crate::domain::secret::Secrets;

/// What filling may cost, in the engine's own steps: far above any `.env`, far below a second.
pub(super) const FUEL: u64 = 500_000;
/// How many references a value may be away from its text.
const MAX_DEPTH: usize = 16;

/// Names with their values; secrets as marks.
pub(super) struct Known {
    pub(super) values: BTreeMap<String, Value>,
    /// Variables that are templates which could not be filled, with the reason.
    pub(super) unfilled: BTreeMap<String, String>,
}

/// Gathers them.
pub(super) fn known(host: &Host, secrets: &Secrets, markers: &Markers) -> Known {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    values.insert("inventory_hostname".to_owned(), Value::from(host.id.as_str()));
    let groups: Vec<String> = host.groups.iter().map(ToString::to_string).collect();
    values.insert("group_names".to_owned(), Value::from(groups));
    let mut waiting: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &host.vars {
        match value.as_str() {
            Some(text) if is_template(text) => waiting.push((name, text)),
            _ if value.is_null() => {}
            _ => {
                values.insert(name.to_string(), Value::from(Serde(value)));
            }
        }
    }
    for name in secrets.keys() {
        values.insert(name.to_string(), Value::from(markers.of(name)));
    }
    // Ansible fills lazily; here every round fills those whose names are all known by then.
    let engine = engine();
    let mut unfilled = BTreeMap::new();
    for _ in 0..MAX_DEPTH {
        let before = waiting.len();
        unfilled.clear();
        waiting.retain(|(name, text)| match engine.render_str(text, &values) {
            Ok(filled) => {
                values.insert((*name).to_owned(), Value::from(filled));
                false
            }
            Err(error) => {
                unfilled.insert((*name).to_owned(), why(&engine, text, &values, &error));
                true
            }
        });
        if waiting.is_empty() || waiting.len() == before {
            break;
        }
    }
    Known { values, unfilled }
}

/// Why a variable cannot be filled: the names that it wants and nothing defines, else the engine's words.
fn why(
    engine: &Environment<'_>,
    text: &str,
    values: &BTreeMap<String, Value>,
    error: &Error,
) -> String {
    let read = engine.template_from_str(text);
    let names = read.map(|t| t.undeclared_variables(false)).unwrap_or_default();
    let mut names: Vec<String> = names.into_iter().filter(|n| !values.contains_key(n)).collect();
    names.sort();
    if names.is_empty() {
        error.kind().to_string()
    } else {
        format!("it names {}", names.join(", "))
    }
}

fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// Strict: what is not defined is an error.
pub(super) fn engine<'s>() -> Environment<'s> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    engine
}
