//! The bearer token: a file that only its owner can read.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use reqwest::header::HeaderValue;

/// Longer than any token.
const CAP: u64 = 16 * 1024;

/// The header value of the token in a file. Refused where others could read the file as well. The
/// error has the path and what to do, and never any of the content.
pub(super) async fn read(path: &str) -> Result<HeaderValue, String> {
    let failed = |e: std::io::Error| format!("the token file {path} cannot be read: {e}");
    let meta = tokio::fs::metadata(path).await.map_err(failed)?;
    let mode = meta.permissions().mode() & 0o7777;
    if !meta.is_file() || meta.len() > CAP {
        return Err(format!("the token file {path} is not a file of at most 16 KiB"));
    }
    if mode & 0o077 != 0 {
        return Err(format!(
            "the token file {path} can be read by others (mode {mode:04o}): chmod 600 it"
        ));
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        return Err(format!("the token file {path} belongs to somebody else: chown it"));
    }
    let text = tokio::fs::read_to_string(path).await.map_err(failed)?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!("the token file {path} does not hold one token on one line"));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| format!("the token file {path} does not hold a token"))?;
    value.set_sensitive(true);
    Ok(value)
}
