//! From a verb to its function.

use super::super::Context;
use super::super::args::Verb;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::{
    again, ansible, approve, attach, backup, canary, configure, controls, deploy, logs, plan,
    rollback, rotate, show, upgrade, worker,
};
use crate::domain::capability::Operate;

/// Carries out one of the verbs that are about runs.
pub(in crate::cli) fn run(context: &Context, verb: &Verb) -> Result<Exit, Trouble> {
    let runtime = wiring::runtime_of_runs()?;
    let ended = runtime.block_on(carry_out(context, verb));
    runtime.shutdown_background();
    ended
}

async fn carry_out(context: &Context, verb: &Verb) -> Result<Exit, Trouble> {
    match verb {
        Verb::Deploy(args) => deploy::deploy(context, args).await,
        Verb::Rollback(args) => rollback::rollback(context, args).await,
        Verb::Backup(args) => backup::backup(context, args).await,
        Verb::Upgrade(args) => upgrade::upgrade(context, args).await,
        Verb::CanaryUpgrade(args) => canary::upgrade(context, args).await,
        Verb::Configure(args) => configure::configure(context, args).await,
        Verb::RotateSecrets(args) => rotate::rotate(context, args).await,
        Verb::Ansible(args) => ansible::ansible(context, args).await,
        Verb::Plan(verb) => plan::plan(context, verb).await,
        Verb::Runs { limit } => show::runs(context, *limit).await,
        Verb::Show { run } => show::show(context, run).await,
        Verb::Attach { run } => attach::attach(context, run).await,
        Verb::Logs(args) => logs(context, &args.run, args.host.as_deref()).await,
        Verb::Pause { run } => controls::pause(context, run).await,
        Verb::Resume { run } => controls::resume(context, run).await,
        Verb::Promote { run, all } => controls::promote(context, run, *all).await,
        Verb::Step { run } => controls::step(context, run).await,
        Verb::Skip { run, host } => controls::skip(context, run, host).await,
        &Verb::Retry { ref run, check, yes, detach, ref confirm } => {
            let manner = again::Manner { check, yes, detach, confirm: confirm.clone() };
            again::retry(context, run, manner).await
        }
        Verb::Abort { run, kill, rollback } => {
            let how = controls::Ending { kill: *kill, rollback: *rollback };
            controls::abort(context, run, how).await
        }
        Verb::Approve { run } => approve::approve(context, run).await,
        Verb::Reject { run, reason } => approve::reject(context, run, reason).await,
        Verb::Worker { run, identity } => worker::work(context, run, *identity).await,
        Verb::Status(_)
        | Verb::Audit(_)
        | Verb::Bundle(_)
        | Verb::Replay(_)
        | Verb::Canary(_)
        | Verb::Import(_)
        | Verb::Instance(_)
        | Verb::Window(_)
        | Verb::Silence(_)
        | Verb::Inventory(_)
        | Verb::Lease(_)
        | Verb::Hooks(_)
        | Verb::Notify(_)
        | Verb::Vault(_)
        | Verb::Secrets(_)
        | Verb::Doctor(_)
        | Verb::Watch(_)
        | Verb::Snapshot(_)
        | Verb::Shell(_)
        | Verb::Forward(_)
        | Verb::Env(_)
        | Verb::Check(_)
        | Verb::Completions { .. }
        | Verb::Alerts(_)
        | Verb::Compare(_)
        | Verb::Timeline(_)
        | Verb::Man { .. } => Err(Trouble::new(Exit::Usage, "this verb is not about runs")),
    }
}

/// The right to change something, or why there is none.
pub(in crate::cli) fn right(context: &Context) -> Result<&Operate, Trouble> {
    let refused = "this changes something, and --read-only was given";
    context.operate.as_ref().ok_or_else(|| Trouble::new(Exit::Refused, refused))
}
