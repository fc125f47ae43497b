//! The alert rules judged on instances, and what an Alertmanager adds.

use std::collections::BTreeMap;

use bunker_ops::domain::alerts::{
    Alert, Manager, ManagerAlert, ManagerSilence, ManagerState, Origin, Severity, State, Watch,
    fold, from_here, from_manager, who,
};
use bunker_ops::domain::figure::{Figure, Source, Trouble};
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{FleetSnapshot, HttpHealth, InstanceView};
use bunker_ops::domain::window::{Window, WindowSet};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::sample::host;
use crate::ui_world::{ago, instance, now, snapshot};

fn with(name: &str, signal: Signal, value: f64) -> InstanceView {
    let mut view = instance(name, 5);
    view.trends.clear();
    view.signals.insert(signal, Figure::fresh(value, ago(5), Source::Metrics));
    view
}

fn fleet(instances: Vec<InstanceView>) -> FleetSnapshot {
    (*snapshot(instances)).clone()
}

fn here(fleet: &FleetSnapshot) -> Vec<Alert> {
    from_here(fleet, &Watch::default(), now()).0
}

fn told(alerts: &[Alert]) -> Vec<(State, &str)> {
    alerts.iter().map(|a| (a.state, a.name.as_str())).collect()
}

#[test]
fn a_healthy_instance_gives_none_and_all_its_rules_are_judged() {
    let (alerts, judged) = from_here(&fleet(vec![instance("a", 5)]), &Watch::default(), now());
    assert_eq!((told(&alerts), judged), (vec![], 7));
}

#[test]
fn each_limit_of_the_plan_fires_its_rule() {
    for (signal, value, name, severity) in [
        (Signal::BackupAge, 25.5 * 3_600.0, "BackupStale", Severity::Critical),
        (Signal::DiskRatio, 0.91, "DiskSpaceLow", Severity::Critical),
        (Signal::ErrorRatio, 0.01, "HighErrorRate", Severity::Warning),
    ] {
        let alerts = here(&fleet(vec![with("a", signal, value)]));
        assert_eq!(told(&alerts), [(State::Firing, name)]);
        assert_eq!(alerts[0].severity, severity);
    }
    // 0.5 % of 17.8 requests a second is below one 5xx in ten seconds.
    assert_eq!(told(&here(&fleet(vec![with("a", Signal::ErrorRatio, 0.005)]))), []);
}

#[test]
fn a_rule_with_a_time_is_pending_until_it_was_seen_to_hold_for_that_long() {
    let at = |minutes: i64| {
        let mut fleet = fleet(vec![with("a", Signal::MailQueue, 212.0)]);
        fleet.at = now() + SignedDuration::from_mins(minutes);
        for instance in &mut fleet.instances {
            let view = std::sync::Arc::make_mut(instance);
            for figure in view.signals.values_mut() {
                figure.reading.as_mut().unwrap().at = fleet.at;
            }
        }
        fleet
    };
    let mut watch = Watch::default();
    let mut states = Vec::new();
    for minutes in [0, 14, 15] {
        watch.note(&at(minutes));
        states.push(from_here(&at(minutes), &watch, at(minutes).at).0[0].state);
    }
    assert_eq!(states, [State::Pending, State::Pending, State::Firing]);
    // It falls below the limit: the count begins anew.
    let mut calm = at(16);
    std::sync::Arc::make_mut(&mut calm.instances[0])
        .signals
        .insert(Signal::MailQueue, Figure::fresh(3.0, calm.at, Source::Metrics));
    watch.note(&calm);
    watch.note(&at(17));
    assert_eq!(from_here(&at(17), &watch, at(17).at).0[0].state, State::Pending);
}

#[test]
fn no_data_and_old_data_are_no_pass_and_what_is_not_reported_is_no_alert() {
    let mut stale = instance("a", 4_000);
    stale.trends.clear();
    let alerts = here(&fleet(vec![stale]));
    let unknown: Vec<&str> =
        alerts.iter().filter(|a| a.state == State::Unknown).map(|a| a.name.as_str()).collect();
    for name in ["EmailQueueBacklog", "HighErrorRate", "DiskSpaceLow", "HighMemoryUsage"] {
        assert!(unknown.contains(&name), "{name}: {unknown:?}");
    }
    assert!(alerts.iter().any(|a| a.text.as_str().contains("old")), "{alerts:?}");

    let mut silent = instance("a", 5);
    silent.signals.insert(Signal::MailQueue, Figure::absent(Trouble::TimedOut));
    assert_eq!(told(&here(&fleet(vec![silent]))), [(State::Unknown, "EmailQueueBacklog")]);

    let mut small = instance("a", 5);
    small.signals.insert(Signal::MailQueue, Figure::absent(Trouble::NotReported));
    let (alerts, judged) = from_here(&fleet(vec![small]), &Watch::default(), now());
    assert_eq!((told(&alerts), judged), (vec![], 6));
}

#[test]
fn an_instance_that_is_down_fires_after_five_minutes_and_a_window_silences_it() {
    let down = |since_s: i64| {
        let mut view = instance("a", 5);
        view.http = HttpHealth::Failed { at: ago(5), since: ago(since_s), error: "refused".into() };
        fleet(vec![view])
    };
    assert_eq!(told(&here(&down(299))), [(State::Pending, "InstanceDown")]);
    assert_eq!(told(&here(&down(300))), [(State::Firing, "InstanceDown")]);
    let window: Window = serde_json::from_value(
        json!({"name": "night", "daily": "14:00", "for": "2h", "zone": "UTC"}),
    )
    .unwrap();
    let mut silent = down(900);
    silent.windows =
        vec![WindowSet { windows: vec![window].into(), hosts: vec![host("a")] }].into();
    let alerts = here(&silent);
    assert_eq!(told(&alerts), [(State::Silenced, "InstanceDown")]);
    assert_eq!(alerts[0].silence.as_ref().unwrap().as_str(), "window night");
}

fn manager(alerts: Vec<ManagerAlert>, silences: Vec<ManagerSilence>) -> Manager {
    let labels = BTreeMap::from([("a.example.org".to_owned(), host("a"))]);
    Manager { url: "http://am".into(), at: now(), alerts, silences, n_odd: 0, labels }
}

fn alert(name: &str, state: ManagerState, silenced_by: &[&str]) -> ManagerAlert {
    ManagerAlert {
        fingerprint: name.into(),
        name: name.into(),
        instance: "a.example.org".into(),
        severity: Severity::Critical,
        summary: "".into(),
        since: ago(600),
        state,
        silenced_by: silenced_by.iter().map(|id| (*id).into()).collect(),
        n_inhibiting: usize::from(name == "Inhibited"),
    }
}

#[test]
fn the_alertmanager_is_told_with_its_silences_and_what_it_lacks_is_added() {
    let until: Timestamp = now() + SignedDuration::from_hours(1);
    let silence = ManagerSilence {
        id: "s1".into(),
        by: "ann".into(),
        comment: "new disk".into(),
        fits: "instance=\"a.example.org\"".into(),
        from: ago(600),
        until,
        active: true,
    };
    let manager = manager(
        vec![
            alert("BackupStale", ManagerState::Active, &[]),
            alert("DiskSpaceLow", ManagerState::Suppressed, &["s1"]),
            alert("Inhibited", ManagerState::Suppressed, &[]),
        ],
        vec![silence],
    );
    let mut view = with("a", Signal::BackupAge, 25.5 * 3_600.0);
    view.signals.insert(Signal::ErrorRatio, Figure::fresh(0.2, ago(5), Source::Metrics));
    let all = from_manager(&manager, here(&fleet(vec![view])));
    let found: Vec<_> = all.iter().map(|a| (a.state, a.name.as_str(), a.origin)).collect();
    assert_eq!(
        found,
        [
            (State::Firing, "BackupStale", Origin::Alertmanager),
            (State::Firing, "HighErrorRate", Origin::Here),
            (State::Silenced, "DiskSpaceLow", Origin::Alertmanager),
            (State::Silenced, "Inhibited", Origin::Alertmanager),
        ]
    );
    assert_eq!(all[0].host, Some(host("a")));
    assert_eq!(all[0].text.as_str(), "no good backup for 25 hours", "the rule's words stand in");
    assert_eq!(all[2].silence.as_ref().unwrap().as_str(), "new disk (by ann)");
    assert_eq!(all[2].silence_id.as_ref().unwrap().as_str(), "s1");
    assert_eq!(all[3].silence_id, None);
    assert_eq!(all[3].silence.as_ref().unwrap().as_str(), "another alert tells of it already");
}

fn unjudged(severity: Severity, name: &str, of: &str, text: &str) -> Alert {
    Alert {
        state: State::Unknown,
        severity,
        host: Some(host(of)),
        of: of.into(),
        name: name.into(),
        text: text.into(),
        since: None,
        silence: None,
        silence_id: None,
        origin: Origin::Here,
        folded: Vec::new(),
    }
}

#[test]
fn what_cannot_be_judged_is_one_row_per_cause_that_names_all_it_stands_for() {
    let (worse, bad) = (Severity::Critical, Severity::Warning);
    let gone = "the source failed: refused";
    let firing = Alert { state: State::Firing, ..unjudged(worse, "InstanceDown", "a", gone) };
    let rows = fold(vec![
        firing,
        unjudged(worse, "DiskSpaceLow", "a", gone),
        unjudged(bad, "HighErrorRate", "a", gone),
        unjudged(bad, "HighErrorRate", "b", "the newest figure is 9m old"),
        unjudged(worse, "DiskSpaceLow", "c", gone),
        unjudged(bad, "HighErrorRate", "c", gone),
        unjudged(bad, "SlowAnswers", "c", gone),
    ]);
    let told: Vec<_> = rows
        .iter()
        .map(|a| (a.state, a.severity, a.name.as_str(), a.of.as_str(), a.folded.len()))
        .collect();
    assert_eq!(
        told,
        [
            (State::Firing, worse, "InstanceDown", "a", 0),
            (State::Unknown, worse, "3 rules", "2 instances", 5),
            (State::Unknown, bad, "HighErrorRate", "b", 0),
        ]
    );
    assert_eq!(rows[1].host, None, "it is about no single instance");
    assert_eq!(who(&rows[1]), "DiskSpaceLow, HighErrorRate on a, c; SlowAnswers on c");
    assert_eq!(who(&rows[2]), "");
    // Several rules of one instance lead to it still, and the row stays the same one when more join it.
    let one = ["HighErrorRate", "SlowAnswers"].map(|name| unjudged(bad, name, "a", gone));
    let one = fold(one.into());
    assert_eq!((one[0].of.as_str(), one[0].host.is_some()), ("a", true));
    assert_eq!(one[0].key(), rows[1].key());
}
