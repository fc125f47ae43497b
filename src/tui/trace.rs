//! What the program does, as JSON lines in a file: never on the terminal.

use std::path::Path;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use super::turned_file::TurnedFile;

/// Lines that may wait to be written; more are dropped. Their room is taken at the start, 32 bytes for each.
const MAX_WAITING: usize = 4_096;

/// Bytes of the file; then it becomes `cockpit.jsonl.1`, and the one that was that is gone.
const MOST_BYTES: u64 = 8 << 20;

/// Traces into `log/cockpit.jsonl` below the state folder, by `RUST_LOG` (default `info`). Gives what has to live as
/// long as the program; where the file cannot be opened, nothing is traced.
pub fn trace_to(state: &Path) -> Option<WorkerGuard> {
    let dir = state.join("log");
    std::fs::create_dir_all(&dir).ok()?;
    let file = TurnedFile::open(dir.join("cockpit.jsonl"), MOST_BYTES).ok()?;
    let (out, guard) = NonBlockingBuilder::default().buffered_lines_limit(MAX_WAITING).finish(file);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let traced = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(out);
    traced.try_init().ok()?;
    Some(guard)
}
