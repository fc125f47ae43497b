//! What the `.env` of a hand-made instance comes to: secrets for the vault, variables for the inventory, and what
//! neither knows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::dotenv::{self, DotEnv, Entry};
use crate::domain::fleet::Host;
use crate::domain::secret::catalogue::KNOWN;
use crate::domain::secret::{Secret, SecretName, Secrets};
use crate::workflows::env::{Desired, Template, TemplateError, render};

/// What was found in a `.env`, by name. Only `secrets` and `variables` hold values, and `variables` none that is secret.
pub struct Found {
    /// For the vault.
    pub secrets: Secrets,
    /// For `host_vars`: what differs from what the inventory gives anyway.
    pub variables: BTreeMap<String, Value>,
    /// Variables whose values are as the inventory makes them.
    pub same: Vec<String>,
    /// Variables of `.env` that the template does not know, or that no inventory variable can carry. They are left as
    /// they are on the host.
    pub unknown: Vec<String>,
    /// Secrets that every instance of ours has and `.env` does not: they are made, and are in force once `.env` has them.
    pub missing: Vec<SecretName>,
    /// Variables of the template that `.env` does not have. The application's own defaults hold for them, and they are left out.
    pub left_out: Vec<String>,
    /// Variables of `.env` that `configure` would change after the import.
    pub differs: Vec<String>,
}

/// Sorts what a `.env` holds. `host` is as the inventory has it, before the import.
pub fn sort(file: &DotEnv, template: &Template, host: &Host) -> Result<Found, TemplateError> {
    let sources = sources(&template.text);
    let mut secrets = Secrets::new();
    for entry in file.entries() {
        let name = sources.get(entry.name.as_str()).and_then(|s| s.parse::<SecretName>().ok());
        if let (Some(name), Some(value)) = (name, value(entry)) {
            secrets.insert(name, Secret::new(value.to_owned()));
        }
    }
    let mut stand_ins = secrets.clone();
    let mut missing = Vec::new();
    for row in KNOWN.iter().filter(|row| row.always) {
        if let Ok(name) = row.name.parse::<SecretName>()
            && !secrets.contains_key(&name)
        {
            stand_ins.insert(name.clone(), Secret::new("made later".to_owned()));
            missing.push(name);
        }
    }
    let before = render(template, host, &stand_ins)?;
    let mut found = Found {
        secrets,
        variables: BTreeMap::new(),
        same: Vec::new(),
        unknown: Vec::new(),
        missing,
        left_out: Vec::new(),
        differs: Vec::new(),
    };
    for entry in file.entries() {
        found.take(entry, &before, &sources);
    }
    let mut after = host.clone();
    let as_found =
        found.variables.iter().map(|(name, value)| (name.as_str().into(), value.clone()));
    after.vars.extend(as_found);
    (found.left_out, found.differs) = differs(file, &render(template, &after, &stand_ins)?);
    Ok(found)
}

impl Found {
    fn take(&mut self, entry: &Entry, wanted: &Desired, sources: &BTreeMap<&str, &str>) {
        let name = entry.name.clone();
        if fingerprint(entry) == of(wanted, &name) {
            self.same.push(name);
            return;
        }
        let source =
            sources.get(name.as_str()).filter(|s| s.starts_with("cml_") && **s != "cml_domain");
        match (source, value(entry)) {
            (Some(source), Some(text)) if !text.contains("{{") && !text.contains("{%") => {
                self.variables.insert((*source).to_owned(), Value::from(text));
            }
            _ => self.unknown.push(name),
        }
    }
}

/// A value that can be taken over: one that is there and names no other variable.
fn value(entry: &Entry) -> Option<&str> {
    entry.value.as_deref().filter(|text| !text.is_empty() && !entry.interpolates)
}

fn fingerprint(entry: &Entry) -> Option<String> {
    entry.value.as_deref().map(|value| dotenv::fingerprint(&entry.name, value))
}

fn of(wanted: &Desired, name: &str) -> Option<String> {
    wanted.variables.iter().rev().find(|v| v.name == name).map(|v| v.fingerprint.clone())
}

/// Variables that the file does not have, and those that stand in it otherwise than they would be.
fn differs(file: &DotEnv, wanted: &Desired) -> (Vec<String>, Vec<String>) {
    let there: BTreeMap<&str, Option<String>> =
        file.entries().map(|e| (e.name.as_str(), fingerprint(e))).collect();
    let (mut left_out, mut differs) = (Vec::new(), Vec::new());
    for want in &wanted.variables {
        match there.get(want.name.as_str()) {
            None => left_out.push(want.name.clone()),
            Some(has) if has.as_ref() != Some(&want.fingerprint) => differs.push(want.name.clone()),
            Some(_) => {}
        }
    }
    (left_out, differs)
}

/// Which inventory variable or secret fills a variable of `.env`: from lines of the form `NAME={{ source ... }}`.
fn sources(template: &str) -> BTreeMap<&str, &str> {
    let one = |line| -> Option<(&str, &str)> {
        let (name, rest): (&str, &str) = str::split_once(line, '=')?;
        let inside = rest.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (source, rest) = inside.split_at(end.unwrap_or(inside.len()));
        let rest = rest.trim_start();
        let plain = rest.is_empty() || rest.starts_with("| default(");
        let name_ok =
            name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        (plain && name_ok).then_some((name, source))
    };
    template.lines().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_where_each_variable_comes_from() {
        let all = sources(crate::workflows::env::EMBEDDED);
        assert_eq!(all.get("POSTGRES_PASSWORD"), Some(&"vault_postgres_password"));
        assert_eq!(all.get("API_PORT"), Some(&"cml_api_port"));
        assert!(all.len() > 60, "{}", all.len());
        assert_eq!(sources("# X={{ y }}\nA={{ b }}-{{ c }}\nB={{ x | join }}\n"), BTreeMap::new());
    }
}
