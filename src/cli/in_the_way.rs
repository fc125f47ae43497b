//! Who stands in the way of a plan: leases of its instances, and of its fleet.

use std::time::Duration;

use tokio::time::Instant;

use super::exit::{Exit, Trouble};
use super::wiring;
use crate::adapters::ssh::SshPool;
use crate::domain::ids::RunId;
use crate::domain::lease::LeaseOf;
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::untrusted::Safe;
use crate::engine::leases;
use crate::engine::ports::RunReader;

/// Between two looks of somebody who waits.
const LOOK: Duration = Duration::from_secs(2);

/// How often it is planned anew for what nobody holds by now, though the plan says so.
const AGAIN: u32 = 3;

/// One lease that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InTheWay {
    /// What is held: an instance, or the fleet.
    pub(super) what: Safe,
    /// By whom, since when, how far.
    pub(super) who: Safe,
    /// Who and how far: while it is the same, nothing new is to be told of it.
    far: Safe,
    /// The run, where it is known.
    pub(super) run: Option<RunId>,
}

/// Looks at all that stands in the way of a plan, at once. A host that does not answer stands in nobody's way: the run
/// itself will say so.
pub(super) async fn look(hosts: &SshPool, plan: &Plan) -> Result<Vec<InTheWay>, Trouble> {
    look_at(hosts, plan, &plan.targets().collect::<Vec<_>>()).await
}

async fn look_at(
    hosts: &SshPool,
    plan: &Plan,
    targets: &[&HostPlan],
) -> Result<Vec<InTheWay>, Trouble> {
    let of = targets.iter().map(|host| (&host.id, &host.connection));
    let (seen, fleet) = futures_util::join!(leases::look_at_all(hosts, of), the_fleet(hosts, plan));
    let mut found: Vec<InTheWay> = fleet?.into_iter().collect();
    for lease in seen {
        let Ok(look) = lease.look else { continue };
        let what = Safe::line(lease.host.as_str());
        if let Some(held) = look.against(None) {
            let who = Safe::line(&held.to_string());
            let far = Safe::line(&format!("{}, {}", held.holder, held.doing));
            found.push(InTheWay { what, who, far, run: held.run.clone() });
        } else if let Some(job) = look.job {
            found.push(InTheWay { what, far: job.clone(), who: job, run: None });
        }
    }
    Ok(found)
}

async fn the_fleet(hosts: &SshPool, plan: &Plan) -> Result<Option<InTheWay>, Trouble> {
    let Some(spec) = &plan.around.campaign else { return Ok(None) };
    let what = Safe::line(&format!("the fleet {}", plan.fleet));
    if let Some(held) = wiring::store_reader()?.campaign(&spec.fleet).await? {
        let (who, run) = (Safe::line(&held.to_string()), Some(held.run));
        return Ok(Some(InTheWay { what, far: who.clone(), who, run }));
    }
    let Some(central) = &spec.central else { return Ok(None) };
    let of = LeaseOf::Campaign(spec.fleet.clone());
    let look = leases::look(hosts, central, &of).await;
    let held = look.ok().and_then(|look| look.against(None).cloned());
    Ok(held.map(|held| {
        let far = Safe::line(&format!("{}, {}", held.holder, held.doing));
        InTheWay { what, who: Safe::line(&held.to_string()), far, run: held.run }
    }))
}

/// What to tell a person, with what can be done; `waited` are the seconds for which it was waited in vain.
async fn words(found: &[InTheWay], waited: Option<u64>) -> String {
    let mut text = String::new();
    if let Some(seconds) = waited {
        text = format!("gave up after waiting {seconds} s, and nothing was started:\n");
    }
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
    let longer =
        if waited.is_some() { "wait longer: --wait=SECONDS" } else { "wait for it: --wait" };
    text.extend([longer, "; take it away: `bunker lease break HOST --reason TEXT`"]);
    text
}

/// How long somebody waits for who stands in the way: all of it counts from one moment, however often it is planned.
pub(super) struct Patience {
    seconds: Option<u64>,
    until: Instant,
    told: Vec<Safe>,
    /// How often a plan left something out that nobody held any more.
    n_late: u32,
}

impl Patience {
    /// So many seconds from now on; `None` is not to wait at all.
    pub(super) fn of(seconds: Option<u64>) -> Self {
        let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
        Self { seconds, until, told: Vec::new(), n_late: 0 }
    }

    /// Returns when nothing stands in the way of a plan: whether it was waited, so that the plan is an old one. Who waits
    /// waits for what the plan left out since it was held, too. Who does not has just seen the leases in planning: whoever
    /// came since is met by the first step, which takes the lease.
    pub(super) async fn until_free(
        &mut self,
        hosts: &SshPool,
        plan: &Plan,
    ) -> Result<bool, Trouble> {
        let waits = self.seconds.is_some();
        let mut targets: Vec<&HostPlan> = plan.targets().filter(|_| waits).collect();
        let n_ready = targets.len();
        targets.extend(plan.held().filter(|_| waits));
        let mut waited = false;
        loop {
            let found = look_at(hosts, plan, &targets).await?;
            if found.is_empty() {
                // Given back between the plan and this look: planned once more, but not for ever.
                self.n_late += u32::from(!waited && targets.len() > n_ready);
                return Ok(waited || (targets.len() > n_ready && self.n_late <= AGAIN));
            }
            if Instant::now() >= self.until {
                return Err(Trouble::new(Exit::Locked, words(&found, self.seconds).await));
            }
            waited = true;
            self.tell(&found);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Says what is waited for, where that is new.
    fn tell(&mut self, found: &[InTheWay]) {
        let now: Vec<Safe> =
            found.iter().map(|one| Safe::line(&format!("{} {}", one.what, one.far))).collect();
        for (one, _) in found.iter().zip(&now).filter(|(_, far)| !self.told.contains(far)) {
            super::run::say(&format!("waiting: {} is held by {}", one.what, one.who));
        }
        self.told = now;
    }
}
