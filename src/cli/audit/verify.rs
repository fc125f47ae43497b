//! `bunker audit verify`.

use std::path::Path;

use color_eyre::eyre::WrapErr;
use serde_json::json;

use super::super::exit::{Exit, Trouble};
use super::super::output::{print, print_json};
use super::super::{Context, wiring};
use super::remembered::{self, Remembered};
use crate::adapters::caller::actor;
use crate::domain::audit::{Anchor, ChainHash, Finding, Row, Verdict, Verifier};
use crate::domain::untrusted::Safe;
use crate::engine::ports::AuditReader;

/// Records that are read at a time.
const CHUNK: usize = 1_000;
/// Findings that are printed.
const SHOWN: usize = 20;

/// Verifies the log of this machine.
pub(super) async fn verify(
    context: &Context,
    anchors: bool,
    limit: Option<&str>,
) -> Result<Exit, Trouble> {
    let remembered =
        if anchors { remembered::ask(context, limit).await? } else { Remembered::default() };
    let machine = Anchor::new(&Safe::default(), &actor().machine, 0, ChainHash::genesis()).machine;
    let mut verifier = Verifier::new(remembered.anchors, Some(machine));
    let store = wiring::store_reader()?;
    let mut after = None;
    loop {
        let rows = store.audit_rows(after.unwrap_or(0), CHUNK).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.seq);
        for row in &rows {
            verifier.feed(row);
        }
    }
    tell(context, &verifier.finish(), anchors, &remembered.silent)
}

/// Verifies an export.
pub(super) fn of_file(context: &Context, path: &Path) -> Result<Exit, Trouble> {
    let name = Safe::line(&path.to_string_lossy());
    let text = std::fs::read_to_string(path).wrap_err_with(|| format!("reading {name}"))?;
    let mut verifier = Verifier::new(Vec::new(), None);
    for (n, line) in (1..).zip(text.lines()) {
        let row = Row::of_line(line).unwrap_or_else(|| Row {
            seq: n,
            record: String::new(),
            hash: String::new(),
        });
        verifier.feed(&row);
    }
    tell(context, &verifier.finish(), false, &[])
}

fn tell(
    context: &Context,
    verdict: &Verdict,
    asked: bool,
    silent: &[Safe],
) -> Result<Exit, Trouble> {
    let broken = !verdict.findings.is_empty();
    if context.json {
        let finding = |f: &Finding| json!({ "seq": f.seq(), "text": f.to_string() });
        print_json(&json!({
            "log": verdict.log,
            "records": verdict.n,
            "head": verdict.head.as_ref().map(|(seq, hash)| json!({ "seq": seq, "hash": hash })),
            "whole": !broken,
            "first_bad": verdict.findings.first().map(Finding::seq),
            "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
            "anchors": verdict.n_anchors,
            "anchored": verdict.anchored,
            "not_asked": silent,
            "open_intents": verdict.open,
        }))?;
    } else {
        print(&words(verdict, asked, silent))?;
    }
    Ok(match (broken, silent.is_empty()) {
        (true, _) => Exit::Findings,
        (false, false) => Exit::Unreachable,
        (false, true) => Exit::Ok,
    })
}

fn words(verdict: &Verdict, asked: bool, silent: &[Safe]) -> String {
    let mut lines: Vec<String> =
        verdict.findings.iter().take(SHOWN).map(ToString::to_string).collect();
    if verdict.findings.len() > SHOWN {
        lines.push(format!("and {} findings more", verdict.findings.len() - SHOWN));
    }
    match (verdict.findings.first(), &verdict.head) {
        (Some(first), _) => lines.push(format!(
            "the log cannot be trusted from record {} on ({} records were read)",
            first.seq(),
            verdict.n
        )),
        (None, None) => lines.push("the log has no record yet".to_owned()),
        (None, Some((seq, hash))) => {
            lines.push(format!("{} records, whole; the last is {seq} ({hash})", verdict.n));
        }
    }
    if asked {
        lines.push(match verdict.anchored {
            Some(seq) => format!(
                "{} anchors compared; record {seq} and all before it are vouched for elsewhere",
                verdict.n_anchors
            ),
            None => "no anchor vouches for this log: its end could be missing unnoticed".to_owned(),
        });
        lines.extend(silent.iter().map(|what| format!("not asked: {what}")));
    } else if verdict.n > 0 {
        lines.push(
            "a missing end is only found by what others remember: --anchors asks them".to_owned(),
        );
    }
    if !verdict.open.is_empty() {
        let last: Vec<String> =
            verdict.open.iter().rev().take(5).rev().map(ToString::to_string).collect();
        lines.push(format!(
            "{} intents have no outcome (under way, or cut off), the last: {}",
            verdict.open.len(),
            last.join(", ")
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}
