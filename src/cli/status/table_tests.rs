//! Tests of the table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::figure::{Figure, Source};
use crate::domain::health::{Reason, Verdict};
use crate::domain::settings::{InstancePolicy, Tier};
use crate::domain::snapshot::{Contact, InventoryState, RunningRelease};

fn now() -> Timestamp {
    "2026-11-22T14:32:00Z".parse().unwrap()
}

fn view(id: &str, health: Health, age_s: i64, reasons: Vec<Reason>) -> Arc<InstanceView> {
    let at = now() - jiff::SignedDuration::from_secs(age_s);
    let figures = [
        (Signal::P95Seconds, 0.212),
        (Signal::MailQueue, 3.0),
        (Signal::DiskRatio, 0.54),
        (Signal::BackupAge, 21_600.0),
    ];
    let signals: BTreeMap<_, _> = figures
        .iter()
        .map(|(s, v)| (*s, Figure::fresh(*v, at, Source::Metrics)))
        .chain([(Signal::ErrorRatio, Figure::absent(Trouble::NoData))])
        .collect();
    Arc::new(InstanceView {
        id: id.parse().unwrap(),
        domain: format!("{id}.example.org").parse().unwrap(),
        tier: Tier::Reporting,
        groups: vec![],
        verdict: Verdict { health, reasons },
        contact: Contact::Answered { at },
        http: HttpHealth::Up { at, latency_s: 0.087, commit: None, version: None },
        facts: None,
        release: Some(RunningRelease {
            sha: "a".repeat(40).parse().unwrap(),
            reference: Some("v2.4.1".into()),
        }),
        signals,
        trends: BTreeMap::new(),
        connection: None,
        policy: InstancePolicy::default(),
        records_shells: false,
    })
}

fn fleet() -> FleetSnapshot {
    let long = "no answer for 4m, last seen 4m ago: no connection to 127.0.0.9 within 15 s (is the machine on?)";
    FleetSnapshot {
        fleet: "bnkserve".into(),
        at: now(),
        instances: vec![
            view("edmonton-prod", Health::Healthy, 2, vec![]),
            view(
                "leduc-test",
                Health::Unknown,
                240,
                vec![Reason::new(Health::Unknown, "ssh", long)],
            ),
            view(
                "calgary-prod",
                Health::Down,
                2,
                vec![Reason::new(Health::Down, "api", "exited (1) 4m ago, 3 restarts in 5m")],
            ),
        ],
        metrics: MetricsState::Failed { since: now(), last_seen: None, trouble: Trouble::TimedOut },
        windows: Arc::new([]),
        inventory: InventoryState::default(),
        accent: None,
        others: Arc::new([]),
    }
}

#[test]
fn problems_come_first_with_their_reasons_within_80_columns() {
    let look = Look { colour: false, plain: false, columns: 80 };
    let text = text(&fleet(), &look);
    let want = "\
bnkserve  3 instances  ● 1 healthy  ▼ 1 down  ? 1 unknown
metrics: the server did not answer in time; figures from it are missing
  INSTANCE       RELEASE  HEALTH   HTTP           P95     QUEUE  BACKUP        DISK
";
    assert!(text.lines().all(|l| l.width() <= 80), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], want.lines().collect::<Vec<_>>()[..2]);
    assert!(lines[3].starts_with("▼ calgary-prod   v2.4.1"), "{text}");
    assert_eq!(lines[4], "    api  exited (1) 4m ago, 3 restarts in 5m");
    assert!(lines[5].starts_with("? leduc-test"), "{text}");
    assert!(lines[5].contains("212ms 4m ago") && lines[5].contains("? 4m"), "{text}");
    assert!(lines[6].starts_with("    ssh  no answer for 4m, last seen"), "{text}");
    assert!(lines.last().unwrap().starts_with("● edmonton-prod"), "{text}");
}

#[test]
fn plain_output_is_ascii_and_a_missing_figure_is_a_dash() {
    let look = Look { colour: false, plain: true, columns: 200 };
    let text = text(&fleet(), &look);
    assert!(text.is_ascii(), "{text}");
    let titles: Vec<&str> = text.lines().nth(2).unwrap().split_whitespace().collect();
    let row: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
    let at = titles.iter().position(|t| *t == "ERR").unwrap();
    assert_eq!((row[0], row[at + 1]), ("*", "-"));
}
