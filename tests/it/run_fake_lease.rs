//! The lease of a host in memory, by the rules of `src/steps/lease.sh`, and the desk that changes it between jobs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::lease::{Broken, LeaseLook, LeaseOf, Renewed, Taken};
use bunker_ops::domain::remote::RemoteError;
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::ports::LeaseDesk;
use bunker_ops::steps::lease::Claim;
use bunker_ops::steps::lease_desk::Hold;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::run_fakes::FakeHosts;
use crate::sample::{Part, host_plan};

/// A host's part of a plan that takes the lease of the host, keeps it through a gate, and gives it back, also after a
/// failure.
pub(crate) fn leased_host_plan(id: &str, min_healthy_s: u64) -> Value {
    let parts = [
        Part::Job(&[("lease", "true"), ("up", "true")]),
        Part::Gate("gate"),
        Part::Job(&[("record", "true"), ("give-back", "true")]),
    ];
    let mut plan = host_plan(id, &parts);
    plan["phases"][1]["min_healthy_s"] = json!(min_healthy_s);
    plan["phases"][1]["deadline_s"] = json!(min_healthy_s + 10);
    plan["on_failure"] = json!([{
        "id": "free-lease", "script": "true", "timeout_s": 60, "title": "free-lease", "changes": null
    }]);
    plan
}

/// How long a lease holds after a step of a job has prolonged it.
pub(crate) const HOLD: Duration = Duration::from_secs(90);

/// Who has a lease.
#[derive(Debug, Clone)]
struct Holder {
    run: RunId,
    generation: u64,
    until: Instant,
}

/// Who may change a host. A lease that is over stays until another is taken or it is given back.
#[derive(Debug, Default)]
pub(crate) struct FakeLease {
    holder: Option<Holder>,
    generation: u64,
}

impl FakeLease {
    /// Takes it: a run may take its own again, and anybody one that is over.
    pub(crate) fn take(&mut self, run: &RunId, now: Instant) -> Result<u64, RunId> {
        if let Some(holder) = &mut self.holder {
            if holder.run == *run {
                holder.until = holder.until.max(now + HOLD);
                return Ok(holder.generation);
            }
            if holder.until > now {
                return Err(holder.run.clone());
            }
        }
        self.generation += 1;
        let generation = self.generation;
        self.holder = Some(Holder { run: run.clone(), generation, until: now + HOLD });
        Ok(generation)
    }

    /// Whether a job that was made under this generation may run.
    pub(crate) fn allows(&self, fence: Option<u64>) -> bool {
        fence.is_none_or(|fence| self.generation <= fence)
    }

    /// The last that was given away.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn is_of(&self, run: &RunId) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.run == *run)
    }

    /// Whether a run has it and has let it run out.
    pub(crate) fn is_over(&self, run: &RunId, now: Instant) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.run == *run && holder.until <= now)
    }

    fn is_ours(&self, run: &RunId, fence: Option<u64>) -> bool {
        self.is_of(run) && self.allows(fence)
    }

    pub(crate) fn prolong(&mut self, run: &RunId, until: Instant) {
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.run == *run) {
            holder.until = holder.until.max(until);
        }
    }

    pub(crate) fn give_back(&mut self, run: &RunId) {
        self.holder.take_if(|holder| holder.run == *run);
    }

    /// Takes it from whoever has it and refuses all that they still send.
    pub(crate) fn break_it(&mut self) -> Option<u64> {
        self.holder.take()?;
        self.generation += 1;
        Some(self.generation)
    }

    fn changed(&mut self, hold: &Hold, act: impl FnOnce(&mut Self)) -> Renewed {
        match &self.holder {
            Some(_) if self.is_ours(&hold.run, hold.fence) => {
                act(self);
                Renewed::Ours
            }
            Some(holder) => Renewed::Lost(Safe::line(&format!("run {}", holder.run))),
            None if self.allows(hold.fence) => Renewed::Gone,
            None => Renewed::Lost(Safe::line(&format!("generation {}", self.generation))),
        }
    }
}

/// The leases of fake hosts, changed without a job.
pub(crate) struct HostLeases(pub(crate) Arc<FakeHosts>);

#[async_trait]
impl LeaseDesk for HostLeases {
    async fn take(
        &self,
        to: &Connection,
        of: &LeaseOf,
        _: &Claim,
        hold: &Hold,
    ) -> Result<Taken, RemoteError> {
        self.0.at_desk(to, of, |lease, busy| match lease {
            _ if busy => Taken::Busy("a job".into()),
            lease => match lease.take(&hold.run, Instant::now()) {
                Ok(generation) => Taken::Ours(generation),
                Err(_) => Taken::Held(Box::<LeaseLook>::default()),
            },
        })
    }

    async fn renew(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        let until = Instant::now() + Duration::from_secs(hold.hold_s);
        self.0.at_desk(to, of, |lease, busy| match lease {
            _ if busy => Renewed::Busy,
            lease => lease.changed(hold, |lease| lease.prolong(&hold.run, until)),
        })
    }

    async fn give_back(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        self.0.at_desk(to, of, |lease, busy| match lease {
            _ if busy => Renewed::Busy,
            lease => lease.changed(hold, |lease| lease.give_back(&hold.run)),
        })
    }

    async fn break_it(
        &self,
        to: &Connection,
        of: &LeaseOf,
        _: &Operator,
        _: &Safe,
    ) -> Result<Broken, RemoteError> {
        self.0.at_desk(to, of, |lease, busy| match lease {
            _ if busy => Broken::Busy("a job".into()),
            lease => lease.break_it().map_or(Broken::None, |generation| Broken::Done {
                generation,
                holder: "a run".into(),
            }),
        })
    }
}
