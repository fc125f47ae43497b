//! Addresses of paper hosts: 127.0.x.y, found by trying, so that labs in other processes keep theirs.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

use color_eyre::eyre::{Result, WrapErr, bail};
use rand::RngExt;

/// The port of SSH on every paper host.
pub(super) const SSH_PORT: u16 = 2222;
/// The port of the health page and the metrics on every paper host.
pub(super) const WEB_PORT: u16 = 4000;

/// An address with both of its ports taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) address: Ipv4Addr,
    pub(super) ssh: TcpListener,
    pub(super) web: TcpListener,
}

/// Takes `n` addresses that nobody uses.
pub(super) fn take(n: usize) -> Result<Vec<Taken>> {
    // 127.0.0.x and 127.0.1.x are left to the machine and to real hosts.
    const FIRST: u32 = 0x7f00_0201;
    const COUNT: u32 = 252 * 256;
    let start: u32 = rand::rng().random_range(0..COUNT);
    let mut taken = Vec::with_capacity(n);
    for i in 0..COUNT {
        if taken.len() == n {
            return Ok(taken);
        }
        let address = Ipv4Addr::from(FIRST + (start + i) % COUNT);
        if matches!(address.octets(), [_, _, _, 0 | 255]) {
            continue;
        }
        if let Some(both) = try_take(address)? {
            taken.push(both);
        }
    }
    bail!("no {n} free loopback addresses for paper hosts in 127.0.2.0 to 127.0.253.255")
}

fn try_take(address: Ipv4Addr) -> Result<Option<Taken>> {
    let mut listeners = Vec::with_capacity(2);
    for port in [SSH_PORT, WEB_PORT] {
        match TcpListener::bind(SocketAddrV4::new(address, port)) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                listeners.push(listener);
            }
            Err(e) if e.kind() == ErrorKind::AddrInUse => return Ok(None),
            Err(e) => return Err(e).wrap_err_with(|| format!("cannot listen on {address}:{port}")),
        }
    }
    let (web, ssh) = (listeners.pop(), listeners.pop());
    Ok(ssh.zip(web).map(|(ssh, web)| Taken { address, ssh, web }))
}

/// Listens on an address again after it was given up for a fault.
pub(super) fn again(address: Ipv4Addr, port: u16) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddrV4::new(address, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
