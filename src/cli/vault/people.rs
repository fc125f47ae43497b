//! `bunker vault recipients`.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::wiring;
use super::{owners, say};
use crate::adapters::vault::{People, VaultFile};

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
    People::add(&context.inventory, name, key)?;
    say(&format!("added {name}; `bunker vault rekey` lets them read the secrets"));
    Ok(Exit::Ok)
}

/// Takes somebody out and names what they can read still.
pub(super) fn remove(context: &Context, who: &str) -> Result<Exit, Trouble> {
    let gone = People::remove(&context.inventory, who)?;
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
