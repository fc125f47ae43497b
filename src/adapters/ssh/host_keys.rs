//! The keys by which hosts are known: asking a host for them, and pinning them.
//!
//! Asking and reading fingerprints is OpenSSH's own work (`ssh-keyscan`, `ssh-keygen`). **Invariant:** a key that
//! differs from a pinned one is never pinned beside it.

use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use crate::domain::connection::Connection;
use crate::domain::untrusted::Safe;

/// How long a host may take to say its keys.
const PATIENCE: Duration = Duration::from_secs(15);

/// A key of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// Its line in a `known_hosts` file: name, kind, key.
    line: String,
    /// `ssh-ed25519` and so on.
    pub kind: String,
    /// `SHA256:` and 43 characters.
    pub fingerprint: String,
}

/// What was found out of a host's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// These are to be pinned.
    New(Vec<HostKey>),
    /// One of them is pinned already.
    Pinned,
}

/// Why a host's key cannot be pinned.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// A program of OpenSSH cannot be run.
    #[error("{program} cannot be run: {what}; install the OpenSSH client")]
    Program {
        /// Which.
        program: &'static str,
        /// What happened.
        what: Safe,
    },
    /// The host did not say its keys.
    #[error(
        "{at} does not tell its host key: {what}; check the address and the port, or give --no-host-key"
    )]
    Silent {
        /// Where.
        at: Safe,
        /// What happened.
        what: Safe,
    },
    /// It is behind another host, through which keys cannot be asked for.
    #[error(
        "{0} is behind a jump host, so its key cannot be asked for: log in by hand once and give --no-host-key"
    )]
    Behind(Safe),
    /// Another key is pinned.
    #[error(
        "THE HOST KEY OF {at} HAS CHANGED: pinned in {file} is {pinned}, and the host shows {shown}. Somebody may sit in between. \
         If the host was really set up anew, take the old key out: ssh-keygen -R '{at}' -f {file}"
    )]
    Changed {
        /// Where.
        at: Safe,
        /// The file.
        file: Safe,
        /// Fingerprint of the pinned key.
        pinned: Safe,
        /// Fingerprint of the key that the host shows.
        shown: Safe,
    },
    /// The file cannot be written.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: Safe,
        /// What happened.
        what: Safe,
    },
}

/// The name of a host in a `known_hosts` file.
fn name(to: &Connection) -> String {
    match to.port {
        None | Some(22) => to.address.to_string(),
        Some(port) => format!("[{}]:{port}", to.address),
    }
}

async fn run(program: &'static str, args: &[&str], input: &str) -> Result<String, HostKeyError> {
    let failed = |what: String| HostKeyError::Program { program, what: Safe::line(&what) };
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(e.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that reads nothing closes its end: that is no failure.
        let _sent = stdin.write_all(input.as_bytes()).await;
    }
    let out = timeout(PATIENCE, child.wait_with_output()).await;
    let out = out.map_err(|_| failed("it takes too long".to_owned()))?;
    let out = out.map_err(|e| failed(e.to_string()))?;
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Asks a host for its keys and compares them with those that are pinned in these files.
pub async fn look(to: &Connection, known_hosts: &[&Path]) -> Result<Keys, HostKeyError> {
    let at = name(to);
    if !to.jump.is_empty() {
        return Err(HostKeyError::Behind(Safe::line(&at)));
    }
    let port = to.port.unwrap_or(22).to_string();
    let args = ["-T", "10", "-p", &port, "-t", "ed25519,ecdsa,rsa", "--", to.address.as_str()];
    let said = run("ssh-keyscan", &args, "").await?;
    let lines: Vec<String> = said.lines().filter_map(|line| key_line(&at, line)).collect();
    let shown = with_fingerprints(lines).await?;
    if shown.is_empty() {
        let what = Safe::line("no answer, or no key of a kind that we use");
        return Err(HostKeyError::Silent { at: Safe::line(&at), what });
    }
    let mut pinned_one = false;
    for file in known_hosts.iter().filter(|file| file.exists()) {
        let path = file.to_string_lossy();
        let found = run("ssh-keygen", &["-F", &at, "-f", &path], "").await?;
        let lines = found.lines().filter_map(|line| key_line(&at, line)).collect();
        for pinned in with_fingerprints(lines).await? {
            let Some(same) = shown.iter().find(|key| key.kind == pinned.kind) else { continue };
            if same.fingerprint != pinned.fingerprint {
                return Err(HostKeyError::Changed {
                    at: Safe::line(&at),
                    file: Safe::line(&path),
                    pinned: Safe::line(&pinned.fingerprint),
                    shown: Safe::line(&same.fingerprint),
                });
            }
            pinned_one = true;
        }
    }
    Ok(if pinned_one { Keys::Pinned } else { Keys::New(shown) })
}

/// A line of `known_hosts`, under the name that ssh will look for; nothing for remarks and what is no key.
fn key_line(at: &str, line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    let (_, kind, key) =
        (words.next().filter(|w| !w.starts_with(['#', '@']))?, words.next()?, words.next()?);
    let plain = |word: &str, more: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c)) && word.len() < 4000
    };
    (plain(kind, "-@.") && plain(key, "+/=")).then(|| format!("{at} {kind} {key}"))
}

async fn with_fingerprints(lines: Vec<String>) -> Result<Vec<HostKey>, HostKeyError> {
    let mut keys = Vec::new();
    for line in lines {
        let said = run("ssh-keygen", &["-l", "-f", "-"], &format!("{line}\n")).await?;
        let fingerprint = said.split_ascii_whitespace().find(|w| w.starts_with("SHA256:"));
        let kind = line.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned();
        if let Some(fingerprint) = fingerprint {
            let fingerprint = Safe::line(fingerprint).as_str().to_owned();
            keys.push(HostKey { line, kind, fingerprint });
        }
    }
    Ok(keys)
}

/// Adds keys to our own `known_hosts`, which is made where it is missing, 0600 below a folder 0700.
pub fn pin(known_hosts: &Path, keys: &[HostKey]) -> Result<(), HostKeyError> {
    let text: String = keys.iter().flat_map(|key| [key.line.as_str(), "\n"]).collect();
    append(known_hosts, &text).map_err(|error| HostKeyError::File {
        file: Safe::line(&known_hosts.to_string_lossy()),
        what: Safe::line(&error.to_string()),
    })
}

fn append(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        crate::adapters::paths::private_dir(folder)?;
    }
    let whole = std::fs::read(file).unwrap_or_default();
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.create(true).append(true).mode(0o600).open(file)?;
    out.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    let gap = if whole.is_empty() || whole.ends_with(b"\n") { "" } else { "\n" };
    // One write: two programs that pin at once do not mix their lines.
    out.write_all(format!("{gap}{text}").as_bytes())?;
    out.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_become_lines_and_under_our_name() {
        let key = key_line("[192.0.2.1]:2222", "|1|abc= ssh-ed25519 AAAAC3Nz+/=\r");
        assert_eq!(key.as_deref(), Some("[192.0.2.1]:2222 ssh-ed25519 AAAAC3Nz+/="));
        for no in [
            "# 192.0.2.1:22 SSH-2.0-OpenSSH_9.2",
            "",
            "a b",
            "h ssh-rsa A\u{1b}[m",
            "@revoked h ssh-rsa A",
        ] {
            assert_eq!(key_line("h", no), None, "{no:?}");
        }
    }

    #[test]
    fn a_pinned_key_is_added_on_a_line_of_its_own_and_for_us_only() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ssh/known_hosts");
        let key = |line: &str| HostKey {
            line: line.into(),
            kind: String::new(),
            fingerprint: String::new(),
        };
        pin(&file, &[key("a k 1")]).unwrap();
        std::fs::write(&file, "a k 1").unwrap();
        pin(&file, &[key("b k 2"), key("b l 3")]).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a k 1\nb k 2\nb l 3\n");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
