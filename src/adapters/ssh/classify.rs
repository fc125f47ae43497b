//! What went wrong, from what `ssh`, `sshd` and `sudo` print: the one place that reads their texts.
//!
//! Pure, so that a table of real texts tests it.

use super::known_key::Offending;
use crate::domain::connection::{Connection, JumpHost};
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::domain::untrusted::Safe;

/// Where a host is, as people write it: `deploy@10.0.0.7 port 2222`.
pub(super) fn target(to: &Connection) -> String {
    let user = to.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
    let port = to.port.map_or_else(String::new, |port| format!(" port {port}"));
    format!("{user}{}{port}", to.address)
}

/// An error about a host, from parts.
pub(super) fn error(
    to: &Connection,
    kind: Kind,
    message: &str,
    hint: Option<String>,
) -> RemoteError {
    RemoteError {
        host: to.host.clone(),
        kind,
        message: Safe::line(message),
        hint: hint.map(|hint| Safe::line(&hint)),
    }
}

/// Phrases of the OpenSSH client while it connects, and what they mean; the first that matches counts.
/// The order matters: `Permission denied` also follows warnings, and a jump host's refusal looks at first like
/// a server that is busy.
const CONNECT: &[(&str, Kind)] = &[
    ("remote host identification has changed", Kind::HostKey),
    ("host key verification failed", Kind::HostKey),
    ("has changed and you have requested strict checking", Kind::HostKey),
    ("host key is known for", Kind::HostKey),
    ("revoked host key", Kind::HostKey),
    ("too many authentication failures", Kind::Auth),
    ("permission denied (", Kind::Auth),
    ("no supported authentication methods", Kind::Auth),
    ("bad configuration option", Kind::Local),
    ("bad owner or permissions on", Kind::Local),
    ("terminating, ", Kind::Local),
    ("too long for unix domain socket", Kind::Local),
    ("too many open files", Kind::Local),
    ("cannot allocate memory", Kind::Local),
    ("unable to negotiate with", Kind::Protocol),
    ("protocol major versions differ", Kind::Protocol),
    ("open failed: administratively prohibited", Kind::Connect),
    ("open failed: connect failed: connection timed out", Kind::Timeout),
    ("open failed: connect failed", Kind::Connect),
    ("stdio forwarding", Kind::Connect),
    ("timed out during banner exchange", Kind::Timeout),
    ("connection timed out", Kind::Timeout),
    ("operation timed out", Kind::Timeout),
    ("not responding", Kind::Timeout),
    ("connection refused", Kind::Connect),
    ("could not resolve hostname", Kind::Connect),
    ("no route to host", Kind::Connect),
    ("network is unreachable", Kind::Connect),
    ("exceeded maxstartups", Kind::Busy),
    ("not allowed at this time", Kind::Busy),
    ("kex_exchange_identification", Kind::Busy),
    ("ssh_exchange_identification", Kind::Busy),
    ("connection closed by", Kind::Busy),
    ("connection reset by", Kind::Busy),
];

/// Why a connection did not come about, from the client's log.
pub(super) fn connect(to: &Connection, log: &str, known_hosts: &str) -> RemoteError {
    let low = log.to_lowercase();
    let kind = CONNECT
        .iter()
        .find(|(phrase, _)| low.contains(phrase))
        .map_or(Kind::Connect, |(_, kind)| *kind);
    if let (Kind::Busy, Some(jump)) = (kind, to.jump.last()) {
        return behind(to, jump);
    }
    let at = target(to);
    let said = telling_line(log, kind);
    match kind {
        Kind::HostKey => host_key(to, log, known_hosts),
        Kind::Auth => error(
            to,
            kind,
            &format!("{at} refused our key: {said}"),
            Some("it is not tried again by itself, because servers lock out an address after a few failures; \
                  check the user, the key file and `ssh-add -l`, then ask again".into()),
        ),
        Kind::Busy => error(
            to,
            kind,
            &format!("{at} closed the connection before it asked for a key: {said}"),
            Some("it has too many new connections (MaxStartups) or has locked out this address for a while \
                  (PerSourcePenalties, fail2ban); wait a minute".into()),
        ),
        Kind::Timeout => error(
            to,
            kind,
            &format!("no answer from {at}: {said}"),
            Some("check that the host is up and that a firewall lets port 22 through".into()),
        ),
        Kind::Local => error(to, kind, &format!("cannot run ssh to {at}: {said}"), None),
        Kind::Protocol => error(
            to,
            kind,
            &format!("cannot agree with {at} on how to speak: {said}"),
            Some("its SSH server is too old for this client's settings".into()),
        ),
        Kind::Connect | Kind::Disconnected | Kind::Sudo | Kind::Exit(_) => {
            // The cause first: in a narrow column it is what can be read.
            let message = match refused_there(to, &said) {
                Some(why) => format!("{why}, connecting to {at}"),
                None => format!("cannot connect to {at}: {said}"),
            };
            error(to, Kind::Connect, &message, Some(connect_hint(&low)))
        }
    }
}

/// What the system said of the connection to the host itself, behind the address that `ssh` repeats.
fn refused_there<'s>(to: &Connection, said: &'s str) -> Option<&'s str> {
    let (port, why) = said
        .strip_prefix("connect to host ")?
        .strip_prefix(to.address.as_str())?
        .split_once(": ")?;
    let port = port.strip_prefix(" port ")?;
    (!port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then_some(why)
}

/// A host behind a jump host closed the connection, or the jump host never reached it: `ssh` cannot tell.
fn behind(to: &Connection, jump: &JumpHost) -> RemoteError {
    error(
        to,
        Kind::Connect,
        &format!("no connection to {} through the jump host {}", target(to), jump.address),
        Some("the jump host cannot reach it or does not forward connections (AllowTcpForwarding), or the host \
              has too many new connections".into()),
    )
}

fn connect_hint(low: &str) -> String {
    let hint = if low.contains("could not resolve") {
        "check `ansible_host` in the inventory, and the DNS of this machine"
    } else if low.contains("administratively prohibited") {
        "the jump host does not forward connections (AllowTcpForwarding)"
    } else if low.contains("stdio forwarding") {
        "the jump host cannot reach it, or does not forward connections (AllowTcpForwarding)"
    } else if low.contains("connection refused") {
        "check `ansible_port`, and that sshd runs there"
    } else {
        "check `ansible_host`, the network and the VPN"
    };
    hint.into()
}

/// The line of the log that says it best: that with the phrase, else the last.
fn telling_line(log: &str, kind: Kind) -> String {
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = CONNECT
        .iter()
        .filter(|(_, of)| *of == kind)
        .find_map(|(phrase, _)| lines().find(|line| line.to_lowercase().contains(phrase)));
    let line = telling.or_else(|| lines().next_back()).unwrap_or("ssh said nothing");
    line.strip_prefix("ssh: ").unwrap_or(line).to_owned()
}

fn host_key(to: &Connection, log: &str, known_hosts: &str) -> RemoteError {
    let at = target(to);
    let port = to.port.map_or_else(String::new, |port| format!("-p {port} "));
    let place = match to.port {
        None | Some(22) => to.address.to_string(),
        Some(port) => format!("[{}]:{port}", to.address),
    };
    let word = |prefix: &str| {
        log.split_whitespace()
            .find(|word| word.starts_with(prefix))
            .map(|word| word.trim_end_matches('.'))
    };
    let low = log.to_lowercase();
    if low.contains("has changed") || low.contains("revoked") {
        let sent = word("SHA256:").map_or_else(String::new, |print| format!(", it sent {print}"));
        let offending = Offending::of(log);
        let known = offending.as_ref().map_or_else(String::new, Offending::words);
        let known_hosts = offending.as_ref().map_or(known_hosts, |known| known.file);
        return error(
            to,
            Kind::HostKey,
            &format!("the host key of {at} has changed{sent}{known}; no command was sent"),
            Some(format!(
                "if the host was not set up anew, somebody may stand in between: do not go on. Else compare \
                 the key on the host's console (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then \
                 `ssh-keygen -R '{place}' -f {known_hosts}` and add the new one"
            )),
        );
    }
    error(
        to,
        Kind::HostKey,
        &format!("the host key of {at} is not known; no command was sent"),
        Some(format!(
            "get it with `ssh-keyscan {port}{}`, compare it with `ssh-keygen -lf \
             /etc/ssh/ssh_host_ed25519_key.pub` on the host's console, then add the line to {known_hosts}",
            to.address
        )),
    )
}

/// Why an open connection did not take a command, from the text of the multiplexing client.
pub(super) fn session(to: &Connection, text: &str) -> RemoteError {
    let low = text.to_lowercase();
    let at = target(to);
    if low.contains("session open refused") || low.contains("refused the request") {
        error(
            to,
            Kind::Busy,
            &format!("{at} refused a further session: {text}"),
            Some(
                "sshd allows MaxSessions (10) at once on a connection; others on it are stuck"
                    .into(),
            ),
        )
    } else if low.contains("too many open files") {
        error(
            to,
            Kind::Local,
            &format!("no file descriptor left for a session to {at}"),
            Some("raise `ulimit -n`".into()),
        )
    } else {
        error(to, Kind::Disconnected, &format!("the connection to {at} was lost: {text}"), None)
    }
}

/// `sudo` did not run what we asked: what it said on standard error.
pub(super) fn sudo(to: &Connection, exit: i32, stderr: &[u8]) -> RemoteError {
    let text = String::from_utf8_lossy(stderr);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines.clone().find(|line| line.starts_with("sudo:") || line.contains("sudoers"));
    let said = said.or_else(|| lines.next()).unwrap_or("it said nothing");
    let user = to.user.as_ref().map_or("the login user".to_owned(), ToString::to_string);
    let missing = exit == 127 || said.contains("not found");
    let hint = if missing {
        "install sudo, log in as root, or set `ansible_become: false`".to_owned()
    } else {
        format!(
            "allow {user} to run /bin/sh by sudo without a password, or set `ansible_become: false`"
        )
    };
    error(
        to,
        Kind::Sudo,
        &format!("cannot become root on {} as {user}: {said}", target(to)),
        Some(hint),
    )
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
