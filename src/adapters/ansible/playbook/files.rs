//! What a playbook is made of: its own file, and what it may use besides, as hashes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::domain::untrusted::Safe;

/// Folders beside a playbook from which Ansible takes files by itself.
const FOLDERS: [&str; 22] = [
    "action_plugins",
    "callback_plugins",
    "collections",
    "connection_plugins",
    "defaults",
    "files",
    "filter_plugins",
    "group_vars",
    "handlers",
    "host_vars",
    "inventory_plugins",
    "library",
    "lookup_plugins",
    "meta",
    "module_utils",
    "playbooks",
    "roles",
    "strategy_plugins",
    "tasks",
    "templates",
    "test_plugins",
    "vars",
];
/// Endings of files beside a playbook that count.
const ENDINGS: [&str; 5] = ["cfg", "j2", "json", "yaml", "yml"];
/// More files than this are no playbook's.
const MAX_FILES: u32 = 20_000;
/// Nor are more bytes than this.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// How deep folders go; symbolic links may go round.
const MAX_DEPTH: u32 = 24;

/// Where the playbook runs, and the hash of its file.
pub(super) fn playbook(path: &Path) -> Result<(PathBuf, String), Safe> {
    let failed = |why: &str| Safe::line(&format!("{}: {why}", path.display()));
    let meta = fs::metadata(path).map_err(|error| failed(&error.to_string()))?;
    if !meta.is_file() {
        return Err(failed("it is no file"));
    }
    let bytes = fs::read(path).map_err(|error| failed(&error.to_string()))?;
    let own = path.parent().unwrap_or_else(|| Path::new("/"));
    let folder = own.ancestors().find(|dir| dir.join("ansible.cfg").is_file()).unwrap_or(own);
    Ok((folder.to_owned(), hex(&Sha256::digest(&bytes))))
}

/// The hash of all that it may use, and how many files that is.
pub(super) fn around(path: &Path, folder: &Path, inventory: &Path) -> Result<(String, u32), Safe> {
    let mut sum = Sum { hash: Sha256::new(), n: 0, bytes: 0 };
    let own = path.parent().unwrap_or(folder);
    let mut places = vec![own];
    if folder != own {
        places.push(folder);
    }
    for place in places {
        for entry in entries(place)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let ending = entry.extension().unwrap_or_default().to_string_lossy().into_owned();
            let is_dir = entry.is_dir();
            if entry != path
                && ((is_dir && FOLDERS.contains(&name.as_str()))
                    || (!is_dir && ENDINGS.contains(&ending.as_str())))
            {
                sum.take(&entry, 0)?;
            }
        }
    }
    sum.take(inventory, 0)?;
    Ok((hex(&sum.hash.finalize()), sum.n))
}

struct Sum {
    hash: Sha256,
    n: u32,
    bytes: u64,
}

impl Sum {
    fn take(&mut self, path: &Path, depth: u32) -> Result<(), Safe> {
        let ending = path.extension().unwrap_or_default();
        // Ansible does not read our vaults, and a rotation of secrets writes them.
        if ["age", "bak", "lock", "pyc"].iter().any(|other| ending == *other) || depth > MAX_DEPTH {
            return Ok(());
        }
        let Ok(meta) = fs::metadata(path) else { return Ok(()) };
        if meta.is_dir() {
            if path.file_name().is_some_and(|name| name == ".git" || name == "__pycache__") {
                return Ok(());
            }
            for entry in entries(path)? {
                self.take(&entry, depth + 1)?;
            }
            return Ok(());
        }
        if !meta.is_file() {
            return Ok(());
        }
        self.n += 1;
        self.bytes += meta.len();
        if self.n > MAX_FILES || self.bytes > MAX_BYTES {
            let text = format!(
                "{} and what is beside it are too many files to look at before a run: put the playbook into a folder of its own",
                path.display()
            );
            return Err(Safe::line(&text));
        }
        let bytes =
            fs::read(path).map_err(|error| Safe::line(&format!("{}: {error}", path.display())))?;
        self.hash.update(path.as_os_str().as_encoded_bytes());
        self.hash.update([0]);
        self.hash.update(Sha256::digest(&bytes));
        Ok(())
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Safe> {
    let failed = |error: std::io::Error| Safe::line(&format!("{}: {error}", dir.display()));
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        all.push(entry.map_err(failed)?.path());
    }
    all.sort();
    Ok(all)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_what_it_may_use_is_another_hash_and_of_a_vault_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("site.yml", "- hosts: all\n");
        put("roles/x/tasks/main.yml", "- debug:\n");
        put("inventory/hosts.yml", "all:\n");
        put("notes.txt", "x");
        let of = || {
            let path = dir.path().join("site.yml");
            let (folder, sha) = playbook(&path).unwrap();
            (sha, around(&path, &folder, &dir.path().join("inventory")).unwrap())
        };
        let before = of();
        assert_eq!(before.1.1, 2);
        put("notes.txt", "y");
        put("inventory/host_vars/a/vault.age", "secret");
        assert_eq!(of(), before);
        put("roles/x/tasks/main.yml", "- command: rm\n");
        assert_ne!(of().1.0, before.1.0);
        assert_eq!(of().0, before.0);
        put("site.yml", "- hosts: none\n");
        assert_ne!(of().0, before.0);
        assert!(playbook(&dir.path().join("gone.yml")).unwrap_err().as_str().contains("gone.yml"));
    }
}
