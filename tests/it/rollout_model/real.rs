//! The real worker, driven as the model says, and what must hold of it at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::RunState;
use bunker_ops::engine::ports::RunWriter;
use bunker_ops::engine::worker::carry_out;
use proptest_state_machine::StateMachineTest;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::model::{Ask, Behaviour, Deed, Model, Work};
use crate::run_engine::Bench;
use crate::run_fake_lease::HostLeases;
use crate::run_fakes::StartFault;
use crate::sample::{ann, host, run_id};

pub(super) struct Real {
    runtime: Runtime,
    bench: Bench,
    /// Outcomes that the journal had at the last look.
    before: BTreeMap<String, Outcome>,
    /// Whether a worker died: until another looks, leases may run out.
    died: bool,
    /// Hosts whose lease somebody else really broke or took.
    lost: BTreeSet<usize>,
}

impl Real {
    fn state(&self) -> RunState {
        self.bench.store.state(&run_id(1))
    }

    fn work(&mut self, model: &Model, work: &Work) {
        if self.state().finished.is_some() {
            return;
        }
        let (bench, n_hosts) = (&self.bench, model.hosts.len());
        let lost = self.runtime.block_on(async {
            resume(bench).await;
            let meddling = async {
                let Some(foreign) = work.foreign else { return std::future::pending().await };
                tokio::time::sleep(Duration::from_millis(foreign.after_ms)).await;
                let host = foreign.host(n_hosts);
                meddles(bench, host, foreign.deed).then_some(host)
            };
            let asking = async {
                if let Some((after_ms, ask)) = work.asked {
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                    act(bench, ask).await;
                }
                std::future::pending::<()>().await;
            };
            let keeping = async {
                if self.died {
                    std::future::pending::<()>().await;
                }
                leases_never_run_out(bench, n_hosts).await;
            };
            let mut store = bench.store.clone();
            store.death = work.death.map(|death| death.later(bench.store.n_writes()));
            let mut ports = bench.ports(store);
            ports.around.leases = Arc::new(HostLeases(Arc::clone(&bench.hosts)));
            let worker = Box::pin(carry_out(ports, run_id(1), 6));
            let most = Duration::from_hours(24);
            let working = async {
                let ended = tokio::time::timeout(most, async {
                    tokio::select! {
                        ended = worker => ended,
                        () = asking => unreachable!(),
                        () = keeping => unreachable!(),
                    }
                });
                let ended = ended.await.expect("a worker ends within a day");
                let finished = bench.store.state(&run_id(1)).finished.is_some();
                assert!(finished || ended.is_err(), "a worker ended before its run did");
                tokio::time::sleep(Duration::from_secs(work.alone_s)).await;
            };
            tokio::pin!(working);
            tokio::select! {
                () = &mut working => None,
                lost = meddling => {
                    working.await;
                    lost
                }
            }
        });
        self.lost.extend(lost);
        self.died |= work.death.is_some();
    }

    /// Nothing was changed by a run that did not have the lease, and none is left behind.
    fn assert_leases(&self, model: &Model, state: &RunState) {
        for n in 0..model.hosts.len() {
            let name = Model::name(n);
            let ours = self.bench.hosts.with(&name, |h| {
                h.settle(Instant::now());
                assert_eq!(h.trespasses, Vec::<String>::new(), "{name}");
                h.lease.is_of(&run_id(1))
            });
            let outcome = state.host(&host(&name)).unwrap().outcome.as_ref();
            let over = state.finished.is_some() && !matches!(outcome, Some(Outcome::Unknown(_)));
            assert!(!ours || !over, "{name}: the lease was not given back ({outcome:?})");
        }
    }

    /// No step began twice, and the log here is the beginning of the log there.
    fn assert_hosts(&self, model: &Model, whole: bool) {
        for (step, n) in self.bench.hosts.starts() {
            assert_eq!(n, 1, "{step} began {n} times");
        }
        for n in 0..model.hosts.len() {
            let name = Model::name(n);
            let jobs = self.state().host(&host(&name)).unwrap().jobs.clone();
            for (seq, job) in jobs {
                let here = self.bench.store.raw(&name, seq);
                let has = self.bench.hosts.with(&name, |h| h.has_job(seq));
                let there = if has { self.bench.hosts.log(&name, seq) } else { Vec::new() };
                assert!(there.starts_with(&here), "{name}, job {seq}: the log here is another");
                let over = whole && job.end.is_some() && model.hosts[n] != Behaviour::Held;
                assert!(!over || here == there, "{name}, job {seq}: the log here is not whole");
            }
        }
    }

    /// A host that was started has its intent before that in the journal, and no batch overtakes another.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other kinds say nothing of the order")]
    fn assert_order(&self, model: &Model) {
        let kinds = self.bench.store.kinds();
        let mut done: Vec<String> = Vec::new();
        let names = model.names();
        for kind in &kinds {
            match kind {
                EventKind::HostStarted { host } => {
                    let at = names.iter().position(|b| b.contains(&host.to_string())).unwrap();
                    let open = names[..at].iter().flatten().find(|name| !done.contains(name));
                    assert_eq!(open, None, "{host} was started before this one had ended");
                }
                EventKind::HostFinished { host, .. } => {
                    assert!(!done.contains(&host.to_string()), "{host} ended twice");
                    done.push(host.to_string());
                }
                _ => {}
            }
        }
        for name in names.iter().flatten() {
            let n_starts = self.bench.hosts.with(name, |h| h.n_starts) as usize;
            let intended = kinds.iter().filter(
                |kind| matches!(kind, EventKind::JobIntended { host, .. } if host.as_str() == name),
            );
            assert!(n_starts <= intended.count(), "{name}: a job without an intent");
        }
    }
}

/// Whether the deed of somebody else came to anything.
fn meddles(bench: &Bench, n: usize, deed: Deed) -> bool {
    bench.hosts.with(&Model::name(n), |h| {
        let now = Instant::now();
        if h.settle(now) {
            return false;
        }
        match deed {
            Deed::Breaks => h.lease.break_it().is_some(),
            Deed::Takes => {
                let taken = h.lease.take(&run_id(2), now).is_ok();
                h.lease.prolong(&run_id(2), now + Duration::from_hours(48));
                taken
            }
        }
    })
}

/// Looks, as long as one worker lives, that none of its leases is over.
async fn leases_never_run_out(bench: &Bench, n_hosts: usize) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        for n in 0..n_hosts {
            bench.hosts.with(&Model::name(n), |h| {
                let now = Instant::now();
                let busy = h.settle(now);
                assert!(busy || !h.lease.is_over(&run_id(1), now), "the lease of h{n} ran out");
            });
        }
    }
}

async fn resume(bench: &Bench) {
    let state = bench.store.state(&run_id(1));
    let last = bench.store.last_control();
    let ends_it = if last == Some(Control::Pause) {
        Control::Resume
    } else if last == Some(Control::Step) {
        Control::PromoteAll
    } else {
        return;
    };
    if state.finished.is_none() {
        bench.store.ask(&run_id(1), ends_it, &ann()).await.unwrap();
    }
}

async fn act(bench: &Bench, ask: Ask) {
    let (run, by) = (run_id(1), ann());
    let control = |control| bench.store.ask(&run, control, &by);
    match ask {
        Ask::Abort => control(Control::Abort).await.unwrap(),
        Ask::Kill => control(Control::Kill).await.unwrap(),
        Ask::PauseFor(ms) => {
            control(Control::Pause).await.unwrap();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            control(Control::Resume).await.unwrap();
        }
        Ask::StepFor(ms) => {
            control(Control::Step).await.unwrap();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            control(Control::PromoteAll).await.unwrap();
        }
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ok | Outcome::Changed | Outcome::Skipped(_) => "well",
        Outcome::Failed(_) => "failed",
        Outcome::Unreachable(_) => "unreachable",
        Outcome::Unknown(_) => "unknown",
        Outcome::NotRun(_) => "not run",
        Outcome::Cancelled => "cancelled",
    }
}

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(model: &Model) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let bench = runtime.block_on(Bench::new(&model.plan()));
        for (n, behaviour) in model.hosts.iter().enumerate() {
            let name = Model::name(n);
            let faults = |fault, n| std::iter::repeat_n(fault, n).collect();
            match behaviour {
                Behaviour::Good => {}
                Behaviour::GoodButAnswerLost => {
                    bench.hosts.with(&name, |h| h.start_faults = faults(StartFault::AnswerLost, 1));
                }
                Behaviour::GoodButCut => {
                    bench.hosts.with(&name, |h| h.cuts.extend([0, 1, 40, 41, 77, 120, 200]));
                }
                Behaviour::Fails(step) => {
                    bench.hosts.with(&name, |h| _ = h.exits.insert((*step).to_owned(), 1));
                }
                Behaviour::Sick => _ = bench.gates.sick.lock().unwrap().insert(name),
                Behaviour::Unreachable => {
                    bench.hosts.with(&name, |h| h.start_faults = faults(StartFault::Refused, 200));
                }
                Behaviour::KeyRefused => {
                    bench.hosts.with(&name, |h| h.start_faults = faults(StartFault::Auth, 200));
                }
                Behaviour::Held => bench.hosts.with(&name, |h| h.locked = true),
            }
        }
        Self { runtime, bench, before: BTreeMap::new(), died: false, lost: BTreeSet::new() }
    }

    fn apply(mut real: Self, model: &Model, work: Work) -> Self {
        real.work(model, &work);
        for host in real.state().hosts {
            let Some(outcome) = host.outcome else { continue };
            let name = host.id.to_string();
            let known = real.before.entry(name).or_insert_with(|| outcome.clone());
            assert_eq!(known, &outcome, "an outcome of {} changed", host.id);
        }
        real
    }

    fn check_invariants(real: &Self, model: &Model) {
        real.assert_order(model);
        let state = real.state();
        real.runtime.block_on(async {
            real.assert_hosts(model, false);
            real.assert_leases(model, &state);
        });
    }

    fn teardown(mut real: Self, model: Model) {
        real.work(&model, &Work { asked: None, foreign: None, death: None, alone_s: 0 });
        let state = real.state();
        assert!(state.finished.is_some(), "{:?}", state.phase);
        Self::check_invariants(&real, &model);
        real.runtime.block_on(async { real.assert_hosts(&model, true) });
        let became: Vec<&str> =
            state.hosts.iter().map(|h| h.outcome.as_ref().map_or("open", word)).collect();
        // A lease that nobody could take or break changes nothing.
        let mut model = model;
        model.meddled.clone_from(&real.lost);
        for (n, allowed) in model.allowed().iter().enumerate() {
            assert!(
                allowed.contains(became[n]),
                "{} became {}, and the model allows {allowed:?}; all: {became:?}",
                Model::name(n),
                became[n]
            );
        }
    }
}
