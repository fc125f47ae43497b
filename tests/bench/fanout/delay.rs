//! A round trip put in between: a TCP proxy that hands every byte on after half of it, without slowing the stream.

use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Listens at `from` and passes connections on to `to`, each direction late by half of `rtt`.
pub(crate) async fn proxy(from: SocketAddrV4, to: SocketAddrV4, rtt: Duration) {
    let listener = TcpListener::bind(from).await.unwrap();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(to).await else { return };
            drop((client.set_nodelay(true), server.set_nodelay(true)));
            let (client_in, client_out) = client.into_split();
            let (server_in, server_out) = server.into_split();
            tokio::join!(
                late(client_in, server_out, rtt / 2),
                late(server_in, client_out, rtt / 2)
            );
        });
    }
}

async fn late(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, by: Duration) {
    let (give, mut take) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0_u8; 64 * 1024];
        loop {
            let n = from.read(&mut buffer).await.unwrap_or(0);
            if n == 0 || give.send((Instant::now() + by, buffer[..n].to_vec())).is_err() {
                break;
            }
        }
    };
    let write = async move {
        while let Some((at, bytes)) = take.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        drop(to.shutdown().await);
    };
    tokio::join!(read, write);
}
