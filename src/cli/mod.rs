//! The shell edge: every action of the cockpit is a verb here.
//!
//! **Invariant:** data goes to standard output, messages to standard error; nothing asks a question
//! where standard input is no terminal; a closed pipe ends the program quietly.

mod alerts;
pub mod args;
mod args_ansible;
mod args_around;
mod args_start;
mod args_strategy;
mod args_vault;
mod audit;
mod bundle;
mod canary;
pub(crate) mod check;
mod cockpit;
mod cockpit_changes;
mod cockpit_connect;
mod cockpit_desk;
mod cockpit_enrol;
mod cockpit_forwards;
mod cockpit_looks;
mod cockpit_quiet;
mod cockpit_replay;
mod compare;
mod context;
mod doctor;
mod exit;
mod fleet;
mod hooks;
mod host;
mod import;
mod in_the_way;
mod instance;
mod inventory;
mod inventory_init;
mod lease;
mod notify;
mod output;
mod prompt;
mod run;
mod schema;
mod shell;
mod silence;
mod snapshot;
mod status;
mod timeline;
mod vault;
mod window;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

pub use context::Context;
pub use exit::{Exit, Trouble};

use crate::domain::audit::Source;
use crate::domain::capability::Operate;
use crate::domain::untrusted::Safe;
use args::{Args, Verb};

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let context = Context::new(&args, grant(&args));
    wiring::entered_by(match args.verb {
        None | Some(Verb::Watch(_)) => Source::Cockpit,
        Some(Verb::Worker { .. }) => Source::Worker,
        Some(_) => Source::Cli,
    });
    if let Some(why) = args.why.as_deref().map(str::trim).filter(|why| !why.is_empty()) {
        wiring::say_why(&Safe::line(why));
    }
    let ended = match args.verb {
        None | Some(Verb::Watch(_)) => cockpit::run(&context, args.verb.as_ref()),
        Some(Verb::Inventory(ref verb)) => inventory::run(&context, verb),
        Some(Verb::Vault(ref verb)) => vault::run(&context, verb),
        Some(Verb::Secrets(ref verb)) => vault::secrets(&context, verb),
        Some(Verb::Bundle(ref args)) => bundle::bundle(&context, args),
        Some(Verb::Replay(ref args)) => bundle::replay(&context, args),
        Some(Verb::Audit(ref verb)) => audit::run(&context, verb),
        Some(Verb::Canary(ref verb)) => canary::run(&context, verb),
        Some(Verb::Import(ref args)) => import::run(&context, args),
        Some(Verb::Instance(ref verb)) => instance::run(&context, verb),
        Some(Verb::Window(ref verb)) => window::run(&context, verb),
        Some(Verb::Lease(ref verb)) => lease::run(&context, verb),
        Some(Verb::Hooks(ref verb)) => hooks::run(&context, verb),
        Some(Verb::Notify(ref verb)) => notify::run(&context, verb),
        Some(Verb::Status(ref verb)) => status::run(&context, verb),
        Some(Verb::Silence(ref verb)) => silence::run(&context, verb),
        Some(Verb::Alerts(ref args)) => alerts::run(&context, args),
        Some(Verb::Timeline(ref args)) => timeline::run(&context, args),
        Some(Verb::Compare(ref args)) => compare::run(&context, args),
        Some(Verb::Doctor(ref verb)) => doctor::run(&context, verb),
        Some(Verb::Check(ref verb)) => check::run(&context, verb),
        Some(Verb::Snapshot(ref args)) => snapshot::run(&context, args),
        Some(Verb::Shell(ref args)) => host::shell(&context, args),
        Some(Verb::Forward(ref args)) => host::forward(&context, args),
        Some(Verb::Env(ref args)) => host::env(&context, args),
        Some(Verb::Completions { shell }) => shell::completions(shell),
        Some(Verb::Man { ref dir }) => shell::man(dir.as_deref()),
        Some(Verb::Logs(ref args)) => host::logs_of(&context, args),
        Some(ref verb) => run::run(&context, verb),
    };
    exit::report(ended)
}

/// The right to change something: never for `watch` and `--read-only`.
fn grant(args: &Args) -> Option<Operate> {
    let read_only = args.read_only || matches!(args.verb, Some(Verb::Watch(_)));
    (!read_only).then(Operate::grant)
}
