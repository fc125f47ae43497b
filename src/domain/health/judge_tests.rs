//! Tables of tests of the verdict.

use std::collections::BTreeMap;

use super::*;
use crate::domain::facts::{
    BackupFile, Checkout, Container, CpuTime, Disk, EnvFile, Folder, Site, Stack, System,
};
use crate::domain::git::CommitSha;

const NOW: &str = "2026-11-22T14:32:00Z";

/// A change of the facts, and the reason that it must give.
type Case = (fn(&mut Facts), &'static str);

fn at(text: &str) -> Timestamp {
    format!("2026-11-22T{text}Z").parse().unwrap()
}

fn sha(digit: &str) -> CommitSha {
    digit.repeat(40).parse().unwrap()
}

pub(crate) fn settings() -> InstanceSettings {
    serde_json::from_value(serde_json::json!({
        "domain": "ward7.calgary.org", "tier": 2, "label": "ward7.calgary.org",
        "dir": "/opt/changemaker-lite", "repo": "/srv/cml.git", "reference": "v2",
        "compose_files": [], "compose_profiles": [], "expected_services": [],
        "migrate_command": "true", "migrations_dir": "api/prisma/migrations",
        "health_url": "http://127.0.0.1:4000/api/health",
        "local_health_url": "http://127.0.0.1:4000/api/health",
        "backup_command": "true", "backup_dir": "/srv/backups", "policy": {}
    }))
    .unwrap()
}

pub(crate) fn container(
    service: &str,
    state: &str,
    health: &str,
    exit: i32,
    ends: bool,
) -> Container {
    Container {
        id: "0123456789ab".into(),
        name: format!("cml-{service}-1").as_str().into(),
        service: service.into(),
        image: "cml".into(),
        state: state.into(),
        health: health.into(),
        exit_code: exit,
        restarts: 0,
        started_at: Some(at("14:27:00")),
        finished_at: (state != "running").then(|| at("14:28:00")),
        one_shot: ends,
    }
}

fn facts() -> Facts {
    Facts {
        probed_at: at("14:31:58"),
        clock_skew_s: Part::Known(0.01),
        boot_id: Part::Known("b".into()),
        system: Part::Known(System {
            uptime_s: 1.0,
            load1: 0.1,
            n_cpus: 2,
            cpu: Some(CpuTime { busy: 1, total: 2 }),
            mem_total_b: 2,
            mem_available_b: 1,
        }),
        disk: Part::Known(Disk { mount: "/".into(), total_b: 100, available_b: 46 }),
        stack: Part::Known(Stack {
            services: vec!["api".into()],
            containers: vec![container("api", "running", "healthy", 0, false)],
        }),
        checkout: Part::Known(Checkout {
            commit: sha("a"),
            reference: None,
            changed: vec![],
            extra: vec![],
        }),
        env_file: Part::Known(EnvFile {
            sha256: "e".into(),
            mode: 0o600,
            keys: vec![],
            applied_sha256: None,
        }),
        backup: Part::Known(Some(BackupFile {
            name: "b.tar.gz".into(),
            size_b: 9,
            at: at("08:32:00"),
        })),
        release: Part::Known(None),
        lease: Part::Known(None),
        site: Part::Known(Site { folder: Folder::Checkout, deploying: None, same_repo: true }),
    }
}

fn up() -> HttpHealth {
    HttpHealth::Up { at: at("14:31:59"), latency_s: 0.1, commit: Some(sha("a")), version: None }
}

fn failed() -> HttpHealth {
    HttpHealth::Failed {
        at: at("14:31:59"),
        since: at("14:27:50"),
        error: "connection refused".into(),
    }
}

fn signals(trouble: Option<&Trouble>, age: &str) -> BTreeMap<Signal, Figure> {
    Signal::ALL
        .iter()
        .map(|s| {
            let mut figure = Figure::fresh(0.01, at(age), Source::Metrics);
            figure.trouble = trouble.cloned();
            (*s, figure)
        })
        .collect()
}

fn verdict_with(
    contact: &Contact,
    http: &HttpHealth,
    facts: Option<&Facts>,
    signals: &BTreeMap<Signal, Figure>,
) -> (Health, Vec<String>) {
    let verdict = judge(&Evidence {
        settings: &settings(),
        contact,
        http,
        facts,
        signals,
        restarts: &BTreeMap::new(),
        facts_stale_s: 60.0,
        now: NOW.parse().unwrap(),
    });
    let text = verdict.reasons.iter().map(|r| format!("{} {}", r.subject, r.text)).collect();
    (verdict.health, text)
}

fn verdict(change: impl FnOnce(&mut Facts), http: &HttpHealth) -> (Health, Vec<String>) {
    let mut facts = facts();
    change(&mut facts);
    let contact = Contact::Answered { at: facts.probed_at };
    verdict_with(&contact, http, Some(&facts), &signals(None, "14:31:55"))
}

#[test]
fn an_instance_is_healthy_only_when_everything_was_seen_and_is_well() {
    assert_eq!(verdict(|_| {}, &up()), (Health::Healthy, vec![]));
}

#[test]
fn missing_data_is_never_green() {
    let cases: [Case; 7] = [
        (
            |f| f.stack = Part::Unreadable("no socket".into()),
            "containers cannot be read: no socket",
        ),
        (|f| f.disk = Part::Unreadable("x".into()), "disk cannot be read: x"),
        (|f| f.backup = Part::Unreadable("x".into()), "backup cannot be read: x"),
        (|f| f.checkout = Part::Unreadable("x".into()), "checkout cannot be read: x"),
        (|f| f.env_file = Part::Unreadable("x".into()), ".env cannot be read: x"),
        (|f| f.clock_skew_s = Part::Unreadable("x".into()), "clock cannot be read: x"),
        (|f| f.probed_at = at("14:30:00"), "ssh last looked at 2m ago"),
    ];
    for (change, want) in cases {
        assert_eq!(verdict(change, &up()), (Health::Unknown, vec![want.to_owned()]));
    }
    assert_eq!(
        verdict(|_| {}, &HttpHealth::NotYet),
        (Health::Unknown, vec!["health not asked yet".to_owned()])
    );
    let none = verdict_with(&Contact::NotYet, &up(), None, &BTreeMap::new());
    assert_eq!(none, (Health::Unknown, vec!["ssh not asked yet".to_owned()]));
}

#[test]
fn a_host_without_contact_is_unknown_and_says_since_when() {
    let lost = Contact::Lost {
        since: at("14:28:00"),
        last_seen: Some(at("14:27:50")),
        error: "no answer within 15 s".into(),
    };
    let ssh = "ssh no answer for 4m, last seen 4m ago: no answer within 15 s";
    let fresh = signals(None, "14:31:55");
    assert_eq!(
        verdict_with(&lost, &up(), Some(&facts()), &fresh),
        (Health::Unknown, vec![ssh.to_owned()])
    );
    assert_eq!(
        verdict_with(&lost, &failed(), None, &fresh),
        (
            Health::Unknown,
            vec![ssh.to_owned(), "health connection refused since 14:27:50 UTC".to_owned()]
        )
    );
}

#[test]
fn a_stopped_service_is_down_or_degraded_by_whether_health_answers() {
    let stop = |f: &mut Facts| {
        f.stack = Part::Known(Stack {
            services: vec!["api".into()],
            containers: vec![container("api", "exited", "", 1, false)],
        });
    };
    let api = "api exited (1) 4m ago".to_owned();
    let health = "health connection refused since 14:27:50 UTC".to_owned();
    assert_eq!(verdict(stop, &up()), (Health::Degraded, vec![api.clone()]));
    assert_eq!(verdict(stop, &failed()), (Health::Down, vec![health.clone(), api]));
    assert_eq!(verdict(|_| {}, &failed()), (Health::Down, vec![health]));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn limits_and_drift_degrade_in_words() {
    let cases: [Case; 10] = [
        (
            |f| f.disk = Part::Known(Disk { mount: "/".into(), total_b: 100, available_b: 12 }),
            "disk 88 % of / (warn 85 %)",
        ),
        (
            |f| f.disk = Part::Known(Disk { mount: "/".into(), total_b: 100, available_b: 0 }),
            "disk 100 % of / (critical 95 %: no upgrade starts)",
        ),
        (|f| f.backup = Part::Known(None), "backup none in /srv/backups"),
        (
            |f| {
                f.backup = Part::Known(Some(BackupFile {
                    name: "b".into(),
                    size_b: 9,
                    at: "2026-11-21T07:30:00Z".parse().unwrap(),
                }));
            },
            "backup 31 h old (red above 48 h, alert at 25 h)",
        ),
        (
            |f| {
                f.backup = Part::Known(Some(BackupFile {
                    name: "b".into(),
                    size_b: 0,
                    at: at("14:00:00"),
                }));
            },
            "backup the newest, b, is empty",
        ),
        (|f| f.clock_skew_s = Part::Known(-4.25), "clock 4.2 s behind of ours (warn 2 s)"),
        (
            |f| {
                f.checkout = Part::Known(Checkout {
                    commit: sha("a"),
                    reference: None,
                    changed: vec![" M api/server.js".into()],
                    extra: vec![],
                });
            },
            "checkout local change: api/server.js",
        ),
        (
            |f| {
                f.checkout = Part::Known(Checkout {
                    commit: sha("b"),
                    reference: None,
                    changed: vec![],
                    extra: vec![],
                });
            },
            "release aaaaaaa answers, but bbbbbbb is checked out",
        ),
        (
            |f| {
                f.env_file = Part::Known(EnvFile {
                    sha256: "e".into(),
                    mode: 0o644,
                    keys: vec![],
                    applied_sha256: None,
                });
            },
            ".env can be read by others (mode 0644, want 0600)",
        ),
        (
            |f| {
                f.env_file = Part::Known(EnvFile {
                    sha256: "e".into(),
                    mode: 0o600,
                    keys: vec![],
                    applied_sha256: Some("f".into()),
                });
            },
            ".env was changed by hand since it was last applied",
        ),
    ];
    for (change, want) in cases {
        assert_eq!(verdict(change, &up()), (Health::Degraded, vec![want.to_owned()]));
    }
    let kept = |f: &mut Facts| {
        f.checkout = Part::Known(Checkout {
            commit: sha("a"),
            reference: None,
            changed: vec![],
            extra: vec!["docker-compose.override.yml".into()],
        });
    };
    let remark = "checkout docker-compose.override.yml is in use".to_owned();
    assert_eq!(verdict(kept, &up()), (Health::Healthy, vec![remark]));
}

#[test]
fn figures_degrade_when_they_pass_a_limit_or_fall_silent() {
    let contact = Contact::Answered { at: at("14:31:58") };
    let of = |s: &BTreeMap<Signal, Figure>| verdict_with(&contact, &up(), Some(&facts()), s);
    let mut slow = signals(None, "14:31:55");
    slow.insert(Signal::P95Seconds, Figure::fresh(1.9, at("14:31:55"), Source::Metrics));
    slow.insert(Signal::ErrorRatio, Figure::fresh(0.042, at("14:31:55"), Source::Metrics));
    slow.insert(Signal::MailQueue, Figure::fresh(212.0, at("14:31:55"), Source::Metrics));
    let want = ["p95 1.9 s (warn 1.0 s)", "errors 4.2 % (warn 2.0 %)", "queue 212 (warn 100)"];
    assert_eq!(of(&slow), (Health::Degraded, want.map(str::to_owned).to_vec()));

    let old = vec!["metrics no news from this instance for 12m".to_owned()];
    assert_eq!(of(&signals(Some(&Trouble::NoData), "14:20:00")), (Health::Degraded, old.clone()));
    assert_eq!(of(&signals(None, "14:20:00")), (Health::Degraded, old));
    // The server's own trouble is not the instance's.
    assert_eq!(of(&signals(Some(&Trouble::TimedOut), "14:20:00")), (Health::Healthy, vec![]));
    let never: BTreeMap<_, _> =
        Signal::ALL.iter().map(|s| (*s, Figure::absent(Trouble::NoData))).collect();
    let text = "metrics the server has nothing labelled ward7.calgary.org".to_owned();
    assert_eq!(of(&never), (Health::Degraded, vec![text]));
}
