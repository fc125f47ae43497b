//! The log of a job, as it grows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::classify;
use super::exec::{Exec, wants_root};
use super::follow_pace::Followed;
use super::pool::Inner;
use super::read::{cut_off, not_begun};
use crate::domain::connection::Connection;
use crate::domain::job::JobEnd;
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::engine::ports::LogSink;
use crate::steps::envelope::{Answer, Envelope};
use crate::steps::runner::{self, Frame, FrameReader, Garbled};

/// How long it may take until a stream begins, and until a job is started.
pub(super) const BEGIN: Duration = Duration::from_secs(40);
/// How long the stream may be silent: the runner sends a beat every few seconds.
const SILENCE: Duration = Duration::from_secs(20);
/// What says more than this while it waits is read as it comes, so that the host can go on writing.
const LITTLE: usize = 4 * 1024;
/// How much of it waits at most, in bytes.
const GATHERED: usize = 64 * 1024;
/// How much of what goes wrong on the host is kept.
const MAX_STDERR: usize = 64 * 1024;

/// A session on a host in which the log of a job arrives, in frames.
pub(super) struct JobStream {
    to: Connection,
    exec: Exec,
    frames: FrameReader,
    /// Frames that arrived and were not looked at yet.
    waiting: VecDeque<Frame>,
    buffer: Vec<u8>,
    stderr: Vec<u8>,
    stderr_open: bool,
    /// Bytes of the log that the sink has.
    at: u64,
    /// What came after those and waits for more.
    gathered: Vec<u8>,
    followed: Followed,
}

/// What came next.
enum Next {
    Frame(Frame),
    CutOff,
    Silent,
}

impl JobStream {
    /// Sends a script of the runner whose answer is frames that carry `nonce`, a log from byte `at` on among them.
    pub(super) async fn open(
        pool: &Arc<Inner>,
        to: &Connection,
        (nonce, script): (&str, &str),
        at: u64,
        followed: Followed,
    ) -> Result<Self, RemoteError> {
        let begin = Instant::now() + BEGIN;
        let script = Envelope { nonce, root: wants_root(to), answer: Answer::Stream }.wrap(script);
        let exec = pool.exec(to, begin).await?;
        let mut stream = Self {
            to: to.clone(),
            exec,
            frames: FrameReader::new(nonce),
            waiting: VecDeque::new(),
            buffer: vec![0; 16 * 1024],
            stderr: Vec::new(),
            stderr_open: true,
            at,
            gathered: Vec::new(),
            followed,
        };
        if timeout_at(begin, send(&mut stream.exec, script.as_bytes())).await.is_err() {
            return Err(silent(to, &stream.exec, BEGIN));
        }
        Ok(stream)
    }

    /// Whether this is a stream from that place, and the next byte of the log is that at `offset`.
    pub(super) fn goes_on_at(&self, to: &Connection, offset: u64) -> bool {
        self.to == *to && self.at == offset
    }

    /// What the runner says of the job that it was sent to start. An error is what stood in the way of an answer.
    pub(super) async fn started(mut self) -> Result<(Self, String), RemoteError> {
        match self.next(Instant::now() + BEGIN).await? {
            Next::Frame(Frame::Started(words)) => Ok((self, words)),
            Next::Frame(other) => Err(self.no_log(other).await),
            Next::CutOff => Err(self.cut_off().await),
            Next::Silent => {
                self.exec.master.note_stuck();
                let at = classify::target(&self.to);
                let what = format!("no answer from {at} within {} s", BEGIN.as_secs_f64());
                Err(classify::error(&self.to, Kind::Timeout, &what, None))
            }
        }
    }

    /// Ends a session whose answer was the last that it had to say.
    pub(super) async fn end(self) {
        self.exec.end().await;
    }

    /// What the host said on standard error so far, its last line.
    pub(super) fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).lines().last().unwrap_or_default().to_owned()
    }

    /// Hands the log on until the job has ended and its log is drained.
    pub(super) async fn follow(mut self, sink: &mut dyn LogSink) -> Result<JobEnd, RemoteError> {
        let last = self.read(sink).await;
        // Whatever became of the stream, what has arrived is kept.
        self.keep(sink).await?;
        match last? {
            Next::Frame(Frame::End { total, words }) => {
                let end = self.end_of(total, &words)?;
                self.end().await;
                Ok(end)
            }
            Next::Frame(other) => Err(self.no_log(other).await),
            Next::CutOff => Err(self.cut_off().await),
            Next::Silent => Err(silent(&self.to, &self.exec, SILENCE)),
        }
    }

    /// Reads until nothing more is to come; the last of the log may wait still.
    async fn read(&mut self, sink: &mut dyn LogSink) -> Result<Next, RemoteError> {
        let mut until = Instant::now() + SILENCE;
        let mut due = until;
        loop {
            let next = tokio::select! {
                biased;
                next = self.next(until) => next?,
                () = tokio::time::sleep_until(due), if !self.gathered.is_empty() => {
                    self.keep(sink).await?;
                    continue;
                }
            };
            until = Instant::now() + SILENCE;
            match next {
                Next::Frame(Frame::Beat) => {}
                Next::Frame(Frame::Data(bytes)) => {
                    if self.gathered.is_empty() {
                        due = self.followed.due();
                    }
                    self.gathered.extend(bytes);
                }
                last @ (Next::Frame(_) | Next::CutOff | Next::Silent) => return Ok(last),
            }
            if self.gathered.len() >= GATHERED {
                self.keep(sink).await?;
            } else if (1..LITTLE).contains(&self.gathered.len()) && self.waiting.is_empty() {
                // What comes meanwhile waits in the pipe, and nobody is woken for each word of it.
                tokio::time::sleep_until(due.min(self.followed.look())).await;
            }
        }
    }

    /// The next frame. Nothing is lost where the waiting is given up.
    async fn next(&mut self, until: Instant) -> Result<Next, RemoteError> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Ok(Next::Frame(frame));
            }
            let mut err = [0; 1024];
            let n = tokio::select! {
                biased;
                // Standard output first: its end decides.
                read = self.exec.stdout.read(&mut self.buffer) => read.unwrap_or(0),
                read = self.exec.stderr.read(&mut err), if self.stderr_open => {
                    let n = read.unwrap_or(0);
                    self.stderr_open = n > 0;
                    let room = MAX_STDERR.saturating_sub(self.stderr.len()).min(n);
                    self.stderr.extend_from_slice(err.get(..room).unwrap_or_default());
                    continue;
                }
                () = tokio::time::sleep_until(until) => return Ok(Next::Silent),
            };
            if n == 0 {
                return Ok(Next::CutOff);
            }
            let frames = self.frames.feed(self.buffer.get(..n).unwrap_or_default());
            self.waiting.extend(frames.map_err(|garbled| self.protocol(&garbled))?);
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
            classify::error(&self.to, Kind::Local, &text, Some(hint.into()))
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn end_of(&self, total: u64, words: &str) -> Result<JobEnd, RemoteError> {
        let end = runner::end_of(words).map_err(|garbled| self.protocol(&garbled))?;
        let Some(end) = end else { return Err(self.protocol(&"there is no such job")) };
        if total == self.at {
            return Ok(end);
        }
        let text = format!("the log there has {total} bytes, and here {}", self.at);
        Err(self.protocol(&text))
    }

    fn protocol(&self, what: &dyn std::fmt::Display) -> RemoteError {
        let at = classify::target(&self.to);
        let text = format!("what {at} says of the job cannot be read: {what}");
        classify::error(&self.to, Kind::Protocol, &text, None)
    }

    /// A frame that stands in the place of what was waited for.
    async fn no_log(mut self, frame: Frame) -> RemoteError {
        let error = match frame {
            Frame::NotBegun(exit) => {
                self.rest_of_stderr().await;
                not_begun(&self.to, wants_root(&self.to), exit, &self.stderr)
            }
            Frame::Died(exit) => {
                self.rest_of_stderr().await;
                let said = self.complaint();
                self.protocol(&format!("its shell ended early, exit {exit}: {said}"))
            }
            Frame::Data(_) | Frame::Beat | Frame::Started(_) | Frame::End { .. } => {
                return self.protocol(&Garbled);
            }
        };
        self.end().await;
        error
    }

    async fn cut_off(&mut self) -> RemoteError {
        self.rest_of_stderr().await;
        cut_off(&self.to, &self.exec, &self.stderr).await
    }

    async fn rest_of_stderr(&mut self) {
        let mut rest = (&mut self.exec.stderr).take(MAX_STDERR as u64);
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
