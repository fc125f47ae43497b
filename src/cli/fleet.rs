//! The fleet of a call: loading it, limiting it, and saying what is wrong with it.

use std::path::Path;

use super::Context;
use super::exit::{Exit, Trouble};
use crate::adapters::inventory::load;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::inventory::Loaded;
use crate::domain::selector::{Selector, SelectorError};

/// The fleet of the inventory folder, with every problem of its files. No fleet is trouble, with the
/// first of the reasons.
pub(super) fn fleet(context: &Context) -> Result<(Fleet, Vec<Diagnostic>), Trouble> {
    loaded(context).map(|(fleet, loaded)| (fleet, loaded.diagnostics))
}

/// The same with all that was read; `fleet` is taken out of it.
pub(super) fn loaded(context: &Context) -> Result<(Fleet, Loaded), Trouble> {
    read(&context.inventory)
}

/// The fleet of a folder, with every problem of its files.
pub(super) fn at(dir: &Path) -> Result<(Fleet, Vec<Diagnostic>), Trouble> {
    read(dir).map(|(fleet, loaded)| (fleet, loaded.diagnostics))
}

fn read(dir: &Path) -> Result<(Fleet, Loaded), Trouble> {
    let mut loaded = load(dir);
    match loaded.fleet.take() {
        Some(fleet) => Ok((fleet, loaded)),
        None => Err(no_fleet(dir, &loaded.diagnostics)),
    }
}

fn no_fleet(dir: &Path, diagnostics: &[Diagnostic]) -> Trouble {
    let errors: Vec<&Diagnostic> =
        diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    let told: Vec<String> = errors.iter().take(3).map(|d| format!("\n{d}")).collect();
    let more = match errors.len().saturating_sub(3) {
        0 => String::new(),
        more => format!("\nand {more} more: bunker inventory check shows all"),
    };
    let dir = crate::domain::untrusted::Safe::line(&dir.to_string_lossy());
    let message = format!("the inventory {dir} cannot be used{}{more}", told.concat());
    Trouble::new(Exit::Usage, message)
}

/// Says on standard error how many problems the inventory has and which hosts they cost.
#[expect(clippy::print_stderr, reason = "messages of verbs go to standard error")]
pub(super) fn tell(fleet: &Fleet, diagnostics: &[Diagnostic]) {
    if diagnostics.is_empty() {
        return;
    }
    let names: Vec<&str> = fleet.left_out.iter().map(|l| l.id.as_str()).collect();
    let cost = match names.as_slice() {
        [] => String::new(),
        names if names.len() <= 5 => format!(", which leave out {}", names.join(", ")),
        names => format!(", which leave out {} hosts", names.len()),
    };
    let count = diagnostics.len();
    let plural = if count == 1 { "problem" } else { "problems" };
    eprintln!("bunker: the inventory has {count} {plural}{cost}: bunker inventory check");
}

/// The hosts that `--limit` means, in inventory order; all where there is no limit. `@FILE` stands for
/// the patterns in a file, one a line.
pub(super) fn limited<'f>(fleet: &'f Fleet, limit: Option<&str>) -> Result<Vec<&'f Host>, Trouble> {
    match selector(limit)? {
        None => Ok(fleet.hosts.iter().map(AsRef::as_ref).collect()),
        Some(selector) => selector.select(fleet).map_err(trouble),
    }
}

/// What `--limit` means, whatever the fleet is.
pub(super) fn selector(limit: Option<&str>) -> Result<Option<Selector>, Trouble> {
    let Some(limit) = limit else { return Ok(None) };
    let text = match limit.trim().strip_prefix('@') {
        Some(file) => from_file(file)?,
        None => limit.to_owned(),
    };
    text.parse::<Selector>().map(Some).map_err(trouble)
}

/// A limit that is malformed, or that means no host.
pub(super) fn trouble(error: SelectorError) -> Trouble {
    let exit = if error.is_syntax() { Exit::Usage } else { Exit::NotFound };
    Trouble::new(exit, error)
}

fn from_file(file: &str) -> Result<String, Trouble> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let shown = crate::domain::untrusted::Safe::line(file);
        Trouble::new(Exit::Usage, format!("the limit file {shown} cannot be read: {error}"))
    })?;
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    Ok(lines.collect::<Vec<_>>().join(","))
}
