//! How ready a host is to be configured.

use super::{Candidate, Known, Wish, counted};
use crate::domain::env::EnvChange;
use crate::domain::facts::{Facts, Part};
use crate::domain::plan::{Finding, Readiness};
use crate::workflows::planned::finding;

/// What was found.
pub(super) fn judge(
    wish: &Wish,
    candidate: &Candidate<'_>,
    known: Option<&Known<'_>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &candidate.look {
        Err(error) => {
            let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            let text = format!("not read: {}{hint}", error.message);
            findings.push(finding(Readiness::Unknown, "ssh", &text));
        }
        Ok((facts, read)) => {
            host(facts, &mut findings);
            if let Err(why) = read {
                findings.push(finding(Readiness::Unknown, "env", &format!("not read: {why}")));
            }
        }
    }
    if let Err(why) = &candidate.desired {
        findings.push(finding(Readiness::Blocked, "template", why.as_str()));
    }
    if let Some(known) = known {
        env(wish, candidate, known, &mut findings);
    }
    findings
}

fn host(facts: &Facts, findings: &mut Vec<Finding>) {
    if let Part::Known(Some(holder)) = &facts.lease {
        findings.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    if let Part::Known(stack) = &facts.stack {
        let sick = stack.containers.iter().filter(|c| c.health.as_str() == "unhealthy");
        let names: Vec<&str> = sick.map(|c| c.service.as_str()).collect();
        if !names.is_empty() {
            let text = format!("unhealthy before anything is changed: {}", names.join(", "));
            findings.push(finding(Readiness::Review, "containers", &text));
        }
    }
}

fn env(wish: &Wish, candidate: &Candidate<'_>, known: &Known<'_>, findings: &mut Vec<Finding>) {
    let mut say = |readiness, text: &str| findings.push(finding(readiness, "env", text));
    let changes = &known.comparison.changes;
    let drift: Vec<EnvChange> = changes.iter().filter(|c| c.kind.overwrites()).cloned().collect();
    if !drift.is_empty() {
        let names: Vec<&str> = drift.iter().map(|c| c.name.as_str()).collect();
        let names = listed(&names);
        if wish.overwrite_drift {
            say(Readiness::Review, &format!("overwrites what the host has: {names}"));
        } else {
            let text = format!(
                "{}: {names}; put what is right into the inventory, or take it back with --overwrite-drift",
                counted(&drift)
            );
            say(Readiness::Blocked, &text);
        }
    }
    match &known.read.file {
        None => {
            let dir = &candidate.settings.dir;
            say(Readiness::Review, &format!("there is no .env in {dir}: a new one is written"));
        }
        Some(file) => {
            if file.mode & 0o777 != 0o600 {
                say(Readiness::Warning, &format!("mode {:o} becomes 600", file.mode & 0o777));
            }
            if let Some(problem) = file.problems.first() {
                say(Readiness::Review, &format!("the host's file has a fault, {problem}"));
            }
        }
    }
    if !known.comparison.kept.is_empty() {
        let names: Vec<&str> = known.comparison.kept.iter().map(|k| k.name.as_str()).collect();
        say(
            Readiness::Ready,
            &format!("keeps what the template does not name: {}", listed(&names)),
        );
    }
    let n = known.desired.left_out.len();
    if n > 0 {
        let text = format!(
            "goes on without {n} variables of the template that its import found missing; `cml_env_complete: true` writes them"
        );
        say(Readiness::Ready, &text);
    }
    if known.is_taken_up() {
        let text = "edited on the host since it was applied, and not against the inventory: it is put on record as it is";
        say(Readiness::Ready, text);
    }
    if known.read.pending {
        let text = "a run wrote .env and ended before the containers had it: they get it now";
        findings.push(finding(Readiness::Warning, "containers", text));
    }
}

/// At most five, and how many more.
fn listed(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(5).copied().collect();
    let more = names.len().saturating_sub(5);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
