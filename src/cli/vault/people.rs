//! `bunker vault recipients`.

use serde_json::json;

use super::super::Context;
use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::wiring;
use super::{owners, say};
use crate::adapters::vault::{People, VaultFile, recipients_file};
use crate::domain::audit::{Deed, Facts};

pub(super) fn list(context: &Context) -> Result<Exit, Trouble> {
    let people = People::read(&context.inventory)?;
    if context.json {
        let all: Vec<_> =
            people.current.iter().map(|p| json!({ "name": p.name, "recipient": p.key })).collect();
        print_json(&all)?;
    } else {
        let head = ["NAME", "RECIPIENT"].map(str::to_owned).to_vec();
        let rows = people.current.iter().map(|p| vec![p.name.to_string(), p.key.clone()]);
        print(&columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))?;
    }
    Ok(Exit::Ok)
}

pub(super) fn add(context: &Context, name: &str, key: &str) -> Result<Exit, Trouble> {
    let deed = Deed::new("vault-recipient-add").about(name).after("recipient", key);
    let files = [recipients_file(&context.inventory)];
    audited_files(context, deed, &files, &format!("add recipient {name}"), |_| {
        People::add(&context.inventory, name, key)?;
        Ok(((), Facts::new()))
    })?;
    say(&format!("added {name}; `bunker vault rekey` lets them read the secrets"));
    Ok(Exit::Ok)
}

/// Takes somebody out and names what they can read still.
pub(super) fn remove(context: &Context, who: &str) -> Result<Exit, Trouble> {
    let deed = Deed::new("vault-recipient-remove").about(who);
    let files = [recipients_file(&context.inventory)];
    let gone = audited_files(context, deed, &files, &format!("remove recipient {who}"), |_| {
        Ok((People::remove(&context.inventory, who)?, Facts::new()))
    })?;
    say(&format!("removed {}; now run `bunker vault rekey`", gone.name));
    let keys = wiring::keys();
    for owner in owners::all(context)? {
        let file = VaultFile::of(&context.inventory, &owner, &keys);
        let Some(document) = file.look()? else { continue };
        if document.recipients.contains(&gone.key) && !document.secrets.is_empty() {
            let names: Vec<&str> =
                document.secrets.keys().map(crate::domain::secret::SecretName::as_str).collect();
            say(&format!("{} has seen, of {owner}: {}", gone.name, names.join(", ")));
        }
    }
    Ok(Exit::Ok)
}
