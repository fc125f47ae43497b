//! The log of a job, as it grows.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::classify;
use super::exec::{Exec, nonce, wants_root};
use super::pool::Inner;
use super::read::{cut_off, not_begun};
use crate::domain::connection::Connection;
use crate::domain::job::{JobEnd, JobRef};
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::engine::ports::LogSink;
use crate::steps::envelope::Envelope;
use crate::steps::runner::{self, Frame, FrameReader};

/// How long it may take until the stream begins.
const BEGIN: Duration = Duration::from_secs(40);
/// How long the stream may be silent: the runner sends a beat every few seconds.
const SILENCE: Duration = Duration::from_secs(20);
/// How long output waits for more of it, so that what a step tells, its end and the begin of the next are kept and
/// journalled as one: each time that something is made durable costs more than all that is done with it.
const GATHER: Duration = Duration::from_millis(50);
/// How much of it waits at most, in bytes.
const GATHERED: usize = 64 * 1024;
/// How much of what goes wrong on the host is kept.
const MAX_STDERR: usize = 64 * 1024;

/// Streams a job's log from `offset` on until the job has ended and its log is drained.
pub(super) async fn follow(
    pool: &Arc<Inner>,
    to: &Connection,
    job: &JobRef,
    offset: u64,
    sink: &mut dyn LogSink,
) -> Result<JobEnd, RemoteError> {
    let begin = Instant::now() + BEGIN;
    let nonce = nonce(to)?;
    let envelope = Envelope { nonce: &nonce, root: wants_root(to), limit_s: None };
    let script = envelope.wrap(&runner::follow(job, to.become_root, &nonce, offset));
    let mut exec = pool.exec(to, begin).await?;
    if timeout_at(begin, send(&mut exec, script.as_bytes())).await.is_err() {
        return Err(silent(to, &exec, BEGIN));
    }
    let mut stream = Stream {
        to,
        frames: FrameReader::new(&nonce),
        at: offset,
        gathered: Vec::new(),
        stderr: Vec::new(),
    };
    let found = stream.run(&mut exec, sink).await?;
    match found {
        Found::End(end) => {
            exec.end().await;
            Ok(end)
        }
        Found::NotBegun(exit) => {
            let error = not_begun(to, envelope.root, exit, &stream.stderr);
            exec.end().await;
            Err(error)
        }
        Found::CutOff => Err(cut_off(to, &exec, &stream.stderr).await),
        Found::Silent => Err(silent(to, &exec, SILENCE)),
    }
}

enum Found {
    End(JobEnd),
    NotBegun(i32),
    CutOff,
    Silent,
}

/// How the reading ended.
enum Ended {
    /// By the runner's word on it.
    Said {
        total: u64,
        words: String,
    },
    Without(Found),
}

struct Stream<'a> {
    to: &'a Connection,
    frames: FrameReader,
    /// Bytes of the log that the sink has.
    at: u64,
    /// What came after those and waits for more.
    gathered: Vec<u8>,
    stderr: Vec<u8>,
}

impl Stream<'_> {
    async fn run(&mut self, exec: &mut Exec, sink: &mut dyn LogSink) -> Result<Found, RemoteError> {
        let found = self.read(exec, sink).await?;
        self.keep(sink).await?;
        match found {
            Ended::Said { total, words } => self.end(total, &words).map(Found::End),
            Ended::Without(found) => {
                if !matches!(found, Found::Silent) {
                    self.rest_of_stderr(exec).await;
                }
                Ok(found)
            }
        }
    }

    /// Reads until nothing more is to come; the last of it may wait still.
    async fn read(
        &mut self,
        exec: &mut Exec,
        sink: &mut dyn LogSink,
    ) -> Result<Ended, RemoteError> {
        let (mut out, mut err) = (vec![0; 16 * 1024], vec![0; 4096]);
        let mut stderr_open = true;
        let mut until = Instant::now() + SILENCE;
        let mut due = until;
        loop {
            // Standard output first: its end decides.
            let read = tokio::select! {
                biased;
                read = exec.stdout.read(&mut out) => read,
                read = exec.stderr.read(&mut err), if stderr_open => {
                    let n = read.unwrap_or(0);
                    stderr_open = n > 0;
                    let room = MAX_STDERR.saturating_sub(self.stderr.len()).min(n);
                    self.stderr.extend_from_slice(err.get(..room).unwrap_or_default());
                    continue;
                }
                () = tokio::time::sleep_until(due), if !self.gathered.is_empty() => {
                    self.keep(sink).await?;
                    continue;
                }
                () = tokio::time::sleep_until(until) => return Ok(Ended::Without(Found::Silent)),
            };
            let n = read.unwrap_or(0);
            if n == 0 {
                return Ok(Ended::Without(Found::CutOff));
            }
            until = Instant::now() + SILENCE;
            if self.gathered.is_empty() {
                due = Instant::now() + GATHER;
            }
            let bytes = out.get(..n).unwrap_or_default();
            let frames = self.frames.feed(bytes).map_err(|garbled| self.protocol(&garbled))?;
            for frame in frames {
                match frame {
                    Frame::Beat => {}
                    Frame::Data(bytes) => self.gathered.extend(bytes),
                    Frame::End { total, words } => return Ok(Ended::Said { total, words }),
                    Frame::NotBegun(exit) => return Ok(Ended::Without(Found::NotBegun(exit))),
                }
            }
            if self.gathered.len() >= GATHERED || Instant::now() >= due {
                self.keep(sink).await?;
            }
        }
    }

    /// Hands on what waits.
    async fn keep(&mut self, sink: &mut dyn LogSink) -> Result<(), RemoteError> {
        let bytes = std::mem::take(&mut self.gathered);
        if bytes.is_empty() {
            return Ok(());
        }
        sink.keep(&bytes).await.map_err(|error| {
            let text = format!("cannot keep the log here: {error}");
            let hint = "the job goes on there; make room on this machine, then resume the run";
            classify::error(self.to, Kind::Local, &text, Some(hint.into()))
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn end(&self, total: u64, words: &str) -> Result<JobEnd, RemoteError> {
        let end = runner::end_of(words).map_err(|garbled| self.protocol(&garbled))?;
        let Some(end) = end else { return Err(self.protocol(&"there is no such job")) };
        if total == self.at {
            return Ok(end);
        }
        let text = format!("the log there has {total} bytes, and here {}", self.at);
        Err(self.protocol(&text))
    }

    fn protocol(&self, what: &dyn std::fmt::Display) -> RemoteError {
        let text = format!("cannot follow the job on {}: {what}", classify::target(self.to));
        classify::error(self.to, Kind::Protocol, &text, None)
    }

    async fn rest_of_stderr(&mut self, exec: &mut Exec) {
        let mut rest = (&mut exec.stderr).take(MAX_STDERR as u64);
        let read = timeout(Duration::from_secs(1), rest.read_to_end(&mut self.stderr)).await;
        tracing::trace!(?read, "the rest of standard error");
    }
}

async fn send(exec: &mut Exec, script: &[u8]) {
    if let Some(mut stdin) = exec.stdin.take()
        && let Err(error) = stdin.write_all(script).await
    {
        // The output says what became of it.
        tracing::debug!(%error, "a script was not taken whole");
    }
}

fn silent(to: &Connection, exec: &Exec, after: Duration) -> RemoteError {
    exec.master.retire();
    let text = format!("no sign of {} for {} s", classify::target(to), after.as_secs());
    classify::error(to, Kind::Timeout, &text, Some("the job goes on there".into()))
}
