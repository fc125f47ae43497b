//! Windows silence alerts in a real Alertmanager, and only while they are on.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::alertmanager::Alertmanager;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::domain::alerts::{State, from_manager};
use bunker_ops::domain::fleet::Fleet;
use bunker_ops::domain::settings::HttpUrl;
use bunker_ops::engine::alerts;
use bunker_ops::engine::ports::{Clock, Silences};
use bunker_ops::engine::silences::{Synced, sync};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::capability::missing;
use crate::lab::metrics::alertmanager;

pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

/// The program, where this machine has what it needs to start.
pub(crate) fn program() -> Result<PathBuf, String> {
    let program = tokio::task::block_in_place(alertmanager).map_err(|why| format!("{why:#}"))?;
    if Path::new("/usr/share/prometheus/alertmanager/default.tmpl").exists() {
        Ok(program)
    } else {
        Err("Debian's Alertmanager does not start without its templates in /usr/share".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    pub(crate) async fn start(program: &Path, dir: &Path, route: &str) -> Self {
        let config = dir.join("alertmanager.yml");
        std::fs::write(&config, route).unwrap();
        let address = Ipv4Addr::new(127, 0, 78, 3);
        let free = TcpListener::bind((address, 0)).unwrap().local_addr().unwrap();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address={free}"))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, url: format!("http://{free}") };
        let deadline = Instant::now() + Duration::from_secs(20);
        while reqwest::get(format!("{}/-/ready", server.url)).await.is_err() {
            assert!(Instant::now() < deadline, "Alertmanager did not get ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v2{path}", self.url);
        let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) {
        let client = reqwest::Client::new();
        let url = format!("{}/api/v2{path}", self.url);
        assert!(client.post(url).json(body).send().await.unwrap().status().is_success());
    }

    /// Waits until the alerts of these instances stand so.
    async fn until(&self, instances: &[&str], states: [&str; 3]) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let now = self.states(instances).await;
            if now == states {
                return;
            }
            assert!(Instant::now() < deadline, "they stay {now:?}, not {states:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The states of the alert of each instance, once it is known.
    async fn states(&self, instances: &[&str]) -> Vec<String> {
        let alerts: Vec<Value> = instances
            .iter()
            .map(|i| json!({"labels": {"alertname": "Down", "instance": i}}))
            .collect();
        self.post("/alerts", &json!(alerts)).await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let told = self.get("/alerts").await;
            let state = |i: &&str| {
                let alert =
                    told.as_array().unwrap().iter().find(|a| a["labels"]["instance"] == **i)?;
                let state = alert["status"]["state"].as_str()?;
                (state != "unprocessed").then(|| state.to_owned())
            };
            let states: Option<Vec<String>> = instances.iter().map(state).collect();
            if let Some(states) = states {
                return states;
            }
            assert!(Instant::now() < deadline, "the alerts never came up: {told}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Two instances with a window that is on now, one without; the labels hold what an expression would take for its own.
fn fleet(url: &str, now: Timestamp) -> Fleet {
    let dir = tempfile::tempdir().unwrap();
    let from = now - SignedDuration::from_mins(10);
    let once = from.strftime("%Y-%m-%d %H:%M").to_string();
    let host = |label: &str, windows: &str| {
        format!("{{cml_domain: {label}, ansible_host: 127.0.0.1{windows}}}")
    };
    let window = format!(
        ", bunker_windows: [{{name: night, once: '{once}', for: 2h, zone: UTC}}, \
         {{name: freeze, once: '{once}', for: 5h, zone: UTC, deny: true}}, \
         {{name: runs, once: '{once}', for: 5h, zone: UTC, only: runs}}]"
    );
    let text = format!(
        "all:\n  vars: {{cml_repo: /srv/cml.git, bunker_fleet_name: north, bunker_alertmanager_url: '{url}'}}\n  hosts:\n    a: {}\n    b: {}\n    c: {}\n",
        host("a.example.org", &window),
        host("b.example.org", &window),
        host("aXexample.org", "")
    );
    std::fs::write(dir.path().join("hosts.yml"), text).unwrap();
    let loaded = bunker_ops::adapters::inventory::load(dir.path());
    loaded.fleet.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

async fn the_cockpit_reads_the_same(client: &Alertmanager, fleet: &Fleet, now: Timestamp) {
    let told = alerts::read(client, fleet, now).await.unwrap().unwrap();
    assert_eq!((told.alerts.len(), told.silences.len(), told.n_odd), (3, 2, 0));
    let listed = from_manager(&told, Vec::new());
    let of = |host: &str| {
        let alert = listed.iter().find(|a| a.of.as_str() == host);
        let alert = alert.unwrap_or_else(|| panic!("{host} is not told: {listed:?}"));
        (alert.state, alert.silence.as_ref().map(ToString::to_string))
    };
    let by_us = "maintenance window night (bunker, fleet north) (by bunker)";
    assert_eq!(of("a"), (State::Silenced, Some(by_us.to_owned())));
    assert_eq!(of("aXexample.org"), (State::Firing, None), "a label that no instance has");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_silences_its_hosts_in_a_real_alertmanager_and_its_end_makes_them_loud() {
    const NAME: &str =
        "a_window_silences_its_hosts_in_a_real_alertmanager_and_its_end_makes_them_loud";
    let program = match program() {
        Ok(program) => program,
        Err(why) => return missing(NAME, &why),
    };
    let dir = tempfile::tempdir().unwrap();
    let route = "route: {receiver: none}\nreceivers:\n- name: none\n";
    let server = Server::start(&program, dir.path(), route).await;
    let (client, now) = (Alertmanager::default(), SystemClock.now());
    let fleet = fleet(&server.url, now);
    let url: HttpUrl = server.url.clone().try_into().unwrap();
    // A silence of somebody else is left alone throughout.
    let theirs = json!({
        "matchers": [{"name": "instance", "value": "z", "isRegex": false}], "createdBy": "eve",
        "startsAt": now, "endsAt": now + SignedDuration::from_hours(1), "comment": "mine (bunker, fleet north)"
    });
    server.post("/silences", &theirs).await;

    let made = |created, expired| Ok(Some(Synced { created, expired }));
    assert_eq!(sync(&client, &fleet, now).await, made(1, 0));
    assert_eq!(sync(&client, &fleet, now).await, made(0, 0), "again, it changes nothing");
    let instances = ["a.example.org", "b.example.org", "aXexample.org"];
    assert_eq!(server.states(&instances).await, ["suppressed", "suppressed", "active"]);
    the_cockpit_reads_the_same(&client, &fleet, now).await;
    let held = client.held(&url).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].comment.as_str(), "maintenance window night (bunker, fleet north)");
    assert_eq!(held[0].instances.as_deref(), Some(r"a\.example\.org|b\.example\.org"));

    // Somebody ends the window on one of them: another silence stands for the old one.
    let mut shorter = fleet.clone();
    Arc::make_mut(&mut shorter.hosts[1]).windows = Vec::new().into();
    assert_eq!(sync(&client, &shorter, now).await, made(1, 1));
    server.until(&instances, ["suppressed", "active", "active"]).await;
    Arc::make_mut(&mut shorter.hosts[0]).windows = Vec::new().into();
    assert_eq!(sync(&client, &shorter, now).await, made(0, 1));
    server.until(&instances, ["active", "active", "active"]).await;
    let theirs = server.get("/silences").await;
    let alive = theirs.as_array().unwrap().iter().filter(|s| s["status"]["state"] == "active");
    assert_eq!(alive.map(|s| s["createdBy"].as_str().unwrap()).collect::<Vec<_>>(), ["eve"]);
    client.expire(&url, &held[0].id).await.unwrap();
    client.expire(&url, &"00000000-0000-0000-0000-000000000000".into()).await.unwrap();
    assert!(client.expire(&url, &"../../reload".into()).await.is_err());
    drop(server);
    let gone = sync(&client, &fleet, now).await.unwrap_err();
    assert!(gone.as_str().starts_with("Alertmanager at http://127.0.78.3"), "{gone}");
}
