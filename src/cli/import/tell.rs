//! What was found on a host, for people and as JSON. No value of a secret is in it.

use serde_json::{Value, json};

use super::super::Context;
use super::super::exit::Trouble;
use super::super::instance::add;
use super::super::output::{print, print_json};
use super::args::ImportArgs;
use crate::adapters::inventory::Scaffold;
use crate::domain::fleet::Host;
use crate::domain::secret::{Secret, SecretName};
use crate::domain::untrusted::Safe;
use crate::workflows::import::Found;

/// Shows it.
pub(super) fn found(
    context: &Context,
    args: &ImportArgs,
    host: &Host,
    found: &Found,
    scaffold: Option<&Scaffold>,
) -> Result<(), Trouble> {
    if context.json {
        let hashes: serde_json::Map<String, Value> = found
            .secrets
            .iter()
            .map(|(name, secret)| (name.to_string(), Value::from(secret.hash8(name))))
            .collect();
        return print_json(&json!({
            "host": host.id,
            "check": args.check,
            "new_in_inventory": scaffold.is_some(),
            "secrets": hashes,
            "made": found.missing,
            "variables": found.variables.keys().collect::<Vec<_>>(),
            "as_the_inventory_has_it": found.same,
            "unknown": found.unknown,
            "left_out": found.left_out,
            "configure_would_change": found.differs,
        }));
    }
    let mut lines = vec![format!("found in .env on {}", host.id)];
    let secret =
        |(name, value): (&SecretName, &Secret)| format!("  {name}  ({})", value.hash8(name));
    lines.extend(list("secrets, for the vault", found.secrets.iter().map(secret)));
    lines.extend(list(
        "secrets that it lacks, which are made",
        found.missing.iter().map(|n| format!("  {n}")),
    ));
    lines.extend(list(
        "differs from the inventory, for host_vars",
        found.variables.keys().map(|n| format!("  {n}")),
    ));
    lines.push(format!("as the inventory has it: {} variables", found.same.len()));
    lines.extend(list(
        "not known to the template; left on the host",
        found.unknown.iter().map(|n| format!("  {n}")),
    ));
    if !found.left_out.is_empty() {
        lines.push(format!(
            "goes on without: {} variables of the template, the application's own defaults hold",
            found.left_out.len()
        ));
    }
    let would = "configure would change after the import";
    lines.extend(list(would, found.differs.iter().map(|n| format!("  {n}"))));
    lines.push(String::new());
    let ended = lines.iter().flat_map(|line| [Safe::line(line).to_string(), "\n".to_owned()]);
    let mut text: String = ended.collect();
    if let Some(scaffold) = scaffold {
        text.push_str(&add::text(scaffold, &[], false));
    }
    print(&text)
}

/// A heading with its lines; nothing where there are none.
fn list(head: &str, lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        lines.insert(0, format!("{head}: {}", lines.len()));
    }
    lines
}
