//! `bunker rollback`.

use super::super::Context;
use super::super::args::RollbackArgs;
use super::super::exit::{Exit, Trouble};
use super::start;
use super::upgrade::reference;
use crate::domain::plan::What;

/// Brings instances back to a recorded release, or with `--check` only says what that would do.
pub(super) async fn rollback(context: &Context, args: &RollbackArgs) -> Result<Exit, Trouble> {
    let to = args.to.as_deref().filter(|to| *to != "previous").map(reference).transpose()?;
    start::workflow(context, &args.start, What::Rollback { to }).await
}
