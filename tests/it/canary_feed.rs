//! Visitors of instances, who report to a real metrics server what they saw, as an instance's own Prometheus would. On
//! paper hosts what they see is made up by the test; on real hosts it is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::engine::ports::Clock;
use tokio::task::JoinHandle;

use crate::lab::metrics::Victoria;

/// What made-up visitors see.
pub(crate) const WELL: u8 = 0;
/// One answer of four is an error.
pub(crate) const ERRORS: u8 = 1;

/// Where visitors look.
pub(crate) enum Visit {
    /// Nowhere: they see this.
    MadeUp(Arc<AtomicU8>),
    /// At this address.
    Measured(String),
}

/// Visitors at work; they leave when this is dropped.
pub(crate) struct Feed(Vec<JoinHandle<()>>);

const LE: [f64; 8] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0, 2.5];

#[derive(Default)]
struct Seen {
    ok: f64,
    failed: f64,
    within: [f64; LE.len()],
}

impl Feed {
    /// Visitors of each instance, by its label, who report once a second.
    pub(crate) fn start(server: &Arc<Victoria>, of: Vec<(String, Visit)>) -> Self {
        let one = |(label, visit): (String, Visit)| {
            let server = Arc::clone(server);
            #[expect(clippy::disallowed_methods, reason = "ended with the test's feed")]
            tokio::spawn(async move { visits(&server, &label, &visit).await })
        };
        Self(of.into_iter().map(one).collect())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        for visitors in &self.0 {
            visitors.abort();
        }
    }
}

async fn visits(server: &Victoria, label: &str, visit: &Visit) {
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build().unwrap();
    let mut seen = Seen::default();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    for n in 0_u32.. {
        second.tick().await;
        for i in 0..4 {
            let (ok, s) = match visit {
                Visit::MadeUp(how) => {
                    let failed = how.load(Ordering::Relaxed) == ERRORS && i == 0;
                    (!failed, 0.06 + f64::from((n * 5 + i * 3) % 11) / 100.0)
                }
                Visit::Measured(url) => {
                    let begun = Instant::now();
                    let answer = client.get(url).send().await;
                    let ok = answer.is_ok_and(|a| a.status().as_u16() < 500);
                    (ok, begun.elapsed().as_secs_f64())
                }
            };
            if ok {
                seen.ok += 1.0;
            } else {
                seen.failed += 1.0;
            }
            for (within, le) in seen.within.iter_mut().zip(LE) {
                *within += f64::from(u8::from(s <= le));
            }
        }
        let _gone = server.push(&lines(label, &seen), SystemClock.now().as_second() as f64).await;
    }
}

fn lines(label: &str, seen: &Seen) -> Vec<(String, f64)> {
    let of = |name: &str, more: &str| format!("{name}{{instance=\"{label}\"{more}}}");
    let total = seen.ok + seen.failed;
    let bucket = "http_request_duration_seconds_bucket";
    let mut lines = vec![
        (of("up", ",job=\"changemaker-v2-api\""), 1.0),
        (of("http_requests_total", ",status_code=\"200\""), seen.ok),
        (of("http_requests_total", ",status_code=\"500\""), seen.failed),
        (of(bucket, ",le=\"+Inf\""), total),
    ];
    lines.extend(
        LE.iter().zip(seen.within).map(|(le, n)| (of(bucket, &format!(",le=\"{le}\"")), n)),
    );
    lines
}
