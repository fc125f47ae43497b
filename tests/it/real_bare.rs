//! Bare servers, a Debian 12, a Debian 13 and an Ubuntu 24.04 as they are installed, become instances by one command;
//! judged by the hosts' own words.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::capability::{elsewhere, missing};
use crate::lab::ansible;
use crate::lab::real::{Ready, RealHost, RealLab, UBUNTU, have_ubuntu};
use crate::real_fleet::{RealFleet, SECRETS, text};

struct Servers(RealFleet);

impl Servers {
    fn start(ready: Ready, releases: &[&'static str]) -> Self {
        let lab = RealLab::start_bare(ready, releases).unwrap();
        let policy = "bunker_min_healthy_s: 3\nbunker_healthy_deadline_s: 300\n\
                      common_fail2ban_ignore: [172.16.0.0/12]\n";
        for (host, _) in lab.hosts().iter().zip(releases).filter(|(_, r)| **r == "bookworm") {
            // Debian 12 does not package Compose v2: the inventory says where it is and what it must be.
            let sum = host.sh("sha256sum /srv/docker-compose | cut -d ' ' -f 1").unwrap();
            let compose = format!(
                "common_compose_url: file:///srv/docker-compose\ncommon_compose_sha256: {}\n",
                sum.trim()
            );
            let file = lab.inventory_dir().join("host_vars").join(&host.name).join("compose.yml");
            std::fs::write(file, compose).unwrap();
        }
        let fleet = RealFleet::new(lab, policy);
        let servers = Self(fleet);
        servers.0.vault(&servers.names(), |host, n| format!("{host}-{}-value", SECRETS[n]));
        servers
    }

    fn names(&self) -> Vec<&str> {
        self.hosts().iter().map(|host| host.name.as_str()).collect()
    }

    fn hosts(&self) -> &[RealHost] {
        self.0.lab.hosts()
    }

    fn deploy(&self, more: &[&str]) -> Output {
        let names = self.names();
        self.0.bunker(&[&["deploy"], &names[..], &["--to", "v2.4.1", "--yes"], more].concat())
    }

    /// Starts to set the servers up, and ends it while `step` is under way on all.
    fn stop_at(&self, step: &str) {
        let started = self.deploy(&["--tags", "common", "--detach"]);
        assert_eq!(started.status.code(), Some(0), "{}", text(&started));
        let begun = Instant::now();
        let running = || {
            let show = self.0.json(&["show", "last"]);
            let all = show["targets"].as_array().cloned().unwrap_or_default();
            let at = |target: &serde_json::Value| {
                let steps = target["steps"].as_array().cloned().unwrap_or_default();
                steps.iter().any(|s| s["id"] == step && s["started_at"].is_string())
            };
            all.len() == self.hosts().len() && all.iter().all(at)
        };
        while !running() {
            assert!(begun.elapsed() < Duration::from_mins(2), "{step} was not seen on all");
        }
        self.0.bunker(&["abort", "last", "--kill"]);
        let attached = self.0.bunker(&["attach", "last"]);
        assert_ne!(attached.status.code(), Some(0), "{}", text(&attached));
    }
}

#[test]
fn bare_servers_of_debian_12_and_13_become_instances_by_one_command() {
    let name = "bare_servers_of_debian_12_and_13_become_instances_by_one_command";
    let releases = ["bookworm", "trixie"];
    match Ready::check_bare(&releases) {
        Ok(ready) => become_instances(&Servers::start(ready, &releases)),
        Err(why) => missing(name, &why),
    }
}

#[test]
fn a_bare_server_of_ubuntu_becomes_an_instance_by_one_command() {
    let name = "a_bare_server_of_ubuntu_becomes_an_instance_by_one_command";
    let ready = match Ready::check_bare(&[UBUNTU]) {
        Ok(ready) => ready,
        Err(why) => return missing(name, &why),
    };
    if let Err(why) = have_ubuntu() {
        // No fault of a machine that has all else: not every network reaches Ubuntu's archive.
        return elsewhere(name, &format!("{why:#}"));
    }
    become_instances(&Servers::start(ready, &[UBUNTU]));
}

fn become_instances(servers: &Servers) {
    for host in servers.hosts() {
        let there = host.sh("command -v docker ufw fail2ban-client git || true").unwrap();
        assert_eq!(there, "", "{} is not bare", host.name);
    }

    // Ended in the middle of apt's work, it goes on from there.
    servers.stop_at("packages");
    // Whether that moment was one in which dpkg unpacks is luck: this is what dpkg notes down there, in its records and aside,
    // where it is not in its records yet.
    let torn = "sed -i '/^Package: hostname$/,/^$/ s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status
        ls /var/lib/dpkg/updates | grep -q '^[0-9]' ||
            sed -n '/^Package: hostname$/,/^$/p' /var/lib/dpkg/status >/var/lib/dpkg/updates/0000";
    for host in servers.hosts() {
        host.sh(torn).unwrap();
        let refused =
            host.sh("apt-get --yes --download-only install hostname 2>&1 || true").unwrap();
        assert!(refused.contains("dpkg was interrupted"), "{}: {refused}", host.name);
    }
    let common = servers.deploy(&["--tags", "common", "--skip-tags", "validate"]);
    assert_eq!(common.status.code(), Some(0), "{}", text(&common));
    assert!(text(&common).contains("so installed anew: "), "{}", text(&common));
    for host in servers.hosts() {
        the_server_is_set_up(host);
        let checkout = host.sh("ls /opt/changemaker-lite 2>/dev/null | wc -l").unwrap();
        assert_eq!(checkout.trim(), "0", "--tags common brings no instance");
    }

    let first = servers.deploy(&[]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    for host in servers.hosts() {
        the_server_is_set_up(host);
        the_instance_runs(host);
    }
    let checks = servers.0.outcomes();
    for [host, id, outcome] in checks.iter().filter(|[_, id, _]| id.starts_with("check-")) {
        assert!(outcome == "ok" || id == "check-public", "{host} {id}: {outcome}");
    }
    assert!(checks.iter().any(|[_, id, _]| id == "check-ufw"), "{checks:?}");

    ansible_shows_the_release(servers);
    doctor_agrees(servers);

    let again = servers.deploy(&[]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
    servers.0.nothing_changed(&again);
}

/// What the role `common` promises, asked of the host past the program.
fn the_server_is_set_up(host: &RealHost) {
    let ufw = host.sh("ufw status verbose").unwrap();
    assert!(ufw.starts_with("Status: active"), "{ufw}");
    assert!(ufw.contains("Default: deny (incoming)"), "{ufw}");
    for port in ["22/tcp", "80/tcp", "443/tcp"] {
        let line = ufw.lines().find(|l| l.starts_with(&format!("{port} ")));
        assert!(line.is_some_and(|l| l.contains("ALLOW IN")), "{port}: {ufw}");
    }
    let undo = host.sh("systemctl is-active bunker-ufw-undo.timer || true").unwrap();
    assert_eq!(undo.trim(), "inactive", "the firewall was confirmed");
    a_new_login_came_in_under_the_firewall(host);
    let jail = host.sh("fail2ban-client status sshd").unwrap();
    assert!(jail.contains("Status for the jail: sshd"), "{jail}");
    let ignored = host.sh("fail2ban-client get sshd ignoreip").unwrap();
    assert!(ignored.contains("172.16.0.0/12"), "{ignored}");
    let upgrades = host.sh("apt-config dump APT::Periodic::Unattended-Upgrade").unwrap();
    assert_eq!(upgrades, "APT::Periodic::Unattended-Upgrade \"1\";\n");
    let groups = host.sh("id -nG deploy; id -nG admin").unwrap();
    assert_eq!(groups.matches("docker").count(), 2, "{groups}");
    host.sh("sudo -u deploy sudo -n true").unwrap();
    let same = host.sh("cmp /home/admin/.ssh/authorized_keys /home/deploy/.ssh/authorized_keys");
    assert!(same.is_ok(), "who logs in as admin may log in as deploy: {same:?}");
    let compose = host.sh("sudo -u deploy docker compose version --short").unwrap();
    assert!(compose.trim().trim_start_matches('v').starts_with('2'), "{compose}");
}

/// By the host's own journal: between the start of the timer that would take the firewall back and its end, sshd let
/// somebody in.
fn a_new_login_came_in_under_the_firewall(host: &RealHost) {
    let journal = host.sh("journalctl --no-pager -o cat -u bunker-ufw-undo.timer -u ssh").unwrap();
    let lines: Vec<&str> = journal.lines().collect();
    let of_timer = |word: &str| {
        lines.iter().position(|l| l.starts_with(word) && l.contains("bunker-ufw-undo.timer"))
    };
    let (begun, ended) = (of_timer("Started").unwrap(), of_timer("Stopped").unwrap());
    let logins = lines[begun..ended].iter().filter(|l| l.contains("Accepted publickey"));
    assert!(logins.count() > 0, "{journal}");
}

/// The plan's list of checks, asked of the host past the program.
fn the_instance_runs(host: &RealHost) {
    let running =
        "cd /opt/changemaker-lite && docker compose ps --format '{{.Service}} {{.Health}}' | sort";
    let running = host.sh(running).unwrap();
    assert_eq!(running, "admin healthy\napi healthy\ndb healthy\nredis healthy\n");
    let health = host.sh("curl -fsS http://127.0.0.1:4000/api/health").unwrap();
    assert!(health.contains("\"status\":\"ok\""), "{health}");
    let login = format!(
        "curl -fsS -H 'Content-Type: application/json' -d '{{\"email\":\"admin@{0}.example.org\",\"password\":\"{0}-vault_admin_password-value\"}}' http://127.0.0.1:4000/api/auth/login",
        host.name
    );
    assert!(host.sh(&login).unwrap().contains("token"));
    let cron = host.sh("crontab -u admin -l").unwrap();
    assert!(cron.contains("0 3 * * * cd '/opt/changemaker-lite' &&"), "{cron}");
    let backup = "sudo -u admin -i sh -c 'cd /opt/changemaker-lite && ./scripts/backup.sh'";
    host.sh(backup).unwrap();
    let release = host.sh("cat /etc/ansible/facts.d/changemaker.fact").unwrap();
    assert!(release.contains("v2.4.1"), "{release}");
}

/// Real Ansible, with the same inventory, shows the record of the release as a fact of each host.
fn ansible_shows_the_release(servers: &Servers) {
    let venv = ansible::venv().unwrap_or_else(|why| panic!("ansible-core: {why}"));
    let (lab, own) = (servers.0.lab.dir(), servers.0.own.path());
    let known =
        format!("--ssh-common-args=-o UserKnownHostsFile={}", lab.join("known_hosts").display());
    let mut command = ansible::program(&venv, "ansible", own);
    command.arg("all").arg("-i").arg(servers.0.lab.inventory_dir());
    command.args([known.as_str(), "-m", "setup", "-a", "filter=ansible_local"]);
    let ended = command.arg("--tree").arg(own.join("facts")).output().unwrap();
    assert!(ended.status.success(), "{}", text(&ended));
    for host in servers.hosts() {
        let facts = std::fs::read_to_string(own.join("facts").join(&host.name)).unwrap();
        let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
        let shown = &facts["ansible_facts"]["ansible_local"]["changemaker"];
        let record = host.sh("cat /etc/ansible/facts.d/changemaker.fact").unwrap();
        assert_eq!(*shown, serde_json::from_str::<serde_json::Value>(&record).unwrap(), "{facts}");
        assert_eq!(shown["ref"], "v2.4.1", "{facts}");
    }
}

/// `bunker doctor` finds nothing wrong with the servers, and what is then broken by hand it names with the fix.
fn doctor_agrees(servers: &Servers) {
    let looked = || {
        let output = servers.0.bunker(&["doctor", "--json"]);
        let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        all["checks"].as_array().unwrap().clone()
    };
    let find = |all: &[serde_json::Value], place: &str, check: &str| {
        let found = all.iter().find(|c| c["place"] == place && c["check"] == check).cloned();
        found.unwrap_or_else(|| panic!("{place} {check}: {all:#?}"))
    };
    let sound = looked();
    for host in servers.names() {
        for check in ["system", "firewall", "fail2ban", "updates", "backup cron", "docker"] {
            let found = find(&sound, host, check);
            assert_eq!(found["ok"], true, "{host}: {found}");
        }
    }
    assert_eq!(find(&sound, "here", "vault")["ok"], true);
    assert_eq!(find(&sound, "here", "ssh keys")["ok"], true);
    let host = servers.hosts().last().unwrap();
    let own = host.name.as_str();
    host.sh("systemctl stop fail2ban; ufw disable; crontab -u admin -r").unwrap();
    let broken = looked();
    for (check, tag) in [("fail2ban", "common"), ("firewall", "common"), ("backup cron", "backup")]
    {
        let found = find(&broken, own, check);
        assert_eq!(found["ok"], false, "{found}");
        assert_eq!(found["fix"], format!("bunker deploy {own} --tags {tag}"), "{found}");
    }
    // The fixes that it names are what mends it.
    servers.0.ok(&["deploy", own, "--to", "v2.4.1", "--yes", "--tags", "common,backup"]);
    let mended = looked();
    for check in ["firewall", "fail2ban", "backup cron"] {
        assert_eq!(find(&mended, own, check)["ok"], true, "{check}");
    }
}
