//! The query catalogue: every `PromQL` expression stands here once, with its signal and thresholds.
//!
//! **Invariant:** each expression answers for the whole fleet at once, by the label `instance`, so a
//! refresh costs [`N_INSTANT`] queries whatever the size of the fleet, and one of the trends
//! [`N_TREND`] more.

use serde::{Deserialize, Serialize};

use super::settings::InstancePolicy;
use super::signal::Signal;

/// Age of a backup in seconds at which the alert fires.
pub const BACKUP_ALERT_S: f64 = 25.0 * 3_600.0;

/// Seconds after which the newest sample of an instance is stale.
pub const STALE_S: f64 = 180.0;

/// Seconds between two values of a trend.
pub const TREND_STEP_S: u32 = 60;

/// Values of a trend: one hour.
pub const TREND_N: u32 = 60;

/// One expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// What its number means; it has the unit of this signal.
    pub signal: Signal,
    /// `PromQL` that gives one value for each `instance`.
    pub expression: &'static str,
    /// Whether its last hour is kept as well.
    pub trend: bool,
}

/// When an instance's newest sample was taken, in unix seconds: the age of all its other figures.
pub const FRESHNESS: &str = r#"max by (instance) (timestamp(up{job="changemaker-v2-api"}))"#;

/// Figures of an instance by signal.
pub const QUERIES: &[Query] = &[
    Query {
        signal: Signal::P95Seconds,
        expression: "histogram_quantile(0.95, sum by (instance, le) (rate(http_request_duration_seconds_bucket[5m])))",
        trend: true,
    },
    // An instance with requests and no 5xx series has none: 0. One without requests has no ratio.
    Query {
        signal: Signal::ErrorRatio,
        expression: r#"(sum by (instance) (rate(http_requests_total{status_code=~"5.."}[5m])) or 0 * sum by (instance) (rate(http_requests_total[5m]))) / (sum by (instance) (rate(http_requests_total[5m])) > 0)"#,
        trend: true,
    },
    Query {
        signal: Signal::RequestRate,
        expression: "sum by (instance) (rate(http_requests_total[5m]))",
        trend: true,
    },
    Query {
        signal: Signal::MailQueue,
        expression: "sum by (instance) (cm_email_queue_size)",
        trend: true,
    },
    Query {
        signal: Signal::MailRate,
        expression: "sum by (instance) (rate(cm_emails_sent_total[5m]))",
        trend: true,
    },
    Query {
        signal: Signal::CanvassSessions,
        expression: "sum by (instance) (cm_active_canvass_sessions)",
        trend: false,
    },
    Query {
        signal: Signal::VisitRate,
        expression: "sum by (instance) (rate(cm_canvass_visits_total[5m]))",
        trend: true,
    },
    Query {
        signal: Signal::CpuRatio,
        expression: r#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))"#,
        trend: true,
    },
    Query {
        signal: Signal::MemoryRatio,
        expression: "1 - max by (instance) (node_memory_MemAvailable_bytes) / max by (instance) (node_memory_MemTotal_bytes)",
        trend: false,
    },
    Query {
        signal: Signal::DiskRatio,
        expression: r#"1 - max by (instance) (node_filesystem_avail_bytes{mountpoint="/",fstype!~"tmpfs|overlay|squashfs|ramfs"}) / max by (instance) (node_filesystem_size_bytes{mountpoint="/",fstype!~"tmpfs|overlay|squashfs|ramfs"})"#,
        trend: false,
    },
    // Backups push once a day: the usual five minutes of look-back would lose them.
    Query {
        signal: Signal::BackupAge,
        expression: "time() - max by (instance) (last_over_time(cm_backup_last_success_timestamp[7d]))",
        trend: false,
    },
    Query {
        signal: Signal::BackupSize,
        expression: "max by (instance) (last_over_time(cm_backup_size_bytes[7d]))",
        trend: false,
    },
];

/// Queries of one refresh of the figures: those above and their freshness.
pub const N_INSTANT: usize = QUERIES.len() + 1;

/// Queries of one refresh of the trends.
pub const N_TREND: usize = 7;

/// From which value on a signal makes an instance degraded; `None` for one that does not.
pub fn warn_at(signal: Signal, policy: &InstancePolicy) -> Option<f64> {
    match signal {
        Signal::P95Seconds => Some(policy.p95_warn_s),
        Signal::ErrorRatio => Some(policy.error_ratio_warn),
        Signal::MailQueue => Some(policy.mail_queue_warn),
        Signal::DiskRatio => Some(policy.disk_warn),
        Signal::BackupAge => Some(policy.backup_warn_s as f64),
        Signal::RequestRate
        | Signal::MailRate
        | Signal::CanvassSessions
        | Signal::VisitRate
        | Signal::CpuRatio
        | Signal::MemoryRatio
        | Signal::BackupSize => None,
    }
}

/// Which way a figure gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Worse {
    /// The higher the worse.
    Higher,
    /// The lower the worse.
    Lower,
}

/// What a signal says about a release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Which.
    pub signal: Signal,
    /// Which way it gets worse.
    pub worse: Worse,
    /// A difference between instances up to this says nothing, in the signal's unit.
    pub allowed_shift: f64,
    /// Whether instances can be compared by it: a queue depends on what its owner sends.
    pub compare: bool,
    /// Whether a fleet that says nothing is judged by it.
    pub by_default: bool,
    /// Whether it is then only shown.
    pub muted: bool,
}

const fn judged_by(signal: Signal, allowed_shift: f64) -> Judged {
    let (worse, compare, by_default, muted) = (Worse::Higher, true, false, false);
    Judged { signal, worse, allowed_shift, compare, by_default, muted }
}

/// The signals by which a canary can be judged. The others follow what people do, or the host, and not the release.
pub const JUDGED: &[Judged] = &[
    Judged { by_default: true, ..judged_by(Signal::ErrorRatio, 0.005) },
    Judged { by_default: true, ..judged_by(Signal::P95Seconds, 0.05) },
    Judged { by_default: true, muted: true, ..judged_by(Signal::MemoryRatio, 0.05) },
    Judged { compare: false, ..judged_by(Signal::MailQueue, 20.0) },
    Judged { worse: Worse::Lower, ..judged_by(Signal::MailRate, 0.1) },
    Judged { worse: Worse::Lower, ..judged_by(Signal::RequestRate, 0.5) },
    judged_by(Signal::CpuRatio, 0.1),
    judged_by(Signal::DiskRatio, 0.05),
];

/// What a signal says about a release; `None` where that is nothing.
pub fn judged(signal: Signal) -> Option<&'static Judged> {
    JUDGED.iter().find(|judged| judged.signal == signal)
}

impl Query {
    /// The expression with rates over `window_s` instead of five minutes, so that neighbouring values of a range
    /// whose step is `window_s` share no sample: statistics need values that do not repeat each other.
    pub fn over(&self, window_s: u32) -> String {
        self.expression.replace("[5m]", &format!("[{window_s}s]"))
    }

    /// The query of a signal.
    pub fn of(signal: Signal) -> Option<&'static Self> {
        QUERIES.iter().find(|query| query.signal == signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_one_expression_and_every_expression_is_for_the_fleet() {
        let signals: Vec<Signal> = QUERIES.iter().map(|q| q.signal).collect();
        assert_eq!(signals, Signal::ALL);
        for query in QUERIES {
            assert!(query.expression.contains("by (instance"), "{}", query.expression);
        }
        assert_eq!(QUERIES.iter().filter(|q| q.trend).count(), N_TREND);
        assert_eq!(N_INSTANT, 13);
    }

    #[test]
    fn a_window_replaces_the_five_minutes_of_every_rate() {
        for query in QUERIES.iter().filter(|q| q.expression.contains("rate(")) {
            let text = query.over(30);
            assert!(text.contains("[30s]") && !text.contains("[5m]"), "{text}");
        }
        let by_default: Vec<Signal> =
            JUDGED.iter().filter(|j| j.by_default && !j.muted).map(|j| j.signal).collect();
        assert_eq!(by_default, [Signal::ErrorRatio, Signal::P95Seconds]);
    }
}
