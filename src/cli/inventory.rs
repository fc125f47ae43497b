//! `bunker inventory list`, `vars` and `check`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Context;
use super::args::InventoryVerb;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::{fleet, wiring};
use crate::adapters::inventory::load;
use crate::adapters::vault::{missing_secrets, tell_with_vaults};
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::{Loaded, Reading, Shown, Variable, VariableTold, Variables};
use crate::domain::suggest::nearest;
use crate::domain::untrusted::Safe;

/// What stands for a value that is never shown.
const SECRET: &str = "<secret>";
/// How much of a value a line shows, in characters.
const SHOWN: usize = 100;

pub(super) fn run(context: &Context, verb: &InventoryVerb) -> Result<Exit, Trouble> {
    match verb {
        InventoryVerb::List { limit } => list(context, limit.as_deref()),
        InventoryVerb::Vars { host } => vars(context, host),
        InventoryVerb::Check => check(context),
        InventoryVerb::Init(args) => super::inventory_init::run(context, args),
        InventoryVerb::Schema { dir } => super::schema::run(context, dir.as_deref()),
    }
}

fn list(context: &Context, limit: Option<&str>) -> Result<Exit, Trouble> {
    let (fleet, loaded) = fleet::loaded(context)?;
    fleet::tell(&fleet, &loaded.diagnostics);
    let hosts = fleet::limited(&fleet, limit)?;
    if context.json {
        print_json(&as_ansible(&fleet, &hosts, &loaded))?;
    } else {
        print(&columns(&rows(&hosts)))?;
    }
    Ok(Exit::Ok)
}

fn rows(hosts: &[&Host]) -> Vec<Vec<String>> {
    let head = ["HOST", "ADDRESS", "DOMAIN", "TIER", "REF", "GROUPS"];
    let row = |host: &&Host| {
        let at = &host.connection;
        let user = at.user.as_ref().map(|u| format!("{u}@")).unwrap_or_default();
        let port = at.port.map(|p| format!(":{p}")).unwrap_or_default();
        let settings = host.instance.as_ref();
        let of = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        vec![
            host.id.to_string(),
            format!("{user}{}{port}", at.address),
            of(settings.map(|s| s.domain.to_string())),
            of(settings.map(|s| u8::from(s.tier).to_string())),
            of(settings.map(|s| s.reference.to_string())),
            host.groups.iter().map(GroupName::as_str).collect::<Vec<_>>().join(","),
        ]
    };
    std::iter::once(head.map(str::to_owned).to_vec()).chain(hosts.iter().map(row)).collect()
}

/// The shape of `ansible-inventory --list`, with its values: as they are written, templates unresolved.
fn as_ansible(fleet: &Fleet, hosts: &[&Host], loaded: &Loaded) -> Value {
    let chosen: BTreeSet<&HostId> = hosts.iter().map(|h| &h.id).collect();
    let mut out = Map::new();
    let vars = |id: &HostId| loaded.variables.get(id).map(json_vars).unwrap_or_default();
    let hostvars: Map<String, Value> =
        hosts.iter().map(|h| (h.id.to_string(), Value::Object(vars(&h.id)))).collect();
    out.insert("_meta".to_owned(), json!({ "hostvars": hostvars }));
    let below: BTreeSet<&GroupName> = fleet.groups.values().flat_map(|g| &g.children).collect();
    let top = fleet.groups.keys().filter(|g| !below.contains(g)).map(GroupName::as_str);
    // Ansible names it even where it is empty.
    let named = loaded.below_all.iter().map(GroupName::as_str);
    let top: BTreeSet<&str> = top.chain(named).chain(["ungrouped"]).collect();
    out.insert("all".to_owned(), json!({ "children": top }));
    for (name, group) in &fleet.groups {
        let mut entry = Map::new();
        let members: Vec<&str> =
            group.hosts.iter().filter(|h| chosen.contains(h)).map(HostId::as_str).collect();
        if !members.is_empty() {
            entry.insert("hosts".to_owned(), json!(members));
        }
        if !group.children.is_empty() {
            entry.insert("children".to_owned(), json!(group.children));
        }
        if !entry.is_empty() {
            out.insert(name.to_string(), Value::Object(entry));
        }
    }
    Value::Object(out)
}

fn json_vars(vars: &Variables) -> Map<String, Value> {
    let one = |(name, variable): (&Arc<str>, &Variable)| {
        let value = match variable.shown_as_written(name) {
            Shown::Value(value) => value,
            Shown::Secret => Value::from(SECRET),
        };
        (name.to_string(), value)
    };
    vars.iter().map(one).collect()
}

fn vars(context: &Context, name: &str) -> Result<Exit, Trouble> {
    let loaded = load(&context.inventory);
    if loaded.variables.is_empty() {
        // Nothing could be read at all: say why.
        fleet::loaded(context)?;
    }
    let Some((host, vars)) = loaded.variables.iter().find(|(id, _)| id.as_str() == name) else {
        let known = loaded.variables.keys().map(HostId::as_str);
        let meant = nearest(name, known).map(|m| format!("; did you mean {m}?"));
        let message =
            format!("there is no host {name:?} in the inventory{}", meant.unwrap_or_default());
        return Err(Trouble::new(Exit::NotFound, message));
    };
    let told = tell_with_vaults(&context.inventory, &loaded, host, &wiring::keys());
    let told = told.unwrap_or_default();
    if context.json {
        let one = |v: &VariableTold| match vars.get(v.name.as_str()) {
            Some(variable) if v.generation.is_none() => json_origin(v.name.as_str(), variable),
            _ => json_of_vault(v),
        };
        print_json(&told.iter().map(|v| (&v.name, one(v))).collect::<BTreeMap<_, _>>())?;
    } else {
        let row = |v: &VariableTold| {
            vec![v.name.to_string(), short(v), v.given_by.to_string(), v.at.to_string()]
        };
        let head = ["VARIABLE", "VALUE", "GIVEN BY", "AT"].map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(told.iter().map(row)).collect();
        print(&columns(&rows))?;
    }
    Ok(Exit::Ok)
}

/// What `vault.age` says of a secret, or why it says nothing. Such a file has no lines of its own to name.
fn json_of_vault(v: &VariableTold) -> Value {
    json!({
        "value": v.value.as_ref().map_or(SECRET, Safe::as_str),
        "file": v.at,
        "line": 0,
        "column": 0,
        "from": v.given_by,
        "generation": v.generation,
        "unresolved": v.unresolved,
    })
}

fn json_origin(name: &str, variable: &Variable) -> Value {
    let value = match variable.shown(name) {
        Shown::Value(value) => value,
        Shown::Secret => Value::from(SECRET),
    };
    let mut entry = json!({
        "value": value,
        "file": Safe::line(&variable.var.key.file),
        "line": variable.var.key.line,
        "column": variable.var.key.column,
        "from": variable.source.to_string(),
    });
    if let (Reading::Template { why, .. }, Some(entry)) =
        (&variable.var.reading, entry.as_object_mut())
    {
        entry.insert("unresolved".to_owned(), json!(Safe::line(why)));
    }
    entry
}

/// A value on one line.
fn short(v: &VariableTold) -> String {
    let value = match (&v.value, v.generation) {
        (Some(value), _) => value.to_string(),
        (None, Some(n)) => format!("{SECRET}, generation {n}"),
        (None, None) => SECRET.to_owned(),
    };
    match value.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", value.get(..at).unwrap_or_default()),
        None => value,
    }
}

fn check(context: &Context) -> Result<Exit, Trouble> {
    let mut loaded = load(&context.inventory);
    let missing = missing_secrets(&context.inventory, &loaded, &wiring::keys());
    loaded.diagnostics.extend(missing);
    let place = |d: &Diagnostic| (d.file.clone(), d.line, d.column);
    loaded.diagnostics.sort_by_key(place);
    if context.json {
        print_json(&loaded.diagnostics)?;
    } else if loaded.diagnostics.is_empty() {
        print(&clean(&loaded))?;
    } else {
        let mut out = String::new();
        for diagnostic in &loaded.diagnostics {
            out.push_str(&diagnostic.to_string());
            out.push('\n');
        }
        let errors = loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        out.push_str(&summary(&loaded, errors));
        print(&out)?;
    }
    Ok(if loaded.diagnostics.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn clean(loaded: &Loaded) -> String {
    let Some(fleet) = &loaded.fleet else { return String::new() };
    let instances = fleet.instances().count();
    let (n, of_them) =
        (fleet.hosts.len(), if instances == 1 { "an instance" } else { "instances" });
    let hosts = if n == 1 { "host" } else { "hosts" };
    format!("no problems: {n} {hosts}, {instances} of them {of_them}\n")
}

fn summary(loaded: &Loaded, errors: usize) -> String {
    let warnings = loaded.diagnostics.len() - errors;
    let cost = match &loaded.fleet {
        None => "; the inventory cannot be used".to_owned(),
        Some(fleet) => match fleet.left_out.len() {
            0 => String::new(),
            gone => format!("; {gone} of {} hosts left out", gone + fleet.hosts.len()),
        },
    };
    format!("\n{errors} errors, {warnings} warnings{cost}\n")
}
