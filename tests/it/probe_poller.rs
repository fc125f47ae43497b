//! The poller against sources made up here: who is asked, when, and what is published.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::domain::answer::{InstantAnswer, RangeAnswer, Sample, Stretch};
use bunker_ops::domain::catalogue::{N_INSTANT, N_TREND};
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::fleet::{Fleet, FleetPolicy, Host, MetricsSettings};
use bunker_ops::domain::health::Health;
use bunker_ops::domain::plan::strategy::RolloutSettings;
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::settings::{HttpUrl, InstanceSettings};
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{
    Contact, FleetSnapshot, HttpHealth, InventoryState, MetricsState,
};
use bunker_ops::engine::poller::{
    Poller, Sources, Watched, refresh_figures, refresh_trends, run_once,
};
use bunker_ops::engine::ports::{Clock, HealthSource, MetricsSource, ReadOutput, RemoteRead};
use serde_json::json;
use tokio::sync::watch;

/// Hosts named `dead…` never answer, `locked…` refuse the key; the others answer with their clock.
#[derive(Default)]
struct Hosts {
    asked: Mutex<BTreeMap<String, u32>>,
    open: Mutex<BTreeMap<String, u32>>,
}

impl Hosts {
    fn n_asked(&self, host: &str) -> u32 {
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
        for name in ["clock", "clock-end"] {
            _ = write!(
                stdout,
                "\n{nonce} begin {name}\n{now}.000000000\n\n{nonce} rc 0\n\n{nonce} end\n"
            );
        }
        Ok(ReadOutput { stdout: stdout.into(), stderr: vec![], exit: 0, took: Duration::ZERO })
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
struct CountingServer {
    n: AtomicUsize,
    down: bool,
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

fn fleet(ids: &[&str]) -> Watched {
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

fn sources(hosts: &Arc<Hosts>, server: &Arc<CountingServer>) -> Sources {
    Sources {
        remote: Arc::<Hosts>::clone(hosts),
        health: Arc::new(AlwaysUp),
        metrics: Arc::<CountingServer>::clone(server),
        clock: Arc::new(SystemClock),
    }
}

fn contact<'a>(snapshot: &'a FleetSnapshot, id: &str) -> &'a Contact {
    &snapshot.instances.iter().find(|i| i.id.as_str() == id).unwrap().contact
}

#[tokio::test]
async fn a_dead_host_costs_the_others_nothing() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let watched = fleet(&["h0", "dead-1", "h2", "locked-3"]);
    let (_inventory, inventory) = watch::channel(watched);
    let (poller, snapshots, again) = Poller::new(sources(&hosts, &server), inventory);
    assert_eq!(*contact(&snapshots.borrow(), "h0"), Contact::NotYet);
    let running = async {
        let begun = Instant::now();
        while hosts.n_asked("h0") < 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let first = (hosts.n_asked("h0"), hosts.n_asked("dead-1"), hosts.n_asked("locked-3"));
        // A look a second, less or more a tenth: while another host takes 2 s each time not to answer.
        let took = begun.elapsed().as_secs_f64();
        assert!((6.0..11.0).contains(&took), "8 looks took {took:.1} s");
        // 2 s of waiting, then 2, 4, 8 … seconds of rest.
        assert!((2..=3).contains(&first.1), "{first:?}");
        assert_eq!(first.2, 1, "a refused key was tried again");
        let now = snapshots.borrow().clone();
        assert!(matches!(contact(&now, "h0"), Contact::Answered { .. }));
        assert!(matches!(contact(&now, "dead-1"), Contact::Lost { last_seen: None, .. }));
        again.at(&"locked-3".parse().unwrap());
        while hosts.n_asked("locked-3") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn an_inventory_edit_is_picked_up_and_the_rest_keeps_what_is_known() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let (inventory, watched) = watch::channel(fleet(&["h0", "h1"]));
    let (poller, mut snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let running = async {
        let seen = |s: &Arc<FleetSnapshot>| matches!(contact(s, "h0"), Contact::Answered { .. });
        let before = snapshots.wait_for(seen).await.unwrap().clone();
        let mut next = fleet(&["h2", "h0"]);
        next.files.problems = vec!["hosts.yml:3: error: odd".into()];
        inventory.send_replace(next);
        let after = snapshots
            .wait_for(|s| {
                s.instances.len() == 2
                    && s.instances[0].id.as_str() == "h2"
                    && matches!(s.instances[0].contact, Contact::Answered { .. })
            })
            .await
            .unwrap()
            .clone();
        assert!(seen(&before) && seen(&after), "what was known of h0 is gone");
        assert_eq!(after.inventory.problems[0].as_str(), "hosts.yml:3: error: odd");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

/// `watched` with the settings of every instance changed.
fn edited(mut watched: Watched, edit: impl Fn(&mut InstanceSettings)) -> Watched {
    for host in &mut Arc::make_mut(&mut watched.fleet).hosts {
        edit(Arc::make_mut(Arc::make_mut(host).instance.as_mut().unwrap()));
    }
    watched
}

#[tokio::test]
async fn an_edit_of_the_inventory_resets_no_clock_of_an_outage_and_forgets_only_what_it_makes_untrue()
 {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let ids = ["h0", "locked-1"];
    let (inventory, watched) = watch::channel(fleet(&ids));
    let (poller, mut snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let running = async {
        let before = snapshots
            .wait_for(|s| {
                s.instances[0].facts.is_some()
                    && s.instances.iter().all(|i| matches!(i.http, HttpHealth::Up { .. }))
                    && matches!(contact(s, "locked-1"), Contact::Lost { .. })
            })
            .await
            .unwrap()
            .clone();
        // A limit of all: nothing that was seen is less true.
        let next = edited(fleet(&ids), |s| s.policy.disk_warn = 0.5);
        inventory.send_replace(next.clone());
        let limit = |s: &Arc<FleetSnapshot>| s.instances[1].policy.disk_warn;
        let after = snapshots.wait_for(|s| limit(s) < 0.6).await.unwrap().clone();
        assert_eq!(contact(&after, "locked-1"), contact(&before, "locked-1"));
        assert!(after.instances[0].facts.is_some(), "the facts of h0 are gone");
        assert!(after.instances.iter().all(|i| matches!(i.http, HttpHealth::Up { .. })));
        assert_eq!(hosts.n_asked("locked-1"), 1, "nothing else is asked of it: no reason to ask");
        // Another folder: it is asked anew, and silent since as long as before.
        let moved = edited(next.clone(), |s| s.dir = "/srv/cml".to_owned().try_into().unwrap());
        inventory.send_replace(moved);
        while hosts.n_asked("locked-1") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(contact(&snapshots.borrow(), "locked-1"), contact(&before, "locked-1"));
        // Another address: who is silent there is another host.
        let mut other = next;
        for host in &mut Arc::make_mut(&mut other.fleet).hosts {
            Arc::make_mut(host).connection.port = Some(2222);
        }
        inventory.send_replace(other);
        let since = |s: &FleetSnapshot| match contact(s, "locked-1") {
            Contact::Lost { since, .. } => Some(*since),
            Contact::NotYet | Contact::Answered { .. } => None,
        };
        let first = since(&before);
        snapshots.wait_for(|s| since(s).is_some_and(|at| Some(at) > first)).await.unwrap();
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn snapshots_come_at_most_twice_a_second_and_unchanged_views_stay_the_same_object() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let ids: Vec<String> = (0..40).map(|i| format!("h{i}")).collect();
    let (_inventory, watched) =
        watch::channel(fleet(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
    let (poller, mut snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let running = async {
        let (mut n, mut kept, mut last) = (0, 0, snapshots.borrow().clone());
        let end = tokio::time::Instant::now() + Duration::from_secs(5);
        while tokio::time::timeout_at(end, snapshots.changed()).await.is_ok() {
            n += 1;
            let now = snapshots.borrow_and_update().clone();
            kept += now
                .instances
                .iter()
                .zip(&last.instances)
                .filter(|(a, b)| Arc::ptr_eq(a, b))
                .count();
            last = now;
        }
        assert!((3..=11).contains(&n), "{n} snapshots in 5 s");
        assert!(kept > 0, "every view was made anew each time");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn a_refresh_costs_the_same_number_of_queries_for_any_fleet() {
    for n in [1, 10, 1_000] {
        let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
        let ids: Vec<String> = (0..n).map(|i| format!("h{i}")).collect();
        let watched = fleet(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let sources = sources(&hosts, &server);
        let snapshot = run_once(&sources, &watched, Duration::from_secs(30)).await;
        assert_eq!(server.n.load(Ordering::SeqCst), N_INSTANT, "{n} instances");
        let last = snapshot.instances.last().unwrap();
        assert_eq!(last.signals[&Signal::P95Seconds].reading.unwrap().value.to_string(), "0.25");
        refresh_trends(&*server, watched.fleet.metrics.as_ref().unwrap(), &SystemClock).await;
        assert_eq!(server.n.load(Ordering::SeqCst), N_INSTANT + N_TREND, "{n} instances");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_once_and_no_figure_becomes_zero() {
    let server = Arc::new(CountingServer { n: AtomicUsize::new(0), down: true });
    let hosts = Arc::<Hosts>::default();
    let watched = fleet(&["h0", "dead-1"]);
    let begun = Instant::now();
    let snapshot = run_once(&sources(&hosts, &server), &watched, Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(server.n.load(Ordering::SeqCst), 1);
    let MetricsState::Failed { trouble, last_seen, .. } = &snapshot.metrics else {
        panic!("{:?}", snapshot.metrics)
    };
    assert_eq!((trouble, last_seen), (&Trouble::TimedOut, &None));
    let p95 = &snapshot.instances[0].signals[&Signal::P95Seconds];
    assert_eq!((p95.reading, p95.trouble.clone()), (None, Some(Trouble::TimedOut)));
    // The dead host is said not to have answered, and nothing was read of the living one.
    let dead = &snapshot.instances[1];
    assert_eq!(dead.verdict.health, Health::Unknown);
    assert!(dead.verdict.reasons[0].text.as_str().contains("no answer within 1 s"));
    assert_eq!(snapshot.instances[0].verdict.health, Health::Unknown);

    let figures = refresh_figures(&*server, watched.fleet.metrics.as_ref().unwrap()).await;
    assert_eq!(figures.trouble(), Some(&Trouble::TimedOut));
}
