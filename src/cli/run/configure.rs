//! `bunker configure`.

use super::super::Context;
use super::super::args::ConfigureArgs;
use super::super::exit::{Exit, Trouble};
use super::start;
use crate::domain::plan::What;

/// Brings `.env` in line with the inventory, or with `--check` only says what that would do.
pub(super) async fn configure(context: &Context, args: &ConfigureArgs) -> Result<Exit, Trouble> {
    let what = What::Configure { overwrite_drift: args.overwrite_drift };
    start::showing(context, &args.start, what, args.diff).await
}
