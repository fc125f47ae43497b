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
use crate::app::log_page::{Keep, LogMark, LogOf};
use crate::app::toast::ToastKind;
use crate::domain::ids::HostId;
use crate::domain::log::{Row, Sieve};
use crate::domain::untrusted::Safe;
use crate::engine::log_book::LogSource;

/// What is to be kept of which output, and where.
pub(super) struct Keeping {
    pub(super) source: Arc<dyn LogSource>,
    pub(super) of: LogOf,
    pub(super) sieve: Sieve,
    pub(super) to: Keep,
    /// The lines that were drawn across it.
    pub(super) marks: Vec<LogMark>,
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
    let Keeping { source, of, sieve, to, marks, folder, now, lend } = keeping;
    let words = |error: io::Error| error.to_string();
    match to {
        Keep::File => {
            let path = folder.join(name(&of, now));
            crate::adapters::paths::private_dir(&folder).map_err(words)?;
            let mut out = io::BufWriter::new(created(&path).map_err(words)?);
            let mut places = Places::new(&marks);
            let n = log_reader::all(source, &sieve, |rows| {
                places.pass(rows);
                lines(&mut out, rows)
            });
            let are = match n.await? {
                1 => "1 line is".to_owned(),
                n => format!("{n} lines are"),
            };
            out.flush().map_err(words)?;
            let file = path.display();
            if marks.is_empty() {
                return Ok(format!("{are} in {file}"));
            }
            // Beside it, so that the file holds the lines and nothing else.
            let mut beside = path.clone().into_os_string();
            beside.push(".marks");
            let told =
                created(Path::new(&beside)).and_then(|mut f| f.write_all(places.told().as_bytes()));
            told.map_err(|error| format!("{are} in {file}, but its marks are not: {error}"))?;
            Ok(format!("{are} in {file}, the marks in {file}.marks"))
        }
        Keep::Pager => {
            let file = tempfile::NamedTempFile::new().map_err(words)?;
            let mut out = io::BufWriter::new(file.as_file());
            log_reader::all(source, &sieve, |rows| lines(&mut out, rows)).await?;
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

fn created(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn lines(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    rows.iter().try_for_each(|row| writeln!(out, "{}", row.written()))
}

/// Where marks stand in a file that may hold some of the lines only.
struct Places<'a> {
    marks: &'a [LogMark],
    /// Lines of the file above each of the first marks.
    above: Vec<u64>,
    /// Lines of the file so far.
    n: u64,
}

impl<'a> Places<'a> {
    fn new(marks: &'a [LogMark]) -> Self {
        Self { marks, above: Vec::new(), n: 0 }
    }

    /// Takes the next lines of the file.
    fn pass(&mut self, rows: &[Row]) {
        for row in rows {
            while self.marks.get(self.above.len()).is_some_and(|mark| mark.above <= row.line) {
                self.above.push(self.n);
            }
            self.n += 1;
        }
    }

    /// A line for each mark: when, who, and which lines it stands below.
    fn told(self) -> String {
        let above = self.above.into_iter().chain(std::iter::repeat(self.n));
        let line = |(mark, above): (&LogMark, u64)| {
            let LogMark { at, by, above: whole } = mark;
            format!("{at} {by}: below line {above} of this file, line {whole} of the output\n")
        };
        self.marks.iter().zip(above).map(line).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Line;

    #[test]
    fn a_mark_is_told_by_where_it_stands_in_the_file_and_in_the_output() {
        let mark = |above| LogMark {
            above,
            at: "2026-11-22T14:32:07Z".parse().unwrap(),
            by: "ann".into(),
        };
        let marks = [mark(0), mark(3), mark(4), mark(90)];
        let mut places = Places::new(&marks);
        // A filter let lines 2, 4 and 5 of the output through, counted from 0.
        for number in [2, 4, 5] {
            let line = Line { number, offset: 0, bytes: b"x", len: 1, tag: None };
            places.pass(&[Row::new(0, &line)]);
        }
        let said: Vec<String> = places.told().lines().map(ToOwned::to_owned).collect();
        let told = |file, whole| {
            format!(
                "2026-11-22T14:32:07Z ann: below line {file} of this file, line {whole} of the output"
            )
        };
        assert_eq!(said, [told(0, 0), told(1, 3), told(1, 4), told(3, 90)]);
    }
}
