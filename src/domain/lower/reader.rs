//! Reading typed values of a host's variables.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::ids::{HostId, InvalidName};
use crate::domain::inventory::{Place, Problems, Reading, Variable, Variables};
use crate::domain::untrusted::Safe;

/// Reads one host's variables, remembers whether one could not be used, and says so at its place.
pub(super) struct Reader<'a> {
    pub(super) host: &'a HostId,
    /// Where the host is named, for what is missing.
    pub(super) at: &'a Place,
    vars: &'a Variables,
    /// The marks of all names in `vars`.
    marks: u64,
    problems: &'a mut Problems,
    failed: bool,
}

/// A name as one of 64 marks. Most of what is looked for is not set, and a host is asked for a hundred names: where the mark
/// is missing, the name is.
fn mark(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let at = |i: usize| bytes.get(i).map_or(0, |b| usize::from(*b));
    let n = bytes.len();
    1 << ((n * 7 + at(n / 2) * 3 + at(n.saturating_sub(1)) * 5) % 64)
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        host: &'a HostId,
        at: &'a Place,
        vars: &'a Variables,
        problems: &'a mut Problems,
    ) -> Self {
        let marks = vars.keys().fold(0, |marks, name| marks | mark(name));
        Self { host, at, vars, marks, problems, failed: false }
    }

    /// Whether something could not be used.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    pub(super) fn variable(&self, name: &str) -> Option<&'a Variable> {
        if self.marks & mark(name) == 0 { None } else { self.vars.get(name) }
    }

    /// Says that the value of `name` cannot be used.
    pub(super) fn refuse(&mut self, name: &str, message: String, hint: Option<&str>) {
        self.failed = true;
        let at = self.vars.get(name).map_or(self.at, |v| &v.var.at);
        self.problems.lose(self.host, at, message, hint);
    }

    /// Says that a variable is missing.
    pub(super) fn miss(&mut self, message: String, hint: &str) {
        self.failed = true;
        self.problems.lose(self.host, self.at, message, Some(hint));
    }

    pub(super) fn warn(&mut self, name: &str, message: String, hint: &str) {
        let at = self.vars.get(name).map_or(self.at, |v| &v.var.at);
        self.problems.warn(at, message, Some(hint));
    }

    /// The value of a variable: `None` where it is not set, is null, or cannot be used.
    pub(super) fn value(&mut self, name: &str) -> Option<&'a Value> {
        let (why, hint) = match &self.variable(name)?.var.reading {
            Reading::Plain(Value::Null) | Reading::Literal(Value::Null) => return None,
            Reading::Plain(value) | Reading::Literal(value) => return Some(value),
            Reading::Encrypted => (
                "it is encrypted by ansible-vault, which is not read here".to_owned(),
                "put it in plain text: it is needed and is no secret",
            ),
            Reading::Ambiguous => ("a key stands twice".to_owned(), "take one of the two out"),
            Reading::Template { why, .. } => {
                (why.clone(), "write the value itself, or {{ name }} of a variable of this host")
            }
        };
        self.refuse(name, format!("{name} cannot be used: {why}"), Some(hint));
        None
    }

    /// A text. A number or a truth value is refused: `1.10` without quotes is the number 1.1.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        match self.value(name)? {
            Value::String(text) => Some(text.trim()),
            Value::Number(_) | Value::Bool(_) => {
                let message = format!("{name} wants text, and this is a number or a truth value");
                self.refuse(name, message, Some("write it in quotes"));
                None
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                let message = format!("{name} wants text, and this is a list or a mapping");
                self.refuse(name, message, Some("write one value"));
                None
            }
        }
    }

    /// A text that must be a valid `T`.
    pub(super) fn parse<T: FromStr<Err = InvalidName>>(&mut self, name: &str) -> Option<T> {
        self.check(name, str::parse)
    }

    /// A text that `check` must accept.
    pub(super) fn check<T>(
        &mut self,
        name: &str,
        check: impl FnOnce(&str) -> Result<T, InvalidName>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let wrong = match check(text) {
            Ok(value) => return Some(value),
            Err(wrong) => wrong,
        };
        self.refuse_name(name, &wrong);
        None
    }

    pub(super) fn refuse_name(&mut self, name: &str, wrong: &InvalidName) {
        let message = format!("{name}: {:?} is no valid {}", wrong.text, wrong.what);
        self.refuse(name, message, Some(wrong.rule));
    }

    /// A truth value, also as Ansible reads it in text.
    pub(super) fn truth(&mut self, name: &str) -> Option<bool> {
        let value = self.value(name)?;
        let word = value.as_str().map(|t| t.trim().to_ascii_lowercase());
        match (value, word.as_deref()) {
            (Value::Bool(truth), _) => Some(*truth),
            (_, Some("true" | "yes" | "on" | "1")) => Some(true),
            (_, Some("false" | "no" | "off" | "0")) => Some(false),
            _ => {
                self.refuse(name, format!("{name} wants true or false"), None);
                None
            }
        }
    }

    /// A whole number in `range`, also as text.
    pub(super) fn whole(&mut self, name: &str, range: (u64, u64)) -> Option<u64> {
        let value = self.value(name)?;
        let number = value.as_u64().or_else(|| value.as_str().and_then(|t| t.trim().parse().ok()));
        let (least, most) = range;
        if let Some(number) = number.filter(|n| (least..=most).contains(n)) {
            return Some(number);
        }
        let message = format!("{name} wants a whole number from {least} to {most}");
        self.refuse(name, message, None);
        None
    }

    /// A number in `range`, also as text.
    pub(super) fn number(&mut self, name: &str, range: (f64, f64), hint: &str) -> Option<f64> {
        let value = self.value(name)?;
        let number = value.as_f64().or_else(|| value.as_str().and_then(|t| t.trim().parse().ok()));
        let (least, most) = range;
        if let Some(number) = number.filter(|n| *n >= least && *n <= most) {
            return Some(number);
        }
        self.refuse(name, format!("{name} wants a number from {least} to {most}"), Some(hint));
        None
    }

    /// A list of TCP ports.
    pub(super) fn ports(&mut self, name: &str, rule: &str) -> Option<Vec<u16>> {
        let Value::Array(items) = self.value(name)? else {
            let hint = format!("write a list, such as [80, 443]; each item: {rule}");
            self.refuse(name, format!("{name} wants a list"), Some(&hint));
            return None;
        };
        let port = |item: &Value| {
            item.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|port| *port > 0)
        };
        let ports: Option<Vec<u16>> = items.iter().map(port).collect();
        if ports.is_none() {
            self.refuse(name, format!("{name} has an item that cannot be used"), Some(rule));
        }
        ports
    }

    /// A list of things that read themselves.
    pub(super) fn items<T: DeserializeOwned>(&mut self, name: &str, hint: &str) -> Option<Vec<T>> {
        let Value::Array(items) = self.value(name)? else {
            self.refuse(name, format!("{name} wants a list"), Some(hint));
            return None;
        };
        let mut read = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            match serde_json::from_value(item.clone()) {
                Ok(thing) => read.push(thing),
                Err(error) => {
                    let what = Safe::line(&error.to_string());
                    let message = format!("{name}: entry {}: {what}", at + 1);
                    self.refuse(name, message, Some(hint));
                    return None;
                }
            }
        }
        Some(read)
    }

    /// A list of anything; `what` says of what.
    pub(super) fn values(&mut self, name: &str, what: &str) -> Option<&'a [Value]> {
        let Value::Array(items) = self.value(name)? else {
            let hint = format!("write a list, such as [a, b]: {what}");
            self.refuse(name, format!("{name} wants a list"), Some(&hint));
            return None;
        };
        Some(items)
    }

    /// A list of texts that `ok` accepts each.
    pub(super) fn list(
        &mut self,
        name: &str,
        rule: &str,
        ok: fn(&str) -> bool,
    ) -> Option<Vec<String>> {
        let Value::Array(items) = self.value(name)? else {
            let hint = format!("write a list, such as [a, b]; each item: {rule}");
            self.refuse(name, format!("{name} wants a list"), Some(&hint));
            return None;
        };
        let texts: Option<Vec<String>> =
            items.iter().map(|i| i.as_str().filter(|t| ok(t)).map(str::to_owned)).collect();
        if texts.is_none() {
            self.refuse(name, format!("{name} has an item that cannot be used"), Some(rule));
        }
        texts
    }
}
