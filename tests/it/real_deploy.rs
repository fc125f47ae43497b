//! A real Debian server becomes an instance: by the program alone, judged by the host's own words.

use std::process::{Command, Output};

use crate::capability::missing;
use crate::lab::real::{Ready, RealHost, RealLab};
use crate::real_fleet::{RealFleet, text};

/// What every secret of the test begins with.
const MARK: &str = "m4rk3r";

fn deploy(fleet: &RealFleet) -> Output {
    // The lab's hosts have what `common` brings.
    fleet.bunker(&["deploy", "real-01", "--to", "v2.4.1", "--yes", "--skip-tags", "common"])
}

#[test]
fn a_real_server_becomes_an_instance_whose_secrets_stand_in_its_settings_alone() {
    let name = "a_real_server_becomes_an_instance_whose_secrets_stand_in_its_settings_alone";
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing(name, &why),
    };
    let lab = RealLab::start(ready, 1).unwrap();
    let policy = "bunker_min_healthy_s: 3\nbunker_healthy_deadline_s: 300\n";
    let fleet = RealFleet::new(lab, policy);
    fleet.vault(&["real-01"], |_, n| format!("{MARK}-{n}-value"));
    watch_processes(fleet.host());
    let first = deploy(&fleet);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    on_the_host(fleet.host());
    let again = deploy(&fleet);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
    fleet.nothing_changed(&again);
    let outcomes = fleet.outcomes();
    for [_, id, outcome] in outcomes.iter().filter(|[_, id, _]| id.starts_with("check-")) {
        let may_be_away = id == "check-public";
        assert!(outcome == "ok" || may_be_away, "{id}: {outcome}");
    }
    nowhere_else(&fleet, &[&first, &again]);
}

/// What the plan's list of checks asks, asked of the host past the program.
fn on_the_host(host: &RealHost) {
    let running =
        "cd /opt/changemaker-lite && docker compose ps --format '{{.Service}} {{.Health}}' | sort";
    let running = host.sh(running).unwrap();
    assert_eq!(running, "admin healthy\napi healthy\ndb healthy\nredis healthy\n");
    let health = host.sh("curl -fsS http://127.0.0.1:4000/api/health").unwrap();
    assert!(health.contains("\"status\":\"ok\""), "{health}");
    let cron = host.sh("crontab -u deploy -l").unwrap();
    assert!(
        cron.contains("0 3 * * * cd '/opt/changemaker-lite' && { ./scripts/backup.sh; }"),
        "{cron}"
    );
    let owners = host
        .sh("stat -c '%U %a' /opt/changemaker-lite/.env /opt/changemaker-lite/backups")
        .unwrap();
    assert_eq!(owners, "deploy 600\ndeploy 700\n");
    let seeded = "cd /opt/changemaker-lite && docker compose exec -T db cat /var/lib/postgresql/data/seeded </dev/null";
    assert_eq!(host.sh(seeded).unwrap().trim(), "seeded");
    let login = format!(
        "curl -fsS -H 'Content-Type: application/json' -d '{{\"email\":\"admin@real-01.example.org\",\"password\":\"{MARK}-0-value\"}}' http://127.0.0.1:4000/api/auth/login"
    );
    // Asked where the watch of processes does not count: its own arguments hold the mark.
    host.sh("touch /run/watch-processes.pause").unwrap();
    assert!(host.sh(&login).unwrap().contains("token"));
    host.sh("rm /run/watch-processes.pause").unwrap();
}

/// Keeps looking for the mark in the arguments and the environment of every process of the host, those inside of
/// containers excepted, since a container's settings are its environment.
fn watch_processes(host: &RealHost) {
    let script = format!(
        "cat >/run/watch-processes <<'WATCH'\n\
         own=$(readlink /proc/self/ns/mnt)\n\
         while :; do\n\
         [ -e /run/watch-processes.pause ] || for p in /proc/[0-9]*; do\n\
         [ \"$(readlink $p/ns/mnt 2>/dev/null)\" = \"$own\" ] || continue\n\
         if grep -qa {half}{rest} $p/cmdline $p/environ 2>/dev/null; then\n\
         {{ echo \"$p $(tr '\\0' ' ' <$p/cmdline)\"; }} >>/run/watch-processes.found 2>/dev/null\n\
         fi\n\
         done\n\
         echo round >>/run/watch-processes.rounds\n\
         done\n\
         WATCH\n\
         systemd-run --quiet --unit=watch-processes sh /run/watch-processes",
        half = "'m4rk[3]",
        rest = "r'"
    );
    host.sh(&script).unwrap();
}

/// The mark is in the instance's `.env` and nowhere else.
fn nowhere_else(fleet: &RealFleet, said: &[&Output]) {
    let host = fleet.host();
    host.sh("systemctl stop watch-processes").unwrap();
    let rounds = host.sh("wc -l </run/watch-processes.rounds").unwrap();
    assert!(rounds.trim().parse::<u32>().unwrap() > 20, "{rounds} looks at all processes");
    let found = host.sh("cat /run/watch-processes.found 2>/dev/null || true").unwrap();
    assert_eq!(found, "", "arguments and environments");
    let journal =
        host.sh(&format!("journalctl --no-pager -o cat | grep -c {MARK} || true")).unwrap();
    assert_eq!(journal.trim(), "0", "the journal");
    // The settings of a container are its environment, which Docker keeps in its configuration, and containerd, while it
    // runs, in the task's (on tmpfs); runc has it in a file for the moment in which a health
    // check begins. These three, and nothing else, are left out.
    let files = format!(
        "grep -rlaI {MARK} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev 2>/dev/null | grep -vE '^(/var/lib/docker/containers/[0-9a-f]+/config.v2|/run/containerd/io.containerd.runtime.v2.task/moby/[0-9a-f]+/config).json$|^/tmp/runc-process[0-9]+$' || true"
    );
    assert_eq!(host.sh(&files).unwrap().trim(), "/opt/changemaker-lite/.env");
    for output in said {
        assert!(!text(output).contains(MARK), "{}", text(output));
    }
    let local = Command::new("grep").args(["-rla", MARK]).arg(fleet.own.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&local.stdout), "", "the store and the logs here");
}
