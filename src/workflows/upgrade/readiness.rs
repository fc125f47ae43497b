//! How ready one target is: what was found, and what it means for an upgrade.

use super::assemble::{Candidate, Wish};
use super::phases;
use crate::domain::facts::{BackupFile, Checkout, Container, Disk, EnvFile, Facts, Part, Stack};
use crate::domain::plan::{Change, Finding, Readiness};
use crate::domain::settings::InstancePolicy;
use crate::domain::untrusted::Safe;
use crate::workflows::planned::finding;

/// What became of a candidate.
pub(super) enum Verdict {
    /// It needs no upgrade.
    Excluded(Safe),
    /// It stands in the plan.
    Judged(Vec<Finding>),
}

/// Judges one candidate. `alone` says that it is the only host that was asked for.
pub(super) fn judge(
    wish: &Wish,
    candidate: &Candidate<'_>,
    change: Option<&Change>,
    alone: bool,
) -> Verdict {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            let text = format!("not read: {}{hint}", error.message);
            return Verdict::Judged(vec![finding(Readiness::Unknown, "ssh", &text)]);
        }
    };
    let checkout = match &facts.checkout {
        Part::Known(checkout) => checkout,
        Part::Unreadable(why) => {
            let text = format!("it cannot be told what runs: {why}");
            return Verdict::Judged(vec![finding(Readiness::Unknown, "checkout", &text)]);
        }
    };
    let recorded = facts.release.known().and_then(Option::as_ref).map(|r| &r.sha);
    let unfinished = recorded.is_some_and(|sha| sha != &checkout.commit);
    if checkout.commit == wish.target.sha && !unfinished {
        let (reference, sha) = (&wish.target.reference, wish.target.sha.short());
        return Verdict::Excluded(Safe::line(&format!("runs {reference} ({sha}) already")));
    }
    let policy = &candidate.settings.policy;
    let mut findings = Vec::new();
    lease(facts, &mut findings);
    clock(facts, policy, &mut findings);
    disk(&facts.disk, policy, &mut findings);
    backup(wish, &facts.backup, policy, &mut findings);
    tree(checkout, &mut findings);
    if let Some(recorded) = recorded.filter(|_| unfinished) {
        let text = format!(
            "the checkout is at {}, the release recorded last is {}: a run did not end well, or somebody changed it by hand",
            checkout.commit.short(),
            recorded.short()
        );
        findings.push(finding(Readiness::Warning, "drift", &text));
    }
    env_file(&facts.env_file, change, &mut findings);
    difference(checkout, change, wish, &mut findings);
    let may_be_down = alone || unfinished || change.is_some_and(|c| c.not_forward);
    stack(&facts.stack, &candidate.settings.expected_services, may_be_down, &mut findings);
    Verdict::Judged(findings)
}

fn lease(facts: &Facts, findings: &mut Vec<Finding>) {
    if let Part::Known(Some(holder)) = &facts.lease {
        findings.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
}

pub(in super::super) fn clock(facts: &Facts, policy: &InstancePolicy, findings: &mut Vec<Finding>) {
    match &facts.clock_skew_s {
        Part::Known(skew) => {
            let off = skew.abs();
            let side = if *skew < 0.0 { "behind" } else { "ahead" };
            let text = format!("the clock is {off:.1} s {side}: look at timedatectl on the host");
            if off >= policy.skew_critical_s {
                findings.push(finding(Readiness::Blocked, "clock", &text));
            } else if off >= policy.skew_warn_s {
                findings.push(finding(Readiness::Warning, "clock", &text));
            }
        }
        Part::Unreadable(why) => {
            findings.push(finding(Readiness::Review, "clock", &format!("not read: {why}")));
        }
    }
}

pub(in super::super) fn disk(
    disk: &Part<Disk>,
    policy: &InstancePolicy,
    findings: &mut Vec<Finding>,
) {
    let disk = match disk {
        Part::Known(disk) => disk,
        Part::Unreadable(why) => {
            findings.push(finding(Readiness::Review, "disk", &format!("not read: {why}")));
            return;
        }
    };
    let used = disk.used_ratio().unwrap_or(0.0);
    let left = gigabytes(disk.available_b);
    let state = format!("{} is {:.0} % full, {left} GB are left", disk.mount, used * 100.0);
    if disk.available_b < policy.upgrade_free_b {
        let text = format!("{state}: an upgrade needs {} GB", gigabytes(policy.upgrade_free_b));
        findings.push(finding(Readiness::Blocked, "disk", &text));
    } else if used >= policy.disk_critical {
        let text = format!("{state}: refused from {:.0} % on", policy.disk_critical * 100.0);
        findings.push(finding(Readiness::Blocked, "disk", &text));
    } else if used >= policy.disk_warn {
        let text = format!("{state}: warned from {:.0} % on", policy.disk_warn * 100.0);
        findings.push(finding(Readiness::Warning, "disk", &text));
    }
}

/// With one decimal, rounded down: it never says that there is more than there is.
fn gigabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn backup(
    wish: &Wish,
    backup: &Part<Option<BackupFile>>,
    policy: &InstancePolicy,
    findings: &mut Vec<Finding>,
) {
    let text = match backup {
        Part::Known(Some(file)) => {
            let age_s = wish.at.duration_since(file.at).as_secs();
            if age_s < i64::try_from(policy.backup_warn_s).unwrap_or(i64::MAX) {
                return;
            }
            format!("the newest backup is {} h old; the upgrade makes one first", age_s / 3_600)
        }
        Part::Known(None) => "there is no backup; the upgrade makes one first".to_owned(),
        Part::Unreadable(why) => {
            format!("the backups were not read ({why}); the upgrade makes one first")
        }
    };
    findings.push(finding(Readiness::Warning, "backup", &text));
}

fn tree(checkout: &Checkout, findings: &mut Vec<Finding>) {
    if !checkout.changed.is_empty() {
        let text = format!(
            "local changes that an upgrade would lose: {}; commit them upstream or undo them on the host",
            listed(&checkout.changed)
        );
        findings.push(finding(Readiness::Blocked, "drift", &text));
    }
    if !checkout.extra.is_empty() {
        let text = format!("local change: {}; it stays", listed(&checkout.extra));
        findings.push(finding(Readiness::Review, "drift", &text));
    }
}

/// At most three, and how many more.
fn listed(items: &[Safe]) -> String {
    let shown: Vec<&str> = items.iter().take(3).map(Safe::as_str).collect();
    let more = items.len().saturating_sub(3);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

fn env_file(env: &Part<EnvFile>, change: Option<&Change>, findings: &mut Vec<Finding>) {
    let env = match env {
        Part::Known(env) => env,
        Part::Unreadable(why) => {
            findings.push(finding(Readiness::Review, "env", &format!(".env was not read: {why}")));
            return;
        }
    };
    let has = |name: &str| env.keys.iter().any(|k| k.as_str() == name);
    let missing: Vec<Safe> = phases::required(change)
        .iter()
        .filter(|name| !has(name))
        .map(|name| Safe::line(name))
        .collect();
    if !missing.is_empty() {
        let text = format!(".env lacks {}, which the target needs: set it first", listed(&missing));
        findings.push(finding(Readiness::Blocked, "env", &text));
    }
    if env.mode & 0o077 != 0 {
        let text =
            format!(".env has mode {:o}: 600 keeps its secrets to its owner", env.mode & 0o777);
        findings.push(finding(Readiness::Warning, "env", &text));
    }
    if env.applied_sha256.as_ref().is_some_and(|applied| applied != &env.sha256) {
        let text = ".env was edited since the last run; the new containers start with it as it is";
        findings.push(finding(Readiness::Warning, "env", text));
    }
}

fn difference(
    checkout: &Checkout,
    change: Option<&Change>,
    wish: &Wish,
    findings: &mut Vec<Finding>,
) {
    let (here, there) = (checkout.commit.short(), &wish.target.reference);
    match change {
        None => {
            let text = format!(
                "what changes cannot be told: the repository does not hold {here}, which runs now"
            );
            findings.push(finding(Readiness::Review, "change", &text));
        }
        Some(change) if change.not_forward => {
            let text = format!(
                "{there} does not follow {here}, which runs now: going back undoes no migration"
            );
            findings.push(finding(Readiness::Review, "change", &text));
        }
        Some(_) => {}
    }
}

fn stack(stack: &Part<Stack>, expected: &[String], may_be_down: bool, findings: &mut Vec<Finding>) {
    let stack = match stack {
        Part::Known(stack) => stack,
        Part::Unreadable(why) => {
            let text = format!("the containers were not read: {why}");
            findings.push(finding(Readiness::Review, "containers", &text));
            return;
        }
    };
    let down: Vec<Safe> = not_running(stack, expected);
    if !down.is_empty() {
        let (readiness, advice) = if may_be_down {
            (Readiness::Review, "")
        } else {
            (
                Readiness::Blocked,
                ": an upgrade would hide the cause; find it, or upgrade this one alone",
            )
        };
        let text = format!("down: {}{advice}", listed(&down));
        findings.push(finding(readiness, "containers", &text));
    }
    let sick: Vec<Safe> = stack
        .containers
        .iter()
        .filter(|c| c.state.as_str() == "running" && c.health.as_str() == "unhealthy")
        .map(|c| c.service.clone())
        .collect();
    if !sick.is_empty() {
        let text = format!("unhealthy before the upgrade: {}", listed(&sick));
        findings.push(finding(Readiness::Review, "containers", &text));
    }
}

/// Services that are meant to run on and do not, each with its state.
fn not_running(stack: &Stack, expected: &[String]) -> Vec<Safe> {
    let wanted: Vec<&str> = if expected.is_empty() {
        stack.services.iter().map(Safe::as_str).collect()
    } else {
        expected.iter().map(String::as_str).collect()
    };
    let mut down = Vec::new();
    for service in wanted {
        let of_it: Vec<&Container> =
            stack.containers.iter().filter(|c| c.service.as_str() == service).collect();
        if of_it.iter().any(|c| c.one_shot || c.state.as_str() == "running") {
            continue;
        }
        let how = of_it.first().map_or_else(
            || "no container".to_owned(),
            |c| format!("{} ({})", c.state, c.exit_code),
        );
        down.push(Safe::line(&format!("{service} {how}")));
    }
    down
}
