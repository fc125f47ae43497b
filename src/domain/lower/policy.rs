//! `bunker_*` that decide: limits and times for health and gates, windows, guardrails.

use std::collections::BTreeSet;

use super::instance::url;
use super::reader::Reader;
use crate::domain::fleet::FleetPolicy;
use crate::domain::plan::Outside;
use crate::domain::policy::Guardrail;
use crate::domain::settings::InstancePolicy;
use crate::domain::window::Window;

const DAY: u64 = 86_400;
/// Shares are often written as per cent by mistake.
const SHARE: &str = "it is a part of 1: write 85 % as 0.85";

/// The policy of an instance. A value that cannot be used was said; then the result counts for nothing.
pub(super) fn policy(r: &mut Reader<'_>) -> InstancePolicy {
    let usual = InstancePolicy::default();
    let seconds = (0, 366 * DAY);
    let policy = InstancePolicy {
        min_healthy_s: r.whole("bunker_min_healthy_s", (0, DAY)).unwrap_or(usual.min_healthy_s),
        healthy_deadline_s: r
            .whole("bunker_healthy_deadline_s", (1, DAY))
            .unwrap_or(usual.healthy_deadline_s),
        step_timeout_s: r.whole("bunker_step_timeout_s", (1, DAY)).unwrap_or(usual.step_timeout_s),
        disk_warn: r.number("bunker_disk_warn", (0.0, 1.0), SHARE).unwrap_or(usual.disk_warn),
        disk_critical: r
            .number("bunker_disk_critical", (0.0, 1.0), SHARE)
            .unwrap_or(usual.disk_critical),
        upgrade_free_b: r
            .whole("bunker_upgrade_free_b", (0, 1 << 50))
            .unwrap_or(usual.upgrade_free_b),
        backup_warn_s: r.whole("bunker_backup_warn_s", seconds).unwrap_or(usual.backup_warn_s),
        backup_critical_s: r
            .whole("bunker_backup_critical_s", seconds)
            .unwrap_or(usual.backup_critical_s),
        skew_warn_s: positive(r, "bunker_skew_warn_s").unwrap_or(usual.skew_warn_s),
        skew_critical_s: positive(r, "bunker_skew_critical_s").unwrap_or(usual.skew_critical_s),
        p95_warn_s: positive(r, "bunker_p95_warn_s").unwrap_or(usual.p95_warn_s),
        error_ratio_warn: r
            .number("bunker_error_ratio_warn", (0.0, 1.0), SHARE)
            .unwrap_or(usual.error_ratio_warn),
        mail_queue_warn: positive(r, "bunker_mail_queue_warn").unwrap_or(usual.mail_queue_warn),
        require_why: r.truth("bunker_require_why").unwrap_or(usual.require_why),
    };
    if !r.failed() {
        in_order(r, &policy);
    }
    policy
}

/// The windows of a host. One that cannot be used costs the host: without it, it would be changed at any time.
pub(super) fn windows(r: &mut Reader<'_>) -> Option<Vec<Window>> {
    let name = "bunker_windows";
    let hint = "docs/rollouts.md shows how windows are written; times stand in quotes";
    if r.variable(name).is_none() {
        return Some(Vec::new());
    }
    let before = r.failed();
    let windows: Vec<Window> = r.items(name, hint).unwrap_or_default();
    let mut names = BTreeSet::new();
    if let Some(twice) = windows.iter().find(|w| !names.insert(w.name.clone())) {
        r.refuse(name, format!("{name}: two windows are named {}", twice.name), None);
    }
    (before || !r.failed()).then_some(windows)
}

/// What binds every run of the fleet. A value that cannot be used was said; then the result counts for nothing.
pub(super) fn of_the_fleet(r: &mut Reader<'_>) -> FleetPolicy {
    let usual = FleetPolicy::default();
    let name = "bunker_guardrails";
    let hint = "docs/rollouts.md shows how guardrails are written";
    let guardrails: Vec<Guardrail> = r.items(name, hint).unwrap_or_default();
    for (at, rule) in guardrails.iter().enumerate() {
        if let Some(problem) = rule.problem() {
            r.refuse(name, format!("{name}: entry {}: {problem}", at + 1), Some(hint));
        }
    }
    let outside = match r.text("bunker_window_outside") {
        None | Some("refuse") => Outside::Refuse,
        Some("wait") => Outside::Wait,
        Some(_) => {
            let message = "bunker_window_outside is refuse or wait".to_owned();
            r.refuse("bunker_window_outside", message, None);
            Outside::Refuse
        }
    };
    FleetPolicy {
        guardrails,
        approval_ttl_s: r
            .whole("bunker_approval_ttl_s", (60, 30 * DAY))
            .unwrap_or(usual.approval_ttl_s),
        outside,
        window_resumes: r.truth("bunker_window_resumes").unwrap_or(usual.window_resumes),
        alertmanager: url(r, "bunker_alertmanager_url", None),
    }
}

fn positive(r: &mut Reader<'_>, name: &str) -> Option<f64> {
    r.number(name, (0.0, 1e9), "seconds or a count, zero or more")
}

/// A warning that comes after what it warns of would never be seen.
fn in_order(r: &mut Reader<'_>, p: &InstancePolicy) {
    let pairs = [
        ("bunker_disk_warn", p.disk_warn, "bunker_disk_critical", p.disk_critical),
        ("bunker_skew_warn_s", p.skew_warn_s, "bunker_skew_critical_s", p.skew_critical_s),
        (
            "bunker_backup_warn_s",
            p.backup_warn_s as f64,
            "bunker_backup_critical_s",
            p.backup_critical_s as f64,
        ),
        (
            "bunker_min_healthy_s",
            p.min_healthy_s as f64,
            "bunker_healthy_deadline_s",
            p.healthy_deadline_s as f64,
        ),
    ];
    for (low, below, high, above) in pairs {
        if below > above {
            let name = if r.variable(low).is_some() { low } else { high };
            let message = format!("{low} is {below}, which is more than {high}, which is {above}");
            r.refuse(name, message, Some("set both, the first lower"));
        }
    }
}
