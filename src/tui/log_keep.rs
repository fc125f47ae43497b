//! The lines of an output, kept: in a file that stays, or in the operator's pager.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use super::event_loop::Lend;
use super::log_reader;
use crate::app::Msg;
use crate::app::log_page::{Keep, LogOf};
use crate::app::toast::ToastKind;
use crate::domain::ids::HostId;
use crate::domain::log::Sieve;
use crate::domain::untrusted::Safe;
use crate::engine::log_book::LogSource;

/// What is to be kept of which output, and where.
pub(super) struct Keeping {
    pub(super) source: Arc<dyn LogSource>,
    pub(super) of: LogOf,
    pub(super) sieve: Sieve,
    pub(super) to: Keep,
    /// The folder for files that stay.
    pub(super) folder: PathBuf,
    pub(super) now: Timestamp,
    pub(super) lend: UnboundedSender<Lend>,
}

/// Keeps it and tells how that went.
pub(super) async fn keep(keeping: Keeping) -> Msg {
    let told = |kind, text: &str| Msg::Notice(kind, Safe::line(text));
    match kept(keeping).await {
        Ok(text) => told(ToastKind::Done, &text),
        Err(text) => told(ToastKind::Problem, &format!("the lines are not kept: {text}")),
    }
}

async fn kept(keeping: Keeping) -> Result<String, String> {
    let Keeping { source, of, sieve, to, folder, now, lend } = keeping;
    let words = |error: io::Error| error.to_string();
    match to {
        Keep::File => {
            let path = folder.join(name(&of, now));
            crate::adapters::paths::private_dir(&folder).map_err(words)?;
            let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
            let mut out = io::BufWriter::new(file.map_err(words)?);
            let n = log_reader::all(source, &sieve, |text| out.write_all(text.as_bytes())).await?;
            out.flush().map_err(words)?;
            Ok(format!("{n} lines are in {}", path.display()))
        }
        Keep::Pager => {
            let file = tempfile::NamedTempFile::new().map_err(words)?;
            let mut out = io::BufWriter::new(file.as_file());
            log_reader::all(source, &sieve, |text| out.write_all(text.as_bytes())).await?;
            out.flush().map_err(words)?;
            drop(out);
            let (answer, ended) = tokio::sync::oneshot::channel();
            let path = file.path().to_owned();
            let open = Box::new(move || drop(answer.send(page(&path))));
            lend.send(open).map_err(|_| "the cockpit is being left".to_owned())?;
            let ended = ended.await.map_err(|_| "the pager was not opened".to_owned())?;
            ended.map(|pager| format!("{pager} has been left"))
        }
    }
}

/// The name of a file with the lines of an output: `red-deer-7f3a-20261122-143207.log`.
fn name(of: &LogOf, now: Timestamp) -> String {
    let what = match of {
        LogOf::Run { run, .. } | LogOf::Merged { run } => run.short().to_owned(),
        LogOf::Service { service, .. } => service.to_string(),
    };
    let host = of.host().map_or("all", HostId::as_str);
    format!("{host}-{what}-{}.log", now.strftime("%Y%m%d-%H%M%S"))
}

/// Runs the operator's pager on a file until it is left; gives its name.
fn page(path: &Path) -> Result<String, String> {
    let wanted = std::env::var("PAGER").unwrap_or_default();
    // `-R` as git has it too; the lines hold no escape by now.
    let wanted = if wanted.trim().is_empty() { "less -R" } else { wanted.as_str() };
    let mut words = wanted.split_whitespace();
    let program = words.next().unwrap_or("less").to_owned();
    let ran = Command::new(&program).args(words).arg(path).status();
    match ran {
        Ok(_) => Ok(program),
        Err(error) => Err(format!("{program} cannot be run: {error}; PAGER names another one")),
    }
}
