//! Reference pages are generated from the tables that the program itself uses, and a stale one fails.
//! `BUNKER_BLESS=1 cargo test --test it docs` writes them anew.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

/// Compares a generated page with the file, or writes the file where that is asked for.
pub(crate) fn assert_fresh(file: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("BUNKER_BLESS").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == generated,
        "{file} is stale: run `BUNKER_BLESS=1 cargo test --test it docs` and look at the difference"
    );
}

fn argument(arg: &Arg) -> String {
    let value = arg.get_value_names().map_or(String::new(), |names| {
        let names: Vec<String> = names.iter().map(|n| format!("<{n}>")).collect();
        names.join(" ")
    });
    let takes_value = arg.get_action().takes_values();
    match (arg.get_short(), arg.get_long()) {
        (None, None) => value,
        (short, long) => {
            let mut forms: Vec<String> = Vec::new();
            forms.extend(short.map(|c| format!("-{c}")));
            forms.extend(long.map(|l| format!("--{l}")));
            let forms = forms.join(", ");
            if takes_value { format!("{forms} {value}") } else { forms }
        }
    }
}

fn arguments(out: &mut String, command: &Command, global: bool) {
    let shown: Vec<&Arg> = command
        .get_arguments()
        .filter(|a| !a.is_hide_set() && a.is_global_set() == global)
        .filter(|a| !matches!(a.get_id().as_str(), "help" | "version"))
        .collect();
    if shown.is_empty() {
        return;
    }
    out.push_str("\n| argument | what it does |\n|---|---|\n");
    for arg in shown {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(out, "| `{}` | {} |", argument(arg), help.replace('|', "\\|"));
    }
}

fn verb(out: &mut String, path: &str, command: &Command) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let path = format!("{path} {}", command.get_name());
    if command.get_subcommands().next().is_none() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(out, "\n## `{path}`\n\n{about}.\n");
        arguments(out, command, false);
        if let Some(more) = command.get_after_long_help().or(command.get_after_help()) {
            let _ = write!(out, "\n```text\n{more}\n```\n");
        }
    }
    for below in command.get_subcommands() {
        verb(out, &path, below);
    }
}

#[test]
fn every_verb_of_the_command_line_is_documented() {
    let command = bunker_ops::cli::args::Args::command();
    let mut out = String::from(
        "# Commands\n\nGenerated from the command line's own table; `bunker help VERB` says the same. Without a verb the cockpit opens.\n\n\
         Arguments of every verb:\n",
    );
    arguments(&mut out, &command, true);
    for below in command.get_subcommands() {
        verb(&mut out, "bunker", below);
    }
    out.push_str("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (code, meaning) in bunker_ops::cli::Exit::TABLE {
        let _ = writeln!(out, "| {} | {meaning} |", code.code());
    }
    assert_fresh("docs/commands.md", &out);
}
