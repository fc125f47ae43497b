//! References to secrets that no vault holds: found in the inventory's files, without a key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{Keyring, Owner, VaultFile};
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::{Loaded, Place, Reading, Variable};
use crate::domain::untrusted::Safe;

/// How many hosts a message names before it counts them.
const NAMED: usize = 3;

/// A warning for each `{{ vault_x }}` of a host whose vault and whose groups' vaults do not hold it, where it stands.
pub fn missing_secrets(inventory: &Path, loaded: &Loaded, keys: &Keyring) -> Vec<Diagnostic> {
    let Some(fleet) = &loaded.fleet else { return Vec::new() };
    let mut vaults = Vaults { inventory, keys, known: BTreeMap::new() };
    let mut found: BTreeMap<(Place, String), Vec<&HostId>> = BTreeMap::new();
    let all: Option<GroupName> = "all".parse().ok();
    let used = fleet.hosts.iter().map(|h| (&h.id, &h.groups));
    for (id, groups) in used.chain(fleet.left_out.iter().map(|h| (&h.id, &h.groups))) {
        let Some(variables) = loaded.variables.get(id) else { continue };
        for variable in variables.values() {
            for name in wanted(variable) {
                let mut owners = std::iter::once(Owner::Host(id.clone()))
                    .chain(groups.iter().chain(&all).cloned().map(Owner::Group));
                let held =
                    variables.contains_key(name.as_str()) || owners.any(|o| vaults.hold(&o, &name));
                if !held {
                    found.entry((variable.var.at.clone(), name)).or_default().push(id);
                }
            }
        }
    }
    found.into_iter().map(|((at, name), hosts)| told(&at, &name, &hosts)).collect()
}

fn told(at: &Place, name: &str, hosts: &[&HostId]) -> Diagnostic {
    let named: Vec<&str> = hosts.iter().take(NAMED).map(|h| h.as_str()).collect();
    let more = match hosts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let owner = named.first().copied().unwrap_or("HOST");
    let owner = if hosts.len() > 1 { "GROUP" } else { owner };
    Diagnostic {
        severity: Severity::Warning,
        file: Safe::line(&at.file),
        line: at.line,
        column: at.column,
        message: Safe::line(&format!(
            "it names {name}, which no vault of {}{more} holds, nor one of their groups",
            named.join(", ")
        )),
        hint: Some(Safe::line(&format!("set it: bunker vault set {owner} {name}"))),
    }
}

/// The names of vaults, each read once. One that cannot be read is taken to hold everything: `bunker vault verify`
/// says what is wrong with it.
struct Vaults<'a> {
    inventory: &'a Path,
    keys: &'a Keyring,
    known: BTreeMap<String, Option<BTreeSet<String>>>,
}

impl Vaults<'_> {
    fn hold(&mut self, owner: &Owner, name: &str) -> bool {
        let file = VaultFile::of(self.inventory, owner, self.keys);
        let key = file.path().to_string_lossy().into_owned();
        let names = self.known.entry(key).or_insert_with(|| {
            let document = file.look().ok()?.unwrap_or_default();
            Some(document.secrets.keys().map(ToString::to_string).collect())
        });
        names.as_ref().is_none_or(|names| names.contains(name))
    }
}

/// The secrets that a variable names and has no other value for.
fn wanted(variable: &Variable) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match &variable.var.reading {
        Reading::Template { raw, .. } => collect(raw, &mut names),
        Reading::Plain(_) | Reading::Literal(_) | Reading::Encrypted | Reading::Ambiguous => {}
    }
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => names.extend(named(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(map) => map.values().for_each(|item| collect(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Names that begin with `vault_` within `{{ }}`; an expression with a default, or a test, can do without.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split("{{").skip(1) {
        let inside = part.split("}}").next().unwrap_or_default();
        if inside.contains("default") || inside.contains("defined") || inside.contains("lookup") {
            continue;
        }
        let words = inside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        names.extend(words.filter(|w| w.starts_with("vault_")).map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_nothing_else_stands_for_them() {
        for (text, names) in [
            ("{{ vault_a }}", &["vault_a"][..]),
            ("x{{vault_a}}y{{ vault_b ~ 'c' }}", &["vault_a", "vault_b"]),
            ("{{ vault_a | default('') }}", &[]),
            ("{{ 'x' if vault_a is defined else 'y' }}", &[]),
            ("vault_a", &[]),
            ("{{ my_vault_a }}", &[]),
        ] {
            assert_eq!(named(text), names, "{text}");
        }
    }
}
