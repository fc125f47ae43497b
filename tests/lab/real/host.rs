//! One real host: a container with an init of its own.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, bail};

use super::docker::{docker, try_docker, with_input};
use crate::lab::processes::pause;

const READY: &str = include_str!("ready.sh");
const READY_BARE: &str = include_str!("ready_bare.sh");
const DEPLOY: &str = include_str!("deploy.sh");

/// Where the application's checkout is on a real host.
pub const CHECKOUT: &str = "/opt/changemaker-lite";

/// A Debian or Ubuntu server with systemd, reached by ssh at `127.0.1.N:2222`: as `deploy` and with its own Docker, or bare and as `admin`.
#[derive(Debug, Clone)]
pub struct RealHost {
    /// Inventory hostname.
    pub name: String,
    /// `127.0.1.N`.
    pub address: String,
    /// The container.
    pub(super) container: String,
    /// `ssh-ed25519 AAAA…`
    pub(super) host_key: String,
    repository: String,
}

/// What a host is made with.
#[derive(Debug)]
pub(super) struct Making<'a> {
    pub(super) image: &'a str,
    pub(super) bare: bool,
    pub(super) name: &'a str,
    pub(super) owner: &'a str,
    pub(super) public_key: &'a str,
    pub(super) repository: &'a Path,
}

impl RealHost {
    /// Starts a container and waits until it lets people in.
    pub(super) fn start(making: &Making<'_>) -> Result<Self> {
        let repository = making.repository.display().to_string();
        let (container, address) = run(making, &repository)?;
        let mut host = Self {
            name: making.name.to_owned(),
            address,
            container,
            host_key: String::new(),
            repository,
        };
        let made = host.wait_for_boot().and_then(|()| {
            with_input(
                &["exec", "-i", &host.container, "sh", "-s", making.public_key, &host.repository],
                if making.bare { READY_BARE } else { READY }.as_bytes(),
            )
        });
        match made {
            Ok(printed) => {
                let mut words = printed.split_whitespace();
                let key = words.next().zip(words.next());
                host.host_key = key.map(|(kind, key)| format!("{kind} {key}")).unwrap_or_default();
                Ok(host)
            }
            Err(trouble) => {
                host.remove();
                Err(trouble)
            }
        }
    }

    fn wait_for_boot(&self) -> Result<()> {
        let begun = Instant::now();
        let mut said = String::new();
        while begun.elapsed() < Duration::from_mins(2) {
            let output = self.run(&["systemctl", "is-system-running"])?;
            String::from_utf8_lossy(&output.stdout).trim().clone_into(&mut said);
            if ["running", "degraded"].contains(&said.as_str()) {
                return Ok(());
            }
            pause(Duration::from_millis(200));
        }
        bail!("{} did not come up within 120 s: systemd says \"{said}\"", self.name)
    }

    /// Runs a program on the host as root, past ssh: for preparing and for looking.
    pub fn run(&self, command: &[&str]) -> Result<Output> {
        let mut args = vec!["exec", &self.container];
        args.extend(command);
        try_docker(&args, b"")
    }

    /// Runs a shell script on the host as root and gives what it printed; an error where it failed.
    pub fn sh(&self, script: &str) -> Result<String> {
        docker(&["exec", "-w", "/root", &self.container, "sh", "-ec", script])
    }

    /// Installs the stand-in application at a tag, by hand as its users do; gives what was printed.
    pub fn deploy(&self, tag: &str) -> Result<String> {
        let domain = format!("{}.example.org", self.name);
        with_input(
            &["exec", "-i", &self.container, "sh", "-s", &self.repository, tag, CHECKOUT, &domain],
            DEPLOY.as_bytes(),
        )
    }

    /// Ends the host and removes what it wrote.
    pub(super) fn remove(&self) {
        _ = try_docker(&["rm", "--force", "--volumes", &self.container], b"");
    }
}

/// What makes a container a server with an init of its own: all that `--privileged` gives but `SYS_RESOURCE`, which a
/// machine may not have to give.
const SERVER: &str = "--env container=docker --env SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
    --cap-add ALL --cap-drop SYS_RESOURCE \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
    --stop-signal SIGRTMIN+3 --tmpfs /run --tmpfs /run/lock --tmpfs /tmp:exec \
    --volume /sys/fs/cgroup:/sys/fs/cgroup:rw --cgroupns=host --volume /var/lib/docker \
    --volume /var/lib/containerd";

/// Takes the first free address; its container's name is the reservation.
fn run(making: &Making<'_>, repository: &str) -> Result<(String, String)> {
    let first = std::process::id() % 250;
    for n in (0..250).map(|i| 2 + (first + i) % 250) {
        let address = format!("127.0.1.{n}");
        let container = format!("bunker-lab-{n}");
        let (ssh, web) = (format!("{address}:2222:22"), format!("{address}:4000:4000"));
        let owner = format!("bunker.lab.owner={}", making.owner);
        let mount = format!("{repository}:{repository}:ro");
        let mut args = vec!["run", "--detach", "--name", &container, "--hostname", making.name];
        args.extend(["--label", &owner, "--volume", &mount, "--publish", &ssh, "--publish", &web]);
        args.extend(SERVER.split_whitespace());
        args.extend([making.image, "/sbin/init"]);
        let output = try_docker(&args, b"")?;
        if output.status.success() {
            return Ok((container, address));
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("already in use by container") {
            continue;
        }
        _ = try_docker(&["rm", "--force", "--volumes", &container], b"");
        if !said.contains("address already in use") && !said.contains("port is already allocated") {
            bail!("docker run: {}", said.trim());
        }
    }
    bail!("no free address for a real host in 127.0.1.2 to 127.0.1.251")
}

/// Removes the hosts of processes that are gone.
pub(super) fn remove_orphans() -> Result<()> {
    let format = "{{.Names}} {{.Label \"bunker.lab.owner\"}}";
    let all = docker(&["ps", "--all", "--filter", "label=bunker.lab.owner", "--format", format])?;
    for (name, owner) in all.lines().filter_map(|line| line.split_once(' ')) {
        let Some(pid) = owner.strip_prefix("process-") else { continue };
        if !fs::exists(format!("/proc/{pid}")).unwrap_or(true) {
            _ = try_docker(&["rm", "--force", "--volumes", name], b"");
        }
    }
    Ok(())
}
