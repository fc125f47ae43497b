//! `bunker inventory schema`: the JSON Schemas of the inventory's files.

use std::collections::BTreeMap;
use std::path::Path;

use color_eyre::eyre::WrapErr;

use super::Context;
use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use crate::workflows::env::schemas;

/// Prints them as one object by file name, or writes the files into `dir` and prints their paths.
pub(super) fn run(context: &Context, dir: Option<&Path>) -> Result<Exit, Trouble> {
    let all = schemas();
    let Some(dir) = dir else {
        print_json(&BTreeMap::from(all))?;
        return Ok(Exit::Ok);
    };
    let shown = dir.display();
    std::fs::create_dir_all(dir).wrap_err_with(|| format!("making the folder {shown}"))?;
    let mut written = Vec::new();
    for (name, schema) in all {
        let path = dir.join(name);
        let text = serde_json::to_string_pretty(&schema).wrap_err("writing JSON")?;
        std::fs::write(&path, format!("{text}\n"))
            .wrap_err_with(|| format!("writing {}", path.display()))?;
        written.push(path.display().to_string());
    }
    if context.json {
        print_json(&written)?;
    } else {
        print(&format!("{}\n", written.join("\n")))?;
    }
    Ok(Exit::Ok)
}
