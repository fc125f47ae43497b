//! Every verdict by a table.

use serde_json::json;

use super::*;
use crate::domain::fleet::Fleet;
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;

const HOSTS: [(&str, &str, u8); 4] = [
    ("cal-prod", "production", 2),
    ("edm-prod", "production", 2),
    ("test-1", "staging", 1),
    ("lone", "", 1),
];

fn operator(user: &str) -> Operator {
    Operator { user: user.into(), machine: "desk".into(), from: None }
}

fn fleet(rules: serde_json::Value) -> Fleet {
    let host = |(name, group, _): &(&str, &str, u8)| crate::domain::fleet::Host {
        id: name.parse().unwrap(),
        groups: if group.is_empty() { vec![] } else { vec![group.parse().unwrap()] },
        vars: crate::domain::fleet::Vars::new(),
        connection: connection(name),
        windows: Vec::new().into(),
        instance: None,
        rollout: crate::domain::plan::strategy::RolloutSettings::default(),
    };
    Fleet {
        name: "north".into(),
        hosts: HOSTS.iter().map(|host_of| host(host_of).into()).collect(),
        left_out: vec![],
        groups: std::collections::BTreeMap::new(),
        metrics: None,
        policy: crate::domain::fleet::FleetPolicy {
            guardrails: serde_json::from_value(rules).unwrap(),
            ..crate::domain::fleet::FleetPolicy::default()
        },
        probe_interval_s: 10,
        around: crate::domain::fleet::FleetAround::default(),
        accent: None,
    }
}

fn connection(name: &str) -> crate::domain::connection::Connection {
    serde_json::from_value(crate::domain::plan::sample::connection(name)).unwrap()
}

/// An upgrade of these hosts; one with `!` is blocked.
fn plan(names: &[&str]) -> Plan {
    let host = |name: &&str| {
        let blocked = name.starts_with('!');
        let name = name.trim_start_matches('!');
        let tier = HOSTS.iter().find(|h| h.0 == name).unwrap().2;
        json!({
            "id": name, "connection": connection(name), "from": null,
            "settings": {
                "domain": format!("{name}.example.org"), "tier": tier, "label": name, "dir": "/opt/cml",
                "repo": "/srv/cml.git", "reference": "v2", "compose_files": [], "compose_profiles": [],
                "expected_services": [], "migrate_command": "true", "migrations_dir": "m",
                "health_url": "http://127.0.0.1:1", "local_health_url": "http://127.0.0.1:1",
                "backup_command": "true", "backup_dir": "/b", "policy": {}
            },
            "readiness": if blocked { "blocked" } else { "ready" }, "findings": [], "phases": []
        })
    };
    let hosts: Vec<_> = names.iter().map(host).collect();
    serde_json::from_value(json!({
        "schema": 1, "workflow": "upgrade", "fleet": "north", "target": null, "changes": [],
        "batches": [], "hosts": hosts, "excluded": [], "parallel": 1,
        "stops": {"max_failed": 1, "max_unreachable": 1}, "made_at": "2026-11-26T00:00:00Z"
    }))
    .unwrap()
}

fn judged(rules: serde_json::Value, names: &[&str]) -> Plan {
    let mut plan = plan(names);
    plan.rules.verdict = Some(judge(&fleet(rules), &plan));
    plan
}

#[test]
fn the_first_rule_that_fits_a_host_counts_and_the_strictest_of_all_hosts() {
    let rules = json!([
        {"hosts": ["cal-*"], "workflows": ["rollback"], "deny": true},
        {"hosts": ["edm-*"], "confirm": "y"},
        {"groups": ["prod*"], "confirm": "group", "reason": "people vote here"},
        {"tier": 1, "workflows": ["upgrade"], "hosts": ["test-*"], "confirm": "count"},
        {"groups": ["all"], "hosts": ["lone"], "confirm": "second-operator", "reason": "alone"},
        {"deny": true, "reason": "never comes into it"},
    ]);
    let group = |name: &str| Demand::Group(name.into());
    for (names, demand) in [
        (&["cal-prod"][..], group("production")),
        // An earlier rule is milder on purpose.
        (&["edm-prod"], Demand::Yes),
        (&["edm-prod", "cal-prod"], group("production")),
        (&["test-1"], Demand::Count),
        (&["test-1", "edm-prod"], Demand::Count),
        (&["test-1", "cal-prod"], group("production")),
        (&["test-1", "cal-prod", "lone"], Demand::SecondOperator),
        // A host that is not run does not count.
        (&["test-1", "!lone"], Demand::Count),
    ] {
        let verdict = judged(rules.clone(), names).rules.verdict.unwrap();
        assert_eq!((verdict.demand, verdict.denied), (demand, vec![]), "{names:?}");
    }
    assert_eq!(
        judged(json!([]), &["lone"]).rules.verdict.unwrap(),
        Verdict { approval_ttl_s: APPROVAL_TTL_S, ..Verdict::default() }
    );
}

#[test]
fn too_many_hosts_and_forbidden_ones_are_refused_whatever_is_confirmed() {
    let rules = json!([
        {"groups": ["production"], "max_hosts": 1, "confirm": "y", "reason": "one city at a time"},
        {"hosts": ["lone"], "deny": true, "reason": "frozen until the vote"},
    ]);
    for (names, why) in [
        (&["cal-prod", "test-1"][..], None),
        (&["cal-prod", "!edm-prod"], None),
        (&["cal-prod", "edm-prod"], Some("at most 1 at once, and this is 2: one city at a time")),
        (&["lone", "test-1"], Some("frozen until the vote (lone)")),
    ] {
        let plan = judged(rules.clone(), names);
        for consent in [Consent::Beforehand, Consent::Yes, Consent::Typed("2".into())] {
            match (pass(&plan, &consent), why) {
                (Err(Refusal::Denied(denied)), Some(why)) => {
                    let text = Refusal::Denied(denied).to_string();
                    assert!(text.contains(why), "{text}");
                }
                (Err(Refusal::Denied(denied)), None) => panic!("{names:?}: {denied:?}"),
                (_, None) => {}
                (other, Some(_)) => panic!("{names:?} {consent:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn what_a_person_did_is_enough_or_not() {
    let say = |confirm: &str| json!([{"groups": ["production"], "confirm": confirm}]);
    let (one, two) = (&["cal-prod"][..], &["cal-prod", "edm-prod"][..]);
    let typed = |text: &str| Consent::Typed(text.into());
    for (rules, names, consent, goes) in [
        (json!([]), one, Consent::Beforehand, "now"),
        (json!([]), one, Consent::Yes, "now"),
        (json!([]), two, Consent::Yes, "no"),
        (json!([]), two, typed("2"), "now"),
        (json!([]), two, typed("3"), "no"),
        (json!([]), two, Consent::Beforehand, "now"),
        (say("y"), two, Consent::Yes, "now"),
        (say("y"), two, Consent::Beforehand, "now"),
        (say("count"), one, Consent::Beforehand, "no"),
        (say("count"), one, Consent::Yes, "no"),
        (say("count"), one, typed("1"), "now"),
        (say("count"), two, typed(" 2\n"), "now"),
        (say("group"), two, Consent::Beforehand, "no"),
        (say("group"), two, typed("2"), "no"),
        (say("group"), two, typed("productio"), "no"),
        (say("group"), two, typed("production"), "now"),
        (say("second-operator"), one, Consent::Yes, "later"),
        (say("second-operator"), one, Consent::Beforehand, "later"),
        (say("second-operator"), two, typed("2"), "later"),
        (say("second-operator"), two, Consent::Yes, "no"),
    ] {
        let plan = judged(rules.clone(), names);
        let went = match pass(&plan, &consent) {
            Ok(Passed::Now(_)) => "now",
            Ok(Passed::Later(_)) => "later",
            Err(_) => "no",
        };
        assert_eq!(went, goes, "{rules} {names:?} {consent:?}");
    }
    assert_eq!(pass(&plan(one), &Consent::Yes).err(), Some(Refusal::NotJudged));
}

#[test]
fn only_another_person_approves_in_time_and_only_the_plan_that_was_asked_about() {
    let plan =
        judged(json!([{"confirm": "second-operator", "reason": "it is the capital"}]), &["lone"]);
    let now: jiff::Timestamp = "2026-11-26T01:00:00Z".parse().unwrap();
    let Ok(Passed::Later(asked)) = pass(&plan, &Consent::Yes) else { panic!("it may not run yet") };
    let approval = asked.approval(&operator("anna"), now);
    assert_eq!(approval.until.to_string(), "2026-11-26T05:00:00Z");
    let at = |text: &str| -> jiff::Timestamp { text.parse().unwrap() };
    let early = at("2026-11-26T04:59:59Z");
    assert!(second(&plan, &approval, &operator("ben"), early).is_ok());
    let refusal = |plan: &Plan, approval: &Approval, who: &str, when| {
        second(plan, approval, &operator(who), when).unwrap_err()
    };
    assert_eq!(refusal(&plan, &approval, "anna", early), Refusal::SamePerson("anna".into()));
    assert_eq!(
        refusal(&plan, &approval, "ben", at("2026-11-26T05:00:00Z")),
        Refusal::Expired(approval.until)
    );
    let mut other = plan.clone();
    other.parallel = 2;
    assert_eq!(refusal(&other, &approval, "ben", early), Refusal::OtherPlan);
    assert!(again(&plan, &approval).is_err());
    let decided = |decision| Approval {
        decision: Some(Verdicted { decision, by: operator("ben"), at: early, reason: None }),
        ..approval.clone()
    };
    assert!(again(&plan, &decided(Decision::Approved)).is_ok());
    assert_eq!(again(&other, &decided(Decision::Approved)).err(), Some(Refusal::OtherPlan));
    assert!(again(&plan, &decided(Decision::Rejected)).is_err());
    assert!(matches!(
        refusal(&plan, &decided(Decision::Rejected), "cleo", early),
        Refusal::Decided(_)
    ));
}
