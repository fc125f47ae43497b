//! What a lab is to be made of.

use std::path::PathBuf;
use std::time::Duration;

/// One host to make.
#[derive(Debug, Clone)]
pub struct HostSpec {
    /// Inventory hostname.
    pub name: String,
    /// `cml_domain`.
    pub domain: String,
    /// `cml_tier`.
    pub tier: u8,
    /// Inventory groups, `changemaker_instances` left out.
    pub groups: Vec<String>,
    /// The tag that is checked out and running.
    pub release: String,
    /// Age of the newest backup; `None` for no backup.
    pub backup_age: Option<Duration>,
    /// Per cent of the disk in use, as `df` on the host says.
    pub disk_used: u8,
    /// Whether the application is there; without it the server is bare.
    pub installed: bool,
    /// Lines for `host_vars/NAME.yml`.
    pub vars: Vec<String>,
}

impl HostSpec {
    /// A healthy tier-2 instance at v2.4.1.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            domain: format!("{name}.example.org"),
            tier: 2,
            groups: Vec::new(),
            release: "v2.4.1".to_owned(),
            backup_age: Some(Duration::from_hours(6)),
            disk_used: 54,
            installed: true,
            vars: Vec::new(),
        }
    }

    /// A server of the fleet on which nothing was installed yet.
    pub fn bare(name: &str) -> Self {
        Self { installed: false, tier: 1, ..Self::new(name) }
    }
}

/// How a lab is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether each host gets a checkout, settings, backups and running containers.
    pub instances: bool,
    /// The hosts, where they are to be other than `paper-01`, `paper-02`, ...
    pub hosts: Vec<HostSpec>,
    /// Where; a temporary folder where `None`. Only what the lab made there is removed again.
    pub dir: Option<PathBuf>,
    /// `bunker_fleet_name`.
    pub fleet_name: String,
    /// Lines for `group_vars/all/bunker.yml`.
    pub policy: Vec<String>,
    /// Seconds that building an image takes on these hosts.
    pub build_seconds: f32,
    /// Whether dropping the lab leaves the folder.
    pub keep: bool,
}

impl Options {
    /// Hosts with an empty home: enough for tests of SSH and of jobs.
    pub fn bare() -> Self {
        Self { fleet_name: "paper".to_owned(), ..Self::default() }
    }

    /// Hosts that are instances of the stand-in application.
    pub fn instances() -> Self {
        Self { instances: true, build_seconds: 0.2, ..Self::bare() }
    }

    /// These hosts instead of numbered ones.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Vec<HostSpec>) -> Self {
        self.hosts = hosts;
        self
    }

    /// A line more for `group_vars/all/bunker.yml`, such as `bunker_min_healthy_s: 1`.
    #[must_use]
    pub fn with_policy(mut self, line: &str) -> Self {
        self.policy.push(line.to_owned());
        self
    }

    pub(super) fn specs(&self, n: usize) -> Vec<HostSpec> {
        if self.hosts.is_empty() {
            (1..=n).map(|i| HostSpec::new(&format!("paper-{i:02}"))).collect()
        } else {
            self.hosts.clone()
        }
    }
}
