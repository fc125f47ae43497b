//! `bunker check`: what is wrong with a file of keys or of a theme.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use super::Context;
use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use crate::app::keymap;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::untrusted::Safe;
use crate::ui::theme;

/// What to check.
#[derive(Debug, Subcommand)]
pub enum CheckVerb {
    /// A file of keys: names, sequences that begin alike, danger on a single key
    Keys {
        /// The file
        file: std::path::PathBuf,
    },
    /// A theme: roles, colours, and whether everything can be read on its background
    Theme {
        /// The file
        file: std::path::PathBuf,
    },
}

pub(super) fn run(context: &Context, verb: &CheckVerb) -> Result<Exit, Trouble> {
    let problems = match verb {
        CheckVerb::Keys { file } => keymap::parse(&shown(file), &read(file)?).1,
        CheckVerb::Theme { file } => theme::check(&shown(file), &read(file)?),
    };
    if context.json {
        print_json(&json!({ "problems": problems }))?;
    } else if problems.is_empty() {
        print("nothing is wrong\n")?;
    } else {
        let lines: Vec<String> = problems.iter().map(Diagnostic::to_string).collect();
        print(&format!("{}\n", lines.join("\n")))?;
    }
    Ok(if problems.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn shown(file: &Path) -> String {
    Safe::line(&file.to_string_lossy()).to_string()
}

fn read(file: &Path) -> Result<String, Trouble> {
    std::fs::read_to_string(file).map_err(|error| {
        Trouble::new(Exit::Usage, format!("{} cannot be read: {error}", shown(file)))
    })
}
