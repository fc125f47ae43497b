//! Made-up fleets, plans and runs for tests of the cockpit, and its keys as words.

use std::collections::BTreeMap;
use std::sync::Arc;

use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::frame::Size;
use bunker_ops::app::msg::RunView;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::env::{EnvChange, EnvChangeKind, EnvValue};
use bunker_ops::domain::facts::{Facts, Part};
use bunker_ops::domain::figure::{Figure, Source};
use bunker_ops::domain::health::{Health, Reason, Verdict};
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::domain::run::outcome::{Failure, Outcome};
use bunker_ops::domain::run::state::RunState;
use bunker_ops::domain::series::Series;
use bunker_ops::domain::settings::{InstancePolicy, Tier};
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{
    Contact, FleetSnapshot, HttpHealth, InstanceView, InventoryState, MetricsState, RunningRelease,
};
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::sample::{ann, host, host_plan, plan_of, planned, run_id, step};

pub(crate) fn now() -> Timestamp {
    "2026-11-22T14:32:07Z".parse().unwrap()
}

pub(crate) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// A cockpit of this size that may change things, or not.
pub(crate) fn cockpit(width: u16, height: u16, operate: Option<Operate>) -> Model {
    Model::new(Size { width, height }, now(), TimeZone::UTC, operate)
}

/// The same, wide, with [`twelve`] instances.
pub(crate) fn open_twelve(operate: Option<Operate>) -> Model {
    let mut model = cockpit(120, 40, operate);
    update(&mut model, Msg::Fleet(twelve()));
    model
}

/// What is seen, as text.
pub(crate) fn screen(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

/// Presses keys, written as words; gives all effects in order.
pub(crate) fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let keys = keys.split_whitespace().map(|word| word.parse().unwrap());
    keys.flat_map(|key| update(model, Msg::Key(key))).collect()
}

/// The changes among effects.
pub(crate) fn asked(effects: &[Effect]) -> Vec<ChangeKind> {
    let kind = |effect: &Effect| {
        if let Effect::Change(change) = effect { Some(change.kind().clone()) } else { None }
    };
    effects.iter().filter_map(kind).collect()
}

/// A healthy instance with all figures.
pub(crate) fn instance(name: &str, age_s: i64) -> InstanceView {
    let at = ago(age_s);
    let figures = [
        (Signal::P95Seconds, 0.212),
        (Signal::ErrorRatio, 0.001),
        (Signal::RequestRate, 17.8),
        (Signal::MailQueue, 3.0),
        (Signal::MailRate, 0.3),
        (Signal::VisitRate, 0.2),
        (Signal::CanvassSessions, 14.0),
        (Signal::CpuRatio, 0.31),
        (Signal::MemoryRatio, 0.62),
        (Signal::DiskRatio, 0.54),
        (Signal::BackupAge, 21_600.0),
    ];
    let values =
        (0..60).map(|i| if i % 17 == 3 { None } else { Some(1.0 + f64::from(i * 7 % 13)) });
    let trend = Series { end: at, step_s: 60, values: values.collect() };
    let trends = [Signal::P95Seconds, Signal::ErrorRatio, Signal::MailQueue, Signal::RequestRate];
    InstanceView {
        id: host(name),
        domain: "better.example.org".parse().unwrap(),
        tier: Tier::Reporting,
        groups: vec!["production".parse().unwrap()],
        verdict: Verdict { health: Health::Healthy, reasons: Vec::new() },
        contact: Contact::Answered { at },
        http: HttpHealth::Up { at, latency_s: 0.18, commit: None, version: None },
        facts: Some(Arc::new(facts(at))),
        release: Some(RunningRelease {
            sha: "642cb08000000000000000000000000000000000".parse().unwrap(),
            reference: Some("v2.4.1".into()),
        }),
        signals: figures
            .into_iter()
            .map(|(signal, value)| (signal, Figure::fresh(value, at, Source::Metrics)))
            .collect(),
        trends: trends.into_iter().map(|signal| (signal, trend.clone())).collect(),
        connection: None,
        policy: InstancePolicy::default(),
        records_shells: false,
    }
}

pub(crate) fn facts(at: Timestamp) -> Facts {
    let no = "not readable without sudo";
    Facts {
        probed_at: at,
        clock_skew_s: Part::Known(0.1),
        boot_id: Part::Unreadable(no.into()),
        system: Part::Unreadable(no.into()),
        disk: Part::Unreadable(no.into()),
        stack: Part::Unreadable(no.into()),
        checkout: Part::Unreadable(no.into()),
        env_file: Part::Unreadable(no.into()),
        backup: Part::Known(None),
        release: Part::Known(None),
        lease: Part::Known(None),
        site: Part::Unreadable(no.into()),
    }
}

/// The same in trouble.
pub(crate) fn troubled(name: &str, health: Health, subject: &str, text: &str) -> InstanceView {
    let reason = Reason { health, subject: subject.into(), text: Safe::line(text) };
    let mut view = instance(name, 5);
    view.verdict = Verdict::from_reasons(vec![reason]);
    if health == Health::Unknown {
        view.signals = BTreeMap::new();
        view.trends = BTreeMap::new();
        view.facts = None;
        view.contact = Contact::Lost { since: ago(240), last_seen: None, error: Safe::line(text) };
    }
    view
}

pub(crate) fn snapshot(instances: Vec<InstanceView>) -> Arc<FleetSnapshot> {
    Arc::new(FleetSnapshot {
        fleet: "bnkserve".into(),
        at: now(),
        instances: instances.into_iter().map(Arc::new).collect(),
        metrics: MetricsState::Answered { at: ago(5), partial: false },
        windows: Arc::new([]),
        inventory: InventoryState::default(),
        accent: None,
        others: Arc::new([]),
    })
}

/// The fleet of the mock-ups: one down, one degraded, one unknown, nine healthy.
pub(crate) fn twelve() -> Arc<FleetSnapshot> {
    let mut all = vec![
        instance("edmonton-prod", 5),
        troubled("red-deer", Health::Degraded, "p95", "1.9s (warn 1.0s)"),
        troubled("leduc-test", Health::Unknown, "ssh", "no answer for 4m"),
        troubled("calgary-prod", Health::Down, "api", "exited (1) 4m ago, 3 restarts in 5m"),
    ];
    for name in
        ["st-albert", "banff", "lethbridge", "jasper", "camrose", "airdrie", "olds", "test-01"]
    {
        all.push(instance(name, 5));
    }
    snapshot(all)
}

pub(crate) fn many(n: usize) -> Arc<FleetSnapshot> {
    snapshot((0..n).map(|i| instance(&format!("host-{i:04}"), 5)).collect())
}

const STEPS: [(&str, &str); 6] = [
    ("prepare", "true"),
    ("backup", "true"),
    ("fetch", "true"),
    ("build", "true"),
    ("migrate", "true"),
    ("up", "true"),
];

/// A plan for these hosts, two to a batch.
pub(crate) fn plan(hosts: &[&str]) -> Plan {
    use crate::sample::Part::{Gate, Job};
    let parts = [Job(&STEPS), Gate("gate"), Job(&[("record", "true")])];
    let batches: Vec<&[&str]> = hosts.chunks(2).collect();
    plan_of(hosts.iter().map(|h| host_plan(h, &parts)).collect(), &batches, 2)
}

/// A run in its middle: the first target has failed in its build, the second is at its gate.
pub(crate) fn run_view(hosts: &[&str]) -> RunView {
    let plan = plan(hosts);
    let mut state = RunState::new(run_id(0x7f3a), &plan);
    let mut kinds = vec![planned(&plan), EventKind::WorkerStarted { pid: 1, generation: 1 }];
    kinds.push(EventKind::BatchStarted { batch: 0 });
    for (at, name) in hosts.iter().take(2).enumerate() {
        kinds.push(EventKind::HostStarted { host: host(name) });
        for (id, _) in STEPS {
            kinds.push(EventKind::StepStarted {
                host: host(name),
                step: step(id),
                host_time: ago(100),
            });
            let outcome =
                if at == 0 && id == "build" { Outcome::Failed(full_disk()) } else { Outcome::Ok };
            let failed = !outcome.lets_go_on();
            let end = EventKind::StepFinished {
                host: host(name),
                step: step(id),
                outcome,
                took_s: Some(3.0),
            };
            kinds.push(end);
            if failed {
                break;
            }
        }
    }
    if let Some(name) = hosts.first() {
        let outcome = Outcome::Failed(full_disk());
        kinds.push(EventKind::HostFinished { host: host(name), outcome });
    }
    if let Some(name) = hosts.get(1) {
        let (host, step) = (host(name), step("gate"));
        kinds.push(EventKind::StepStarted {
            host: host.clone(),
            step: step.clone(),
            host_time: ago(12),
        });
        let detail = "healthy for 12 s of 30 s".into();
        kinds.push(EventKind::GateObserved { host, step, healthy_s: 12.0, detail });
    }
    for (seq, kind) in (1..).zip(kinds) {
        state.apply(&RunEvent {
            run: run_id(0x7f3a),
            seq,
            at: ago(162 - i64::try_from(seq).unwrap()),
            kind,
        });
    }
    assert_eq!(state.by.as_ref(), Some(&ann()));
    RunView { plan: Arc::new(plan), state }
}

fn full_disk() -> Failure {
    Failure {
        exit: Some(1),
        message: "the disk of / is full (0 B left)".into(),
        hint: Some("free space; the old version still serves".into()),
        last_lines: vec!["npm error ENOSPC".into()],
    }
}

/// So many changes of settings, as a plan shows them.
pub(crate) fn env_changes(n: usize) -> Vec<EnvChange> {
    let change = |n| EnvChange {
        name: format!("SETTING_{n}").as_str().into(),
        kind: EnvChangeKind::Change,
        from: Some(EnvValue::Plain("a".into())),
        to: Some(EnvValue::Plain("b".into())),
    };
    (0..n).map(change).collect()
}
