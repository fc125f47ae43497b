//! A canary for people and as JSON: as planned, and as it stands.

use serde_json::{Value, json};

use super::super::canary::text::table;
use super::super::output::columns;
use crate::domain::canary::soak::CanaryState;
use crate::domain::canary::{CanaryPlan, Member};

/// What the plan says of it.
pub(super) fn plan(canary: &CanaryPlan) -> String {
    let names = |members: &[Member]| {
        let names: Vec<&str> = members.iter().map(|m| m.host.as_str()).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    };
    let soak = canary.soak_s;
    let rows = [
        ("canary", format!("{} (group {})", names(&canary.canary), canary.group)),
        ("soak", format!("{soak} s of observed health, a look every {} s", canary.look_s)),
        ("judged by", canary.metrics_words()),
        ("against", names(&canary.rest)),
        ("passes", canary.pass_words().to_owned()),
        ("fails", canary.fail_words().to_owned()),
        ("no data", "pauses, and says what is missing".to_owned()),
    ];
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(what, text)| vec![format!("  {what}"), text]).collect();
    let mut out = format!("\nthe canary goes first:\n{}", columns(&rows));
    for remark in &canary.remarks {
        out.extend([format!("  note: {remark}\n")]);
    }
    out
}

/// The same as JSON, without the rendered way back.
pub(super) fn json(canary: &CanaryPlan) -> Value {
    let hosts = |members: &[Member]| json!(members.iter().map(|m| &m.host).collect::<Vec<_>>());
    json!({
        "group": canary.group,
        "hosts": hosts(&canary.canary),
        "batches": canary.n_batches,
        "compared_with": hosts(&canary.rest),
        "soak_s": canary.soak_s,
        "look_s": canary.look_s,
        "metrics": canary.metrics,
        "on_pass": canary.on_pass,
        "on_fail": canary.on_fail,
        "rolls_back_to": canary.rollback.iter().map(|back| &back.target).collect::<Vec<_>>(),
        "remarks": canary.remarks,
    })
}

/// Where it stands.
pub(super) fn state(canary: &CanaryState) -> String {
    let mut out = format!(
        "canary  {:.0} of {} s of observed health, last {}\n",
        canary.counted_s, canary.needed_s, canary.detail
    );
    if canary.gap_s > 0.0 {
        out.extend([format!("        {:.0} s do not count: nobody looked\n", canary.gap_s)]);
    }
    if let Some((report, decides)) = canary.newest() {
        let when = if decides { "judged" } else { "so far" };
        out.extend([format!("        {when}: {} ({})\n", report.verdict.word(), report.why())]);
        if !decides {
            out.push_str("        it decides nothing before the soak is over\n");
        }
        out.push_str(&table(report));
    }
    if let Some(end) = &canary.end {
        let word = if end.passed { "passed" } else { "FAILED" };
        out.extend([format!("        {word}: {}\n", end.why)]);
        for run in &end.rollback {
            out.extend([format!("        rolled back by run {run}: bunker show {run}\n")]);
        }
    }
    out
}
