//! The first inventory: made from nothing, or copied from one of Ansible.
//!
//! **Invariant:** what is there is never written over. A new folder is made beside its place, read by the loader, and takes
//! its place by rename, whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::load;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::scaffold::first::FirstInstance;
use crate::domain::untrusted::Safe;

/// Files that are copied at most, and bytes of each.
const MOST: (usize, u64) = (20_000, 1_000_000);
/// Folders within one another at most.
const DEEPEST: usize = 8;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where it is.
    pub dir: PathBuf,
    /// Hosts that it names.
    pub n_hosts: usize,
    /// Files that were not taken, and why.
    pub left: Vec<Safe>,
}

/// Makes an inventory that names its first instance.
pub fn make(dir: &Path, first: &FirstInstance) -> Result<Begun, Safe> {
    begin(dir, |new| {
        let vars = new.join("group_vars/all");
        fs::create_dir_all(&vars)?;
        let own = new.join("host_vars").join(first.host.as_str());
        fs::create_dir_all(&own)?;
        fs::write(own.join("main.yml"), first.variables())?;
        fs::write(new.join("hosts.yml"), first.hosts())?;
        fs::write(vars.join("all.yml"), first.policy())?;
        Ok(Vec::new())
    })
}

/// Copies an inventory of Ansible, a folder or its one file.
pub fn import(from: &Path, dir: &Path) -> Result<Begun, Safe> {
    let text = |what: &str| Safe::line(&format!("{}: {what}", from.display()));
    if !from.exists() {
        return Err(text("there is nothing of that name"));
    }
    begin(dir, |new| {
        let mut copy = Copy { n: 0, left: Vec::new() };
        if from.is_dir() {
            copy.folder(from, new, 0)?;
        } else {
            copy.file(from, &new.join("hosts.yml"))?;
            for folder in ["group_vars", "host_vars"] {
                let beside = from.with_file_name(folder);
                if beside.is_dir() {
                    copy.folder(&beside, &new.join(folder), 0)?;
                }
            }
        }
        Ok(copy.left)
    })
}

fn begin(dir: &Path, fill: impl FnOnce(&Path) -> io::Result<Vec<Safe>>) -> Result<Begun, Safe> {
    let failed = |error: io::Error| Safe::line(&format!("{}: {error}", dir.display()));
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        let text = format!(
            "{} is not empty: nothing in it is written over; name another folder with --inventory",
            dir.display()
        );
        return Err(Safe::line(&text));
    }
    let parent = dir.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(failed)?;
    let new = tempfile::Builder::new().prefix(".inventory-").tempdir_in(parent).map_err(failed)?;
    let left = fill(new.path()).map_err(failed)?;
    let loaded = load(new.path());
    let Some(fleet) = loaded.fleet else {
        let first = loaded.diagnostics.iter().find(|d| d.severity == Severity::Error);
        let first = first.map(|d| without_folder(d, new.path())).unwrap_or_default();
        return Err(Safe::line(&format!(
            "it is no inventory that can be used: {first}; one in INI form becomes YAML by `ansible-inventory -i FILE --list --yaml`"
        )));
    };
    fs::set_permissions(new.path(), fs::Permissions::from_mode(0o755)).map_err(failed)?;
    // An empty folder may stand there: a rename takes its place, and refuses any other.
    fs::rename(new.path(), dir).map_err(failed)?;
    // Its old name is gone, so there is nothing to take away.
    let _gone = new.keep();
    Ok(Begun { dir: dir.to_owned(), n_hosts: fleet.hosts.len() + fleet.left_out.len(), left })
}

/// A problem in one line, without the name of the folder, which is gone by then.
fn without_folder(problem: &Diagnostic, folder: &Path) -> String {
    let folder = folder.display().to_string();
    let text = problem.to_string().replace("\n  hint: ", "; ");
    let of_all = format!("{folder}: ");
    text.strip_prefix(&of_all)
        .map_or_else(|| text.replace(&format!("{folder}/"), ""), str::to_owned)
}

struct Copy {
    n: usize,
    left: Vec<Safe>,
}

impl Copy {
    fn folder(&mut self, from: &Path, to: &Path, depth: usize) -> io::Result<()> {
        fs::create_dir_all(to)?;
        let mut entries: Vec<PathBuf> = fs::read_dir(from)?.flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            let Some(name) = path.file_name() else { continue };
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = fs::symlink_metadata(&path)?;
            if kind.is_dir() && depth < DEEPEST {
                self.folder(&path, &to.join(name), depth + 1)?;
            } else if kind.is_file() {
                self.file(&path, &to.join(name))?;
            } else {
                self.leave(&path, "is neither a file nor a folder");
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let meta = fs::metadata(from)?;
        if meta.permissions().mode() & 0o111 != 0 {
            self.leave(from, "is a program: hosts that a program names are not known here");
        } else if meta.len() > MOST.1 || self.n >= MOST.0 {
            self.leave(from, "is too large, or one too many");
        } else {
            self.n += 1;
            let mut file = fs::File::options().write(true).create_new(true).open(to)?;
            file.write_all(&fs::read(from)?)?;
        }
        Ok(())
    }

    fn leave(&mut self, path: &Path, why: &str) {
        self.left.push(Safe::line(&format!("{} {why}", path.display())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_inventory_is_read_by_the_loader_and_nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("deep/inventory");
        let first =
            "red-deer voices.example.org 192.0.2.7 https://git.example.org/a.git".parse().unwrap();
        let begun = make(&place, &first).unwrap();
        assert_eq!((begun.n_hosts, begun.left.len()), (1, 0));
        let loaded = load(&place);
        let fleet = loaded.fleet.unwrap();
        assert_eq!(fleet.instances().count(), 1, "{:?}", loaded.diagnostics);
        fs::write(place.join("hosts.yml"), "mine").unwrap();
        assert!(make(&place, &first).unwrap_err().as_str().contains("is not empty"));
        assert_eq!(fs::read_to_string(place.join("hosts.yml")).unwrap(), "mine");
        let left: Vec<_> = fs::read_dir(dir.path().join("deep")).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing lies about: {left:?}");
    }

    #[test]
    fn one_of_ansible_is_copied_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("ansible"), dir.path().join("inventory"));
        fs::create_dir_all(old.join("host_vars/web")).unwrap();
        fs::write(old.join("hosts.yml"), "web:\n  hosts:\n    one:\n    two:\n").unwrap();
        fs::write(old.join("host_vars/web/a.yml"), "x: 1\n").unwrap();
        fs::write(old.join("dynamic.sh"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(old.join("dynamic.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        let begun = import(&old, &new).unwrap();
        assert_eq!((begun.n_hosts, begun.left.len()), (2, 1), "{begun:?}");
        assert!(new.join("host_vars/web/a.yml").is_file() && !new.join("dynamic.sh").exists());
        let other = dir.path().join("other");
        fs::write(old.join("hosts.yml"), "[web]\none\n").unwrap();
        let refused = import(&old, &other).unwrap_err();
        assert!(refused.as_str().contains("ansible-inventory"), "{refused}");
        assert!(!other.exists());
        assert!(import(&dir.path().join("nowhere"), &other).is_err());
    }

    #[test]
    fn one_in_ini_form_is_refused_in_one_sentence_that_says_what_makes_it_yaml() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("ansible"), dir.path().join("inventory"));
        fs::create_dir_all(&old).unwrap();
        fs::write(old.join("hosts.ini"), "[web]\none ansible_host=192.0.2.1\n").unwrap();
        for from in [old.clone(), old.join("hosts.ini")] {
            let refused = import(&from, &new).unwrap_err().to_string();
            let begins = "it is no inventory that can be used: ";
            assert!(refused.starts_with(begins) && !refused.contains(": :"), "{refused}");
            assert!(!refused.contains('\\') && !refused.contains(".inventory-"), "{refused}");
            assert!(refused.contains("`ansible-inventory -i FILE --list --yaml`"), "{refused}");
            assert!(!new.exists());
        }
    }
}
