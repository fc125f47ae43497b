//! Writing a file so that at every moment the old one or the new one is there, whole.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The right to change the files of a folder, until dropped. Other programs of ours wait for it.
#[derive(Debug)]
pub(super) struct FolderLock(File);

impl FolderLock {
    /// Takes it; waits while another has it. The lock is the folder's own, so that nothing is left behind.
    pub(super) fn take(folder: &Path) -> io::Result<Self> {
        let folder = File::open(folder)?;
        flock(&folder, FlockOperation::LockExclusive)?;
        Ok(Self(folder))
    }

    /// Replaces a file of this folder, keeping what was there as `NAME.bak`.
    pub(super) fn replace(&self, path: &Path, text: &str, mode: u32) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut new =
            tempfile::Builder::new().prefix(".new-").suffix(".tmp").tempfile_in(folder)?;
        new.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        if path.exists() {
            keep(path)?;
        }
        new.persist(path).map_err(|error| error.error)?;
        self.0.sync_all()
    }
}

/// The name of the last good version of a file.
pub(super) fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    name.into()
}

fn keep(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let copy = tempfile::Builder::new().prefix(".bak-").suffix(".tmp").tempfile_in(folder)?;
    std::fs::copy(path, copy.path())?;
    copy.as_file().sync_all()?;
    copy.persist(backup_of(path)).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_kept_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.age");
        for text in ["one", "two", "three"] {
            FolderLock::take(dir.path()).unwrap().replace(&path, text, 0o600).unwrap();
        }
        let mut names: Vec<_> =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["vault.age", "vault.age.bak"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(std::fs::read_to_string(backup_of(&path)).unwrap(), "two");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
