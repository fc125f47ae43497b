//! A port of a host on a loopback address of this machine, over the open connection to that host.
//!
//! It always goes over a connection that this process opened: in one that belongs to another process it would stay when
//! this one is killed. That connection is held open by a client of its socket that asks nothing: a port that nobody uses is
//! no session, and without one `ssh` would end (`ControlPersist`).

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU16;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::process::Command;
use tokio::time::{Instant, timeout};

use super::classify;
use super::master::Master;
use super::pool::SshPool;
use crate::domain::capability::Operate;
use crate::domain::connection::Connection;
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};

/// How long the local `ssh` process may take to open or close one.
const LIMIT: Duration = Duration::from_secs(5);
/// How long it is waited for the host to end a connection that nothing there takes.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often another free port is looked for, where somebody took the one that was found.
const TRIES: usize = 3;

/// A port that was brought here. It lasts until [`HostForward::close`], or until its connection ends.
pub struct HostForward {
    at: SocketAddr,
    to: SocketAddr,
    place: Connection,
    master: Arc<Master>,
    /// Held, so that the connection stays although nothing uses it.
    _hold: UnixStream,
}

impl std::fmt::Debug for HostForward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("HostForward");
        shown.field("at", &self.at).field("to", &self.to).finish_non_exhaustive()
    }
}

impl SshPool {
    /// Brings what listens at `to`, as the host sees it, to a loopback address of this machine: at the port `local`, or at a free
    /// one. Where nothing takes a connection there, it is an error.
    pub async fn forward(
        &self,
        host: &Connection,
        _right: &Operate,
        to: SocketAddr,
        local: Option<NonZeroU16>,
        deadline: Duration,
    ) -> Result<HostForward, RemoteError> {
        let until = Instant::now() + deadline;
        let mut master = self.inner.master(host, until).await?;
        if master.is_borrowed() {
            self.inner.log_in_anew(host);
            master = self.inner.master(host, until).await?;
        }
        let hold = UnixStream::connect(master.socket()).await.map_err(|error| {
            classify::session(host, &format!("its local ssh process does not answer: {error}"))
        })?;
        let mut tries = if local.is_some() { 1 } else { TRIES };
        let at = loop {
            let at = free(host, local)?;
            tries -= 1;
            match ask(host, &master, "forward", at, to).await {
                Ok(()) => break at,
                Err(_) if tries > 0 => {}
                Err(error) => return Err(error),
            }
        };
        let forward = HostForward { at, to, place: host.clone(), master, _hold: hold };
        if takes(at).await {
            return Ok(forward);
        }
        drop(forward.close().await);
        let what = format!("nothing takes connections at {to} on {}", classify::target(host));
        let hint = "does it listen there? Does its sshd forward (AllowTcpForwarding)?";
        Err(classify::error(host, Kind::Connect, &what, Some(hint.into())))
    }
}

impl HostForward {
    /// Where it is on this machine.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Whether its connection stands; a look at local state only.
    pub fn lives(&self) -> bool {
        self.master.is_alive()
    }

    /// Takes it back; connections through it that are open go on until they end.
    pub async fn close(self) -> Result<(), RemoteError> {
        if !self.lives() {
            return Ok(());
        }
        ask(&self.place, &self.master, "cancel", self.at, self.to).await
    }
}

/// A port of this machine's loopback address that nobody listens at.
fn free(host: &Connection, local: Option<NonZeroU16>) -> Result<SocketAddr, RemoteError> {
    let wanted = local.map_or(0, NonZeroU16::get);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted));
    listener.and_then(|listener| listener.local_addr()).map_err(|error| {
        let what = format!("port {wanted} of this machine cannot be had: {error}");
        classify::error(host, Kind::Local, &what, Some("choose another one, or none".into()))
    })
}

/// Asks the process of the connection.
async fn ask(
    host: &Connection,
    master: &Master,
    what: &str,
    at: SocketAddr,
    to: SocketAddr,
) -> Result<(), RemoteError> {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "/dev/null", "-o", "ProxyCommand=false", "-o", "LogLevel=ERROR"]);
    ssh.args(["-O", what, "-L", &format!("{at}:{to}"), "-S"]).arg(master.socket());
    ssh.args(["--", host.address.as_str()]);
    ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let failed = |why: &str| {
        let text = format!("{at} cannot be brought to {to} of {}: {why}", classify::target(host));
        classify::error(host, Kind::Local, &text, None)
    };
    match timeout(LIMIT, ssh.output()).await {
        Err(_) => Err(failed("the local ssh process does not answer")),
        Ok(Err(error)) => Err(failed(&format!("ssh cannot be run: {error}"))),
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(failed(said.lines().last().unwrap_or("ssh said nothing")))
        }
    }
}

/// Whether something takes a connection through it: where nothing does, the host ends it at once.
async fn takes(at: SocketAddr) -> bool {
    let Ok(mut tcp) = TcpStream::connect(at).await else { return false };
    let mut byte = [0];
    !matches!(timeout(PATIENCE, tcp.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}
