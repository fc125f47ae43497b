//! Raw logs of jobs: `runs/<run>/<host>.<seq>.log`, byte for byte what the host's log holds. A folder a host, which there was
//! before, cost more than the log in it.
//!
//! **Invariant:** a log is durable before the journal says that its job or its host's work has ended. Until then the host has it
//! as well, and who goes on with the run follows it from the length of what is kept here.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::schema::broken_file;
use crate::adapters::paths::private_dir;
use crate::domain::ids::{HostId, RunId};
use crate::engine::ports::StoreError;

/// How many files stay open.
const OPEN: usize = 128;

type Key = (RunId, HostId, u32);

/// Where the logs of one host in one run are.
#[derive(Debug, Clone)]
pub(super) struct HostLogs {
    /// The folder of the run.
    folder: PathBuf,
    host: HostId,
}

impl HostLogs {
    /// The folder, for errors about more than one log.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a job's log begins.
    fn place(&self, seq: u32) -> PathBuf {
        self.folder.join(format!("{}.{seq}.log", self.host))
    }

    /// A job's log and its length; `None` where there is none. What cannot be looked at is no empty file. A log that a
    /// program of before has begun stays where it is.
    pub(super) fn find(&self, seq: u32) -> std::io::Result<Option<(PathBuf, u64)>> {
        let before = || self.folder.join(self.host.as_str()).join(format!("{seq}.log"));
        let found = looked_at(self.place(seq))?;
        if found.is_some() {
            return Ok(found);
        }
        match looked_at(before()) {
            // Another file of the run has the host's name.
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(None),
            found => found,
        }
    }

    /// Where a job's log is, or begins, and how long it is.
    fn found(&self, seq: u32) -> Result<(PathBuf, u64), StoreError> {
        let place = self.place(seq);
        let found = self.find(seq).map_err(|e| broken_file(&place, &e))?;
        Ok(found.unwrap_or((place, 0)))
    }
}

fn looked_at(path: PathBuf) -> std::io::Result<Option<(PathBuf, u64)>> {
    match std::fs::metadata(&path) {
        Ok(meta) => Ok(Some((path, meta.len()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

struct Log {
    file: File,
    path: PathBuf,
    length: u64,
    dirty: bool,
}

/// The log files that are being written.
pub(super) struct LogFiles {
    runs: PathBuf,
    open: HashMap<Key, Log>,
    /// Those that are to be durable with the next commit.
    due: HashSet<Key>,
    /// Those whose place is durable, and folders of runs.
    durable: HashSet<PathBuf>,
}

impl LogFiles {
    pub(super) fn new(runs: PathBuf) -> Self {
        Self { runs, open: HashMap::new(), due: HashSet::new(), durable: HashSet::new() }
    }

    /// The logs of a host.
    pub(super) fn of(&self, run: &RunId, host: &HostId) -> HostLogs {
        HostLogs { folder: self.runs.join(run.as_str()), host: host.clone() }
    }

    fn find(&self, (run, host, seq): &Key) -> Result<(PathBuf, u64), StoreError> {
        self.of(run, host).found(*seq)
    }

    /// Adds bytes; gives the new length. They need not be durable before its job ends.
    pub(super) fn keep(&mut self, key: &Key, bytes: &[u8]) -> Result<u64, StoreError> {
        if self.open.len() >= OPEN && !self.open.contains_key(key) {
            self.sync(self.open.keys().cloned().collect::<Vec<_>>())?;
            self.open.clear();
        }
        let logs = self.of(&key.0, &key.1);
        let log = match self.open.entry(key.clone()) {
            std::collections::hash_map::Entry::Occupied(log) => log.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let (path, _) = logs.found(key.2)?;
                let (file, length) = open(&path).map_err(|e| broken_file(&path, &e))?;
                place.insert(Log { file, path, length, dirty: false })
            }
        };
        let written = log.file.write_all(bytes);
        if let Err(error) = written {
            // A part may have been written: the file's length is the truth again.
            let failed = broken_file(&log.path, &error);
            self.open.remove(key);
            return Err(failed);
        }
        log.dirty = true;
        log.length += bytes.len() as u64;
        Ok(log.length)
    }

    /// The journal is about to say that this job has ended.
    pub(super) fn job_ends(&mut self, run: &RunId, host: &HostId, seq: u32) {
        self.due.insert((run.clone(), host.clone(), seq));
    }

    /// The journal is about to say that the work of this host has ended, perhaps without the end of a job.
    pub(super) fn host_ends(&mut self, run: &RunId, host: &HostId) {
        let open = self.open.keys().filter(|(of, who, _)| of == run && who == host);
        self.due.extend(open.cloned());
    }

    /// Makes durable what the journal is about to take for finished.
    pub(super) fn sync_due(&mut self) -> Result<(), StoreError> {
        let due = std::mem::take(&mut self.due);
        self.sync(due)
    }

    /// Makes these logs durable, and their places: of a folder that several share once.
    fn sync(&mut self, which: impl IntoIterator<Item = Key>) -> Result<(), StoreError> {
        let (mut folders, mut placed) = (BTreeSet::new(), Vec::new());
        for key in which {
            let (path, synced) = match self.open.get(&key) {
                Some(log) if !log.dirty => continue,
                Some(log) => (log.path.clone(), log.file.sync_data()),
                // An earlier worker may have kept all of it. A job that said nothing has none.
                None => {
                    let (path, _) = self.find(&key)?;
                    match File::open(&path) {
                        Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                        opened => (path, opened.and_then(|file| file.sync_data())),
                    }
                }
            };
            synced.map_err(|e| broken_file(&path, &e))?;
            if let Some(log) = self.open.get_mut(&key) {
                log.dirty = false;
            }
            if self.durable.contains(&path) {
                continue;
            }
            let folder = path.parent().unwrap_or(&path).to_owned();
            if !self.durable.contains(&folder) {
                // Where the folder itself stands: among all runs, or in its run where it is that of a host.
                folders.extend(folder.ancestors().skip(1).take(2).map(Path::to_owned));
            }
            folders.insert(folder.clone());
            placed.extend([path, folder]);
        }
        for folder in &folders {
            let synced = File::open(folder).and_then(|dir| dir.sync_all());
            synced.map_err(|e| broken_file(folder, &e))?;
        }
        self.durable.extend(placed);
        Ok(())
    }

    /// How many logs hold what a loss of power would take.
    #[cfg(test)]
    pub(super) fn n_not_durable(&self) -> usize {
        self.open.values().filter(|log| log.dirty).count()
    }

    /// Length of a log, 0 where there is none.
    pub(super) fn length(&self, key: &Key) -> Result<u64, StoreError> {
        match self.open.get(key) {
            Some(log) => Ok(log.length),
            None => self.find(key).map(|(_, length)| length),
        }
    }

    /// Bytes of a log.
    pub(super) fn read(&self, key: &Key, offset: u64, limit: usize) -> Result<Vec<u8>, StoreError> {
        let (path, _) = self.find(key)?;
        read_at(&path, offset, limit).map_err(|e| broken_file(&path, &e))
    }
}

/// Opens a log to add to it.
fn open(path: &Path) -> std::io::Result<(File, u64)> {
    let mut options = File::options();
    options.append(true).create(true).mode(0o600);
    let file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            private_dir(path.parent().unwrap_or(path))?;
            options.open(path)?
        }
        opened => opened?,
    };
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// Bytes of a file from `offset` on; none where the file is missing or shorter.
pub(super) fn read_at(path: &Path, offset: u64, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    // With room for what is there; else it is read in many small pieces.
    let there = file.metadata()?.len().saturating_sub(offset).min(limit as u64);
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::with_capacity(usize::try_from(there).unwrap_or(0));
    file.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_a_program_of_before_began_goes_on_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let run: RunId = "261122-221405-7f3a".parse().unwrap();
        let host: HostId = "a".parse().unwrap();
        let folder = dir.path().join(run.as_str());
        private_dir(&folder.join("a")).unwrap();
        std::fs::write(folder.join("a/1.log"), "old").unwrap();
        let mut logs = LogFiles::new(dir.path().to_owned());
        let key = |seq| (run.clone(), host.clone(), seq);
        assert_eq!(logs.length(&key(1)), Ok(3));
        assert_eq!(logs.keep(&key(1), b" and new"), Ok(11));
        assert_eq!(logs.keep(&key(2), b"new"), Ok(3));
        assert_eq!(logs.read(&key(1), 2, 100), Ok(b"d and new".to_vec()));
        assert_eq!(logs.read(&key(2), 0, 100), Ok(b"new".to_vec()));
        assert_eq!(std::fs::read(folder.join("a/1.log")).unwrap(), b"old and new");
        assert_eq!(std::fs::read(folder.join("a.2.log")).unwrap(), b"new");
        assert!(!folder.join("a.1.log").exists());
    }
}
