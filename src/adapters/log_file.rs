//! An output in a file of this machine, read while it grows.

use std::fs::File;
use std::os::unix::fs::FileExt;

use async_trait::async_trait;

use crate::engine::log_book::LogSource;

/// Such a file.
#[derive(Debug)]
pub struct LogFile(File, bool);

impl LogFile {
    /// Of a file that is open for reading.
    pub fn new(file: File) -> Self {
        Self(file, false)
    }

    /// Of such a file in which each line begins with where it comes from.
    pub fn tagged(file: File) -> Self {
        Self(file, true)
    }
}

#[async_trait]
impl LogSource for LogFile {
    async fn read(&self, offset: u64, limit: usize) -> Result<(Vec<u8>, u64), String> {
        let length = self.0.metadata().map_err(|error| error.to_string())?.len();
        let room = usize::try_from(length.saturating_sub(offset)).unwrap_or(limit).min(limit);
        let mut bytes = vec![0; room];
        let n = self.0.read_at(&mut bytes, offset).map_err(|error| error.to_string())?;
        bytes.truncate(n);
        Ok((bytes, length))
    }

    fn is_tagged(&self) -> bool {
        self.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[tokio::test]
    async fn a_file_is_read_by_offset_while_it_grows() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let log = LogFile::new(file.reopen().unwrap());
        assert_eq!(log.read(0, 10).await, Ok((Vec::new(), 0)));
        file.write_all(b"one\ntwo\n").unwrap();
        assert_eq!(log.read(4, 3).await, Ok((b"two".to_vec(), 8)));
        assert_eq!(log.read(99, 3).await, Ok((Vec::new(), 8)));
    }
}
