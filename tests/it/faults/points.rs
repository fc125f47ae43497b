//! Points of death: every write of a worker's journal, and so either side of every call to a host, in the scenarios that
//! make it write every kind of event that there is.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::run::control::Control;
use bunker_ops::engine::ports::RunWriter;
use regex::Regex;
use tokio::time::Instant;

use crate::around_engine::{campaigning, hooked};
use crate::run_engine::Bench;
use crate::run_fake_store::Death;
use crate::run_fakes::StartFault;
use crate::sample::{Part, ann, host_plan, plan_of, run_id};

/// Kinds that are written by others, before a worker has the run, or never.
const NOT_OF_A_WORKER: [&str; 5] =
    ["planned", "approval-asked", "approval-given", "approval-refused", "unrecognised"];

/// Kinds whose runs need a bench of their own, and the test there that dies at every write.
const ELSEWHERE: [(&str, &str); 6] = [
    ("canary-soak", "a_worker_killed_at_any_write_of_the_soak_is_resumed_to_the_same_end"),
    ("canary-so-far", "a_worker_killed_at_any_write_of_the_soak_is_resumed_to_the_same_end"),
    ("canary-gap", "a_second_worker_killed_as_it_takes_a_soak_over_counts_no_hour_either"),
    ("canary-judged", "a_worker_killed_at_any_write_of_the_soak_is_resumed_to_the_same_end"),
    ("canary-ended", "a_worker_killed_at_any_write_of_the_way_back_goes_on_with_it"),
    ("step-added", "a_worker_that_died_at_any_write_leaves_no_host_well_and_starts_nothing_twice"),
];

/// What happens while a worker works.
enum Deed {
    /// An operator asks for this.
    Ask(Control),
    /// A host that was well falls ill.
    FallsIll(&'static str),
}

/// A run in which something happens.
struct Scenario {
    name: &'static str,
    plan: fn() -> Plan,
    prepare: fn(&Bench),
    /// What happens, so many milliseconds after the worker has begun.
    deeds: &'static [(u64, Deed)],
}

fn scenario(name: &'static str, prepare: fn(&Bench)) -> Scenario {
    Scenario { name, plan, prepare, deeds: &[] }
}

fn scenarios() -> Vec<Scenario> {
    let lost_for_a_while = |bench: &Bench| {
        bench.hosts.with("a", |h| h.cuts.extend([30, 90]));
        bench.hosts.with("b", |h| h.start_faults.push_back(StartFault::AnswerLost));
    };
    let unreachable = |bench: &Bench| {
        let refused = std::iter::repeat_n(StartFault::Refused, 100).collect();
        bench.hosts.with("b", |h| h.start_faults = refused);
    };
    let silent_centre = |bench: &Bench| {
        let host = "a".parse().unwrap();
        let (message, kind) = ("no answer".into(), RemoteErrorKind::Timeout);
        let error = RemoteError { host, kind, message, hint: None };
        bench.around.leases.taken.lock().unwrap().push_back(Err(error));
    };
    vec![
        scenario("all goes well", |_| ()),
        scenario("a step fails", |b| b.hosts.with("b", |h| _ = h.exits.insert("up".into(), 1))),
        scenario("contact is lost for a while", lost_for_a_while),
        scenario("a host cannot be reached", unreachable),
        Scenario {
            deeds: &[(1_000, Deed::Ask(Control::Pause)), (9_000, Deed::Ask(Control::Resume))],
            ..scenario("it is paused and resumed", |_| ())
        },
        Scenario {
            deeds: &[(1_000, Deed::Ask(Control::Abort))],
            ..scenario("it is aborted", |_| ())
        },
        Scenario {
            deeds: &[(11_000, Deed::FallsIll("a"))],
            ..scenario("one that was done falls ill", |_| ())
        },
        Scenario { plan: hooked, ..scenario("hooks are run", |_| ()) },
        Scenario { plan: campaigning, ..scenario("the central server is silent", silent_centre) },
    ]
}

/// Two batches.
fn plan() -> Plan {
    let parts = [
        Part::Job(&[("backup", "true"), ("up", "true")]),
        Part::Gate("gate"),
        Part::Job(&[("record", "true")]),
    ];
    let hosts = ["a", "b", "c"].iter().map(|id| host_plan(id, &parts)).collect();
    plan_of(hosts, &[&["a", "b"], &["c"]], 8)
}

/// Works until the worker has ended or has died, while an operator asks what is to be asked.
async fn work(bench: &Bench, scenario: &Scenario, death: Option<Death>) {
    let begin = Instant::now();
    let asking = async {
        for (after_ms, deed) in scenario.deeds {
            tokio::time::sleep_until(begin + Duration::from_millis(*after_ms)).await;
            match deed {
                Deed::Ask(control) => {
                    bench.store.ask(&run_id(1), control.clone(), &ann()).await.unwrap();
                }
                Deed::FallsIll(id) => {
                    bench.gates.sick.lock().unwrap().insert((*id).to_owned());
                }
            }
        }
        std::future::pending::<()>().await;
    };
    let worker = async {
        match death {
            Some(death) => drop(bench.work_until(death).await),
            None => drop(bench.work().await),
        }
    };
    tokio::select! { () = worker => {}, () = asking => {} }
}

/// Another worker takes the run over, as `bunker resume` does it, to its end.
async fn take_over(bench: &Bench, scenario: &Scenario) {
    if bench.store.state(&run_id(1)).finished.is_some() {
        return;
    }
    if scenario.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Ask(Control::Pause))) {
        bench.store.ask(&run_id(1), Control::Resume, &ann()).await.unwrap();
    }
    work(bench, &self::scenario(scenario.name, |_| ()), None).await;
}

/// The kinds of events in the journal's own words, by the source of their type.
fn kinds() -> BTreeSet<String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/run/event.rs");
    let text = fs::read_to_string(file).unwrap();
    let (_, rest) = text.split_once("pub enum EventKind {").unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let variant = Regex::new(r"(?m)^    ([A-Z]\w+)(?: \{|,|\()").unwrap();
    let capital = Regex::new(r"([a-z])([A-Z])").unwrap();
    let kebab = |name: &str| capital.replace_all(name, "$1-$2").to_lowercase();
    variant.captures_iter(body).map(|name| kebab(&name[1])).collect()
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_event_was_a_point_of_death() {
    let mut struck = BTreeSet::new();
    for scenario in &scenarios() {
        let undisturbed = Bench::new(&(scenario.plan)()).await;
        (scenario.prepare)(&undisturbed);
        work(&undisturbed, scenario, None).await;
        assert!(undisturbed.store.state(&run_id(1)).finished.is_some(), "{}", scenario.name);
        for n in 1..=undisturbed.store.n_writes() {
            for death in [Death::Before(n), Death::After(n)] {
                let bench = Bench::new(&(scenario.plan)()).await;
                (scenario.prepare)(&bench);
                work(&bench, scenario, Some(death)).await;
                struck.extend(bench.store.struck());
                take_over(&bench, scenario).await;
                let state = bench.store.state(&run_id(1));
                let at = format!("{}, {death:?}", scenario.name);
                assert!(state.finished.is_some(), "{at}: {:?}", state.phase);
                assert!(state.hosts.iter().all(|h| h.outcome.is_some()), "{at}");
                for (step, times) in bench.hosts.starts() {
                    assert_eq!(times, 1, "{at}: {step} began {times} times");
                }
                for host in &state.hosts {
                    for seq in host.jobs.keys() {
                        let id = host.id.as_str();
                        if bench.hosts.with(id, |h| h.has_job(*seq)) {
                            let (here, there) =
                                (bench.store.raw(id, *seq), bench.hosts.log(id, *seq));
                            assert!(there.starts_with(&here), "{at}: the log of {id} is another");
                        }
                    }
                }
            }
        }
    }
    let elsewhere = |kind: &str| ELSEWHERE.iter().any(|(other, _)| *other == kind);
    let wanted: BTreeSet<String> = kinds()
        .into_iter()
        .filter(|kind| !NOT_OF_A_WORKER.contains(&kind.as_str()) && !elsewhere(kind))
        .collect();
    assert!(wanted.len() > 15, "{wanted:?}");
    let never: Vec<&String> = wanted.difference(&struck).collect();
    assert!(never.is_empty(), "no scenario dies at a write of {never:?}: add one to scenarios()");
    assert!(struck.contains("output"), "{struck:?}");
}

#[test]
fn the_tests_that_die_elsewhere_are_there() {
    let tests = super::tests_of_the_project();
    for (kind, test) in ELSEWHERE {
        let there = tests.iter().any(|name| name.ends_with(&format!("::{test}")));
        assert!(there, "{kind}: there is no test {test}");
    }
}
