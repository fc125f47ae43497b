//! Starting `bunker worker RUN` so that it outlives us.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::paths::{StateDir, private_dir};
use super::ssh::SshPool;
use super::vault::Keyring;
use crate::domain::capability::Operate;
use crate::domain::ids::RunId;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{StartWorker, StartedWorker};

/// Starts workers as processes of this same program.
#[derive(Debug, Clone)]
pub struct WorkerProcess {
    state: StateDir,
    keys: Arc<Keyring>,
    inventory: PathBuf,
    lender: Option<Arc<SshPool>>,
}

impl WorkerProcess {
    /// Workers that use this state folder. They read the identity file themselves, but one that was unlocked with a
    /// passphrase is given to them. The inventory, an absolute folder, is where they plan a rollback from that somebody
    /// asks their run for.
    pub fn new(state: StateDir, keys: Arc<Keyring>, inventory: &Path, _right: &Operate) -> Self {
        Self { state, keys, inventory: inventory.to_owned(), lender: None }
    }

    /// Workers may use the connections that this pool has open, so that they need not open their own.
    #[must_use]
    pub fn lending(self, pool: &Arc<SshPool>) -> Self {
        Self { lender: Some(Arc::clone(pool)), ..self }
    }

    fn try_start(&self, run: &RunId) -> std::io::Result<Child> {
        let folder = self.state.runs().join(run.as_str());
        private_dir(&folder)?;
        let mut options = File::options();
        options.append(true).create(true).mode(0o600);
        let log = options.open(folder.join("worker.log"))?;
        // It leaves our session by itself (setsid), as its first act; a child of ours that has
        // ended before us is not waited for and does no harm.
        let unlocked = self.keys.to_hand_over();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["worker", run.as_str()])
            .env("BUNKER_STATE", self.state.path())
            .env("BUNKER_IDENTITY", self.keys.path())
            .env("BUNKER_INVENTORY", &self.inventory)
            .current_dir(self.state.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if unlocked.is_some() {
            command.arg("--identity").stdin(Stdio::piped());
        }
        let mut child = command.spawn()?;
        if let Some(pool) = &self.lender {
            pool.lend_to(child.id());
        }
        if let (Some(text), Some(mut pipe)) = (unlocked, child.stdin.take()) {
            // A pipe holds more than an identity: this does not wait for the worker to read.
            pipe.write_all(text.as_bytes())?;
        }
        Ok(child)
    }
}

impl StartWorker for WorkerProcess {
    fn start(&self, run: &RunId) -> Result<Box<dyn StartedWorker>, Safe> {
        match self.try_start(run) {
            Ok(child) => Ok(Box::new(OurChild(child))),
            Err(error) => Err(Safe::line(&error.to_string())),
        }
    }
}

/// The process of a worker. It leaves our session by itself, but stays our child.
struct OurChild(Child);

impl StartedWorker for OurChild {
    fn ended(&mut self) -> Option<Safe> {
        match self.0.try_wait() {
            Ok(status) => status.map(|status| Safe::line(&status.to_string())),
            // Somebody else has waited for it: what it says in the store is what counts.
            Err(_) => None,
        }
    }
}
