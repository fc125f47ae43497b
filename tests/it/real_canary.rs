//! A canary of one real server in front of three others, with real visitors whose waiting is measured: a release that is
//! unhealthy, one that is slow to answer, and a good one whose worker is killed in the soak.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::canary_feed::{Feed, Visit};
use crate::capability::missing;
use crate::lab::metrics::{Victoria, program};
use crate::lab::real::{Ready, RealLab};
use crate::real_fleet::{RealFleet, text};

const N: usize = 4;
const POLICY: &str = "bunker_min_healthy_s: 5
bunker_healthy_deadline_s: 60
bunker_soak_s: 60
bunker_serial: 100%
bunker_canary_on_fail: rollback
bunker_canary_metrics:
  - {metric: error_ratio, min_samples: 6}
  - {metric: p95_seconds, min_samples: 6}
";

fn fleet(ready: Ready, metrics: &str) -> RealFleet {
    let lab = RealLab::start(ready, N).unwrap();
    let dir = lab.inventory_dir();
    let hosts = std::fs::read_to_string(dir.join("hosts.yml")).unwrap();
    std::fs::write(dir.join("hosts.yml"), format!("{hosts}canary:\n  hosts:\n    real-01:\n"))
        .unwrap();
    for host in lab.hosts() {
        let file = dir.join("host_vars").join(&host.name).join("metrics.yml");
        std::fs::write(file, "cml_tier: 2\n").unwrap();
    }
    let fleet = RealFleet::new(lab, &format!("{POLICY}bunker_metrics_url: {metrics}\n"));
    std::thread::scope(|scope| {
        for host in fleet.lab.hosts() {
            scope.spawn(|| host.deploy("v2.4.1").unwrap());
        }
    });
    fleet
}

/// The tag that each host has checked out, and what its health address says.
fn running(fleet: &RealFleet) -> Vec<(String, u16)> {
    let of = |host: &crate::lab::real::RealHost| {
        let head = host.sh("git -C /opt/changemaker-lite rev-parse HEAD").unwrap();
        let tags = &fleet.lab.repository().tags;
        let tag = tags.iter().find(|(_, sha)| *sha == head.trim()).unwrap().0.clone();
        let url = format!("http://{}:4000/api/health", host.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client.get(&url).send().await.map_or(0, |answer| answer.status().as_u16())
        });
        (tag, status)
    };
    fleet.lab.hosts().iter().map(of).collect()
}

fn all(tag: &str) -> Vec<(String, u16)> {
    vec![(tag.to_owned(), 200); N]
}

fn show(fleet: &RealFleet, run: &str) -> Value {
    let output = fleet.bunker(&["show", run, "--json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output)))
}

fn when(fleet: &RealFleet, run: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_mins(8);
    loop {
        let shown = show(fleet, run);
        if holds(&shown) {
            return shown;
        }
        assert!(Instant::now() < deadline, "never {what}: {shown:#}");
        crate::lab::processes::pause(Duration::from_millis(500));
    }
}

fn start(fleet: &RealFleet, to: &str) -> String {
    let all = ["--limit", "changemaker_instances", "--to", to, "--yes", "--detach"];
    let made = fleet.json(&[&["canary-upgrade"], all.as_slice()].concat());
    made["run"].as_str().unwrap().to_owned()
}

/// It fails in its own gate, is rolled back, and the rest is not touched.
fn unhealthy(fleet: &RealFleet) {
    let run = start(fleet, "v2.6.1-unhealthy");
    let shown = when(fleet, &run, "fails", |v| v["state"] == "failed");
    let end = &shown["canary"]["end"];
    assert!(end["why"].as_str().unwrap().contains("real-01: not healthy"), "{shown:#}");
    let back = end["rollback"][0].as_str().unwrap();
    assert_eq!(show(fleet, back)["state"], "succeeded", "{:#}", show(fleet, back));
    assert_eq!(running(fleet), all("v2.4.1"));
}

/// It is healthy, below every limit, and slower than the rest: only the comparison tells.
fn sluggish(fleet: &RealFleet) {
    let run = start(fleet, "v2.5.2-sluggish");
    let shown = when(fleet, &run, "fails", |v| v["state"] == "failed");
    let end = &shown["canary"]["end"];
    assert!(end["why"].as_str().unwrap().starts_with("p95: "), "{shown:#}");
    let comparison = &shown["canary"]["report"]["metrics"][1]["comparison"];
    assert!(comparison["shift"].as_f64().unwrap() > 0.2, "{comparison:#}");
    let back = end["rollback"][0].as_str().unwrap();
    assert_eq!(show(fleet, back)["state"], "succeeded", "{:#}", show(fleet, back));
    assert_eq!(running(fleet), all("v2.4.1"));
}

/// Its worker dies in the soak; another goes on where the journal stands, and then the rest follows.
fn good(fleet: &RealFleet) {
    let run = start(fleet, "v2.5.0");
    let counted = |v: &Value| v["canary"]["counted_s"].as_f64().unwrap_or(0.0);
    let before = when(fleet, &run, "soaks", |v| counted(v) >= 16.0);
    kill_worker(fleet);
    let shown = when(fleet, &run, "is lost", |v| v["state"] == "lost");
    assert!(counted(&shown) >= counted(&before) && counted(&shown) < 60.0, "{shown:#}");
    crate::lab::processes::pause(Duration::from_secs(8));
    fleet.ok(&["resume", &run]);
    let shown = when(fleet, &run, "ends", |v| v["state"] == "succeeded");
    assert_eq!(shown["canary"]["end"]["passed"], true, "{shown:#}");
    assert!(shown["canary"]["gap_s"].as_f64().unwrap() > 4.0, "nobody looked: {shown:#}");
    assert!((counted(&shown) - 60.0).abs() < 0.5, "{shown:#}");
    assert_eq!(running(fleet), all("v2.5.0"));
}

fn kill_worker(fleet: &RealFleet) {
    let state = format!("BUNKER_STATE={}", fleet.own.path().join("state").display());
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else {
            continue;
        };
        let has = |name: &str, word: &str| {
            let bytes = std::fs::read(entry.path().join(name)).unwrap_or_default();
            bytes.split(|b| *b == 0).any(|w| w == word.as_bytes())
        };
        if has("environ", &state) && has("cmdline", "worker") {
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            killed += 1;
        }
    }
    assert_eq!(killed, 1, "one worker carries the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_of_one_real_server_before_three_others() {
    const NAME: &str = "a_canary_of_one_real_server_before_three_others";
    let ready = match tokio::task::block_in_place(Ready::check) {
        Ok(ready) => ready,
        Err(why) => return missing(NAME, &why),
    };
    let program = match tokio::task::block_in_place(program) {
        Ok(program) => program,
        Err(why) => return missing(NAME, &format!("{why:#}")),
    };
    let data = tempfile::tempdir().unwrap();
    let server =
        Victoria::start(&program, data.path(), Ipv4Addr::new(127, 0, 77, 49)).await.unwrap();
    let server = Arc::new(server);
    let fleet = tokio::task::block_in_place(|| fleet(ready, server.url()));
    let visits = fleet.lab.hosts().iter().map(|host| {
        let url = format!("http://{}:4000/api/health", host.address);
        (format!("{}.example.org", host.name), Visit::Measured(url))
    });
    let _feed = Feed::start(&server, visits.collect());
    let work = || {
        unhealthy(&fleet);
        sluggish(&fleet);
        good(&fleet);
    };
    // Apart from the runtime of the visitors.
    tokio::task::block_in_place(|| std::thread::scope(|scope| scope.spawn(work).join().unwrap()));
}
