//! Two hundred hosts in batches of a quarter, ten of them misbehaving, and connections that drop here and there all the
//! while: the run ends as the model of `rollout_model` foretells, and nothing was done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::StoreReader;
use bunker_ops::engine::ports::RunReader as _;
use serde_json::Value;

use crate::lab::processes::pause;
use crate::lab::{Fault, HostSpec, Lab, Options, PaperHost};
use crate::rollout_model::{Behaviour, foretold};
use crate::run_process::{all_starts, program};

const N: usize = 200;
/// What the strategy of the test makes of them.
const BATCHES: [usize; 4] = [N / 4; 4];
/// Neither of the limits is ever reached: what comes after a host that fails is no question here.
const MAX: u32 = 50;

/// What goes wrong on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Somebody else holds the instance.
    Held,
    /// The backup has no place to go.
    NoBackup,
    /// The disk is full when its turn comes.
    DiskFull,
    /// It is gone when its turn comes.
    Gone,
    /// Every answer is late.
    Slow,
}

impl Wrong {
    /// The same in the words of the model, which knows no disks and no backups, but steps that fail.
    fn behaviour(self) -> Behaviour {
        match self {
            Self::Held => Behaviour::Held,
            Self::NoBackup => Behaviour::Fails("backup"),
            Self::DiskFull => Behaviour::Fails("up"),
            Self::Gone => Behaviour::Unreachable,
            Self::Slow => Behaviour::Good,
        }
    }

    /// Brought about once the run has begun: but for the slow ones, these hosts are in its last batch.
    fn bring_about(self, host: &PaperHost) {
        match self {
            Self::Slow => host.fault(Fault::Slow(150)),
            Self::Held => hold(host),
            Self::NoBackup => {
                let backups = host.checkout().join("backups");
                fs::remove_dir_all(&backups).unwrap();
                fs::write(backups, "no folder").unwrap();
            }
            Self::DiskFull => host.fault(Fault::DiskFull),
            Self::Gone => host.fault(Fault::Refuse),
        }
    }
}

/// A lease as a run of somebody else leaves it, for an hour from now.
fn hold(host: &PaperHost) {
    let folder = host.state_dir().join("instances").join(host.name());
    fs::create_dir_all(&folder).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let now = crate::lab::clock::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let text = format!(
        "holder=run 261101-000000-0001 (upgrade) by ops-9 on elsewhere since 2026-11-01 00:00\n\
         run=261101-000000-0001\nworkflow=upgrade\ntarget=v2.5.0\noperator=ops-9\ngeneration=7\nstarted={now}\n\
         heartbeat={now}\nexpires={}\nboot={}\n",
        now + 3_600,
        boot.trim()
    );
    fs::write(folder.join("lease"), text).unwrap();
}

/// The ten: two of each kind.
fn wrongs() -> BTreeMap<usize, Wrong> {
    BTreeMap::from([
        (17, Wrong::Slow),
        (83, Wrong::Slow),
        (166, Wrong::NoBackup),
        (160, Wrong::NoBackup),
        (155, Wrong::DiskFull),
        (171, Wrong::DiskFull),
        (180, Wrong::Gone),
        (199, Wrong::Gone),
        (150, Wrong::Held),
        (190, Wrong::Held),
    ])
}

/// What the model says of each host: that one thing becomes of it. The connections of all that are well may be cut.
fn expected(wrongs: &BTreeMap<usize, Wrong>) -> Vec<&'static str> {
    let behaviour = |n| wrongs.get(&n).map_or(Behaviour::GoodButCut, |wrong| wrong.behaviour());
    let hosts: Vec<Behaviour> = (0..N).map(behaviour).collect();
    let foretold = foretold(&hosts, &BATCHES, (MAX, MAX));
    assert_eq!(foretold.len(), N);
    let one = |(n, may): (usize, &BTreeSet<&'static str>)| {
        assert_eq!(may.len(), 1, "the model leaves open what becomes of host {n}: {may:?}");
        *may.first().unwrap()
    };
    foretold.iter().enumerate().map(one).collect()
}

/// An outcome as `show` prints it, in the model's words.
fn in_words_of_the_model(outcome: &Value) -> &str {
    match outcome.as_str() {
        Some("ok" | "changed" | "skipped") => "well",
        Some("not-run") => "not run",
        other => other.unwrap_or("open"),
    }
}

/// A small generator of numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn name(n: usize) -> String {
    format!("p{n:03}")
}

#[test]
fn two_hundred_hosts_ten_of_them_misbehaving_end_as_foretold_and_no_step_began_twice() {
    let specs: Vec<HostSpec> = (0..N).map(|n| HostSpec::new(&name(n))).collect();
    let mut options = Options::instances().with_hosts(specs);
    options.build_seconds = 0.0;
    let limits = ["failed", "unreachable"].map(|of| format!("bunker_max_{of}: {MAX}"));
    let policy = [
        "bunker_serial: 25%",
        "bunker_parallel: 16",
        limits[0].as_str(),
        limits[1].as_str(),
        "bunker_min_healthy_s: 1",
        "bunker_healthy_deadline_s: 240",
    ];
    let options = policy.iter().fold(options, |options, line| options.with_policy(line));
    let lab = Lab::start(N, options).unwrap();
    let own = tempfile::tempdir().unwrap();
    let wrongs = wrongs();
    let bunker = |args: &[&str]| -> Value {
        let output = program(&lab, own.path()).args(args).arg("--json").output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    };
    let expected = expected(&wrongs);
    let planned = bunker(&["upgrade", "--limit", "all", "--to", "v2.5.0", "--yes", "--detach"]);
    let run = planned["run"].as_str().unwrap().to_owned();
    for (n, wrong) in &wrongs {
        wrong.bring_about(lab.host(*n));
    }
    swizzle_until_the_end(&lab, &wrongs, own.path());
    let shown = bunker(&["show", &run]);
    let mut became = BTreeMap::new();
    for target in shown["targets"].as_array().unwrap() {
        became.insert(target["host"].as_str().unwrap(), target);
    }
    assert_eq!(became.len(), N, "{shown:#}");
    let mut otherwise = Vec::new();
    for (n, foretold) in expected.iter().enumerate() {
        let target = became[name(n).as_str()];
        assert_eq!(target["batch"], n / BATCHES[0], "the batches are those of the model");
        // An upgrade changes what it does well.
        let unchanged = matches!(target["outcome"].as_str(), Some("ok" | "skipped"));
        if in_words_of_the_model(&target["outcome"]) != *foretold || unchanged {
            otherwise.push(format!("{foretold} was foretold, {:?}: {target:#}", wrongs.get(&n)));
        }
    }
    assert!(otherwise.is_empty(), "{} {}", otherwise.len(), otherwise.join("\n"));
    let sha = crate::upgrade_bench::git(lab.repo().unwrap(), &["rev-parse", "v2.5.0^{commit}"]);
    for (n, host) in lab.hosts().iter().enumerate() {
        let upgraded = host.running_commit().as_deref() == Some(sha.as_str());
        assert_eq!(upgraded, expected[n] == "well", "{}", host.name());
        for (step, times) in all_starts(&host.state_dir().join("ops").join(&run)) {
            assert_eq!(times, 1, "{}: {step} began {times} times", host.name());
        }
    }
}

/// Cuts connections of some hosts, one after the other, in another order each round, until the run has ended.
fn swizzle_until_the_end(lab: &Lab, wrongs: &BTreeMap<usize, Wrong>, own: &Path) {
    let deadline = Instant::now() + Duration::from_mins(30);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = StoreReader::open(&StateDir::at(own.join("state")), Arc::new(SystemClock)).unwrap();
    let mut dice = Dice(7);
    let mut cut = BTreeSet::new();
    loop {
        for _ in 0..4 {
            let n = dice.next(N as u64) as usize;
            if !wrongs.contains_key(&n) {
                let fault = match dice.next(3) {
                    0 => Fault::DropNow,
                    1 => Fault::DropAfter(dice.next(4_000)),
                    _ => Fault::DropAtExec,
                };
                lab.host(n).fault(fault);
                cut.insert(n);
            }
        }
        pause(Duration::from_secs(1));
        let runs = runtime.block_on(store.runs(1)).unwrap();
        let [run] = runs.as_slice() else { panic!("{runs:?}") };
        if run.finished.is_some() {
            assert!(cut.len() > 30, "the run was over before much could be cut");
            return;
        }
        assert!(Instant::now() < deadline, "the run does not end: {run:?}");
    }
}
