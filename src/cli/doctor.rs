//! Under construction.

use super::Context;
use super::exit::{Exit, Trouble};

pub(super) fn run(_context: &Context, _verb: &super::args::DoctorArgs) -> Result<Exit, Trouble> {
    Err(Trouble::new(Exit::Failed, "not built yet"))
}
