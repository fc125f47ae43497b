//! The steps that set a server up, on each system that is supported: the real scripts in a real shell. What only a server has is
//! stood in for: `/etc/os-release` and systemd's folder lie elsewhere, and apt, dpkg, ufw, systemctl and the like note what they are
//! asked. Debian 12 and 13 are also set up for real (`real_bare`); Ubuntu's packages cannot be had where the tests run.

use std::fs;

use bunker_ops::domain::ids::HostId;
use bunker_ops::steps::deploy::Site;
use bunker_ops::steps::server;

use crate::upgrade_bench::{Bench, Ran, claim, mode};

/// Notes the call. A package that is installed brings its program.
const STAND_IN: &str = r#"#!/bin/sh
name=${0##*/}
bin=${0%/*}
printf '%s %s\n' "$name" "$*" >>"$FAKE/calls"
case "$name $*" in
"id -u") echo 0 ;;
"id -un") echo root ;;
"dpkg --print-architecture") cat "$FAKE/arch" 2>/dev/null || echo amd64 ;;
"df "*) printf 'head\n/dev/x 9 9 %s 9%% /\n' "$(cat "$FAKE/free" 2>/dev/null || echo 90000000000)" ;;
"getent "*) exit 2 ;;
"timedatectl "*) echo no ;;
"ss -Hltnp sport = :80") [ ! -e "$FAKE/used" ] || echo 'LISTEN 0 511 *:80 *:* users:(("nginx",pid=9,fd=6))' ;;
"ss -Hltnp sport "*) ;;
"dpkg-query "*) for last; do :; done; [ ! -e "$FAKE/has-$last" ] || echo 'install ok installed' ;;
"apt-get "*" install "*)
    for package; do case $package in -* | *::* | install) ;; *) : >"$FAKE/has-$package" ;; esac; done
    [ ! -e "$FAKE/has-docker.io" ] || [ -e "$bin/docker" ] || { cp "$bin/docker.later" "$bin/docker"; cp "$bin/docker.later" "$bin/dockerd"; } ;;
"docker compose version --short") [ -e "$FAKE/has-docker-compose-v2" ] || [ -e "$FAKE/has-docker-compose" ] || exit 1; echo 2.24.6 ;;
"docker info "*) echo 24.0.7 ;;
"systemctl is-enabled "* | "systemctl is-active "*) for last; do :; done; [ -e "$FAKE/on-$last" ] ;;
"systemctl enable --now "*) for last; do :; done; : >"$FAKE/on-$last" ;;
"systemctl show ssh.socket "*) printf '0.0.0.0:2222 (Stream)\n[::]:2222 (Stream)\n' ;;
"sshd -T") echo "port 22" ;;
"ss "*) echo 'LISTEN 0 4096 *:2222 *:* users:(("systemd",pid=1,fd=93))' ;;
"install -m "*) mode=$2; while [ $# -gt 2 ]; do shift; done; cp -- "$1" "$2" && chmod "$mode" "$2" ;;
"stat -c "*) for last; do :; done; [ ! -e "$last" ] || echo "644 root" ;;
"ufw show added") cat "$FAKE/rules" 2>/dev/null || : ;;
"ufw allow "*) echo "ufw allow $2" >>"$FAKE/rules" ;;
"ufw --force enable") : >"$FAKE/on-ufw" ;;
"ufw status verbose") [ ! -e "$FAKE/on-ufw" ] || printf 'Status: active\nDefault: deny (incoming), allow (outgoing)\n' ;;
esac
"#;

struct Server(Bench);

impl Server {
    fn of(os_release: &str) -> Self {
        let bench = Bench::new().leased();
        let bin = bench.fake.parent().unwrap().join("bin");
        for name in [
            "apt-config",
            "apt-get",
            "df",
            "dpkg",
            "dpkg-query",
            "getent",
            "id",
            "install",
            "sshd",
            "ss",
            "stat",
            "systemctl",
            "systemd-run",
            "timedatectl",
            "ufw",
            "docker.later",
        ] {
            fs::write(bin.join(name), STAND_IN).unwrap();
            mode(&bin.join(name), 0o755);
        }
        fs::remove_file(bin.join("docker")).unwrap();
        fs::write(bench.fake.join("os-release"), os_release).unwrap();
        fs::create_dir(bench.fake.join("systemd")).unwrap();
        Self(bench)
    }

    fn run(&self, step: impl Fn(&Site<'_>) -> String) -> Ran {
        let id: HostId = "test-01".parse().unwrap();
        let claim = claim();
        let site = Site { id: &id, settings: &self.0.settings, claim: &claim, hold_s: 60 };
        let fake = self.0.fake.display().to_string();
        let bin = self.0.fake.parent().unwrap().join("bin").display().to_string();
        let script = step(&site)
            .replace("/etc/os-release", &format!("{fake}/os-release"))
            .replace("/run/systemd/system", &format!("{fake}/systemd"))
            .replace("/etc/docker/", &format!("{fake}/etc-docker/"))
            .replace("/etc/apt/", &format!("{fake}/etc-apt/"))
            .replace("/etc/ansible/", &format!("{fake}/etc-ansible/"))
            // A machine of developers may have Docker: it is looked for among the stand-ins alone.
            .replace("command -v docker ", &format!("[ -x {bin}/docker ] "))
            .replace("command -v dockerd ", &format!("[ -x {bin}/dockerd ] "));
        self.0.run(&script)
    }

    fn installs(&self) -> Vec<String> {
        let calls = self.0.calls();
        let of = |line: &str| Some(line.split_once("--no-install-recommends ")?.1.to_owned());
        calls.lines().filter_map(of).collect()
    }
}

const UBUNTU: &str = "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n";

#[test]
fn each_system_gets_docker_and_compose_as_it_has_them_and_the_second_time_nothing() {
    let debian = |version: &str| format!("ID=debian\nVERSION_ID=\"{version}\"\n");
    for (os, packages) in [
        (UBUNTU.to_owned(), ["docker.io iptables", "docker-compose-v2"]),
        (debian("13"), ["docker.io docker-cli iptables", "docker-compose"]),
    ] {
        let server = Server::of(&os);
        let ran = server.run(server::docker).good();
        assert!(ran.changed && ran.output.contains("compose 2.24.6"), "{ran:?}");
        assert_eq!(server.installs(), packages, "{os}");
        let again = server.run(server::docker).good();
        assert!(!again.changed, "{again:?}");
    }
    // Debian 12 has no Compose v2, and says so before it fetches anything.
    let server = Server::of(&debian("12"));
    let ran = server.run(server::docker);
    assert!(ran.failure().0.contains("does not package Compose v2"), "{ran:?}");
}

#[test]
fn on_ubuntu_the_port_on_which_systemd_listens_for_ssh_is_let_in_before_the_firewall_is_on() {
    let server = Server::of(UBUNTU);
    let ran = server.run(server::firewall).good();
    assert!(ran.changed, "{ran:?}");
    let calls = server.0.calls();
    let at = |call: &str| {
        let found = calls.lines().position(|line| line == call);
        found.unwrap_or_else(|| panic!("{call}: {calls}"))
    };
    let on = at("ufw --force enable");
    for port in [22, 2222, 80, 443] {
        assert!(at(&format!("ufw allow {port}/tcp")) < on, "{calls}");
    }
    let timer = "systemd-run --quiet --unit=bunker-ufw-undo --on-active=300 ufw disable";
    assert!(at(timer) < on, "the way back is there first: {calls}");
    let again = server.run(server::firewall).good();
    assert!(!again.changed, "{again:?}");
}

#[test]
fn what_a_server_is_like_is_told_and_what_it_cannot_be_is_refused_before_anything_is_changed() {
    let server = Server::of(UBUNTU);
    let ran = server.run(server::look).good();
    assert!(!ran.changed, "{ran:?}");
    for line in ["ubuntu 24.04, amd64, Linux ", "MiB of memory", "ufw is there", "git is there"] {
        assert!(ran.output.contains(line), "{line}: {ran:?}");
    }
    // Said, and no reason to stop: a deployment comes before DNS often enough.
    assert!(ran.told["dns"].contains("has no address"), "{ran:?}");
    assert_eq!(ran.told["clock"], "unsynchronized");
    let fake = server.0.fake.clone();
    for (file, text, told) in [
        ("arch", "riscv64\n", "this server is riscv64"),
        ("free", "0\n", "/ has 0 MiB free, an instance needs "),
        ("used", "", "port 80 is in use by \"nginx\""),
    ] {
        fs::write(fake.join(file), text).unwrap();
        let ran = server.run(server::look);
        assert!(ran.failure().0.contains(told), "{told}: {ran:?}");
        fs::remove_file(fake.join(file)).unwrap();
    }
    // Afterwards the ports are the instance's own.
    fs::write(fake.join("used"), "").unwrap();
    fs::create_dir_all(fake.join("etc-ansible/facts.d")).unwrap();
    fs::write(fake.join("etc-ansible/facts.d/changemaker.fact"), "{}").unwrap();
    server.run(server::look).good();
    assert_eq!(server.installs(), [""; 0]);
}

#[test]
fn a_mirror_joins_what_docker_is_told_already() {
    let mut server = Server::of(UBUNTU);
    let mirror = "https://mirror.example.org".to_owned().try_into().unwrap();
    server.0.settings.server.registry_mirror = Some(mirror);
    let file = server.0.fake.join("etc-docker/daemon.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "{\"log-driver\": \"journald\", \"registry-mirrors\": [\"https://b\"]}")
        .unwrap();
    fs::write(server.0.fake.join("on-docker"), "").unwrap();
    let ran = server.run(server::docker).good();
    assert!(ran.changed, "{ran:?}");
    let told: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mirrors = ["https://mirror.example.org", "https://b"];
    let want = serde_json::json!({ "log-driver": "journald", "registry-mirrors": mirrors });
    assert_eq!(told, want);
    let reloads = || server.0.calls().matches("systemctl reload docker").count();
    assert_eq!(reloads(), 1, "a running Docker takes it without a restart");
    let again = server.run(server::docker).good();
    assert!(!again.changed && reloads() == 1, "{again:?}");
    fs::write(&file, "[]").unwrap();
    let ran = server.run(server::docker);
    assert!(ran.failure().0.contains("is no JSON object"), "{ran:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "[]");
}

#[test]
fn security_updates_are_switched_on_once() {
    let server = Server::of(UBUNTU);
    let ran = server.run(server::unattended_upgrades).good();
    assert!(ran.changed, "{ran:?}");
    assert_eq!(server.installs(), ["unattended-upgrades"]);
    let file = server.0.fake.join("etc-apt/apt.conf.d/20auto-upgrades");
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("APT::Periodic::Unattended-Upgrade \"1\";"), "{text}");
    let again = server.run(server::unattended_upgrades).good();
    assert!(!again.changed, "{again:?}");
}

#[test]
fn another_system_is_refused_before_anything_is_changed() {
    for os in ["ID=ubuntu\nVERSION_ID=\"22.04\"\n", "ID=fedora\nVERSION_ID=41\n", ""] {
        let server = Server::of(os);
        let ran = server.run(server::packages);
        assert!(ran.failure().0.contains("Ubuntu 24.04, Debian 12 and Debian 13"), "{ran:?}");
        assert_eq!(server.installs(), [""; 0]);
    }
}
