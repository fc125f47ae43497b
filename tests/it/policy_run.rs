//! Guardrails at every entry point: the launcher, the verbs of the shell, the workers' own verb, and the cockpit.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::StoreWriter;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::policy::{Consent, Demand, Denial, Verdict};
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::run::state::Phase;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::launch::{LaunchError, Launched, Launcher};
use bunker_ops::engine::ports::{RunReader, RunWriter, StartWorker, StartedWorker, StoreError};
use serde_json::Value;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::records;
use crate::sample::{StepClock, host, simple_plan};

/// Workers that are counted, and of which each has ended at once: what is tested is whether one is asked for.
#[derive(Default)]
struct Counted(AtomicUsize);

impl StartWorker for Counted {
    fn start(&self, _: &RunId) -> Result<Box<dyn StartedWorker>, Safe> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Gone))
    }
}

struct Gone;

impl StartedWorker for Gone {
    fn ended(&mut self) -> Option<Safe> {
        Some("exit status: 3".into())
    }
}

fn operator(user: &str) -> Operator {
    Operator { user: user.into(), machine: "desk".into(), from: None }
}

fn judged(hosts: &[&str], verdict: Option<Verdict>) -> Plan {
    let mut plan = simple_plan(hosts);
    plan.rules.verdict = verdict;
    plan
}

fn demands(demand: Demand) -> Verdict {
    Verdict { demand, approval_ttl_s: 3_600, ..Verdict::default() }
}

#[tokio::test]
async fn no_verdict_lets_a_worker_start_before_what_it_demands_was_done() {
    let denied = Denial { hosts: vec![host("a")], why: "frozen".into() };
    let deny = Some(Verdict { denied: vec![denied], ..Verdict::default() });
    let typed = |text: &str| Consent::Typed(text.into());
    let two = &["a", "b"][..];
    for (verdict, consent, starts) in [
        (None, Consent::Yes, 0),
        (None, typed("2"), 0),
        (deny.clone(), Consent::Beforehand, 0),
        (deny, typed("2"), 0),
        (Some(demands(Demand::Usual)), Consent::Beforehand, 1),
        (Some(demands(Demand::Usual)), typed("2"), 1),
        (Some(demands(Demand::Usual)), typed("1"), 0),
        (Some(demands(Demand::Count)), Consent::Beforehand, 0),
        (Some(demands(Demand::Count)), typed("2"), 1),
        (Some(demands(Demand::Group("prod".into()))), Consent::Beforehand, 0),
        (Some(demands(Demand::Group("prod".into()))), typed("2"), 0),
        (Some(demands(Demand::Group("prod".into()))), typed("prod"), 1),
        (Some(demands(Demand::SecondOperator)), Consent::Beforehand, 0),
        (Some(demands(Demand::SecondOperator)), typed("2"), 0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(StepClock::default());
        let state = StateDir::at(dir.path().join("state"));
        let store = StoreWriter::open(&state, Arc::clone(&clock) as _, &Operate::grant()).unwrap();
        let workers = Counted::default();
        let launcher = Launcher { store: &store, workers: &workers, clock: &*clock };
        let plan = judged(two, verdict);
        let what = format!("{:?} by {consent:?}", plan.rules.verdict);
        let launched = launcher.start_run(&plan, &consent, &operator("anna"), "test").await;
        let n = || workers.0.load(Ordering::SeqCst);
        assert_eq!(n(), starts, "{what}");
        let Ok(Launched::Waits(run, approval)) = launched else {
            assert_eq!(store.runs(9).await.unwrap().len(), starts, "nothing is stored: {what}");
            let said = launched.map_err(|error| error.to_string());
            assert_eq!(said.is_err_and(|e| e.contains("it ended (exit status: 3)")), starts == 1);
            continue;
        };
        // It is stored, and none of the other ways starts it.
        assert_eq!(approval.hash, plan.hash());
        assert_eq!(store.runs(9).await.unwrap()[0].phase, Phase::WaitingApproval);
        assert!(launcher.resume(&run, &operator("ben")).await.is_err(), "{what}");
        assert!(launcher.approve(&run, &operator("anna")).await.is_err(), "{what}");
        let claimed = store.claim(&run, std::process::id()).await;
        assert_eq!(claimed, Err(StoreError::Unapproved(run.to_string())), "{what}");
        assert_eq!(n(), 0, "{what}");
        // Another person may, once.
        assert!(matches!(
            launcher.approve(&run, &operator("ben")).await,
            Err(LaunchError::Worker { .. })
        ));
        assert_eq!(n(), 1, "{what}");
        assert_eq!(store.claim(&run, std::process::id()).await, Ok(1));
        assert!(launcher.approve(&run, &operator("cleo")).await.is_err(), "{what}");
        assert!(launcher.reject(&run, &operator("cleo"), "no".into()).await.is_err(), "{what}");
        assert_eq!(n(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_run_that_was_rejected_taken_back_or_forgotten_never_starts() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(StepClock::default());
    let state = StateDir::at(dir.path().join("state"));
    let store = StoreWriter::open(&state, Arc::clone(&clock) as _, &Operate::grant()).unwrap();
    let workers = Counted::default();
    let launcher = Launcher { store: &store, workers: &workers, clock: &*clock };
    let (anna, ben) = (operator("anna"), operator("ben"));
    let ask = async |ttl: u64| {
        let mut plan = judged(&["a"], Some(demands(Demand::SecondOperator)));
        plan.rules.verdict.as_mut().unwrap().approval_ttl_s = ttl;
        launcher.start_run(&plan, &Consent::Yes, &anna, "test").await.unwrap().run().clone()
    };
    let rejected = ask(3_600).await;
    launcher.reject(&rejected, &ben, "not tonight".into()).await.unwrap();
    let taken_back = ask(3_600).await;
    launcher.abort(&taken_back, false, &anna).await.unwrap();
    // The clock goes on by a second with each look at it.
    let forgotten = ask(1).await;
    let late = launcher.approve(&forgotten, &ben).await.unwrap_err().to_string();
    assert!(late.contains("make the plan again"), "{late}");
    for (run, said) in [
        (&rejected, "rejected by ben: not tonight"),
        (&taken_back, "rejected by anna: taken back"),
        (&forgotten, "not approved in time, seen by ben"),
    ] {
        let line = store.runs(9).await.unwrap().into_iter().find(|r| &r.run == run).unwrap();
        assert_eq!((line.phase, line.summary.unwrap().as_str()), (Phase::Aborted, said));
        assert!(launcher.approve(run, &ben).await.is_err());
        assert!(launcher.resume(run, &ben).await.is_err());
        assert!(store.claim(run, std::process::id()).await.is_err());
        let kinds = store.events(run, 0, 99).await.unwrap();
        assert!(kinds.iter().any(|e| matches!(e.kind, EventKind::ApprovalRefused { .. })));
    }
    assert_eq!(workers.0.load(Ordering::SeqCst), 0);
}

/// Paper hosts with guardrails, and the program's own folders.
pub(crate) struct Bench {
    pub(crate) lab: Lab,
    own: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(hosts: &[(&str, &str)], policy: &[&str]) -> Self {
        let spec = |(name, group): &(&str, &str)| HostSpec {
            groups: vec![(*group).to_owned()],
            ..HostSpec::new(name)
        };
        let options = Options::instances().with_hosts(hosts.iter().map(spec).collect());
        let options = options.with_policy("bunker_min_healthy_s: 1");
        let options = policy.iter().fold(options, |options, line| options.with_policy(line));
        Self { lab: Lab::start(hosts.len(), options).unwrap(), own: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.own.path().join("state")
    }

    fn places(&self) -> [(&'static str, PathBuf); 4] {
        [
            ("BUNKER_STATE", self.state()),
            ("XDG_CACHE_HOME", self.own.path().join("cache")),
            ("XDG_CONFIG_HOME", self.own.path().join("config")),
            ("HOME", self.own.path().to_owned()),
        ]
    }

    /// A verb, as this person.
    pub(crate) fn run(&self, who: &str, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
        command.args(args).arg("--inventory").arg(self.lab.inventory_dir());
        for (name, place) in self.places() {
            command.env(name, place);
        }
        command.env("SUDO_USER", who).env_remove("XDG_RUNTIME_DIR").stdin(Stdio::null());
        command.output().unwrap()
    }

    pub(crate) fn json(&self, who: &str, args: &[&str]) -> Value {
        let output = self.run(who, args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    }

    pub(crate) fn cockpit(&self, who: &str) -> Terminal {
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        command.arg("--inventory");
        command.arg(self.lab.inventory_dir());
        for (name, place) in self.places() {
            command.env(name, place);
        }
        command.env("SUDO_USER", who);
        command.env("LC_ALL", "C.UTF-8");
        for name in ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR", "XDG_RUNTIME_DIR"] {
            command.env_remove(name);
        }
        Terminal::start(command, 100, 30).unwrap()
    }

    pub(crate) fn until(&self, run: &str, state: &str) -> Value {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let shown = self.json("anna", &["show", run, "--json"]);
            if shown["state"] == state {
                return shown;
            }
            assert!(Instant::now() < deadline, "never {state}: {shown:#}");
            std::thread::yield_now();
        }
    }

    /// The newest run of this workflow, once there is one.
    pub(crate) fn newest(&self, workflow: &str) -> Value {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let listed = self.json("anna", &["runs", "--json"]);
            let runs = listed["runs"].as_array().unwrap();
            if let Some(run) = runs.iter().find(|run| run["workflow"] == workflow) {
                return run.clone();
            }
            assert!(Instant::now() < deadline, "no {workflow}: {listed:#}");
        }
    }
}

const RULES: &str = "bunker_guardrails: [\
    {hosts: ['never-*'], deny: true, reason: 'it is for sale'}, \
    {groups: [capital], confirm: second-operator, reason: 'the capital'}, \
    {groups: ['prod*'], confirm: group, reason: 'people vote here'}, \
    {groups: [lab], confirm: count, max_hosts: 1, reason: 'shared'}]";

/// Verbs that have something to do on each of these hosts; `policy_verbs` goes through all verbs.
const VERBS: [&[&str]; 2] = [&["backup"], &["upgrade", "--to", "v2.5.0"]];

#[test]
fn every_guardrail_binds_a_verb_with_its_own_words() {
    let hosts = [
        ("never-1", "x"),
        ("cap-1", "capital"),
        ("prod-1", "production"),
        ("lab-1", "lab"),
        ("lab-2", "lab"),
    ];
    let bench = Bench::new(&hosts, &[RULES]);
    let runs = || bench.json("anna", &["runs", "--json"])["runs"].as_array().unwrap().len();
    for verb in VERBS {
        for (hosts, said) in [
            (&["never-1"][..], "it is for sale"),
            (&["prod-1"], "type the group (production)"),
            (&["lab-1"], "type the number of instances (1)"),
            (&["lab-1", "lab-2"], "at most 1 at once"),
        ] {
            let args = [verb, hosts, &["--yes", "--detach"]].concat();
            let output = bench.run("anna", &args);
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(8), "{args:?}: {err}");
            assert!(err.contains(said), "{args:?}: {err}");
        }
    }
    assert_eq!(runs(), 0, "nothing was stored, let alone started");
    // What is typed for a guardrail, also without a terminal.
    let wrong = bench.run("anna", &["backup", "prod-1", "--confirm", "prod", "--detach"]);
    assert_eq!(wrong.status.code(), Some(8), "{wrong:?}");
    let right =
        bench.json("anna", &["backup", "prod-1", "--confirm", "production", "--detach", "--json"]);
    bench.until(right["run"].as_str().unwrap(), "succeeded");
    // A plan says what it will take.
    let plan = bench.json("anna", &["backup", "cap-1", "--check", "--json"]);
    assert_eq!(plan["guardrails"]["demand"]["demand"], "second-operator");
}

#[test]
fn a_second_person_approves_the_plan_that_then_runs_or_rejects_it() {
    let bench = Bench::new(&[("cap-1", "capital")], &[RULES]);
    let asked = bench.json("anna", &["backup", "cap-1", "--yes", "--json"]);
    assert_eq!(asked["waiting"], "approval");
    let run = asked["run"].as_str().unwrap();
    let listed = bench.json("ben", &["runs", "--json"]);
    assert_eq!(listed["runs"][0]["state"], "waiting-approval");
    for (who, args) in [
        ("anna", &["approve", run][..]),
        ("anna", &["resume", run]),
        ("ben", &["resume", run]),
        ("ben", &["worker", run]),
    ] {
        let refused = bench.run(who, args);
        assert_eq!(refused.status.code(), Some(8), "{who} {args:?}: {refused:?}");
    }
    let hash = bench.json("anna", &["show", run, "--json"])["plan_hash"].clone();
    let given = bench.json("ben", &["approve", run, "--json"]);
    assert_eq!(given["decision"], "approved");
    let shown = bench.until(run, "succeeded");
    assert_eq!(shown["plan_hash"], hash, "the plan that was approved is the plan that ran");

    let asked = bench.json("anna", &["backup", "cap-1", "--yes", "--json"]);
    let run = asked["run"].as_str().unwrap();
    let no = bench.run("ben", &["reject", run, "--reason", "not tonight"]);
    assert!(no.status.success(), "{no:?}");
    let shown = bench.json("anna", &["show", run, "--json"]);
    assert_eq!(
        (&shown["state"], &shown["summary"]),
        (&"aborted".into(), &"rejected by ben: not tonight".into())
    );
    let log = bench.json("anna", &["audit", "log", "--json"]);
    let [yes] = &records(&log, "run-approve")[..] else { panic!("{log:#}") };
    assert_eq!((&yes["plan"], &yes["who"]["sudo_from"]), (&hash, &"ben".into()), "{yes:#}");
    let [no] = &records(&log, "run-reject")[..] else { panic!("{log:#}") };
    assert_eq!((&no["run"], &no["who"]["sudo_from"]), (&run.into(), &"ben".into()), "{no:#}");
    assert!(no["detail"].as_str().unwrap().contains("not tonight"), "{no:#}");
}

#[test]
fn a_group_is_typed_and_a_second_person_approves_from_another_cockpit() {
    const SOON: Duration = Duration::from_mins(1);
    const LONG: Duration = Duration::from_mins(2);
    let bench = Bench::new(&[("cap-1", "capital"), ("prod-1", "production")], &[RULES]);
    let mut anna = bench.cockpit("anna");
    anna.wait_for("prod-1 .*healthy", SOON).unwrap();
    anna.wait_for("cap-1 .*healthy", SOON).unwrap();
    // The group, by keys: another name starts nothing.
    anna.keys("/").unwrap();
    anna.keys("p r o d - 1 enter b").unwrap();
    anna.wait_for("plan  backup prod-1", LONG).unwrap();
    anna.wait_for("people vote here", SOON).unwrap();
    anna.keys("enter").unwrap();
    anna.wait_for("type production", SOON).unwrap();
    anna.keys("p r o d enter").unwrap();
    anna.wait_for("that is another name", SOON).unwrap();
    anna.keys("u c t i o n enter").unwrap();
    anna.wait_for("● succeeded", LONG).unwrap();
    anna.keys("esc").unwrap();
    anna.wait_for("Instances", SOON).unwrap();
    // The capital: stored, and it waits.
    anna.keys("/").unwrap();
    anna.keys("C-u c a p enter b").unwrap();
    anna.wait_for("plan  backup cap-1", LONG).unwrap();
    anna.keys("enter").unwrap();
    anna.wait_for("This will backup cap-1", SOON).unwrap();
    anna.keys("tab enter").unwrap();
    anna.wait_for("▲ approval", SOON).unwrap();
    anna.keys("+").unwrap();
    anna.wait_for("anna wants to backup cap-1", SOON).unwrap();
    anna.keys("tab enter").unwrap();
    anna.wait_for("another person has to approve it", SOON).unwrap();

    // Another person, who looks at something else, sees that somebody waits.
    let mut ben = bench.cockpit("ben");
    ben.wait_for("cap-1 .*healthy", SOON).unwrap();
    ben.keys("R").unwrap();
    ben.wait_for("▲ .*approval .*backup", SOON).unwrap();
    ben.keys("enter").unwrap();
    ben.wait_for("a second person has to approve: the capital", SOON).unwrap();
    ben.keys("+").unwrap();
    ben.wait_for("anna wants to backup cap-1", SOON).unwrap();
    ben.keys("tab enter").unwrap();
    ben.wait_for("● succeeded", LONG).unwrap();
    anna.wait_for("● succeeded", LONG).unwrap();
    for mut terminal in [anna, ben] {
        terminal.keys("q").unwrap();
        assert!(terminal.wait_end(SOON).unwrap().success());
        assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    }
}
