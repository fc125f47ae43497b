//! Which files of the folder are read, and reading them within budgets.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::yaml::{self, Document};
use crate::domain::inventory::{Place, Problems};

/// How large a file may be, in bytes.
const MAX_BYTES: u64 = 1_000_000;
/// How many files are read of one inventory.
const MAX_FILES: usize = 20_000;
/// How deep folders may be nested.
const MAX_FOLDERS: usize = 8;

/// Endings that Ansible ignores in an inventory folder.
const IGNORED: [&str; 13] = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
    ".age",
];
/// Endings of YAML files, in the order in which Ansible looks for them.
pub(super) const YAML: [&str; 3] = ["yml", "yaml", "json"];

/// A file as it was read.
pub(super) enum Content {
    /// It holds this document.
    Document(Document),
    /// It is encrypted as a whole by ansible-vault.
    Encrypted,
    /// It cannot be read, which was said.
    Unreadable,
}

/// The name of a path as it is shown.
pub(super) fn shown(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

/// The inventory files of a folder, as Ansible finds them: in order of their names, subfolders too.
pub(super) fn inventory_files(dir: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let mut out = Vec::new();
    collect(dir, 0, &mut out, problems);
    out
}

fn collect(dir: &Path, depth: usize, out: &mut Vec<PathBuf>, problems: &mut Problems) {
    for path in listed(dir, problems) {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let special = matches!(name.as_ref(), "group_vars" | "host_vars" | "vars_plugins");
        if special || name.starts_with('.') || IGNORED.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let at = Place::file(&shown(&path));
        if path.is_dir() {
            if depth < MAX_FOLDERS {
                collect(&path, depth + 1, out, problems);
            } else {
                problems.fatal(&at, "folders are nested too deep here", None);
            }
            continue;
        }
        match path.extension().and_then(OsStr::to_str) {
            Some(end) if YAML.contains(&end) => out.push(path),
            None if is_program(&path) => {
                let hint = "give what it prints as YAML: ansible-inventory -i FILE --list --yaml";
                problems.fatal(&at, "a program as inventory is not run", Some(hint));
            }
            None => out.push(path),
            Some("ini") => {
                let hint = "convert it: ansible-inventory -i FILE --list --yaml --output hosts.yml";
                problems.fatal(&at, "an inventory in INI format is not read", Some(hint));
            }
            Some(_) => {
                let hint = "Ansible would try to read it as an inventory: move it elsewhere";
                problems.warn(&at, "this file is no YAML and is not read", Some(hint));
            }
        }
        if out.len() > MAX_FILES {
            problems.fatal(&at, format!("the inventory has more than {MAX_FILES} files"), None);
            return;
        }
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}

/// What a folder holds, in order of name. A folder that cannot be listed costs the fleet.
pub(super) fn listed(dir: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    match entries {
        Ok(mut paths) => {
            paths.sort();
            paths
        }
        Err(error) => {
            let at = Place::file(&shown(dir));
            problems.fatal(&at, format!("the folder cannot be listed: {error}"), None);
            Vec::new()
        }
    }
}

/// Reads a YAML file. Everything wrong with it is said here; keys that stand twice too.
pub(super) fn read(path: &Path, problems: &mut Problems) -> Content {
    let file = shown(path);
    let text = match bytes(path) {
        Ok(bytes) => text(bytes, &file, problems),
        Err((message, hint)) => {
            problems.error(&Place::file(&file), message, hint);
            None
        }
    };
    let Some(text) = text else { return Content::Unreadable };
    if text.starts_with("$ANSIBLE_VAULT;") {
        return Content::Encrypted;
    }
    match yaml::parse(&text) {
        Ok(document) => {
            for (again, key, first) in &document.twice {
                let key: String = key.chars().take(80).collect();
                let message = format!("{key} stands twice, first in line {}", first.line);
                let hint = "keep one of the two: which one counts cannot be told";
                problems.error(&place(&file, *again), message, Some(hint));
            }
            Content::Document(document)
        }
        Err(fault) => {
            problems.error(&place(&file, fault.mark), fault.message, fault.hint);
            Content::Unreadable
        }
    }
}

pub(super) fn place(file: &Arc<str>, mark: yaml::Mark) -> Place {
    Place { file: Arc::clone(file), line: mark.line, column: mark.column }
}

fn bytes(path: &Path) -> Result<Vec<u8>, (String, Option<&'static str>)> {
    let failed = |error: std::io::Error| (format!("the file cannot be read: {error}"), None);
    let meta = fs::metadata(path).map_err(failed)?;
    if !meta.is_file() {
        return Err(("this is no ordinary file, and is not read".to_owned(), None));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("the file is larger than {} kB", MAX_BYTES / 1000);
        return Err((message, Some("split it into several files")));
    }
    Ok(bytes)
}

/// The text of a file, without a byte order mark.
fn text(bytes: Vec<u8>, file: &Arc<str>, problems: &mut Problems) -> Option<String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let hint = "save it as UTF-8";
        problems.error(&Place::file(file), "the file is UTF-16", Some(hint));
        return None;
    }
    let after = |bytes: &[u8]| {
        let read = String::from_utf8_lossy(bytes);
        let line = u32::try_from(read.matches('\n').count() + 1).unwrap_or(u32::MAX);
        let column = read.rsplit('\n').next().map_or(0, |l| l.chars().count());
        Place {
            file: Arc::clone(file),
            line,
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    };
    if let Some((before, _)) =
        bytes.iter().position(|b| *b == 0).and_then(|at| bytes.split_at_checked(at))
    {
        let hint = "it may be no text, or a crash may have cut it off";
        problems.error(&after(before), "the file holds a NUL byte", Some(hint));
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(wrong) => {
            let valid = wrong.as_bytes().get(..wrong.utf8_error().valid_up_to());
            let hint = "save the file as UTF-8";
            problems.error(&after(valid.unwrap_or_default()), "this is no UTF-8", Some(hint));
            None
        }
    }
}
