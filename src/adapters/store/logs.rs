//! Raw logs of jobs: `runs/<run>/<host>/<seq>.log`, byte for byte what the host's log holds.

use std::collections::{HashMap, HashSet};
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
    /// Folders of hosts whose own place is durable.
    durable: HashSet<PathBuf>,
}

impl LogFiles {
    pub(super) fn new(runs: PathBuf) -> Self {
        Self { runs, open: HashMap::new(), durable: HashSet::new() }
    }

    /// The folder of a host's logs.
    pub(super) fn folder(&self, run: &RunId, host: &HostId) -> PathBuf {
        self.runs.join(run.as_str()).join(host.as_str())
    }

    fn path(&self, (run, host, seq): &Key) -> PathBuf {
        self.folder(run, host).join(format!("{seq}.log"))
    }

    /// Adds bytes; gives the new length. They are not durable before the next [`Self::sync`].
    pub(super) fn keep(&mut self, key: &Key, bytes: &[u8]) -> Result<u64, StoreError> {
        if self.open.len() >= OPEN && !self.open.contains_key(key) {
            self.sync()?;
            self.open.clear();
        }
        let path = self.path(key);
        let log = match self.open.entry(key.clone()) {
            std::collections::hash_map::Entry::Occupied(log) => log.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let opened = open(&path, &mut self.durable);
                let (file, length) = opened.map_err(|e| broken_file(&path, &e))?;
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

    /// Makes all bytes durable.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        for log in self.open.values_mut().filter(|log| log.dirty) {
            log.file.sync_data().map_err(|e| broken_file(&log.path, &e))?;
            log.dirty = false;
        }
        Ok(())
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

/// Opens a log to add to it and makes its place in the folder durable, and those of the folders that `known` has not yet.
fn open(path: &Path, known: &mut HashSet<PathBuf>) -> std::io::Result<(File, u64)> {
    let folder = path.parent().unwrap_or(path);
    private_dir(folder)?;
    let file = File::options().append(true).create(true).mode(0o600).open(path)?;
    File::open(folder)?.sync_all()?;
    // Where the folder itself stands: that of its run, and of all runs.
    if !known.contains(folder) {
        for dir in folder.ancestors().skip(1).take(2) {
            File::open(dir)?.sync_all()?;
        }
        known.insert(folder.to_owned());
    }
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
