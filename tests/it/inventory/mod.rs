//! The inventory: bad files, precedence, budgets, the shell's view, and edits while it is followed.
#![cfg(test)]

mod bad_files;
mod budgets;
mod canary;
mod follow;
mod precedence;
mod schema;
mod shell;
mod windows;

use std::path::Path;

use bunker_ops::adapters::inventory::load;
use bunker_ops::domain::inventory::Loaded;

/// An inventory folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(dir.path(), name, text.as_bytes());
    }
    dir
}

pub(crate) fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// All problems as one text, with file names relative to the folder.
pub(crate) fn problems(dir: &Path, loaded: &Loaded) -> String {
    let root = dir.display().to_string();
    let lines: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    lines.join("\n").replace(&format!("{root}/"), "").replace(&root, ".")
}

/// Names of the hosts that can be used.
pub(crate) fn hosts(loaded: &Loaded) -> String {
    let Some(fleet) = &loaded.fleet else { return "no fleet".to_owned() };
    fleet.hosts.iter().map(|h| h.id.as_str()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn load_files(files: &[(&str, &str)]) -> (tempfile::TempDir, Loaded) {
    let dir = folder(files);
    let loaded = load(dir.path());
    (dir, loaded)
}
