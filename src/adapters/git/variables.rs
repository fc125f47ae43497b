//! Variables that a release asks for and the one before did not.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::plan::NewVariable;
use crate::domain::untrusted::Safe;

/// Variables that are new in `.env.example`, and those without which the compose files do not start
/// (`${NAME:?…}`) that were not needed before. Names that are no variable names are left out.
pub(super) fn new_ones(
    example_before: &str,
    example_after: &str,
    compose_before: &[String],
    compose_after: &[String],
) -> Vec<NewVariable> {
    let (before, after) = (assignments(example_before), assignments(example_after));
    let needed_before: BTreeSet<String> = compose_before.iter().flat_map(|t| needed(t)).collect();
    let needed_after: BTreeSet<String> = compose_after.iter().flat_map(|t| needed(t)).collect();
    let new_in_example = after.keys().filter(|name| !before.contains_key(*name));
    let newly_needed = needed_after.difference(&needed_before);
    let names: BTreeSet<&String> = new_in_example.chain(newly_needed).collect();
    names
        .into_iter()
        .map(|name| {
            let default = after.get(name).filter(|value| !value.is_empty());
            NewVariable {
                name: Safe::line(name),
                default: default.map(|value| Safe::line(value)),
                required: default.is_none() || needed_after.contains(name),
            }
        })
        .collect()
}

/// `NAME=value` lines; quotes around a value and a comment behind it are taken off.
fn assignments(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim();
        if is_name(name) {
            found.insert(name.to_owned(), plain(value.trim()).to_owned());
        }
    }
    found
}

fn plain(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|v| v.split_once(quote)) {
            return inner;
        }
    }
    match value.find(" #") {
        Some(at) => value.get(..at).unwrap_or(value).trim_end(),
        None if value.starts_with('#') => "",
        None => value,
    }
}

/// Names in `${NAME:?…}` and `${NAME?…}`; `$$` is Compose's escape.
fn needed(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("${") {
        let escaped = text
            .get(..at)
            .is_some_and(|before| before.bytes().rev().take_while(|b| *b == b'$').count() % 2 == 1);
        let rest = text.get(at + 2..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !escaped && is_name(name) && (after.starts_with(":?") || after.starts_with('?')) {
            found.insert(name.to_owned());
        }
    }
    found
}

fn is_name(name: &str) -> bool {
    crate::steps::preflight::is_variable(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_variables_say_whether_the_target_runs_without_them() {
        let before = "A=1\nB=\n";
        let after = "# text\nA=1\nB=\nexport MAIL_RATE=30 # a minute\nTOKEN=\nQUOTED=\"x # y\"\nbad name=1\nFOO-BAR=2\n";
        let compose_before = vec!["x: ${A:?set A}".to_owned()];
        let compose_after =
            vec!["x: ${A:?set A} ${B?} $${C:?no} ${MAIL_RATE:-30} ${QUOTED:?q}".to_owned()];
        let found = new_ones(before, after, &compose_before, &compose_after);
        let rows: Vec<(&str, Option<&str>, bool)> = found
            .iter()
            .map(|v| (v.name.as_str(), v.default.as_ref().map(Safe::as_str), v.required))
            .collect();
        assert_eq!(
            rows,
            [
                ("B", None, true),
                ("MAIL_RATE", Some("30"), false),
                ("QUOTED", Some("x # y"), true),
                ("TOKEN", None, true),
            ]
        );
    }
}
