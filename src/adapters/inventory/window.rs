//! Windows written into the files of variables, comments and order kept.
//!
//! **Invariant:** nothing is written before the loader has read the whole inventory as it would be and found it no worse.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::scaffold::{copy, file_error, lock, mode_of, read_if_there, replace, safe, unchanged};
use super::{FileChange, ScaffoldError, edit_list, files, load};
use crate::domain::fleet::Fleet;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::Problems;
use crate::domain::untrusted::Safe;
use crate::domain::window::{Ended, Window};

const NAME: &str = "bunker_windows";

/// Whose variables are edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those of all hosts.
    All,
    /// Those of a group.
    Group(GroupName),
    /// Those of a host.
    Host(HostId),
}

/// An edit of windows that is ready to be written.
#[derive(Debug)]
pub struct WindowEdit {
    dir: PathBuf,
    /// The files that change.
    pub files: Vec<FileChange>,
    /// The fleet as it will be.
    pub fleet: Fleet,
}

impl WindowEdit {
    /// Adds a window. Writes nothing.
    pub fn add(dir: &Path, whose: &Whose, window: &Window) -> Result<Self, ScaffoldError> {
        let path = place(dir, whose);
        let before = read_if_there(&path)?;
        let old = before.clone().unwrap_or_else(|| "---\n".to_owned());
        let item = item(window).ok_or_else(|| refused(&path, "the window cannot be written"))?;
        let after = edit_list::append(&old, NAME, &item).map_err(|why| refused(&path, &why))?;
        Self::made(dir, vec![FileChange { path, before, after }])
    }

    /// Ends the spell of a window that is on now, in each of these files. Writes nothing.
    pub fn end(
        dir: &Path,
        paths: &[PathBuf],
        name: &Safe,
        ended: &Ended,
    ) -> Result<Self, ScaffoldError> {
        let mut changes = Vec::new();
        let value = serde_json::to_value(ended).unwrap_or_default();
        for path in paths {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let Some(before) = read_if_there(&path)? else { continue };
            let after = edit_list::set(&before, NAME, name.as_str(), "ended", &value)
                .map_err(|why| refused(&path, &why))?;
            let after = after.ok_or_else(|| refused(&path, "the window is not named in it"))?;
            changes.push(FileChange { path, before: Some(before), after });
        }
        Self::made(dir, changes)
    }

    fn made(dir: &Path, files: Vec<FileChange>) -> Result<Self, ScaffoldError> {
        let fleet = rehearse(dir, &files)?;
        Ok(Self { dir: dir.to_owned(), files, fleet })
    }

    /// The files that it changes.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|change| change.path.clone()).collect()
    }

    /// Writes it.
    pub fn write(&self) -> Result<(), ScaffoldError> {
        let _lock = lock(&self.dir)?;
        for change in &self.files {
            unchanged(change)?;
        }
        for change in &self.files {
            let folder = change.path.parent().unwrap_or(&self.dir);
            fs::create_dir_all(folder).map_err(file_error(folder))?;
            let mode = if change.before.is_some() { mode_of(&change.path) } else { 0o644 };
            replace(&change.path, &change.after, mode)?;
        }
        Ok(())
    }
}

fn refused(path: &Path, why: &str) -> ScaffoldError {
    ScaffoldError::Edit { file: safe(path), why: Safe::line(why) }
}

fn item(window: &Window) -> Option<Map<String, Value>> {
    serde_json::to_value(window).ok()?.as_object().cloned()
}

/// The file to write to: the one that has windows already, else `bunker.yml` of the folder, else the one file there is.
fn place(dir: &Path, whose: &Whose) -> PathBuf {
    let base = match whose {
        Whose::All => dir.join("group_vars/all"),
        Whose::Group(name) => dir.join("group_vars").join(name.as_str()),
        Whose::Host(name) => dir.join("host_vars").join(name.as_str()),
    };
    let has = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line.starts_with(NAME))
    };
    if base.is_dir() {
        let found = files::listed(&base, &mut Problems::default());
        let yaml = |path: &PathBuf| {
            let end = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            path.is_file() && matches!(end, "yml" | "yaml")
        };
        let with = found.into_iter().filter(yaml).find(has);
        return real(with.unwrap_or_else(|| base.join("bunker.yml")));
    }
    let beside = ["yml", "yaml"].map(|end| {
        base.with_file_name(format!(
            "{}.{end}",
            base.file_name().unwrap_or_default().to_string_lossy()
        ))
    });
    let one = beside.into_iter().find(|path| path.is_file());
    real(one.unwrap_or_else(|| base.join("bunker.yml")))
}

/// A link stays one: what it names is replaced.
fn real(path: PathBuf) -> PathBuf {
    fs::canonicalize(&path).unwrap_or(path)
}

/// Reads the whole inventory as it would be, aside; it must be no worse than it is.
fn rehearse(dir: &Path, changes: &[FileChange]) -> Result<Fleet, ScaffoldError> {
    let now = load(dir);
    let aside = tempfile::tempdir().map_err(file_error(dir))?;
    copy(dir, aside.path(), 0).map_err(file_error(dir))?;
    let own = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    for change in changes {
        let inside = change.path.strip_prefix(&own).or_else(|_| change.path.strip_prefix(dir));
        let inside =
            inside.map_err(|_| refused(&change.path, "it lies outside of the inventory"))?;
        let path = aside.path().join(inside);
        let parent = path.parent().unwrap_or(aside.path());
        fs::create_dir_all(parent).map_err(file_error(parent))?;
        fs::write(&path, &change.after).map_err(file_error(&path))?;
    }
    let then = load(aside.path());
    let known: Vec<String> = now.errors().map(ToString::to_string).collect();
    let here = format!("{}/", aside.path().display());
    let there = format!("{}/", dir.display());
    let worse = then.errors().map(|e| e.to_string().replace(&here, &there));
    if let Some(error) = worse.into_iter().find(|e| !known.contains(e)) {
        let text = format!("with this the inventory could not be used: {error}");
        return Err(ScaffoldError::Inventory(Safe::text(&text)));
    }
    let none = || ScaffoldError::Inventory(Safe::line("the inventory as it is cannot be used"));
    then.fleet.ok_or_else(none)
}
