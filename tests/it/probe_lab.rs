//! The poller and `bunker status` on paper hosts, through the real ssh client.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::http::HttpHealthSource;
use bunker_ops::adapters::inventory::load;
use bunker_ops::adapters::victoria::Victoria;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::plan::GateSpec;
use bunker_ops::domain::snapshot::{Contact, HttpHealth, InventoryState};
use bunker_ops::engine::gate::GateLooks;
use bunker_ops::engine::poller::{Sources, Watched, probe_host, run_once};
use bunker_ops::engine::ports::{GateCheck, RemoteRead};
use bunker_ops::steps::probe::DEADLINE;
use serde_json::Value;

use crate::lab::{Fault, HostSpec, Lab, Options};
use crate::sample::simple_plan;
use crate::ssh_pool::Pool;

fn sources(pool: &Pool) -> Sources {
    let clock = Arc::new(SystemClock);
    Sources {
        remote: Arc::clone(&pool.pool) as Arc<dyn RemoteRead>,
        health: Arc::new(HttpHealthSource::new(Arc::<SystemClock>::clone(&clock))),
        metrics: Arc::new(Victoria::new()),
        clock,
    }
}

fn watched(lab: &Lab) -> Watched {
    let loaded = load(&lab.inventory_dir());
    Watched { fleet: Arc::new(loaded.fleet.unwrap()), files: InventoryState::default() }
}

/// Files of a host with their sizes, modes and times, less the stand-in's record of how it was called.
fn trace(lab: &Lab, i: usize) -> String {
    let find =
        "find . ! -path './docker/calls' ! -path './docker' -printf '%p %s %m %T@ %l\\n' | sort";
    let out = Command::new("sh").arg("-c").arg(find).current_dir(lab.host(i).dir()).output();
    String::from_utf8(out.unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_one_command_a_host_and_leaves_no_trace() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let (pool, watched) = (Pool::new(), watched(&lab));
    let sources = sources(&pool);
    let before = [trace(&lab, 0), trace(&lab, 1)];
    let first = run_once(&sources, &watched, Duration::from_secs(30)).await;
    for view in &first.instances {
        assert_eq!(view.verdict.health, Health::Healthy, "{:?}", view.verdict);
        assert_eq!(view.release.as_ref().unwrap().reference.as_ref().unwrap().as_str(), "v2.4.1");
        let HttpHealth::Up { commit: Some(commit), .. } = &view.http else {
            panic!("{:?}", view.http)
        };
        let facts = view.facts.as_ref().unwrap();
        assert_eq!(&facts.checkout.known().unwrap().commit, commit);
        assert!(facts.stack.known().unwrap().containers.len() >= 3);
        assert!(facts.clock_skew_s.known().unwrap().abs() < 1.0);
    }
    let execs = [lab.host(0).execs(), lab.host(1).execs()];
    let again = run_once(&sources, &watched, Duration::from_secs(30)).await;
    assert_eq!(again.instances.len(), 2);
    assert_eq!([lab.host(0).execs(), lab.host(1).execs()], execs.map(|n| n + 1));
    assert_eq!([trace(&lab, 0), trace(&lab, 1)], before);
    pool.pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_costs_the_others_nothing() {
    let lab = Lab::start(5, Options::instances()).unwrap();
    let (pool, watched) = (Pool::new(), watched(&lab));
    let sources = sources(&pool);
    let living: Vec<_> =
        watched.fleet.instances().filter(|(h, _)| h.id.as_str() != "paper-01").collect();
    let round = async || {
        let begun = Instant::now();
        let looks = living
            .iter()
            .map(|(h, s)| probe_host(&*sources.remote, h, s, &*sources.clock, DEADLINE));
        let all = futures_util::future::join_all(looks).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        begun.elapsed()
    };
    let warm = run_once(&sources, &watched, Duration::from_secs(30)).await;
    assert!(warm.instances.iter().all(|v| v.verdict.health == Health::Healthy));
    let alone = round().await.max(round().await);
    lab.host(0).fault(Fault::BlackHole);
    let deadline = Duration::from_secs(6);
    let (snapshot, beside) = tokio::join!(run_once(&sources, &watched, deadline), round());
    assert!(
        beside < alone * 6 + Duration::from_secs(1),
        "{beside:?} beside a dead host, {alone:?} alone"
    );
    let dead = &snapshot.instances[0];
    assert_eq!(dead.verdict.health, Health::Unknown);
    assert!(matches!(dead.contact, Contact::Lost { .. }), "{:?}", dead.contact);
    for view in &snapshot.instances[1..] {
        assert_eq!(view.verdict.health, Health::Healthy, "{:?}", view.verdict);
    }
    pool.pool.close().await;
}

/// The program on a lab: its exit code and what it printed.
fn bunker(lab: &Lab, args: &[&str]) -> (i32, String) {
    let state = tempfile::tempdir().unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .args(["--inventory", lab.inventory_dir().to_str().unwrap()])
        .args(args)
        .env("BUNKER_STATE", state.path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    (out.status.code().unwrap(), format!("{text}{}", String::from_utf8_lossy(&out.stderr)))
}

#[test]
fn status_tells_the_fleet_by_exit_code_json_and_words() {
    let mut full = HostSpec::new("full");
    full.disk_used = 96;
    let mut stale = HostSpec::new("stale");
    stale.tier = 1;
    stale.backup_age = Some(Duration::from_mins(31 * 60 + 1));
    let hosts = vec![HostSpec::new("good"), full, stale, HostSpec::new("gone")];
    let lab = Lab::start(4, Options::instances().with_hosts(hosts)).unwrap();

    let (code, text) = bunker(&lab, &["status", "--limit", "good"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = bunker(&lab, &["status", "--limit", "good,full,stale"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("    disk  96 % of /") && text.contains("(critical 95 %"), "{text}");
    assert!(text.contains("    backup  31 h old (red above 48 h, alert at 25 h)"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    let at = |name: &str| text.find(&format!(" {name} ")).unwrap();
    assert!(at("full") < at("good") && at("stale") < at("good"), "problems first: {text}");

    lab.named("gone").unwrap().fault(Fault::Refuse);
    let (code, text) = bunker(&lab, &["status", "--json", "--timeout", "15"]);
    assert_eq!(code, 6, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    let by = |id: &str| {
        json["instances"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap().clone()
    };
    let (good, gone, stale) = (by("good"), by("gone"), by("stale"));
    assert_eq!((&good["health"], &good["tier"]), (&"healthy".into(), &2.into()));
    assert_eq!(good["release"]["ref"], "v2.4.1");
    assert_eq!(good["release"]["sha"].as_str().unwrap().len(), 40);
    assert!(good["latency_ms"].is_number() && good["probed_at"].is_string(), "{good}");
    assert_eq!(good["signals"]["p95_seconds"], Value::Null);
    assert_eq!(good["signals"]["disk_ratio"]["source"], "probe");
    assert!(
        (111_600..112_600).contains(&stale["backup_age_s"].as_f64().map(|n| n as i64).unwrap())
    );
    assert_eq!(gone["health"], "unknown");
    for missing in ["release", "latency_ms", "backup_age_s", "probed_at"] {
        assert_eq!(gone[missing], Value::Null, "{missing}");
    }
    let reason = gone["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("ssh: no answer") && reason.contains("refused"), "{reason}");

    let (code, text) = bunker(&lab, &["status", "--limit", "nosuch"]);
    assert_eq!(code, 4, "{text}");
}

#[test]
fn doctor_names_what_is_wrong_with_the_fix() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    lab.host(1).fault(Fault::Refuse);
    let (code, text) = bunker(&lab, &["doctor", "--json"]);
    assert_eq!(code, 3, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    let checks = json["checks"].as_array().unwrap();
    let find = |place: &str, check: &str| {
        let mut all = checks.iter();
        all.find(|c| c["place"] == place && c["check"] == check).unwrap_or_else(|| panic!("{text}"))
    };
    for check in ["ssh", "git", "inventory", "known_hosts", "store"] {
        assert_eq!(find("here", check)["ok"], true, "{check}: {text}");
    }
    for check in [
        "ssh", "sudo", "programs", "docker", "compose", "git", "checkout", "disk", "clock",
        "backups",
    ] {
        assert_eq!(find("paper-01", check)["ok"], true, "{check}: {text}");
    }
    let gone = find("paper-02", "ssh");
    assert_eq!(gone["ok"], false);
    assert!(
        gone["found"].as_str().unwrap().contains("refused") && gone["fix"].is_string(),
        "{gone}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_asks_for_the_services_once() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let (pool, watched) = (Pool::new(), watched(&lab));
    let Sources { remote, health: http, clock, .. } = sources(&pool);
    let (instance, settings) = watched.fleet.instances().next().unwrap();
    let mut plan = simple_plan(&["paper-01"]).hosts.remove(0);
    (plan.id, plan.connection) = (instance.id.clone(), instance.connection.clone());
    plan.settings = settings.as_ref().clone();
    let gate = GateSpec {
        id: "health".parse().unwrap(),
        title: "health".into(),
        min_healthy_s: 1,
        deadline_s: 60,
        expect_commit: None,
        hint: None,
    };
    let looks = GateLooks { remote, http, clock };
    let calls = |words: &str| lab.host(0).starts(words);
    let (ps, services) = (calls("compose ps"), calls("compose config"));
    let first = looks.observe(&plan, &gate, None).await;
    assert!(first.healthy && first.baseline.services.len() > 3, "{first:?}");
    for _ in 0..2 {
        let next = looks.observe(&plan, &gate, Some(&first.baseline)).await;
        assert_eq!((next.healthy, &next.baseline), (true, &first.baseline), "{next:?}");
    }
    assert_eq!(calls("compose ps"), ps + 3);
    assert_eq!(calls("compose config"), services + 1);
    pool.pool.close().await;
}
