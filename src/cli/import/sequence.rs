//! The way of an instance that runs already into the inventory, the same for the command line and the cockpit: which host
//! is meant, what it has, what would be written, and the writing.

use std::sync::Arc;

use super::super::run::operator;
use super::super::vault::author;
use super::super::wiring;
use crate::adapters::enrol::{Desk, EnrolError, Its, ReadEnvError, domain_of, env_of};
use crate::adapters::inventory::{Committed, Scaffold, ScaffoldError, load};
use crate::adapters::ssh::SshPool;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{Domain, HostId, InvalidName};
use crate::domain::plan::strategy::Asked;
use crate::domain::plan::{What, Wish};
use crate::domain::scaffold::NewInstance;
use crate::domain::scaffold::enrol::{Entry, Refused, Words, check, domain_to_come, new_instance};
use crate::engine::planner::{self, PlanError};
use crate::workflows::env::{Template, TemplateError};
use crate::workflows::import::{Found, sort};

/// Why an instance is not imported.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ImportError {
    #[error("host {host} is in the inventory already: leave {name} empty, or change its host_vars")]
    InInventory { host: HostId, name: &'static str },
    #[error("there is no host {0} in the inventory: give its address to add it")]
    NoAddress(HostId),
    #[error("host {0} is no instance: it has no cml_domain")]
    NoInstance(HostId),
    #[error(".env on the host names no DOMAIN: give the domain")]
    NoDomain,
    #[error("nothing to import: {0}: {1}")]
    Nothing(HostId, String),
    #[error("{0}")]
    State(String),
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error(transparent)]
    Words(#[from] Refused),
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    #[error(transparent)]
    Env(#[from] ReadEnvError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// What was read on a host, with what is to be written where the host is new.
pub(in crate::cli) struct Read {
    pub(in crate::cli) host: Host,
    pub(in crate::cli) domain: Domain,
    pub(in crate::cli) found: Found,
    pub(in crate::cli) scaffold: Option<Scaffold>,
}

/// The host that is meant, as the inventory has it or would have it; the fleet where it has it.
pub(in crate::cli) fn meant(
    desk: &Desk,
    words: &Words,
) -> Result<(Host, Option<Fleet>), ImportError> {
    let id: HostId = words.get(&Entry::Host).map_or("", String::as_str).parse()?;
    let fleet = load(&desk.inventory).fleet;
    if let Some(fleet) = fleet
        && let Some(host) = fleet.host(&id)
    {
        let extra =
            [(Entry::Address, "address"), (Entry::Domain, "domain"), (Entry::Dir, "folder")];
        if let Some((_, name)) = extra.into_iter().find(|(entry, _)| words.contains_key(entry)) {
            return Err(ImportError::InInventory { host: id, name });
        }
        return Ok((host.clone(), Some(fleet)));
    }
    Ok((Scaffold::draft(&desk.inventory, &wanted(words, &id)?)?, None))
}

/// Until `.env` was read, it has a domain that nobody can have.
fn wanted(words: &Words, id: &HostId) -> Result<NewInstance, ImportError> {
    if !words.contains_key(&Entry::Address) {
        return Err(ImportError::NoAddress(id.clone()));
    }
    let mut words = words.clone();
    words.entry(Entry::Domain).or_insert_with(|| domain_to_come(id.as_str()));
    Ok(new_instance(&words)?)
}

/// Reads the host's `.env` and sorts what is in it. A host that is under management is refused.
pub(in crate::cli) async fn read(
    desk: &Desk,
    hosts: &Arc<SshPool>,
    words: &Words,
) -> Result<Read, ImportError> {
    let (host, fleet) = meant(desk, words)?;
    hosts.forget_refusals();
    if let Some(fleet) = &fleet {
        is_imported(desk, hosts, fleet, &host).await?;
    }
    let settings =
        host.instance.as_ref().ok_or_else(|| ImportError::NoInstance(host.id.clone()))?;
    let file = env_of(&**hosts, &host.connection, settings).await?;
    let template = Template::embedded();
    if fleet.is_some() {
        let (found, domain) = (sort(&file, &template, &host)?, settings.domain.clone());
        return Ok(Read { host, domain, found, scaffold: None });
    }
    let mut wanted = wanted(words, &host.id)?;
    if !words.contains_key(&Entry::Domain) {
        let text = domain_of(&file).ok_or(ImportError::NoDomain)?;
        check(Entry::Domain, &text)?;
        wanted.domain = text.parse()?;
    }
    let found = sort(&file, &template, &Scaffold::draft(&desk.inventory, &wanted)?)?;
    wanted.variables.extend(found.variables.clone());
    let scaffold = Scaffold::prepare(&desk.inventory, &wanted)?;
    let (host, domain) = (scaffold.host.clone(), wanted.domain);
    Ok(Read { host, domain, found, scaffold: Some(scaffold) })
}

async fn is_imported(
    desk: &Desk,
    hosts: &Arc<SshPool>,
    fleet: &Fleet,
    host: &Host,
) -> Result<(), ImportError> {
    let wish = Wish { hosts: vec![host.id.clone()], what: What::Import, asked: Asked::default() };
    let ports = wiring::plan_ports(hosts, &desk.inventory)
        .map_err(|trouble| ImportError::State(format!("{:#}", trouble.report)))?;
    let plan = planner::plan(&ports, fleet, &wish, &operator::operator()).await?;
    match plan.excluded.first().filter(|_| plan.hosts.is_empty()) {
        Some(left) => Err(ImportError::Nothing(host.id.clone(), left.reason.to_string())),
        None => Ok(()),
    }
}

/// Writes the inventory, where the host is new, and its secrets into the vault.
pub(in crate::cli) fn write(desk: &Desk, read: &Read) -> Result<Committed, EnrolError> {
    match &read.scaffold {
        Some(scaffold) => {
            desk.write(scaffold, &[], Some(Its::Running(&read.found.secrets)), &author())
        }
        None => desk.fill(&read.host.id, &read.found.secrets, &author()),
    }
}

/// Whether the policy of a host asks for a reason.
pub(in crate::cli) fn asks(host: &Host) -> bool {
    host.instance.as_ref().is_some_and(|i| i.policy.require_why)
}
