//! What the hosts of a run print, written into one file in the order of time, for the page that reads it.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::ids::RunId;
use crate::engine::log_merge::LogMerge;
use crate::engine::ports::{RunReader, StoreError};

/// Between two looks at outputs that do not grow.
const LOOK: Duration = Duration::from_millis(80);

/// A file without a name: it is gone with the page. It may become large, so it is no file in memory.
pub(super) fn file() -> std::io::Result<File> {
    tempfile::tempfile_in("/var/tmp").or_else(|_| tempfile::tempfile())
}

/// Writes until nothing comes any more; or why it cannot. `now` is the time of what is looked at: of a replay its own.
pub(super) async fn write(
    store: Arc<dyn RunReader>,
    run: RunId,
    mut into: File,
    now: impl Fn() -> Timestamp + Send,
) -> Result<(), String> {
    let words = |error: StoreError| error.to_string();
    let mut merge = LogMerge::open(store, run, now()).await.map_err(words)?;
    loop {
        let pass = merge.pass(now()).await.map_err(words)?;
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
