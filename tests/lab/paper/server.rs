//! The SSH server of one paper host.

use std::collections::HashMap;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portable_pty::PtySize;
use russh::keys::PrivateKey;
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::address;
use super::exec::Exec;
use super::fault::while_black;
use super::host::HostState;
use super::link::{Wire, carry};
use super::shell;

/// The server's settings with a host key.
pub(super) fn config(key: PrivateKey) -> Arc<Config> {
    Arc::new(Config {
        keys: vec![key],
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::from_millis(20),
        auth_rejection_time_initial: Some(Duration::ZERO),
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    })
}

/// Serves a host until the runtime ends.
pub(super) async fn serve(host: Arc<HostState>, first: StdListener) {
    let mut listener = TcpListener::from_std(first).ok();
    let mut faults = host.faults.watch();
    loop {
        if faults.borrow_and_update().refuse {
            listener = None;
        } else if listener.is_none() {
            listener = address::again(host.address, address::SSH_PORT)
                .and_then(TcpListener::from_std)
                .ok();
        }
        let Some(open) = &listener else {
            let again = tokio::time::timeout(Duration::from_millis(200), faults.changed());
            if matches!(again.await, Ok(Err(_))) {
                return;
            }
            continue;
        };
        tokio::select! {
            accepted = open.accept() => if let Ok((tcp, _)) = accepted {
                host.runtime.spawn(connection(Arc::clone(&host), tcp));
            },
            changed = faults.changed() => if changed.is_err() { return },
        }
    }
}

async fn connection(host: Arc<HostState>, mut tcp: TcpStream) {
    host.n_connections.fetch_add(1, Ordering::AcqRel);
    if host.faults.take_kex_reset() {
        // As sshd does with too many: it lets the client say who it is and hangs up.
        let mut said = [0_u8; 255];
        _ = tokio::time::timeout(Duration::from_secs(1), tcp.read(&mut said)).await;
        _ = tcp.set_zero_linger();
        return;
    }
    _ = tcp.set_nodelay(true);
    while_black(&mut host.faults.watch()).await;
    let wrong = host.faults.now().wrong_host_key;
    let config = if wrong { &host.wrong_config } else { &host.config };
    let (near, far) = tokio::io::duplex(64 * 1024);
    let wire = Arc::new(Wire::default());
    let session = Conversation {
        host: Arc::clone(&host),
        wire: Arc::clone(&wire),
        channels: HashMap::new(),
        terminals: HashMap::new(),
        sessions: Arc::default(),
    };
    let serve = async {
        if let Ok(running) = run_stream(Arc::clone(config), far, session).await {
            _ = running.await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = carry(tcp, near, &wire, &host.faults) => {}
        () = serve => {}
    }
}

/// One client's connection.
struct Conversation {
    host: Arc<HostState>,
    wire: Arc<Wire>,
    channels: HashMap<ChannelId, (Channel<Msg>, Slot)>,
    /// The terminals that were asked for and have no shell yet.
    terminals: HashMap<ChannelId, PtySize>,
    sessions: Arc<AtomicU64>,
}

/// One of the sessions that a connection may have; freed when dropped.
struct Slot(Arc<AtomicU64>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Handler for Conversation {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let known = key.public_key.key_data() == self.host.client_key.key_data();
        let welcome = known && user == self.host.user && !self.host.faults.now().auth_refuse;
        Ok(if welcome { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let slot = Slot(Arc::clone(&self.sessions));
        let others = slot.0.fetch_add(1, Ordering::AcqRel);
        if others >= self.host.faults.now().max_sessions {
            self.host.n_refused_sessions.fetch_add(1, Ordering::AcqRel);
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        }
        self.channels.insert(channel.id(), (channel, slot));
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        to: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        // The loopback address of a paper host is its own one, and it forwards to nowhere else (sshd: PermitOpen).
        let own = self.host.address.to_string();
        if to != own && !matches!(to, "127.0.0.1" | "localhost") {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let to = own.as_str();
        let port = u16::try_from(port).unwrap_or_default();
        let Ok(mut tcp) = TcpStream::connect((to, port)).await else {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        };
        reply.accept().await;
        self.host.runtime.spawn(async move {
            _ = tokio::io::copy_bidirectional(&mut channel.into_stream(), &mut tcp).await;
        });
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.channels.remove(&id);
        self.terminals.remove(&id);
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _: &str,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.terminals.insert(id, shell::size(columns, rows));
        session.channel_success(id)
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        // Without a terminal it is a command as any other.
        let Some(size) = self.terminals.remove(&id) else {
            return self.exec_request(id, b"exec /bin/sh", session).await;
        };
        let Some((channel, slot)) = self.channels.remove(&id) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let (host, handle) = (Arc::clone(&self.host), session.handle());
        self.host.runtime.spawn(async move {
            shell::run(&host, &handle, channel, size).await;
            drop(slot);
        });
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some((channel, slot)) = self.channels.remove(&id) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let exec = Exec {
            host: Arc::clone(&self.host),
            wire: Arc::clone(&self.wire),
            handle: session.handle(),
        };
        let command = command.to_vec();
        self.host.runtime.spawn(async move {
            exec.run(channel, command).await;
            drop(slot);
        });
        Ok(())
    }
}
