//! Starting `bunker worker RUN` so that it outlives us.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use super::paths::{StateDir, private_dir};
use crate::domain::capability::Operate;
use crate::domain::ids::RunId;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StartWorker;

/// Starts workers as processes of this same program.
#[derive(Debug, Clone)]
pub struct WorkerProcess {
    state: StateDir,
}

impl WorkerProcess {
    /// Workers that use this state folder.
    pub fn new(state: StateDir, _right: &Operate) -> Self {
        Self { state }
    }

    fn try_start(&self, run: &RunId) -> std::io::Result<()> {
        let folder = self.state.runs().join(run.as_str());
        private_dir(&folder)?;
        let mut options = File::options();
        options.append(true).create(true).mode(0o600);
        let log = options.open(folder.join("worker.log"))?;
        // It leaves our session by itself (setsid), as its first act; a child of ours that has
        // ended before us is not waited for and does no harm.
        let child = Command::new(std::env::current_exe()?)
            .args(["worker", run.as_str()])
            .env("BUNKER_STATE", self.state.path())
            .current_dir(self.state.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        drop(child);
        Ok(())
    }
}

impl StartWorker for WorkerProcess {
    fn start(&self, run: &RunId) -> Result<(), Safe> {
        self.try_start(run).map_err(|error| Safe::line(&error.to_string()))
    }
}
