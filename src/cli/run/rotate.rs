//! `bunker rotate-secrets`.

use super::super::Context;
use super::super::args::RotateArgs;
use super::super::exit::{Exit, Trouble};
use super::start;
use crate::domain::plan::What;
use crate::domain::secret::SecretName;

/// Gives secrets new values, or with `--check` only says what that would do.
pub(super) async fn rotate(context: &Context, args: &RotateArgs) -> Result<Exit, Trouble> {
    let names: Result<Vec<SecretName>, _> = args.secrets.iter().map(|n| n.parse()).collect();
    let mut names = names.map_err(|error| Trouble::new(Exit::Usage, error))?;
    names.sort();
    names.dedup();
    start::workflow(context, &args.start, What::RotateSecrets { names }).await
}
