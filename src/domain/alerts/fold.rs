//! Many rules that cannot be judged for one cause, as one row: a metrics server that fails is one thing to repair.

use std::collections::{BTreeMap, BTreeSet};

use super::listed::{Alert, Origin, State};
use crate::domain::untrusted::Safe;

/// The list with one row per cause of what cannot be judged; all else as it is, in the order that it has.
pub fn fold(alerts: Vec<Alert>) -> Vec<Alert> {
    let mut rows: Vec<Alert> = Vec::new();
    let mut of_cause: BTreeMap<(Safe, Origin), usize> = BTreeMap::new();
    for alert in alerts {
        if alert.state != State::Unknown {
            rows.push(alert);
            continue;
        }
        let at = *of_cause.entry((alert.text.clone(), alert.origin)).or_insert(rows.len());
        match rows.get_mut(at) {
            Some(row) => add(row, alert),
            None => rows.push(alert),
        }
    }
    rows
}

/// Takes one more of the same cause into a row.
fn add(row: &mut Alert, alert: Alert) {
    if row.folded.is_empty() {
        row.folded.push((row.name.clone(), row.of.clone()));
    }
    row.folded.push((alert.name, alert.of));
    row.severity = row.severity.min(alert.severity);
    if row.host != alert.host {
        row.host = None;
    }
    let rules: BTreeSet<&Safe> = row.folded.iter().map(|(rule, _)| rule).collect();
    let of: BTreeSet<&Safe> = row.folded.iter().map(|(_, of)| of).collect();
    let (rules, of) = (one_or_count(&rules, "rules"), one_or_count(&of, "instances"));
    (row.name, row.of) = (rules, of);
}

fn one_or_count(all: &BTreeSet<&Safe>, what: &str) -> Safe {
    match all.first() {
        Some(only) if all.len() == 1 => (*only).clone(),
        _ => Safe::line(&format!("{} {what}", all.len())),
    }
}

/// What a row stands for, in words: the rules that are about the same instances together.
pub fn who(row: &Alert) -> String {
    let mut of_rule: BTreeMap<&Safe, BTreeSet<&str>> = BTreeMap::new();
    for (rule, of) in &row.folded {
        of_rule.entry(rule).or_default().insert(of.as_str());
    }
    let mut together: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (rule, of) in of_rule {
        together.entry(of).or_default().push(rule.as_str());
    }
    let joined = together.into_iter().map(|(of, rules)| {
        let of: Vec<&str> = of.into_iter().collect();
        format!("{} on {}", rules.join(", "), of.join(", "))
    });
    joined.collect::<Vec<_>>().join("; ")
}
