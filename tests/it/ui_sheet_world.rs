//! A made-up world behind the pages with one list: it answers what they ask, in the manner of each kind of fleet.

use std::collections::BTreeMap;

use bunker_ops::app::look::{Look, Looked};
use bunker_ops::app::msg::Problem;
use bunker_ops::app::panes::Output;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::alerts::{Manager, ManagerAlert, ManagerSilence, ManagerState, Severity};
use bunker_ops::domain::backups::Made;
use bunker_ops::domain::charts::{CHARTS, ChartsRead, Line, Lines};
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::finding::Finding;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::inventory::{GroupTold, HostTold, InventoryTold, VariableTold};
use bunker_ops::domain::lease::{FleetHeld, Lease, LeaseLook};
use bunker_ops::domain::series::Series;
use bunker_ops::domain::snapshot::RunningRelease;
use bunker_ops::domain::timeline::{Condition, Kept};
use bunker_ops::domain::untrusted::Safe;
use jiff::SignedDuration;

use crate::ui_world::{ago, now, press};

pub(crate) const LONG: &str =
    "a-name-that-is-as-long-as-a-name-may-be-and-goes-on-behind-the-end-of-any-column";
pub(crate) const WIDE: &str = "東京都庁のサーバーが応答しません。電源を確認してください";
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gnp.exe\ttab \u{200b} ünï";

/// A text in the manner of a kind of fleet.
pub(crate) fn text(kind: &str, usual: &str) -> Safe {
    Safe::line(match kind {
        "long names" => LONG,
        "CJK" => WIDE,
        "hostile bytes" => HOSTILE,
        _ => usual,
    })
}

/// Presses keys, and answers after each what is asked by it, until nothing more is.
pub(crate) fn open(kind: &str, model: &mut Model, keys: &str) {
    for key in keys.split_whitespace() {
        let effects = press(model, key);
        answer(kind, model, effects);
    }
}

/// Answers what is asked, until nothing more is.
pub(crate) fn answer(kind: &str, model: &mut Model, mut effects: Vec<Effect>) {
    while let Some(effect) = effects.pop() {
        if let Effect::Look { request, what } = effect {
            let result = looked(kind, model, what);
            effects.extend(update(model, Msg::Looked { request, result }));
        }
    }
}

fn looked(kind: &str, model: &Model, what: Look) -> Result<Looked, Problem> {
    if kind == "failing" && !matches!(what, Look::Backups(_) | Look::Lease(_) | Look::Campaign) {
        let message = "no answer within 5 s: is it running, and does a firewall let it through?";
        return Err(Problem { message: message.into(), hint: Some("look at its address".into()) });
    }
    Ok(match what {
        Look::Backups(hosts) => {
            let of = |id: HostId| {
                let all = if kind == "failing" {
                    Err(Safe::line("the host does not answer"))
                } else {
                    Ok(backups(kind))
                };
                (id, all)
            };
            Looked::Backups(hosts.into_iter().map(of).collect())
        }
        Look::Alerts if matches!(kind, "empty" | "one") => Looked::Alerts(None),
        Look::Alerts => Looked::Alerts(Some(Box::new(manager(kind, model)))),
        Look::Inventory => Looked::Inventory(inventory(kind, model)),
        Look::Variables(host) => Looked::Variables(variables(kind, &host)),
        Look::DoctorHere => Looked::Findings(findings(kind, "here")),
        Look::DoctorHosts => {
            let ids: Vec<HostId> = hosts(model);
            Looked::Findings(ids.iter().flat_map(|id| findings(kind, id.as_str())).collect())
        }
        Look::Timeline(_) => Looked::Timeline(timeline(kind)),
        Look::Charts(_) => Looked::Charts(Box::new(charts(kind))),
        Look::Lease(id) if kind == "failing" => {
            Looked::Lease(id, Err(Safe::line("the host does not answer")))
        }
        Look::Lease(id) => {
            let at = hosts(model).iter().position(|known| *known == id).unwrap_or(0);
            Looked::Lease(id, Ok(lease(kind, at)))
        }
        Look::Campaign => Looked::Campaign(match kind {
            "failing" => Err(Safe::line("the store cannot be read: the disk is full")),
            "many" | "hostile bytes" => Ok(Some(FleetHeld {
                who: text(
                    kind,
                    "run 261122-220000-0002 (upgrade) by ben on desk goes through the fleet, 3 of 12 done",
                ),
                run: Some(crate::sample::run_id(2)),
                alive: false,
            })),
            _ => Ok(None),
        }),
        Look::Outputs(_, hosts) => {
            let of = |(at, id): (usize, HostId)| (id, output(kind, at));
            Looked::Outputs(hosts.into_iter().enumerate().map(of).collect())
        }
    })
}

fn hosts(model: &Model) -> Vec<HostId> {
    let all = model.fleet.snapshot.iter().flat_map(|s| &s.instances);
    all.map(|i| i.id.clone()).collect()
}

/// Of every third instance one is held, one free, one held no more.
fn lease(kind: &str, at: usize) -> LeaseLook {
    let lease = Lease {
        holder: text(kind, "run 261122-220000-0001 (upgrade) by ann on desk since 14:20"),
        run: Some(crate::sample::run_id(1)),
        workflow: "upgrade".into(),
        target: text(kind, "v2.5.0"),
        operator: text(kind, "ann"),
        generation: 7,
        started: "2026-11-22T14:20:00Z".into(),
        beat_age_s: Some(4),
        doing: text(kind, "build, step 2 of 5"),
        left_s: if at % 3 == 2 { -3 } else { 86 },
    };
    let breaks = vec![text(kind, "ben on desk broke the lease of run 1: she went home")];
    let lease = (at % 3 != 1).then_some(lease);
    LeaseLook { lease, job: None, generation: 7, breaks }
}

fn backups(kind: &str) -> Vec<Made> {
    let one = |n: i64| Made {
        archive: text(kind, "backup-20261122.tar.gz"),
        size_b: 1_500_000_000 + (14 - n).unsigned_abs() * 40_000_000,
        created: ago(21_600 + n * 86_400),
        verified: n % 5 != 4,
        restored_aside: (n == 3).then(|| ago(200_000)),
    };
    (0..14).rev().map(one).collect()
}

pub(crate) fn manager(kind: &str, model: &Model) -> Manager {
    let ids = hosts(model);
    let labels: BTreeMap<String, HostId> =
        ids.iter().map(|id| (format!("{id}.example.org"), id.clone())).collect();
    let alert = |(at, label): (usize, &String)| ManagerAlert {
        fingerprint: Safe::line(&format!("{at:016x}")),
        name: ["InstanceDown", "EmailQueueBacklog", "CanvassSessionAbandoned", "DiskSpaceLow"]
            [at % 4]
            .into(),
        instance: Safe::line(label),
        severity: [Severity::Critical, Severity::Warning, Severity::Info][at % 3],
        summary: text(kind, "212 mails wait for 22 minutes"),
        since: ago(60 + 700 * i64::try_from(at).unwrap()),
        state: [ManagerState::Active, ManagerState::Suppressed][at % 2],
        silenced_by: if at % 2 == 1 { vec!["s1".into()] } else { Vec::new() },
        n_inhibiting: 0,
    };
    let alerts = labels.keys().enumerate().map(alert).collect();
    let silence = ManagerSilence {
        id: "s1".into(),
        by: text(kind, "ann"),
        comment: text(kind, "the disk is being exchanged"),
        fits: "instance=~\"a|b\"".into(),
        from: ago(600),
        until: now() + SignedDuration::from_hours(2),
        active: true,
    };
    let url = "http://127.0.0.1:9093".into();
    Manager { url, at: ago(4), alerts, silences: vec![silence], n_odd: 0, labels }
}

fn inventory(kind: &str, model: &Model) -> InventoryTold {
    let ids = hosts(model);
    let groups = vec!["changemaker_instances".parse().unwrap(), "production".parse().unwrap()];
    let host = |(at, id): (usize, &HostId)| HostTold {
        id: id.clone(),
        address: "deploy@192.0.2.22:2222".into(),
        ssh: Some("ssh -p 2222 deploy@192.0.2.22".into()),
        instance: (at % 7 != 6).then(|| (text(kind, "better.example.org"), 2, "v2.4.1".into())),
        groups: groups.clone(),
        left_out: at == 3,
    };
    let told = ids.iter().enumerate().map(host).collect();
    let group = |name: &str, children: &[&str]| GroupTold {
        name: name.parse().unwrap(),
        hosts: ids.clone(),
        children: children.iter().map(|c| c.parse().unwrap()).collect(),
        n_hosts: ids.len(),
    };
    let all = vec![
        group("canary", &[]),
        group("changemaker_instances", &["canary", "production"]),
        group("production", &[]),
    ];
    InventoryTold { groups: all, hosts: told }
}

fn variables(kind: &str, host: &HostId) -> Vec<VariableTold> {
    let one = |(name, value, by, at): (&str, Option<Safe>, &str, &str)| VariableTold {
        name: name.into(),
        value,
        given_by: by.into(),
        at: at.into(),
        unresolved: (name == "cml_motd").then(|| "there is no variable town".into()),
        generation: (name == "vault_jwt_secret").then_some(3),
    };
    let own = format!("host_vars/{host}/main.yml");
    [
        ("ansible_host", Some("192.0.2.22".into()), "host", "hosts.yml:14"),
        ("bunker_disk_warn", Some("0.85".into()), "group all", "group_vars/all/bunker.yml:9"),
        ("cml_domain", Some(text(kind, "better.example.org")), "host", own.as_str()),
        ("cml_motd", Some("{{ town }}".into()), "host", own.as_str()),
        ("cml_ref", Some("v2.4.1".into()), "group production", "group_vars/production.yml:3"),
        ("vault_jwt_secret", None, "host", "host_vars/vault.age"),
    ]
    .map(one)
    .into()
}

fn findings(kind: &str, place: &str) -> Vec<Finding> {
    let one = |check, ok, found: Safe, fix: Option<&str>| Finding {
        place: place.to_owned(),
        check,
        ok,
        found,
        fix: fix.map(Into::into),
    };
    vec![
        one("ssh", true, "answers in 12 ms".into(), None),
        one(
            "backup cron",
            false,
            text(kind, "no line of ours in the crontab of root"),
            Some("bunker deploy a --tags backup"),
        ),
        one("docker", true, "Docker version 26.1.5, build a72d7cd".into(), None),
    ]
}

fn output(kind: &str, at: usize) -> Output {
    let line = |n: usize| {
        Safe::line(&format!("14:3{at}:{n:02}  #9 [api {n}/40] RUN npm ci took {at}{n}s"))
    };
    let mut lines: Vec<Safe> = (0..40).map(line).collect();
    lines.push(text(kind, "npm error ENOSPC: no space left on device"));
    Output { lines, bytes: 4_096 }
}

/// A night: it went down, came back, was upgraded, nobody watched for three hours, and it is degraded now.
fn timeline(kind: &str) -> Vec<Kept> {
    if kind == "empty" {
        return Vec::new();
    }
    let release = |name: &str, digit: char| RunningRelease {
        sha: digit.to_string().repeat(40).parse().unwrap(),
        reference: Some(name.into()),
    };
    let old = || Some(release("v2.4.0", '4'));
    let new = || Some(release("v2.4.1", '5'));
    let one = |health, reason: Option<&str>, release, from_s, until_s| Kept {
        condition: Condition { health, reason: reason.map(|r| text(kind, r)), release },
        from: ago(from_s),
        until: ago(until_s),
    };
    let mut all = vec![
        one(Health::Healthy, None, old(), 80_000, 52_000),
        one(Health::Down, Some("api exited (1) 4m ago, 3 restarts in 5m"), old(), 52_000, 51_200),
        one(Health::Healthy, None, old(), 51_200, 47_000),
        one(Health::Healthy, None, new(), 47_000, 30_000),
        one(Health::Healthy, None, new(), 19_000, 2_400),
        one(Health::Degraded, Some("backup is 27 h old (yellow from 26 h)"), new(), 2_400, 20),
    ];
    if kind == "1,000" {
        let flap = |n: i64| {
            let health = if n % 2 == 0 { Health::Healthy } else { Health::Unknown };
            one(health, None, old(), 300_000 - n * 300, 299_700 - n * 300)
        };
        all = (0..494).map(flap).chain(all).collect();
    }
    if kind == "stale" {
        all.pop();
    }
    all
}

/// An hour with a gap of ten minutes; what is of geocoding has no data, one line has come to its end.
fn charts(kind: &str) -> ChartsRead {
    let series = |phase: f64, scale: f64| {
        let value = |i: u32| {
            let gap = (20..30).contains(&i) || (kind == "stale" && i > 40);
            (!gap).then(|| scale * (1.2 + (f64::from(i) / 6.0 + phase).sin()))
        };
        Ok(Series { end: ago(5), step_s: 60, values: (0..60).map(value).collect() })
    };
    let lines = CHARTS.iter().enumerate().map(|(at, chart)| {
        let names: Vec<Safe> = match chart.lines {
            Lines::Named(lines) => lines.iter().map(|(name, _)| (*name).into()).collect(),
            Lines::Split(..) => vec![text(kind, "spoke"), "not home".into(), "moved".into()],
        };
        let line = |(n, name): (usize, Safe)| {
            let none = matches!(at, 10 | 12);
            let scale = [0.2, 0.5, 1.1][n % 3];
            let series = if none { Err(Trouble::NoData) } else { series(n as f64 / 4.0, scale) };
            Line { name, series }
        };
        names.into_iter().enumerate().map(line).collect()
    });
    ChartsRead { end: ago(5), lines: lines.collect(), partial: kind == "40" }
}
