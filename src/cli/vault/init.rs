//! `bunker vault init`.

use zeroize::Zeroizing;

use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::output::print;
use super::super::run::operator;
use super::super::{Context, prompt, wiring};
use super::say;
use crate::adapters::vault::{People, make_identity, recipients_file};
use crate::domain::audit::{Deed, Facts};
use crate::domain::untrusted::Safe;

/// Makes the identity where there is none, and adds it to the recipients where it is not among them.
pub(super) fn init(
    context: &Context,
    name: Option<&str>,
    passphrase: bool,
) -> Result<Exit, Trouble> {
    let keys = wiring::keys();
    let path = Safe::line(&keys.path().to_string_lossy());
    if !context.inventory.is_dir() {
        let dir = Safe::line(&context.inventory.to_string_lossy());
        return Err(Trouble::new(Exit::Usage, format!("there is no inventory folder {dir}")));
    }
    let key = if keys.path().exists() {
        say(&format!("the identity {path} is there and is used"));
        let unlocked = keys.unlock()?;
        let first = unlocked.recipients().into_iter().next();
        first.ok_or_else(|| Trouble::new(Exit::Failed, format!("{path} holds no key")))?
    } else {
        let passphrase = if passphrase { Some(new_passphrase()?) } else { None };
        let key = make_identity(keys.path(), passphrase)?;
        say(&format!("made the identity {path}: keep a copy of it in a safe place"));
        key
    };
    let people = People::read(&context.inventory)?;
    if people.keys().contains(&key) {
        say("you are a recipient already");
    } else {
        let by = operator::operator();
        let own = format!("{}@{}", by.user, by.machine);
        let name = name.unwrap_or(&own);
        let deed = Deed::new("vault-recipient-add").about(name).after("recipient", &key);
        let files = [recipients_file(&context.inventory)];
        audited_files(context, deed, &files, &format!("add recipient {name}"), |_| {
            People::add(&context.inventory, name, &key)?;
            Ok(((), Facts::new()))
        })?;
        let file = Safe::line(&recipients_file(&context.inventory).to_string_lossy());
        say(&format!("added you to {file}"));
        if !people.current.is_empty() {
            say(
                "secrets that are there open for you once another recipient has run `bunker vault rekey`",
            );
        }
    }
    print(&format!("{key}\n"))?;
    Ok(Exit::Ok)
}

fn new_passphrase() -> Result<Zeroizing<String>, Trouble> {
    let ask = |question| prompt::hidden(question).map_err(|e| Trouble::new(Exit::Refused, e));
    let first = ask("new passphrase: ")?;
    if first.chars().count() < 10 {
        let why = "the passphrase has fewer than 10 characters: nothing was made";
        return Err(Trouble::new(Exit::Usage, why));
    }
    if *ask("the same again: ")? != *first {
        return Err(Trouble::new(Exit::Usage, "the two are not the same: nothing was made"));
    }
    Ok(first)
}
