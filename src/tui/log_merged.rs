//! What the hosts of a run print, written into one file in the order of time, for the page that reads it.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::adapters::clock::SystemClock;
use crate::domain::ids::RunId;
use crate::engine::log_merge::LogMerge;
use crate::engine::ports::{Clock, RunReader, StoreError};

/// Between two looks at outputs that do not grow.
const LOOK: Duration = Duration::from_millis(80);

/// A file without a name: it is gone with the page. It may become large, so it is no file in memory.
pub(super) fn file() -> std::io::Result<File> {
    tempfile::tempfile_in("/var/tmp").or_else(|_| tempfile::tempfile())
}

/// Writes until nothing comes any more; or why it cannot.
pub(super) async fn write(
    store: Arc<dyn RunReader>,
    run: RunId,
    mut into: File,
) -> Result<(), String> {
    let words = |error: StoreError| error.to_string();
    let mut merge = LogMerge::open(store, run, SystemClock.now()).await.map_err(words)?;
    loop {
        let pass = merge.pass(SystemClock.now()).await.map_err(words)?;
        let text: String = pass.lines.iter().filter_map(|line| merge.tagged(line)).collect();
        into.write_all(text.as_bytes()).map_err(|error| format!("keeping the lines: {error}"))?;
        if pass.over {
            return Ok(());
        }
        if !pass.more {
            tokio::time::sleep(LOOK).await;
        }
    }
}
