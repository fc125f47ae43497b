//! The judge on past data in a real VictoriaMetrics: a good release, a slow one, one with errors, too little data,
//! a silent instance, one without visitors; and an answer that says that it may lack data, which a single server never
//! says by itself: a stand-in between adds the word to the real answer, and counts the questions.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, Uri};
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::engine::ports::Clock;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::capability::missing;
use crate::inventory::write;
use crate::lab::metrics::{History, Victoria, program};

/// How an instance does.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// 95 of 100 requests within about 0.3 s.
    Well,
    /// Within about 0.7 s: slower than the rest, and below every limit.
    Slowly,
    /// Well, and 1 of 25 answers is an error.
    Failing,
    /// Well, without a request.
    Idle,
    /// Well, and silent for the last 15 minutes.
    Silent,
    /// Well, and here for only ten minutes.
    New,
}

const LE: [(&str, f64); 5] =
    [("0.1", 0.5), ("0.25", 0.88), ("0.5", 0.985), ("1", 0.999), ("+Inf", 1.0)];
const LE_SLOW: [(&str, f64); 5] =
    [("0.1", 0.3), ("0.25", 0.6), ("0.5", 0.85), ("1", 0.99), ("+Inf", 1.0)];

/// 50 minutes of an instance, a sample every 15 s, with some noise that is the same at each run.
fn live(history: &mut History, name: &str, does: Does, now: f64, seed: u64) {
    let label = format!("instance=\"{name}.example.org\"");
    let (mut noise, mut ok, mut failed) = (seed, 0.0, 0.0);
    let mut buckets = [0.0; 5];
    for i in 0..=200_u32 {
        let t = now - 3_000.0 + f64::from(i) * 15.0;
        noise =
            noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = (noise >> 33) as f64 / f64::from(u32::MAX >> 1);
        let n = if does == Does::Idle { 0.0 } else { (120.0 + 60.0 * part).round() };
        let bad = if does == Does::Failing { (n / 25.0).round() } else { f64::from(i % 40 == 7) };
        let bad = bad.min(n);
        (ok, failed) = (ok + n - bad, failed + bad);
        let shape = if does == Does::Slowly { LE_SLOW } else { LE };
        for (sum, (_, share)) in buckets.iter_mut().zip(shape) {
            *sum += (n * (share - (1.0 - share) * 0.3 * part)).max(0.0);
        }
        let silent = does == Does::Silent && t > now - 900.0;
        let not_yet = does == Does::New && t < now - 600.0;
        if silent || not_yet {
            continue;
        }
        let mut samples = vec![
            (format!("up{{{label},job=\"changemaker-v2-api\"}}"), 1.0),
            (format!("http_requests_total{{{label},status_code=\"200\"}}"), ok),
            (format!("http_requests_total{{{label},status_code=\"500\"}}"), failed),
            (format!("node_memory_MemAvailable_bytes{{{label}}}"), 5e9 + 1e9 * part),
            (format!("node_memory_MemTotal_bytes{{{label}}}"), 8e9),
        ];
        for (sum, (le, _)) in buckets.iter().zip(LE) {
            let series = format!("http_request_duration_seconds_bucket{{{label},le=\"{le}\"}}");
            samples.push((series, *sum));
        }
        history.add(samples, t);
    }
}

/// What stands between the program and the server.
#[derive(Clone)]
struct Between {
    server: String,
    partial: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

async fn pass_on(State(between): State<Between>, uri: Uri, body: String) -> Response<Body> {
    between.asked.fetch_add(1, Ordering::SeqCst);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{}", between.server, uri.path());
    let form = "application/x-www-form-urlencoded";
    let answer = http.post(url).header("content-type", form).body(body).send().await.unwrap();
    let mut text = answer.text().await.unwrap();
    if between.partial.load(Ordering::SeqCst) {
        text = text.replacen("{\"status\"", "{\"isPartial\":true,\"status\"", 1);
    }
    Response::builder().header("content-type", "application/json").body(Body::from(text)).unwrap()
}

/// Judges by the program itself: its exit code and its JSON.
fn judge(inventory: &Path, canary: &str, baseline: &str, since: &str) -> (i32, Value) {
    let out = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .args(["canary", "judge", "--no-clocks", "--json", "--since", since, "--until", "1m"])
        .args(["--canary", canary, "--baseline", baseline, "--inventory"])
        .arg(inventory)
        .env("XDG_STATE_HOME", inventory.join("state"))
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}{said}"));
    (out.status.code().unwrap(), value)
}

/// The results of the metrics that decide.
fn results(report: &Value) -> String {
    let metrics = report["metrics"].as_array().unwrap().iter().filter(|m| m["muted"] == false);
    metrics.map(|m| m["result"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

const FLEET: [(&str, Does); 9] = [
    ("well", Does::Well),
    ("slow", Does::Slowly),
    ("bad", Does::Failing),
    ("idle", Does::Idle),
    ("silent", Does::Silent),
    ("new", Does::New),
    ("old-1", Does::Well),
    ("old-2", Does::Well),
    ("old-3", Does::Well),
];

async fn between(server: &str) -> (Between, SocketAddr, JoinHandle<()>) {
    let between =
        Between { server: server.to_owned(), partial: Arc::default(), asked: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(pass_on).with_state(between.clone());
    #[expect(clippy::disallowed_methods, reason = "a stand-in of a test, ended with it")]
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (between, address, serving)
}

fn inventory_of(dir: &Path, metrics: SocketAddr) {
    let host = |(name, _): &(&str, Does)| {
        format!("    {name}: {{ansible_host: 127.0.0.1, cml_domain: {name}.example.org}}\n")
    };
    let hosts = ["all:\n  hosts:\n".to_owned()].into_iter().chain(FLEET.iter().map(host));
    let hosts = hosts.collect::<Vec<String>>().concat();
    write(dir, "hosts.yml", hosts.as_bytes());
    let all = format!("bunker_metrics_url: http://{metrics}\ncml_repo: /srv/cml.git\n");
    write(dir, "group_vars/all/bunker.yml", all.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn past_data_is_judged_as_it_was() {
    const NAME: &str = "past_data_is_judged_as_it_was";
    let program = match tokio::task::block_in_place(program) {
        Ok(program) => program,
        Err(why) => return missing(NAME, &format!("{why:#}")),
    };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Victoria::start(&program, &data, Ipv4Addr::new(127, 0, 77, 19)).await.unwrap();
    let mut history = History::default();
    let now = SystemClock.now().as_second() as f64;
    for ((name, does), seed) in FLEET.into_iter().zip(1..) {
        live(&mut history, name, does, now, seed);
    }
    server.load(&history).await.unwrap();

    let (between, address, serving) = between(server.url()).await;
    let inventory = dir.path().join("inventory");
    inventory_of(&inventory, address);
    let judged = |canary: &str, since: &str| {
        tokio::task::block_in_place(|| judge(&inventory, canary, "old-*", since))
    };
    let (code, report) = judged("well", "31m");
    assert_eq!((code, results(&report).as_str()), (0, "pass pass"), "{report:#}");
    assert_eq!(between.asked.load(Ordering::SeqCst), 4, "a range a metric and one for their age");
    assert_eq!(report["metrics"].as_array().unwrap().len(), 3);
    assert_eq!(report["step_s"], 30);

    let (code, report) = judged("slow", "31m");
    assert_eq!((code, results(&report).as_str()), (3, "pass fail"), "{report:#}");
    let comparison = &report["metrics"][1]["comparison"];
    let of = |key: &str| comparison[key].as_f64().unwrap();
    assert!(of("canary") > 0.6 && of("rest") < 0.5 && of("low") > 0.1, "{comparison:#}");

    let (code, report) = judged("bad", "31m");
    assert_eq!((code, results(&report).as_str()), (3, "fail pass"), "{report:#}");
    assert!(report["metrics"][0]["why"].as_str().unwrap().contains("above 2.00 % in"));
    // All together: one that fails is enough, however many others pool with it.
    let (code, _) = judged("well:bad", "31m");
    assert_eq!(code, 3);

    let (code, report) = judged("idle", "31m");
    assert_eq!((code, results(&report).as_str()), (7, "no-data no-data"), "{report:#}");
    let (code, report) = judged("well:silent", "31m");
    assert_eq!((code, results(&report).as_str()), (7, "no-data no-data"), "{report:#}");
    let why = report["metrics"][1]["why"].as_str().unwrap();
    assert!(why.starts_with("no samples: silent has none for "), "{why}");
    let (code, report) = judged("new", "9m");
    assert_eq!((code, results(&report).as_str()), (7, "inconclusive inconclusive"), "{report:#}");
    assert!(report["metrics"][1]["why"].as_str().unwrap().contains("and 50 are needed"));

    between.partial.store(true, Ordering::SeqCst);
    let (code, report) = judged("well", "31m");
    assert_eq!((code, results(&report).as_str()), (7, "inconclusive inconclusive"), "{report:#}");
    server.stop().await;
    serving.abort();
}
