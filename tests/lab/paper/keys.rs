//! The keys of a lab: one for its client, two for each host (the right one and a wrong one).

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use color_eyre::eyre::{Result, WrapErr};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};

/// A new Ed25519 key.
pub(super) fn fresh() -> Result<PrivateKey> {
    PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).wrap_err("cannot make a key")
}

/// Writes a private key the way OpenSSH reads it, readable by its owner only.
pub(super) fn write_private(key: &PrivateKey, to: &Path) -> Result<()> {
    let text = key.to_openssh(LineEnding::LF)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(to)
        .wrap_err_with(|| format!("cannot write {}", to.display()))?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    Ok(())
}

/// A line of `known_hosts`.
pub(super) fn known_host(
    address: std::net::Ipv4Addr,
    port: u16,
    key: &PrivateKey,
) -> Result<String> {
    let mut public = key.public_key().clone();
    public.set_comment("");
    Ok(format!("[{address}]:{port} {}\n", public.to_openssh()?.trim()))
}
