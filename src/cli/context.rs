//! What every verb needs to know: where the inventory is, how to print, whether changes are allowed.

use std::path::PathBuf;

use super::args::Args;
use crate::domain::capability::Operate;

/// The surroundings of one call of the program.
#[derive(Debug)]
pub struct Context {
    /// The inventory folder, absolute where that can be told.
    pub inventory: PathBuf,
    /// Whether to print JSON.
    pub json: bool,
    /// Whether colour is wanted.
    pub color: bool,
    /// The right to change something; `None` in `watch` and with `--read-only`.
    pub operate: Option<Operate>,
}

impl Context {
    /// From the command line and the environment.
    pub fn new(args: &Args, operate: Option<Operate>) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        Self {
            inventory: absolute(args.inventory.clone().unwrap_or_else(|| "inventory".into())),
            json: args.json,
            color: !(args.no_color || set("NO_COLOR") || dumb),
            operate,
        }
    }
}

/// A path that means the same to the worker, which runs elsewhere.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
