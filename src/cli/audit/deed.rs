//! Writing down what a verb changes.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use color_eyre::eyre::WrapErr;

use super::super::exit::Trouble;
use super::super::run::{right, say};
use super::super::{Context, fleet, wiring};
use crate::adapters::caller::actor;
use crate::adapters::inventory::History;
use crate::domain::audit::{Deed, Facts, Source};
use crate::domain::fleet::Host;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{self, Audit, Intent, StoreError};

/// Does something between its intent and its outcome. Where the intent cannot be written down, it is not done.
pub(in crate::cli) fn audited<T>(
    context: &Context,
    deed: Deed,
    work: impl FnOnce(&dyn Audit, &Intent) -> Result<(T, Facts), Trouble>,
) -> Result<T, Trouble> {
    let audit = log(context)?;
    ports::audited(&*audit, deed, |intent| work(&*audit, intent))
}

/// The log, once there is a reason where a policy asks for one.
fn log(context: &Context) -> Result<Arc<dyn Audit>, Trouble> {
    let right = right(context)?;
    let asks = |host: &Arc<Host>| host.instance.as_ref().is_some_and(|i| i.policy.require_why);
    // An inventory that cannot be read asks for nothing; what is wrong with it is said elsewhere.
    let asked = fleet::fleet(context).is_ok_and(|(fleet, _)| fleet.hosts.iter().any(asks));
    reason(asked)?;
    Ok(wiring::audit_log(right)?)
}

/// The same for what writes files of the inventory: they are committed where it is a git repository. `what` is told there.
pub(in crate::cli) fn audited_files<T>(
    context: &Context,
    deed: Deed,
    files: &[PathBuf],
    what: &str,
    work: impl FnOnce(&dyn Audit) -> Result<(T, Facts), Trouble>,
) -> Result<T, Trouble> {
    let (made, told) = audited_and_told(context, deed, files, what, work)?;
    if let Some(told) = &told {
        say(told);
    }
    Ok(made)
}

/// The same; what is to be told of the history of the inventory is given back.
pub(in crate::cli) fn audited_and_told<T>(
    context: &Context,
    deed: Deed,
    files: &[PathBuf],
    what: &str,
    work: impl FnOnce(&dyn Audit) -> Result<(T, Facts), Trouble>,
) -> Result<(T, Option<String>), Trouble> {
    audited(context, deed, |audit, intent| {
        let history = History::before(&context.inventory, files);
        let (made, mut after) = work(audit)?;
        let committed = history.commit(what, &actor(), &intent.anchor);
        after.extend(committed.facts());
        Ok(((made, committed.told()), after))
    })
}

/// Sees to it that there is a reason where a policy asks for one: a person at a terminal is asked.
pub(in crate::cli) fn reason(asked: bool) -> Result<(), Trouble> {
    if !asked || wiring::caller().why.is_some() {
        return Ok(());
    }
    // The cockpit has the terminal to itself, and asked before.
    if wiring::caller().source == Source::Cockpit || !std::io::stdin().is_terminal() {
        return Err(StoreError::NoReason.into());
    }
    let mut err = std::io::stderr().lock();
    write!(err, "why (for the audit log): ").and_then(|()| err.flush()).wrap_err("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).wrap_err("reading the answer")?;
    if answer.trim().is_empty() {
        return Err(StoreError::NoReason.into());
    }
    wiring::say_why(&Safe::line(answer.trim()));
    Ok(())
}
