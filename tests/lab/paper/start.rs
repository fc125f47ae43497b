//! Making a lab, and leaving nothing of it behind.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use russh::keys::PrivateKey;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::address::{SSH_PORT, Taken, take};
use super::fault::Faults;
use super::host::HostState;
use super::options::{HostSpec, Options};
use super::{PaperHost, inventory, keys, server, stage};
use crate::lab::processes;

/// A running lab. Dropping it ends its servers and its processes and removes its folder.
#[derive(Debug)]
pub struct Lab {
    dir: PathBuf,
    id: String,
    hosts: Vec<PaperHost>,
    repo: Option<PathBuf>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    temp: Option<tempfile::TempDir>,
    /// What to remove of a folder that somebody else gave.
    made: Vec<PathBuf>,
}

impl Lab {
    /// Starts `n` paper hosts (or those that `options` names).
    #[expect(clippy::needless_pass_by_value, reason = "callers make the options for this call")]
    pub fn start(n: usize, options: Options) -> Result<Self> {
        let specs = options.specs(n);
        let (dir, temp) = folder(&options)?;
        let id = dir.display().to_string();
        let taken = take(specs.len())?;
        let (runtime, stop, thread) = runtime()?;
        let mut lab = Self {
            made: made(&dir, &options),
            id,
            hosts: Vec::new(),
            repo: None,
            stop: Some(stop),
            thread: Some(thread),
            temp,
            dir,
        };
        lab.build(specs, taken, &runtime, &options)?;
        Ok(lab)
    }

    fn build(
        &mut self,
        specs: Vec<HostSpec>,
        taken: Vec<Taken>,
        runtime: &Handle,
        options: &Options,
    ) -> Result<()> {
        let client = keys::fresh()?;
        keys::write_private(&client, &self.dir.join("client_key"))?;
        let mut known_hosts = String::new();
        let mut listeners = Vec::new();
        for (spec, taken) in specs.into_iter().zip(taken) {
            let key = keys::fresh()?;
            known_hosts += &keys::known_host(taken.address, SSH_PORT, &key)?;
            let state = self.host_state(spec, &taken, &client, key, runtime)?;
            listeners.push((Arc::clone(&state), taken));
            self.hosts.push(PaperHost(state));
        }
        fs::write(self.dir.join("known_hosts"), known_hosts)?;
        fs::write(self.dir.join("ssh_config"), self.ssh_config_text())?;
        self.repo = stage::furnish(&self.dir, &self.hosts, options)?;
        inventory::write(&self.dir, &self.hosts, self.repo.as_deref(), options)?;
        for (state, taken) in listeners {
            runtime.spawn(async move {
                let web = Arc::clone(&state);
                tokio::join!(server::serve(state, taken.ssh), super::web::serve(web, taken.web));
            });
        }
        Ok(())
    }

    fn host_state(
        &self,
        spec: HostSpec,
        taken: &Taken,
        client: &PrivateKey,
        key: PrivateKey,
        runtime: &Handle,
    ) -> Result<Arc<HostState>> {
        let dir = self.dir.join("hosts").join(&spec.name);
        fs::create_dir_all(dir.join("home"))?;
        fs::set_permissions(dir.join("home"), fs::Permissions::from_mode(0o700))?;
        Ok(Arc::new(HostState {
            spec,
            lab_id: self.id.clone(),
            lab_dir: self.dir.clone(),
            dir,
            address: taken.address,
            user: user(),
            client_key: client.public_key().clone(),
            config: server::config(key),
            wrong_config: server::config(keys::fresh()?),
            faults: Faults::default(),
            runtime: runtime.clone(),
            n_connections: AtomicU64::default(),
            n_refused_sessions: AtomicU64::default(),
            commands: Mutex::default(),
        }))
    }

    /// The hosts, in order.
    pub fn hosts(&self) -> &[PaperHost] {
        &self.hosts
    }

    /// Whether its folder stays when it is dropped.
    pub fn kept(&self) -> bool {
        self.temp.is_none() && self.made.is_empty()
    }

    /// Removes what a lab left in `dir` whose process was killed.
    pub fn sweep(dir: &Path) -> Result<()> {
        let dir = dir.canonicalize()?;
        processes::end_all(format!("BUNKER_LAB={}", dir.display()).as_ref(), Duration::ZERO);
        remove(&of_a_lab(&dir));
        Ok(())
    }

    /// One of the hosts, counted from 0.
    #[expect(
        clippy::expect_used,
        reason = "a test that asks for a host that it did not make is wrong"
    )]
    pub fn host(&self, i: usize) -> &PaperHost {
        self.hosts.get(i).expect("the lab has so many hosts")
    }

    /// A host by its name.
    pub fn named(&self, name: &str) -> Option<&PaperHost> {
        self.hosts.iter().find(|h| h.name() == name)
    }

    /// The lab's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The inventory of these hosts.
    pub fn inventory_dir(&self) -> PathBuf {
        self.dir.join("inventory")
    }

    /// The stand-in repository (bare), where the hosts are instances.
    pub fn repo(&self) -> Option<&Path> {
        self.repo.as_deref()
    }

    /// `NAME=value` that stands in the environment of every process on these hosts.
    pub fn mark(&self) -> OsString {
        format!("BUNKER_LAB={}", self.id).into()
    }

    /// A configuration for `ssh -F` with all hosts by their names.
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config")
    }

    fn ssh_config_text(&self) -> String {
        let dir = self.dir.display();
        let mut text = String::new();
        for host in &self.hosts {
            let (name, address) = (host.name(), host.address());
            _ = writeln!(text, "Host {name}\n  HostName {address}\n  Port {SSH_PORT}");
        }
        text + &format!(
            "Host *\n  User {}\n  IdentityFile {dir}/client_key\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile {dir}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  \
             BatchMode yes\n  UpdateHostKeys no\n  ConnectTimeout 10\n",
            user()
        )
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
        processes::end_all(&self.mark(), Duration::from_millis(200));
        remove(&self.made);
        drop(self.temp.take());
    }
}

/// The login user of all paper hosts: whoever runs the lab.
fn user() -> String {
    ["USER", "LOGNAME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| name.parse::<bunker_ops::domain::connection::UserName>().is_ok())
        .unwrap_or_else(|| "operator".to_owned())
}

fn folder(options: &Options) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(dir) = &options.dir {
        fs::create_dir_all(dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
        if dir.join("hosts").exists() {
            return Err(eyre!("{} already has a lab in it", dir.display()));
        }
        return Ok((dir.canonicalize()?, None));
    }
    let temp = tempfile::Builder::new().prefix("bunker-lab-").tempdir_in(temp_root())?;
    let dir = temp.path().canonicalize()?;
    if options.keep {
        return Ok((temp.keep().canonicalize()?, None));
    }
    Ok((dir, Some(temp)))
}

/// Where temporary labs stand: in memory where that can hold programs, since removing thousands of files
/// from a disk takes long.
fn temp_root() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let roomy = rustix::fs::statvfs(memory).is_ok_and(|fs| {
        let free = fs.f_bavail.saturating_mul(fs.f_frsize);
        !fs.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC) && free > 512 * 1024 * 1024
    });
    let chosen = std::env::var_os("TMPDIR").is_some();
    if roomy && !chosen { memory.to_owned() } else { std::env::temp_dir() }
}

fn made(dir: &Path, options: &Options) -> Vec<PathBuf> {
    if options.dir.is_none() || options.keep { Vec::new() } else { of_a_lab(dir) }
}

/// Everything that a lab makes in its folder.
fn of_a_lab(dir: &Path) -> Vec<PathBuf> {
    let names = ["hosts", "inventory", "repo.git", "client_key", "known_hosts", "ssh_config"];
    names.iter().map(|name| dir.join(name)).collect()
}

fn remove(paths: &[PathBuf]) {
    for path in paths {
        _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

type Threads = (Handle, oneshot::Sender<()>, JoinHandle<()>);

/// A runtime on threads of its own, so that a lab works inside and outside of a test's runtime.
fn runtime() -> Result<Threads> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (give, take) = mpsc::channel();
    let thread = std::thread::Builder::new().name("paper-hosts".to_owned()).spawn(move || {
        let made =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        match made {
            Ok(runtime) => {
                _ = give.send(Ok(runtime.handle().clone()));
                _ = runtime.block_on(stopped);
                runtime.shutdown_timeout(Duration::from_secs(1));
            }
            Err(e) => _ = give.send(Err(e)),
        }
    })?;
    Ok((take.recv()??, stop, thread))
}
