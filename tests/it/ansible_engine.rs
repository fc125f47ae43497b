//! The worker against a playbook in memory: what was approved is what runs, and nothing is claimed that was not told.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::lease::{Renewed, Taken};
use bunker_ops::domain::plan::{
    Plan, Playbook, PlaybookFiles, PlaybookPath, PlaybookWish, Workflow,
};
use bunker_ops::domain::run::outcome::{NotRun, Outcome};
use bunker_ops::domain::run::state::{Phase, RunState};
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::ports::{
    PlaybookCall, PlaybookEnd, PlaybookEvent, PlaybookRunner, PlaybookSource, RunningPlaybook,
    Tally, TaskEnd,
};
use bunker_ops::engine::worker::carry_out;

use crate::run_engine::Bench;
use crate::run_fake_store::Death;
use crate::sample::{host, host_plan, plan_of, run_id};

fn files(sha256: &str) -> PlaybookFiles {
    PlaybookFiles {
        path: "/books/site.yml".parse().unwrap(),
        folder: "/books".into(),
        sha256: sha256.to_owned(),
        around_sha256: "around".to_owned(),
        n_around: 3,
        version: "ansible-playbook [core 2.19.4]".into(),
    }
}

fn plan() -> Plan {
    let mut plan = plan_of(vec![host_plan("a", &[]), host_plan("b", &[])], &[&["a", "b"]], 2);
    plan.workflow = Workflow::Ansible;
    plan.target = None;
    plan.playbook = Some(Playbook {
        wish: PlaybookWish::of("/books/site.yml".parse().unwrap()),
        files: files("approved"),
        inventory: "/fleet/inventory".into(),
        vault_password: false,
    });
    plan
}

/// Tells these events, then waits for ever where no end is among them.
struct Script {
    now: &'static str,
    events: Mutex<VecDeque<PlaybookEvent>>,
    n_starts: AtomicU32,
    /// The targets of each start.
    targets: Mutex<Vec<Vec<String>>>,
}

impl Script {
    fn of(now: &'static str, events: Vec<PlaybookEvent>) -> Arc<Self> {
        Arc::new(Self {
            now,
            events: Mutex::new(events.into()),
            n_starts: AtomicU32::new(0),
            targets: Mutex::default(),
        })
    }
}

#[async_trait]
impl PlaybookSource for Script {
    async fn look(&self, _: &Path, _: &PlaybookPath) -> Result<PlaybookFiles, Safe> {
        Ok(files(self.now))
    }
}

#[async_trait]
impl PlaybookRunner for Script {
    async fn start(&self, call: PlaybookCall) -> Result<Box<dyn RunningPlaybook>, Safe> {
        let hosts = call.targets.iter().map(|to| to.host.to_string()).collect();
        self.targets.lock().unwrap().push(hosts);
        self.n_starts.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Told(std::mem::take(&mut *self.events.lock().unwrap()))))
    }
}

struct Told(VecDeque<PlaybookEvent>);

#[async_trait]
impl RunningPlaybook for Told {
    async fn next(&mut self) -> PlaybookEvent {
        match self.0.pop_front() {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
    async fn hold(&mut self, _: bool) {}
    async fn stop(&mut self) {
        self.0.push_back(end(130));
    }
    async fn kill(&mut self, _: Duration) -> bool {
        true
    }
}

fn ended(host_name: &str, end: TaskEnd) -> PlaybookEvent {
    let (message, output) = ("why".into(), b"words\n".to_vec());
    PlaybookEvent::Ended { host: host(host_name), task: 1, end, message, output }
}

fn counted(host_name: &str, ok: u32, failures: u32) -> PlaybookEvent {
    let tally = Tally { ok, changed: 0, failures, unreachable: 0 };
    PlaybookEvent::Counted { host: host(host_name), tally }
}

fn end(exit: i32) -> PlaybookEvent {
    let log = "/state/ansible.log".into();
    PlaybookEvent::End(PlaybookEnd { exit: Some(exit), last_lines: vec!["bad".into()], log })
}

fn task() -> PlaybookEvent {
    PlaybookEvent::Task { number: 1, name: "first".into() }
}

async fn worked(bench: &Bench, script: &Arc<Script>) -> (Phase, RunState) {
    let mut ports = bench.ports(bench.store.clone());
    ports.playbooks = Arc::<Script>::clone(script);
    let phase = carry_out(ports, run_id(1), 7).await.unwrap();
    (phase, bench.store.state(&run_id(1)))
}

fn outcome<'a>(state: &'a RunState, name: &str) -> &'a Outcome {
    state.host(&host(name)).unwrap().outcome.as_ref().unwrap()
}

#[tokio::test(start_paused = true)]
async fn another_playbook_than_the_approved_one_is_not_started() {
    let bench = Bench::new(&plan()).await;
    let script = Script::of("edited", vec![end(0)]);
    let (phase, state) = worked(&bench, &script).await;
    assert_eq!((phase, script.n_starts.load(Ordering::Relaxed)), (Phase::Failed, 0));
    for name in ["a", "b"] {
        let Outcome::Failed(failure) = outcome(&state, name) else { panic!("{state:?}") };
        assert!(failure.message.as_str().contains("another file than the one"), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_host_ends_as_ansible_counts_it_and_one_without_a_play_is_skipped() {
    let bench = Bench::new(&plan()).await;
    let events = vec![
        task(),
        PlaybookEvent::Started { host: host("a"), task: 1 },
        ended("a", TaskEnd::Failed),
        counted("a", 0, 1),
        end(2),
    ];
    let (phase, state) = worked(&bench, &Script::of("approved", events)).await;
    assert_eq!(phase, Phase::Failed);
    let Outcome::Failed(failure) = outcome(&state, "a") else { panic!("{state:?}") };
    assert_eq!((failure.message.as_str(), failure.last_lines.len()), ("why", 1));
    assert!(matches!(outcome(&state, "b"), Outcome::Failed(f) if f.exit == Some(2)), "{state:?}");

    let bench = Bench::new(&plan()).await;
    // A task that failed and was rescued: Ansible counts no failure.
    let events = vec![task(), ended("a", TaskEnd::Failed), counted("a", 2, 0), end(0)];
    let (phase, state) = worked(&bench, &Script::of("approved", events)).await;
    assert_eq!(phase, Phase::Succeeded);
    assert_eq!(outcome(&state, "a"), &Outcome::Ok);
    assert!(matches!(outcome(&state, "b"), Outcome::Skipped(_)), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn it_runs_only_where_the_lease_is_ours_and_gives_it_back() {
    let bench = Bench::new(&plan()).await;
    let held = Taken::Held(Box::default());
    bench.around.leases.taken.lock().unwrap().extend([Ok(held), Ok(Taken::Ours(4))]);
    let script =
        Script::of("approved", vec![task(), ended("b", TaskEnd::Ok), counted("b", 1, 0), end(0)]);
    let (_, state) = worked(&bench, &script).await;
    assert!(matches!(outcome(&state, "a"), Outcome::NotRun(NotRun::Blocked(_))), "{state:?}");
    assert_eq!(outcome(&state, "b"), &Outcome::Ok);
    assert_eq!(*script.targets.lock().unwrap(), [["b"]]);
    let asked = bench.around.leases.asked.lock().unwrap().clone();
    let word = "a playbook of Ansible";
    assert_eq!(
        asked,
        [format!("take a {word}"), format!("take b {word}"), "give back b".to_owned()]
    );

    // A check changes nothing and takes none.
    let mut check = plan();
    check.playbook.as_mut().unwrap().wish.check = true;
    let bench = Bench::new(&check).await;
    worked(&bench, &Script::of("approved", vec![end(0)])).await;
    assert_eq!(*bench.around.leases.asked.lock().unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_taken_away_stops_it_after_the_running_task() {
    let bench = Bench::new(&plan()).await;
    bench
        .around
        .leases
        .renewed
        .lock()
        .unwrap()
        .extend([Renewed::Ours, Renewed::Lost("ann's".into())]);
    let events = vec![task(), ended("a", TaskEnd::Ok)];
    let (phase, state) = worked(&bench, &Script::of("approved", events)).await;
    assert_eq!(phase, Phase::Failed);
    for name in ["a", "b"] {
        let Outcome::Failed(failure) = outcome(&state, name) else { panic!("{state:?}") };
        assert_eq!(failure.message.as_str(), "the lease of b was taken away: it is ann's");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_whose_task_was_cut_off_is_unknown() {
    let bench = Bench::new(&plan()).await;
    let events = vec![task(), PlaybookEvent::Started { host: host("a"), task: 1 }, end(250)];
    let (_, state) = worked(&bench, &Script::of("approved", events)).await;
    assert!(matches!(outcome(&state, "a"), Outcome::Unknown(_)), "{state:?}");
    assert!(matches!(outcome(&state, "b"), Outcome::Failed(_)), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_died_at_any_write_leaves_no_host_well_and_starts_nothing_twice() {
    let all = || {
        vec![
            task(),
            ended("a", TaskEnd::Ok),
            ended("b", TaskEnd::Ok),
            counted("a", 1, 0),
            counted("b", 1, 0),
            end(0),
        ]
    };
    let bench = Bench::new(&plan()).await;
    worked(&bench, &Script::of("approved", all())).await;
    let n_writes = bench.store.n_writes();
    for n in 1..n_writes {
        let bench = Bench::new(&plan()).await;
        let script = Script::of("approved", all());
        let mut store = bench.store.clone();
        store.death = Some(Death::Before(n));
        let mut ports = bench.ports(store);
        ports.playbooks = Arc::<Script>::clone(&script);
        drop(carry_out(ports, run_id(1), 7).await);
        let before = script.n_starts.load(Ordering::Relaxed);
        let again = Script::of("approved", all());
        let (_, state) = worked(&bench, &again).await;
        let n_starts = before + again.n_starts.load(Ordering::Relaxed);
        assert!(n_starts <= 1, "started twice, at write {n}");
        for name in ["a", "b"] {
            let told = matches!(outcome(&state, name), Outcome::Unknown(_) | Outcome::Ok);
            assert!(told, "write {n}: {:?}", outcome(&state, name));
        }
    }
}
