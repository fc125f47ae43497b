//! A bare Debian 13 server with Docker: a feature is switched in the inventory, and the API is made anew; the data services stay.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::capability::missing;
use crate::lab::real::{Ready, RealLab};

const MARKER: &str = "MARKER-1f'$HOME\"#\\x y";

struct Server {
    lab: RealLab,
    own: tempfile::TempDir,
}

impl Server {
    fn sh(&self, command: &str) -> String {
        self.lab.hosts()[0].sh(&format!("cd /opt/changemaker-lite && {command}")).unwrap()
    }

    fn bunker(&self, args: &[&str], input: &str, exit: i32) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .args(args)
            .arg("--inventory")
            .arg(self.lab.inventory_dir())
            .env("BUNKER_STATE", self.own.path().join("state"))
            .env("XDG_CONFIG_HOME", self.own.path().join("config"))
            .env("HOME", self.own.path())
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("BUNKER_IDENTITY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {text}");
        assert!(!text.contains("MARKER"), "{args:?} tells a secret: {text}");
        text
    }

    /// Services with their containers, also those that have ended.
    fn containers(&self) -> Vec<String> {
        let listed = self.sh("docker compose ps -a --no-trunc --format '{{.Service}} {{.ID}}'");
        let mut all: Vec<String> = listed.lines().map(str::to_owned).collect();
        all.sort();
        all
    }

    /// Services whose container was made anew since `before`.
    fn replaced(&self, before: &[String]) -> Vec<String> {
        let now = self.containers();
        let new = now.into_iter().filter(|line| !before.contains(line));
        new.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
    }

    /// What the running API has of a variable.
    fn api_has(&self, name: &str) -> String {
        let inspect = "docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $(docker compose ps -q api)";
        let all = self.sh(inspect);
        let line = all.lines().find_map(|l| l.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {all}")).to_owned()
    }
}

/// A server with v2.4.1 on it, and a vault with what it runs with.
fn server(ready: Ready) -> Server {
    let lab = RealLab::start(ready, 1).unwrap();
    // The lab asks the API from outside.
    let policy = "bunker_min_healthy_s: 3\nbunker_healthy_deadline_s: 300\ncml_api_bind: 0.0.0.0\n";
    std::fs::write(lab.inventory_dir().join("group_vars/all/gates.yml"), policy).unwrap();
    lab.hosts()[0].deploy("v2.4.1").unwrap();
    let server = Server { lab, own: tempfile::tempdir().unwrap() };
    server.bunker(&["vault", "init"], "", 0);
    let env = server.sh("cat .env");
    for name in ["admin_password", "jwt_secret", "postgres_password", "redis_password"] {
        let prefix = format!("{}=", name.to_ascii_uppercase());
        let value = env.lines().find_map(|l| l.strip_prefix(&prefix)).unwrap();
        server.bunker(&["vault", "set", "real-01", &format!("vault_{name}")], value, 0);
    }
    server.bunker(&["vault", "set", "real-01", "vault_smtp_password"], MARKER, 0);
    server
}

#[test]
fn a_feature_is_switched_on_a_real_debian_server() {
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing("a_feature_is_switched_on_a_real_debian_server", &why),
    };
    let server = server(ready);
    // The installer's file is nobody's yet: its differences are shown, and taken back on request.
    server.bunker(&["configure", "real-01", "--check", "--diff"], "", 3);
    server.bunker(&["configure", "real-01", "--yes", "--overwrite-drift"], "", 0);
    assert_eq!(server.api_has("SMTP_PASSWORD"), MARKER, "Compose hands on what the vault has");
    assert_eq!(server.sh("stat -c %a .env").trim(), "600");

    let before = server.containers();
    let told = server.bunker(&["configure", "real-01", "--check"], "", 0);
    assert!(told.contains("its .env is already so"), "{told}");
    let flag = server.lab.inventory_dir().join("group_vars/all/feature.yml");
    std::fs::write(flag, "cml_enable_media: true\n").unwrap();
    let told = server.bunker(&["configure", "real-01", "--yes", "--diff"], "", 0);
    assert!(told.contains("+ ENABLE_MEDIA=true"), "{told}");
    // Compose 2.26 makes what depends on the API (`depends_on`) anew with it; data services stay as they are.
    assert_eq!(server.replaced(&before), ["admin", "api"], "{told}");
    assert_eq!(server.api_has("ENABLE_MEDIA"), "true");

    let where_else =
        "grep -rlF MARKER /var/lib/bunker /opt/changemaker-lite /etc /tmp /root 2>/dev/null || :";
    assert_eq!(server.sh(where_else).trim(), "/opt/changemaker-lite/.env");
}
