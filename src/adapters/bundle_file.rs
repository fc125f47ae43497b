//! Bundles as files: made from the store, read from disk.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::domain::audit::Wanted;
use crate::domain::bundle::{Bundle, Cleaner, FORMAT, Limits, Line, Reader, Redacted, Unusable};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::Plan;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{AuditReader, RunReader, StoreError};

/// Output of one host that goes into a bundle; more is named, not taken.
const MOST: usize = 64 << 20;
/// Output that stands on one line.
const PIECE: usize = 64 << 10;
/// Events that are read at a time.
const CHUNK: usize = 1_000;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was read is no bundle.
    #[error("{file} is no bundle that can be used: {why}")]
    Unusable {
        /// The file.
        file: Safe,
        /// Where and what.
        why: Unusable,
    },
    /// A secret is the same as a name.
    #[error(
        "a secret of the vault is the same as a name in this run, so it cannot be taken out: change that secret (`bunker rotate-secrets`), then make the bundle"
    )]
    Inseparable,
    /// The file cannot be read or written.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: Safe,
        /// What happened.
        what: Safe,
    },
}

/// Writes lines, compressed, with their hash at the end.
struct Lines {
    to: GzEncoder<File>,
    hash: Sha256,
    n: u64,
    cleaner: Cleaner,
    file: Safe,
}

impl Lines {
    fn put(&mut self, line: &Line) -> Result<(), BundleError> {
        let clean: Line = self.cleaner.value(line).ok_or(BundleError::Inseparable)?;
        self.put_clean(&clean)
    }

    fn put_clean(&mut self, line: &Line) -> Result<(), BundleError> {
        let mut text = serde_json::to_string(line).map_err(|e| failed(&self.file, &e.into()))?;
        text.push('\n');
        self.hash.update(&text);
        self.n += 1;
        self.to.write_all(text.as_bytes()).map_err(|e| failed(&self.file, &e))
    }
}

fn failed(file: &Safe, error: &io::Error) -> BundleError {
    BundleError::File { file: file.clone(), what: Safe::line(&error.to_string()) }
}

/// Makes the bundle of a run. A file that is there is never replaced.
pub async fn make(
    store: &(impl RunReader + AuditReader),
    run: &RunId,
    out: &Path,
    cleaner: Cleaner,
    redacted: Redacted,
) -> Result<(), BundleError> {
    let file = Safe::line(&out.to_string_lossy());
    let mut options = File::options();
    let made = options.write(true).create_new(true).mode(0o600).open(out);
    let made = made.map_err(|e| failed(&file, &e))?;
    let to = flate2::GzBuilder::new().mtime(0).write(made, Compression::new(6));
    let mut lines = Lines { to, hash: Sha256::new(), n: 0, cleaner, file: file.clone() };
    let filled = fill(store, run, &mut lines, redacted).await;
    let ended = filled.and_then(|()| {
        let synced = lines.to.finish().and_then(|file| file.sync_all());
        synced.map_err(|e| failed(&file, &e))
    });
    if ended.is_err() {
        // Half a bundle is none.
        drop(std::fs::remove_file(out));
    }
    ended
}

async fn fill(
    store: &(impl RunReader + AuditReader),
    run: &RunId,
    lines: &mut Lines,
    redacted: Redacted,
) -> Result<(), BundleError> {
    let program = Safe::line(concat!("bunker ", env!("CARGO_PKG_VERSION")));
    lines.put_clean(&Line::Bundle { format: FORMAT, program, run: run.clone(), redacted })?;
    let plan = store.plan(run).await?;
    let hosts: Vec<HostId> = plan.hosts.iter().map(|h| h.id.clone()).collect();
    lines.put(&Line::Plan { plan: Box::new(Plan::clone(&plan)) })?;
    let mut after = 0;
    loop {
        let events = store.events(run, after, CHUNK).await?;
        let Some(last) = events.last() else { break };
        after = last.seq;
        for event in events {
            lines.put(&Line::Event { event })?;
        }
    }
    for host in &hosts {
        output(store, run, host, lines).await?;
    }
    let wanted = Wanted { run: Some(run.clone()), ..Wanted::default() };
    let mut records = store.audit_latest(&wanted, usize::MAX).await?;
    records.reverse();
    for entry in records {
        let row = entry.record.row().map_err(|e| failed(&lines.file, &e.into()))?;
        // A record has no value of a secret, and another text would have another hash.
        lines.put_clean(&Line::Audit { record: row.record, hash: entry.hash.to_string() })?;
    }
    let digest = lines.hash.clone().finalize();
    let sha256 = digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    });
    lines.put_clean(&Line::End { lines: lines.n, sha256 })
}

/// The output of a host, cleaned as a whole, so that no secret hides over the end of a piece.
async fn output(
    store: &impl RunReader,
    run: &RunId,
    host: &HostId,
    lines: &mut Lines,
) -> Result<(), BundleError> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while bytes.len() < MOST {
        let (more, whole) = store.log(run, host, bytes.len() as u64, 1 << 20).await?;
        length = whole;
        if more.is_empty() {
            break;
        }
        bytes.extend(more);
    }
    bytes.truncate(MOST);
    let bytes = lines.cleaner.bytes(&bytes);
    let (mut rest, mut offset) = (bytes.as_slice(), 0);
    while !rest.is_empty() {
        let most = PIECE.min(rest.len());
        // A piece ends with a line where it can, so that no character is cut.
        let end = rest.get(..most).and_then(|p| p.iter().rposition(|b| *b == b'\n'));
        let (piece, after) = rest.split_at(end.map_or(most, |at| at + 1));
        lines.put_clean(&Line::of_log(host, offset, piece))?;
        offset += piece.len() as u64;
        rest = after;
    }
    if length > offset {
        lines.put_clean(&Line::Cut { host: host.clone(), bytes: length - offset })?;
    }
    for mark in store.log_marks(run, host).await? {
        if mark.at <= offset {
            let (host, step) = (host.clone(), mark.step);
            lines.put_clean(&Line::Mark { host, at: mark.at, step, ended: mark.ended })?;
        }
    }
    Ok(())
}

/// Reads a bundle.
pub fn read(path: &Path, limits: Limits) -> Result<Bundle, BundleError> {
    let file = Safe::line(&path.to_string_lossy());
    let wrong = |why| BundleError::Unusable { file: file.clone(), why };
    let opened = File::open(path).map_err(|e| failed(&file, &e))?;
    let mut text = BufReader::new(GzDecoder::new(BufReader::new(opened)));
    let mut reader = Reader::new(limits);
    let mut line = Vec::new();
    for at in 1.. {
        line.clear();
        let most = limits.line as u64 + 2;
        let n = (&mut text).take(most).read_until(b'\n', &mut line);
        match n {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if is_of_the_content(&error) => {
                let what = Safe::line(&format!("it is no whole gzip file: {error}"));
                return Err(wrong(Unusable { line: at, what }));
            }
            Err(error) => return Err(failed(&file, &error)),
        }
        let text = String::from_utf8_lossy(&line);
        reader.feed(text.strip_suffix('\n').unwrap_or(&text)).map_err(wrong)?;
    }
    reader.finish().map_err(wrong)
}

/// Whether what was read is at fault, not the disk.
fn is_of_the_content(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::InvalidInput | Kind::InvalidData | Kind::UnexpectedEof)
}

/// The usual name of the file of a run.
pub fn name_of(run: &RunId) -> PathBuf {
    PathBuf::from(format!("bunker-{run}.jsonl.gz"))
}
