//! Output of many hosts: a store with a run of theirs, and a flood into it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::log::{Merged, Sieve};
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::engine::log_book::{LogBook, RunLog, Way};
use bunker_ops::engine::log_merge::LogMerge;
use bunker_ops::engine::ports::{RunReader, RunWriter};

use jiff::Timestamp;

use crate::sample::{StepClock, host, planned, run_id, simple_plan, step};

/// A store with a run of many hosts, each of which has begun a job.
pub(crate) struct Outputs {
    pub(crate) hosts: Vec<HostId>,
    writer: Arc<StoreWriter>,
    reader: Arc<dyn RunReader>,
}

impl Outputs {
    /// In this folder, which a cockpit may look at too.
    pub(crate) async fn new(state: &Path, n: usize) -> Self {
        let dir = StateDir::at(state.to_owned());
        let clock = || Arc::new(StepClock::default());
        let writer = StoreWriter::open(&dir, clock(), &Operate::grant()).unwrap();
        let hosts: Vec<HostId> = (0..n).map(|n| host(&format!("host-{n:04}"))).collect();
        let names: Vec<&str> = hosts.iter().map(HostId::as_str).collect();
        let (plan, run) = (simple_plan(&names), run_id(1));
        writer.create(&run, &plan, planned(&plan)).await.unwrap();
        writer.claim(&run, std::process::id()).await.unwrap();
        let begun = hosts.iter().flat_map(|host| {
            let (nonce, steps) = ("0123456789abcdef".into(), vec![step("backup")]);
            let job = EventKind::JobIntended { host: host.clone(), seq: 1, nonce, steps };
            [EventKind::HostStarted { host: host.clone() }, job]
        });
        let first = [EventKind::WorkerStarted { pid: std::process::id(), generation: 1 }];
        writer.append(&run, first.into_iter().chain(begun).collect()).await.unwrap();
        let reader = Arc::new(StoreReader::open(&dir, clock()).unwrap());
        Self { hosts, writer: Arc::new(writer), reader }
    }

    /// Adds so many lines of each host, in pieces of `piece` lines; gives how long that took.
    pub(crate) async fn pour(&self, lines: usize, piece: usize) -> Duration {
        let begun = Instant::now();
        for first in (0..lines).step_by(piece) {
            for host in &self.hosts {
                let text = text(first, piece.min(lines - first));
                self.writer.keep_log(&run_id(1), host, 1, text.as_bytes()).await.unwrap();
            }
        }
        begun.elapsed()
    }

    /// Adds `a_second` lines, shared by all hosts, twenty times a second until it is told to stop; counts them.
    pub(crate) async fn flood(&self, a_second: usize, stop: &AtomicBool, poured: &AtomicU64) {
        let each = a_second / 20 / self.hosts.len();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        let mut first = 0;
        while !stop.load(Ordering::Relaxed) {
            tick.tick().await;
            self.pour_once(first, each).await;
            first += each;
            poured.fetch_add((each * self.hosts.len()) as u64, Ordering::Relaxed);
        }
    }

    async fn pour_once(&self, first: usize, each: usize) {
        let text = text(first, each);
        for host in &self.hosts {
            self.writer.keep_log(&run_id(1), host, 1, text.as_bytes()).await.unwrap();
        }
    }

    /// Adds bytes of the first host.
    pub(crate) async fn keep(&self, bytes: &[u8]) {
        self.writer.keep_log(&run_id(1), &self.hosts[0], 1, bytes).await.unwrap();
    }

    /// All outputs as one, read to the end of what there is; gives how long that took and the lines.
    pub(crate) async fn merged(&self) -> (Duration, Vec<Merged>) {
        let begun = Instant::now();
        let store = Arc::clone(&self.reader);
        let now = self.now();
        let mut merge = LogMerge::open(store, run_id(1), now).await.unwrap();
        let mut lines = Vec::new();
        loop {
            let pass = merge.pass(now).await.unwrap();
            lines.extend(pass.lines);
            if !pass.more {
                return (begun.elapsed(), lines);
            }
        }
    }

    /// Later than anything in the journal.
    fn now(&self) -> Timestamp {
        let n = i64::try_from(self.hosts.len()).unwrap();
        Timestamp::from_second(1_790_000_000 + 10_000 + n).unwrap()
    }

    /// The output of a host, read through to its end.
    pub(crate) async fn book(&self, host: &HostId) -> LogBook {
        let (store, host) = (Arc::clone(&self.reader), host.clone());
        let mut book = LogBook::new(Arc::new(RunLog { store, run: run_id(1), host }));
        while book.grow(8 << 20).await.unwrap() {}
        book
    }

    /// Lines of all hosts that are in the files.
    pub(crate) async fn kept(&self) -> u64 {
        let mut lines = 0;
        for host in &self.hosts {
            lines += self.book(host).await.n_lines();
        }
        lines
    }
}

/// Lines as a build writes them.
fn text(first: usize, n: usize) -> String {
    let mut text = String::with_capacity(n * 48);
    for n in first..first + n {
        let what = match n % 50_000 {
            49_999 => "npm error ENOSPC",
            _ => "Sending build context to the daemon",
        };
        let _ = writeln!(text, "#9 {n} {what}");
    }
    text
}

/// How long a search through a whole output takes that finds its last line, and a sieve over all of it.
pub(crate) async fn searched(book: &mut LogBook, last: u64) -> (Duration, Duration) {
    let begun = Instant::now();
    let found = book.find(&Sieve::parse(&format!("#9 {last} ")).unwrap(), 0, Way::On).await;
    let searched = begun.elapsed();
    assert_eq!(found, Ok(Some(last)));
    let begun = Instant::now();
    book.sift(&Sieve::default().errors_only(true));
    while book.grow(8 << 20).await.unwrap() {}
    (searched, begun.elapsed())
}
