//! Taking instances into the inventory from the cockpit, by the same code as `bunker instance add` and `bunker import`.

use std::sync::Arc;

use super::import::sequence::{self, ImportError, Read};
use super::instance::desk::desk;
use super::vault::author;
use super::wiring;
use crate::adapters::enrol::{Desk, Its, made_names, shown_files, shown_keys};
use crate::adapters::inventory::{Committed, Scaffold};
use crate::adapters::ssh::SshPool;
use crate::app::msg::Problem;
use crate::domain::capability::Operate;
use crate::domain::fleet::Host;
use crate::domain::ids::HostId;
use crate::domain::scaffold::NewInstance;
use crate::domain::scaffold::enrol::{Answer, Ask, Draft, Enrolled, FoundThere, ShownKey, Words};
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// What these steps need. They read and write files, so each is for a task that may wait.
pub(super) struct Enrolling {
    desk: Desk,
    hosts: Arc<SshPool>,
}

fn problem(error: impl std::fmt::Display) -> Problem {
    // The command line's way out of a missing vault is no way here.
    let text = error
        .to_string()
        .replace(", or give --no-secrets", "")
        .replace(", or give --no-host-key", "");
    // A diagnostic has its hint on a line of its own.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    said(&lines.join("; "))
}

/// Refuses where a policy asks for a reason and nobody gave one.
fn asks(host: &Host) -> Result<(), Problem> {
    if sequence::asks(host) && wiring::caller().why.is_none() {
        return Err(problem(StoreError::NoReason));
    }
    Ok(())
}

fn said(text: &str) -> Problem {
    Problem { message: Safe::line(text), hint: None }
}

impl Enrolling {
    pub(super) fn new(inventory: &std::path::Path, hosts: Arc<SshPool>, right: &Operate) -> Self {
        Self { desk: desk(inventory, Some(right)), hosts }
    }

    pub(super) async fn answer(&self, ask: Ask) -> Result<Answer, Problem> {
        match ask {
            Ask::Draft(new) => self.draft(&new).await,
            Ask::Add(new, keys) => self.add(&new, &keys).await,
            Ask::Key(words) => self.key(&words).await,
            Ask::Read(words, keys) => self.found(&words, &keys).await,
            Ask::Import(words) => self.import(&words).await,
        }
    }

    async fn draft(&self, new: &NewInstance) -> Result<Answer, Problem> {
        let scaffold = Scaffold::prepare(&self.desk.inventory, new).map_err(problem)?;
        self.desk.can_encrypt().map_err(problem)?;
        let keys = self.desk.look(&scaffold.host.connection).await.map_err(problem)?;
        Ok(Answer::Draft(Draft {
            host: new.host.clone(),
            keys: shown_keys(&keys),
            files: shown_files(&scaffold),
            secrets: made_names(),
            warnings: scaffold.warnings.iter().map(|text| Safe::line(text)).collect(),
            asks_why: sequence::asks(&scaffold.host),
        }))
    }

    async fn add(&self, new: &NewInstance, accepted: &[ShownKey]) -> Result<Answer, Problem> {
        let scaffold = Scaffold::prepare(&self.desk.inventory, new).map_err(problem)?;
        let keys = self.desk.accepted(&scaffold.host.connection, accepted).await;
        let keys = keys.map_err(problem)?;
        asks(&scaffold.host)?;
        let written = self.desk.write(&scaffold, &keys, Some(Its::New), &author());
        let committed = written.map_err(problem)?;
        Ok(self.done(&new.host, Some(&scaffold), &committed))
    }

    fn done(&self, host: &HostId, scaffold: Option<&Scaffold>, committed: &Committed) -> Answer {
        let file = |path: &std::path::Path| Safe::line(&path.to_string_lossy());
        let vault = file(&self.desk.vault_of(host));
        let mut files = vec![vault];
        if let Some(scaffold) = scaffold {
            files.insert(0, file(&scaffold.main.path));
            files.push(file(&scaffold.hosts.path));
        }
        files.extend(committed.told().map(|told| Safe::line(&told)));
        Answer::Done(Enrolled { host: host.clone(), files })
    }

    async fn key(&self, words: &Words) -> Result<Answer, Problem> {
        self.desk.can_encrypt().map_err(problem)?;
        let host = sequence::meant(&self.desk, words).map_err(problem)?.0;
        let keys = self.desk.look(&host.connection).await.map_err(problem)?;
        Ok(Answer::Key { keys: shown_keys(&keys), asks_why: sequence::asks(&host) })
    }

    async fn found(&self, words: &Words, accepted: &[ShownKey]) -> Result<Answer, Problem> {
        let host = sequence::meant(&self.desk, words).map_err(problem)?.0;
        let keys = self.desk.accepted(&host.connection, accepted).await.map_err(problem)?;
        // Nothing is pinned where the key is known: only what is written later is for a reason then.
        if !keys.is_empty() {
            asks(&host)?;
        }
        self.desk.pin(&host.id, &keys).map_err(problem)?;
        let read = self.read(words).await.map_err(problem)?;
        let secrets = read.found.secrets.iter();
        Ok(Answer::Found(FoundThere {
            host: read.host.id.clone(),
            domain: read.domain,
            secrets: secrets.map(|(name, value)| (name.clone(), value.hash8(name))).collect(),
            made: read.found.missing,
            variables: read.found.variables.into_keys().collect(),
            n_same: read.found.same.len(),
            unknown: read.found.unknown,
            n_left_out: read.found.left_out.len(),
            differs: read.found.differs,
            files: read.scaffold.as_ref().map(shown_files).unwrap_or_default(),
            asks_why: sequence::asks(&read.host),
        }))
    }

    /// Reads the host once more, since no secret stays in the cockpit's state meanwhile.
    async fn import(&self, words: &Words) -> Result<Answer, Problem> {
        let read = self.read(words).await.map_err(problem)?;
        asks(&read.host)?;
        let committed = sequence::write(&self.desk, &read).map_err(problem)?;
        Ok(self.done(&read.host.id, read.scaffold.as_ref(), &committed))
    }

    async fn read(&self, words: &Words) -> Result<Read, ImportError> {
        sequence::read(&self.desk, &self.hosts, words).await
    }
}
