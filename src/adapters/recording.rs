//! The file of a recorded shell: an asciicast that only its owner may read.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use super::paths::private_dir;
use crate::domain::asciicast::{Cast, Head};
use crate::domain::ids::HostId;

/// A recording that is being written.
#[derive(Debug)]
pub struct Recording {
    file: File,
    path: PathBuf,
    cast: Cast,
    begun: Instant,
    size: (u16, u16),
}

impl Recording {
    /// Begins one of a shell on this host in `folder`.
    pub fn begin(folder: &Path, host: &HostId, who: &str, at: Timestamp) -> io::Result<Self> {
        private_dir(folder)?;
        let path = folder.join(format!("{host}-{}.cast", at.strftime("%Y%m%d-%H%M%S")));
        let mut file = File::options().append(true).create_new(true).mode(0o600).open(&path)?;
        let size = size();
        let head = Head { size, at, title: format!("{who} on {host}") };
        file.write_all(Cast::head(&head).as_bytes())?;
        file.sync_all()?;
        Ok(Self { file, path, cast: Cast::default(), begun: Instant::now(), size })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps what the host showed.
    pub fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let now = size();
        if now != self.size {
            self.size = now;
            self.file.write_all(Cast::resized(seconds, now).as_bytes())?;
        }
        self.file.write_all(self.cast.output(seconds, bytes).as_bytes())
    }

    /// Ends it; what was kept is durable then.
    pub fn end(&mut self) -> io::Result<()> {
        let rest = self.cast.end(self.begun.elapsed().as_secs_f64());
        self.file.write_all(rest.as_bytes())?;
        self.file.sync_all()
    }
}

/// The size of this terminal.
fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_recording_is_private_and_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, host, at) =
            (dir.path().join("shells"), "red-deer".parse().unwrap(), Timestamp::UNIX_EPOCH);
        let mut recording = Recording::begin(&folder, &host, "ann", at).unwrap();
        recording.keep(b"$ ls\r\n").unwrap();
        recording.end().unwrap();
        let text = std::fs::read_to_string(recording.path()).unwrap();
        assert!(
            text.lines().count() == 2 && text.contains("ann on red-deer") && text.contains("$ ls"),
            "{text}"
        );
        let mode = std::fs::metadata(recording.path()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(Recording::begin(&folder, &host, "ann", at).is_err());
    }
}
