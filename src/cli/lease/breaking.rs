//! Taking a lease away with a reason: the same for the command line and the cockpit.
//!
//! **Invariant:** only the lease that a person saw is broken. One that somebody else took meanwhile stays.

use std::sync::Arc;

use super::super::exit::{Exit, Trouble};
use super::super::run::operator::operator;
use super::super::wiring;
use super::held;
use crate::adapters::ssh::SshPool;
use crate::domain::audit::{Deed, Facts};
use crate::domain::capability::Operate;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::RunId;
use crate::domain::lease::{Broken, FleetKey, LeaseOf};
use crate::domain::remote::RemoteError;
use crate::domain::untrusted::Safe;
use crate::engine::leases;
use crate::engine::ports::{Campaigns as _, LeaseDesk as _, audited_there};

/// A lease that was broken.
pub(in crate::cli) struct Gone {
    /// Who had it.
    pub(in crate::cli) holder: Safe,
    /// The generation from which on its holder is refused; 0 where no host keeps one.
    pub(in crate::cli) generation: u64,
}

impl Gone {
    /// What to tell.
    pub(in crate::cli) fn words(&self, name: &str) -> String {
        format!("the lease of {name} was broken; what {} still sends is refused", self.holder)
    }

    /// What the log remembers.
    fn facts(&self) -> Facts {
        let fact = |name: &str, value: &str| (Safe::line(name), Safe::line(value));
        let generation = self.generation.to_string();
        Facts::from([fact("held-by", self.holder.as_str()), fact("generation", &generation)])
    }
}

/// Breaks the lease of an instance, if it is still the one of generation `seen`; `None` where nobody has it any more.
pub(in crate::cli) async fn instance(
    right: &Operate,
    hosts: &Arc<SshPool>,
    host: &Host,
    seen: u64,
    reason: &Safe,
) -> Result<Option<Gone>, Trouble> {
    let of = LeaseOf::Instance(host.id.clone());
    let look = leases::look(&**hosts, &host.connection, &of).await.map_err(unreachable)?;
    if let Some(lease) = look.lease.as_ref().filter(|lease| lease.generation != seen) {
        return Err(anothers(host.id.as_str(), &lease.to_string()));
    }
    let deed = Deed::new("lease-break").on(&host.id);
    let work = async {
        let desk = wiring::leases(hosts, right);
        let broken = desk.break_it(&host.connection, &of, &operator(), reason).await;
        match broken.map_err(unreachable)? {
            Broken::Busy(job) => Err(busy(&job)),
            Broken::None => Ok((None, Facts::new())),
            Broken::Done { generation, holder } => {
                let (store, of) = (wiring::store_writer(right)?, Safe::line(host.id.as_str()));
                store.record_break(&of, &record(&holder, reason)).await?;
                let gone = Gone { holder, generation };
                let facts = gone.facts();
                Ok((Some(gone), facts))
            }
        }
    };
    said(right, reason, deed, work).await
}

/// Breaks the lease of the whole fleet, if it is still that of the run `seen`; `None` where nobody has it any more.
pub(in crate::cli) async fn fleet(
    right: &Operate,
    hosts: &Arc<SshPool>,
    fleet: &Fleet,
    seen: Option<&RunId>,
    reason: &Safe,
) -> Result<Option<Gone>, Trouble> {
    let name = fleet.name.as_str();
    let Some(held) = held::campaign(fleet, hosts).await? else { return Ok(None) };
    if held.run() != seen {
        return Err(anothers(&format!("the fleet {name}"), held.who().as_str()));
    }
    held.may_be_broken()?;
    let (key, of) = (FleetKey::of(&fleet.name), Safe::line(&format!("fleet {name}")));
    let deed = Deed::new("lease-break").about(of.as_str());
    let work = async {
        let store = wiring::store_writer(right)?;
        if let held::Held::Here(here) = &held {
            store.end_campaign(&key, &here.run).await?;
        }
        let generation = break_central(fleet, hosts, key, reason, right).await?;
        let gone = Gone { holder: held.who(), generation };
        store.record_break(&of, &record(&gone.holder, reason)).await?;
        let facts = gone.facts();
        Ok((Some(gone), facts))
    };
    said(right, reason, deed, work).await
}

/// Does it between its intent and its outcome, for this reason.
async fn said<T>(
    right: &Operate,
    reason: &Safe,
    deed: Deed,
    work: impl Future<Output = Result<(T, Facts), Trouble>>,
) -> Result<T, Trouble> {
    wiring::because(Some(reason.clone()), async {
        let audit = wiring::audit_log(right)?;
        audited_there(&*audit, deed, work).await
    })
    .await
}

/// Breaks what the central server keeps of it; gives the generation there, 0 where there is none.
async fn break_central(
    fleet: &Fleet,
    hosts: &Arc<SshPool>,
    key: FleetKey,
    reason: &Safe,
    right: &Operate,
) -> Result<u64, Trouble> {
    let Some(central) = fleet.central() else { return Ok(0) };
    let (of, desk) = (LeaseOf::Campaign(key), wiring::leases(hosts, right));
    let broken = desk.break_it(&central.connection, &of, &operator(), reason).await;
    match broken.map_err(unreachable)? {
        Broken::Busy(job) => Err(busy(&job)),
        Broken::Done { generation, .. } => Ok(generation),
        Broken::None => Ok(0),
    }
}

fn record(holder: &Safe, reason: &Safe) -> Safe {
    let by = operator();
    Safe::line(&format!("{} on {} broke the lease of {holder}: {reason}", by.user, by.machine))
}

fn anothers(what: &str, who: &str) -> Trouble {
    let why = format!(
        "{what} is held by somebody else by now ({who}): nothing was broken; look at it again"
    );
    Trouble::new(Exit::Locked, why)
}

pub(super) fn unreachable(error: RemoteError) -> Trouble {
    Trouble::new(Exit::Unreachable, error.message)
}

pub(super) fn busy(job: &Safe) -> Trouble {
    let why = format!(
        "a job runs there now ({job}), and a lease is not broken under it: end the job first, with `bunker abort RUN --kill`"
    );
    Trouble::new(Exit::Locked, why)
}
