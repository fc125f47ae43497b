//! `bunker instance add`.

use std::path::Path;

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::{print, print_json};
use super::super::run::{confirm, right, say};
use super::args::AddArgs;
use super::{key, secrets};
use crate::adapters::inventory::{FileChange, Scaffold};
use crate::adapters::ssh::HostKey;
use crate::domain::ids::InvalidName;
use crate::domain::scaffold::{NewInstance, hunk};
use crate::domain::secret::Secrets;
use crate::domain::settings::Tier;
use crate::domain::untrusted::Safe;

pub(super) fn add(context: &Context, args: &AddArgs) -> Result<Exit, Trouble> {
    let new = new_instance(args).map_err(|e| Trouble::new(Exit::Usage, e))?;
    if !args.check {
        right(context)?;
    }
    let scaffold = Scaffold::prepare(&context.inventory, &new)?;
    let secrets = if args.no_secrets { None } else { Some(Secrets::new()) };
    if secrets.is_some() {
        secrets::check(&context.inventory)?;
    }
    let keys = key::look(&scaffold.host.connection, &args.key)?;
    for warning in &scaffold.warnings {
        say(&format!("note: {warning}"));
    }
    if context.json {
        print_json(&as_json(&scaffold, &keys, args))?;
    } else {
        print(&text(&scaffold, &keys, secrets.is_some()))?;
    }
    if args.check {
        return Ok(Exit::Findings);
    }
    let known = args.key.accept_fingerprint.is_some();
    if args.yes && !keys.is_empty() && !known {
        let why = "--yes does not accept a host key: give --accept-fingerprint with the fingerprint that you know to be right, or --no-host-key";
        return Err(Trouble::new(Exit::Refused, why));
    }
    if !args.yes && !confirm(&question(&new, &keys), 1)? {
        say("nothing was written");
        return Ok(Exit::Refused);
    }
    write(&context.inventory, &scaffold, &keys, secrets.as_ref())?;
    say(&format!("{} is in the inventory: `bunker deploy {}` sets it up", new.host, new.host));
    Ok(Exit::Ok)
}

/// Pins the key and writes the files; the list of hosts comes last.
///
/// `secrets` are those that the instance has already; those that it lacks are made. `None` makes none.
pub(in crate::cli) fn write(
    inventory: &Path,
    scaffold: &Scaffold,
    keys: &[HostKey],
    secrets: Option<&Secrets>,
) -> Result<(), Trouble> {
    key::pin(keys)?;
    scaffold.write(|| match secrets {
        Some(given) => secrets::fill(inventory, &scaffold.host.id, given),
        None => Ok(()),
    })
}

fn new_instance(args: &AddArgs) -> Result<NewInstance, InvalidName> {
    let mut groups = Vec::new();
    for group in &args.groups {
        groups.push(group.parse()?);
    }
    if args.port == Some(0) {
        return Err(InvalidName::new("port", "0", "use 1 to 65535"));
    }
    Ok(NewInstance {
        host: args.host.parse()?,
        domain: args.domain.parse()?,
        address: args.address.parse()?,
        tier: Tier::try_from(args.tier)?,
        user: args.user.as_deref().map(str::parse).transpose()?,
        port: args.port,
        groups,
        repo: args.repo.as_deref().map(str::parse).transpose()?,
        reference: args.reference.as_deref().map(str::parse).transpose()?,
        variables: std::collections::BTreeMap::new(),
    })
}

fn question(new: &NewInstance, keys: &[HostKey]) -> String {
    if keys.is_empty() {
        return format!("add {}", new.host);
    }
    format!("is this host key right, and add {}", new.host)
}

/// What is written, as a difference, with the fingerprints.
pub(in crate::cli) fn text(scaffold: &Scaffold, keys: &[HostKey], secrets: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for change in scaffold.changes() {
        lines.extend(difference(change));
    }
    if secrets {
        lines.extend(secrets::names().iter().map(|name| format!("secret    {name}")));
    }
    lines.extend(key::lines(keys));
    lines.iter().flat_map(|line| [Safe::line(line).to_string(), "\n".to_owned()]).collect()
}

/// A file's change, line by line.
pub(super) fn difference(change: &FileChange) -> Vec<String> {
    let path = change.path.display();
    let mut lines = match &change.before {
        Some(before) if before == &change.after => return vec![format!("{path} is there already")],
        Some(_) => vec![format!("{path}")],
        None => vec![format!("{path} (new)")],
    };
    lines.extend(hunk(change.before.as_deref().unwrap_or_default(), &change.after));
    lines.push(String::new());
    lines
}

fn as_json(scaffold: &Scaffold, keys: &[HostKey], args: &AddArgs) -> serde_json::Value {
    let file = |change: &&FileChange| {
        json!({
            "path": change.path, "new": change.before.is_none(),
            "diff": hunk(change.before.as_deref().unwrap_or_default(), &change.after),
        })
    };
    let key = |key: &HostKey| json!({ "kind": key.kind, "fingerprint": key.fingerprint });
    json!({
        "host": scaffold.host.id,
        "check": args.check,
        "secrets": if args.no_secrets { Vec::new() } else { secrets::names() },
        "files": scaffold.changes().iter().map(file).collect::<Vec<_>>(),
        "host_keys": keys.iter().map(key).collect::<Vec<_>>(),
        "warnings": scaffold.warnings,
    })
}
