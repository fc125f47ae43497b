//! The files of one connection: its socket and what lies beside it.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The files of one connection.
#[derive(Debug, Clone)]
pub(super) struct ControlFiles {
    pub(super) socket: PathBuf,
    pub(super) config: PathBuf,
    pub(super) log: PathBuf,
    pub(super) process: PathBuf,
}

impl ControlFiles {
    /// What the names of connections with this configuration begin with.
    pub(super) fn name_of(config: &str) -> String {
        let digest = Sha256::digest(config.as_bytes());
        let first = digest.iter().take(4).fold(0_u32, |name, byte| name << 8 | u32::from(*byte));
        format!("{first:08x}")
    }

    /// The files of the connection with this name, a path without an ending.
    pub(super) fn of(name: &Path) -> Self {
        Self {
            socket: name.with_extension("s"),
            config: name.with_extension("conf"),
            log: name.with_extension("log"),
            process: name.with_extension("pid"),
        }
    }

    /// Whether they are those of a connection with a configuration of this name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let file = self.process.file_name().and_then(|file| file.to_str());
        file.is_some_and(|file| file.starts_with(name))
    }

    /// Removes them.
    pub(super) fn remove(&self) {
        for path in [&self.socket, &self.config, &self.log, &self.process] {
            // What is not there needs no removing.
            drop(fs::remove_file(path));
        }
    }
}

/// Makes an empty file with mode 0600.
pub(super) fn own_private(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}
