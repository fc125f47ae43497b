//! Where things are kept on the control machine.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder that holds the store, the logs of runs and the hosts' keys.
///
/// **Invariant:** when [`StateDir::prepare`] has succeeded it belongs to us and nobody else can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// `$BUNKER_STATE`, else `$XDG_STATE_HOME/bunker`, else `~/.local/state/bunker`.
    pub fn from_env() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        if let Some(dir) = set("BUNKER_STATE") {
            return Self(absolute(dir));
        }
        let base = set("XDG_STATE_HOME").filter(|p| p.is_absolute()).unwrap_or_else(|| {
            set("HOME").unwrap_or_else(|| PathBuf::from("/")).join(".local/state")
        });
        Self(base.join("bunker"))
    }

    /// This folder.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("bunker.db")
    }

    /// The folder of all runs' logs.
    pub fn runs(&self) -> PathBuf {
        self.0.join("runs")
    }

    /// Makes the folder, 0700, where it is missing. Refused where it belongs to somebody else;
    /// where others can read it, that is taken away.
    pub fn prepare(&self) -> io::Result<()> {
        private_dir(&self.0)?;
        let meta = std::fs::metadata(&self.0)?;
        if meta.uid() != rustix::process::geteuid().as_raw() {
            let text = format!("{} belongs to user id {}", self.0.display(), meta.uid());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        if meta.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
}

/// Makes a folder and those above it, 0700.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// The folder of what the operator wrote for the program: `$XDG_CONFIG_HOME/bunker`, else `~/.config/bunker`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigDir(PathBuf);

impl ConfigDir {
    /// By the environment.
    pub fn from_env() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let base = set("XDG_CONFIG_HOME")
            .filter(|p| p.is_absolute())
            .unwrap_or_else(|| set("HOME").unwrap_or_else(|| PathBuf::from("/")).join(".config"));
        Self(base.join("bunker"))
    }

    /// The file of keys.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys.yaml")
    }

    /// The folder of themes.
    pub fn themes(&self) -> PathBuf {
        self.0.join("themes")
    }
}
