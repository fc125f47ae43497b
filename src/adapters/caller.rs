//! Who runs this program, as far as its surroundings tell.
//!
//! The user id is the kernel's. Everything else stands in the environment or in files of the operator, who could change them:
//! docs/audit.md says what is proven and what is not.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::time::Duration;

use crate::domain::audit::{
    Actor, Caller, KeySource, LoginKey, Source, keys_of_agent, keys_of_session,
};
use crate::domain::untrusted::Safe;

/// How long an agent may take: one that hangs must not keep anybody from working.
const PATIENCE: Duration = Duration::from_millis(300);
/// The longest text that is taken from the environment or a file.
const LONGEST: usize = 200;

/// This process, where nobody said through which door it was entered.
pub fn this_process() -> Caller {
    Caller { who: actor(), source: Source::Library, why: None }
}

/// Who runs this process. Found out once.
pub fn actor() -> Actor {
    static ACTOR: OnceLock<Actor> = OnceLock::new();
    ACTOR.get_or_init(look).clone()
}

fn look() -> Actor {
    let uid = rustix::process::getuid().as_raw();
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Actor {
        uid,
        user: Safe::line(&login_name(uid).unwrap_or_else(|| format!("uid-{uid}"))),
        machine: Safe::line(&machine),
        sudo_from: set("SUDO_USER"),
        connection: set("SSH_CONNECTION"),
        key: key(),
    }
}

fn set(name: &str) -> Option<Safe> {
    let value = std::env::var(name).ok().filter(|v| !v.is_empty() && v.len() <= LONGEST)?;
    Some(Safe::line(&value))
}

/// The login name of a user id of this machine.
pub fn login_name(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let uid = uid.to_string();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

/// The key of this session: what sshd wrote of it, else the one key of the agent.
fn key() -> Option<LoginKey> {
    let of = |fingerprint: &String, by| LoginKey { fingerprint: Safe::line(fingerprint), by };
    if let Some(file) = std::env::var_os("SSH_USER_AUTH") {
        let mut text = String::new();
        let read =
            std::fs::File::open(file).and_then(|f| f.take(64 * 1024).read_to_string(&mut text));
        if read.is_ok()
            && let Some(first) = keys_of_session(&text).first()
        {
            return Some(of(first, KeySource::Sshd));
        }
    }
    match agent().unwrap_or_default().as_slice() {
        [only] => Some(of(only, KeySource::OnlyKeyOfAgent)),
        _ => None,
    }
}

/// The fingerprints of the agent's keys.
fn agent() -> Option<Vec<String>> {
    let socket = std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty())?;
    let mut agent = UnixStream::connect(socket).ok()?;
    agent.set_read_timeout(Some(PATIENCE)).ok()?;
    agent.set_write_timeout(Some(PATIENCE)).ok()?;
    // SSH_AGENTC_REQUEST_IDENTITIES.
    agent.write_all(&[0, 0, 0, 1, 11]).ok()?;
    let mut length = [0; 4];
    agent.read_exact(&mut length).ok()?;
    let length = u32::from_be_bytes(length);
    if length > 256 * 1024 {
        return None;
    }
    let mut answer = vec![0; length as usize];
    agent.read_exact(&mut answer).ok()?;
    keys_of_agent(&answer)
}
