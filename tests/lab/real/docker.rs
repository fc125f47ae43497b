//! The machine's own Docker: asked by its command, started where nobody else does.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::lab::processes::pause;

/// Runs `docker ARGS` with `input`; gives what it printed and how it ended.
pub(super) fn try_docker(args: &[&str], input: &[u8]) -> Result<Output> {
    let mut child = Command::new("docker")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .wrap_err("cannot run docker")?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that ends early need not read all of it.
        _ = stdin.write_all(input);
    }
    child.wait_with_output().wrap_err("cannot wait for docker")
}

/// Runs `docker ARGS`; gives its standard output, or what went wrong.
pub(super) fn docker(args: &[&str]) -> Result<String> {
    with_input(args, b"")
}

/// The same with a text for its standard input.
pub(super) fn with_input(args: &[&str], input: &[u8]) -> Result<String> {
    let output = try_docker(args, input)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("docker {}: {}: {}", args.join(" "), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A Docker that answers. Where this process had to start it, dropping the last one ends it.
#[derive(Debug)]
pub struct Daemon {
    own: Option<Mutex<Child>>,
}

static RUNNING: Mutex<Weak<Daemon>> = Mutex::new(Weak::new());

impl Daemon {
    /// Finds or starts Docker; the error says what is missing.
    pub(super) fn get() -> Result<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(daemon) = running.upgrade() {
            return Ok(daemon);
        }
        let own = if answers() { None } else { Some(Mutex::new(start()?)) };
        let daemon = Arc::new(Self { own });
        *running = Arc::downgrade(&daemon);
        Ok(daemon)
    }

    /// The process, where this process started it.
    pub fn started(&self) -> Option<u32> {
        self.own.as_ref().map(|child| child.lock().unwrap_or_else(PoisonError::into_inner).id())
    }

    /// Leaves the daemon running when this process ends.
    pub(super) fn leave(mut daemon: Arc<Self>) {
        if let Some(daemon) = Arc::get_mut(&mut daemon) {
            daemon.own = None;
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let Some(child) = &mut self.own else { return };
        let child = child.get_mut().unwrap_or_else(PoisonError::into_inner);
        end(child.id());
        _ = child.wait();
    }
}

/// Asks a daemon to end.
pub(super) fn end(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        _ = kill_process(pid, Signal::TERM);
    }
}

fn answers() -> bool {
    try_docker(&["info", "--format", "{{.ID}}"], b"").is_ok_and(|o| o.status.success())
}

/// Starts dockerd in a session of its own, so that a Ctrl-C for us is none for it.
fn start() -> Result<Child> {
    if !rustix::process::geteuid().is_root() {
        bail!("docker does not answer, and only root can start it");
    }
    let dockerd = ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"];
    let Some(dockerd) = dockerd.iter().find(|path| Path::new(path).is_file()) else {
        bail!("docker does not answer, and dockerd is not installed (package docker.io)");
    };
    let log: PathBuf = super::image::cache()?.join("dockerd.log");
    let file = File::create(&log)?;
    let mut child = Command::new("setsid")
        .arg(dockerd)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .wrap_err("cannot start dockerd")?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(1) {
        if answers() {
            return Ok(child);
        }
        if let Some(status) = child.try_wait()? {
            bail!("dockerd ended with {status}; see {}", log.display());
        }
        pause(Duration::from_millis(200));
    }
    end(child.id());
    bail!("dockerd did not answer within 60 s; see {}", log.display())
}
