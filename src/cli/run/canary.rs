//! `bunker canary-upgrade`.

use super::super::Context;
use super::super::args::UpgradeArgs;
use super::super::exit::{Exit, Trouble};
use super::start;
use super::upgrade::reference;
use crate::domain::plan::What;

/// Brings instances to another commit, the canary group first, or with `--check` only says what that would do.
pub(super) async fn upgrade(context: &Context, args: &UpgradeArgs) -> Result<Exit, Trouble> {
    let reference = args.reference.as_deref().map(reference).transpose()?;
    start::workflow(context, &args.start, What::CanaryUpgrade { reference }).await
}
