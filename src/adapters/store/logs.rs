//! Raw logs of jobs: `runs/<run>/<host>/<seq>.log`, byte for byte what the host's log holds.
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
    /// Those whose place is durable, and folders of hosts.
    durable: HashSet<PathBuf>,
}

impl LogFiles {
    pub(super) fn new(runs: PathBuf) -> Self {
        Self { runs, open: HashMap::new(), due: HashSet::new(), durable: HashSet::new() }
    }

    /// The folder of a host's logs.
    pub(super) fn folder(&self, run: &RunId, host: &HostId) -> PathBuf {
        self.runs.join(run.as_str()).join(host.as_str())
    }

    fn path(&self, (run, host, seq): &Key) -> PathBuf {
        self.folder(run, host).join(format!("{seq}.log"))
    }

    /// Adds bytes; gives the new length. They need not be durable before its job ends.
    pub(super) fn keep(&mut self, key: &Key, bytes: &[u8]) -> Result<u64, StoreError> {
        if self.open.len() >= OPEN && !self.open.contains_key(key) {
            self.sync(self.open.keys().cloned().collect::<Vec<_>>())?;
            self.open.clear();
        }
        let path = self.path(key);
        let log = match self.open.entry(key.clone()) {
            std::collections::hash_map::Entry::Occupied(log) => log.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
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
            let path = self.path(&key);
            let synced = match self.open.get(&key) {
                Some(log) if !log.dirty => continue,
                Some(log) => log.file.sync_data(),
                // An earlier worker may have kept all of it. A job that said nothing has none.
                None => match File::open(&path) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    opened => opened.and_then(|file| file.sync_data()),
                },
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
                // Where the folder itself stands: that of its run, and of all runs.
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
    pub(super) fn length(&self, key: &Key) -> u64 {
        match self.open.get(key) {
            Some(log) => log.length,
            None => std::fs::metadata(self.path(key)).map_or(0, |meta| meta.len()),
        }
    }

    /// Bytes of a log.
    pub(super) fn read(&self, key: &Key, offset: u64, limit: usize) -> Result<Vec<u8>, StoreError> {
        let path = self.path(key);
        read_at(&path, offset, limit).map_err(|e| broken_file(&path, &e))
    }
}

/// Opens a log to add to it.
fn open(path: &Path) -> std::io::Result<(File, u64)> {
    private_dir(path.parent().unwrap_or(path))?;
    let file = File::options().append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// How long a file is; 0 where it is missing. What cannot be looked at is no empty file.
pub(super) fn length_of(path: &Path) -> std::io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(meta.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
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
