//! The hosts and the metrics server, all asked at the same time.

use futures_util::future::join_all;

use super::finding::Notes;
use crate::domain::catalogue::FRESHNESS;
use crate::domain::connection::Become;
use crate::domain::facts::{Facts, Part};
use crate::domain::figure::Trouble;
use crate::domain::finding::Finding;
use crate::domain::fleet::{Fleet, Host, MetricsSettings};
use crate::domain::health::short_age;
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::engine::poller::{Sources, probe_host};
use crate::steps::deploy::backup_mark;
use crate::steps::probe::{Equipment, PATIENCE, parse_equipment, render_equipment, version_of};

/// The oldest Compose that the workflows use.
const COMPOSE: (u32, u32) = (2, 0);
/// The oldest git that they use on a host.
const GIT: (u32, u32) = (2, 20);

pub(super) async fn findings(sources: &Sources, fleet: &Fleet, hosts: &[&Host]) -> Vec<Finding> {
    let server = async {
        match &fleet.metrics {
            Some(settings) => metrics(sources, settings).await,
            None => Vec::new(),
        }
    };
    let all = join_all(hosts.iter().map(|host| one(sources, host)));
    let (server, all) = tokio::join!(server, all);
    server.into_iter().chain(all.into_iter().flatten()).collect()
}

async fn metrics(sources: &Sources, settings: &MetricsSettings) -> Vec<Finding> {
    let mut notes = Notes::of("metrics server");
    match sources.metrics.instant(settings, FRESHNESS).await {
        Ok(answer) => {
            let n = answer.samples.len();
            let fix = "look at the instances' remote_write and at cml_instance_label";
            notes.expect("query", n > 0, &format!("{n} instances report"), fix);
        }
        Err(trouble) => {
            let (found, fix) = in_words(&trouble);
            notes.bad("query", &found, fix);
        }
    }
    notes.all
}

fn in_words(trouble: &Trouble) -> (String, &'static str) {
    match trouble {
        Trouble::Down(why) => (why.to_string(), "is it running, and is bunker_metrics_url right?"),
        Trouble::TimedOut => ("no answer in time".into(), "is it reachable from this machine?"),
        Trouble::Refused(why) => (why.to_string(), "look at the token and the path of its address"),
        Trouble::Malformed(why) => (why.to_string(), "is bunker_metrics_url a metrics server's?"),
        Trouble::Oversized | Trouble::NotReported | Trouble::NoData | Trouble::NotANumber => {
            ("an answer that cannot be used".into(), "is bunker_metrics_url a metrics server's?")
        }
    }
}

async fn one(sources: &Sources, host: &Host) -> Vec<Finding> {
    let mut notes = Notes::of(host.id.as_str());
    let nonce = sources.clock.nonce();
    let dir = host.instance.as_ref().map_or("/", |settings| settings.dir.as_str());
    let script = render_equipment(&nonce, dir, &backup_mark(&host.id));
    match sources.remote.read(&host.connection, &script, PATIENCE).await {
        Err(error) => {
            unreached(&mut notes, &error);
            return notes.all;
        }
        Ok(output) => {
            notes.good("ssh", &format!("answers in {} ms", output.took.as_millis()));
            match host.connection.become_root {
                Become::Root => notes.good("sudo", "asks for no password"),
                Become::LoginUser => notes.good("sudo", "not used: ansible_become is false"),
            }
            match parse_equipment(&output.stdout, &nonce) {
                Some(equipment) => {
                    equipped(&mut notes, &equipment, host.instance.is_some());
                    if host.instance.is_some() {
                        server(&mut notes, &equipment, host.id.as_str());
                    }
                }
                None => notes.bad(
                    "shell",
                    "the script's answer is odd",
                    "is the login shell a plain one?",
                ),
            }
        }
    }
    if let Some(settings) = &host.instance {
        match probe_host(&*sources.remote, host, settings, &*sources.clock, PATIENCE).await {
            Ok(facts) => instance(&mut notes, &facts, settings),
            Err(error) => unreached(&mut notes, &error),
        }
    }
    notes.all
}

fn unreached(notes: &mut Notes, error: &RemoteError) {
    let check = if error.kind == RemoteErrorKind::Sudo { "sudo" } else { "ssh" };
    let fix = error.hint.as_ref().map_or("look at the connection with ssh -v", |h| h.as_str());
    notes.bad(check, error.message.as_str(), fix);
}

fn equipped(notes: &mut Notes, e: &Equipment, is_instance: bool) {
    told(notes, "user", &e.user, |_| true, "look at the login");
    match &e.missing {
        Ok(missing) if missing.is_empty() => notes.good("programs", "all there"),
        Ok(missing) => {
            let names = missing.iter().map(Safe::as_str).collect::<Vec<_>>().join(" ");
            let fix = "apt-get install coreutils util-linux findutils procps git mawk";
            notes.bad("programs", &format!("missing: {names}"), fix);
        }
        Err(why) => notes.bad("programs", why.as_str(), "ask again"),
    }
    told(notes, "jobs by", &e.manager, |_| true, "ask again");
    if !is_instance {
        return;
    }
    told(
        notes,
        "docker",
        &e.docker,
        |_| true,
        "start Docker, and let this user use it (or ansible_become)",
    );
    let at_least = |least| move |text: &str| version_of(text).is_some_and(|v| v >= least);
    told(
        notes,
        "compose",
        &e.compose,
        at_least(COMPOSE),
        "install Compose v2 (docker-compose-plugin)",
    );
    told(notes, "git", &e.git, at_least(GIT), "install git 2.20 or newer");
}

/// What the role `common` and the last steps of a deployment bring.
fn server(notes: &mut Notes, e: &Equipment, id: &str) {
    let is = |want: &'static str| move |text: &str| text == want;
    let supported = |text: &str| {
        ["Debian GNU/Linux 12", "Debian GNU/Linux 13", "Ubuntu 24.04"]
            .iter()
            .any(|known| text.starts_with(known))
    };
    let fix = "workflows are proven on Debian 12, Debian 13 and Ubuntu 24.04";
    told(notes, "system", &e.system, supported, fix);
    let common = format!("bunker deploy {id} --tags common");
    told(notes, "firewall", &e.firewall, is("on, lets SSH in"), &common);
    told(notes, "fail2ban", &e.fail2ban, is("watches SSH"), &common);
    told(notes, "updates", &e.updates, is("on"), &common);
    let there = |text: &str| text.starts_with("in the crontab");
    told(notes, "backup cron", &e.cron, there, &format!("bunker deploy {id} --tags backup"));
    let fix = "start the server anew in its maintenance window: sudo systemctl reboot";
    told(notes, "restart", &e.restart, is("not needed"), fix);
}

fn told(
    notes: &mut Notes,
    check: &'static str,
    said: &Result<Safe, Safe>,
    is_good: impl Fn(&str) -> bool,
    fix: &str,
) {
    match said {
        Ok(text) => notes.expect(check, is_good(text.as_str()), text.as_str(), fix),
        Err(why) => notes.bad(check, why.as_str(), fix),
    }
}

fn instance(notes: &mut Notes, facts: &Facts, settings: &InstanceSettings) {
    let policy = &settings.policy;
    part(notes, "checkout", &facts.checkout, |notes, c| {
        notes.good("checkout", &format!("{} at {}", settings.dir, c.commit.short()));
    });
    part(notes, "disk", &facts.disk, |notes, d| {
        let used = d.used_ratio().unwrap_or(1.0);
        let gb = d.available_b as f64 / 1e9;
        let found = format!("{:.0} % of {} in use, {gb:.1} GB left", used * 100.0, d.mount);
        let fix = "free space: old images (docker image prune), old backups, logs";
        notes.expect("disk", used < policy.disk_warn, &found, fix);
    });
    part(notes, "clock", &facts.clock_skew_s, |notes, skew| {
        let found = format!("{:.2} s from ours", skew.abs());
        let fix = "start a time service there (systemd-timesyncd or chrony)";
        notes.expect("clock", skew.abs() < policy.skew_warn_s, &found, fix);
    });
    part(notes, ".env", &facts.env_file, |notes, env| {
        let found = format!("mode {:04o}, {} settings", env.mode & 0o7777, env.keys.len());
        let fix = format!("chmod 600 {}/.env", settings.dir);
        let for_others = env.mode & 0o077 != 0;
        notes.expect(".env", !for_others, &found, &fix);
    });
    part(notes, "backups", &facts.backup, |notes, newest| {
        let Some(file) = newest else {
            let found = format!("none in {}", settings.backup_dir);
            return notes.bad(
                "backups",
                &found,
                "make one (`bunker backup`), and look at its cron job",
            );
        };
        let age = facts.probed_at.duration_since(file.at).as_secs_f64().max(0.0);
        let found = format!("newest {}, {} old", file.name, short_age(age));
        let fix = "look at its cron job and at its log; `bunker backup` makes one that is proven";
        notes.expect("backups", age < policy.backup_warn_s as f64, &found, fix);
    });
}

fn part<T>(
    notes: &mut Notes,
    check: &'static str,
    part: &Part<T>,
    good: impl FnOnce(&mut Notes, &T),
) {
    match part {
        Part::Known(value) => good(notes, value),
        Part::Unreadable(why) => {
            notes.bad(
                check,
                why.as_str(),
                "look at the variables cml_dir and cml_backup_dir, and at who may read there",
            );
        }
    }
}
