//! Who holds what: the leases of some instances and of their fleet, as they were read last.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use super::effect::Effect;
use super::look::{Look, Looked};
use super::msg::Problem;
use crate::domain::ids::{HostId, RunId};
use crate::domain::lease::{FleetHeld, Lease, LeaseLook};
use crate::domain::untrusted::Safe;

/// What is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldOf {
    /// The whole fleet, while a campaign goes through it.
    Fleet,
    /// An instance.
    Instance(HostId),
}

impl fmt::Display for HoldOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet => f.write_str("the fleet"),
            Self::Instance(id) => write!(f, "{id}"),
        }
    }
}

/// What was read of who holds what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holds {
    /// The instances that are meant.
    pub hosts: Vec<HostId>,
    /// Whether the fleet is meant too.
    pub with_fleet: bool,
    /// The lease of each instance, or why it cannot be read.
    pub read: BTreeMap<HostId, Result<LeaseLook, Safe>>,
    /// Who goes through the fleet, or why that cannot be told; `None` until it was read.
    pub fleet: Option<Result<Option<FleetHeld>, Safe>>,
    /// What is being asked.
    pub asking: BTreeSet<HoldOf>,
    /// The request by which the fleet was asked for last.
    pub request: u64,
    /// When it was asked last.
    pub asked: Timestamp,
}

/// How something stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing<'a> {
    /// A run goes through the fleet.
    Campaign(&'a FleetHeld),
    /// It is held, and a job may run there.
    Held(&'a Lease, Option<&'a Safe>),
    /// A job runs there without a lease.
    Job(&'a Safe),
    /// It was held, and whoever held it let it run out.
    Over(&'a Lease),
    /// It cannot be read.
    Unknown(&'a Safe),
    /// It was not read yet.
    Asking,
    /// Nobody has it.
    Free,
}

impl Standing<'_> {
    /// What stands first in a list.
    fn rank(&self) -> u8 {
        match self {
            Self::Campaign(_) => 0,
            Self::Held(..) | Self::Job(_) => 1,
            Self::Over(_) => 2,
            Self::Unknown(_) => 3,
            Self::Asking | Self::Free => 4,
        }
    }

    /// Whether it stands in the way of another run.
    pub fn blocks(&self) -> bool {
        matches!(self, Self::Campaign(_) | Self::Held(..) | Self::Job(_))
    }

    /// Who, what, since when, how far, as a sentence part.
    pub fn who(&self) -> String {
        match self {
            Self::Campaign(held) => held.who.to_string(),
            Self::Held(lease, _) | Self::Over(lease) => lease.to_string(),
            Self::Job(job) => job.to_string(),
            Self::Unknown(why) => format!("unknown: {why}"),
            Self::Asking => "not read yet".to_owned(),
            Self::Free => "nobody".to_owned(),
        }
    }

    /// The run that has it.
    pub fn run(&self) -> Option<&RunId> {
        match self {
            Self::Campaign(held) => held.run.as_ref(),
            Self::Held(lease, _) | Self::Over(lease) => lease.run.as_ref(),
            Self::Job(_) | Self::Unknown(_) | Self::Asking | Self::Free => None,
        }
    }
}

impl Holds {
    /// Of these instances, and of the fleet where `with_fleet` says so.
    pub fn of(hosts: Vec<HostId>, with_fleet: bool) -> Self {
        Self { hosts, with_fleet, ..Self::default() }
    }

    /// Asks for all of it; what was known stays until the answers. One question a host, so that one that does not answer
    /// keeps no other waiting.
    pub fn ask(&mut self, request: u64, now: Timestamp) -> Vec<Effect> {
        (self.request, self.asked) = (request, now);
        self.asking = self.hosts.iter().cloned().map(HoldOf::Instance).collect();
        let ask = |id: &HostId| Effect::Look { request, what: Look::Lease(id.clone()) };
        let mut effects: Vec<Effect> = self.hosts.iter().map(ask).collect();
        if self.with_fleet {
            self.asking.insert(HoldOf::Fleet);
            effects.push(Effect::Look { request, what: Look::Campaign });
        }
        effects
    }

    /// Takes an answer that is for this; any other is dropped.
    pub fn take(&mut self, request: u64, answer: &Result<Looked, Problem>) {
        match answer {
            Ok(Looked::Lease(id, look)) if self.hosts.contains(id) => {
                self.asking.remove(&HoldOf::Instance(id.clone()));
                self.read.insert(id.clone(), look.clone());
            }
            Ok(Looked::Campaign(held)) if self.with_fleet => {
                self.asking.remove(&HoldOf::Fleet);
                self.fleet = Some(held.clone());
            }
            Err(problem) if request == self.request => {
                // Nobody is there to answer any of it.
                for of in std::mem::take(&mut self.asking) {
                    let why = problem.message.clone();
                    match of {
                        HoldOf::Fleet => self.fleet = Some(Err(why)),
                        HoldOf::Instance(id) => drop(self.read.insert(id, Err(why))),
                    }
                }
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// Whether every answer is there.
    pub fn settled(&self) -> bool {
        self.asking.is_empty()
    }

    /// How something stands.
    pub fn standing(&self, of: &HoldOf) -> Standing<'_> {
        match of {
            HoldOf::Fleet => match &self.fleet {
                None => Standing::Asking,
                Some(Err(why)) => Standing::Unknown(why),
                Some(Ok(None)) => Standing::Free,
                Some(Ok(Some(held))) => Standing::Campaign(held),
            },
            HoldOf::Instance(id) => match self.read.get(id) {
                None => Standing::Asking,
                Some(Err(why)) => Standing::Unknown(why),
                Some(Ok(look)) => match (look.against(None), &look.lease, &look.job) {
                    (Some(lease), _, job) => Standing::Held(lease, job.as_ref()),
                    (None, _, Some(job)) => Standing::Job(job),
                    (None, Some(lease), None) => Standing::Over(lease),
                    (None, None, None) => Standing::Free,
                },
            },
        }
    }

    /// All of it: what is held first.
    pub fn rows(&self) -> Vec<(HoldOf, Standing<'_>)> {
        let fleet = self.with_fleet.then_some(HoldOf::Fleet);
        let all = fleet.into_iter().chain(self.hosts.iter().cloned().map(HoldOf::Instance));
        let mut rows: Vec<_> = all
            .map(|of| {
                let standing = self.standing(&of);
                (of, standing)
            })
            .collect();
        rows.sort_by_key(|(_, standing)| standing.rank());
        rows
    }

    /// What stands in the way of another run. What cannot be read does not: the run itself will say so.
    pub fn in_the_way(&self) -> Vec<(HoldOf, Standing<'_>)> {
        let mut rows = self.rows();
        rows.retain(|(_, standing)| standing.blocks());
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(left_s: i64) -> LeaseLook {
        let lease = Lease {
            holder: "run x by ann".into(),
            run: "261122-221405-7f3a".parse().ok(),
            workflow: "upgrade".into(),
            target: "v2".into(),
            operator: "ann".into(),
            generation: 7,
            started: "then".into(),
            beat_age_s: Some(10),
            doing: "up, step 3 of 4".into(),
            left_s,
        };
        LeaseLook { lease: Some(lease), ..LeaseLook::default() }
    }

    #[test]
    fn what_is_held_stands_first_and_what_is_over_stands_in_nobodys_way() {
        let id = |name: &str| name.parse::<HostId>().unwrap();
        let mut holds = Holds::of(vec![id("a"), id("b"), id("c"), id("d")], true);
        let effects = holds.ask(3, Timestamp::UNIX_EPOCH);
        assert_eq!((effects.len(), holds.settled()), (5, false));
        assert!(holds.in_the_way().is_empty(), "nothing is known yet");
        let read = [("a", Ok(LeaseLook::default())), ("b", Ok(look(0))), ("c", Ok(look(20)))];
        for (name, look) in read {
            holds.take(3, &Ok(Looked::Lease(id(name), look)));
        }
        holds.take(3, &Ok(Looked::Campaign(Ok(None))));
        assert!(!holds.settled());
        let gone = Problem { message: "no answer".into(), hint: None };
        holds.take(2, &Err(gone.clone()));
        assert!(!holds.settled(), "that was about an older question");
        holds.take(3, &Err(gone));
        assert!(holds.settled());
        let names: Vec<String> = holds.rows().iter().map(|(of, _)| of.to_string()).collect();
        assert_eq!(names, ["c", "b", "d", "the fleet", "a"]);
        let blocking = holds.in_the_way();
        let [(of, standing)] = blocking.as_slice() else { panic!("{blocking:?}") };
        assert_eq!(*of, HoldOf::Instance(id("c")));
        assert!(standing.who().starts_with("run x by ann, at up, step 3 of 4"), "{standing:?}");
        assert_eq!(standing.run().map(RunId::short), Some("7f3a"));
    }
}
