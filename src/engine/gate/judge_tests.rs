//! Tables for the gate.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Look, Seen, judge};
use crate::domain::facts::{Container, Part, Stack};
use crate::domain::git::CommitSha;
use crate::domain::snapshot::HttpHealth;
use crate::domain::untrusted::Safe;

fn now() -> Timestamp {
    "2026-11-22T22:00:00Z".parse().unwrap()
}

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

fn container(service: &str, state: &str, health: &str, exit_code: i32) -> Container {
    Container {
        id: Safe::line(&format!("id-{service}")),
        name: Safe::line(&format!("cml-{service}-1")),
        service: Safe::line(service),
        image: Safe::line("cml"),
        state: Safe::line(state),
        health: Safe::line(health),
        exit_code,
        restarts: 0,
        started_at: Some("2026-11-22T21:00:00Z".parse().unwrap()),
        finished_at: None,
        one_shot: service == "init",
    }
}

fn good() -> Vec<Container> {
    vec![
        container("api", "running", "healthy", 0),
        container("db", "running", "", 0),
        container("init", "exited", "", 0),
    ]
}

fn up(commit: Option<char>) -> HttpHealth {
    HttpHealth::Up { at: now(), latency_s: 0.01, commit: commit.map(sha), version: None }
}

fn look(
    containers: Vec<Container>,
    http: &HttpHealth,
    baseline: Option<&BTreeMap<Safe, u32>>,
) -> Look {
    let services = ["api", "db", "init"].iter().map(|s| Safe::line(s)).collect();
    let stack = Part::Known(Stack { services, containers });
    judge(&Seen {
        stack: &stack,
        expected: &[],
        baseline,
        http,
        expect_commit: Some(&sha('a')),
        min_healthy_s: 10,
        host_now: now(),
    })
}

fn red(look: &Look) -> (&str, bool, Option<&str>) {
    match look {
        Look::Red { detail, hopeless, culprit } => {
            (detail.as_str(), *hopeless, culprit.as_ref().map(Safe::as_str))
        }
        Look::Green | Look::Unseen(_) => panic!("{look:?}"),
    }
}

#[test]
fn green_needs_every_service_and_the_right_commit() {
    for http in [up(Some('a')), up(None)] {
        assert_eq!(look(good(), &http, None), Look::Green);
    }
    assert_eq!(
        red(&look(good(), &up(Some('b')), None)),
        ("the health address names commit bbbbbbb, not aaaaaaa", false, None)
    );
    let failed = HttpHealth::Failed { at: now(), since: now(), error: Safe::line("503: queue") };
    assert_eq!(red(&look(good(), &failed, None)), ("the health address: 503: queue", false, None));
    assert!(matches!(look(good(), &HttpHealth::NotYet, None), Look::Unseen(_)));
}

#[test]
fn each_state_of_a_container_has_its_word() {
    let cases = [
        (container("api", "running", "starting", 0), "api is starting", false),
        (container("api", "running", "unhealthy", 0), "api is unhealthy", false),
        (container("api", "restarting", "", 1), "api is restarting (exit code 1)", false),
        (container("api", "exited", "", 137), "api exited (137)", false),
        (container("api", "created", "", 0), "api is created", false),
        (container("init", "exited", "", 3), "init ended with exit code 3", true),
        (container("init", "running", "", 0), "init has not ended yet", false),
    ];
    for (odd, text, hopeless) in cases {
        let id = odd.id.clone();
        let mut all = good();
        all.retain(|c| c.service != odd.service);
        all.push(odd);
        assert_eq!(red(&look(all, &up(None), None)), (text, hopeless, Some(id.as_str())));
    }
    let gone = good().into_iter().filter(|c| c.service.as_str() != "db").collect();
    assert_eq!(red(&look(gone, &up(None), None)), ("db has no container", false, None));
}

#[test]
fn a_crash_loop_is_red_even_while_it_runs() {
    let restarted = |times: u32, started: &str| {
        let mut all = good();
        all[1].restarts = times;
        all[1].started_at = Some(started.parse().unwrap());
        all
    };
    let before = |times: u32| BTreeMap::from([(Safe::line("id-db"), times)]);
    let (long_ago, just_now) = ("2026-11-22T21:00:00Z", "2026-11-22T21:59:57Z");
    let http = up(None);
    // What happened before the gate began is no crash loop of this release.
    assert_eq!(look(restarted(5, long_ago), &http, Some(&before(5))), Look::Green);
    assert_eq!(look(restarted(5, long_ago), &http, None), Look::Green);
    assert_eq!(look(restarted(5, long_ago), &http, Some(&BTreeMap::new())), Look::Green);
    let once = look(restarted(6, just_now), &http, Some(&before(5)));
    assert_eq!(red(&once), ("db restarted 3 s ago", false, Some("id-db")));
    assert_eq!(look(restarted(6, long_ago), &http, Some(&before(5))), Look::Green);
    let twice = look(restarted(7, just_now), &http, Some(&before(5)));
    let text = "db restarted 2 times since the gate began (exit code 0): a crash loop";
    assert_eq!(red(&twice), (text, true, Some("id-db")));
    // A container that came later: all its restarts count.
    let other = BTreeMap::from([(Safe::line("id-api"), 0)]);
    assert!(red(&look(restarted(2, just_now), &http, Some(&other))).1);
}

#[test]
fn a_service_that_ended_for_good_is_not_waited_for() {
    for (state, ended, text, hopeless) in [
        ("exited", "2026-11-22T21:59:50Z", "db exited (1)", false),
        ("exited", "2026-11-22T21:59:45Z", "db exited (1), and Docker does not restart it", true),
        ("dead", "2026-11-22T21:00:00Z", "db dead (1), and Docker does not restart it", true),
        // Docker tries again.
        ("restarting", "2026-11-22T21:59:00Z", "db is restarting (exit code 1)", false),
        // Its host's clock went back.
        ("exited", "2026-11-22T23:00:00Z", "db exited (1)", false),
    ] {
        let mut all = good();
        all[1] = container("db", state, "", 1);
        all[1].finished_at = Some(ended.parse().unwrap());
        assert_eq!(red(&look(all, &up(None), None)), (text, hopeless, Some("id-db")), "{ended}");
    }
    // One that runs again after it ended is well, and so is a one-shot that ended well long ago.
    let mut all = good();
    for container in &mut all {
        container.finished_at = Some("2026-11-22T21:00:00Z".parse().unwrap());
    }
    assert_eq!(look(all, &up(None), None), Look::Green);
}

#[test]
fn what_cannot_be_seen_is_neither_a_pass_nor_a_failure() {
    let stack = Part::Unreadable(Safe::line("docker does not answer"));
    let seen = Seen {
        stack: &stack,
        expected: &[],
        baseline: None,
        http: &up(Some('a')),
        expect_commit: None,
        min_healthy_s: 10,
        host_now: now(),
    };
    let why = Safe::line("the containers could not be read: docker does not answer");
    assert_eq!(judge(&seen), Look::Unseen(why));
}

#[test]
fn expected_services_are_the_only_ones_that_count_where_they_are_named() {
    let mut all = good();
    all[1].state = Safe::line("exited");
    let stack =
        Part::Known(Stack { services: vec![Safe::line("api"), Safe::line("db")], containers: all });
    let seen = |expected: &[String]| {
        judge(&Seen {
            stack: &stack,
            expected,
            baseline: None,
            http: &up(None),
            expect_commit: None,
            min_healthy_s: 1,
            host_now: now(),
        })
    };
    assert_eq!(seen(&["api".to_owned()]), Look::Green);
    assert_eq!(red(&seen(&[])).0, "db exited (0)");
}
