//! `group_vars/` and `host_vars/`: for each name a file or a folder of files.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::files::{self, Content, YAML};
use super::source::variables;
use super::yaml::Kind;
use crate::domain::inventory::merge::VarsFile;
use crate::domain::inventory::{Place, Problems, RawVars};
use crate::domain::suggest::nearest;

/// One of the two folders, with what is in it: most of a thousand hosts have nothing there, and are not looked for one by one.
pub(super) struct VarsFolder {
    dir: PathBuf,
    names: BTreeSet<OsString>,
    /// What is named, without endings.
    stems: BTreeSet<String>,
}

impl VarsFolder {
    /// A folder that is not there is empty; one that cannot be listed is told by [`strays`].
    pub(super) fn list(dir: &Path) -> Self {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let names: BTreeSet<OsString> = entries.map(|entry| entry.file_name()).collect();
        let mut stems = BTreeSet::new();
        for name in names.iter().filter_map(|name| name.to_str()) {
            let stem = name.rsplit_once('.').filter(|(_, end)| YAML.contains(end));
            stems.extend(stem.map(|(stem, _)| stem.to_owned()));
            stems.insert(name.to_owned());
        }
        Self { dir: dir.to_owned(), names, stems }
    }

    fn path(&self, name: String) -> Option<PathBuf> {
        let name = OsString::from(name);
        self.names.contains(&name).then(|| self.dir.join(name))
    }
}

/// The files for one name, weakest first, as Ansible finds them: the first of `NAME`, `NAME.yml`,
/// `NAME.yaml` and `NAME.json` that exists, and of a folder all files in order of name.
pub(super) fn read_for(dir: &VarsFolder, name: &str, problems: &mut Problems) -> Vec<VarsFile> {
    if !dir.stems.contains(name) {
        return Vec::new();
    }
    let mut choices = vec![dir.path(name.to_owned())];
    choices.extend(YAML.iter().map(|end| dir.path(format!("{name}.{end}"))));
    let mut present = choices.into_iter().flatten().filter(|path| path.exists());
    let Some(first) = present.next() else { return Vec::new() };
    for ignored in present {
        let at = Place::file(&files::shown(&ignored));
        let message = format!("this file is ignored, since {} is there", first.display());
        problems.warn(&at, message, Some("move its variables there"));
    }
    let mut paths = Vec::new();
    if first.is_dir() {
        collect(&first, 0, &mut paths, problems);
    } else {
        paths.push(first);
    }
    paths.iter().map(|path| read(path, problems)).collect()
}

fn collect(dir: &Path, depth: usize, out: &mut Vec<PathBuf>, problems: &mut Problems) {
    for path in files::listed(dir, problems) {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let end = path.extension().and_then(OsStr::to_str);
        if path.is_dir() {
            if end.is_none() && depth < 8 {
                collect(&path, depth + 1, out, problems);
            }
        } else if end.is_none_or(|end| YAML.contains(&end)) {
            out.push(path);
        }
    }
}

fn read(path: &Path, problems: &mut Problems) -> VarsFile {
    let file = files::shown(path);
    let at = Place::file(&file);
    let root = match files::read(path, problems) {
        Content::Document(document) => document.root,
        // Names in it are unknown, and none of them is needed: what is needed is no secret.
        Content::Encrypted => None,
        Content::Unreadable => return VarsFile { at, vars: None },
    };
    let vars = match root.map(|root| (root.mark, root.kind)) {
        None => Some(RawVars::new()),
        Some((_, Kind::Map(entries))) => Some(variables(&file, &entries)),
        Some((mark, _)) => {
            let hint = "write one variable a line, as name: value";
            let message = "a file of variables wants a mapping";
            problems.error(&files::place(&file, mark), message, Some(hint));
            None
        }
    };
    VarsFile { at, vars }
}

/// Tells files and folders that are for no host or group.
pub(super) fn strays(dir: &Path, what: &str, known: &[&str], problems: &mut Problems) {
    if !dir.is_dir() {
        return;
    }
    for path in files::listed(dir, problems) {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let end = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        let ending = format!(".{end}");
        let stem = if YAML.contains(&end) { name.strip_suffix(&ending) } else { None };
        let hidden = name.starts_with('.') || name.ends_with('~');
        let names = [Some(name.as_ref()), stem];
        if hidden || names.into_iter().flatten().any(|n| known.contains(&n)) {
            continue;
        }
        let word = stem.unwrap_or(&name);
        let hint =
            nearest(word, known.iter().copied()).map(|meant| format!("did you mean {meant}?"));
        let at = Place::file(&files::shown(&path));
        let message = format!("no {what} is named {word:?}, so this counts for nothing");
        problems.warn(&at, message, hint.as_deref());
    }
}
