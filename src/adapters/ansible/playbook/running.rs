//! An `ansible-playbook` that runs: its lines read as they come, its password handed over, its end.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{Instant, sleep, sleep_until};
use zeroize::Zeroizing;

use super::{events, processes};
use crate::domain::secret::{Redactor, Secret, Secrets};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{PlaybookEnd, PlaybookEvent, RunningPlaybook};

/// A longer line is taken in pieces.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// Lines that are remembered for the report of a failure.
const LAST_LINES: usize = 20;
/// How long output may come after the process has ended.
const DRAIN: Duration = Duration::from_secs(2);

/// What it is made of.
pub(super) struct Parts {
    pub(super) child: Child,
    pub(super) folder: TempDir,
    pub(super) nonce: String,
    pub(super) log: PathBuf,
    pub(super) file: File,
    pub(super) password: Option<Secret>,
    pub(super) secrets: Secrets,
}

/// It runs.
pub(super) struct Running {
    child: Child,
    /// Held: its end tells the plugin that we are gone.
    _alive: Option<ChildStdin>,
    out: Option<Lines<ChildStdout>>,
    err: Option<Lines<ChildStderr>>,
    folder: TempDir,
    nonce: String,
    log: PathBuf,
    file: File,
    password: Option<Secret>,
    redactor: Redactor,
    last: VecDeque<Safe>,
    exit: Option<(Option<i32>, Instant)>,
}

struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
}

impl<R: tokio::io::AsyncRead + Unpin> Lines<R> {
    fn new(of: R) -> Self {
        Self { reader: BufReader::new(of), line: Vec::new() }
    }

    /// The next line without its end; `None` where there is none. What was read stays where this is given up.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let whole = whole_line(&mut self.reader, &mut self.line).await.unwrap_or(false);
        (whole || !self.line.is_empty()).then(|| std::mem::take(&mut self.line))
    }
}

/// Reads up to the end of a line; gives whether there was one.
async fn whole_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(false);
        }
        let end = chunk.iter().position(|b| *b == b'\n');
        let taken = end.unwrap_or(chunk.len());
        line.extend_from_slice(chunk.get(..taken).unwrap_or_default());
        reader.consume(taken + usize::from(end.is_some()));
        if end.is_some() || line.len() > MAX_LINE {
            return Ok(true);
        }
    }
}

async fn next_of<R: tokio::io::AsyncRead + Unpin>(lines: &mut Option<Lines<R>>) -> Option<Vec<u8>> {
    match lines {
        Some(lines) => lines.next().await,
        None => std::future::pending().await,
    }
}

/// Gives the password to whoever opens the pipe, which only we and what we started can reach.
async fn offer(folder: &Path, password: Option<&Secret>) -> Infallible {
    let Some(password) = password else { return std::future::pending().await };
    let pipe = folder.join("password");
    loop {
        // Refused while nobody reads.
        if let Ok(mut sender) = pipe::OpenOptions::new().open_sender(&pipe) {
            let line = Zeroizing::new(format!("{}\n", password.expose()));
            if let Err(error) = sender.write_all(line.as_bytes()).await {
                tracing::debug!(%error, "the vault password was not taken");
            }
        }
        sleep(Duration::from_millis(25)).await;
    }
}

impl Running {
    pub(super) fn new(mut parts: Parts) -> Self {
        Self {
            _alive: parts.child.stdin.take(),
            out: parts.child.stdout.take().map(Lines::new),
            err: parts.child.stderr.take().map(Lines::new),
            child: parts.child,
            folder: parts.folder,
            nonce: parts.nonce,
            log: parts.log,
            file: parts.file,
            password: parts.password,
            redactor: Redactor::new(&parts.secrets),
            last: VecDeque::new(),
            exit: None,
        }
    }

    /// A line of no host in particular.
    fn said(&mut self, line: &[u8]) {
        let line = self.redactor.line(&Safe::line_from_bytes(line));
        if line.as_str().trim().is_empty() {
            return;
        }
        if let Err(error) = writeln!(self.file, "{line}") {
            tracing::warn!(%error, "a line of ansible's log is lost");
        }
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    fn heard(&mut self, line: &[u8]) -> Option<PlaybookEvent> {
        let event = events::event(&self.nonce, line);
        if event.is_none() {
            self.said(line);
        }
        event
    }

    async fn ended(&mut self) -> PlaybookEvent {
        if self.exit.is_none() {
            let code = self.child.wait().await.ok().and_then(|status| status.code());
            self.exit = Some((code, Instant::now()));
        }
        // What it leaves running: the connections that it keeps open for a while.
        processes::end(&self.nonce, Duration::from_secs(2)).await;
        PlaybookEvent::End(PlaybookEnd {
            exit: self.exit.and_then(|(code, _)| code),
            last_lines: self.last.iter().cloned().collect(),
            log: Safe::line(&self.log.to_string_lossy()),
        })
    }

    fn ask(&self, word: &str, wanted: bool) {
        let file = self.folder.path().join(word);
        let done = if wanted { File::create(&file).map(drop) } else { std::fs::remove_file(&file) };
        match done {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, word, "ansible was not told");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

#[async_trait]
impl RunningPlaybook for Running {
    async fn next(&mut self) -> PlaybookEvent {
        loop {
            let late = self.exit.map(|(_, at)| at + DRAIN);
            if self.out.is_none() && self.err.is_none()
                || late.is_some_and(|at| Instant::now() >= at)
            {
                return self.ended().await;
            }
            let running = self.exit.is_none();
            tokio::select! {
                line = next_of(&mut self.out) => match line {
                    Some(line) => if let Some(event) = self.heard(&line) { return event },
                    None => self.out = None,
                },
                line = next_of(&mut self.err) => match line {
                    Some(line) => self.said(&line),
                    None => self.err = None,
                },
                never = offer(self.folder.path(), self.password.as_ref()) => match never {},
                status = self.child.wait(), if running => {
                    self.exit = Some((status.ok().and_then(|s| s.code()), Instant::now()));
                }
                () = sleep_until(late.unwrap_or_else(Instant::now)), if late.is_some() => {}
            }
        }
    }

    async fn hold(&mut self, held: bool) {
        self.ask("hold", held);
    }

    async fn stop(&mut self) {
        self.ask("stop", true);
    }

    async fn kill(&mut self, grace: Duration) -> bool {
        processes::end(&self.nonce, grace).await
    }
}
