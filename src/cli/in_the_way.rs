//! Who stands in the way of a plan: leases of its instances, and of its fleet.

use std::time::Duration;

use super::exit::{Exit, Trouble};
use super::wiring;
use crate::adapters::ssh::SshPool;
use crate::domain::ids::RunId;
use crate::domain::lease::LeaseOf;
use crate::domain::plan::Plan;
use crate::domain::untrusted::Safe;
use crate::engine::leases;
use crate::engine::ports::RunReader;

/// Between two looks of somebody who waits.
const LOOK: Duration = Duration::from_secs(2);

/// One lease that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InTheWay {
    /// What is held: an instance, or the fleet.
    pub(super) what: Safe,
    /// By whom, since when, how far.
    pub(super) who: Safe,
    /// The run, where it is known.
    pub(super) run: Option<RunId>,
}

/// Looks at all of them at once. A host that does not answer stands in nobody's way: the run itself will say so.
pub(super) async fn look(hosts: &SshPool, plan: &Plan) -> Result<Vec<InTheWay>, Trouble> {
    let mut found = Vec::new();
    let targets = plan.targets().map(|host| (&host.id, &host.connection));
    let (seen, fleet) =
        futures_util::join!(leases::look_at_all(hosts, targets), the_fleet(hosts, plan));
    found.extend(fleet?);
    for lease in seen {
        let Ok(look) = lease.look else { continue };
        if let Some(held) = look.against(None) {
            found.push(InTheWay {
                what: Safe::line(lease.host.as_str()),
                who: Safe::line(&held.to_string()),
                run: held.run.clone(),
            });
        } else if let Some(job) = look.job {
            found.push(InTheWay { what: Safe::line(lease.host.as_str()), who: job, run: None });
        }
    }
    Ok(found)
}

async fn the_fleet(hosts: &SshPool, plan: &Plan) -> Result<Option<InTheWay>, Trouble> {
    let Some(spec) = &plan.around.campaign else { return Ok(None) };
    let what = Safe::line(&format!("the fleet {}", plan.fleet));
    if let Some(held) = wiring::store_reader()?.campaign(&spec.fleet).await? {
        let (who, run) = (Safe::line(&held.to_string()), Some(held.run));
        return Ok(Some(InTheWay { what, who, run }));
    }
    let Some(central) = &spec.central else { return Ok(None) };
    let of = LeaseOf::Campaign(spec.fleet.clone());
    let look = leases::look(hosts, central, &of).await;
    let held = look.ok().and_then(|look| look.against(None).cloned());
    Ok(held.map(|held| InTheWay { what, who: Safe::line(&held.to_string()), run: held.run }))
}

/// What to tell a person, with what can be done.
pub(super) async fn words(found: &[InTheWay]) -> String {
    let mut text = String::new();
    for one in found {
        text.extend([one.what.as_str(), " is held by ", one.who.as_str(), "\n"]);
    }
    let store = wiring::store_reader().ok();
    for run in found.iter().filter_map(|one| one.run.as_ref()) {
        let known = match &store {
            Some(store) => store.find(run.as_str()).await.is_ok(),
            None => false,
        };
        if known {
            text.extend(["watch it: `bunker attach ", run.as_str(), "`; "]);
            break;
        }
    }
    text.push_str("wait for it: --wait; take it away: `bunker lease break HOST --reason TEXT`");
    text
}

/// Returns when nothing stands in the way. Without `wait` that is now or never; else it waits so many seconds, and
/// says what for.
pub(super) async fn until_free(
    hosts: &SshPool,
    plan: &Plan,
    wait: Option<u64>,
) -> Result<(), Trouble> {
    let until = tokio::time::Instant::now() + Duration::from_secs(wait.unwrap_or(0));
    let mut told = String::new();
    loop {
        let found = look(hosts, plan).await?;
        if found.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() >= until {
            return Err(Trouble::new(Exit::Locked, words(&found).await));
        }
        let names: Vec<String> = found.iter().map(|one| one.what.to_string()).collect();
        let now = names.join(", ");
        if told != now {
            for one in &found {
                super::run::say(&format!("waiting: {} is held by {}", one.what, one.who));
            }
            told = now;
        }
        tokio::time::sleep(LOOK).await;
    }
}
