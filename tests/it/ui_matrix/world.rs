//! The fleets that every page is drawn with, and answers to all that a page asks, in the manner of each fleet.

use std::sync::Arc;

use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::forwards::{ForwardAsk, Forwarded};
use bunker_ops::app::msg::Problem;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::audit::{Entry, Record};
use bunker_ops::domain::env_shown::{EnvRow, EnvShown, EnvState};
use bunker_ops::domain::facts::{Checkout, Container, Disk, Facts, Part, Stack, System};
use bunker_ops::domain::forward::{Forward, Lost};
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::release::{Recorded, Release, ReleaseRecord};
use bunker_ops::domain::secret::due::Due;
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{FleetSnapshot, RunningRelease};
use bunker_ops::domain::window::{Window, WindowSet};
use serde_json::json;

use crate::sample::{host, run_id};
use crate::ui_choice::{release, vaults};
use crate::ui_sheet_world::{answer, text};
use crate::ui_world::{ago, now, plan, press, run_view, snapshot, twelve};

/// All fleets: one that is as fleets are, and those that have broken screens before.
pub(crate) fn fleets() -> Vec<(&'static str, Arc<FleetSnapshot>)> {
    let mut all = vec![("usual", usual())];
    all.extend(crate::ui_gallery::fleets());
    all
}

/// The fleet of the mock-ups, with what its hosts tell and with windows.
pub(crate) fn usual() -> Arc<FleetSnapshot> {
    let mut views: Vec<_> = twelve().instances.iter().map(|i| (**i).clone()).collect();
    for view in &mut views {
        let down = view.id.as_str() == "calgary-prod";
        if view.id.as_str() == "st-albert" {
            view.release = Some(RunningRelease {
                sha: "3f9c2ab000000000000000000000000000000000".parse().unwrap(),
                reference: Some("v2.5.0".into()),
            });
        }
        view.facts = view.facts.as_ref().map(|facts| Arc::new(told(facts, down)));
        if let Some(trend) = view.trends.get(&Signal::RequestRate).cloned() {
            let both = [Signal::VisitRate, Signal::MailRate].map(|s| (s, trend.clone()));
            view.trends.extend(both);
        }
    }
    let hosts = views.iter().map(|view| view.id.clone()).collect();
    let window = |value| serde_json::from_value::<Window>(value).unwrap();
    let windows = vec![
        window(json!({"name": "night", "daily": "14:00", "for": "2h", "zone": "UTC"})),
        window(
            json!({"name": "mails", "daily": "16:00", "for": "1h", "zone": "UTC", "only": "alerts"}),
        ),
    ];
    let mut fleet = (*snapshot(views)).clone();
    fleet.windows = vec![WindowSet { windows: windows.into(), hosts }].into();
    Arc::new(fleet)
}

/// What a host tells of its containers, its disk and its checkout.
fn told(facts: &Facts, down: bool) -> Facts {
    let one = |(at, service): (usize, &str)| Container {
        id: format!("{at:012x}").as_str().into(),
        name: format!("cml-{service}-1").as_str().into(),
        service: service.into(),
        image: format!("cml-{service}:v2.4.1").as_str().into(),
        state: if down && at == 0 { "exited".into() } else { "running".into() },
        health: if at > 2 { "".into() } else { "healthy".into() },
        exit_code: i32::from(down && at == 0),
        restarts: if down && at == 0 { 3 } else { 0 },
        started_at: Some(ago(400_000)),
        finished_at: None,
        one_shot: false,
    };
    let services = ["api", "admin", "postgres", "redis", "nginx"];
    Facts {
        system: Part::Known(System {
            uptime_s: 4_000_000.0,
            load1: 0.62,
            n_cpus: 4,
            cpu: None,
            mem_total_b: 8_200_000_000,
            mem_available_b: 3_100_000_000,
        }),
        disk: Part::Known(Disk {
            mount: "/".into(),
            total_b: 80_000_000_000,
            available_b: 36_800_000_000,
        }),
        stack: Part::Known(Stack {
            services: services.map(Into::into).to_vec(),
            containers: services.into_iter().enumerate().map(one).collect(),
        }),
        checkout: Part::Known(Checkout {
            commit: "642cb08000000000000000000000000000000000".parse().unwrap(),
            reference: Some("v2.4.1".into()),
            changed: Vec::new(),
            extra: vec!["docker-compose.override.yml".into()],
        }),
        ..facts.clone()
    }
}

/// The targets of a run or a plan with this kind of fleet.
pub(crate) fn targets(kind: &str) -> Vec<String> {
    let many = |n: usize| (0..n).map(|at| format!("host-{at:04}")).collect();
    match kind {
        "empty" => Vec::new(),
        "one" => many(1),
        "40" => many(40),
        "1,000" => many(1_000),
        "long names" => vec![format!("instance-{}", "x".repeat(54)), "olds".into()],
        _ => ["red-deer", "st-albert", "banff", "olds", "jasper"].map(str::to_owned).to_vec(),
    }
}

/// A plan as people see one: commits, a new setting, a target with a warning, one that is left out.
pub(crate) fn full_plan(kind: &str) -> Plan {
    let names = targets(kind);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut plan = plan(&names);
    plan.changes = vec![
        serde_json::from_value(json!({
            "from": "642cb08000000000000000000000000000000000", "from_tag": "v2.4.1", "n_commits": 14,
            "commits": [text(kind, "3f9c2ab mails are sent in batches")], "migrations": ["0042_mail_batches"],
            "new_variables": [{"name": "MAIL_RATE", "default": "30"}], "services": ["api", "admin"],
            "not_forward": false
        }))
        .unwrap(),
    ];
    if kind == "usual" {
        plan.excluded = vec![
            serde_json::from_value(json!({
                "host": "calgary-prod", "reason": "it is down, and an upgrade would hide the cause"
            }))
            .unwrap(),
        ];
    }
    if let Some(first) = plan.hosts.first_mut() {
        let (subject, readiness) = ("disk", "warning");
        let words = text(kind, "83% of / is used: needs 6G, has 7G");
        let finding = json!({"readiness": readiness, "subject": subject, "text": words});
        first.findings = vec![serde_json::from_value(finding).unwrap()];
        first.readiness = serde_json::from_value(json!(readiness)).unwrap();
    }
    plan
}

/// Presses keys, and answers after each what is asked by it.
pub(crate) fn go(kind: &str, model: &mut Model, keys: &str) {
    for key in keys.split_whitespace() {
        let effects = press(model, key);
        reply(kind, model, effects);
    }
}

fn failed<T>(kind: &str, well: T) -> Result<T, Problem> {
    if kind != "failing" {
        return Ok(well);
    }
    let message = "no answer within 5 s: is it running, and does a firewall let it through?";
    Err(Problem { message: message.into(), hint: Some("look at its address".into()) })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all others are answered by nobody here")]
fn reply(kind: &str, model: &mut Model, effects: Vec<Effect>) {
    let mut next = Vec::new();
    for effect in &effects {
        let told = match effect {
            Effect::LoadAudit { request } => {
                Msg::Audit { request: *request, result: failed(kind, records(kind)) }
            }
            Effect::LoadEnv { request, .. } => {
                Msg::Env { request: *request, result: failed(kind, env(kind)) }
            }
            Effect::LoadReleases(id) => {
                Msg::Releases { instance: id.clone(), releases: releases(kind, id) }
            }
            Effect::AskLog(ask) => crate::ui_log::told(ask, 1_000_000),
            Effect::Change(change) => match change.kind() {
                ChangeKind::Secrets { request } => {
                    Msg::Secrets { request: *request, result: failed(kind, secrets(kind)) }
                }
                ChangeKind::Releases { request, hosts } => {
                    let recorded = recorded(kind, hosts);
                    Msg::Recorded { request: *request, result: failed(kind, recorded) }
                }
                ChangeKind::Plan { request, .. } => Msg::Planned {
                    request: *request,
                    result: failed(kind, Arc::new(full_plan(kind))),
                },
                ChangeKind::Forward(ForwardAsk::List) => {
                    Msg::Forwards(Forwarded { all: forwards(kind, model), told: None })
                }
                _ => continue,
            },
            _ => continue,
        };
        next.extend(update(model, told));
    }
    answer(kind, model, effects);
    if !next.is_empty() {
        reply(kind, model, next);
    }
}

fn records(kind: &str) -> Vec<Entry> {
    if kind == "empty" {
        return Vec::new();
    }
    let n = if kind == "1,000" { 1_000 } else { 12 };
    let one = |at: i64| {
        let (action, outcome) = [
            ("run-start", Some("succeeded")),
            ("vault-set", Some("done")),
            ("window-add", None),
            ("lease-break", Some("failed")),
            ("run-abort", Some("aborted")),
        ][usize::try_from(at % 5).unwrap()];
        let phase = if outcome.is_some() { "outcome" } else { "intent" };
        let record: Record = serde_json::from_value(json!({
            "log": "b4a1", "seq": n - at, "at": ago(600 + at * 5_400), "phase": phase, "action": action,
            "who": {"uid": 1_000, "user": text(kind, "ann"), "machine": "desk",
                "connection": "192.0.2.4 50211 192.0.2.9 22"},
            "source": "cockpit", "hosts": ["red-deer", "st-albert"], "why": text(kind, "CHG-123"),
            "run": run_id(0x7f3a), "outcome": outcome, "detail": text(kind, "two of two targets are well"),
            "prev": "0".repeat(64)
        }))
        .unwrap();
        Entry { record, hash: "1".repeat(64).parse().unwrap() }
    };
    (0..n).map(one).collect()
}

fn env(kind: &str) -> EnvShown {
    if kind == "empty" {
        return EnvShown {
            rows: Vec::new(),
            remarks: vec!["there is no .env on this host".into()],
        };
    }
    let n = if kind == "1,000" { 1_000 } else { 24 };
    let row = |at: usize| EnvRow {
        name: text(kind, ["MAIL_RATE", "JWT_SECRET", "DOMAIN", "ENABLE_MEDIA_FEATURES"][at % 4]),
        value: text(kind, ["30", "1a2b3c4d", "better.example.org", "true"][at % 4]),
        secret: at % 4 == 1,
        state: [EnvState::Applied, EnvState::Edited, EnvState::Own][at % 3],
    };
    let remark = text(kind, "others can read it: its mode is 644, chmod 600 mends that");
    EnvShown { rows: (0..n).map(row).collect(), remarks: vec![remark] }
}

fn releases(kind: &str, id: &HostId) -> Vec<Release> {
    let one = |at: i64| Release {
        instance: id.clone(),
        record: ReleaseRecord {
            sha: format!("{at:040x}").parse().unwrap(),
            reference: text(kind, "v2.4.1"),
            run: Some(run_id(u16::try_from(at).unwrap())),
            at: ago(90_000 * (at + 1)),
            healthy: at != 2,
            previous: None,
            env_sha256: None,
        },
    };
    if kind == "empty" { Vec::new() } else { (0..4).map(one).collect() }
}

fn recorded(kind: &str, hosts: &[HostId]) -> Vec<Recorded> {
    if kind == "empty" {
        return Vec::new();
    }
    let mut all =
        vec![release("c", "v2.6.0", 1), release("b", "v2.5.0", 9), release("a", "v2.4.0", 80)];
    all[0].running = hosts.to_vec();
    all[1].previous = hosts.to_vec();
    all[2].missing = vec![text(kind, "calgary-prod: no longer there: images")];
    for one in &mut all {
        one.hosts = hosts.to_vec();
        one.reference = text(kind, one.reference.as_str());
    }
    all
}

fn secrets(kind: &str) -> Vec<Due> {
    if kind == "empty" {
        return Vec::new();
    }
    let mut all = vaults();
    if kind == "1,000" {
        all = (0..200).flat_map(|_| all.clone()).collect();
    }
    for due in &mut all {
        due.owner = text(kind, due.owner.as_str());
    }
    all
}

fn forwards(kind: &str, model: &Model) -> Vec<Forward> {
    let n = match kind {
        "empty" => 0,
        "one" => 1,
        _ => 3,
    };
    let ids = model.fleet.snapshot.iter().flat_map(|s| &s.instances).map(|i| i.id.clone());
    let ids: Vec<HostId> = ids.chain(std::iter::once(host("red-deer"))).collect();
    let one = |at: u16| Forward {
        number: at.into(),
        host: ids[usize::from(at) % ids.len()].clone(),
        what: ["api", "4000", "postgres"][usize::from(at)].parse().unwrap(),
        to: format!("172.18.0.{}:4000", at + 2).parse().unwrap(),
        at: format!("127.0.0.1:{}", 40_000 + at).parse().unwrap(),
        since: ago(60 + 4_000 * i64::from(at)),
        lost: (kind == "failing" || at == 2).then(|| Lost {
            since: ago(90),
            attempts: 3,
            next: Some(ago(-20)),
            trying: false,
            why: Some("the connection ended".into()),
        }),
    };
    (0..n).map(one).collect()
}

/// The runs of the store: each kind of end, and one that goes on.
pub(crate) fn runs(kind: &str) -> Msg {
    let names = targets(kind);
    let names: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    let phases = [
        "running",
        "waiting-approval",
        "planned",
        "paused",
        "stopping",
        "succeeded",
        "failed",
        "aborted",
        "lost",
    ];
    let n = match kind {
        "empty" => 0,
        "one" => 1,
        "1,000" => 1_000,
        _ => 9,
    };
    let view = run_view(&names);
    let one = |at: u16| {
        let mut run = crate::ui_wall::summary(&view);
        run.run = run_id(at + 1);
        run.phase = serde_json::from_value(json!(phases[usize::from(at) % phases.len()])).unwrap();
        run.planned = ago(600 + i64::from(at) * 4_000);
        run.finished = (at % 9 > 4).then(|| run.planned + jiff::SignedDuration::from_secs(162));
        run.summary = Some(text(kind, "the disk of / is full on red-deer"));
        run
    };
    Msg::Runs((0..n).map(one).collect())
}

/// The same fleet a few seconds later, with other figures.
pub(crate) fn later(fleet: &FleetSnapshot) -> Arc<FleetSnapshot> {
    let mut next = fleet.clone();
    next.instances = fleet
        .instances
        .iter()
        .map(|view| {
            let mut view = (**view).clone();
            for figure in view.signals.values_mut() {
                if let Some(reading) = figure.reading.as_mut() {
                    reading.value *= 1.07;
                }
            }
            Arc::new(view)
        })
        .collect();
    next.at = now();
    Arc::new(next)
}
