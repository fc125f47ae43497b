//! Taking instances into the inventory from the cockpit, by the same code as `bunker instance add` and `bunker import`.

use std::sync::Arc;

use super::instance::desk::desk;
use super::run::operator;
use super::vault::author;
use super::wiring;
use crate::adapters::enrol::{Desk, domain_of, env_of, made_names, shown_files, shown_keys};
use crate::adapters::inventory::{Committed, Scaffold, load};
use crate::adapters::ssh::SshPool;
use crate::app::msg::Problem;
use crate::domain::capability::Operate;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{Domain, HostId};
use crate::domain::plan::strategy::Asked;
use crate::domain::plan::{What, Wish};
use crate::domain::scaffold::NewInstance;
use crate::domain::scaffold::enrol::{
    Answer, Ask, Draft, Enrolled, Entry, FoundThere, ShownKey, Words, check, domain_to_come,
    new_instance,
};
use crate::domain::secret::Secrets;
use crate::domain::untrusted::Safe;
use crate::engine::planner;
use crate::engine::ports::StoreError;
use crate::workflows::env::Template;
use crate::workflows::import::{Found, sort};

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
    let asks = host.instance.as_ref().is_some_and(|i| i.policy.require_why);
    if asks && wiring::caller().why.is_none() {
        return Err(problem(StoreError::NoReason));
    }
    Ok(())
}

fn said(text: &str) -> Problem {
    Problem { message: Safe::line(text), hint: None }
}

/// What was read on a host, with what is to be written where the host is new.
struct Read {
    host: Host,
    domain: Domain,
    found: Found,
    scaffold: Option<Scaffold>,
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
        }))
    }

    async fn add(&self, new: &NewInstance, accepted: &[ShownKey]) -> Result<Answer, Problem> {
        let scaffold = Scaffold::prepare(&self.desk.inventory, new).map_err(problem)?;
        let keys = self.desk.accepted(&scaffold.host.connection, accepted).await;
        let keys = keys.map_err(problem)?;
        asks(&scaffold.host)?;
        let written = self.desk.write(&scaffold, &keys, Some(&Secrets::new()), &author());
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
        let host = self.host(words)?.0;
        let keys = self.desk.look(&host.connection).await.map_err(problem)?;
        Ok(Answer::Key(shown_keys(&keys)))
    }

    async fn found(&self, words: &Words, accepted: &[ShownKey]) -> Result<Answer, Problem> {
        let host = self.host(words)?.0;
        let keys = self.desk.accepted(&host.connection, accepted).await.map_err(problem)?;
        asks(&host)?;
        self.desk.pin(&host.id, &keys).map_err(problem)?;
        let read = self.read(words).await?;
        let secrets = read.found.secrets.iter();
        Ok(Answer::Found(FoundThere {
            host: read.host.id.clone(),
            domain: read.domain,
            secrets: secrets.map(|(name, value)| (name.clone(), value.hash8(name))).collect(),
            made: read.found.missing,
            variables: read.found.variables.into_keys().collect(),
            n_same: read.found.same.len(),
            unknown: read.found.unknown,
            differs: read.found.differs,
            files: read.scaffold.as_ref().map(shown_files).unwrap_or_default(),
        }))
    }

    /// Reads the host once more, since no secret stays in the cockpit's state meanwhile.
    async fn import(&self, words: &Words) -> Result<Answer, Problem> {
        let read = self.read(words).await?;
        let (id, secrets) = (&read.host.id, &read.found.secrets);
        asks(&read.host)?;
        let written = match &read.scaffold {
            Some(scaffold) => self.desk.write(scaffold, &[], Some(secrets), &author()),
            None => self.desk.fill(id, secrets, &author()),
        };
        let committed = written.map_err(problem)?;
        Ok(self.done(id, read.scaffold.as_ref(), &committed))
    }

    /// The host that is meant, as the inventory has it or would have it; the fleet where it has it.
    fn host(&self, words: &Words) -> Result<(Host, Option<Fleet>), Problem> {
        let id: HostId =
            words.get(&Entry::Host).map_or("", String::as_str).parse().map_err(problem)?;
        let fleet = load(&self.desk.inventory).fleet;
        if let Some(fleet) = fleet
            && let Some(host) = fleet.host(&id)
        {
            let extra =
                [(Entry::Address, "address"), (Entry::Domain, "domain"), (Entry::Dir, "folder")];
            if let Some((_, name)) = extra.iter().find(|(entry, _)| words.contains_key(entry)) {
                let text = format!(
                    "host {id} is in the inventory already: leave {name} empty, or change its host_vars"
                );
                return Err(said(&text));
            }
            return Ok((host.clone(), Some(fleet)));
        }
        let draft = Scaffold::draft(&self.desk.inventory, &Self::wanted(words, &id)?);
        Ok((draft.map_err(problem)?, None))
    }

    fn wanted(words: &Words, id: &HostId) -> Result<NewInstance, Problem> {
        if !words.contains_key(&Entry::Address) {
            let text =
                format!("there is no host {id} in the inventory: give its address to add it");
            return Err(said(&text));
        }
        let mut words = words.clone();
        words.entry(Entry::Domain).or_insert_with(|| domain_to_come(id.as_str()));
        new_instance(&words).map_err(problem)
    }

    async fn read(&self, words: &Words) -> Result<Read, Problem> {
        let (host, fleet) = self.host(words)?;
        self.hosts.forget_refusals();
        if let Some(fleet) = &fleet {
            self.is_imported(fleet, &host).await?;
        }
        let Some(settings) = &host.instance else {
            return Err(said(&format!("host {} is no instance: it has no cml_domain", host.id)));
        };
        let file = env_of(&*self.hosts, &host.connection, settings).await.map_err(problem)?;
        let template = Template::embedded();
        if fleet.is_some() {
            let (found, domain) =
                (sort(&file, &template, &host).map_err(problem)?, settings.domain.clone());
            return Ok(Read { host, domain, found, scaffold: None });
        }
        let mut wanted = Self::wanted(words, &host.id)?;
        if !words.contains_key(&Entry::Domain) {
            let none = || said(".env on the host names no DOMAIN: give the domain");
            let text = domain_of(&file).ok_or_else(none)?;
            check(Entry::Domain, &text).map_err(problem)?;
            wanted.domain = text.parse().map_err(problem)?;
        }
        let dir = &self.desk.inventory;
        let draft = Scaffold::draft(dir, &wanted).map_err(problem)?;
        let found = sort(&file, &template, &draft).map_err(problem)?;
        wanted.variables.extend(found.variables.clone());
        let scaffold = Scaffold::prepare(dir, &wanted).map_err(problem)?;
        let (host, domain) = (scaffold.host.clone(), wanted.domain);
        Ok(Read { host, domain, found, scaffold: Some(scaffold) })
    }

    /// Refuses a host that is under management.
    async fn is_imported(&self, fleet: &Fleet, host: &Host) -> Result<(), Problem> {
        let wish =
            Wish { hosts: vec![host.id.clone()], what: What::Import, asked: Asked::default() };
        let ports = wiring::plan_ports(&self.hosts, &self.desk.inventory)
            .map_err(|trouble| said(&format!("{:#}", trouble.report)))?;
        let plan = planner::plan(&ports, fleet, &wish, &operator::operator()).await;
        let plan = plan.map_err(problem)?;
        match plan.excluded.first().filter(|_| plan.hosts.is_empty()) {
            Some(left) => Err(said(&format!("nothing to import: {}: {}", host.id, left.reason))),
            None => Ok(()),
        }
    }
}
