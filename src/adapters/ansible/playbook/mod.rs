//! Playbooks of Ansible, run by the `ansible-playbook` of this machine.

mod events;
mod files;
mod processes;
mod running;
mod start;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use async_trait::async_trait;
use tokio::process::Command;

use crate::adapters::paths::StateDir;
use crate::adapters::ssh::SshSettings;
use crate::domain::capability::Operate;
use crate::domain::plan::{PlaybookFiles, PlaybookPath};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{PlaybookCall, PlaybookRunner, PlaybookSource, RunningPlaybook};

/// The program.
const PROGRAM: &str = "ansible-playbook";

/// Looks at playbooks.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlaybookLooks;

#[async_trait]
impl PlaybookSource for PlaybookLooks {
    async fn look(&self, inventory: &Path, path: &PlaybookPath) -> Result<PlaybookFiles, Safe> {
        let at =
            std::path::absolute(path.as_str()).unwrap_or_else(|_| PathBuf::from(path.as_str()));
        let text = at.to_string_lossy().into_owned();
        let absolute: PlaybookPath =
            text.parse().map_err(|error| Safe::line(&format!("{error}")))?;
        let (folder, sha256) = files::playbook(&at)?;
        let (around_sha256, n_around) = files::around(&at, &folder, inventory)?;
        let version = version().await?;
        Ok(PlaybookFiles { path: absolute, folder, sha256, around_sha256, n_around, version })
    }
}

/// What `ansible-playbook` says that it is.
async fn version() -> Result<Safe, Safe> {
    let asked = Command::new(PROGRAM).arg("--version").stdin(Stdio::null()).output().await;
    let asked = asked.map_err(|error| {
        Safe::line(&format!(
            "cannot run {PROGRAM}: {error}; install ansible-core (`pipx install ansible-core`) or put it on PATH"
        ))
    })?;
    let said =
        Safe::line_from_bytes(asked.stdout.split(|b| *b == b'\n').next().unwrap_or_default());
    if asked.status.success() && !said.as_str().is_empty() {
        return Ok(said);
    }
    let last = asked.stderr.rsplit(|b| *b == b'\n').find(|line| !line.is_empty());
    let last = Safe::line_from_bytes(last.unwrap_or_default());
    Err(Safe::line(&format!("`{PROGRAM} --version` failed: {last}")))
}

/// Runs playbooks.
#[derive(Debug, Clone)]
pub struct Playbooks {
    state: StateDir,
    ssh: SshSettings,
}

impl Playbooks {
    /// Keeps logs in this state folder, and reaches hosts whose keys are known there.
    pub fn new(state: StateDir, _right: &Operate) -> Self {
        let ssh = SshSettings::below(state.path());
        Self { state, ssh }
    }
}

#[async_trait]
impl PlaybookSource for Playbooks {
    async fn look(&self, inventory: &Path, path: &PlaybookPath) -> Result<PlaybookFiles, Safe> {
        PlaybookLooks.look(inventory, path).await
    }
}

#[async_trait]
impl PlaybookRunner for Playbooks {
    async fn start(&self, call: PlaybookCall) -> Result<Box<dyn RunningPlaybook>, Safe> {
        let started = start::start(&self.state, &self.ssh, &call);
        let running = started.map_err(|error| {
            Safe::line(&format!("cannot start {PROGRAM} for {}: {error}", call.playbook.files.path))
        })?;
        Ok(Box::new(running))
    }
}

/// No playbooks: for what has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPlaybooks;

#[async_trait]
impl PlaybookSource for NoPlaybooks {
    async fn look(&self, _inventory: &Path, path: &PlaybookPath) -> Result<PlaybookFiles, Safe> {
        Err(Safe::line(&format!("{path}: playbooks are not run here")))
    }
}

#[async_trait]
impl PlaybookRunner for NoPlaybooks {
    async fn start(&self, call: PlaybookCall) -> Result<Box<dyn RunningPlaybook>, Safe> {
        Err(Safe::line(&format!("{}: playbooks are not run here", call.playbook.files.path)))
    }
}
