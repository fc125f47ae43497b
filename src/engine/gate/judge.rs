//! What one look at a gate means. Pure.
//!
//! `docker compose up --wait` is not asked: it fails on a one-shot service that ended well, and calls a crash loop
//! without a health check healthy. Here the state of each container, its restarts since the gate began, and
//! the exit codes of one-shots decide, and the health address has to agree.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::facts::{Container, Part, Stack};
use crate::domain::git::CommitSha;
use crate::domain::snapshot::HttpHealth;
use crate::domain::untrusted::Safe;

/// This many restarts since the gate began are a crash loop.
const CRASH_LOOP: u32 = 2;

/// A container that is away for so long was not just restarted by somebody.
const STAYS_AWAY: SignedDuration = SignedDuration::from_secs(15);

/// What is seen at one moment.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// The containers.
    pub stack: &'a Part<Stack>,
    /// Services that must run; empty means all of the compose file.
    pub expected: &'a [String],
    /// Restart counts by container id when the gate began; `None` at the first look.
    pub baseline: Option<&'a BTreeMap<Safe, u32>>,
    /// The health address.
    pub http: &'a HttpHealth,
    /// The commit that it must name, where it names one.
    pub expect_commit: Option<&'a CommitSha>,
    /// Seconds of uninterrupted health that the gate asks for.
    pub min_healthy_s: u64,
    /// Now, by the host's clock.
    pub host_now: Timestamp,
}

/// Three values: green, red, not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Everything that the gate asks for holds.
    Green,
    /// Something does not.
    Red {
        /// What, worst first.
        detail: Safe,
        /// Whether waiting cannot help.
        hopeless: bool,
        /// The container that is the reason, if one is.
        culprit: Option<Safe>,
    },
    /// It could not be looked at. Neither a pass nor a failure.
    Unseen(Safe),
}

/// Something that is not as it should be.
struct Fault {
    text: String,
    hopeless: bool,
    culprit: Option<Safe>,
}

impl Fault {
    fn of(container: &Container, text: String, hopeless: bool) -> Self {
        Self { text, hopeless, culprit: Some(container.id.clone()) }
    }
}

/// Judges one look.
pub fn judge(seen: &Seen<'_>) -> Look {
    let stack = match seen.stack {
        Part::Known(stack) => stack,
        Part::Unreadable(why) => {
            return Look::Unseen(Safe::line(&format!("the containers could not be read: {why}")));
        }
    };
    let mut faults = Vec::new();
    for service in wanted(stack, seen.expected) {
        let mut of_it =
            stack.containers.iter().filter(|c| c.service.as_str() == service).peekable();
        if of_it.peek().is_none() {
            let text = format!("{service} has no container");
            faults.push(Fault { text, hopeless: false, culprit: None });
        }
        faults.extend(of_it.filter_map(|container| fault_of(container, seen)));
    }
    match http(seen) {
        Some(Look::Unseen(why)) if faults.is_empty() => return Look::Unseen(why),
        Some(Look::Red { detail, .. }) => {
            faults.push(Fault { text: detail.to_string(), hopeless: false, culprit: None });
        }
        Some(Look::Unseen(_) | Look::Green) | None => {}
    }
    faults.sort_by_key(|f| !f.hopeless);
    let culprit = faults.iter().find_map(|f| f.culprit.clone());
    match faults.as_slice() {
        [] => Look::Green,
        [worst, ..] => Look::Red {
            detail: Safe::line(
                &faults.iter().take(3).map(|f| f.text.as_str()).collect::<Vec<_>>().join("; "),
            ),
            hopeless: worst.hopeless,
            culprit,
        },
    }
}

fn wanted<'a>(stack: &'a Stack, expected: &'a [String]) -> Vec<&'a str> {
    if expected.is_empty() {
        stack.services.iter().map(Safe::as_str).collect()
    } else {
        expected.iter().map(String::as_str).collect()
    }
}

fn fault_of(container: &Container, seen: &Seen<'_>) -> Option<Fault> {
    let (service, state) = (&container.service, container.state.as_str());
    let code = container.exit_code;
    if container.one_shot {
        return match (state, code) {
            ("exited", 0) => None,
            ("exited" | "dead", _) => {
                Some(Fault::of(container, format!("{service} ended with exit code {code}"), true))
            }
            _ => Some(Fault::of(container, format!("{service} has not ended yet"), false)),
        };
    }
    let restarts = restarts_since(container, seen);
    if restarts >= CRASH_LOOP {
        let text = format!(
            "{service} restarted {restarts} times since the gate began (exit code {code}): a crash loop"
        );
        return Some(Fault::of(container, text, true));
    }
    match (state, container.health.as_str()) {
        ("running", "" | "healthy") => {}
        ("running", health) => {
            return Some(Fault::of(container, format!("{service} is {health}"), false));
        }
        ("restarting", _) => {
            let text = format!("{service} is restarting (exit code {code})");
            return Some(Fault::of(container, text, false));
        }
        ("exited" | "dead", _) if stays_away(container, seen.host_now) => {
            let text = format!("{service} {state} ({code}), and Docker does not restart it");
            return Some(Fault::of(container, text, true));
        }
        ("exited" | "dead", _) => {
            return Some(Fault::of(container, format!("{service} {state} ({code})"), false));
        }
        _ => return Some(Fault::of(container, format!("{service} is {state}"), false)),
    }
    // A restart between two looks: both saw it running, and it was away all the same.
    let up_s = container.started_at.map(|at| seen.host_now.duration_since(at).as_secs_f64());
    let fresh = up_s.is_some_and(|s| s < seen.min_healthy_s as f64);
    (restarts > 0 && fresh).then(|| {
        let text = format!("{service} restarted {:.0} s ago", up_s.unwrap_or(0.0).max(0.0));
        Fault::of(container, text, false)
    })
}

/// Whether Docker leaves a container alone that has ended: one that it will restart is `restarting` at once.
fn stays_away(container: &Container, host_now: Timestamp) -> bool {
    container.finished_at.is_some_and(|at| host_now.duration_since(at) >= STAYS_AWAY)
}

/// Restarts since the gate began: of a container that was not there then, all of them.
fn restarts_since(container: &Container, seen: &Seen<'_>) -> u32 {
    match seen.baseline {
        // An empty baseline comes from a first look that saw nothing.
        None => 0,
        Some(counts) if counts.is_empty() => 0,
        Some(counts) => {
            let before = counts.get(&container.id).copied().unwrap_or(0);
            container.restarts.saturating_sub(before)
        }
    }
}

fn http(seen: &Seen<'_>) -> Option<Look> {
    match (seen.http, seen.expect_commit) {
        (HttpHealth::NotYet, _) => {
            Some(Look::Unseen(Safe::line("the health address was not asked yet")))
        }
        (HttpHealth::Failed { error, .. }, _) => {
            let detail = Safe::line(&format!("the health address: {error}"));
            Some(Look::Red { detail, hopeless: false, culprit: None })
        }
        (HttpHealth::Up { commit: Some(named), .. }, Some(wanted)) if named != wanted => {
            let text = format!(
                "the health address names commit {}, not {}",
                named.short(),
                wanted.short()
            );
            Some(Look::Red { detail: Safe::line(&text), hopeless: false, culprit: None })
        }
        (HttpHealth::Up { .. }, _) => None,
    }
}
