//! `bunker window`: maintenance windows, looked at, written, ended, and told to Alertmanager.

mod add;
pub(super) mod adding;
pub(super) mod args;
mod end;
pub(super) mod ending;
mod list;
pub(super) mod runs;
mod silences;

pub(super) use silences::tell;

use super::Context;
use super::exit::{Exit, Trouble};
use args::WindowVerb;

pub(super) fn run(context: &Context, verb: &WindowVerb) -> Result<Exit, Trouble> {
    match verb {
        WindowVerb::List { limit } => list::list(context, limit.as_deref()),
        WindowVerb::Add(args) => add::add(context, args),
        WindowVerb::End(args) => end::end(context, args),
        WindowVerb::Sync => silences::sync(context),
    }
}
