//! Simple templates in values: `{{ name }}` of another variable of the same host.
//!
//! Anything more (filters, expressions, blocks, facts) stays as it is written; whoever needs such a
//! value says so. A reference to a secret is never resolved, so that no secret spreads into other
//! variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::problems::Problems;
use super::variable::{Reading, Variables, is_secret_name};
use crate::domain::ids::HostId;

/// How many references a value may be away from its text.
const MAX_DEPTH: usize = 16;
/// How long a resolved text may become, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// Resolves the templates of a host's variables in place. `builtin` gives Ansible's own, such as
/// `inventory_hostname`, where there is a template at all. References in a circle are a problem.
pub fn resolve(
    host: &HostId,
    vars: &mut Variables,
    builtin: impl FnOnce() -> BTreeMap<String, Value>,
    problems: &mut Problems,
) {
    let names: Vec<Arc<str>> = vars
        .iter()
        .filter(|(_, v)| matches!(&v.var.reading, Reading::Plain(value) if has_template(value)))
        .map(|(name, _)| Arc::clone(name))
        .collect();
    if names.is_empty() {
        return;
    }
    let builtin = builtin();
    let mut solver = Solver { vars, builtin: &builtin, done: BTreeMap::new() };
    for name in &names {
        // The outcome is kept in `done`.
        let _kept = solver.value_of(name, &mut Vec::new());
    }
    let done = solver.done;
    for (name, outcome) in done {
        let Some(variable) = vars.get_mut(name.as_str()) else { continue };
        let Reading::Plain(raw) = &variable.var.reading else { continue };
        let raw = raw.clone();
        let reading = match outcome {
            Ok(value) => {
                variable.written = Some(raw).filter(|raw| *raw != value);
                Reading::Plain(value)
            }
            Err(left) => {
                if let Left::Circle(of) = &left {
                    let hint =
                        format!("write the value of one of them out ({host} has the circle)");
                    let message = format!("{name} refers to itself: {of}");
                    problems.error(&variable.var.at, message, Some(&hint));
                }
                Reading::Template { raw, why: left.why() }
            }
        };
        // Other hosts share it, and fill the same template with values of their own.
        Arc::make_mut(&mut variable.var).reading = reading;
    }
}

/// Why a template was left as it is.
#[derive(Debug, Clone)]
enum Left {
    Complex,
    Unknown(String),
    Secret(String),
    Circle(String),
    TooLong,
    NoText(String),
}

impl Left {
    fn why(&self) -> String {
        match self {
            Self::Complex => "it has a template other than plain {{ name }}".to_owned(),
            Self::Unknown(name) => format!("it refers to {name}, which is not defined"),
            Self::Secret(name) => format!("it refers to {name}, which is a secret"),
            Self::Circle(of) => format!("it refers to itself: {of}"),
            Self::TooLong => "it becomes too long".to_owned(),
            Self::NoText(name) => format!("it refers to {name}, which is no single value"),
        }
    }
}

struct Solver<'a> {
    vars: &'a Variables,
    builtin: &'a BTreeMap<String, Value>,
    done: BTreeMap<String, Result<Value, Left>>,
}

impl Solver<'_> {
    fn value_of(&mut self, name: &str, way: &mut Vec<String>) -> Result<Value, Left> {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let Some(variable) = self.vars.get(name) else {
            return self.builtin.get(name).cloned().ok_or_else(|| Left::Unknown(name.to_owned()));
        };
        let raw = match &variable.var.reading {
            _ if is_secret_name(name) && !way.is_empty() => {
                return Err(Left::Secret(name.to_owned()));
            }
            Reading::Encrypted => return Err(Left::Secret(name.to_owned())),
            Reading::Ambiguous => return Err(Left::Unknown(name.to_owned())),
            Reading::Literal(value) => return Ok(value.clone()),
            Reading::Plain(value) | Reading::Template { raw: value, .. } => value,
        };
        if way.len() >= MAX_DEPTH || way.iter().any(|n| n == name) {
            let circle: Vec<&str> = way.iter().map(String::as_str).chain([name]).collect();
            return Err(Left::Circle(circle.join(" -> ")));
        }
        way.push(name.to_owned());
        let outcome = self.fill(raw, way);
        way.pop();
        // What was found while inside a circle depends on where the circle was entered.
        if way.is_empty() || !matches!(outcome, Err(Left::Circle(_))) {
            self.done.insert(name.to_owned(), outcome.clone());
        }
        outcome
    }

    fn fill(&mut self, value: &Value, way: &mut Vec<String>) -> Result<Value, Left> {
        match value {
            Value::String(text) => self.fill_text(text, way),
            Value::Array(items) => {
                items.iter().map(|i| self.fill(i, way)).collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(map) => {
                let filled: Result<Map<String, Value>, Left> =
                    map.iter().map(|(k, v)| Ok((k.clone(), self.fill(v, way)?))).collect();
                filled.map(Value::Object)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        }
    }

    fn fill_text(&mut self, text: &str, way: &mut Vec<String>) -> Result<Value, Left> {
        let parts = parts(text).ok_or(Left::Complex)?;
        if let [Part::Name(name)] = parts.as_slice() {
            return self.value_of(name, way);
        }
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Name(name) => out.push_str(&as_text(name, &self.value_of(name, way)?)?),
            }
            if out.len() > MAX_TEXT {
                return Err(Left::TooLong);
            }
        }
        Ok(Value::String(out))
    }
}

/// A value inside a text, as Ansible writes it.
fn as_text(name: &str, value: &Value) -> Result<String, Left> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("True".to_owned()),
        Value::Bool(false) => Ok("False".to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Left::NoText(name.to_owned())),
    }
}

enum Part<'t> {
    Text(&'t str),
    Name(&'t str),
}

/// Text and names in turn; `None` where there is more than plain names.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    if text.contains("{%") || text.contains("{#") {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, behind) = after.split_once("}}")?;
        if !before.is_empty() {
            out.push(Part::Text(before));
        }
        out.push(Part::Name(plain_name(inside)?));
        rest = behind;
    }
    if !rest.is_empty() {
        out.push(Part::Text(rest));
    }
    Some(out)
}

fn plain_name(inside: &str) -> Option<&str> {
    let name = inside.trim();
    let first = name.chars().next()?;
    let words = ["true", "false", "none", "True", "False", "None", "not", "omit"];
    let ok = (first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !words.contains(&name);
    ok.then_some(name)
}

fn has_template(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let opens =
                |at: usize| text.get(at + 1..).is_some_and(|t| t.starts_with(['{', '%', '#']));
            text.match_indices('{').any(|(at, _)| opens(at))
        }
        Value::Array(items) => items.iter().any(has_template),
        Value::Object(map) => map.values().any(has_template),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
