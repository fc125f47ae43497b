//! The query catalogue against a real VictoriaMetrics with a history whose figures are known.

use std::net::Ipv4Addr;

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::victoria::Victoria as Client;
use bunker_ops::domain::figure::{Figure, Trouble};
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::domain::signal::Signal;
use bunker_ops::engine::poller::{refresh_figures, refresh_trends};
use bunker_ops::engine::ports::{Clock, MetricsSource};

use crate::capability::missing;
use crate::lab::metrics::{History, Victoria, program};

/// The samples of one instance at a moment: 10 requests a second of which 1 fails.
fn samples(instance: &str, t: f64) -> Vec<(String, f64)> {
    let of = |name: &str, labels: &str, value: f64| {
        let comma = if labels.is_empty() { "" } else { "," };
        (format!("{name}{{instance=\"{instance}\"{comma}{labels}}}"), value)
    };
    let s = t - 1_000_000_000.0;
    vec![
        of("up", "job=\"changemaker-v2-api\"", 1.0),
        of("http_requests_total", "status_code=\"200\"", 9.0 * s),
        of("http_requests_total", "status_code=\"500\"", s),
        of("http_request_duration_seconds_bucket", "le=\"0.1\"", 5.0 * s),
        of("http_request_duration_seconds_bucket", "le=\"0.5\"", 10.0 * s),
        of("http_request_duration_seconds_bucket", "le=\"+Inf\"", 10.0 * s),
        of("cm_email_queue_size", "", 3.0),
        of("cm_emails_sent_total", "", 0.5 * s),
        of("cm_active_canvass_sessions", "", 14.0),
        of("cm_canvass_visits_total", "outcome=\"home\"", 0.25 * s),
        of("node_cpu_seconds_total", "cpu=\"0\",mode=\"idle\"", 0.75 * s),
        of("node_memory_MemAvailable_bytes", "", 6e9),
        of("node_memory_MemTotal_bytes", "", 8e9),
        of("node_filesystem_avail_bytes", "mountpoint=\"/\",fstype=\"ext4\"", 46e9),
        of("node_filesystem_size_bytes", "mountpoint=\"/\",fstype=\"ext4\"", 100e9),
    ]
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one server serves all its parts")]
async fn every_expression_gives_the_figure_that_it_is_meant_to() {
    const NAME: &str = "every_expression_gives_the_figure_that_it_is_meant_to";
    let program = match tokio::task::block_in_place(program) {
        Ok(program) => program,
        Err(why) => return missing(NAME, &format!("{why:#}")),
    };
    let dir = tempfile::tempdir().unwrap();
    let server = Victoria::start(&program, dir.path(), Ipv4Addr::new(127, 0, 77, 9)).await.unwrap();
    let now = SystemClock.now().as_second() as f64;
    let mut history = History::default();
    for i in 0..=(4_200 / 15) {
        let t = now - 4_200.0 + f64::from(i) * 15.0;
        history.add(samples("a.example.org", t), t);
        // This one fell silent 20 minutes ago, and had one backup ten hours ago.
        if t < now - 1_200.0 {
            history.add(samples("b.example.org", t), t);
        }
    }
    for (instance, age) in [("a", 21_600.0), ("b", 36_000.0)] {
        let of =
            |name: &str, value| (format!("{name}{{instance=\"{instance}.example.org\"}}"), value);
        let backup = of("cm_backup_last_success_timestamp", now - age);
        history.add(vec![backup, of("cm_backup_size_bytes", 48_300_000.0)], now - age);
    }
    server.load(&history).await.unwrap();
    let settings = MetricsSettings {
        url: server.url().to_owned().try_into().unwrap(),
        token_file: None,
        timeout_s: 5,
    };
    let client = Client::new();

    // What was loaded is searchable within a second or so.
    let begun = std::time::Instant::now();
    while client.instant(&settings, "cm_email_queue_size").await.unwrap().samples.is_empty() {
        assert!(begun.elapsed().as_secs() < 20, "the history cannot be found");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let figures = refresh_figures(&client, &settings).await;
    assert_eq!(figures.trouble(), None);
    let of = |label: &'static str| -> Vec<(Signal, Figure)> { figures.of(label).collect() };
    let want = [
        (Signal::P95Seconds, 0.46),
        (Signal::ErrorRatio, 0.1),
        (Signal::RequestRate, 10.0),
        (Signal::MailQueue, 3.0),
        (Signal::MailRate, 0.5),
        (Signal::CanvassSessions, 14.0),
        (Signal::VisitRate, 0.25),
        (Signal::CpuRatio, 0.25),
        (Signal::MemoryRatio, 0.25),
        (Signal::DiskRatio, 0.54),
        (Signal::BackupAge, 21_600.0),
        (Signal::BackupSize, 48_300_000.0),
    ];
    let (a, b) = (of("a.example.org"), of("b.example.org"));
    assert_eq!(a.len(), want.len());
    for ((signal, figure), (expected, value)) in a.iter().zip(want) {
        assert_eq!(*signal, expected);
        let reading = figure.reading.unwrap_or_else(|| panic!("{signal:?}: {figure:?}"));
        let error = (reading.value - value).abs() / value;
        assert!(error < 0.02, "{signal:?}: {} instead of {value}", reading.value);
        assert!(figure.age_s(SystemClock.now()).unwrap() < 60.0, "{signal:?}: {figure:?}");
    }
    for (signal, figure) in b {
        if signal == Signal::BackupAge {
            assert!((figure.reading.unwrap().value - 36_000.0).abs() < 120.0, "{figure:?}");
        } else if signal == Signal::BackupSize {
            assert!(figure.reading.is_some());
        } else {
            assert_eq!(figure, Figure::absent(Trouble::NoData), "{signal:?}");
        }
    }
    let trends = refresh_trends(&client, &settings, &SystemClock).await;
    for (signal, series) in trends.of("a.example.org") {
        let series = series.unwrap_or_else(|| panic!("{signal:?} has no trend"));
        let present = series.values.iter().flatten().count();
        assert!(present >= 55, "{signal:?}: {present} of {} values", series.values.len());
    }
    let gap = trends.of("b.example.org").find(|(s, _)| *s == Signal::MailQueue).unwrap().1.unwrap();
    assert_eq!(gap.values.last(), Some(&None), "silence is a gap");
    server.stop().await;
}
