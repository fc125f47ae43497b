//! One paper host: its state inside the lab, and the handle that tests hold.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bunker_ops::domain::connection::{Become, Connection};
use russh::keys::PublicKey;
use russh::server::Config;
use tokio::runtime::Handle;

use super::address::{SSH_PORT, WEB_PORT};
use super::fault::{Fault, Faults};
use super::options::HostSpec;
use super::stack;

/// What the servers of a host share.
#[derive(Debug)]
pub(super) struct HostState {
    pub(super) spec: HostSpec,
    pub(super) lab_id: String,
    pub(super) lab_dir: PathBuf,
    pub(super) dir: PathBuf,
    pub(super) address: Ipv4Addr,
    pub(super) user: String,
    pub(super) client_key: PublicKey,
    pub(super) config: Arc<Config>,
    pub(super) wrong_config: Arc<Config>,
    pub(super) faults: Faults,
    pub(super) runtime: Handle,
    pub(super) n_connections: AtomicU64,
    pub(super) n_refused_sessions: AtomicU64,
    pub(super) commands: Mutex<Vec<String>>,
}

impl HostState {
    pub(super) fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    /// The environment of a command, as a login would give it.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let text = |p: &Path| p.display().to_string();
        let path =
            format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", text(&self.dir.join("bin")));
        vec![
            ("HOME", text(&self.home())),
            ("PATH", path),
            ("USER", self.user.clone()),
            ("LOGNAME", self.user.clone()),
            ("SHELL", "/bin/sh".to_owned()),
            ("BUNKER_LAB", self.lab_id.clone()),
            ("BUNKER_LAB_HOST", text(&self.dir)),
        ]
    }

    pub(super) fn note_command(&self, command: &[u8]) {
        if let Ok(mut commands) = self.commands.lock() {
            commands.push(String::from_utf8_lossy(command).into_owned());
        }
    }
}

/// A paper host, as tests hold it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PaperHost(pub(super) Arc<HostState>);

impl PaperHost {
    /// Its inventory hostname.
    pub fn name(&self) -> &str {
        &self.0.spec.name
    }

    /// What it was made from.
    pub fn spec(&self) -> &HostSpec {
        &self.0.spec
    }

    /// Its address; SSH is at port 2222, health and metrics at port 4000.
    pub fn address(&self) -> Ipv4Addr {
        self.0.address
    }

    /// `http://127.0.x.y:4000`.
    pub fn web(&self) -> String {
        format!("http://{}:{WEB_PORT}", self.0.address)
    }

    /// The port of SSH.
    #[expect(clippy::unused_self, reason = "asked of a host, whatever it depends on")]
    pub fn ssh_port(&self) -> u16 {
        SSH_PORT
    }

    /// How our program reaches it.
    #[expect(clippy::expect_used, reason = "a lab with an invalid name is a failed test")]
    pub fn connection(&self) -> Connection {
        let name = self.name();
        let valid = "the lab's names are valid";
        Connection {
            host: name.parse().expect(valid),
            address: self.0.address.to_string().parse().expect(valid),
            port: Some(SSH_PORT),
            user: self.0.user.parse().ok(),
            identity: Some(self.0.lab_dir.join("client_key").display().to_string()),
            jump: Vec::new(),
            become_root: Become::LoginUser,
            known_hosts: Some(self.0.lab_dir.join("known_hosts").display().to_string()),
        }
    }

    /// Its folder: `home/`, `bin/`, `docker/`, and `srv/changemaker-lite` where it is an instance.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// `$HOME` of its login user.
    pub fn home(&self) -> PathBuf {
        self.0.home()
    }

    /// Where the program keeps its state on this host.
    pub fn state_dir(&self) -> PathBuf {
        self.home().join(".local/state/bunker")
    }

    /// The checkout (`cml_dir`).
    pub fn checkout(&self) -> PathBuf {
        self.0.dir.join("srv/changemaker-lite")
    }

    /// Whether its API answers.
    pub fn api_listens(&self) -> bool {
        stack::listens(&self.0.dir)
    }

    /// The commit that its API was built from.
    pub fn running_commit(&self) -> Option<String> {
        stack::commit(&self.0.dir)
    }

    /// Brings a fault about; faults add up until [`PaperHost::clear`].
    #[expect(clippy::expect_used, reason = "a fault that cannot be brought about is a failed test")]
    pub fn fault(&self, fault: Fault) {
        let marker = self.0.dir.join("disk-full");
        if fault == Fault::DiskFull {
            fs::write(&marker, b"").expect("the host's folder can be written");
        } else if fault == Fault::Clear && marker.exists() {
            fs::remove_file(&marker).expect("the host's folder can be written");
        }
        self.0.faults.set(fault);
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.fault(Fault::Clear);
    }

    /// How many commands were started over SSH.
    pub fn execs(&self) -> usize {
        self.commands().len()
    }

    /// The command lines that were started over SSH, in order.
    pub fn commands(&self) -> Vec<String> {
        self.0.commands.lock().map(|c| c.clone()).unwrap_or_default()
    }

    /// How many TCP connections to the SSH port were accepted.
    pub fn connections(&self) -> u64 {
        self.0.n_connections.load(Ordering::Acquire)
    }

    /// How many sessions were refused because a connection had too many.
    pub fn refused_sessions(&self) -> u64 {
        self.0.n_refused_sessions.load(Ordering::Acquire)
    }

    /// The arguments of each call of `docker` on this host, in order.
    pub fn docker_log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.0.dir.join("docker/calls")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// How many calls of `docker` had these words, in order and next to each other, options of `compose` before
    /// its verb left out: `starts("compose build")`, `starts("compose up")`, `starts("image tag")`.
    pub fn starts(&self, words: &str) -> usize {
        self.docker_log().iter().filter(|call| begins_with(call, words)).count()
    }
}

/// Whether a logged call is of a verb. The stand-in logs `VERB|full arguments`.
fn begins_with(call: &str, words: &str) -> bool {
    let verb = call.split('|').next().unwrap_or_default();
    verb == words || verb.strip_prefix(words).is_some_and(|rest| rest.starts_with(' '))
}
