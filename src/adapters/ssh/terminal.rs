//! A person's shell on a host, over its open connection, and the following of something that a host writes.
//!
//! The shell goes over the control socket of a connection whose host key was checked; where that socket is gone it fails,
//! since what would open another one (`ProxyCommand`) is `false`.

use std::io::{self, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::classify;
use super::master::Master;
use super::pool::SshPool;
use crate::domain::capability::Operate;
use crate::domain::connection::Connection;
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::steps::service_logs::BEAT;

/// Keeps what a host shows, before it is shown.
type Record<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// A shell that is ready to be opened at this terminal.
pub struct HostShell {
    command: Command,
    /// Held, because the shell runs over it.
    _master: Arc<Master>,
}

impl std::fmt::Debug for HostShell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostShell").finish_non_exhaustive()
    }
}

impl SshPool {
    /// Prepares a shell on a host for whoever may change something.
    pub async fn terminal(
        &self,
        to: &Connection,
        _right: &Operate,
        deadline: Duration,
    ) -> Result<HostShell, RemoteError> {
        let master = self.inner.master(to, Instant::now() + deadline).await?;
        let mut command = Command::new("ssh");
        command.args(["-F", "/dev/null", "-o", "ProxyCommand=false", "-o", "BatchMode=yes"]);
        command.args(["-o", "EscapeChar=~", "-o", "LogLevel=ERROR", "-S"]).arg(master.socket());
        command.args(["-tt", "--", to.address.as_str()]);
        Ok(HostShell { command, _master: master })
    }

    /// Runs a script that goes on and gives what it writes as it comes, until it ends or `take` says `false`. It is for
    /// scripts that end by themselves when nobody reads.
    pub async fn stream(
        &self,
        to: &Connection,
        script: &str,
        mut take: impl FnMut(&[u8]) -> io::Result<bool> + Send,
    ) -> Result<(), RemoteError> {
        let mut exec = self.inner.exec(to, Instant::now() + Duration::from_secs(30)).await?;
        if let Some(mut stdin) = exec.stdin.take() {
            let text = format!("{{\n{script}\n}}\n");
            let until = Instant::now() + Duration::from_secs(20);
            let sent = timeout_at(until, stdin.write_all(text.as_bytes())).await;
            tracing::trace!(?sent, "a script that goes on was sent");
        }
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let n = exec.stdout.read(&mut bytes).await.unwrap_or(0);
            if n == 0 {
                exec.end().await;
                return Ok(());
            }
            let mut piece = bytes.get(..n).unwrap_or_default().to_vec();
            piece.retain(|&b| b != BEAT);
            match take(&piece) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    let what = format!(
                        "what comes from {} cannot be kept here: {error}",
                        classify::target(to)
                    );
                    return Err(classify::error(to, Kind::Local, &what, None));
                }
            }
        }
    }
}

impl HostShell {
    /// Opens it at this terminal and waits until it is left. What the host shows goes through `record` first, where there
    /// is one; a record that cannot be kept ends the shell.
    pub fn open(mut self, record: Option<Record<'_>>) -> io::Result<ExitStatus> {
        let Some(record) = record else { return self.command.status() };
        let mut child = self.command.stdout(Stdio::piped()).spawn()?;
        let shown = match child.stdout.take() {
            Some(mut from) => through(&mut from, record),
            None => Ok(()),
        };
        if let Err(error) = shown {
            drop(child.kill());
            drop(child.wait());
            return Err(error);
        }
        child.wait()
    }
}

fn through(from: &mut impl Read, record: Record<'_>) -> io::Result<()> {
    let mut bytes = [0; 16 * 1024];
    let mut screen = io::stdout();
    loop {
        let n = match from.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let piece = bytes.get(..n).unwrap_or_default();
        record(piece)?;
        screen.write_all(piece)?;
        screen.flush()?;
    }
}
