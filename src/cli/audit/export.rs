//! `bunker audit export`.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

use color_eyre::eyre::WrapErr;

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::args::{Format, WantedArgs};
use super::wanted::wanted;
use crate::domain::audit::{Entry, Record, Row, Wanted, csv_head, csv_line};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{AuditReader, Clock as _};

/// Records that are read at a time.
const CHUNK: usize = 1_000;

/// Writes records out, oldest first.
pub(super) async fn export(
    args: &WantedArgs,
    format: Format,
    out: Option<&Path>,
) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let wanted = wanted(&store, args, wiring::clock().now()).await?;
    let mut to: BufWriter<Box<dyn Write>> = BufWriter::new(match out {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => Box::new(private(path)?),
    });
    let mut after = 0;
    let mut written = match format {
        Format::Csv => to.write_all(csv_head().as_bytes()),
        Format::Jsonl => Ok(()),
    };
    while written.is_ok() {
        let rows = store.audit_rows(after, CHUNK).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        let lines: String = rows.iter().filter_map(|row| line(row, format, &wanted)).collect();
        written = to.write_all(lines.as_bytes());
    }
    match written.and_then(|()| to.flush()) {
        // Nobody reads it any more.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Ok),
        ended => {
            ended.wrap_err("writing the records")?;
            Ok(Exit::Ok)
        }
    }
}

fn line(row: &Row, format: Format, wanted: &Wanted) -> Option<String> {
    let record: Option<Record> = serde_json::from_str(&row.record).ok();
    // A record that cannot be read is part of the story too, where all of it is wanted.
    let taken = record.as_ref().map_or(*wanted == Wanted::default(), |r| wanted.takes(r));
    match format {
        _ if !taken => None,
        Format::Jsonl => Some(format!("{}\n", row.line())),
        Format::Csv => Some(csv_line(&Entry { record: record?, hash: row.hash.parse().ok()? })),
    }
}

/// A new file that only we can read.
fn private(path: &Path) -> Result<std::fs::File, Trouble> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let name = Safe::line(&path.to_string_lossy());
    Ok(file.wrap_err_with(|| format!("making {name}"))?)
}
