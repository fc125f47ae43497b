//! A control machine whose clock jumps by hours: order and patience do not come from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bunker_ops::adapters::caller::this_process;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter};
use bunker_ops::domain::audit::Verifier;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::{Phase, RunState};
use bunker_ops::engine::ports::{AuditReader, Clock, RunReader, RunWriter};
use bunker_ops::engine::worker::carry_out;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::run_engine::Bench;
use crate::sample::{host, planned, run_id, simple_plan};

/// Each time it is read it is an hour ahead or an hour behind, and sometimes it stands still.
#[derive(Debug, Default)]
struct Jumping(AtomicU64);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let off = [3_600, -3_600, 0, 0, 7_200][(n % 5) as usize];
        Timestamp::from_second(1_790_000_000 + off).unwrap()
    }

    fn nonce(&self) -> String {
        format!("{:032x}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[tokio::test]
async fn the_order_of_a_run_and_of_the_audit_log_is_their_numbers_whatever_the_clock_says() {
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().join("state"));
    let clock: Arc<dyn Clock> = Arc::new(Jumping::default());
    let right = Operate::grant();
    let writer = StoreWriter::open_for(&dir, Arc::clone(&clock), this_process(), &right).unwrap();
    let (run, plan, me) = (run_id(1), simple_plan(&["a", "b"]), std::process::id());
    writer.create(&run, &plan, planned(&plan)).await.unwrap();
    let generation = writer.claim(&run, me).await.unwrap();
    let ended = |id: &str| EventKind::HostFinished { host: host(id), outcome: Outcome::Changed };
    let (state, summary) = (Phase::Succeeded, "2 ok".into());
    for kind in [
        EventKind::WorkerStarted { pid: me, generation },
        EventKind::HostStarted { host: host("a") },
        ended("a"),
        EventKind::HostStarted { host: host("b") },
        ended("b"),
        EventKind::RunFinished { state, summary },
    ] {
        writer.append(&run, vec![kind]).await.unwrap();
    }
    let reader = StoreReader::open(&dir, clock).unwrap();
    let events = reader.events(&run, 0, 100).await.unwrap();
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=7).collect::<Vec<u64>>());
    assert!(events.windows(2).any(|pair| pair[1].at < pair[0].at), "it jumped back: {events:?}");
    assert_eq!(
        events.last().unwrap().kind.clone(),
        EventKind::RunFinished { state: Phase::Succeeded, summary: "2 ok".into() }
    );
    let mut folded = RunState::new(run, &plan);
    folded.apply_all(&events);
    assert_eq!((folded.phase, folded.summary), (Phase::Succeeded, Some("2 ok".into())));
    // The log of who did what is whole, and stands in the order in which it was done.
    let rows = reader.audit_rows(0, 100).await.unwrap();
    let mut verifier = Verifier::new(Vec::new(), None);
    for row in &rows {
        verifier.feed(row);
    }
    let found = verifier.finish();
    assert_eq!((found.findings, found.open.len()), (Vec::new(), 0));
    assert_eq!(found.n, rows.len() as u64);
    assert!(found.n >= 2, "the intent of the run and its end");
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_clock_jumps_by_hours_is_as_patient_as_ever() {
    let plan = simple_plan(&["a", "b"]);
    let mut took = Vec::new();
    for jumps in [false, true] {
        let bench = Bench::new(&plan).await;
        // A host that is silent for a while is waited for by time that passes, not by the time of day.
        let silent = Instant::now() + Duration::from_mins(5);
        bench.hosts.with("b", |h| h.cuts.extend([10]));
        bench.hosts.with("b", |h| h.silent_until = Some(Instant::now()));
        let mut ports = bench.ports(bench.store.clone());
        if jumps {
            ports.clock = Arc::new(Jumping::default());
        }
        let began = Instant::now();
        let hosts = Arc::clone(&bench.hosts);
        let falls_silent = async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            hosts.with("b", |h| h.silent_until = Some(silent));
        };
        let (ended, ()) = tokio::join!(carry_out(ports, run_id(1), 7), falls_silent);
        assert_eq!(ended, Ok(Phase::Succeeded), "jumps: {jumps}");
        took.push(began.elapsed());
    }
    let [straight, jumping] = took[..] else { panic!("{took:?}") };
    assert!(straight > Duration::from_mins(5), "{straight:?}");
    // Both waited for the same silence; pauses between attempts have a little chance in them.
    let apart = straight.abs_diff(jumping);
    assert!(apart < Duration::from_mins(1), "{straight:?} and {jumping:?}");
}
