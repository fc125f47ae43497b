//! The lease of the whole fleet: two runs that go through several instances never interleave.
//!
//! Among the runs of one store the store decides. Where the inventory names a central server a lease there decides
//! between control machines, too. A central server that does not answer stops nobody: the lease of each instance still
//! keeps two runs apart there, and the run notes that it went without.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::super::shared::Shared;
use super::{Finding, Place, Side};
use crate::domain::connection::Connection;
use crate::domain::lease::{LeaseLook, LeaseOf, Renewed, Taken};
use crate::domain::plan::CampaignSpec;
use crate::domain::run::event::EventKind;
use crate::domain::run::operator::Operator;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;
use crate::steps::lease::Claim;
use crate::steps::lease_desk::Hold;

/// Between two signs of life on the central server.
const EVERY: Duration = Duration::from_secs(15);
/// Seconds that the lease holds there after one.
const HOLD_S: u64 = 90;

/// Takes the fleet before each batch, and again by each worker: what was lost meanwhile ends the run here.
pub(super) async fn check(place: &Place<'_>) -> Result<Finding, StoreError> {
    let shared = place.shared;
    let Some(spec) = &shared.plan.around.campaign else { return Ok(Finding::GoOn) };
    if place.side == Side::After {
        return Ok(Finding::GoOn);
    }
    if let Some(held) =
        shared.ports.around.campaigns.take_campaign(&spec.fleet, &shared.run).await?
    {
        return Ok(Finding::Stop(Safe::line(&held.to_string())));
    }
    let Some(central) = &spec.central else { return Ok(Finding::GoOn) };
    let (claim, hold) = (claim(shared, &place.state), hold(shared, &place_words(place)));
    let of = LeaseOf::Campaign(spec.fleet.clone());
    match shared.ports.around.leases.take(central, &of, &claim, &hold).await {
        Ok(Taken::Ours(_)) => Ok(Finding::GoOn),
        Ok(Taken::Held(look)) => Ok(Finding::Stop(held_there(central, &look))),
        Ok(Taken::Busy(what)) => {
            Ok(Finding::Stop(Safe::line(&format!("the lease of the fleet is being used: {what}"))))
        }
        Err(error) => {
            let text = format!(
                "the central server {} could not be asked for the lease of the fleet, so another control machine may go \
                 through it too: {}",
                central.host, error.message
            );
            shared.add(vec![EventKind::Noted { text: Safe::line(&text) }]).await?;
            Ok(Finding::GoOn)
        }
    }
}

fn place_words(place: &Place<'_>) -> String {
    format!("batch {} of {}", place.batch + 1, place.shared.plan.batches.len())
}

fn held_there(central: &Connection, look: &LeaseLook) -> Safe {
    let who = look.lease.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string);
    Safe::line(&format!(
        "another control machine goes through the fleet, by {}: {who}",
        central.host
    ))
}

/// Says on the central server that the run lives, until it has ended. A lease that was broken or lost there ends the
/// run: nothing further is started.
pub(in crate::engine::worker) async fn keep(shared: &Shared) -> Result<Infallible, StoreError> {
    let spec = shared.plan.around.campaign.as_ref();
    let Some((spec, central)) = spec.and_then(|spec| Some((spec, spec.central.as_ref()?))) else {
        return std::future::pending().await;
    };
    let (of, hold) = (LeaseOf::Campaign(spec.fleet.clone()), hold(shared, ""));
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.tick().await;
    loop {
        tick.tick().await;
        let renewed = shared.ports.around.leases.renew(central, &of, &hold).await;
        if let Ok(Renewed::Lost(who)) = renewed {
            let why = format!("the lease of the fleet was lost on {}: it is {who}", central.host);
            shared.stop(Safe::line(&why)).await?;
            return std::future::pending().await;
        }
    }
}

/// Gives the fleet back.
pub(super) async fn after_run(shared: &Shared) -> Result<(), StoreError> {
    let Some(CampaignSpec { fleet, central }) = &shared.plan.around.campaign else { return Ok(()) };
    if let Some(central) = central {
        let of = LeaseOf::Campaign(fleet.clone());
        let given = shared.ports.around.leases.give_back(central, &of, &hold(shared, "")).await;
        if let Err(error) = given {
            // It ends by itself within HOLD_S.
            tracing::warn!(
                message = error.message.as_str(),
                "the lease of the fleet was not given back"
            );
        }
    }
    shared.ports.around.campaigns.end_campaign(fleet, &shared.run).await
}

fn hold(shared: &Shared, doing: &str) -> Hold {
    Hold { run: shared.run.clone(), fence: None, hold_s: HOLD_S, doing: Safe::line(doing) }
}

fn claim(shared: &Shared, state: &RunState) -> Claim {
    let unknown = Operator { user: "somebody".into(), machine: "unknown".into(), from: None };
    let target = shared.plan.target.as_ref();
    let target = target.map(|t| format!("{} ({})", t.reference, t.sha.short())).unwrap_or_default();
    Claim {
        workflow: shared.plan.workflow.name(),
        target: Safe::line(&target),
        operator: state.by.clone().unwrap_or(unknown),
    }
}
