//! The demo's metrics server: a real VictoriaMetrics with figures of the shape that the application's have.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::UNIX_EPOCH;

use crate::capability::missing;
use crate::lab::clock;
use crate::lab::metrics::{Condition, Generator, History, Incident, Profile, Victoria, program};

async fn ask(server: &Victoria, query: &str) -> Vec<(String, f64)> {
    let url = format!("{}/api/v1/query", server.url());
    let form = [("query", query), ("nocache", "1")];
    let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    let rows = body["data"]["result"].as_array().unwrap().iter();
    rows.map(|row| {
        let value = row["value"][1].as_str().unwrap().parse().unwrap();
        (row["metric"]["instance"].as_str().unwrap_or_default().to_owned(), value)
    })
    .collect()
}

#[tokio::test]
async fn history_is_loaded_and_reads_back_as_it_was_meant() {
    let found = match program() {
        Ok(found) => found,
        Err(why) => {
            return missing(
                "history_is_loaded_and_reads_back_as_it_was_meant",
                &format!("{why:#}"),
            );
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let pid = std::process::id();
    let address = Ipv4Addr::from(0x7f00_0000 | 0xfe00 | (2 + pid % 250));
    let server = Victoria::start(&found, dir.path(), address).await.unwrap();

    let now = clock::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let mut sick = Profile::new("sick.example.org");
    let (from, to) = (now - 1_800.0, f64::INFINITY);
    sick.incidents.push(Incident { from, to, p95: 1.9, errors: 0.042, queue: 212.0 });
    let mut history = History::default();
    let mut names = BTreeSet::new();
    for profile in [Profile::new("well.example.org"), sick] {
        let mut generator = Generator::new(profile, now - 7_200.0);
        let mut t = now - 7_200.0;
        while t <= now {
            let condition = Condition { up: true, backup_at: Some(now - 3_600.0) };
            let samples = generator.advance(t, condition);
            names.extend(samples.iter().map(|(name, _)| name.clone()));
            history.add(samples, t);
            t += 15.0;
        }
    }
    assert_eq!(names.len(), 2 * 49);
    assert_eq!(history.len(), 2 * 49 * 481);
    server.load(&history).await.unwrap();
    // What was sent becomes visible within a second.
    let flushed = format!("{}/internal/force_flush", server.url());
    assert!(reqwest::get(flushed).await.unwrap().status().is_success());

    let p95 = "histogram_quantile(0.95, sum by (instance, le) (rate(http_request_duration_seconds_bucket[5m])))";
    let rows = ask(&server, p95).await;
    let of = |rows: &[(String, f64)], name: &str| {
        rows.iter()
            .find(|(instance, _)| instance.starts_with(name))
            .map(|(_, value)| *value)
            .unwrap()
    };
    let (well, sick) = (of(&rows, "well"), of(&rows, "sick"));
    assert!((0.05..0.6).contains(&well), "p95 {well}");
    assert!((1.2..2.6).contains(&sick), "p95 {sick}");
    let errors = "sum by (instance) (rate(http_requests_total{status_code=~\"5..\"}[5m])) / \
                  sum by (instance) (rate(http_requests_total[5m]))";
    let rows = ask(&server, errors).await;
    assert!(of(&rows, "well") < 0.005);
    assert!((0.03..0.06).contains(&of(&rows, "sick")));
    assert!((150.0..250.0).contains(&of(&ask(&server, "cm_email_queue_size").await, "sick")));
    server.stop().await;
}
