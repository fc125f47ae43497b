//! Leases, campaigns and hooks that live in memory. Stand-ins: they answer what they are told to and remember.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::hook::{HookCall, HookEnd, HookPoint, PlannedHook};
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::lease::{Broken, FleetKey, LeaseOf, Renewed, Taken};
use bunker_ops::domain::remote::RemoteError;
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::ports::{CampaignHeld, Campaigns, HookRunner, LeaseDesk, StoreError};
use bunker_ops::engine::worker::AroundPorts;
use bunker_ops::steps::lease::Claim;
use bunker_ops::steps::lease_desk::Hold;

#[derive(Clone, Default)]
pub(crate) struct FakeAround {
    pub(crate) leases: Arc<FakeLeases>,
    pub(crate) campaigns: Arc<FakeCampaigns>,
    pub(crate) hooks: Arc<FakeHooks>,
}

impl FakeAround {
    pub(crate) fn ports(&self) -> AroundPorts {
        AroundPorts {
            leases: Arc::clone(&self.leases) as _,
            campaigns: Arc::clone(&self.campaigns) as _,
            hooks: Arc::clone(&self.hooks) as _,
        }
    }
}

/// What was asked of leases, as `renew a gate`; what taking one gives.
#[derive(Default)]
pub(crate) struct FakeLeases {
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) taken: Mutex<VecDeque<Result<Taken, RemoteError>>>,
    /// What prolonging one gives.
    pub(crate) renewed: Mutex<VecDeque<Renewed>>,
}

impl FakeLeases {
    fn note(&self, what: &str, to: &Connection, doing: &Safe) {
        self.asked
            .lock()
            .unwrap()
            .push(format!("{what} {} {doing}", to.host).trim_end().to_owned());
    }
}

#[async_trait]
impl LeaseDesk for FakeLeases {
    async fn take(
        &self,
        to: &Connection,
        _: &LeaseOf,
        _: &Claim,
        hold: &Hold,
    ) -> Result<Taken, RemoteError> {
        self.note("take", to, &hold.doing);
        self.taken.lock().unwrap().pop_front().unwrap_or(Ok(Taken::Ours(1)))
    }
    async fn renew(
        &self,
        to: &Connection,
        _: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        self.note("renew", to, &hold.doing);
        Ok(self.renewed.lock().unwrap().pop_front().unwrap_or(Renewed::Ours))
    }
    async fn give_back(
        &self,
        to: &Connection,
        _: &LeaseOf,
        _: &Hold,
    ) -> Result<Renewed, RemoteError> {
        self.note("give back", to, &"".into());
        Ok(Renewed::Ours)
    }
    async fn break_it(
        &self,
        _: &Connection,
        _: &LeaseOf,
        _: &Operator,
        _: &Safe,
    ) -> Result<Broken, RemoteError> {
        Ok(Broken::None)
    }
}

#[derive(Default)]
pub(crate) struct FakeCampaigns {
    pub(crate) held: Mutex<Option<CampaignHeld>>,
    pub(crate) ended: Mutex<u32>,
}

#[async_trait]
impl Campaigns for FakeCampaigns {
    async fn take_campaign(
        &self,
        _: &FleetKey,
        _: &RunId,
    ) -> Result<Option<CampaignHeld>, StoreError> {
        Ok(self.held.lock().unwrap().clone())
    }
    async fn end_campaign(&self, _: &FleetKey, _: &RunId) -> Result<(), StoreError> {
        *self.ended.lock().unwrap() += 1;
        Ok(())
    }
    async fn campaign(&self, _: &FleetKey) -> Result<Option<CampaignHeld>, StoreError> {
        Ok(self.held.lock().unwrap().clone())
    }
}

/// What hooks were told; what the next of a point says.
#[derive(Default)]
pub(crate) struct FakeHooks {
    pub(crate) calls: Mutex<Vec<HookCall>>,
    pub(crate) no: Mutex<VecDeque<HookPoint>>,
}

#[async_trait]
impl HookRunner for FakeHooks {
    async fn run(&self, hook: &PlannedHook, call: &HookCall) -> HookEnd {
        self.calls.lock().unwrap().push(call.clone());
        let mut no = self.no.lock().unwrap();
        let says_no = no.front() == Some(&hook.point);
        if says_no {
            no.pop_front();
        }
        HookEnd {
            failed: says_no.then(|| "it ended with exit code 3".into()),
            lines: vec!["said".into()],
            output: b"said\n".to_vec(),
            took_s: 0.1,
        }
    }
}
