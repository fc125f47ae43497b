//! `bunker instance add`.

use serde_json::json;

use super::super::Context;
use super::super::audit;
use super::super::exit::{Exit, Trouble};
use super::super::output::{print, print_json};
use super::super::run::{confirm, right, say};
use super::super::vault::author;
use super::args::AddArgs;
use super::desk::desk;
use super::key;
use crate::adapters::enrol::{Its, made_names};
use crate::adapters::inventory::{FileChange, Scaffold};
use crate::adapters::ssh::HostKey;
use crate::domain::scaffold::enrol::{Entry, Words, new_instance};
use crate::domain::scaffold::{NewInstance, hunk};
use crate::domain::untrusted::Safe;

pub(super) fn add(context: &Context, args: &AddArgs) -> Result<Exit, Trouble> {
    let new = new_instance(&words(args)).map_err(|e| Trouble::new(Exit::Usage, e))?;
    if !args.check {
        right(context)?;
    }
    let scaffold = Scaffold::prepare(&context.inventory, &new)?;
    let desk = desk(&context.inventory, context.operate.as_ref());
    let secrets = (!args.no_secrets).then_some(Its::New);
    if secrets.is_some() {
        desk.can_encrypt()?;
    }
    let keys = key::look(&desk, &scaffold.host.connection, &args.key)?;
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
    audit::reason(scaffold.host.instance.as_ref().is_some_and(|i| i.policy.require_why))?;
    let committed = desk.write(&scaffold, &keys, secrets, &author())?;
    committed.told().iter().for_each(|told| say(told));
    say(&format!("{} is in the inventory: `bunker deploy {}` sets it up", new.host, new.host));
    Ok(Exit::Ok)
}

fn words(args: &AddArgs) -> Words {
    let said = [
        (Entry::Host, Some(args.host.clone())),
        (Entry::Domain, Some(args.domain.clone())),
        (Entry::Address, Some(args.address.clone())),
        (Entry::Tier, Some(args.tier.to_string())),
        (Entry::User, args.user.clone()),
        (Entry::Port, args.port.map(|port| port.to_string())),
        (Entry::Groups, Some(args.groups.join(" "))),
        (Entry::Repo, args.repo.clone()),
        (Entry::Reference, args.reference.clone()),
    ];
    said.into_iter().filter_map(|(entry, text)| Some((entry, text?))).collect()
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
    lines.extend(scaffold.schemas.iter().map(|new| format!("{} (new)", new.path.display())));
    if secrets {
        lines.extend(made_names().iter().map(|name| format!("secret    {name}")));
    }
    lines.extend(key::lines(keys));
    lines.iter().flat_map(|line| [Safe::line(line).to_string(), "\n".to_owned()]).collect()
}

/// A file's change, line by line.
pub(in crate::cli) fn difference(change: &FileChange) -> Vec<String> {
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
        "secrets": if args.no_secrets { Vec::new() } else { made_names() },
        "schemas": scaffold.schemas.iter().map(|new| &new.path).collect::<Vec<_>>(),
        "files": scaffold.changes().iter().map(file).collect::<Vec<_>>(),
        "host_keys": keys.iter().map(key).collect::<Vec<_>>(),
        "warnings": scaffold.warnings,
    })
}
