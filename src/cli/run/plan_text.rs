//! A plan for people and as JSON, before anything runs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::output::columns;
use super::canary_text;
use crate::domain::plan::{Change, HostPlan, Phase, Plan, Readiness};

/// What would be done, to whom, in which order, and when it stops.
pub(super) fn text(plan: &Plan, now: Timestamp) -> String {
    let target = plan.target.as_ref();
    let target = target.map(|t| format!(" to {} ({})", t.reference, t.sha.short()));
    let n = plan.targets().count();
    let mut out = format!(
        "{}{}: {n} of {} instances, {} {}, plan {}\n",
        plan.workflow.name(),
        target.unwrap_or_default(),
        plan.hosts.len() + plan.excluded.len(),
        plan.batches.len(),
        if plan.batches.len() == 1 { "batch" } else { "batches" },
        plan.hash().short()
    );
    if n > 0 {
        let order = plan.order_words().map(|words| format!(", {words}")).unwrap_or_default();
        out.extend([format!("batches {}, parallel {}{order}\n", plan.sizes_told(), plan.parallel)]);
    }
    for change in &plan.changes {
        out.push_str(&change_text(change));
    }
    if let Some(playbook) = &plan.playbook {
        let row = |(label, text): (&str, String)| vec![format!("  {label}"), text];
        let rows: Vec<Vec<String>> = playbook.facts().into_iter().map(row).collect();
        out.push_str(&columns(&rows));
    }
    let rows: Vec<Vec<String>> = plan.hosts.iter().map(|h| host_row(plan, h)).collect();
    out.push('\n');
    out.push_str(&columns(&rows));
    for excluded in &plan.excluded {
        out.extend([format!("left out: {} ({})\n", excluded.host, excluded.reason)]);
    }
    if let (Some(_), Some(_)) = (&plan.playbook, plan.targets().next()) {
        out.push_str("\nits tasks are told by Ansible as they come\n");
    } else if let Some(host) = plan.targets().next() {
        out.push_str("\neach of them:\n");
        out.push_str(&columns(&steps(host)));
        for left in &host.left_out {
            out.extend([format!("  left out: {} ({})\n", left.title, left.reason)]);
        }
        out.extend([format!("{}\n", plan.stops_sentence())]);
    }
    if let Some(canary) = &plan.canary {
        out.push_str(&canary_text::plan(canary));
    }
    for (label, text, _) in plan.rule_lines(now) {
        out.extend([format!("{label:<10} {text}\n")]);
    }
    out
}

fn change_text(change: &Change) -> String {
    let mut out = format!("\nfrom {}: {} commits", change.from.short(), change.n_commits);
    if change.not_forward {
        out.push_str(", NOT FORWARD: the target is older or on another line");
    }
    out.push('\n');
    let list = |title: &str, items: Vec<String>| {
        if items.is_empty() { String::new() } else { format!("  {title}: {}\n", items.join(", ")) }
    };
    for commit in change.commits.iter().take(10) {
        out.extend([format!("  {commit}\n")]);
    }
    if change.commits.len() > 10 {
        out.extend([format!("  and {} more\n", change.n_commits.saturating_sub(10))]);
    }
    let words =
        |items: &[crate::domain::untrusted::Safe]| items.iter().map(ToString::to_string).collect();
    out.push_str(&list("migrations", words(&change.migrations)));
    out.push_str(&list("services", words(&change.services)));
    let variables = change.new_variables.iter().map(|v| v.name.to_string()).collect();
    out.push_str(&list("new variables", variables));
    out
}

fn host_row(plan: &Plan, host: &HostPlan) -> Vec<String> {
    let batch = plan.batches.iter().position(|b| b.contains(&host.id));
    let batch = batch.map_or("not run".to_owned(), |idx| format!("batch {}", idx + 1));
    let from = host.from.as_ref().map_or("-".to_owned(), |sha| sha.short().to_owned());
    let found: Vec<String> =
        host.findings.iter().map(|f| format!("{}: {}", f.subject, f.text)).collect();
    vec![host.id.to_string(), batch, from, word(host.readiness).to_owned(), found.join("; ")]
}

fn word(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Blocked => "blocked",
        Readiness::Unknown => "unknown",
        Readiness::Review => "review",
        Readiness::Warning => "warning",
        Readiness::Ready => "ready",
    }
}

fn steps(host: &HostPlan) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for phase in &host.phases {
        match phase {
            Phase::Job { steps } => rows.extend(steps.iter().map(|s| {
                let changes =
                    s.changes.as_ref().map_or("only looks".to_owned(), ToString::to_string);
                vec![format!("  {}", s.title), changes]
            })),
            Phase::Vault(step) => rows.push(vec![format!("  {}", step.title), step.changes()]),
            Phase::Gate(gate) => rows.push(vec![
                format!("  {}", gate.title),
                format!("healthy for {} s within {} s", gate.min_healthy_s, gate.deadline_s),
            ]),
        }
    }
    rows
}

/// The plan as JSON, without the rendered scripts.
pub(super) fn json(plan: &Plan, now: Timestamp) -> Value {
    let opening = plan.opening_of_all(now);
    let closes = opening.closes();
    let target = |host: &HostPlan| {
        json!({
            "host": host.id,
            "batch": plan.batches.iter().position(|b| b.contains(&host.id)),
            "will_run": host.will_run(),
            "from": host.from,
            "readiness": host.readiness,
            "findings": host.findings,
            "left_out": host.left_out,
            "env": host.diff,
            "steps": host.steps().map(|(id, title)| json!({ "id": id, "title": title })).collect::<Vec<_>>(),
        })
    };
    json!({
        "workflow": plan.workflow.name(),
        "target": plan.target,
        "playbook": plan.playbook,
        "sha": plan.target.as_ref().map(|t| &t.sha),
        "hash": plan.hash(),
        "plan_hash": plan.hash(),
        "changes": plan.changes,
        "targets": plan.hosts.iter().map(target).collect::<Vec<_>>(),
        "excluded": plan.excluded,
        "batches": plan.batches,
        "parallel": plan.parallel,
        "sizes": plan.batches.iter().map(Vec::len).collect::<Vec<_>>(),
        "strategy": plan.strategy,
        "budget": plan.stops,
        "stops": plan.stops_sentence(),
        "guardrails": plan.rules.verdict,
        "window": { "state": opening.word(), "closes": closes, "why": opening.refusal() },
        "estimates": plan.rules.estimates,
        "canary": plan.canary.as_ref().map(|canary| canary_text::json(canary)),
    })
}
