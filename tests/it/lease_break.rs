//! `bunker lease`: who holds an instance, and breaking that, by the program itself on a paper host.

use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use bunker_ops::adapters::ssh::SshLeases;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::lease::{LeaseOf, Taken};
use bunker_ops::engine::ports::LeaseDesk as _;
use bunker_ops::steps::lease::Claim;
use bunker_ops::steps::lease_desk::Hold;
use portable_pty::CommandBuilder;
use serde_json::Value;

use crate::lab::terminal::Terminal;
use crate::lab::{Lab, Options};
use crate::run_process::program;
use crate::sample::{ann, run_id};
use crate::ssh_pool::Pool;

pub(crate) struct Bench {
    pub(crate) lab: Lab,
    pub(crate) own: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let lab = Lab::start(1, Options::instances()).unwrap();
        Self { lab, own: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = program(&self.lab, self.own.path());
        command.args(args).env("SUDO_USER", "ben").output().unwrap()
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    }

    /// A run of Ann on another control machine takes the instance. Gives its generation.
    pub(crate) async fn taken_by_ann(&self) -> u64 {
        let (host, pool) = (self.lab.host(0), Pool::new());
        let desk = SshLeases::new(Arc::clone(&pool.pool), &Operate::grant());
        let claim = Claim { workflow: "upgrade", target: "v2.5.0".into(), operator: ann() };
        let hold = Hold { run: run_id(1), fence: None, hold_s: 600, doing: "batch 1 of 2".into() };
        let of = LeaseOf::Instance(host.name().parse().unwrap());
        let taken = desk.take(&host.connection(), &of, &claim, &hold).await.unwrap();
        pool.pool.close().await;
        let Taken::Ours(generation) = taken else { panic!("{taken:?}") };
        generation
    }

    /// The cockpit on this fleet, for Ben.
    fn cockpit(&self) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        command.arg("--inventory");
        command.arg(self.lab.inventory_dir());
        command.env("SUDO_USER", "ben");
        let state = program(&self.lab, self.own.path());
        for (name, value) in state.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        Terminal::start(command, 110, 30).unwrap()
    }

    fn records(&self, action: &str) -> Vec<Value> {
        records(&self.json(&["audit", "log", "--json"]), action)
    }
}

/// The records of one action in what `bunker audit log --json` printed, oldest first.
pub(crate) fn records(log: &Value, action: &str) -> Vec<Value> {
    let all = log.as_array().unwrap().iter().rev().map(|entry| entry["record"].clone());
    all.filter(|record| record["action"] == action).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_broken_by_its_name_with_a_reason_and_the_log_says_whose_it_was() {
    let bench = Bench::new();
    let name = bench.lab.host(0).name().to_owned();
    let generation = bench.taken_by_ann().await;
    let shown = bench.json(&["lease", "show", &name, "--json"]);
    assert_eq!(shown["generation"], generation);
    // Without its name or without a reason it stays.
    for (args, code) in [
        (&["--reason", "she went home"][..], 8),
        (&["--reason", "she went home", "--confirm", "another"], 8),
        (&["--reason", " ", "--confirm", &name], 2),
    ] {
        let refused = bench.run(&[&["lease", "break", &name], args].concat());
        assert_eq!(refused.status.code(), Some(code), "{args:?}: {refused:?}");
    }
    assert_eq!(bench.records("lease-break"), Vec::<Value>::new());
    let done = ["lease", "break", &name, "--reason", "she went home", "--confirm", &name, "--json"];
    assert_eq!(bench.json(&done)["generation"], generation + 1);
    assert_eq!(bench.json(&["lease", "show", &name, "--json"])["lease"], Value::Null);
    let records = bench.records("lease-break");
    let [intent, outcome] = records.as_slice() else { panic!("{records:#?}") };
    assert_eq!((&intent["phase"], &intent["hosts"][0]), (&"intent".into(), &name.as_str().into()));
    assert_eq!(
        (&intent["why"], &intent["who"]["sudo_from"]),
        (&"she went home".into(), &"ben".into())
    );
    assert_eq!((&outcome["phase"], &outcome["outcome"]), (&"outcome".into(), &"done".into()));
    let held_by = outcome["after"]["held-by"].as_str().unwrap();
    assert!(held_by.contains("ann"), "{outcome:#}");
    assert_eq!(outcome["after"]["generation"], (generation + 1).to_string());
    // Nobody holds it now: nothing is done, and nothing was to be done.
    assert_eq!(bench.json(&done)["broken"], Value::Null);
    assert_eq!(bench.records("lease-break").len(), 2);
}

/// How long the cockpit may take for anything here.
const SOON: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn the_cockpit_says_who_holds_an_instance_and_breaks_it_with_a_reason() {
    let bench = Bench::new();
    let name = bench.lab.host(0).name().to_owned();
    let generation = bench.taken_by_ann().await;
    let mut terminal = bench.cockpit();
    terminal.wait_for(&format!("{name} .*healthy"), SOON).unwrap();
    terminal.keys("enter g w").unwrap();
    terminal.wait_for(&format!("{name} .*ann on desk, run"), SOON).unwrap();
    terminal.wait_for("batch 1 of 2", SOON).unwrap();
    terminal.keys("B g o n e enter").unwrap();
    terminal.wait_for("Reason: gone", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for(&format!("the lease of {name} was broken"), SOON).unwrap();
    terminal.wait_for(&format!("○ {name} .*nobody"), SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let records = bench.records("lease-break");
    let [intent, outcome] = records.as_slice() else { panic!("{records:#?}") };
    assert_eq!((&intent["why"], &intent["source"]), (&"gone".into(), &"cockpit".into()));
    assert_eq!(intent["who"]["sudo_from"], "ben");
    assert_eq!(outcome["after"]["generation"], (generation + 1).to_string());
    assert_eq!(bench.json(&["lease", "show", &name, "--json"])["lease"], Value::Null);
}
