//! The plan of a canary upgrade, made of that of an upgrade: who goes first, who is compared, how it goes back.

use std::collections::BTreeSet;

use bunker_ops::domain::canary::OnFail;
use bunker_ops::domain::facts::{Checkout, Part as Fact};
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::plan::{Phase, Plan, Readiness, Workflow};
use bunker_ops::domain::settings::Tier;
use bunker_ops::domain::signal::Signal;
use bunker_ops::workflows::canary::{Beyond, NoCanary, Setting, assemble};

use crate::sample::{Part, ann, host, host_plan, plan_of};

const OLD: &str = "1111111111111111111111111111111111111111";
const OLDER: &str = "2222222222222222222222222222222222222222";

/// An upgrade of these hosts, all of which report and run [`OLD`].
fn upgrade(names: &[&str]) -> Plan {
    let parts = [Part::Job(&[("up", "true")]), Part::Gate("health")];
    let hosts = names.iter().map(|name| host_plan(name, &parts)).collect();
    let mut plan = plan_of(hosts, &[names], 8);
    for host in &mut plan.hosts {
        host.from = Some(OLD.parse().unwrap());
        host.settings.tier = Tier::Reporting;
    }
    plan
}

fn with(plan: Plan, canaries: &[&str]) -> Result<Plan, NoCanary> {
    let canaries: BTreeSet<HostId> = canaries.iter().map(|name| host(name)).collect();
    let url = "http://127.0.0.1:8428".to_owned().try_into().unwrap();
    let server = MetricsSettings { url, token_file: None, timeout_s: 5 };
    let operator = ann();
    let (server, beyond) = (Some(&server), &[][..]);
    let setting = Setting { canaries: &canaries, server, operator: &operator, beyond };
    assemble(plan, &setting)
}

fn names(ids: &[HostId]) -> Vec<&str> {
    ids.iter().map(HostId::as_str).collect()
}

#[test]
fn the_canary_goes_first_and_the_rest_is_left_to_the_strategy() {
    let plan = with(upgrade(&["a", "b", "c", "d", "e"]), &["d", "b", "elsewhere"]).unwrap();
    assert_eq!(plan.workflow, Workflow::CanaryUpgrade);
    let batches: Vec<Vec<&str>> = plan.batches.iter().map(|b| names(b)).collect();
    assert_eq!(batches, [vec!["b", "d"], vec!["a", "c", "e"]]);
    let canary = plan.canary.as_deref().unwrap();
    let of = |m: &[bunker_ops::domain::canary::Member]| {
        m.iter().map(|m| m.host.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of(&canary.canary), of(&canary.rest)),
        (
            vec!["b".to_owned(), "d".to_owned()],
            vec!["a".to_owned(), "c".to_owned(), "e".to_owned()]
        )
    );
    assert_eq!((canary.n_batches, canary.soak_s, canary.look_s), (1, 1_800, 10));
    assert_eq!(canary.canary[0].limits[&Signal::P95Seconds].to_bits(), 1.0_f64.to_bits());
    assert!(canary.remarks.is_empty() && canary.rollback.is_empty());
    // It is stored whole, and what it decides is part of the hash.
    let stored: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!((stored.canary.as_ref(), stored.hash()), (plan.canary.as_ref(), plan.hash()));
    let mut longer = plan.clone();
    longer.canary.as_mut().unwrap().soak_s = 60;
    assert_ne!(longer.hash(), plan.hash());
}

#[test]
fn hosts_that_are_there_already_have_a_wrong_clock_or_report_nothing_are_not_compared_with() {
    let mut plan = upgrade(&["a", "b", "c", "d"]);
    plan.hosts[1].from = plan.target.as_ref().map(|t| t.sha.clone());
    plan.hosts[2].settings.tier = Tier::Managed;
    plan.hosts[3].findings = serde_json::from_value(serde_json::json!([
        {"readiness": "blocked", "subject": "clock", "text": "the clock is 40 s ahead"}
    ]))
    .unwrap();
    let plan = with(plan, &["a"]).unwrap();
    let canary = plan.canary.unwrap();
    assert!(canary.rest.is_empty());
    assert!(canary.remarks[0].as_str().contains("limits alone decide"), "{:?}", canary.remarks);
    let compared: Vec<Signal> =
        canary.metrics.iter().filter(|m| m.compare).map(|m| m.signal).collect();
    assert_eq!(compared, [Signal::MemoryRatio], "which has no limit, so it stays without data");
}

/// The rest of the fleet that the plan leaves alone counts as well, where it is known to be comparable.
#[test]
fn what_the_plan_leaves_alone_is_compared_with_where_it_is_seen_on_another_commit() {
    let plan = upgrade(&["a"]);
    let target = plan.target.clone().unwrap().sha.to_string();
    let mut settings = plan.hosts[0].settings.clone();
    settings.label = "other".into();
    let mut silent = settings.clone();
    silent.tier = Tier::Managed;
    let facts = |commit: &str, skew_s: f64| {
        let mut facts = crate::ui_world::facts("2026-11-27T20:00:00Z".parse().unwrap());
        let (commit, changed, extra) = (commit.parse().unwrap(), Vec::new(), Vec::new());
        facts.checkout = Fact::Known(Checkout { commit, reference: None, changed, extra });
        facts.clock_skew_s = Fact::Known(skew_s);
        facts
    };
    let looks = [
        ("old", &settings, facts(OLDER, 1.0)),
        ("new", &settings, facts(&target, 1.0)),
        ("late", &settings, facts(OLDER, -86_400.0)),
        ("silent", &silent, facts(OLDER, 1.0)),
    ];
    let ids = looks.each_ref().map(|(name, ..)| host(name));
    let mut beyond = Vec::new();
    for ((_, settings, facts), id) in looks.iter().zip(&ids) {
        beyond.push(Beyond { id, settings, facts });
    }
    let (canaries, operator) = ([host("a")].into(), ann());
    let setting =
        Setting { canaries: &canaries, server: None, operator: &operator, beyond: &beyond };
    let plan = assemble(plan, &setting).unwrap();
    let canary = plan.canary.as_deref().unwrap();
    let rest: Vec<_> = canary.rest.iter().map(|m| (m.host.as_str(), m.label.as_str())).collect();
    assert_eq!(rest, [("old", "other")]);
    assert!(canary.metrics.iter().all(|rule| rule.compare || rule.signal == Signal::MailQueue));
    assert_eq!(plan.hosts.len(), 1, "nothing else goes along");
}

#[test]
fn there_is_no_canary_without_a_host_of_its_group_or_where_two_differ() {
    let none = with(upgrade(&["a", "b"]), &[]);
    assert_eq!(none.unwrap_err(), NoCanary::Nobody("canary".parse().ok()));
    let mut plan = upgrade(&["a", "b", "c"]);
    plan.hosts[1].settings.canary.soak_s = 60;
    let differ = with(plan.clone(), &["a", "b"]).unwrap_err();
    assert_eq!(differ, NoCanary::Differ("bunker_soak_s", host("a"), host("b")));
    assert!(with(plan, &["a"]).is_ok(), "what is no canary needs not agree");
}

#[test]
fn while_every_canary_is_held_nobody_goes_and_the_canary_is_what_is_waited_for() {
    let mut plan = upgrade(&["a", "b", "c"]);
    plan.hosts[1].findings = serde_json::from_value(serde_json::json!([
        {"readiness": "blocked", "subject": "lease", "text": "held by run 7 of ben"}
    ]))
    .unwrap();
    plan.hosts[1].readiness = Readiness::Blocked;
    plan.batches = vec![vec![host("a"), host("c")]];
    let waits = with(plan.clone(), &["b"]).unwrap();
    assert_eq!(waits.workflow, Workflow::CanaryUpgrade);
    assert!(waits.batches.is_empty() && waits.canary.is_none());
    assert_eq!(waits.targets().count(), 0);
    assert_eq!(waits.held().map(|h| h.id.as_str()).collect::<Vec<_>>(), ["b"]);
    let why = waits.hosts[0].findings[0].text.as_str();
    assert_eq!(why, "no canary could go before it: b is held by run 7 of ben");
    // One that is free goes first, as ever; and where the group is not held but missing, waiting would not help.
    let some = with(plan.clone(), &["b", "c"]).unwrap();
    assert_eq!(names(&some.batches[0]), ["c"]);
    plan.hosts[1].findings.clear();
    assert!(with(plan, &["b"]).is_err());
}

#[test]
fn what_a_person_should_know_before_is_said() {
    let mut plan = upgrade(&["a", "b"]);
    plan.hosts[0].settings.tier = Tier::Managed;
    let canary = with(plan, &["a"]).unwrap().canary.unwrap();
    let said = canary.remarks[0].as_str();
    assert_eq!(said, "a reports no metrics: after the soak it asks a person");
    let canaries = [host("a")].into();
    let setting = Setting { canaries: &canaries, server: None, operator: &ann(), beyond: &[] };
    let canary = assemble(upgrade(&["a", "b"]), &setting).unwrap().canary.unwrap();
    assert!(canary.remarks[0].as_str().contains("bunker_metrics_url"));
}

#[test]
fn the_way_back_is_rendered_before_one_plan_a_release() {
    let mut plan = upgrade(&["a", "b", "c", "d"]);
    plan.hosts[1].from = Some(OLDER.parse().unwrap());
    for host in &mut plan.hosts {
        host.settings.canary.on_fail = OnFail::Rollback;
    }
    let plan = with(plan, &["a", "b", "c"]).unwrap();
    let back = &plan.canary.as_ref().unwrap().rollback;
    let to: Vec<(&str, Vec<&str>)> = back
        .iter()
        .map(|p| (p.target.as_ref().unwrap().sha.as_str(), names(&p.batches[0])))
        .collect();
    assert_eq!(to, [(OLD, vec!["a", "c"]), (OLDER, vec!["b"])]);
    for plan in back {
        assert_eq!(plan.workflow, Workflow::Rollback);
        assert!(plan.canary.is_none() && plan.changes.is_empty());
        let Phase::Job { steps } = &plan.hosts[0].phases[0] else { panic!() };
        let ids: Vec<&str> = steps.iter().map(|s| s.step.id.as_str()).collect();
        assert_eq!(ids, ["lease", "preflight", "hold-images", "checkout", "images", "up"]);
        let target = plan.target.as_ref().unwrap().sha.as_str();
        assert!(steps.iter().any(|s| s.step.script.contains(target)));
        assert_eq!(plan.hosts[0].from, plan_target(), "from where the upgrade brought it");
    }
}

fn plan_target() -> Option<bunker_ops::domain::git::CommitSha> {
    upgrade(&["a"]).target.map(|target| target.sha)
}
