//! The releases that instances recorded, each once, for somebody who chooses one of them.

use super::Candidate;
use crate::domain::release::Recorded;
use crate::domain::untrusted::Safe;
use crate::steps::rollback::{History, Past};

/// All of them, the newest first.
pub fn recorded(candidates: &[Candidate<'_>]) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    for candidate in candidates {
        let Ok(history) = &candidate.history else { continue };
        let now = candidate.look.as_ref().ok().and_then(|f| f.checkout.known()).map(|c| &c.commit);
        let previous = now.and_then(|now| history.previous(now)).map(|past| &past.sha);
        for past in &history.releases {
            let id = &candidate.host.id;
            let row = of(&mut all, past);
            if row.hosts.contains(id) {
                continue;
            }
            row.hosts.push(id.clone());
            if now == Some(&past.sha) {
                row.running.push(id.clone());
            }
            if previous == Some(&past.sha) {
                row.previous.push(id.clone());
            }
            row.missing.extend(missing(history, past, id.as_str()));
        }
    }
    all.reverse();
    all.sort_by_key(|row| std::cmp::Reverse(row.at));
    all
}

/// The row of a release, with the newest time and the best that was said of it.
fn of<'r>(all: &'r mut Vec<Recorded>, past: &Past) -> &'r mut Recorded {
    let at = all.iter().position(|row| row.sha == past.sha).unwrap_or(all.len());
    if at == all.len() {
        all.push(Recorded {
            sha: past.sha.clone(),
            reference: past.reference.clone(),
            at: None,
            healthy: false,
            hosts: Vec::new(),
            running: Vec::new(),
            previous: Vec::new(),
            missing: Vec::new(),
        });
    }
    #[expect(clippy::indexing_slicing, reason = "it was found or has just been added")]
    let row = &mut all[at];
    row.healthy |= past.healthy;
    if past.at >= row.at {
        row.at = past.at;
        row.reference = past.reference.clone();
    }
    row
}

fn missing(history: &History, past: &Past, host: &str) -> Vec<Safe> {
    let of = |map: &std::collections::BTreeMap<String, Vec<Safe>>, what: &str| {
        let items = map.get(past.sha.as_str()).map(Vec::as_slice).unwrap_or_default();
        let items = items.iter().map(Safe::as_str).collect::<Vec<_>>().join(", ");
        (!items.is_empty()).then(|| Safe::line(&format!("{host}: {what} {items}")))
    };
    let gone = of(&history.gone, "no longer there:");
    gone.into_iter().chain(of(&history.lacks, ".env lacks")).collect()
}
