//! A file of lines that does not grow for ever: when it is full it becomes the old one, and a new one begins.
//!
//! **Invariant:** a line is written whole into one of the two, also where the file cannot be turned or several programs
//! write into it at once.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Appends lines to a file of at most so many bytes, and keeps the one before it.
#[derive(Debug)]
pub(super) struct TurnedFile {
    path: PathBuf,
    old: PathBuf,
    file: File,
    most: u64,
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

impl TurnedFile {
    /// Opens `path`; the one before it gets `.1` behind its name.
    pub(super) fn open(path: PathBuf, most: u64) -> io::Result<Self> {
        let mut old = path.clone().into_os_string();
        old.push(".1");
        Ok(Self { file: open(&path)?, old: old.into(), path, most })
    }

    /// Another program that writes here may have turned it: what is written belongs into the new one.
    fn is_current(&self) -> io::Result<bool> {
        let mine = self.file.metadata()?;
        match self.path.metadata() {
            Ok(there) => Ok((there.dev(), there.ino()) == (mine.dev(), mine.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes room for so many bytes, where there is none.
    fn turn(&mut self, wanted: usize) -> io::Result<()> {
        if !self.is_current()? {
            self.file = open(&self.path)?;
        }
        let len = self.file.metadata()?.len();
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        if len == 0 || len.saturating_add(wanted) <= self.most {
            return Ok(());
        }
        // Who has the lock turns it, and only the file that still bears the name: else two would, and the second would
        // throw away what the first kept.
        if self.file.try_lock().is_err() {
            return Ok(());
        }
        let turned = match self.is_current() {
            Ok(true) => std::fs::rename(&self.path, &self.old),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        drop(self.file.unlock());
        turned?;
        self.file = open(&self.path)?;
        Ok(())
    }
}

impl Write for TurnedFile {
    /// Writes a line, whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A file that cannot be turned goes on growing: the line is worth more than the limit.
        drop(self.turn(line.len()));
        self.file.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 100;

    fn line(n: usize) -> String {
        format!("{{\"line\":{n:04},\"x\":\"abc\"}}\n")
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_full_file_becomes_the_old_one_and_no_line_is_cut_or_lost_between_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cockpit.jsonl");
        let mut file = TurnedFile::open(path.clone(), MOST).unwrap();
        for n in 0..50 {
            file.write_all(line(n).as_bytes()).unwrap();
            let (old, new) = (read(&dir.path().join("cockpit.jsonl.1")), read(&path));
            assert!(new.len() as u64 <= MOST && old.len() as u64 <= MOST, "{n}");
            // Both together are the newest lines, each whole and in order.
            let both = format!("{old}{new}");
            let first = n + 1 - both.lines().count();
            assert_eq!(both, (first..=n).map(line).collect::<String>());
            assert!(n < 4 || both.len() as u64 > MOST / 2, "{n}: {both}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "one old file is kept");
    }

    #[test]
    fn a_line_longer_than_the_limit_and_a_file_of_before_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cockpit.jsonl");
        std::fs::write(&path, "x".repeat(300)).unwrap();
        let mut file = TurnedFile::open(path.clone(), MOST).unwrap();
        let long = format!("{}\n", "y".repeat(500));
        file.write_all(long.as_bytes()).unwrap();
        assert_eq!(read(&path), long);
        assert_eq!(read(&dir.path().join("cockpit.jsonl.1")), "x".repeat(300));
    }

    #[test]
    fn two_that_write_into_it_lose_nothing_that_is_newer_than_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cockpit.jsonl");
        let mut both = [(); 2].map(|()| TurnedFile::open(path.clone(), MOST).unwrap());
        for n in 0..40 {
            both[n % 2].write_all(line(n).as_bytes()).unwrap();
            let kept = format!("{}{}", read(&dir.path().join("cockpit.jsonl.1")), read(&path));
            let first = n + 1 - kept.lines().count();
            assert_eq!(kept, (first..=n).map(line).collect::<String>());
        }
    }

    #[test]
    fn a_file_that_cannot_be_turned_goes_on_growing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cockpit.jsonl");
        std::fs::create_dir(dir.path().join("cockpit.jsonl.1")).unwrap();
        let mut file = TurnedFile::open(path.clone(), MOST).unwrap();
        for n in 0..10 {
            file.write_all(line(n).as_bytes()).unwrap();
        }
        assert_eq!(read(&path), (0..10).map(line).collect::<String>());
    }
}
