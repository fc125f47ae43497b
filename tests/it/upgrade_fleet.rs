//! Paper hosts with everything in front of them that the program uses: inventory, ssh, mirror, planner.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::env_template::TemplateFiles;
use bunker_ops::adapters::git::Mirrors;
use bunker_ops::adapters::inventory;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::ssh::{SshPool, SshSettings};
use bunker_ops::adapters::store::StoreReader;
use bunker_ops::adapters::vault::NoVault;
use bunker_ops::adapters::victoria::Victoria;
use bunker_ops::domain::fleet::Fleet;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::plan::strategy::Asked;
use bunker_ops::domain::plan::{Finding, HostPlan, Plan, Readiness, What, Wish};
use bunker_ops::engine::planner::{self, PlanError, PlanPorts};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::lab::{HostSpec, Lab, Options, PaperHost};
use crate::upgrade_bench::{git, operator};

/// A lab, the fleet that its inventory describes, and the program's own folders.
pub(crate) struct Paper {
    pub(crate) lab: Lab,
    pub(crate) fleet: Fleet,
    pub(crate) own: TempDir,
    pub(crate) pool: Arc<SshPool>,
}

impl Paper {
    /// Instances with these names, at v2.4.1.
    pub(crate) fn with(names: &[&str], policy: &[&str]) -> Self {
        Self::of(names.iter().map(|name| HostSpec::new(name)).collect(), policy)
    }

    pub(crate) fn of(specs: Vec<HostSpec>, policy: &[&str]) -> Self {
        let n = specs.len();
        let options = Options::instances().with_hosts(specs);
        let options = policy.iter().fold(options, |options, line| options.with_policy(line));
        let lab = Lab::start(n, options).unwrap();
        let loaded = inventory::load(&lab.inventory_dir());
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        let own = tempfile::tempdir().unwrap();
        let settings = SshSettings {
            known_hosts: own.path().join("known_hosts"),
            control: own.path().join("c"),
        };
        let pool = SshPool::open(settings).unwrap();
        Self { lab, fleet: loaded.fleet.unwrap(), own, pool }
    }

    pub(crate) fn host(&self, name: &str) -> &PaperHost {
        self.lab.named(name).unwrap()
    }

    pub(crate) fn mirrors(&self) -> Mirrors {
        Mirrors::below(self.own.path().join("repos"))
    }

    pub(crate) async fn plan(&self, hosts: &[&str], to: &str) -> Result<Plan, PlanError> {
        let state = StateDir::at(self.own.path());
        let ports = PlanPorts {
            remote: Arc::<SshPool>::clone(&self.pool),
            repository: Arc::new(self.mirrors()),
            secrets: Arc::new(NoVault),
            templates: Arc::new(TemplateFiles),
            playbooks: Arc::new(bunker_ops::adapters::ansible::playbook::NoPlaybooks),
            past: Arc::new(StoreReader::open(&state, Arc::new(SystemClock)).unwrap()),
            hooks: Arc::new(bunker_ops::adapters::hooks::HookFiles),
            inventory: self.own.path().to_owned(),
            metrics: Arc::new(Victoria::new()),
            clock: Arc::new(SystemClock),
        };
        let hosts = hosts.iter().map(|h| h.parse().unwrap()).collect();
        let reference = (!to.is_empty()).then(|| to.parse().unwrap());
        let wish = Wish { hosts, what: What::Upgrade { reference }, asked: Asked::default() };
        planner::plan(&ports, &self.fleet, &wish, &operator("ops-1")).await
    }

    /// The commit of a tag of the stand-in repository.
    pub(crate) fn sha(&self, tag: &str) -> String {
        git(self.lab.repo().unwrap(), &["rev-parse", &format!("{tag}^{{commit}}")])
    }

    /// Runs a command in the checkout of a host, as somebody who is logged in there would.
    pub(crate) fn by_hand(&self, name: &str, command: &str) {
        let host = self.host(name);
        let line = format!("cd '{}' && {command}", host.checkout().display());
        let out = crate::lab_ssh::ssh(&self.lab, host, &line, b"");
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

pub(crate) fn of<'a>(plan: &'a Plan, host: &str) -> &'a HostPlan {
    plan.host(&host.parse::<HostId>().unwrap()).unwrap_or_else(|| panic!("no {host} in {plan:#?}"))
}

/// Findings as `readiness subject: text`.
pub(crate) fn findings(host: &HostPlan) -> Vec<String> {
    let word = |f: &Finding| match f.readiness {
        Readiness::Blocked => "blocked",
        Readiness::Unknown => "unknown",
        Readiness::Review => "review",
        Readiness::Warning => "warning",
        Readiness::Ready => "ready",
    };
    host.findings.iter().map(|f| format!("{} {}: {}", word(f), f.subject, f.text)).collect()
}

/// Every file below a folder: its hash, mode and time. What a docker stand-in notes about being
/// asked is not the host's state.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, String>) {
        use std::os::unix::fs::MetadataExt;
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let meta = fs::symlink_metadata(&path).unwrap();
            let what = if kind.is_dir() {
                walk(&path, found);
                "folder".to_owned()
            } else if kind.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else {
                let hash = Sha256::digest(fs::read(&path).unwrap());
                format!("{hash:02x?} {}.{}", meta.mtime(), meta.mtime_nsec())
            };
            found.insert(path, format!("{:o} {what}", meta.mode()));
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, &mut found);
    found.retain(|path, _| {
        let name = path.file_name().unwrap_or_default();
        !(path.parent().is_some_and(|p| p.ends_with("docker"))
            && (name == "calls" || name == "lock"))
    });
    found
}
