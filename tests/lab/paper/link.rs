//! One TCP connection between a client and a paper host's server, where faults bite.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use super::fault::{Faults, Standing, while_black};

/// What the commands on a connection know of it.
#[derive(Debug, Default)]
pub(super) struct Wire {
    sent: AtomicU64,
    /// From here on nothing leaves any more, however late the connection's own task hears of the cut.
    is_cut: AtomicBool,
    cut: Notify,
}

impl Wire {
    /// Bytes on the wire towards the client so far, encrypted.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Cuts the connection once `n` bytes more than `before` have left, or after a second.
    pub(super) async fn cut_after(&self, before: u64, n: u64) {
        for _ in 0..200 {
            if n == 0 || self.sent() >= before + n {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.is_cut.store(true, Ordering::Release);
        self.cut.notify_one();
    }
}

/// Carries bytes both ways until one side ends or the connection is cut.
pub(super) async fn carry(tcp: TcpStream, near: DuplexStream, wire: &Wire, faults: &Faults) {
    let mut cuts = faults.watch();
    let at_start = cuts.borrow_and_update().cuts;
    let (tcp_read, tcp_write) = tcp.into_split();
    let (near_read, near_write) = tokio::io::split(near);
    let in_ = pump(tcp_read, near_write, faults.watch(), None);
    let out = pump(near_read, tcp_write, faults.watch(), Some(wire));
    let both = async { tokio::join!(in_, out) };
    tokio::select! {
        biased;
        () = wire.cut.notified() => {}
        _ = both => {}
        _ = cuts.wait_for(|s| s.cuts != at_start) => {}
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut faults: watch::Receiver<Standing>,
    towards_client: Option<&Wire>,
) {
    let mut buffer = vec![0_u8; 32 * 1024];
    loop {
        while_black(&mut faults).await;
        let Ok(n) = from.read(&mut buffer).await else { break };
        let Some(bytes) = buffer.get(..n).filter(|b| !b.is_empty()) else { break };
        while_black(&mut faults).await;
        if towards_client.is_some() {
            let delay = faults.borrow().delay;
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
        }
        if towards_client.is_some_and(|wire| wire.is_cut.load(Ordering::Acquire)) {
            break;
        }
        if to.write_all(bytes).await.is_err() {
            break;
        }
        if let Some(wire) = towards_client {
            wire.sent.fetch_add(n as u64, Ordering::AcqRel);
        }
    }
    if to.shutdown().await.is_err() {
        // The other side has gone already: nothing is left to say to it.
    }
}
