//! A token, a password or a secret in a file that only its owner can read.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use zeroize::Zeroizing;

/// Longer than any of them.
const CAP: u64 = 16 * 1024;

/// Reads it, less white space around it. The error has the path and what to do, and never any of the content.
pub(super) async fn read(path: &str) -> Result<Zeroizing<String>, String> {
    let failed = |e: std::io::Error| format!("the file {path} cannot be read: {e}");
    let meta = tokio::fs::metadata(path).await.map_err(failed)?;
    let mode = meta.permissions().mode() & 0o7777;
    if !meta.is_file() || meta.len() > CAP {
        return Err(format!("{path} is not a file of at most 16 KiB"));
    }
    if mode & 0o077 != 0 {
        return Err(format!(
            "the file {path} can be read by others (mode {mode:04o}): chmod 600 it"
        ));
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        return Err(format!("the file {path} belongs to somebody else: chown it"));
    }
    let text = Zeroizing::new(tokio::fs::read_to_string(path).await.map_err(failed)?);
    let value = Zeroizing::new(text.trim().to_owned());
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(format!("the file {path} does not hold one value on one line"));
    }
    Ok(value)
}
