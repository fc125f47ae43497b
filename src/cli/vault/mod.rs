//! `bunker vault`: the secrets of hosts and groups.

mod ansible;
mod due;
mod edit;
mod init;
mod owners;
mod people;
mod tables;
mod values;

use super::Context;
use super::args::{RecipientsVerb, SecretsVerb, VaultVerb};
use super::exit::{Exit, Trouble};
use super::run::{operator, right};
use super::wiring;
use crate::adapters::vault::{Author, Owner};
use crate::domain::audit::Deed;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, VaultError};

/// Carries out one of the verbs.
pub(super) fn run(context: &Context, verb: &VaultVerb) -> Result<Exit, Trouble> {
    match verb {
        VaultVerb::List { owner } => return tables::list(context, owner.as_deref()),
        VaultVerb::Get { owner, name } => return values::get(context, owner, name),
        VaultVerb::Verify => return tables::verify(context),
        VaultVerb::Recipients(RecipientsVerb::List) => return people::list(context),
        VaultVerb::ExportAnsible { owner, file, passwords, inline } => {
            return ansible::export(context, owner, file, passwords, *inline);
        }
        VaultVerb::Init { .. }
        | VaultVerb::Set { .. }
        | VaultVerb::Rm { .. }
        | VaultVerb::Edit { .. }
        | VaultVerb::Recipients(RecipientsVerb::Add { .. } | RecipientsVerb::Remove { .. })
        | VaultVerb::Rekey
        | VaultVerb::ImportAnsible { .. } => {
            right(context)?;
        }
    }
    match verb {
        VaultVerb::Init { name, passphrase } => init::init(context, name.as_deref(), *passphrase),
        VaultVerb::Set { owner, name } => values::set(context, owner, name),
        VaultVerb::Rm { owner, names } => values::remove(context, owner, names),
        VaultVerb::Edit { owner } => edit::edit(context, owner),
        VaultVerb::Recipients(RecipientsVerb::Add { name, key }) => people::add(context, name, key),
        VaultVerb::Recipients(RecipientsVerb::Remove { who }) => people::remove(context, who),
        VaultVerb::Rekey => tables::rekey(context),
        VaultVerb::ImportAnsible { owner, files, passwords } => {
            ansible::import(context, owner, files, passwords)
        }
        VaultVerb::List { .. }
        | VaultVerb::Get { .. }
        | VaultVerb::Verify
        | VaultVerb::Recipients(RecipientsVerb::List)
        | VaultVerb::ExportAnsible { .. } => Ok(Exit::Ok),
    }
}

/// Carries out one of the verbs about secrets in general.
pub(super) fn secrets(context: &Context, verb: &SecretsVerb) -> Result<Exit, Trouble> {
    match verb {
        SecretsVerb::Due { soon } => due::due(context, *soon),
    }
}

/// Who changes something now.
pub(in crate::cli) fn author() -> Author {
    let by = operator::operator();
    Author { by: Safe::line(&format!("{}@{}", by.user, by.machine)), at: wiring::clock().now() }
}

/// A change of the secrets of an owner, before it is done.
fn deed_of(action: &str, owner: &Owner) -> Deed {
    match owner {
        Owner::Host(host) => Deed::new(action).on(host),
        Owner::Group(group) => Deed::new(action).about(&format!("group {group}")),
    }
}

/// Says something on standard error.
#[expect(clippy::print_stderr, reason = "messages of verbs go to standard error")]
fn say(line: &str) {
    eprintln!("bunker: {}", Safe::text(line));
}

impl From<VaultError> for Trouble {
    fn from(error: VaultError) -> Self {
        Self::new(Exit::Failed, error)
    }
}
