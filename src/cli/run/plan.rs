//! `bunker plan WORKFLOW`: what a workflow would do, and nothing else.

use super::super::Context;
use super::super::args::{PlanVerb, StartArgs};
use super::super::exit::{Exit, Trouble};
use super::{ansible, canary, configure, deploy, rollback, rotate, start, upgrade};
use crate::domain::plan::What;

/// Plans and shows. It needs no right to change anything.
pub(super) async fn plan(context: &Context, verb: &PlanVerb) -> Result<Exit, Trouble> {
    match verb {
        PlanVerb::Deploy(args) => {
            let mut args = args.clone();
            args.start.check = true;
            deploy::deploy(context, &args).await
        }
        PlanVerb::Upgrade(args) => {
            let mut args = args.clone();
            args.start.check = true;
            upgrade::upgrade(context, &args).await
        }
        PlanVerb::CanaryUpgrade(args) => {
            let mut args = args.clone();
            args.start.check = true;
            canary::upgrade(context, &args).await
        }
        PlanVerb::Ansible(args) => {
            let mut args = args.clone();
            args.plan = true;
            ansible::ansible(context, &args).await
        }
        PlanVerb::Configure(args) => {
            let mut args = args.clone();
            args.start.check = true;
            configure::configure(context, &args).await
        }
        PlanVerb::Rollback(args) => {
            let mut args = args.clone();
            args.start.check = true;
            rollback::rollback(context, &args).await
        }
        PlanVerb::RotateSecrets(args) => {
            let mut args = args.clone();
            args.start.check = true;
            rotate::rotate(context, &args).await
        }
        PlanVerb::Backup(args) => only(context, args, What::Backup).await,
        PlanVerb::VerifyBackup { start, all } => {
            only(context, start, What::VerifyBackup { all: *all }).await
        }
        PlanVerb::Import(args) => only(context, args, What::Import).await,
    }
}

async fn only(context: &Context, args: &StartArgs, what: What) -> Result<Exit, Trouble> {
    let mut args = args.clone();
    args.check = true;
    start::workflow(context, &args, what).await
}
