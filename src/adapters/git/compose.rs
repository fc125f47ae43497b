//! Which services of the compose files changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::domain::untrusted::Safe;

/// Services of the target whose definition is new or different, or whose build context holds a file
/// that changed. Compose files that cannot be parsed are said instead of being taken for unchanged.
pub(super) fn changed_services(
    before: &[String],
    after: &[String],
    touched: &[String],
) -> Vec<Safe> {
    let (Some(before), Some(after)) = (services(before), services(after)) else {
        return vec![Safe::line("cannot be told: the compose file is not valid YAML")];
    };
    let mut changed = BTreeSet::new();
    for (name, definition) in &after {
        let context = definition.iter().rev().find_map(context);
        let rebuilt = context.is_some_and(|c| touched.iter().any(|file| is_below(file, &c)));
        if before.get(name) != Some(definition) || rebuilt {
            changed.insert(Safe::line(name));
        }
    }
    changed.into_iter().collect()
}

/// The definitions of each service, one per file that has one.
fn services(texts: &[String]) -> Option<BTreeMap<String, Vec<Value>>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for text in texts {
        let file: Value = serde_yaml::from_str(text).ok()?;
        for (name, definition) in file.get("services").and_then(Value::as_object)? {
            found.entry(name.clone()).or_default().push(definition.clone());
        }
    }
    Some(found)
}

/// The folder that a service is built from, relative to the checkout; empty for the checkout itself.
fn context(definition: &Value) -> Option<String> {
    let build = definition.get("build")?;
    let folder =
        build.as_str().or_else(|| build.get("context").and_then(Value::as_str)).unwrap_or(".");
    Some(folder.trim_start_matches("./").trim_matches('/').trim_start_matches('.').to_owned())
}

fn is_below(file: &str, folder: &str) -> bool {
    folder.is_empty()
        || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') || rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_changed_by_its_definition_or_by_its_context() {
        let before = "services:\n  api:\n    build: {context: ., dockerfile: api/Dockerfile}\n  db:\n    build: db\n  cache:\n    image: redis:7\n";
        let after = "services:\n  api:\n    build: {context: ., dockerfile: api/Dockerfile}\n  db:\n    build: ./db\n  cache:\n    image: redis:8\n  mail:\n    image: mail\n";
        let list = |a: &str, b: &str, touched: &[&str]| {
            let touched: Vec<String> = touched.iter().map(ToString::to_string).collect();
            changed_services(&[a.to_owned()], &[b.to_owned()], &touched)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(list(before, before, &["README.md"]), ["api"]);
        assert_eq!(list(before, before, &["db/Dockerfile"]), ["api", "db"]);
        assert_eq!(list(before, before, &[]), [""; 0]);
        assert_eq!(list(before, after, &[]), ["cache", "db", "mail"]);
        assert_eq!(
            list(before, "a: [", &[]),
            ["cannot be told: the compose file is not valid YAML"]
        );
    }
}
