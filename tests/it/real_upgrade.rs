//! A bare Debian 13 server with Docker: the application is installed by hand, then upgraded by the program.

use std::process::{Command, Output};

use crate::capability::missing;
use crate::lab::real::{Ready, RealHost, RealLab};

struct Fleet {
    lab: RealLab,
    state: tempfile::TempDir,
}

impl Fleet {
    fn host(&self) -> &RealHost {
        &self.lab.hosts()[0]
    }

    fn sha(&self, tag: &str) -> &str {
        self.lab.repository().sha(tag).unwrap()
    }

    /// Runs the program on this fleet.
    fn bunker(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_bunker"))
            .args(args)
            .arg("--inventory")
            .arg(self.lab.inventory_dir())
            .env("BUNKER_STATE", self.state.path())
            .env("HOME", self.state.path())
            .env_remove("SSH_AUTH_SOCK")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    fn upgrade(&self, to: &str) -> Output {
        self.bunker(&["upgrade", "real-01", "--to", to, "--yes"])
    }

    /// What answers at the address that the control machine asks: the status and the commit.
    fn health(&self) -> (u16, Option<String>) {
        let url = format!("http://{}:4000/api/health", self.host().address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client.get(&url).send().await.unwrap();
            let status = answer.status().as_u16();
            let body: serde_json::Value = answer.json().await.unwrap();
            (status, body["commit"].as_str().map(str::to_owned))
        })
    }

    /// All running containers of the application, by service.
    fn containers(&self) -> Vec<Container> {
        let list = "cd /opt/changemaker-lite && docker compose ps --no-trunc --format '{{.Service}} {{.ID}} {{.Health}}'";
        let listed = self.host().sh(list).unwrap();
        let mut all: Vec<_> = listed
            .lines()
            .map(|line| {
                let mut words = line.split(' ').map(str::to_owned);
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
            })
            .collect();
        all.sort();
        all
    }
}

/// Service, id and health.
type Container = (String, String, String);

fn with_health(all: &[Container]) -> Vec<(&str, &str)> {
    all.iter().map(|(service, _, health)| (service.as_str(), health.as_str())).collect()
}

fn id_of<'a>(all: &'a [Container], service: &str) -> &'a str {
    &all.iter().find(|(name, ..)| name == service).unwrap().1
}

fn text(output: &Output) -> String {
    format!(
        "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A server with v2.4.1 on it, and gates that do not wait for minutes.
fn fleet(ready: Ready) -> Fleet {
    let lab = RealLab::start(ready, 1).unwrap();
    let policy = "bunker_min_healthy_s: 5\nbunker_healthy_deadline_s: 40\n";
    let file = lab.inventory_dir().join("group_vars/all/gates.yml");
    std::fs::write(file, policy).unwrap();
    let fleet = Fleet { lab, state: tempfile::tempdir().unwrap() };
    fleet.host().deploy("v2.4.1").unwrap();
    fleet
}

const HEALTHY: [(&str, &str); 4] =
    [("admin", "healthy"), ("api", "healthy"), ("db", "healthy"), ("redis", "healthy")];

#[test]
fn an_upgrade_on_a_real_debian_server_and_two_that_fail() {
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing("an_upgrade_on_a_real_debian_server_and_two_that_fail", &why),
    };
    let fleet = fleet(ready);
    assert_eq!(fleet.health(), (200, Some(fleet.sha("v2.4.1").to_owned())));
    let old = fleet.containers();
    assert_eq!(with_health(&old), HEALTHY);

    good_release(&fleet, &old);
    broken_build(&fleet);
    unhealthy(&fleet);
    let lease = fleet.host().sh("ls /var/lib/bunker/instances/real-01").unwrap();
    assert!(!lease.lines().any(|name| name == "lease"), "{lease}");
}

/// The new commit answers, the containers are new and healthy, the release is written down.
fn good_release(fleet: &Fleet, old: &[Container]) {
    let done = fleet.upgrade("v2.5.0");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert_eq!(fleet.health(), (200, Some(fleet.sha("v2.5.0").to_owned())));
    let new = fleet.containers();
    assert_eq!(with_health(&new), HEALTHY, "{}", text(&done));
    for service in ["api", "admin"] {
        assert_ne!(id_of(old, service), id_of(&new, service), "{service}");
    }
    // Nothing of these changed, so their data was not touched.
    for service in ["db", "redis"] {
        assert_eq!(id_of(old, service), id_of(&new, service), "{service}");
    }
    let fact = fleet.host().sh("cat /etc/ansible/facts.d/changemaker.fact").unwrap();
    let fact: serde_json::Value = serde_json::from_str(&fact).unwrap();
    assert_eq!(fact["sha"], fleet.sha("v2.5.0"));
    assert_eq!(fact["ref"], "v2.5.0");
    assert_eq!(fact["healthy"], true);
    let migrations = "cd /opt/changemaker-lite && docker compose exec -T db pg_dump < /dev/null";
    let dump = fleet.host().sh(migrations).unwrap();
    assert_eq!(dump.matches("20250902110000_mail_rate").count(), 1, "{dump}");
    let again = fleet.upgrade("v2.5.0");
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
    assert_eq!(fleet.containers(), new);
}

/// The same containers run on, and the compiler's words are shown.
fn broken_build(fleet: &Fleet) {
    let before = fleet.containers();
    let done = fleet.upgrade("v2.6.0-broken-build");
    assert_eq!(done.status.code(), Some(1), "{}", text(&done));
    assert_eq!(fleet.health(), (200, Some(fleet.sha("v2.5.0").to_owned())));
    assert_eq!(fleet.containers(), before);
    let head = fleet.host().sh("git -C /opt/changemaker-lite rev-parse HEAD").unwrap();
    assert_eq!(head.trim(), fleet.sha("v2.5.0"));
    for word in ["error TS2322", "the old containers still run", "failed"] {
        assert!(text(&done).contains(word), "{word} is missing in {}", text(&done));
    }
    // What runs is also what a later `up` would start.
    fleet.host().sh("cd /opt/changemaker-lite && docker compose up -d").unwrap();
    assert_eq!(fleet.containers(), before);
}

/// The new release starts and answers 503: the run fails, shows why, and says the way back, which works.
fn unhealthy(fleet: &Fleet) {
    let done = fleet.upgrade("v2.6.1-unhealthy");
    let shown = text(&done);
    assert_eq!(done.status.code(), Some(1), "{shown}");
    assert_eq!(fleet.health(), (503, Some(fleet.sha("v2.6.1-unhealthy").to_owned())));
    for word in [
        "503",
        "error: health: the mail queue does not answer",
        "bunker upgrade real-01 --to v2.5.0",
    ] {
        assert!(shown.contains(word), "{word} is missing in {shown}");
    }
    let fact = fleet.host().sh("cat /etc/ansible/facts.d/changemaker.fact").unwrap();
    assert!(fact.contains(fleet.sha("v2.5.0")), "{fact}");
    let back = fleet.upgrade("v2.5.0");
    assert_eq!(back.status.code(), Some(0), "{}", text(&back));
    assert_eq!(fleet.health(), (200, Some(fleet.sha("v2.5.0").to_owned())));
    assert_eq!(with_health(&fleet.containers()), HEALTHY);
}
