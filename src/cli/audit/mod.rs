//! `bunker audit`: who changed what; and writing that down for the verbs that change something.

pub(super) mod args;
mod deed;
mod export;
mod log;
mod remembered;
mod verify;
mod wanted;

pub(super) use wanted::since;

pub(super) use deed::{audited, audited_and_told, audited_files, reason};

use super::Context;
use super::exit::{Exit, Trouble};
use super::wiring;
use args::AuditVerb;

/// Carries out one of the verbs.
pub(super) fn run(context: &Context, verb: &AuditVerb) -> Result<Exit, Trouble> {
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(async {
        match verb {
            AuditVerb::Log { wanted, limit } => log::log(context, wanted, *limit).await,
            AuditVerb::Verify { file: Some(file), .. } => verify::of_file(context, file),
            AuditVerb::Verify { anchors, limit, file: None } => {
                verify::verify(context, *anchors, limit.as_deref()).await
            }
            AuditVerb::Export { wanted, format, out } => {
                export::export(wanted, *format, out.as_deref()).await
            }
        }
    });
    runtime.shutdown_background();
    ended
}
