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
    /// What is asked next, once an answer has come.
    waiting: Vec<HoldOf>,
    /// The request by which all was asked for last.
    pub request: u64,
    /// When all was asked for last.
    pub asked: Timestamp,
    /// When something was asked last.
    sent: Timestamp,
}

/// Questions under way at once: as many as there are connections begun at once to hosts that do not answer.
const AT_ONCE: usize = 16;
/// Seconds after the last question in which its answer comes, or never will: a host has ten, and connecting as many.
const LOST_S: i64 = 60;

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
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Campaign(_) => 0,
            Self::Held(..) | Self::Job(_) => 1,
            Self::Over(_) => 2,
            Self::Unknown(_) => 3,
            Self::Asking | Self::Free => 4,
        }
    }

    /// Its word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Campaign(_) | Self::Held(..) => "held",
            Self::Job(_) => "job",
            Self::Over(_) => "over",
            Self::Unknown(_) => "unknown",
            Self::Asking => "asking",
            Self::Free => "free",
        }
    }

    /// The lease, whether it still counts or is over.
    pub(super) fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Held(lease, _) | Self::Over(lease) => Some(lease),
            Self::Campaign(_) | Self::Job(_) | Self::Unknown(_) | Self::Asking | Self::Free => None,
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

    /// Asks for all of it, a few at once and `first` before the others; what was known stays until the answers. One question a
    /// host, so that one that does not answer keeps no other waiting. While answers are waited for, nothing is asked twice.
    pub fn ask(&mut self, request: u64, now: Timestamp, first: &[HoldOf]) -> Vec<Effect> {
        let lost = now.duration_since(self.sent).as_secs() >= LOST_S;
        if self.settled() || lost {
            (self.request, self.asked) = (request, now);
            self.asking.clear();
            self.waiting = self.all();
        }
        self.next(now, first)
    }

    /// Asks for all once more after the answers that are waited for: they may be older than what was just done.
    pub fn all_again(&mut self) {
        self.waiting = self.all();
    }

    fn all(&self) -> Vec<HoldOf> {
        let fleet = self.with_fleet.then_some(HoldOf::Fleet);
        fleet.into_iter().chain(self.hosts.iter().cloned().map(HoldOf::Instance)).collect()
    }

    /// Whether something waits to be asked.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Asks what waits to be asked, as far as there is room; `first` before the others.
    pub fn next(&mut self, now: Timestamp, first: &[HoldOf]) -> Vec<Effect> {
        let seen: BTreeSet<&HoldOf> = first.iter().collect();
        let mut effects = Vec::new();
        while self.asking.len() < AT_ONCE {
            let open = |of: &HoldOf| !self.asking.contains(of);
            let place = |wanted: &dyn Fn(&HoldOf) -> bool| {
                self.waiting.iter().position(|of| wanted(of) && open(of))
            };
            let at = first
                .first()
                .and_then(|selected| place(&|of| of == selected))
                .or_else(|| place(&|of| seen.contains(of)))
                .or_else(|| place(&|_| true));
            let Some(at) = at else { break };
            let of = self.waiting.remove(at);
            let what = match &of {
                HoldOf::Fleet => Look::Campaign,
                HoldOf::Instance(id) => Look::Lease(id.clone()),
            };
            effects.push(Effect::Look { request: self.request, what });
            self.asking.insert(of);
            self.sent = now;
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
                let waiting = std::mem::take(&mut self.waiting);
                for of in std::mem::take(&mut self.asking).into_iter().chain(waiting) {
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
        self.n_open() == 0
    }

    /// How many answers are missing.
    pub fn n_open(&self) -> usize {
        self.asking.len() + self.waiting.len()
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
        let effects = holds.ask(3, Timestamp::UNIX_EPOCH, &[]);
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

    /// Each answer makes room for one more question, and nothing is asked again before the last has been answered.
    #[test]
    fn a_thousand_are_asked_a_few_at_once_those_that_are_seen_first_and_each_once_a_round() {
        let at = |s: i64| Timestamp::from_second(1_000 + s).unwrap();
        let ids: Vec<HostId> = (0..1_000).map(|n| format!("h{n}").parse().unwrap()).collect();
        let seen: Vec<HoldOf> = ids[500..540].iter().cloned().map(HoldOf::Instance).collect();
        let mut holds = Holds::of(ids, true);
        let asked = |effect: &Effect| {
            let Effect::Look { what: Look::Lease(id), .. } = effect else { return None };
            Some(id.clone())
        };
        let mut flying = holds.ask(1, at(0), &seen);
        let (mut order, mut n_most) = (Vec::new(), 0);
        while !flying.is_empty() {
            n_most = n_most.max(flying.len());
            assert!(holds.ask(2, at(5), &seen).is_empty(), "the round goes on");
            let effect = flying.remove(0);
            let answer = if let Some(id) = asked(&effect) {
                order.push(id.to_string());
                Looked::Lease(id, Ok(LeaseLook::default()))
            } else {
                order.push("the fleet".to_owned());
                Looked::Campaign(Ok(None))
            };
            holds.take(1, &Ok(answer));
            flying.extend(holds.next(at(5), &seen));
        }
        assert_eq!((n_most, order.len(), holds.settled()), (AT_ONCE, 1_001, true));
        let first: Vec<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(order[..40], first);
        let n_once = order.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(n_once, 1_001);
        // The next round, in which all is wanted again while some is asked, and then nobody answers any more.
        assert_eq!(holds.ask(3, at(20), &[]).len(), AT_ONCE);
        holds.all_again();
        assert_eq!(holds.n_open(), 1_001 + AT_ONCE);
        assert!(holds.ask(4, at(20 + LOST_S - 1), &[]).is_empty());
        assert_eq!(holds.ask(5, at(20 + LOST_S), &[]).len(), AT_ONCE, "answers that never came");
        assert_eq!(holds.n_open(), 1_001);
    }
}
