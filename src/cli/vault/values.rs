//! `bunker vault get`, `set` and `rm`.

use std::io::{IsTerminal, Read};

use color_eyre::eyre::WrapErr;
use zeroize::Zeroizing;

use super::super::exit::{Exit, Trouble};
use super::super::output::print;
use super::super::{Context, prompt, wiring};
use super::owners::{owner, secret_name};
use super::{author, say};
use crate::adapters::vault::{Owner, VaultFile};
use crate::domain::secret::{Secret, SecretName};
use crate::domain::suggest::nearest;

/// Prints a value, and nothing else but a line end.
pub(super) fn get(context: &Context, of: &str, name: &str) -> Result<Exit, Trouble> {
    let (owner, name) = (owner(context, of)?, secret_name(name)?);
    let keys = wiring::keys();
    let file = VaultFile::of(&context.inventory, &owner, &keys);
    let document = file.look()?.ok_or_else(|| none(&owner, &name, &[]))?;
    let Some(entry) = document.secrets.get(&name) else {
        return Err(none(&owner, &name, &document.secrets.keys().collect::<Vec<_>>()));
    };
    let value = file.open(&document, &name, entry)?;
    print(&Zeroizing::new(format!("{}\n", value.expose())))?;
    Ok(Exit::Ok)
}

/// Gives a secret the value of standard input.
pub(super) fn set(context: &Context, of: &str, name: &str) -> Result<Exit, Trouble> {
    let (owner, name) = (owner(context, of)?, secret_name(name)?);
    let value = if std::io::stdin().is_terminal() {
        let asked = prompt::hidden(&format!("{name} of {owner}: "));
        asked.map_err(|error| Trouble::new(Exit::Refused, error))?
    } else {
        let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
        let mut input = std::io::stdin().lock().take(1 << 20);
        input.read_to_string(&mut text).wrap_err("reading the value from standard input")?;
        text
    };
    let value =
        value.strip_suffix('\n').map_or(value.as_str(), |v| v.strip_suffix('\r').unwrap_or(v));
    if value.is_empty() {
        return Err(Trouble::new(Exit::Usage, "the value is empty: nothing was changed"));
    }
    if value.contains('\0') {
        return Err(Trouble::new(Exit::Usage, "the value has a zero byte: nothing was changed"));
    }
    let value = Secret::new(value.to_owned());
    let keys = wiring::keys();
    let file = VaultFile::of(&context.inventory, &owner, &keys);
    let generation = file.change(|vault| {
        let changed = vault.set(&name, &value, &author())?;
        let entry = vault.document().secrets.get(&name);
        Ok(entry.filter(|_| changed).map(|e| e.generation))
    })?;
    match generation {
        Some(generation) => say(&format!("{name} of {owner} has generation {generation}")),
        None => say(&format!("{name} of {owner} has this value already")),
    }
    Ok(Exit::Ok)
}

/// Takes secrets out: all of those that are named, or none.
pub(super) fn remove(context: &Context, of: &str, names: &[String]) -> Result<Exit, Trouble> {
    let owner = owner(context, of)?;
    let names: Vec<SecretName> = names.iter().map(|n| secret_name(n)).collect::<Result<_, _>>()?;
    let keys = wiring::keys();
    let file = VaultFile::of(&context.inventory, &owner, &keys);
    let document = file.look()?.unwrap_or_default();
    if let Some(name) = names.iter().find(|n| !document.secrets.contains_key(*n)) {
        return Err(none(&owner, name, &document.secrets.keys().collect::<Vec<_>>()));
    }
    file.change(|vault| {
        for name in &names {
            vault.remove(name);
        }
        Ok(())
    })?;
    let removed: Vec<&str> = names.iter().map(SecretName::as_str).collect();
    say(&format!("took {} out of the vault of {owner}", removed.join(", ")));
    Ok(Exit::Ok)
}

fn none(owner: &Owner, name: &SecretName, known: &[&SecretName]) -> Trouble {
    let meant = nearest(name.as_str(), known.iter().map(|n| n.as_str()));
    let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
    Trouble::new(Exit::NotFound, format!("the vault of {owner} has no {name}{meant}"))
}
