//! JSON Schemas of the inventory's files, so that an editor tells a wrong value while it is written.

mod shape;
mod table;

pub use shape::{Shape, Text};

use serde_json::{Map, Value, json};

use crate::domain::lower;
use crate::domain::secret::catalogue::KNOWN;

/// A variable that the template of `.env` reads, beside those of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the inventory or in the vault.
    pub name: String,
    /// The variable of `.env` that it fills.
    pub fills: String,
    /// What stands there without it, as the template says it.
    pub default: Option<String>,
}

/// The files with their schemas: `hosts.json` for the list of hosts, `host.json` for `host_vars` and the `group_vars` of a
/// group, `policy.json` for `group_vars/all`.
pub fn schemas(settings: &[Setting]) -> [(&'static str, Value); 3] {
    let host = variables(settings, false);
    let all = variables(settings, true);
    [
        ("hosts.json", hosts(&host, &all)),
        ("host.json", alone("Variables of a host or a group", &host)),
        ("policy.json", alone("Policy of the fleet, and what all hosts share", &all)),
    ]
}

fn definitions() -> Value {
    json!({ "template": shape::template() })
}

fn head(title: &str) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    out.insert("$comment".to_owned(), json!("Made by `bunker inventory schema`."));
    out.insert("title".to_owned(), json!(title));
    out
}

/// The schema of a file of variables: it may be empty.
fn alone(title: &str, variables: &Value) -> Value {
    let mut out = head(title);
    out.insert("definitions".to_owned(), definitions());
    out.insert("anyOf".to_owned(), json!([variables, { "type": "null" }]));
    Value::Object(out)
}

/// A mapping of variables. The application's template and Ansible have names of their own; `bunker_*` is ours alone.
fn variables(settings: &[Setting], fleet_wide: bool) -> Value {
    let mut known = Map::new();
    for (name, schema, about) in table::rows() {
        let misplaced = lower::is_fleet_wide(name) && !fleet_wide;
        let schema = if misplaced {
            json!({ "not": {}, "description": format!("{about}; counts for the whole fleet: set it in group_vars/all") })
        } else {
            schema.schema(about)
        };
        known.insert((*name).to_owned(), schema);
    }
    for row in KNOWN {
        let about = format!("{}; it belongs into the vault: `bunker vault set`", row.purpose);
        known.insert(row.name.to_owned(), json!({ "description": about }));
    }
    for setting in settings {
        let default = setting.default.as_ref().map(|d| format!("; by default {d}"));
        let about = format!("{} in .env{}", setting.fills, default.unwrap_or_default());
        let shape = if setting.name.starts_with("vault_") { Shape::Any } else { Shape::Single };
        known.entry(setting.name.clone()).or_insert_with(|| shape.schema(&about));
    }
    let ours: Vec<String> = known.keys().filter(|n| n.starts_with("bunker_")).cloned().collect();
    json!({
        "type": "object",
        "properties": known,
        // One that is misspelt would count for nothing.
        "propertyNames": { "anyOf": [{ "not": { "pattern": "^bunker_" } }, { "enum": ours }] },
    })
}

/// The list of hosts: groups of `hosts`, `children` and `vars`.
fn hosts(host: &Value, all: &Value) -> Value {
    let mut out = head("Hosts and groups of an inventory");
    let or_nothing = |schema: Value| json!({ "anyOf": [schema, { "type": "null" }] });
    // Of names, one alone may stand there as a word.
    let named = |schema: Value| json!({ "anyOf": [schema, { "type": ["null", "string"] }] });
    let members =
        |of: &str| named(json!({ "type": "object", "additionalProperties": { "$ref": of } }));
    let group = |vars: &str| {
        or_nothing(json!({
            "type": "object",
            "properties": {
                "hosts": members("#/definitions/host"),
                "children": { "$ref": "#/definitions/groups" },
                "vars": or_nothing(json!({ "$ref": vars })),
            },
            "additionalProperties": false,
        }))
    };
    let name = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$";
    let groups = json!({
        "type": "object",
        "properties": { "all": { "$ref": "#/definitions/all" } },
        "propertyNames": { "pattern": name },
        "additionalProperties": { "$ref": "#/definitions/group" },
    });
    let definitions = json!({
        "template": shape::template(),
        "variables": host,
        "policy": all,
        "host": or_nothing(json!({ "$ref": "#/definitions/variables" })),
        "group": group("#/definitions/variables"),
        "all": group("#/definitions/policy"),
        "groups": named(groups.clone()),
    });
    out.insert("definitions".to_owned(), definitions);
    if let Value::Object(groups) = groups {
        out.extend(groups);
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_variable_that_is_understood_has_a_row_and_every_row_is_understood() {
        let rows: Vec<&str> = table::rows().map(|(name, _, _)| *name).collect();
        let unique: BTreeSet<&str> = rows.iter().copied().collect();
        assert_eq!(unique.len(), rows.len(), "a name stands twice in src/domain/schema/table.rs");
        for name in lower::known_names() {
            assert!(
                unique.contains(name),
                "{name} is in src/domain/lower/names.rs and has no row in src/domain/schema/table.rs: add it there, as \
                 (\"{name}\", what it may hold, \"what it is for\"), then run `BUNKER_BLESS=1 cargo test --test it schema`"
            );
        }
        // Other names of the same thing, and what is told to be of no use, are rows only.
        let known: BTreeSet<&str> = lower::known_names().collect();
        for name in unique.iter().filter(|name| !name.starts_with("ansible_")) {
            assert!(
                known.contains(name),
                "{name} has a row and is not in src/domain/lower/names.rs"
            );
        }
    }
}
