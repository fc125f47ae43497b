//! The day after: the plan's list of what is done with a running instance, on a real Debian 13 server, each judged by
//! the host's own words.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::capability::missing;
use crate::lab::processes::pause;
use crate::lab::real::{Ready, RealHost, RealLab};
use crate::real_fleet::{RealFleet, SECRETS, text};

const ONE: &str = "real-01";

/// A `sync` that waits where it is asked for the new settings of a rotation, while `/run/hold-sync` is there.
const SLOW_SYNC: &str = "\
#!/bin/sh
case \"$*\" in *bunker-next*)
    : >/run/at-sync
    while [ -e /run/hold-sync ]; do sleep 0.1; done ;;
esac
exec /usr/bin/sync \"$@\"
";

struct Day2(RealFleet);

impl Day2 {
    fn host(&self) -> &RealHost {
        self.0.host()
    }

    fn sh(&self, command: &str) -> String {
        self.host().sh(&format!("cd /opt/changemaker-lite && {command}")).unwrap()
    }

    fn secret(&self, name: &str) -> String {
        let output = self.0.ok(&["vault", "get", ONE, name]);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        SECRETS.iter().map(|name| self.secret(name)).collect()
    }

    /// The commit that answers.
    fn answers(&self) -> String {
        self.sh("curl -fsS http://127.0.0.1:4000/api/health")
    }

    fn sha(&self, tag: &str) -> String {
        self.0.lab.repository().sha(tag).unwrap().to_owned()
    }

    /// What Redis says to a password and a ping, asked inside its container.
    fn redis(&self, password: &str) -> String {
        self.sh(&format!(
            "printf 'AUTH %s\\nPING\\n' '{password}' | docker compose exec -T redis redis-cli"
        ))
    }

    /// Whether the database lets in by address with this password.
    fn database_opens(&self, password: &str) -> bool {
        let script = format!(
            "cd /opt/changemaker-lite && docker compose exec -T db sh -c \
             'umask 077; echo \"*:*:*:*:{password}\" >/tmp/pass; \
             PGPASSFILE=/tmp/pass psql -h 127.0.0.1 </dev/null; rc=$?; rm /tmp/pass; exit $rc'"
        );
        self.host().run(&["sh", "-c", &script]).unwrap().status.success()
    }

    fn containers(&self) -> String {
        self.sh("docker compose ps -a --no-trunc --format '{{.Service}} {{.ID}}' | sort")
    }
}

#[test]
fn the_day_after_backup_drill_rotation_upgrade_and_rollback_on_a_real_server() {
    let name = "the_day_after_backup_drill_rotation_upgrade_and_rollback_on_a_real_server";
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing(name, &why),
    };
    let lab = RealLab::start(ready, 1).unwrap();
    let policy = "bunker_min_healthy_s: 3\nbunker_healthy_deadline_s: 300\ncml_api_bind: 0.0.0.0\n";
    let day = Day2(RealFleet::new(lab, policy));
    day.0.vault(&[ONE], |_, n| format!("first-value-{n}-of-a-secret"));
    day.0.ok(&["deploy", ONE, "--to", "v2.4.1", "--yes", "--skip-tags", "common"]);
    backup_and_drill(&day);
    rotation_that_is_killed(&day);
    rotation(&day);
    upgrade_and_rollback(&day);
    in_line_at_the_end(&day);
}

/// `backup.yml`: an archive is there, can be read, and is what was recorded.
fn backup_and_drill(day: &Day2) {
    let before = day.containers();
    day.0.ok(&["backup", ONE, "--yes"]);
    let list = day.0.json(&["backup", "list", ONE]);
    let newest = &list["backups"][0];
    assert_eq!(newest["verified"], true, "{list}");
    let archive = newest["archive"].as_str().unwrap();
    let sum = day.sh(&format!("sha256sum backups/{archive}"));
    assert_eq!(newest["sha256"].as_str(), sum.get(..64), "{list}");
    let inside = day.sh(&format!("tar -tzf backups/{archive}"));
    assert_eq!(inside, "database.sql\nenv\n");
    let mode = day.sh(&format!("stat -c '%a %U' backups/{archive}"));
    assert_eq!(mode, "600 deploy\n");
    day.0.ok(&["backup", "verify", ONE, "--yes"]);
    let left = day.sh("find / -xdev -name database.sql -not -path '/proc/*' 2>/dev/null | wc -l");
    assert_eq!(left.trim(), "0", "what the drill unpacked is gone");
    assert_eq!(day.containers(), before, "neither touches what runs");
}

/// Killed while the new settings stand beside the old ones: nothing is lost, nothing with a secret stays, and the next
/// rotation goes on.
fn rotation_that_is_killed(day: &Day2) {
    let (old, env) = (day.secrets(), day.sh("cat .env"));
    day.sh(&format!("cat >/usr/local/bin/sync <<'SYNC'\n{SLOW_SYNC}SYNC\nchmod 755 /usr/local/bin/sync; : >/run/hold-sync"));
    let args = ["rotate-secrets", ONE, "--all", "--yes", "--detach"];
    day.0.ok(&args);
    let begun = Instant::now();
    while day.sh("ls /run/at-sync 2>/dev/null || true").is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the settings were not rewritten");
        pause(Duration::from_millis(200));
    }
    assert_eq!(day.sh("stat -c '%a %U' .env.bunker-next"), "600 deploy\n");
    day.0.ok(&["abort", "last", "--kill"]);
    let ended = day.0.bunker(&["attach", "last"]);
    assert_ne!(ended.status.code(), Some(0), "{}", text(&ended));
    assert_eq!(day.sh("cat .env"), env, "the old settings are whole");
    assert!(day.redis(&old[3]).contains("PONG") && day.database_opens(&old[2]));
    assert_eq!(day.secrets(), old);
    day.sh("rm -f /run/hold-sync /run/at-sync /usr/local/bin/sync");
    // The next job takes away what the killed one left.
    day.0.ok(&["backup", ONE, "--yes"]);
    assert_eq!(day.sh("ls -A | grep bunker-next || true"), "");
}

/// Secret rotation: the services answer to the new values and refuse the old ones.
fn rotation(day: &Day2) {
    let old = day.secrets();
    assert!(day.redis(&old[3]).contains("PONG"), "{}", day.redis(&old[3]));
    assert!(day.database_opens(&old[2]));
    let check = day.0.bunker(&["rotate-secrets", ONE, "--all", "--check"]);
    assert_eq!(check.status.code(), Some(3), "{}", text(&check));
    assert_eq!(day.secrets(), old, "a check changes nothing");

    let said = day.0.ok(&["rotate-secrets", ONE, "--all", "--yes"]);
    let new = day.secrets();
    for (n, name) in SECRETS.iter().enumerate().skip(1) {
        assert_ne!(old[n], new[n], "{name}");
        assert!(day.sh("cat .env").contains(&new[n]), "{name}");
    }
    assert!(day.redis(&new[3]).contains("PONG"));
    assert!(!day.redis(&old[3]).contains("PONG"), "the old one is refused");
    assert!(day.database_opens(&new[2]));
    assert!(!day.database_opens(&old[2]), "the old one is refused");
    let health = day.sh("docker compose ps --format '{{.Service}} {{.Health}}' | sort");
    assert_eq!(health, "admin healthy\napi healthy\ndb healthy\nredis healthy\n");
    let left = day.sh("ls -A | grep bunker-next || true");
    assert_eq!(left, "", "nothing stays behind");
    for value in old.iter().skip(1).chain(new.iter().skip(1)) {
        assert!(!text(&said).contains(value.as_str()));
        let journal = format!("journalctl --no-pager -o cat | grep -cF '{value}' || true");
        assert_eq!(day.sh(&journal).trim(), "0", "the journal");
        let files =
            format!("grep -rlF '{value}' /var/lib/bunker /var/log /home /etc /root || true");
        assert_eq!(day.sh(&files), "", "files of the host");
        let here = Command::new("grep").args(["-rlF", value]).arg(day.0.own.path()).output();
        assert_eq!(String::from_utf8_lossy(&here.unwrap().stdout), "", "files here");
    }
    let due = day.0.ok(&["secrets", "due"]);
    assert!(!text(&due).contains("vault_redis_password"), "{}", text(&due));
}

/// `upgrade.yml`, and back again to the containers of before, from images that the host has kept.
fn upgrade_and_rollback(day: &Day2) {
    let images = "docker inspect --format '{{.Image}}' $(docker compose ps -q api)";
    let image = day.sh(images);
    assert!(day.answers().contains(&day.sha("v2.4.1")), "{}", day.answers());
    day.0.ok(&["upgrade", ONE, "--to", "v2.5.0", "--yes"]);
    assert!(day.answers().contains(&day.sha("v2.5.0")), "{}", day.answers());
    assert_ne!(day.sh(images), image);
    day.0.ok(&["rollback", ONE, "--yes"]);
    assert!(day.answers().contains(&day.sha("v2.4.1")), "{}", day.answers());
    assert_eq!(day.sh(images), image, "the very image of before");
    let release = day.sh("cat /etc/ansible/facts.d/changemaker.fact");
    assert!(release.contains(&day.sha("v2.4.1")), "{release}");
}

/// `configure.yml` has nothing to do. A deployment builds once more, since others than it made the containers; after
/// that one has nothing to do either.
fn in_line_at_the_end(day: &Day2) {
    let check = day.0.bunker(&["configure", ONE, "--check", "--diff"]);
    assert_eq!(check.status.code(), Some(0), "{}", text(&check));
    let deploy = ["deploy", ONE, "--to", "v2.4.1", "--yes", "--skip-tags", "common"];
    day.0.ok(&deploy);
    let again = day.0.ok(&deploy);
    day.0.nothing_changed(&again);
}
