//! The charts of one instance: the plan's panels, each expression once. `$of` stands for the instance.
//!
//! Unlike the figures of the fleet these are asked for one instance, and only while its charts are looked at.

use jiff::Timestamp;

use super::figure::Trouble;
use super::series::Series;
use super::signal::Unit;
use super::untrusted::Safe;

/// Seconds between two values: an hour in all.
pub const STEP_S: u32 = 60;
/// Values of a line.
pub const N: u32 = 60;

/// Which part of an instance a chart is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Whether and how fast it answers.
    Health,
    /// Mails and responses.
    Influence,
    /// Sessions, visits, shifts.
    Canvass,
    /// Addresses looked up.
    Geocoding,
    /// The machine.
    System,
}

impl Group {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 5] =
        [Self::Health, Self::Influence, Self::Canvass, Self::Geocoding, Self::System];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Health => "Health",
            Self::Influence => "Influence",
            Self::Canvass => "Canvass",
            Self::Geocoding => "Geocoding",
            Self::System => "System",
        }
    }
}

/// What the lines of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// These, by name and expression.
    Named(&'static [(&'static str, &'static str)]),
    /// One for each value of a label: the label, and the expression that has it.
    Split(&'static str, &'static str),
}

/// A chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chart {
    /// Where it stands.
    pub group: Group,
    /// Its title.
    pub title: &'static str,
    /// What its numbers mean.
    pub unit: Unit,
    /// Its lines.
    pub lines: Lines,
}

const fn chart(
    group: Group,
    title: &'static str,
    unit: Unit,
    lines: &'static [(&'static str, &'static str)],
) -> Chart {
    Chart { group, title, unit, lines: Lines::Named(lines) }
}

const fn split(
    group: Group,
    title: &'static str,
    unit: Unit,
    label: &'static str,
    expression: &'static str,
) -> Chart {
    Chart { group, title, unit, lines: Lines::Split(label, expression) }
}

/// All of them, in the order of the screen.
pub const CHARTS: &[Chart] = &[
    chart(
        Group::Health,
        "API up",
        Unit::Ratio,
        &[("up", r#"min by (instance) (avg_over_time(up{job="changemaker-v2-api",$of}[1m]))"#)],
    ),
    chart(
        Group::Health,
        "time",
        Unit::Seconds,
        &[
            (
                "p50",
                "histogram_quantile(0.5, sum by (instance, le) (rate(http_request_duration_seconds_bucket{$of}[5m])))",
            ),
            (
                "p95",
                "histogram_quantile(0.95, sum by (instance, le) (rate(http_request_duration_seconds_bucket{$of}[5m])))",
            ),
            (
                "p99",
                "histogram_quantile(0.99, sum by (instance, le) (rate(http_request_duration_seconds_bucket{$of}[5m])))",
            ),
        ],
    ),
    chart(
        Group::Health,
        "requests",
        Unit::PerSecond,
        &[("requests", "sum by (instance) (rate(http_requests_total{$of}[5m]))")],
    ),
    chart(
        Group::Health,
        "errors",
        Unit::Ratio,
        &[(
            "5xx",
            r#"(sum by (instance) (rate(http_requests_total{status_code=~"5..",$of}[5m])) or 0 * sum by (instance) (rate(http_requests_total{$of}[5m]))) / (sum by (instance) (rate(http_requests_total{$of}[5m])) > 0)"#,
        )],
    ),
    chart(
        Group::Influence,
        "mails",
        Unit::PerSecond,
        &[
            ("sent", "sum by (instance) (rate(cm_emails_sent_total{$of}[5m]))"),
            ("failed", "sum by (instance) (rate(cm_emails_failed_total{$of}[5m]))"),
        ],
    ),
    chart(
        Group::Influence,
        "mail queue",
        Unit::Count,
        &[("waiting", "sum by (instance) (cm_email_queue_size{$of})")],
    ),
    chart(
        Group::Influence,
        "responses",
        Unit::PerSecond,
        &[("responses", "sum by (instance) (rate(cm_response_submissions_total{$of}[5m]))")],
    ),
    chart(
        Group::Canvass,
        "open sessions",
        Unit::Count,
        &[("sessions", "sum by (instance) (cm_active_canvass_sessions{$of})")],
    ),
    split(
        Group::Canvass,
        "visits by outcome",
        Unit::PerSecond,
        "outcome",
        "sum by (outcome) (rate(cm_canvass_visits_total{$of}[5m]))",
    ),
    chart(
        Group::Canvass,
        "shift signups",
        Unit::PerSecond,
        &[("signups", "sum by (instance) (rate(cm_shift_signups_total{$of}[5m]))")],
    ),
    chart(
        Group::Geocoding,
        "cache hits",
        Unit::Ratio,
        &[(
            "hits",
            "sum by (instance) (rate(cm_geocode_cache_hits_total{$of}[5m])) / (sum by (instance) (rate(cm_geocode_cache_hits_total{$of}[5m])) + sum by (instance) (rate(cm_geocode_cache_misses_total{$of}[5m])) > 0)",
        )],
    ),
    split(
        Group::Geocoding,
        "lookups by provider",
        Unit::PerSecond,
        "provider",
        "sum by (provider) (rate(cm_geocode_requests_total{$of}[5m]))",
    ),
    chart(
        Group::Geocoding,
        "time",
        Unit::Seconds,
        &[
            (
                "p50",
                "histogram_quantile(0.5, sum by (instance, le) (rate(cm_geocode_duration_seconds_bucket{$of}[5m])))",
            ),
            (
                "p95",
                "histogram_quantile(0.95, sum by (instance, le) (rate(cm_geocode_duration_seconds_bucket{$of}[5m])))",
            ),
            (
                "p99",
                "histogram_quantile(0.99, sum by (instance, le) (rate(cm_geocode_duration_seconds_bucket{$of}[5m])))",
            ),
        ],
    ),
    chart(
        Group::System,
        "processors",
        Unit::Ratio,
        &[("busy", r#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",$of}[5m]))"#)],
    ),
    chart(
        Group::System,
        "memory",
        Unit::Ratio,
        &[(
            "used",
            "1 - max by (instance) (node_memory_MemAvailable_bytes{$of}) / max by (instance) (node_memory_MemTotal_bytes{$of})",
        )],
    ),
    chart(
        Group::System,
        "disk of /",
        Unit::Ratio,
        &[(
            "used",
            r#"1 - max by (instance) (node_filesystem_avail_bytes{mountpoint="/",fstype!~"tmpfs|overlay|squashfs|ramfs",$of}) / max by (instance) (node_filesystem_size_bytes{mountpoint="/",fstype!~"tmpfs|overlay|squashfs|ramfs",$of})"#,
        )],
    ),
    chart(
        Group::System,
        "disk, bytes a second",
        Unit::Bytes,
        &[
            ("read", "sum by (instance) (rate(node_disk_read_bytes_total{$of}[5m]))"),
            ("written", "sum by (instance) (rate(node_disk_written_bytes_total{$of}[5m]))"),
        ],
    ),
    chart(
        Group::System,
        "network, bytes a second",
        Unit::Bytes,
        &[
            (
                "in",
                r#"sum by (instance) (rate(node_network_receive_bytes_total{device!~"lo|veth.*|br-.*|docker.*",$of}[5m]))"#,
            ),
            (
                "out",
                r#"sum by (instance) (rate(node_network_transmit_bytes_total{device!~"lo|veth.*|br-.*|docker.*",$of}[5m]))"#,
            ),
        ],
    ),
];

/// A label's value in a selector.
fn quoted(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// An expression for the instance with this label.
pub fn of(expression: &str, label: &str) -> String {
    expression.replace("$of", &format!("instance=\"{}\"", quoted(label)))
}

/// An expression with one series for each value of `by`, for the instance with this label. Each value stands in the label
/// `instance` of the answer.
pub fn split_of(by: &str, expression: &str, label: &str) -> String {
    format!("label_replace({}, \"instance\", \"$1\", \"{by}\", \"(.*)\")", of(expression, label))
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: Safe,
    /// Its values, or why there are none.
    pub series: Result<Series, Trouble>,
}

/// The charts of an instance, as they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartsRead {
    /// The time of the last values.
    pub end: Timestamp,
    /// The lines of each of [`CHARTS`].
    pub lines: Vec<Vec<Line>>,
    /// Whether the server said that something may be missing.
    pub partial: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_is_for_one_instance_and_a_label_cannot_leave_its_quotes() {
        for chart in CHARTS {
            let all: Vec<&str> = match chart.lines {
                Lines::Named(lines) => lines.iter().map(|(_, e)| *e).collect(),
                Lines::Split(label, e) => {
                    assert!(e.contains(&format!("by ({label})")), "{e}");
                    vec![e]
                }
            };
            for expression in all {
                assert!(expression.contains("$of"), "{expression}");
                let text = of(expression, "a\"} or vector(1) #\\");
                assert!(text.contains(r#"instance="a\"} or vector(1) #\\""#), "{text}");
            }
        }
        for group in Group::ALL {
            assert!(CHARTS.iter().any(|chart| chart.group == group), "{group:?}");
        }
    }
}
