//! What disk, clock, backup, checkout and settings say about the health of an instance.

use super::verdict::{Health, Reason};
use super::words::{hours, percent, seconds_since, short_age};
use crate::domain::catalogue::BACKUP_ALERT_S;
use crate::domain::facts::{BackupFile, Checkout, Disk, EnvFile, Facts, Part};
use crate::domain::settings::{InstancePolicy, InstanceSettings};
use crate::domain::untrusted::Safe;
use jiff::{SignedDuration, Timestamp};

/// The time by the host's clock.
pub(super) fn host_time(facts: &Facts, now: Timestamp) -> Timestamp {
    let skew = facts.clock_skew_s.known().copied().unwrap_or(0.0);
    let skew = SignedDuration::try_from_secs_f64(skew).unwrap_or_default();
    now.checked_add(skew).unwrap_or(now)
}

/// One reason for each thing that is not as it should be, or that could not be read: what is not
/// known is not well.
pub(super) fn reasons(facts: &Facts, settings: &InstanceSettings, now: Timestamp) -> Vec<Reason> {
    let policy = &settings.policy;
    let host_now = host_time(facts, now);
    let mut found = Vec::new();
    each(&mut found, "disk", &facts.disk, |d| disk(d, policy).into_iter().collect());
    each(&mut found, "clock", &facts.clock_skew_s, |s| clock(*s, policy).into_iter().collect());
    each(&mut found, "backup", &facts.backup, |b| {
        backup(b.as_ref(), settings, host_now).into_iter().collect()
    });
    each(&mut found, "checkout", &facts.checkout, |c| checkout(c, facts));
    each(&mut found, ".env", &facts.env_file, env_file);
    if let Part::Unreadable(why) = &facts.system {
        found.push(unreadable("machine", why));
    }
    if let Part::Unreadable(why) = &facts.release {
        found.push(unreadable("release", why));
    }
    found
}

fn each<T>(
    found: &mut Vec<Reason>,
    subject: &str,
    part: &Part<T>,
    rule: impl FnOnce(&T) -> Vec<Reason>,
) {
    match part {
        Part::Known(value) => found.extend(rule(value)),
        Part::Unreadable(why) => found.push(unreadable(subject, why)),
    }
}

pub(super) fn unreadable(subject: &str, why: &Safe) -> Reason {
    Reason::new(Health::Unknown, subject, &format!("cannot be read: {why}"))
}

fn degraded(subject: &str, text: &str) -> Reason {
    Reason::new(Health::Degraded, subject, text)
}

fn disk(disk: &Disk, policy: &InstancePolicy) -> Option<Reason> {
    let Some(used) = disk.used_ratio() else {
        return Some(Reason::new(Health::Unknown, "disk", "has no size"));
    };
    let (of, mount) = (percent(used), &disk.mount);
    if used >= policy.disk_critical {
        let limit = percent(policy.disk_critical);
        Some(degraded("disk", &format!("{of} of {mount} (critical {limit}: no upgrade starts)")))
    } else if used >= policy.disk_warn {
        Some(degraded("disk", &format!("{of} of {mount} (warn {})", percent(policy.disk_warn))))
    } else {
        None
    }
}

fn clock(skew_s: f64, policy: &InstancePolicy) -> Option<Reason> {
    let away = skew_s.abs();
    (away >= policy.skew_warn_s).then(|| {
        let side = if skew_s > 0.0 { "ahead" } else { "behind" };
        let by = if away < 100.0 { format!("{away:.1} s") } else { short_age(away) };
        degraded("clock", &format!("{by} {side} of ours (warn {} s)", policy.skew_warn_s))
    })
}

fn backup(
    newest: Option<&BackupFile>,
    settings: &InstanceSettings,
    host_now: Timestamp,
) -> Option<Reason> {
    let Some(file) = newest else {
        return Some(degraded("backup", &format!("none in {}", settings.backup_dir)));
    };
    if file.size_b == 0 {
        return Some(degraded("backup", &format!("the newest, {}, is empty", file.name)));
    }
    if file.at.duration_since(host_now).as_secs_f64() > 300.0 {
        let text = format!("the newest, {}, is from the future by the host's clock", file.name);
        return Some(degraded("backup", &text));
    }
    backup_age(seconds_since(file.at, host_now), &settings.policy)
}

/// The rule about the age of a backup, whoever told it.
pub(super) fn backup_age(age_s: f64, policy: &InstancePolicy) -> Option<Reason> {
    let red = policy.backup_critical_s as f64;
    if age_s < policy.backup_warn_s as f64 {
        return None;
    }
    let limits = format!("red above {}, alert at {}", hours(red), hours(BACKUP_ALERT_S));
    Some(degraded("backup", &format!("{} old ({limits})", hours(age_s))))
}

fn checkout(checkout: &Checkout, facts: &Facts) -> Vec<Reason> {
    let mut found = Vec::new();
    if !checkout.changed.is_empty() {
        let names: Vec<&str> = checkout
            .changed
            .iter()
            .take(3)
            .map(|l| l.as_str().get(3..).unwrap_or(l.as_str()))
            .collect();
        let more = match checkout.changed.len().saturating_sub(names.len()) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        found.push(degraded("checkout", &format!("local change: {}{more}", names.join(", "))));
    }
    if let Part::Known(Some(record)) = &facts.release
        && record.sha != checkout.commit
    {
        let text = format!(
            "is at {}, but {} ({}) is what was released",
            checkout.commit.short(),
            record.sha.short(),
            record.reference
        );
        found.push(degraded("checkout", &text));
    }
    // Kept by git's own rules and by ours: worth knowing, and no fault.
    for name in &checkout.extra {
        found.push(Reason::new(Health::Healthy, "checkout", &format!("{name} is in use")));
    }
    found
}

fn env_file(env: &EnvFile) -> Vec<Reason> {
    let mut found = Vec::new();
    if env.mode & 0o077 != 0 {
        let text = format!("can be read by others (mode {:04o}, want 0600)", env.mode & 0o7777);
        found.push(degraded(".env", &text));
    }
    if env.applied_sha256.as_ref().is_some_and(|applied| applied != &env.sha256) {
        found.push(degraded(".env", "was changed by hand since it was last applied"));
    }
    found
}
