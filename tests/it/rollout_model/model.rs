//! What a rollout must do, in a few lines: batches in order, a budget, a lease for each host, and what may become of each
//! host.

use std::collections::BTreeSet;

use bunker_ops::domain::plan::Plan;
use proptest::option;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use serde_json::json;

use crate::run_fake_lease::leased_host_plan;
use crate::run_fake_store::Death;
use crate::sample::plan_of;

/// What a host does when it is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// All goes well.
    Good,
    /// It takes the job, and the answer to that is lost.
    GoodButAnswerLost,
    /// The connection is cut here and there while the log is followed.
    GoodButCut,
    /// This step ends with an error.
    Fails(&'static str),
    /// It never becomes healthy.
    Sick,
    /// It cannot be reached.
    Unreachable,
    /// It refuses the key.
    KeyRefused,
    /// Somebody else holds the instance.
    Held,
}

impl Behaviour {
    /// The outcome of a host that is worked on to its end.
    fn outcome(self) -> &'static str {
        match self {
            Self::Good | Self::GoodButAnswerLost | Self::GoodButCut => "well",
            Self::Fails(_) | Self::Sick | Self::Held => "failed",
            Self::Unreachable | Self::KeyRefused => "unreachable",
        }
    }
}

/// What an operator does, this many milliseconds after a worker began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Pauses, and resumes so many milliseconds later.
    PauseFor(u64),
    /// Lets it go one at a time, and leaves that so many milliseconds later.
    StepFor(u64),
    /// Aborts.
    Abort,
    /// Kills.
    Kill,
}

/// What somebody else does with the lease of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Breaks it, whoever has it, unless a job runs.
    Breaks,
    /// Takes it for a run of their own, where nobody has it or it is over, and keeps it.
    Takes,
}

/// A deed, on which host (of those that there are), and how many milliseconds after a worker began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) after_ms: u64,
    host: usize,
    pub(super) deed: Deed,
}

impl Foreign {
    /// Which of so many hosts.
    pub(super) fn host(self, n_hosts: usize) -> usize {
        self.host % n_hosts
    }
}

/// One worker: what is asked of it, what others do meanwhile, and the write at which it dies.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) asked: Option<(u64, Ask)>,
    pub(super) foreign: Option<Foreign>,
    pub(super) death: Option<Death>,
    /// Seconds for which nobody looks after it has died.
    pub(super) alone_s: u64,
}

/// The rollout, and what happened to its workers so far.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) hosts: Vec<Behaviour>,
    pub(super) batches: Vec<usize>,
    pub(super) one_by_one: bool,
    pub(super) max_failed: u32,
    pub(super) max_unreachable: u32,
    /// Whether a worker died, or a person wanted one target at a time: then fewer may begin at once than planned.
    pub(super) disturbed: bool,
    pub(super) ended_early: bool,
    /// Hosts with whose lease somebody else did something.
    pub(super) meddled: BTreeSet<usize>,
}

impl Model {
    pub(super) fn name(n: usize) -> String {
        format!("h{n}")
    }

    /// The names of each batch.
    pub(super) fn names(&self) -> Vec<Vec<String>> {
        let mut next = 0..;
        let mut batch = |size: &usize| next.by_ref().take(*size).map(Self::name).collect();
        self.batches.iter().map(&mut batch).collect()
    }

    pub(super) fn plan(&self) -> Plan {
        let hosts = (0..self.hosts.len()).map(|n| leased_host_plan(&Self::name(n), 2)).collect();
        let names = self.names();
        let names: Vec<Vec<&str>> =
            names.iter().map(|b| b.iter().map(String::as_str).collect()).collect();
        let batches: Vec<&[&str]> = names.iter().map(Vec::as_slice).collect();
        let parallel = if self.one_by_one { 1 } else { 100 };
        let plan = plan_of(hosts, &batches, parallel);
        let mut plan = serde_json::to_value(plan).unwrap();
        plan["stops"]["max_failed"] = json!(self.max_failed);
        plan["stops"]["max_unreachable"] = json!(self.max_unreachable);
        serde_json::from_value(plan).unwrap()
    }

    /// What may have become of each host at the end of the run.
    pub(super) fn allowed(&self) -> Vec<BTreeSet<&'static str>> {
        let mut allowed: Vec<BTreeSet<&'static str>> = Vec::new();
        let (mut failed, mut unreachable) = (0, 0);
        let mut hosts = self.hosts.iter().enumerate();
        for size in &self.batches {
            let begun_with = self.is_spent(failed, unreachable);
            // Whoever loses its lease fails, and may be the one too many.
            let unsure = self.meddled.iter().any(|n| *n < allowed.len() + size);
            for (n, behaviour) in hosts.by_ref().take(*size) {
                let spent = self.is_spent(failed, unreachable);
                let own = behaviour.outcome();
                let mut may = BTreeSet::new();
                if self.ended_early {
                    may.extend([own, "not run", "cancelled"]);
                } else if begun_with || (spent && self.one_by_one) {
                    may.insert("not run");
                } else if self.disturbed && (spent || self.batch_may_spend()) {
                    // Whoever took over, or asked before it, found the budget spent and this host not begun.
                    may.extend([own, "not run"]);
                } else {
                    may.insert(own);
                }
                if unsure {
                    may.insert("not run");
                }
                if self.meddled.contains(&n) && own == "well" && may.contains(own) {
                    may.insert("failed");
                }
                if may.contains(own) {
                    failed += u32::from(own == "failed");
                    unreachable += u32::from(own == "unreachable");
                }
                allowed.push(may);
            }
        }
        allowed
    }

    fn is_spent(&self, failed: u32, unreachable: u32) -> bool {
        failed >= self.max_failed || unreachable >= self.max_unreachable
    }

    /// Side by side, a later host of a batch may end the budget before an earlier one was begun again.
    fn batch_may_spend(&self) -> bool {
        let count = |word| self.hosts.iter().filter(|b| b.outcome() == word).count() as u32;
        self.is_spent(count("failed"), count("unreachable"))
    }
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        6 => Just(Behaviour::Good),
        1 => Just(Behaviour::GoodButAnswerLost),
        1 => Just(Behaviour::GoodButCut),
        1 => prop_oneof![Just("up"), Just("record")].prop_map(Behaviour::Fails),
        1 => Just(Behaviour::Sick),
        1 => Just(Behaviour::Unreachable),
        1 => Just(Behaviour::KeyRefused),
        1 => Just(Behaviour::Held),
    ]
}

fn death() -> impl Strategy<Value = Death> {
    (1..80_usize, 0..3).prop_map(|(n, how)| match how {
        0 => Death::Before(n),
        1 => Death::After(n),
        _ => Death::Half(n),
    })
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Work;

    fn init_state() -> BoxedStrategy<Self> {
        let shape = (1..4_usize).prop_flat_map(|n| proptest::collection::vec(1..4_usize, n));
        let policy = (any::<bool>(), 1..4_u32, 1..4_u32);
        (shape, policy)
            .prop_flat_map(|(batches, (one_by_one, max_failed, max_unreachable))| {
                let n = batches.iter().sum::<usize>();
                proptest::collection::vec(behaviour(), n).prop_map(move |hosts| Self {
                    hosts,
                    batches: batches.clone(),
                    one_by_one,
                    max_failed,
                    max_unreachable,
                    disturbed: false,
                    ended_early: false,
                    meddled: BTreeSet::new(),
                })
            })
            .boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Work> {
        let ask = prop_oneof![
            6 => (1..20_000_u64).prop_map(Ask::PauseFor),
            // For longer than a lease holds, which a living worker prolongs.
            1 => (100_000..120_000_u64).prop_map(Ask::PauseFor),
            4 => (1..20_000_u64).prop_map(Ask::StepFor),
            2 => Just(Ask::Abort),
            2 => Just(Ask::Kill),
        ];
        let asked = option::weighted(0.3, (0..30_000_u64, ask));
        let deed = prop_oneof![Just(Deed::Breaks), Just(Deed::Takes)];
        let foreign = (0..200_000_u64, 0..12_usize, deed)
            .prop_map(|(after_ms, host, deed)| Foreign { after_ms, host, deed });
        let alone_s = prop_oneof![3 => 0..6_u64, 1 => 6..300_u64];
        let (foreign, death) = (option::weighted(0.25, foreign), option::weighted(0.8, death()));
        (asked, foreign, death, alone_s)
            .prop_map(|(asked, foreign, death, alone_s)| Work { asked, foreign, death, alone_s })
            .boxed()
    }

    fn apply(mut state: Self, work: &Work) -> Self {
        let steps = matches!(work.asked, Some((_, Ask::StepFor(_))));
        state.disturbed |= steps || work.death.is_some();
        state.meddled.extend(work.foreign.map(|foreign| foreign.host(state.hosts.len())));
        state.ended_early |= matches!(work.asked, Some((_, Ask::Abort | Ask::Kill)));
        state
    }
}
