//! What becomes of `.env`, for people: the same change on several hosts is told once.

use std::fmt::Write as _;

use crate::domain::env::{EnvChange, EnvChangeKind, EnvValue, grouped};
use crate::domain::plan::Plan;

/// Whether a plan has anything to tell of `.env`.
pub(super) fn has_any(plan: &Plan) -> bool {
    plan.hosts.iter().any(|h| !h.diff.is_empty())
}

/// All changes in groups of hosts.
pub(super) fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let of = plan.hosts.iter().map(|h| (h.id.as_str(), h.diff.as_slice()));
    for (hosts, changes) in grouped(of) {
        let n = hosts.len();
        let noun = if n == 1 { "host" } else { "hosts" };
        let _ = writeln!(out, "\n.env on {n} {noun}: {}", hosts.join(", "));
        for change in changes {
            lines(&mut out, change);
        }
    }
    out
}

fn lines(out: &mut String, change: &EnvChange) {
    let name = &change.name;
    let why = match change.kind {
        EnvChangeKind::Set | EnvChangeKind::Change | EnvChangeKind::Remove => String::new(),
        EnvChangeKind::Drift | EnvChangeKind::Conflict | EnvChangeKind::Unrecorded => {
            format!("   # {}", change.kind.words())
        }
    };
    // A secret is one line: neither side of it can be shown.
    if let Some(EnvValue::Secret(hash)) = &change.to {
        let _ = writeln!(out, "  ~ {name} changed ({hash}){why}");
        return;
    }
    if let Some(from) = &change.from {
        let _ = writeln!(out, "  - {name}={from}{why}");
    }
    if let Some(to) = &change.to {
        let why = if change.from.is_some() { "" } else { why.as_str() };
        let _ = writeln!(out, "  + {name}={to}{why}");
    }
}
