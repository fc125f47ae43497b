//! Plans, events and clocks for tests of runs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bunker_ops::domain::ids::{HostId, RunId, StepId};
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::engine::ports::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A clock that moves a second each time it is read.
#[derive(Debug, Default)]
pub(crate) struct StepClock {
    reads: AtomicU64,
    last: Mutex<()>,
}

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        let _one_at_a_time = self.last.lock();
        let n = self.reads.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_second(1_790_000_000 + n.cast_signed()).unwrap()
    }

    fn nonce(&self) -> String {
        format!("{:032x}", self.reads.fetch_add(1, Ordering::Relaxed))
    }
}

/// Steps of one job phase, and gates between them.
pub(crate) enum Part<'a> {
    Job(&'a [(&'a str, &'a str)]),
    Gate(&'a str),
}

/// A host's part of a plan: `connection` and `settings` are made up.
pub(crate) fn host_plan(id: &str, phases: &[Part<'_>]) -> Value {
    let phase = |part: &Part<'_>| match part {
        Part::Gate(id) => {
            json!({"phase": "gate", "id": id, "title": id, "min_healthy_s": 2, "deadline_s": 20,
            "expect_commit": null})
        }
        Part::Job(steps) => {
            let step = |(id, script): &(&str, &str)| json!({"id": id, "script": script, "timeout_s": 60, "title": id, "changes": null});
            json!({"phase": "job", "steps": steps.iter().map(step).collect::<Vec<_>>()})
        }
    };
    json!({
        "id": id,
        "connection": {"host": id, "address": "127.0.0.1", "port": null, "user": null, "identity": null,
            "jump": [], "become_root": "loginuser", "known_hosts": null},
        "settings": {"domain": "a.example.org", "tier": 1, "label": "a", "dir": "/opt/cml",
            "repo": "/srv/x.git", "reference": "v2", "compose_files": [], "compose_profiles": [],
            "expected_services": [], "migrate_command": "true", "migrations_dir": "m",
            "health_url": "http://127.0.0.1/h", "local_health_url": "http://127.0.0.1/h",
            "backup_command": "true", "backup_dir": "/b", "policy": {}},
        "from": null, "readiness": "ready", "findings": [],
        "phases": phases.iter().map(phase).collect::<Vec<_>>()
    })
}

/// A plan over these hosts in these batches; it stops at the first failure.
pub(crate) fn plan_of(hosts: Vec<Value>, batches: &[&[&str]], parallel: u32) -> Plan {
    let hosts = Value::Array(hosts);
    serde_json::from_value(json!({
        "schema": 1, "workflow": "upgrade", "fleet": "test",
        "target": {"ref": "v2.5.0", "sha": "3f9c2ab0000000000000000000000000000000ff"}, "changes": [],
        "batches": batches, "hosts": hosts, "excluded": [], "parallel": parallel,
        "stops": {"max_failed": 1, "max_unreachable": 1}, "made_at": "2026-11-22T22:00:00Z"
    }))
    .unwrap()
}

/// Two jobs with a gate between them on each of these hosts, all in one batch.
pub(crate) fn simple_plan(hosts: &[&str]) -> Plan {
    let parts = [
        Part::Job(&[("backup", "true"), ("up", "true")]),
        Part::Gate("gate"),
        Part::Job(&[("record", "true")]),
    ];
    plan_of(hosts.iter().map(|h| host_plan(h, &parts)).collect(), &[hosts], 8)
}

pub(crate) fn run_id(n: u16) -> RunId {
    RunId::new("2026-11-22T22:00:00Z".parse().unwrap(), n)
}

pub(crate) fn host(id: &str) -> HostId {
    id.parse().unwrap()
}

pub(crate) fn step(id: &str) -> StepId {
    id.parse().unwrap()
}

pub(crate) fn ann() -> Operator {
    Operator { user: "ann".into(), machine: "desk".into(), from: None }
}

pub(crate) fn planned(plan: &Plan) -> EventKind {
    EventKind::Planned { hash: plan.hash(), by: ann(), how: "bunker upgrade a".into(), after: None }
}
