//! The health page and the metrics of one paper host, in plain HTTP/1.1.

use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::address;
use super::fault::while_black;
use super::host::HostState;
use super::stack;

/// How often it is looked whether the API's container still runs.
const LOOK: Duration = Duration::from_millis(300);

/// Serves a host until the runtime ends. While the instance is down nothing listens, as on a real host.
pub(super) async fn serve(host: Arc<HostState>, first: StdListener) {
    let mut listener = TcpListener::from_std(first).ok();
    let mut faults = host.faults.watch();
    loop {
        if faults.borrow_and_update().refuse || !stack::listens(&host.dir) {
            listener = None;
        } else if listener.is_none() {
            listener = address::again(host.address, address::WEB_PORT)
                .and_then(TcpListener::from_std)
                .ok();
        }
        let Some(open) = &listener else {
            let again = tokio::time::timeout(LOOK, faults.changed());
            if matches!(again.await, Ok(Err(_))) {
                return;
            }
            continue;
        };
        tokio::select! {
            accepted = open.accept() => if let Ok((tcp, _)) = accepted {
                let host = Arc::clone(&host);
                host.runtime.clone().spawn(async move {
                    _ = tokio::time::timeout(Duration::from_mins(1), answer(host, tcp)).await;
                });
            },
            changed = faults.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn answer(host: Arc<HostState>, mut tcp: TcpStream) {
    while_black(&mut host.faults.watch()).await;
    let mut head = Vec::new();
    let mut buffer = [0_u8; 2048];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") && head.len() < 16 * 1024 {
        match tcp.read(&mut buffer).await {
            Ok(n) if n > 0 => head.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            _ => return,
        }
    }
    let Some(sent) = body(&mut tcp, &mut head).await else { return };
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let page = stack::page(&host.dir, method, path, &sent);
    tokio::time::sleep(host.faults.now().delay).await;
    let text = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        page.status,
        page.kind,
        page.body.len(),
        if method == "HEAD" { "" } else { &page.body },
    );
    if tcp.write_all(text.as_bytes()).await.is_ok() {
        _ = tcp.shutdown().await;
    }
}

/// Splits what was sent along with a request off its head, and reads the rest of it.
async fn body(tcp: &mut TcpStream, head: &mut Vec<u8>) -> Option<String> {
    let at = head.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let mut sent = head.split_off(at);
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0).min(64 * 1024);
    let mut buffer = [0_u8; 2048];
    while sent.len() < length {
        match tcp.read(&mut buffer).await {
            Ok(n) if n > 0 => sent.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&sent).into_owned())
}
