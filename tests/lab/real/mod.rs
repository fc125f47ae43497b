//! Real hosts: Debian 13 servers in containers, each with systemd, sshd, sudo, cron, ufw, fail2ban and its own Docker; or
//! bare ones of Debian 12 or 13 or Ubuntu 24.04, for deployments.
//!
//! ```ignore
//! let ready = match Ready::check() { Ok(ready) => ready, Err(why) => return missing("name of the test", &why) };
//! let lab = RealLab::start(ready, 1)?;            // 5 s where the image is cached, two minutes the first time
//! let host = lab.host(0);
//! host.deploy("v2.4.1")?;                         // the stand-in application, installed by hand
//! host.sh("docker ps")?;                          // as root, past ssh
//! lab.inventory_dir();                            // for `bunker --inventory`
//! lab.repository().sha("v2.5.0")?;
//! // Dropping it removes the containers, and ends dockerd where it was started for this.
//! ```

mod docker;
mod files;
mod host;
mod image;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, bail, eyre};

use super::repository::{self, Repository};
use docker::Daemon;
use host::Making;
pub use host::RealHost;
pub use image::{Image, UBUNTU, have_ubuntu};

/// Marks the folder of an `up`; holds the number of the dockerd that it started, if it did.
const CARD: &str = "real-hosts";

/// A machine that can have real hosts: its Docker answers for as long as this lives.
#[derive(Debug)]
pub struct Ready(Arc<Daemon>);

impl Ready {
    /// Looks, and starts Docker where nobody else does; the error says what is missing.
    pub fn check() -> std::result::Result<Self, String> {
        let daemon = Daemon::get().map_err(|e| format!("{e:#}"))?;
        image::can_be_had(Image::Ready).map_err(|e| format!("{e:#}"))?;
        Ok(Self(daemon))
    }

    /// The same for bare hosts of these releases.
    pub fn check_bare(releases: &[&'static str]) -> std::result::Result<Self, String> {
        let daemon = Daemon::get().map_err(|e| format!("{e:#}"))?;
        for release in releases {
            image::can_be_had(Image::Bare(release)).map_err(|e| format!("{e:#}"))?;
        }
        Ok(Self(daemon))
    }
}

/// Some real hosts, their keys and their inventory.
#[derive(Debug)]
pub struct RealLab {
    dir: PathBuf,
    hosts: Vec<RealHost>,
    repository: Repository,
    daemon: Option<Arc<Daemon>>,
    scratch: Option<tempfile::TempDir>,
}

impl RealLab {
    /// Starts `n` hosts for a test. They and their folder live as long as this value.
    pub fn start(ready: Ready, n: usize) -> Result<Self> {
        Self::start_of(ready, &vec![Image::Ready; n])
    }

    /// Starts a bare host of each release: `real-01` is the first.
    pub fn start_bare(ready: Ready, releases: &[&'static str]) -> Result<Self> {
        let images: Vec<Image> = releases.iter().map(|release| Image::Bare(release)).collect();
        Self::start_of(ready, &images)
    }

    fn start_of(ready: Ready, images: &[Image]) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let dir = scratch.path().to_owned();
        let owner = format!("process-{}", std::process::id());
        let mut lab = Self::make(ready, images, &dir, &owner)?;
        lab.scratch = Some(scratch);
        Ok(lab)
    }

    /// Starts `n` hosts that stay until `down`, with their keys and inventory in `dir`.
    pub fn up(ready: Ready, images: &[Image], dir: &Path) -> Result<Self> {
        if images.is_empty() {
            bail!("--real 0 would start nothing");
        }
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        if is_at(&dir) {
            bail!(
                "{0} has real hosts already; end them with: cargo lab down --dir {0}",
                dir.display()
            );
        }
        let pid = ready.0.started().map(|pid| pid.to_string()).unwrap_or_default();
        fs::write(dir.join(CARD), pid)?;
        Self::make(ready, images, &dir, &owner_of(&dir))
    }

    /// Leaves the hosts of `up` running when this process ends.
    pub fn leave(mut self) {
        self.hosts.clear();
        if let Some(daemon) = self.daemon.take() {
            Daemon::leave(daemon);
        }
    }

    /// Removes the hosts that `up` started for `dir` and what it wrote there, and ends the daemon that it started.
    pub fn down(dir: &Path) -> Result<()> {
        let filter = format!("label=bunker.lab.owner={}", owner_of(dir));
        let names = docker::docker(&["ps", "--all", "--quiet", "--filter", &filter])?;
        for name in names.lines() {
            docker::docker(&["rm", "--force", "--volumes", name])?;
        }
        let pid = fs::read_to_string(dir.join(CARD))?;
        if let Ok(pid) = pid.trim().parse::<u32>() {
            // The number may be somebody else's by now.
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&command).contains("dockerd") {
                docker::end(pid);
            }
        }
        for name in ["inventory", "changemaker-lite.git"] {
            _ = fs::remove_dir_all(dir.join(name));
        }
        for name in ["client_key", "client_key.pub", "known_hosts", "ssh_config", CARD] {
            _ = fs::remove_file(dir.join(name));
        }
        Ok(())
    }

    /// The folder with `inventory/`, `known_hosts` and the client's key.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The inventory of these hosts.
    pub fn inventory_dir(&self) -> PathBuf {
        self.dir.join("inventory")
    }

    /// The stand-in repository, which all hosts see at the same path, read-only.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The hosts, `real-01` first.
    pub fn hosts(&self) -> &[RealHost] {
        &self.hosts
    }

    fn make(ready: Ready, images: &[Image], dir: &Path, owner: &str) -> Result<Self> {
        let Ready(daemon) = ready;
        host::remove_orphans()?;
        let repository = repository::build(&dir.join("changemaker-lite.git"))?;
        let public_key = files::client_key(dir)?;
        let mut lab = Self {
            dir: dir.to_owned(),
            hosts: Vec::new(),
            repository,
            daemon: Some(daemon),
            scratch: None,
        };
        let mut starts = Vec::new();
        for (n, image) in (1..).zip(images) {
            starts.push((format!("real-{n:02}"), image::ensure(*image)?, *image != Image::Ready));
        }
        // All at once: a host waits for its own systemd most of the time.
        let started: Vec<Result<RealHost>> = std::thread::scope(|scope| {
            let begun: Vec<_> = starts
                .iter()
                .map(|(name, image, bare)| {
                    let making = Making {
                        image,
                        bare: *bare,
                        name,
                        owner,
                        public_key: &public_key,
                        repository: &lab.repository.path,
                    };
                    scope.spawn(move || RealHost::start(&making))
                })
                .collect();
            begun
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(eyre!("starting it panicked"))))
                .collect()
        });
        let mut trouble = None;
        for host in started {
            match host {
                Ok(host) => lab.hosts.push(host),
                Err(e) => trouble = Some(e),
            }
        }
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        let bare = images.iter().any(|image| *image != Image::Ready);
        let login = if bare { "admin" } else { "deploy" };
        files::write(&lab.dir, &lab.hosts, &lab.repository.path, login)?;
        Ok(lab)
    }
}

impl Drop for RealLab {
    fn drop(&mut self) {
        for host in &self.hosts {
            host.remove();
        }
    }
}

/// The label of containers that belong to a folder rather than to a process.
fn owner_of(dir: &Path) -> String {
    format!("folder-{}", dir.display())
}

/// Whether `dir` is that of an `up` without its `down`.
pub fn is_at(dir: &Path) -> bool {
    dir.join(CARD).is_file()
}
