//! A panic costs what panicked and nothing else: one host of a run, or the screen.

use std::time::Duration;

use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::{Phase, RunState};

use crate::lab::{HostSpec, Lab, Options};
use crate::pty_life::{LONG, SOON, bunker, cockpit_with};
use crate::run_engine::Bench;
use crate::run_fakes::StartFault;
use crate::sample::{host, run_id, simple_plan};

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_makes_its_host_unknown_and_no_other() {
    let plan = simple_plan(&["a", "b", "c"]);
    let bench = Bench::new(&plan).await;
    bench.hosts.with("b", |h| h.start_faults.push_back(StartFault::Panic));
    assert_eq!(bench.work().await, Ok(Phase::Failed));
    let Outcome::Unknown(why) = bench.outcome("b") else { panic!("{:?}", bench.outcome("b")) };
    assert!(why.message.as_str().contains("panicked"), "{why:?}");
    let hint = why.hint.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(hint.contains("look at it before you go on"), "{hint}");
    for other in ["a", "c"] {
        let outcome = bench.outcome(other);
        assert!(outcome.lets_go_on(), "{other}: {outcome:?}");
    }
    // The journal is whole: it has its end, once, and folds to the same state.
    let kinds = bench.store.kinds();
    assert!(matches!(kinds.last(), Some(EventKind::RunFinished { state: Phase::Failed, .. })));
    let state: RunState = bench.store.state(&run_id(1));
    assert_eq!(state.phase, Phase::Failed);
    assert!(state.hosts.iter().all(|host| host.outcome.is_some()), "{state:?}");
    assert_eq!(bench.hosts.starts().keys().filter(|k| k.starts_with("b/")).count(), 0);
    assert_eq!(state.host(&host("b")).unwrap().id, host("b"));
}

#[test]
fn a_panic_of_the_screen_leaves_the_run_to_its_worker_and_the_exit_code_says_so() {
    if !cfg!(debug_assertions) {
        return;
    }
    let lab = Lab::start(1, Options::instances().with_hosts(vec![HostSpec::new("one")])).unwrap();
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    let mut terminal =
        cockpit_with(&inventory, own.path(), (100, 30), &[("BUNKER_TEST_PANIC", "1")]);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("b").unwrap();
    terminal.wait_for("plan  backup one", LONG).unwrap();
    terminal.keys("enter tab enter").unwrap();
    terminal.wait_for("run .... started", LONG).unwrap();
    terminal.keys("!").unwrap();
    let ended = terminal.wait_end(SOON).unwrap();
    assert_eq!(ended.exit_code(), 101, "the exit code of a panic: {ended:?}");
    // A backtrace, where the environment asks for one, may have moved it off the screen.
    terminal.wait_written("on purpose", SOON).unwrap();
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    let attached = bunker(&inventory, own.path(), &["attach", "last"], "");
    assert!(attached.contains("succeeded: 1 ok"), "{attached}");
    let verified = bunker(&inventory, own.path(), &["audit", "verify"], "");
    assert!(!verified.is_empty(), "the log is whole");
    // Nothing of it keeps the next cockpit from opening.
    let mut next = cockpit_with(&inventory, own.path(), (100, 30), &[]);
    next.wait_for("one .*healthy", SOON + Duration::from_secs(30)).unwrap();
    next.keys("q").unwrap();
    assert!(next.wait_end(SOON).unwrap().success());
}
