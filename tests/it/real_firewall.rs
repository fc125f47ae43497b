//! A firewall that shuts the control machine out, on a real Debian 13 server: it takes itself back, and the deployment says so.

use std::process::Command;
use std::time::Duration;

use crate::capability::missing;
use crate::lab::processes::pause;
use crate::lab::real::{Ready, RealLab};
use crate::real_fleet::{RealFleet, text};

/// Whether a new connection gets in, past all that the program has open.
fn lets_in(fleet: &RealFleet) -> bool {
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(fleet.lab.dir().join("ssh_config"));
    ssh.args(["-o", "ConnectTimeout=10", "-o", "ControlPath=none", "real-01", "true"]);
    ssh.output().unwrap().status.success()
}

#[test]
fn a_firewall_that_lets_no_new_login_in_goes_off_again_and_the_deployment_says_so() {
    let name = "a_firewall_that_lets_no_new_login_in_goes_off_again_and_the_deployment_says_so";
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing(name, &why),
    };
    let fleet = RealFleet::new(RealLab::start(ready, 1).unwrap(), "");
    fleet.vault(&["real-01"], |_, n| format!("a-value-of-secret-{n}"));
    let host = fleet.host();
    // Somebody's own rule, which stands before ours once the firewall is on. What is connected already stays so.
    host.sh("ufw deny from 172.16.0.0/12").unwrap();
    assert!(lets_in(&fleet), "it is not on yet");

    let deploy = ["deploy", "real-01", "--tags", "common", "--yes"];
    let started = fleet.bunker(&[&deploy[..], &["--detach"]].concat());
    assert_eq!(started.status.code(), Some(0), "{}", text(&started));
    let is_on = || host.sh("ufw status").unwrap().starts_with("Status: active");
    // It is called active before the rules are in force. How long packages take is not looked at, but that the run goes on.
    let shuts_out = || {
        let rules = host.sh("iptables -S ufw-user-input 2>/dev/null || true").unwrap();
        rules.contains("-s 172.16.0.0/12 -j DROP")
    };
    while !(is_on() && shuts_out()) {
        let show = fleet.json(&["show", "last"]);
        let goes_on = show["finished_at"].is_null() && show["state"] != "lost";
        assert!(goes_on, "the firewall was not switched on: {show}");
        pause(Duration::from_millis(500));
    }
    assert!(!lets_in(&fleet), "the rule shuts us out");
    let timer = host.sh("systemctl is-active bunker-ufw-undo.timer").unwrap();
    assert_eq!(timer.trim(), "active", "the way back is there");
    // What the timer starts after five minutes, now, until it is done: a unit of systemd-run counts as started once it was forked.
    host.sh("systemctl start --wait bunker-ufw-undo.service").unwrap();
    assert!(!is_on());
    let attached = fleet.bunker(&["attach", "last"]);
    assert_eq!(attached.status.code(), Some(1), "{}", text(&attached));
    assert!(text(&attached).contains("the firewall is off again"), "{}", text(&attached));
    assert!(lets_in(&fleet));
    // The rule goes, and the same command ends well.
    host.sh("systemctl stop bunker-ufw-undo.timer; ufw delete deny from 172.16.0.0/12").unwrap();
    let done = fleet.bunker(&deploy);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert!(is_on() && lets_in(&fleet));
}
