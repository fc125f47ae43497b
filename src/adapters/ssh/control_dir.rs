//! The folder of the control sockets: ours alone, short, and swept of what dead processes left.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::control_files::ControlFiles;
use super::lending::{self, Others};
use super::process::Process;

/// The longest socket path that `ssh` can bind: 104 bytes on some systems, less the 17 that it adds meanwhile.
const MAX_SOCKET_PATH: usize = 86;

/// Why there is no folder for control sockets.
#[derive(Debug, thiserror::Error)]
pub enum ControlDirError {
    /// It belongs to somebody else, or others may enter it.
    #[error("{path} cannot hold ssh's control sockets: {why}; remove it or set XDG_RUNTIME_DIR")]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its path leaves no room for a socket's name.
    #[error("{0} is too long a path for ssh's control sockets; set XDG_RUNTIME_DIR to a short one")]
    TooLong(PathBuf),
    /// It cannot be made or read.
    #[error("cannot make {path}: {error}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// One pool's folder, `BASE/PID-START-N`, mode 0700; it is removed with the value.
#[derive(Debug)]
pub(super) struct ControlDir {
    path: PathBuf,
    next: AtomicU32,
    others: Others,
}

static POOLS: AtomicU32 = AtomicU32::new(0);

impl ControlDir {
    /// Makes the folder below `base`, after it has swept `base`.
    pub(super) fn open(base: &Path) -> Result<Self, ControlDirError> {
        own(base)?;
        sweep(base);
        let pool = POOLS.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("{}-{pool}", Process::own().tag()));
        if path.as_os_str().len() + "/abcdef01-9999.s".len() > MAX_SOCKET_PATH {
            return Err(ControlDirError::TooLong(path));
        }
        own(&path)?;
        Ok(Self { path, next: AtomicU32::new(0), others: Others::default() })
    }

    /// Names for the files of a new connection with this configuration; a name is never used again.
    pub(super) fn files(&self, config: &str) -> ControlFiles {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        ControlFiles::of(&self.path.join(format!("{}-{n}", ControlFiles::name_of(config))))
    }

    /// What other processes have open.
    pub(super) fn others(&self) -> &Others {
        &self.others
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ControlDir {
    fn drop(&mut self) {
        lending::leave_all(&self.path);
        // What was lent is removed by whoever uses it last.
        if !lending::any_open(&self.path) {
            remove(&self.path);
        }
    }
}

/// Makes a folder with mode 0700, or checks that the one there is ours alone.
fn own(path: &Path) -> Result<(), ControlDirError> {
    let io = |error| ControlDirError::Io { path: path.to_owned(), error };
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    let found = fs::symlink_metadata(path).map_err(io)?;
    let not_ours = |why| ControlDirError::NotOurs { path: path.to_owned(), why };
    if !found.is_dir() {
        return Err(not_ours("it is no folder"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(not_ours("it belongs to another user"));
    }
    if found.mode() & 0o077 != 0 {
        return Err(not_ours("others may enter it (its mode is not 0700)"));
    }
    Ok(())
}

/// Ends the connections of processes that have died, and removes their folders. Those of living ones stay.
fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(tag) = name.to_str().and_then(|name| name.rsplit_once('-')) else { continue };
        let Some(owner) = Process::from_tag(tag.0) else { continue };
        if owner.is_alive() {
            continue;
        }
        if !lending::clear(&entry.path()) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    let gone = fs::remove_dir_all(path);
    if let Err(error) = gone.or_else(|e| if path.exists() { Err(e) } else { Ok(()) }) {
        tracing::debug!(?path, ?error, "cannot remove a folder of control sockets");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("b");
        fs::create_dir(&base).unwrap();
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
        let error = ControlDir::open(&base).unwrap_err().to_string();
        assert!(error.contains("others may enter it"), "{error}");
        let link = dir.path().join("l");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        let error = ControlDir::open(&link).unwrap_err().to_string();
        assert!(error.contains("it is no folder"), "{error}");
    }

    #[test]
    fn a_path_that_no_socket_fits_in_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("x".repeat(70));
        assert!(matches!(ControlDir::open(&base), Err(ControlDirError::TooLong(_))));
    }

    #[test]
    fn what_the_dead_left_goes_and_what_the_living_have_stays() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("b");
        let living = ControlDir::open(&base).unwrap();
        let dead = base.join("999999999-1-0");
        fs::create_dir(&dead).unwrap();
        // No `ssh`, so it must not be ended although a dead process names it.
        let own = Process::own();
        fs::write(dead.join("0.pid"), own.tag()).unwrap();
        let second = ControlDir::open(&base).unwrap();
        assert!(!dead.exists());
        assert!(living.path.exists() && second.path.exists() && living.path != second.path);
        assert_eq!(fs::metadata(&living.path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(living);
        assert_eq!(fs::read_dir(&base).unwrap().count(), 1);
    }
}
