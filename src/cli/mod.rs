//! The shell edge: every action of the cockpit is a verb here.
//!
//! **Invariant:** data goes to standard output, messages to standard error; nothing asks a question
//! where standard input is no terminal; a closed pipe ends the program quietly.

pub mod args;
mod args_ansible;
mod args_vault;
mod canary;
mod cockpit;
mod cockpit_changes;
mod cockpit_enrol;
mod context;
mod doctor;
mod exit;
mod fleet;
mod import;
mod instance;
mod inventory;
mod output;
mod prompt;
mod run;
mod shell;
mod snapshot;
mod status;
mod vault;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

pub use context::Context;
pub use exit::{Exit, Trouble};

use crate::domain::capability::Operate;
use args::{Args, Verb};

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let context = Context::new(&args, grant(&args));
    let ended = match args.verb {
        None | Some(Verb::Watch(_)) => cockpit::run(&context, args.verb.as_ref()),
        Some(Verb::Inventory(ref verb)) => inventory::run(&context, verb),
        Some(Verb::Vault(ref verb)) => vault::run(&context, verb),
        Some(Verb::Secrets(ref verb)) => vault::secrets(&context, verb),
        Some(Verb::Canary(ref verb)) => canary::run(&context, verb),
        Some(Verb::Import(ref args)) => import::run(&context, args),
        Some(Verb::Instance(ref verb)) => instance::run(&context, verb),
        Some(Verb::Status(ref verb)) => status::run(&context, verb),
        Some(Verb::Doctor(ref verb)) => doctor::run(&context, verb),
        Some(Verb::Snapshot(ref args)) => snapshot::run(&context, args),
        Some(Verb::Completions { shell }) => shell::completions(shell),
        Some(Verb::Man { ref dir }) => shell::man(dir.as_deref()),
        Some(ref verb) => run::run(&context, verb),
    };
    exit::report(ended)
}

/// The right to change something: never for `watch` and `--read-only`.
fn grant(args: &Args) -> Option<Operate> {
    let read_only = args.read_only || matches!(args.verb, Some(Verb::Watch(_)));
    (!read_only).then(Operate::grant)
}
