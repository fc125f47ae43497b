//! One command on a host, over its open connection.

use std::sync::Arc;
use std::time::Duration;

use openssh::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

use super::classify;
use super::master::Master;
use super::pool::Inner;
use crate::domain::connection::{Become, Connection};
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::steps::envelope::COMMAND;

/// A command that was started: it waits for its script on `stdin`.
pub(super) struct Exec {
    child: Child<Arc<openssh::Session>>,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
    pub(super) master: Arc<Master>,
    _session: OwnedSemaphorePermit,
}

impl Inner {
    /// Starts [`COMMAND`] on a host. Nothing runs there before the script has been sent, so a connection that
    /// turns out to be dead is replaced, once.
    pub(super) async fn exec(
        self: &Arc<Self>,
        to: &Connection,
        until: Instant,
    ) -> Result<Exec, RemoteError> {
        let slot = self.slot(to);
        let acquired = timeout_at(until, Arc::clone(&slot.sessions).acquire_owned()).await;
        let Ok(Ok(mut permit)) = acquired else {
            let what = format!("all sessions to {} are taken", classify::target(to));
            return Err(classify::error(to, Kind::Timeout, &what, None));
        };
        let mut replaced = false;
        let begun = Instant::now();
        loop {
            let master = self.master(to, until).await?;
            let failed = match self.start(to, Arc::clone(&master), permit, until).await {
                Ok(exec) => return Ok(exec),
                Err((back, error)) => {
                    permit = back;
                    error
                }
            };
            match failed.kind {
                Kind::Disconnected | Kind::Busy => master.retire(),
                Kind::Timeout => master.note_stuck(),
                Kind::Connect
                | Kind::Auth
                | Kind::HostKey
                | Kind::Sudo
                | Kind::Exit(_)
                | Kind::Protocol
                | Kind::Local => {}
            }
            // A host that took long to fall silent would take as long again.
            let late = begun.elapsed() > Duration::from_secs(5);
            if replaced || late || !matches!(failed.kind, Kind::Disconnected | Kind::Busy) {
                return Err(failed);
            }
            replaced = true;
        }
    }

    async fn start(
        &self,
        to: &Connection,
        master: Arc<Master>,
        permit: OwnedSemaphorePermit,
        until: Instant,
    ) -> Result<Exec, (OwnedSemaphorePermit, RemoteError)> {
        if !master.is_fresh() && !master.answers().await {
            let what = "its local ssh process does not answer";
            return Err((permit, classify::session(to, what)));
        }
        let mut command = master.session().arc_raw_command(COMMAND);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match timeout_at(until, command.spawn()).await {
            Ok(Ok(child)) => child,
            Ok(Err(error)) => return Err((permit, classify::session(to, &chain(&error)))),
            Err(_) => {
                let what = format!("no answer from {} in time", classify::target(to));
                return Err((permit, classify::error(to, Kind::Timeout, &what, None)));
            }
        };
        let streams = (child.stdout().take(), child.stderr().take());
        let (Some(stdout), Some(stderr)) = streams else {
            return Err((permit, classify::session(to, "it has no output")));
        };
        let stdin = child.stdin().take();
        Ok(Exec { child, stdin, stdout, stderr, master, _session: permit })
    }
}

impl Exec {
    /// Lets the session end by itself after its output has ended, so that its place is free on the host, too.
    /// The exit status means nothing and is not looked at.
    pub(super) async fn end(self) {
        self.master.note_answer();
        let status = timeout(Duration::from_secs(1), self.child.wait()).await;
        tracing::trace!(?status, "a session ended");
    }
}

/// Whether commands for this host go through `sudo`; the host looks itself whether it is root already.
pub(super) fn wants_root(to: &Connection) -> bool {
    to.become_root == Become::Root && to.user.as_ref().is_none_or(|user| user.as_str() != "root")
}

/// 32 hexadecimal digits that nobody can guess.
pub(super) fn nonce(to: &Connection) -> Result<String, RemoteError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        classify::error(to, Kind::Local, &format!("no random numbers: {error}"), None)
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
