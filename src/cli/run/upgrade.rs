//! `bunker upgrade`.

use super::super::Context;
use super::super::args::UpgradeArgs;
use super::super::exit::{Exit, Trouble};
use super::start;
use crate::domain::git::GitRef;
use crate::domain::plan::What;

/// Brings instances to another commit, or with `--check` only says what that would do.
pub(super) async fn upgrade(context: &Context, args: &UpgradeArgs) -> Result<Exit, Trouble> {
    let reference = args.reference.as_deref().map(reference).transpose()?;
    start::workflow(context, &args.start, What::Upgrade { reference }).await
}

/// A branch, tag or commit that was named.
pub(super) fn reference(text: &str) -> Result<GitRef, Trouble> {
    text.parse().map_err(|e| Trouble::new(Exit::Usage, e))
}
