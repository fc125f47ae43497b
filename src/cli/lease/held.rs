//! Who goes through the whole fleet.

use serde_json::{Value, json};

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use crate::adapters::ssh::SshPool;
use crate::domain::fleet::Fleet;
use crate::domain::ids::RunId;
use crate::domain::lease::{FleetHeld, FleetKey, Lease, LeaseOf};
use crate::domain::untrusted::Safe;
use crate::engine::leases;
use crate::engine::ports::CampaignHeld;

/// Who goes through the fleet.
pub(in crate::cli) enum Held {
    /// A run of this store.
    Here(Box<CampaignHeld>),
    /// A run of another control machine, by the central server.
    There(Box<Lease>),
}

impl Held {
    /// Who and what, since when, how far.
    pub(super) fn who(&self) -> Safe {
        match self {
            Self::Here(held) => Safe::line(&held.to_string()),
            Self::There(lease) => Safe::line(&lease.to_string()),
        }
    }

    /// The run, where it is known.
    pub(super) fn run(&self) -> Option<&RunId> {
        match self {
            Self::Here(held) => Some(&held.run),
            Self::There(lease) => lease.run.as_ref(),
        }
    }

    pub(super) fn words(&self, fleet: &Fleet) -> String {
        format!("the fleet {} is held by {}", fleet.name, self.who())
    }

    pub(super) fn as_json(&self) -> Value {
        match self {
            Self::Here(held) => json!({ "run": held.run, "since": held.since, "alive": held.alive,
                "held_by": self.who() }),
            Self::There(_) => json!({ "held_by": self.who() }),
        }
    }

    /// The same for the cockpit.
    pub(in crate::cli) fn told(&self) -> FleetHeld {
        let alive = matches!(self, Self::Here(held) if held.alive);
        FleetHeld { who: self.who(), run: self.run().cloned(), alive }
    }

    /// Refuses where its worker lives: that is ended, not robbed.
    pub(super) fn may_be_broken(&self) -> Result<(), Trouble> {
        let Self::Here(here) = self else { return Ok(()) };
        if !here.alive {
            return Ok(());
        }
        let why = format!(
            "its worker lives: end it first (`bunker abort {0}`, and `bunker abort {0} --kill` where that takes too long)",
            here.run
        );
        Err(Trouble::new(Exit::Locked, why))
    }
}

/// Looks who goes through the fleet: in the store of this machine, else on the central server.
pub(in crate::cli) async fn campaign(
    fleet: &Fleet,
    hosts: &SshPool,
) -> Result<Option<Held>, Trouble> {
    let key = FleetKey::of(&fleet.name);
    if let Some(held) = wiring::store_reader()?.campaign(&key).await? {
        return Ok(Some(Held::Here(Box::new(held))));
    }
    let Some(central) = fleet.central() else { return Ok(None) };
    let look = leases::look(hosts, &central.connection, &LeaseOf::Campaign(key)).await;
    let lease = look.ok().and_then(|look| look.lease);
    Ok(lease.map(|lease| Held::There(Box::new(lease))))
}
