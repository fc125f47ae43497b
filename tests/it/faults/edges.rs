//! Remote edges: either side of every call of a worker to another machine, cut or with the worker killed, in the
//! scenarios that make it call everything that it can call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bunker_ops::domain::lease::FleetKey;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::RunState;
use bunker_ops::engine::ports::RunWriter;
use bunker_ops::engine::worker::carry_out;
use regex::Regex;
use tokio::time::Instant;

use super::edge_ports::{Blow, Edges, with_edges};
use crate::around_engine::campaigning;
use crate::canary_engine;
use crate::run_engine::Bench;
use crate::run_fake_lease::{HostLeases, leased_host_plan};
use crate::run_fakes::StartFault;
use crate::sample::{ann, plan_of, run_id};

/// Calls to other machines that no worker makes, and who makes them.
const NOT_OF_A_WORKER: [(&str, &str); 3] = [
    ("RemoteRead::read", "the poller and the planners, which change nothing"),
    ("LeaseDesk::break_it", "a person, by `bunker lease break`"),
    ("MetricsSource::instant", "the poller"),
];

/// No worker works for longer without a person.
const A_DAY: Duration = Duration::from_hours(24);

/// A run in which this is asked so many milliseconds after its worker began.
struct Scenario {
    name: &'static str,
    plan: fn() -> Plan,
    prepare: fn(&Bench),
    asks: &'static [(u64, Control)],
}

fn scenario(name: &'static str, prepare: fn(&Bench)) -> Scenario {
    Scenario { name, plan: leased, prepare, asks: &[] }
}

/// Two batches, with a gate that lasts longer than it takes to prolong a lease.
fn leased() -> Plan {
    let hosts = [("a", 16), ("b", 2), ("c", 2)].map(|(id, s)| leased_host_plan(id, s)).to_vec();
    plan_of(hosts, &[&["a", "b"], &["c"]], 8)
}

/// The same with the lease of the whole fleet.
fn through_a_fleet() -> Plan {
    let mut plan = leased();
    plan.around.campaign = campaigning().around.campaign;
    plan
}

fn scenarios() -> Vec<Scenario> {
    let answer_lost = |b: &Bench| {
        b.hosts.with("a", |h| h.start_faults.push_back(StartFault::AnswerLost));
        b.hosts.with("c", |h| h.start_faults.push_back(StartFault::RequestLost));
    };
    let unreachable = |b: &Bench| {
        let refused = std::iter::repeat_n(StartFault::Refused, 100).collect();
        b.hosts.with("b", |h| h.start_faults = refused);
    };
    vec![
        scenario("all goes well", |_| ()),
        scenario("a step fails", |b| b.hosts.with("b", |h| _ = h.exits.insert("up".into(), 1))),
        scenario("a gate fails", |b| _ = b.gates.sick.lock().unwrap().insert("c".into())),
        scenario("answers are lost", answer_lost),
        scenario("a host cannot be reached", unreachable),
        Scenario {
            asks: &[(1_000, Control::Pause), (40_000, Control::Resume)],
            ..scenario("it is paused and resumed", |_| ())
        },
        Scenario { asks: &[(1_000, Control::Abort)], ..scenario("it is aborted", |_| ()) },
        Scenario { asks: &[(1_000, Control::Kill)], ..scenario("it is killed", |_| ()) },
        Scenario { plan: through_a_fleet, ..scenario("it goes through a whole fleet", |_| ()) },
    ]
}

async fn bench_of(scenario: &Scenario) -> Bench {
    let bench = Bench::new(&(scenario.plan)()).await;
    (scenario.prepare)(&bench);
    bench
}

/// Works until the worker has ended or was killed at an edge.
async fn work(bench: &Bench, scenario: &Scenario, edges: &Arc<Edges>) {
    let asking = async {
        let mut before = 0;
        for (at, control) in scenario.asks {
            tokio::time::sleep(Duration::from_millis(at - before)).await;
            bench.store.ask(&run_id(1), control.clone(), &ann()).await.unwrap();
            before = *at;
        }
        std::future::pending::<()>().await;
    };
    let mut store = bench.store.clone();
    store.dead = Arc::clone(&edges.dead);
    let mut ports = bench.ports(store);
    ports.around.leases = Arc::new(HostLeases(Arc::clone(&bench.hosts)));
    let worked = tokio::time::timeout(A_DAY, async {
        tokio::select! {
            ended = carry_out(with_edges(ports, edges), run_id(1), 6) => drop(ended),
            () = edges.killed() => {}
            () = asking => {}
        }
    });
    assert!(worked.await.is_ok(), "{}: a worker works for ever", scenario.name);
}

/// What was struck: edge and blow.
type Struck = BTreeSet<(&'static str, Blow)>;

fn outcomes(state: &RunState) -> BTreeMap<String, &'static str> {
    let word = |outcome: &Option<Outcome>| outcome.as_ref().map_or("open", Outcome::word);
    state.hosts.iter().map(|h| (h.id.to_string(), word(&h.outcome))).collect()
}

/// The blow at this edge, whoever takes over where it killed the worker, and what must hold at the end.
async fn strike(
    scenario: &Scenario,
    n: usize,
    blow: Blow,
    want: &BTreeMap<String, &str>,
) -> Struck {
    let at = format!("{}, edge {n}, {blow:?}", scenario.name);
    let bench = bench_of(scenario).await;
    let edges = Edges::striking(n, blow);
    work(&bench, scenario, &edges).await;
    let struck = edges.struck();
    if blow.kills() && struck.is_some() {
        let n_writes = bench.store.n_writes();
        tokio::time::sleep(Duration::from_secs(n as u64 % 4)).await;
        assert_eq!(bench.store.n_writes(), n_writes, "{at}: a dead worker wrote");
        let pauses = scenario.asks.iter().any(|(_, control)| *control == Control::Pause);
        if pauses {
            bench.store.ask(&run_id(1), Control::Resume, &ann()).await.unwrap();
        }
        let undisturbed = self::scenario(scenario.name, |_| ());
        work(&bench, &undisturbed, &Arc::default()).await;
    }
    let state = bench.store.state(&run_id(1));
    assert!(state.finished.is_some(), "{at}: {:?}", state.phase);
    let became = outcomes(&state);
    if scenario.asks.iter().all(|(_, control)| !matches!(control, Control::Abort | Control::Kill)) {
        for (id, word) in &became {
            // A gate whose last look saw nothing is neither passed nor failed.
            let unseen = struck == Some("GateCheck::observe") && want[id] == "failed";
            assert!(*word == want[id] || (unseen && *word == "unknown"), "{at}: {id} is {word}");
        }
    } else {
        assert!(!became.values().any(|word| *word == "open"), "{at}: {became:?}");
    }
    for (step, times) in bench.hosts.starts() {
        assert_eq!(times, 1, "{at}: {step} began {times} times");
    }
    for host in &state.hosts {
        let id = host.id.as_str();
        for (seq, job) in &host.jobs {
            let here = bench.store.raw(id, *seq);
            let has = bench.hosts.with(id, |h| h.has_job(*seq));
            let there = if has { bench.hosts.log(id, *seq) } else { Vec::new() };
            assert!(there.starts_with(&here), "{at}: the log of {id} is another");
            assert!(job.end.is_none() || here == there, "{at}: the log of {id} is not whole");
        }
        let held = bench.hosts.with(id, |h| {
            h.settle(Instant::now());
            h.lease.is_of(&run_id(1))
        });
        let unknown = became[id] == "unknown";
        assert!(!held || unknown, "{at}: the lease of {id} was not given back");
    }
    let fleet = FleetKey::of(&(scenario.plan)().fleet);
    let held =
        bench.hosts.with(&format!("fleet {}", fleet.as_str()), |h| h.lease.is_of(&run_id(1)));
    // It ends by itself where nobody could give it back.
    assert!(!held || struck == Some("LeaseDesk::give_back"), "{at}: the fleet was not given back");
    struck.map(|edge| (edge, blow)).into_iter().collect()
}

/// Every method of the ports that lead to another machine, as `Port::method`, by their source.
fn calls() -> BTreeSet<String> {
    let ports = ["RemoteRead", "RemoteJobs", "GateCheck", "LeaseDesk", "MetricsSource"];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/ports");
    let text: String = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let method = Regex::new(r"async fn (\w+)").unwrap();
    let of = |port: &str| {
        let (_, rest) = text.split_once(&format!("pub trait {port}:")).unwrap();
        let (body, _) = rest.split_once("\n}\n").unwrap();
        method.captures_iter(body).map(|m| format!("{port}::{}", &m[1])).collect::<Vec<_>>()
    };
    ports.into_iter().flat_map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn every_call_to_another_machine_was_cut_and_was_a_point_of_death_on_either_side() {
    let mut struck = Struck::new();
    for scenario in &scenarios() {
        let undisturbed = bench_of(scenario).await;
        let edges = Arc::new(Edges::default());
        work(&undisturbed, scenario, &edges).await;
        let want = outcomes(&undisturbed.store.state(&run_id(1)));
        assert!(!want.values().any(|word| *word == "open"), "{}: {want:?}", scenario.name);
        let came_to = edges.came_to();
        assert!(came_to.len() > 3, "{}: {came_to:?}", scenario.name);
        for n in worth(&came_to) {
            for blow in Blow::ALL {
                struck.extend(strike(scenario, n, blow, &want).await);
            }
        }
    }
    struck.extend(in_a_soak().await);
    let by_hand = |call: &str| NOT_OF_A_WORKER.iter().any(|(other, _)| *other == call);
    let calls = calls();
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls.iter().filter(|call| !by_hand(call)) {
        for blow in Blow::ALL {
            let hit = struck.iter().any(|(name, how)| name == call && *how == blow);
            assert!(hit, "no scenario strikes {call} with {blow:?}: add one to scenarios()");
        }
    }
    for (call, _) in NOT_OF_A_WORKER {
        assert!(calls.contains(call), "{call} is no call any more");
        assert!(!struck.iter().any(|(name, _)| *name == call), "a worker calls {call} now");
    }
}

/// Which edges are struck, from 1: all, but of calls that repeat one after the other, as looks at a gate do, every third.
fn worth(came_to: &[&'static str]) -> Vec<usize> {
    let name = |n: usize| came_to.get(n.wrapping_sub(1));
    let repeats = |n: usize| name(n) == name(n.wrapping_sub(1)) && name(n) == name(n + 1);
    (1..=came_to.len()).filter(|n| n % 3 == 0 || !repeats(*n)).collect()
}

/// The same for a canary and its metrics: the soak is as long as planned, and the end is that of an undisturbed run.
async fn in_a_soak() -> Struck {
    let plan = || canary_engine::plan(60, |_| {});
    let undisturbed = canary_engine::Bench::new(&plan()).await;
    let counted = Arc::new(Edges::default());
    let ports = with_edges(undisturbed.ports(undisturbed.stores.clone()), &counted);
    drop(carry_out(ports, run_id(1), 7).await);
    let want = outcomes(&undisturbed.state());
    assert!(want.values().all(|word| *word == "changed"), "{want:?}");
    let mut struck = Struck::new();
    for n in worth(&counted.came_to()) {
        for blow in Blow::ALL {
            let at = format!("a soak, edge {n}, {blow:?}");
            let bench = canary_engine::Bench::new(&plan()).await;
            let edges = Edges::striking(n, blow);
            let mut stores = bench.stores.clone();
            stores.dead = Arc::clone(&edges.dead);
            let ports = with_edges(bench.ports(stores), &edges);
            let worked = tokio::time::timeout(A_DAY, async {
                tokio::select! {
                    ended = carry_out(ports, run_id(1), 7) => drop(ended),
                    () = edges.killed() => drop(bench.work().await),
                }
            });
            assert!(worked.await.is_ok(), "{at}: {:?}", bench.state().why);
            let state = bench.state();
            assert_eq!(outcomes(&state), want, "{at}: {:?}", state.why);
            assert_eq!(bench.hosts.starts(), undisturbed.hosts.starts(), "{at}");
            let canary = state.canary.unwrap();
            assert!(canary.counted_s >= 60.0, "{at}: {}", canary.counted_s);
            assert!(canary.end.unwrap().passed, "{at}");
            struck.extend(edges.struck().map(|edge| (edge, blow)));
        }
    }
    struck
}
