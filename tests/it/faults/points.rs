//! Points of death: every write of a worker's journal, and so either side of every call to a host, in the scenarios that
//! make it write every kind of event that there is.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::control::Control;
use bunker_ops::engine::ports::RunWriter;
use regex::Regex;
use tokio::time::Instant;

use crate::run_engine::Bench;
use crate::run_fake_store::Death;
use crate::run_fakes::StartFault;
use crate::sample::{Part, ann, host_plan, plan_of, run_id};

/// Kinds that are written by others, before a worker has the run, or never.
const NOT_OF_A_WORKER: [&str; 2] = ["planned", "unrecognised"];

/// A run in which something happens.
struct Scenario {
    name: &'static str,
    prepare: fn(&Bench),
    /// Asked so many milliseconds after the worker has begun.
    asked: &'static [(u64, Control)],
}

const SCENARIOS: [Scenario; 6] = [
    Scenario { name: "all goes well", prepare: |_| (), asked: &[] },
    Scenario {
        name: "a step fails",
        prepare: |bench| bench.hosts.with("b", |h| _ = h.exits.insert("up".to_owned(), 1)),
        asked: &[],
    },
    Scenario {
        name: "contact is lost for a while",
        prepare: |bench| {
            bench.hosts.with("a", |h| {
                h.cuts.extend([30, 90]);
                h.silent_until = None;
            });
            bench.hosts.with("b", |h| h.start_faults.push_back(StartFault::AnswerLost));
        },
        asked: &[],
    },
    Scenario {
        name: "a host cannot be reached",
        prepare: |bench| {
            bench.hosts.with("b", |h| {
                h.start_faults = std::iter::repeat_n(StartFault::Refused, 100).collect();
            });
        },
        asked: &[],
    },
    Scenario {
        name: "it is paused and resumed",
        prepare: |_| (),
        asked: &[(1_000, Control::Pause), (9_000, Control::Resume)],
    },
    Scenario { name: "it is aborted", prepare: |_| (), asked: &[(1_000, Control::Abort)] },
];

/// Two batches of a host each.
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
        for (after_ms, control) in scenario.asked {
            tokio::time::sleep_until(begin + Duration::from_millis(*after_ms)).await;
            bench.store.ask(&run_id(1), control.clone(), &ann()).await.unwrap();
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
    if scenario.asked.iter().any(|(_, control)| *control == Control::Pause) {
        bench.store.ask(&run_id(1), Control::Resume, &ann()).await.unwrap();
    }
    let quiet = Scenario { name: scenario.name, prepare: scenario.prepare, asked: &[] };
    work(bench, &quiet, None).await;
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
    for scenario in &SCENARIOS {
        let undisturbed = Bench::new(&plan()).await;
        (scenario.prepare)(&undisturbed);
        work(&undisturbed, scenario, None).await;
        assert!(undisturbed.store.state(&run_id(1)).finished.is_some(), "{}", scenario.name);
        for n in 1..=undisturbed.store.n_writes() {
            for death in [Death::Before(n), Death::After(n)] {
                let bench = Bench::new(&plan()).await;
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
    let wanted: BTreeSet<String> =
        kinds().into_iter().filter(|kind| !NOT_OF_A_WORKER.contains(&kind.as_str())).collect();
    assert!(wanted.len() > 15, "{wanted:?}");
    let never: Vec<&String> = wanted.difference(&struck).collect();
    assert!(never.is_empty(), "no scenario dies at a write of {never:?}: add one to SCENARIOS");
    assert!(struck.contains("output"), "{struck:?}");
}
