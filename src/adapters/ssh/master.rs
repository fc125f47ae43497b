//! One open connection: a control master of the OpenSSH client, and the sessions over it.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::classify;
use super::config;
use super::control_dir::ControlDir;
use super::control_files::ControlFiles;
use super::lending::{self, Tenancy};
use super::process::Process;
use crate::domain::connection::Connection;
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};

/// How long a connection may take to come about, key exchange and authentication together.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// How long a local control socket may take to answer.
const CHECK_LIMIT: Duration = Duration::from_secs(2);
/// How long an answer stands for the next command.
const FRESH_FOR: Duration = Duration::from_secs(10);
/// Sessions that may be stuck on a connection before it takes no more.
const MAX_STUCK: u32 = 2;

/// **Invariant:** the `ssh` process ends with the last use of this value and not before: replacing a
/// connection in the pool never takes it from under a command that runs over it. Where it is lent
/// ([`lending`]), the last use of all processes counts.
pub(super) struct Master {
    session: Arc<openssh::Session>,
    files: ControlFiles,
    process: Process,
    tenancy: Tenancy,
    stuck: AtomicU32,
    retired: AtomicBool,
    // Held, because this connection runs through it.
    _bastion: Option<Arc<Master>>,
}

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Master").field("process", &self.process).finish_non_exhaustive()
    }
}

impl Master {
    /// Uses the connection that another process of this user has open to the very same place, if one does. One through a
    /// jump host hangs on a second one, and is not lent.
    pub(super) async fn borrow(
        to: &Connection,
        own: &ControlDir,
        known_hosts: &[&Path],
    ) -> Option<Self> {
        if !to.jump.is_empty() {
            return None;
        }
        let config = config::render(to, known_hosts, None);
        let (files, process) = lending::borrow(own.path(), own.others(), &config)?;
        let master = Self::over(files, process, Tenancy::Guest, None);
        if !master.is_fresh() && !master.answers().await {
            // Dropping it leaves it.
            return None;
        }
        tracing::debug!(pid = process.pid, host = %to.host, "using a connection of another process");
        Some(master)
    }

    /// Opens a connection. It is tried once.
    pub(super) async fn open(
        to: &Connection,
        dir: &ControlDir,
        known_hosts: &[&Path],
        bastion: Option<Arc<Self>>,
    ) -> Result<Self, RemoteError> {
        let failed = |error: io::Error| {
            let what = format!("cannot run ssh to {}: {error}", classify::target(to));
            classify::error(to, Kind::Local, &what, Some("is the OpenSSH client installed?".into()))
        };
        let text = config::render(to, known_hosts, bastion.as_ref().map(|b| &*b.files.socket));
        let files = dir.files(&text);
        write_private(&files.config, &text).map_err(failed)?;
        let cleanup = Cleanup(&files);
        let mut ssh = tokio::process::Command::new("ssh");
        ssh.arg("-F").arg(&files.config).arg("-E").arg(&files.log).arg("-S").arg(&files.socket);
        ssh.args(["-M", "-f", "-N", "-T", "--", to.address.as_str()]);
        ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let Ok(status) = timeout(CONNECT_LIMIT, ssh.status()).await else {
            let limit = CONNECT_LIMIT.as_secs();
            let what = format!("no connection to {} within {limit} s", classify::target(to));
            return Err(classify::error(to, Kind::Timeout, &what, None));
        };
        let status = status.map_err(failed)?;
        if !status.success() {
            let log = fs::read(&files.log).unwrap_or_default();
            let known = known_hosts.first().map_or_else(String::new, |p| p.display().to_string());
            return Err(classify::connect(to, &String::from_utf8_lossy(&log), &known));
        }
        // It may have to wait for its turn on this machine, when very many are opened.
        let Some(process) = ask_process(&files.socket, CONNECT_LIMIT).await else {
            let (at, limit) = (classify::target(to), CONNECT_LIMIT.as_secs());
            let what = format!(
                "the new connection to {at} ended, or its ssh gave no answer within {limit} s"
            );
            return Err(classify::error(to, Kind::Disconnected, &what, None));
        };
        write_private(&files.process, &process.tag()).map_err(failed)?;
        std::mem::forget(cleanup);
        Ok(Self::over(files, process, Tenancy::Owner, bastion))
    }

    fn over(
        files: ControlFiles,
        process: Process,
        tenancy: Tenancy,
        bastion: Option<Arc<Self>>,
    ) -> Self {
        let session = openssh::Session::resume_mux(files.socket.clone().into_boxed_path(), None);
        Self {
            session: Arc::new(session),
            files,
            process,
            tenancy,
            stuck: AtomicU32::new(0),
            retired: AtomicBool::new(false),
            _bastion: bastion,
        }
    }

    /// Whether another process opened it.
    pub(super) fn is_borrowed(&self) -> bool {
        self.tenancy == Tenancy::Guest
    }

    /// Ends it now, whatever of ours runs over it; where another process uses it, it is left to that. Gives its process
    /// where it was ended.
    pub(super) fn end(&self) -> Option<Process> {
        lending::leave(&self.files, self.process, self.tenancy).then_some(self.process)
    }

    /// Whether what runs over it still can; a look at local state only.
    pub(super) fn is_alive(&self) -> bool {
        self.process.is_alive() && self.files.socket.exists()
    }

    /// Whether it may take a further command; a look at local state only.
    pub(super) fn is_usable(&self) -> bool {
        !self.retired.load(Ordering::Relaxed)
            && self.stuck.load(Ordering::Relaxed) < MAX_STUCK
            && self.is_alive()
    }

    /// Takes no further command; those that run over it go on.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// A command over it got no answer: its session may be held on the host for good.
    pub(super) fn note_stuck(&self) {
        self.stuck.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it has just answered, so that asking again would be waste.
    pub(super) fn is_fresh(&self) -> bool {
        self.files.answered_within(FRESH_FOR)
    }

    /// The host answered over it; those to whom it is lent learn of it.
    pub(super) fn note_answer(&self) {
        self.files.note_answer(FRESH_FOR / 4);
    }

    /// Asks the process whether it answers, within two seconds.
    pub(super) async fn answers(&self) -> bool {
        let answers = ask_process(&self.files.socket, CHECK_LIMIT).await == Some(self.process);
        if answers {
            self.note_answer();
        }
        answers
    }

    /// Its control socket.
    pub(super) fn socket(&self) -> &Path {
        &self.files.socket
    }

    /// The session to run commands over.
    pub(super) fn session(&self) -> Arc<openssh::Session> {
        Arc::clone(&self.session)
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        lending::leave(&self.files, self.process, self.tenancy);
    }
}

/// Removes the files of a connection that did not come about.
struct Cleanup<'a>(&'a ControlFiles);

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// The process behind a control socket, where it answers within this time. One that has ended is told at once.
async fn ask_process(socket: &Path, limit: Duration) -> Option<Process> {
    let asked = timeout(limit, async {
        openssh_mux_client::Connection::connect(socket).await?.send_alive_check().await
    });
    let pid = asked.await.ok()?.ok()?;
    Process::find(pid.get())
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

/// Waits until processes have ended, at most `limit`; gives how many have not.
pub(super) async fn wait_for_end(processes: &[Process], limit: Duration) -> usize {
    let until = Instant::now() + limit;
    loop {
        let left = processes.iter().filter(|process| process.is_alive()).count();
        if left == 0 || Instant::now() >= until {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
