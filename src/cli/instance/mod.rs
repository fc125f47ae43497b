//! `bunker instance`: instances in the inventory. Nothing here changes a host.

pub(super) mod add;
pub(super) mod args;
pub(super) mod desk;
pub(super) mod key;
mod remove;
mod show;

use super::Context;
use super::exit::{Exit, Trouble};
use crate::adapters::inventory::ScaffoldError;
use crate::adapters::ssh::HostKeyError;
use args::InstanceVerb;

pub(super) fn run(context: &Context, verb: &InstanceVerb) -> Result<Exit, Trouble> {
    match verb {
        InstanceVerb::Add(args) => add::add(context, args),
        InstanceVerb::List { limit } => show::list(context, limit.as_deref()),
        InstanceVerb::Show { host } => show::show(context, host),
        InstanceVerb::Remove(args) => remove::remove(context, args),
    }
}

impl From<ScaffoldError> for Trouble {
    fn from(error: ScaffoldError) -> Self {
        let exit = match &error {
            ScaffoldError::Clash(_) | ScaffoldError::InTheWay(_) => Exit::Refused,
            ScaffoldError::Inventory(_) | ScaffoldError::Edit { .. } => Exit::Usage,
            ScaffoldError::Changed(_) => Exit::Locked,
            ScaffoldError::NoHost(_) => Exit::NotFound,
            ScaffoldError::File { .. } => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

impl From<HostKeyError> for Trouble {
    fn from(error: HostKeyError) -> Self {
        let exit = match &error {
            HostKeyError::Program { .. } | HostKeyError::File { .. } => Exit::Failed,
            HostKeyError::Silent { .. } => Exit::Unreachable,
            HostKeyError::Behind(_) | HostKeyError::Changed { .. } => Exit::Refused,
        };
        Self::new(exit, error)
    }
}
