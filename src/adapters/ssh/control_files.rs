//! The files of one connection: its socket and what lies beside it.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
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

    /// Whether a host answered over this connection within this time, whichever process asked it: the file of its process is
    /// as old as the last answer. A clock that was set back tells nothing.
    pub(super) fn answered_within(&self, time: Duration) -> bool {
        let at = fs::metadata(&self.process).and_then(|found| found.modified());
        at.is_ok_and(|at| at.elapsed().is_ok_and(|ago| ago < time))
    }

    /// Notes that the host answered, where that was not noted within this time.
    pub(super) fn note_answer(&self, again_after: Duration) {
        if !self.answered_within(again_after) {
            let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
            let times = Timestamps { last_access: now, last_modification: now };
            // Whoever does not learn of it asks the connection itself.
            let noted = utimensat(CWD, &self.process, &times, AtFlags::empty());
            tracing::trace!(?noted, "a host answered");
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answer_is_known_to_every_process_and_one_of_the_future_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let files = ControlFiles::of(&dir.path().join("a-0"));
        let minute = Duration::from_mins(1);
        assert!(!files.answered_within(minute), "there is no such connection");
        files.note_answer(minute);
        assert!(!files.process.exists(), "a note makes no connection");
        own_private(&files.process).unwrap();
        let set = |at: std::time::SystemTime| {
            fs::File::open(&files.process).unwrap().set_modified(at).unwrap();
        };
        let made = fs::metadata(&files.process).unwrap().modified().unwrap();
        set(made - minute);
        assert!(!files.answered_within(minute / 2));
        // Of two notes in short order one is enough.
        files.note_answer(minute * 2);
        assert!(!files.answered_within(minute / 2));
        files.note_answer(minute / 2);
        let same_files = ControlFiles::of(&dir.path().join("a-0"));
        assert!(same_files.answered_within(minute / 2));
        set(made + minute * 2);
        assert!(!files.answered_within(minute));
    }
}
