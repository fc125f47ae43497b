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

    /// What answers at the address that the control machine asks: the status line and the body.
    fn health(&self) -> (String, serde_json::Value) {
        let url = format!("http://{}:4000/api/health", self.host().address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = reqwest::Client::builder()
                .no_proxy()
                .build()
                .unwrap()
                .get(&url)
                .send()
                .await
                .unwrap();
            let status = answer.status().as_u16().to_string();
            (status, answer.json().await.unwrap())
        })
    }

    /// The long ids of all running containers of the application, by service.
    fn containers(&self) -> Vec<(String, String, String)> {
        let listed = self
            .host()
            .sh("cd /opt/changemaker-lite && docker compose ps --no-trunc --format '{{.Service}} {{.ID}} {{.Health}}'")
            .unwrap();
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

fn text(output: &Output) -> String {
    format!(
        "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn an_upgrade_on_a_real_debian_server_and_two_that_fail() {
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing("an_upgrade_on_a_real_debian_server_and_two_that_fail", &why),
    };
    let lab = RealLab::start(ready, 1).unwrap();
    let fleet = Fleet { lab, state: tempfile::tempdir().unwrap() };
    fleet.host().deploy("v2.4.1").unwrap();
    let (status, body) = fleet.health();
    assert_eq!((status.as_str(), body["commit"].as_str()), ("200", Some(fleet.sha("v2.4.1"))));
    let before = fleet.containers();
    let services: Vec<_> =
        before.iter().map(|(service, _, health)| (service.as_str(), health.as_str())).collect();
    assert_eq!(
        services,
        [("admin", "healthy"), ("api", "healthy"), ("db", "healthy"), ("redis", "healthy")]
    );
}
