//! What the cockpit's operator looks at on one host, read as the command line reads it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::exit::Trouble;
use super::host;
use crate::adapters::ssh::SshPool;
use crate::app::msg::Problem;
use crate::domain::env_shown::EnvShown;
use crate::domain::fleet::Host;
use crate::domain::ids::HostId;
use crate::domain::secret::Redactor;
use crate::domain::service::ServiceName;
use crate::domain::untrusted::Safe;
use crate::engine::poller::Watched;
use crate::tui::HostDesk;

/// Lines of a service that are read to begin with.
const TAIL: u32 = 1_000;

/// The looking side of the cockpit, for one host at a time.
pub(super) struct Desk {
    pub(super) hosts: Arc<SshPool>,
    pub(super) watched: watch::Receiver<Watched>,
    /// Where the vaults are.
    pub(super) inventory: PathBuf,
}

fn problem(trouble: &Trouble) -> Problem {
    Problem { message: Safe::line(&format!("{:#}", trouble.report)), hint: None }
}

impl Desk {
    fn host(&self, id: &HostId) -> Result<Host, Problem> {
        let gone = || Problem {
            message: Safe::line(&format!("the inventory has no host {id} any more")),
            hint: None,
        };
        self.watched.borrow().fleet.host(id).cloned().ok_or_else(gone)
    }
}

#[async_trait]
impl HostDesk for Desk {
    async fn env(&self, id: &HostId) -> Result<EnvShown, Problem> {
        let host = self.host(id)?;
        host::looked(&self.hosts, &host).await.map_err(|trouble| problem(&trouble))
    }

    async fn follow(
        &self,
        id: &HostId,
        service: &ServiceName,
        mut into: std::fs::File,
    ) -> Result<(), Problem> {
        let host = self.host(id)?;
        let masking = match host::masking(&self.inventory, id).await {
            Ok(masking) => masking,
            Err(why) => {
                // It stands where it is read, and in what is saved of it.
                drop(writeln!(into, "⋯ {why}"));
                Redactor::default()
            }
        };
        let keep = move |bytes: &[u8]| into.write_all(bytes).map(|()| true);
        let ended = host::follow(&self.hosts, &host, service, (TAIL, true), masking, keep).await;
        ended.map_err(|trouble| problem(&trouble))
    }
}
