//! `bunker vault get`, `set` and `rm`.

use std::io::{IsTerminal, Read};

use color_eyre::eyre::WrapErr;
use zeroize::Zeroizing;

use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::output::print;
use super::super::{Context, prompt, wiring};
use super::owners::{owner, secret_name};
use super::{author, deed_of, say};
use crate::adapters::vault::{Owner, VaultFile};
use crate::domain::audit::Facts;
use crate::domain::secret::{Secret, SecretName};
use crate::domain::suggest::nearest;
use crate::domain::untrusted::Safe;

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
    let files = [file.path().to_owned()];
    let what = format!("set {name} of {owner}");
    let deed = deed_of("vault-set", &owner).after("secret", name.as_str());
    let generation = audited_files(context, deed, &files, &what, |audit| {
        let mark = audit.mark(&value)?;
        let generation = file.change(|vault| {
            let changed = vault.set(&name, &value, &author())?;
            let entry = vault.document().secrets.get(&name);
            Ok(entry.filter(|_| changed).map(|e| e.generation))
        })?;
        let number = generation.map_or_else(|| "as before".to_owned(), |n| n.to_string());
        let facts = [(Safe::line("value"), mark), (Safe::line("generation"), Safe::line(&number))];
        Ok((generation, facts.into_iter().collect()))
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
    let removed: Vec<&str> = names.iter().map(SecretName::as_str).collect();
    let mut deed = deed_of("vault-remove", &owner);
    for name in &names {
        let generation = document.secrets.get(name).map_or(0, |entry| entry.generation);
        deed = deed.before(name.as_str(), &format!("generation {generation}"));
    }
    let what = format!("remove {} of {owner}", removed.join(", "));
    audited_files(context, deed, &[file.path().to_owned()], &what, |_| {
        file.change(|vault| {
            for name in &names {
                vault.remove(name);
            }
            Ok(())
        })?;
        Ok(((), Facts::new()))
    })?;
    say(&format!("took {} out of the vault of {owner}", removed.join(", ")));
    Ok(Exit::Ok)
}

fn none(owner: &Owner, name: &SecretName, known: &[&SecretName]) -> Trouble {
    let meant = nearest(name.as_str(), known.iter().map(|n| n.as_str()));
    let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
    Trouble::new(Exit::NotFound, format!("the vault of {owner} has no {name}{meant}"))
}
