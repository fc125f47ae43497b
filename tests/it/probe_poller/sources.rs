//! Hosts, health addresses and a metrics server made up here, and a fleet of such hosts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::domain::answer::{InstantAnswer, RangeAnswer, Sample, Stretch};
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::fleet::{Fleet, FleetPolicy, Host, MetricsSettings};
use bunker_ops::domain::plan::strategy::RolloutSettings;
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::settings::HttpUrl;
use bunker_ops::domain::snapshot::{HttpHealth, InventoryState};
use bunker_ops::engine::poller::{Sources, Watched};
use bunker_ops::engine::ports::{Clock, HealthSource, MetricsSource, ReadOutput, RemoteRead};
use serde_json::json;

/// What is checked out on every host.
pub(super) const CHECKED_OUT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Hosts named `dead…` never answer, `locked…` refuse the key; the others answer with their clock.
#[derive(Default)]
pub(super) struct Hosts {
    asked: Mutex<BTreeMap<String, u32>>,
    open: Mutex<BTreeMap<String, u32>>,
}

impl Hosts {
    pub(super) fn n_asked(&self, host: &str) -> u32 {
        self.asked.lock().unwrap().get(host).copied().unwrap_or(0)
    }
}

#[async_trait]
impl RemoteRead for Hosts {
    async fn read(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError> {
        let host = to.host.as_str().to_owned();
        *self.asked.lock().unwrap().entry(host.clone()).or_default() += 1;
        {
            let mut open = self.open.lock().unwrap();
            let n = open.entry(host.clone()).or_default();
            *n += 1;
            assert_eq!(*n, 1, "two looks at {host} at the same time");
        }
        if host.starts_with("dead") {
            tokio::time::sleep(deadline.min(Duration::from_secs(2))).await;
        }
        *self.open.lock().unwrap().get_mut(&host).unwrap() -= 1;
        let refuse = |kind, message: &str| {
            let message = message.into();
            Err(RemoteError { host: to.host.clone(), kind, message, hint: None })
        };
        if host.starts_with("dead") {
            return refuse(RemoteErrorKind::Timeout, "no answer within 20 s");
        }
        if host.starts_with("locked") {
            return refuse(RemoteErrorKind::Auth, "permission denied");
        }
        let nonce = script.lines().find_map(|l| l.strip_prefix("nonce='")).unwrap();
        let nonce = nonce.trim_end_matches('\'');
        let now = SystemClock.now().as_second();
        let mut stdout = String::new();
        let clock = format!("{now}.000000000");
        let tree = format!("# branch.oid {CHECKED_OUT}");
        for (name, text) in [
            ("clock", &*clock),
            ("tree", &*tree),
            ("tag", ""),
            ("extra", ""),
            ("clock-end", &*clock),
        ] {
            _ = write!(stdout, "\n{nonce} begin {name}\n{text}\n\n{nonce} rc 0\n\n{nonce} end\n");
        }
        Ok(ReadOutput { stdout: stdout.into(), stderr: vec![], exit: 0, took: Duration::ZERO })
    }
}

/// A health address that names a commit.
pub(super) struct Naming {
    pub(super) commit: Mutex<String>,
    pub(super) n: AtomicUsize,
}

#[async_trait]
impl HealthSource for Naming {
    async fn health(&self, _: &HttpUrl, _: &HttpHealth) -> HttpHealth {
        self.n.fetch_add(1, Ordering::SeqCst);
        let commit = self.commit.lock().unwrap().parse().ok();
        HttpHealth::Up { at: SystemClock.now(), latency_s: 0.1, commit, version: None }
    }
}

struct AlwaysUp;

#[async_trait]
impl HealthSource for AlwaysUp {
    async fn health(&self, _: &HttpUrl, _: &HttpHealth) -> HttpHealth {
        HttpHealth::Up { at: SystemClock.now(), latency_s: 0.1, commit: None, version: None }
    }
}

#[derive(Default)]
pub(super) struct CountingServer {
    pub(super) n: AtomicUsize,
    pub(super) down: bool,
}

#[async_trait]
impl MetricsSource for CountingServer {
    async fn instant(&self, _: &MetricsSettings, expr: &str) -> Result<InstantAnswer, Trouble> {
        self.n.fetch_add(1, Ordering::SeqCst);
        if self.down {
            return Err(Trouble::TimedOut);
        }
        let at = SystemClock.now();
        let value = if expr.contains("timestamp(") { at.as_second() as f64 } else { 0.25 };
        let samples = (0..1_000).map(|i| (format!("h{i}.example.org"), Sample { value, at }));
        Ok(InstantAnswer { samples: samples.collect(), partial: false, n_odd: 0 })
    }
    async fn range(
        &self,
        _: &MetricsSettings,
        _: &str,
        _: Stretch,
    ) -> Result<RangeAnswer, Trouble> {
        self.n.fetch_add(1, Ordering::SeqCst);
        Ok(RangeAnswer::default())
    }
}

fn host(id: &str) -> Host {
    Host {
        id: id.parse().unwrap(),
        groups: vec![],
        vars: BTreeMap::new(),
        connection: serde_json::from_value(json!({
            "host": id, "address": "127.0.0.1", "port": null, "user": null, "identity": null,
            "jump": [], "become_root": "loginuser", "known_hosts": null
        }))
        .unwrap(),
        windows: Vec::new().into(),
        instance: Some(
            serde_json::from_value(json!({
                "domain": format!("{id}.example.org"), "tier": 2, "label": format!("{id}.example.org"),
                "dir": "/opt/cml", "repo": "/srv/cml.git", "reference": "v2", "compose_files": [],
                "compose_profiles": [], "expected_services": [], "migrate_command": "true",
                "migrations_dir": "m", "health_url": "http://127.0.0.1:1",
                "local_health_url": "http://127.0.0.1:1", "backup_command": "true",
                "backup_dir": "/b", "policy": {}
            }))
            .unwrap(),
        ),
        rollout: RolloutSettings::default(),
    }
}

pub(super) fn fleet(ids: &[&str]) -> Watched {
    let fleet = Fleet {
        name: "test".into(),
        hosts: ids.iter().map(|id| host(id).into()).collect(),
        groups: BTreeMap::new(),
        metrics: Some(MetricsSettings {
            url: "http://127.0.0.1:1".to_owned().try_into().unwrap(),
            token_file: None,
            timeout_s: 5,
        }),
        policy: FleetPolicy::default(),
        probe_interval_s: 1,
        around: bunker_ops::domain::fleet::FleetAround::default(),
        accent: None,
        left_out: vec![],
    };
    Watched { fleet: Arc::new(fleet), files: InventoryState::default() }
}

pub(super) fn sources(hosts: &Arc<Hosts>, server: &Arc<CountingServer>) -> Sources {
    Sources {
        remote: Arc::<Hosts>::clone(hosts),
        health: Arc::new(AlwaysUp),
        metrics: Arc::<CountingServer>::clone(server),
        clock: Arc::new(SystemClock),
    }
}
