//! What a real Alertmanager tells people when a maintenance window ends: what is new to them, and nothing a second time.

use std::time::{Duration, Instant};

use bunker_ops::adapters::alertmanager::Alertmanager;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::domain::fleet::Fleet;
use bunker_ops::engine::ports::Clock;
use bunker_ops::engine::silences::{Synced, sync};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alertmanager_real::{Server, program};
use crate::capability::missing;
use crate::notify::StandIn;

/// One instance, in a window that is on now or in none.
fn fleet(url: &str, now: Timestamp, window: bool) -> Fleet {
    let dir = tempfile::tempdir().unwrap();
    let once = (now - SignedDuration::from_mins(10)).strftime("%Y-%m-%d %H:%M").to_string();
    let window = if window {
        format!(", bunker_windows: [{{name: night, once: '{once}', for: 2h, zone: UTC}}]")
    } else {
        String::new()
    };
    let text = format!(
        "all:\n  vars: {{cml_repo: /srv/cml.git, bunker_fleet_name: north, bunker_alertmanager_url: '{url}'}}\n  hosts:\n    a: {{cml_domain: a.example.org, ansible_host: 127.0.0.1{window}}}\n"
    );
    std::fs::write(dir.path().join("hosts.yml"), text).unwrap();
    let loaded = bunker_ops::adapters::inventory::load(dir.path());
    loaded.fleet.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

/// An Alertmanager, who hears from it, and the alerts that fire all the while.
struct Stage {
    server: Server,
    people: StandIn,
    firing: Vec<&'static str>,
}

impl Stage {
    /// As a metrics server does it: all that fires is told again and again.
    async fn tell(&self) {
        let alert =
            |name: &&str| json!({"labels": {"alertname": name, "instance": "a.example.org"}});
        let all: Vec<Value> = self.firing.iter().map(alert).collect();
        self.server.post("/alerts", &json!(all)).await;
    }

    /// How often people were told that this fires.
    fn n_told(&self, name: &str) -> usize {
        let asked = self.people.asked.lock().unwrap();
        let messages = asked.iter().map(|(_, _, body)| serde_json::from_str(body).unwrap());
        messages
            .filter(|message: &Value| {
                message["alerts"].as_array().unwrap().iter().any(|alert| {
                    alert["labels"]["alertname"] == name && alert["status"] == "firing"
                })
            })
            .count()
    }

    async fn until_told(&self, name: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.n_told(name) == 0 {
            assert!(Instant::now() < deadline, "nobody was told of {name}");
            self.tell().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_window_tells_what_began_in_it_and_nothing_that_was_told_before_it() {
    const NAME: &str =
        "the_end_of_a_window_tells_what_began_in_it_and_nothing_that_was_told_before_it";
    let program = match program() {
        Ok(program) => program,
        Err(why) => return missing(NAME, &why),
    };
    let (dir, people) = (tempfile::tempdir().unwrap(), StandIn::answering(200).await);
    // Each alert is a group of its own, looked at each second.
    let route = format!(
        "route: {{receiver: people, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}\n\
         receivers:\n- name: people\n  webhook_configs: [{{url: '{}'}}]\n",
        people.url("/")
    );
    let server = Server::start(&program, dir.path(), &route).await;
    let mut stage = Stage { server, people, firing: vec!["BeforeTheWindow"] };
    stage.until_told("BeforeTheWindow").await;

    let (client, now) = (Alertmanager::default(), SystemClock.now());
    let (open, over) = (fleet(&stage.server.url, now, true), fleet(&stage.server.url, now, false));
    let made = |created, expired| Ok(Some(Synced { created, expired }));
    assert_eq!(sync(&client, &open, now).await, made(1, 0));
    stage.firing.push("InTheWindow");
    stage.tell().await;
    // Its group is looked at in the window: what stands for "a while" is a group of another host, which is loud.
    let loud = json!([{"labels": {"alertname": "Elsewhere", "instance": "z"}}]);
    stage.server.post("/alerts", &loud).await;
    stage.until_told("Elsewhere").await;
    assert_eq!(stage.n_told("InTheWindow"), 0, "it is silenced");

    assert_eq!(sync(&client, &over, now).await, made(0, 1));
    stage.until_told("InTheWindow").await;
    // One more that begins only now: until people hear of it each group was looked at again.
    stage.firing.push("AfterTheWindow");
    stage.until_told("AfterTheWindow").await;
    for name in ["BeforeTheWindow", "InTheWindow", "AfterTheWindow"] {
        assert_eq!(stage.n_told(name), 1, "{name} is told once");
    }
}
