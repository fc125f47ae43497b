//! A judgement for people.

use super::super::output::columns;
use crate::domain::canary::Report;
use crate::domain::canary::report::{InUnit, MetricReport};

/// The verdict, and a line a metric.
pub(super) fn text(report: &Report) -> String {
    let mut out = format!(
        "{}: {}\n{} to {}, a sample every {} s\n\n",
        report.verdict.word(),
        report.why(),
        report.since,
        report.until,
        report.step_s
    );
    out.push_str(&table(report));
    out
}

/// A line a metric, with headings.
pub(in crate::cli) fn table(report: &Report) -> String {
    let head = ["METRIC", "RESULT", "CANARY", "REST", "SHIFT (98 %)", "P", "SAMPLES", "WHY"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(report.metrics.iter().map(row));
    columns(&rows)
}

fn row(metric: &MetricReport) -> Vec<String> {
    let value = |value: f64| InUnit(metric.signal, value).to_string();
    let muted = if metric.muted { " (only shown)" } else { "" };
    let none = || "-".to_owned();
    let [canary, rest] = metric.middles().unwrap_or_else(|| [none(), none()]);
    let shift = metric.comparison.map_or_else(none, |c| {
        format!("{} ({} to {})", value(c.shift), value(c.low), value(c.high))
    });
    vec![
        metric.signal.key().to_owned(),
        format!("{}{muted}", metric.result.word()),
        canary,
        rest,
        shift,
        metric.chance().unwrap_or_else(none),
        format!("{} / {}", metric.n_canary, metric.n_rest),
        metric.why.to_string(),
    ]
}
