//! Read-only work on hosts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::classify;
use super::exec::{Exec, nonce, wants_root};
use super::pool::{Inner, SshPool};
use crate::domain::connection::Connection;
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::engine::ports::{ReadOutput, RemoteRead};
use crate::steps::envelope::{Answer, Envelope, Opened};

/// The longest answer that is taken.
const MAX_OUTPUT: usize = 8 << 20;
/// The longest standard error that is taken.
const MAX_STDERR: usize = 1 << 20;

#[async_trait]
impl RemoteRead for SshPool {
    async fn read(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError> {
        self.inner.run(to, script, deadline).await
    }
}

impl Inner {
    /// Runs a script to its end and gives what it printed.
    pub(super) async fn run(
        self: &Arc<Self>,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError> {
        let until = Instant::now() + deadline;
        let nonce = nonce(to)?;
        let answer = Answer::Whole { limit_s: deadline.as_secs() + 1 };
        let envelope = Envelope { nonce: &nonce, root: wants_root(to), answer };
        let mut exec = self.exec(to, until).await?;
        // Not before: of a thousand hosts, most wait for their turn.
        let text = envelope.wrap(script);
        let sent = Instant::now();
        let Ok(answer) = timeout_at(until, converse(&mut exec, text.as_bytes())).await else {
            exec.master.note_stuck();
            let what = format!(
                "no answer from {} within {} s",
                classify::target(to),
                deadline.as_secs_f64()
            );
            return Err(classify::error(to, Kind::Timeout, &what, None));
        };
        let took = sent.elapsed();
        let (stdout, stderr) = answer.map_err(|what| {
            let what = format!("{} answered with {what}", classify::target(to));
            classify::error(to, Kind::Protocol, &what, None)
        })?;
        match envelope.open(&stdout) {
            Opened::Whole { output, exit } => {
                exec.end().await;
                Ok(ReadOutput { stdout: output, stderr, exit, took })
            }
            Opened::NotBegun { exit } => {
                exec.end().await;
                Err(not_begun(to, envelope.root, exit, &stderr))
            }
            Opened::CutOff => Err(cut_off(to, &exec, &stderr).await),
        }
    }
}

/// Sends the script and takes all that comes back.
async fn converse(exec: &mut Exec, text: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    let stdin = exec.stdin.take();
    let send = async {
        if let Some(mut stdin) = stdin {
            // A host that closes its end early says why on its output.
            if let Err(error) = stdin.write_all(text).await {
                tracing::debug!(%error, "a script was not taken whole");
            }
        }
        Ok(())
    };
    let stdout = take_all(&mut exec.stdout, MAX_OUTPUT);
    let stderr = take_all(&mut exec.stderr, MAX_STDERR);
    let ((), stdout, stderr) = tokio::try_join!(send, stdout, stderr)?;
    Ok((stdout, stderr))
}

async fn take_all(from: &mut (impl AsyncRead + Unpin), max: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    // An error of the pipe is an end like any other: whether the answer is whole, its end mark says.
    if let Err(error) = (&mut *from).take(limit).read_to_end(&mut bytes).await {
        tracing::debug!(%error, "an answer broke off");
    }
    if bytes.len() > max {
        return Err(format!("more than {} MB", max >> 20));
    }
    Ok(bytes)
}

/// The script did not begin: `sudo` refused, or the shell could not read it.
pub(super) fn not_begun(to: &Connection, root: bool, exit: i32, stderr: &[u8]) -> RemoteError {
    let text = String::from_utf8_lossy(stderr);
    if root && !text.contains("yntax error") {
        return classify::sudo(to, exit, stderr);
    }
    let said = text.lines().last().unwrap_or("it said nothing").to_owned();
    let what = format!("the shell of {} did not begin, exit {exit}: {said}", classify::target(to));
    classify::error(to, Kind::Protocol, &what, None)
}

/// The answer has no end: the connection was lost, or something ended the shell on the host.
pub(super) async fn cut_off(to: &Connection, exec: &Exec, stderr: &[u8]) -> RemoteError {
    if exec.master.is_usable() && exec.master.answers().await {
        let text = String::from_utf8_lossy(stderr);
        let said = text.lines().last().unwrap_or("it said nothing").to_owned();
        let what = format!("the shell on {} ended early: {said}", classify::target(to));
        return classify::error(to, Kind::Protocol, &what, None);
    }
    exec.master.retire();
    classify::session(to, "it ended in the middle of an answer")
}
