//! `bunker vault list`, `verify` and `rekey`: over all files.

use serde_json::json;

use super::super::Context;
use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::wiring;
use super::{owners, say};
use crate::adapters::vault::{Document, Entry, Keyring, Owner, People, VaultFile};
use crate::domain::audit::{Deed, Facts};
use crate::domain::secret::SecretName;
use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

/// Names, generations and dates: what everybody can read.
pub(super) fn list(context: &Context, of: Option<&str>) -> Result<Exit, Trouble> {
    let owners = match of {
        Some(name) => vec![owners::owner(context, name)?],
        None => owners::all(context)?,
    };
    let people = People::read(&context.inventory)?;
    let keys = wiring::keys();
    let mut all: Vec<(Owner, SecretName, Entry)> = Vec::new();
    for owner in owners {
        let document = VaultFile::of(&context.inventory, &owner, &keys).look()?;
        let secrets = document.unwrap_or_default().secrets;
        all.extend(secrets.into_iter().map(|(name, entry)| (owner.clone(), name, entry)));
    }
    if context.json {
        let one = |(owner, name, entry): &(Owner, SecretName, Entry)| {
            json!({
                "owner": owner.to_string(), "name": name, "generation": entry.generation,
                "created": entry.created, "rotated": entry.rotated, "by": entry.by,
                "pending": entry.pending.as_ref().map(|p| p.generation),
                "seen_by_removed": entry.seen_by.iter().map(|k| people.name_of(k)).collect::<Vec<_>>(),
            })
        };
        print_json(&all.iter().map(one).collect::<Vec<_>>())?;
        return Ok(Exit::Ok);
    }
    let head = ["OF", "NAME", "GENERATION", "SINCE", "BY", "REMARK"].map(str::to_owned).to_vec();
    let row = |(owner, name, entry): &(Owner, SecretName, Entry)| {
        vec![
            owner.to_string(),
            name.to_string(),
            entry.generation.to_string(),
            entry.rotated.strftime("%Y-%m-%d").to_string(),
            entry.by.to_string(),
            remark(entry, &people),
        ]
    };
    print(&columns(&std::iter::once(head).chain(all.iter().map(row)).collect::<Vec<_>>()))?;
    Ok(Exit::Ok)
}

fn remark(entry: &Entry, people: &People) -> String {
    let mut parts = Vec::new();
    if let Some(pending) = &entry.pending {
        parts.push(format!("generation {} is on its way", pending.generation));
    }
    if !entry.seen_by.is_empty() {
        let names: Vec<Safe> = entry.seen_by.iter().map(|k| people.name_of(k)).collect();
        let names: Vec<&str> = names.iter().map(Safe::as_str).collect();
        parts.push(format!("seen by {}, who was removed", names.join(", ")));
    }
    parts.join("; ")
}

/// Opens everything. What cannot be opened is found, and so is what waits for `rekey`.
pub(super) fn verify(context: &Context) -> Result<Exit, Trouble> {
    let people = People::read(&context.inventory)?;
    let keys = wiring::keys();
    let (mut found, mut good) = (Vec::new(), 0);
    for owner in owners::all(context)? {
        let file = VaultFile::of(&context.inventory, &owner, &keys);
        let document = match file.look() {
            Ok(document) => document.unwrap_or_default(),
            Err(error) => {
                found.push(error.to_string());
                continue;
            }
        };
        for (name, entry) in &document.secrets {
            match opens(&file, &document, name, entry) {
                Ok(()) => good += 1,
                Err(error) => found.push(error.to_string()),
            }
            if !entry.seen_by.is_empty() {
                found
                    .push(format!("{owner}: {name} should be changed: {}", remark(entry, &people)));
            }
        }
        if document.recipients != people.keys() {
            let file = Safe::line(&file.path().to_string_lossy());
            found.push(format!(
                "{file} is not encrypted to the recipients of today: bunker vault rekey"
            ));
        }
    }
    // A file of which nothing opens says the same for each of its secrets.
    found.dedup();
    if context.json {
        print_json(&json!({ "opened": good, "findings": found }))?;
    } else {
        for line in &found {
            print(&format!("{}\n", Safe::line(line)))?;
        }
        say(&format!("{good} secrets open, {} findings", found.len()));
    }
    Ok(if found.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn opens(
    file: &VaultFile<'_>,
    document: &Document,
    name: &SecretName,
    entry: &Entry,
) -> Result<(), VaultError> {
    file.open(document, name, entry)?;
    if let Some(pending) = &entry.pending {
        file.open_pending(document, name, pending)?;
    }
    Ok(())
}

/// Encrypts every file to the recipients of today. One that fails does not stop the others.
pub(super) fn rekey(context: &Context) -> Result<Exit, Trouble> {
    let people = People::read(&context.inventory)?;
    let keys: std::sync::Arc<Keyring> = wiring::keys();
    let mut deed = Deed::new("vault-rekey").about("all vaults");
    for person in &people.current {
        deed = deed.after(person.name.as_str(), &person.key);
    }
    let files: Vec<_> = owners::all(context)?
        .iter()
        .map(|owner| VaultFile::of(&context.inventory, owner, &keys).path().to_owned())
        .collect();
    audited_files(context, deed, &files, "encrypt the vaults to the recipients of today", |_| {
        let (exit, words) = rekeyed(context, &people, &keys)?;
        Ok((exit, Facts::from([(Safe::line("vaults"), Safe::line(&words))])))
    })
}

fn rekeyed(context: &Context, people: &People, keys: &Keyring) -> Result<(Exit, String), Trouble> {
    let (mut done, mut same, mut failed) = (0, 0, 0);
    for owner in owners::all(context)? {
        let file = VaultFile::of(&context.inventory, &owner, keys);
        let before = file.look()?.map(|d| d.recipients);
        match file.change(|vault| Ok(vault.document().clone())) {
            Ok(document) => {
                if before.as_ref() == Some(&document.recipients) {
                    same += 1;
                } else {
                    done += 1;
                }
                for (name, entry) in document.secrets.iter().filter(|(_, e)| !e.seen_by.is_empty())
                {
                    say(&format!("change {name} of {owner}: {}", remark(entry, people)));
                }
            }
            Err(error) => {
                failed += 1;
                say(&error.to_string());
            }
        }
    }
    let words =
        format!("{done} vaults encrypted again, {same} were right already, {failed} failed");
    say(&words);
    Ok((if failed == 0 { Exit::Ok } else { Exit::Failed }, words))
}
