//! The alert rules: names, limits and severities of the fleet plan, each once, for this program and for an alert server.

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::BACKUP_ALERT_S;
use crate::domain::signal::Signal;

/// How much an alert matters. Ordered worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody has to act now.
    Critical,
    /// Somebody should look.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word on the screens and in labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// The severity that a label names; one that is not known is a warning.
    pub fn of_label(label: &str) -> Self {
        match label.to_ascii_lowercase().as_str() {
            "critical" | "page" | "error" => Self::Critical,
            "info" | "none" => Self::Info,
            _ => Self::Warning,
        }
    }
}

/// How a rule is judged here, without an alert server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Test {
    /// The health address does not answer.
    Down,
    /// Answers with 5xx a second: part of errors times requests.
    ErrorRate {
        /// Above this many.
        above: f64,
    },
    /// A figure.
    Above {
        /// Which.
        signal: Signal,
        /// Above this much.
        limit: f64,
    },
}

/// The rule about backups: the one whose cause can be mended by a run.
pub const BACKUP_STALE: &str = "BackupStale";

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Its name, the label `alertname`.
    pub name: &'static str,
    /// What it means, in words.
    pub means: &'static str,
    /// What to do, in words.
    pub fix: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Seconds for which it has to hold.
    pub for_s: u32,
    /// Its `PromQL`, one series for each `instance` that it holds for.
    pub expression: &'static str,
    /// How it is judged here.
    pub test: Test,
}

const fn above(signal: Signal, limit: f64) -> Test {
    Test::Above { signal, limit }
}

/// All of them, in the order of the plan.
pub const RULES: &[Rule] = &[
    Rule {
        name: "InstanceDown",
        means: "the API does not answer",
        fix: "open the instance: its reasons say what stopped; `bunker rollback` brings the last good release back",
        severity: Severity::Critical,
        for_s: 300,
        expression: r#"max by (instance) (up{job="changemaker-v2-api"}) == 0"#,
        test: Test::Down,
    },
    Rule {
        name: "HighErrorRate",
        means: "more than one answer in ten seconds is a 5xx",
        fix: "look at the output of the API, and whether a release has just changed",
        severity: Severity::Warning,
        for_s: 0,
        expression: r#"sum by (instance) (rate(http_requests_total{status_code=~"5.."}[5m])) > 0.1"#,
        test: Test::ErrorRate { above: 0.1 },
    },
    Rule {
        name: "EmailQueueBacklog",
        means: "more than 100 mails wait",
        fix: "look at the mail server's answers in the output of the worker",
        severity: Severity::Warning,
        for_s: 900,
        expression: "sum by (instance) (cm_email_queue_size) > 100",
        test: above(Signal::MailQueue, 100.0),
    },
    Rule {
        name: BACKUP_STALE,
        means: "no good backup for 25 hours",
        fix: "back it up; `bunker doctor` looks at its cron job",
        severity: Severity::Critical,
        for_s: 0,
        expression: "time() - max by (instance) (last_over_time(cm_backup_last_success_timestamp[7d])) > 90000",
        test: above(Signal::BackupAge, BACKUP_ALERT_S),
    },
    Rule {
        name: "DiskSpaceLow",
        means: "less than a tenth of the disk is free",
        fix: "free space: old images (docker image prune), old backups, logs",
        severity: Severity::Critical,
        for_s: 0,
        expression: r#"max by (instance) (node_filesystem_avail_bytes{mountpoint="/",fstype!~"tmpfs|overlay|squashfs|ramfs"}) / max by (instance) (node_filesystem_size_bytes{mountpoint="/",fstype!~"tmpfs|overlay|squashfs|ramfs"}) < 0.1"#,
        test: above(Signal::DiskRatio, 0.9),
    },
    Rule {
        name: "HighMemoryUsage",
        means: "less than a tenth of the memory is free",
        fix: "look at which container grows; a restart in the maintenance window helps for a while",
        severity: Severity::Warning,
        for_s: 600,
        expression: "max by (instance) (node_memory_MemAvailable_bytes) / max by (instance) (node_memory_MemTotal_bytes) < 0.1",
        test: above(Signal::MemoryRatio, 0.9),
    },
    Rule {
        name: "CanvassSessionAbandoned",
        means: "more than 20 canvass sessions are open",
        fix: "ask the campaign whether people still canvass: sessions may have been left open",
        severity: Severity::Info,
        for_s: 3_600,
        expression: "sum by (instance) (cm_active_canvass_sessions) > 20",
        test: above(Signal::CanvassSessions, 20.0),
    },
];

impl Rule {
    /// The rule of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_for_the_whole_fleet_and_says_what_to_do() {
        let mut names: Vec<&str> = RULES.iter().map(|r| r.name).collect();
        for rule in RULES {
            assert!(rule.expression.contains("by (instance)"), "{}", rule.name);
            assert!(!rule.fix.is_empty() && !rule.means.is_empty(), "{}", rule.name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 7);
        assert_eq!(Severity::of_label("CRITICAL"), Severity::Critical);
        assert_eq!(Severity::of_label("whatever"), Severity::Warning);
    }
}
