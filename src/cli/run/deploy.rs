//! `bunker deploy`.

use super::super::Context;
use super::super::args::DeployArgs;
use super::super::exit::{Exit, Trouble};
use super::start;
use super::upgrade::reference;
use crate::domain::plan::{TagChoice, What};

/// Brings bare servers to running instances, or with `--check` only says what that would do.
pub(super) async fn deploy(context: &Context, args: &DeployArgs) -> Result<Exit, Trouble> {
    let reference = args.reference.as_deref().map(reference).transpose()?;
    let tags = TagChoice::parse(&args.tags, &args.skip_tags);
    let tags = tags.map_err(|e| Trouble::new(Exit::Usage, e))?;
    start::workflow(context, &args.start, What::Deploy { reference, tags }).await
}
