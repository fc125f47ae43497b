//! `bunker logs RUN [HOST]`.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::print::{self, say};
use crate::domain::ids::{HostId, RunId};
use crate::domain::untrusted::Safe;
use crate::engine::log_merge::LogMerge;
use crate::engine::ports::{Clock as _, RunReader};

/// How much is read at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// Prints what the hosts of a run printed, made harmless for a terminal.
pub(in crate::cli) async fn logs(
    context: &Context,
    run: &str,
    host: Option<&str>,
) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let run = store.find(run).await?;
    let plan = store.plan(&run).await?;
    let all: Vec<HostId> = plan.hosts.iter().map(|h| h.id.clone()).collect();
    let hosts = match host {
        None => all,
        Some(name) => {
            let none = || {
                let names: Vec<&str> = all.iter().map(HostId::as_str).collect();
                let name = Safe::line(name);
                let why = format!("run {run} has no host {name} (it has {})", names.join(", "));
                Trouble::new(Exit::NotFound, why)
            };
            vec![all.iter().find(|id| id.as_str() == name).cloned().ok_or_else(none)?]
        }
    };
    if context.json {
        let mut logs = Vec::new();
        for host in &hosts {
            let bytes = whole(&*store, &run, host).await?;
            logs.push(json!({ "host": host, "text": Safe::text_from_bytes(&bytes) }));
        }
        print::json(&json!({ "run": run, "logs": logs }))?;
        return Ok(Exit::Ok);
    }
    for id in &hosts {
        let bytes = whole(&*store, &run, id).await?;
        let prefix = if host.is_some() { String::new() } else { format!("{id} | ") };
        for line in lines(&bytes) {
            if let ControlFlow::Break(()) = print::text(&format!("{prefix}{line}\n"))? {
                return Ok(Exit::Ok);
            }
        }
    }
    Ok(Exit::Ok)
}

/// Prints what all hosts of a run printed, in the order of time.
pub(in crate::cli) async fn logs_by_time(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let run = store.find(run).await?;
    let clock = wiring::clock();
    let mut merge = LogMerge::open(store, run.clone(), clock.now()).await?;
    let (hosts, n) = merge.hosts();
    let (n_read, widest) =
        hosts.fold((0, 0), |(n, widest), host| (n + 1, widest.max(host.as_str().len())));
    if n_read < n {
        say(&format!(
            "note: {n_read} of {n} targets are read: those that work, then those that failed"
        ));
    }
    if !context.json {
        say("note: hosts write no times: within a step, lines are spread evenly over it");
    }
    let (zone, mut all) = (TimeZone::system(), Vec::new());
    loop {
        let pass = merge.pass(clock.now()).await?;
        let mut lines = pass.lines;
        if !pass.more {
            lines.extend(merge.rest(clock.now()));
        }
        let mut text = String::new();
        for line in &lines {
            let Some(host) = merge.host(line) else { continue };
            if context.json {
                all.push(json!({ "at": line.at, "host": host, "line": line.text }));
            } else {
                let at = line.at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
                let host = host.as_str();
                let _ = writeln!(text, "{at} {host:<widest$} | {}", line.text);
            }
        }
        if !text.is_empty() && print::text(&text)?.is_break() {
            return Ok(Exit::Ok);
        }
        if !pass.more {
            break;
        }
    }
    if context.json {
        print::json(&json!({ "run": run, "lines": all }))?;
    }
    Ok(Exit::Ok)
}

/// The lines of an output; a last one without newline counts.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Safe> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let n = if bytes.is_empty() { 0 } else { usize::MAX };
    bytes.split(|&b| b == b'\n').take(n).map(Safe::line_from_bytes)
}

async fn whole(store: &dyn RunReader, run: &RunId, host: &HostId) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    loop {
        let (more, _) = store.log(run, host, bytes.len() as u64, CHUNK).await?;
        if more.is_empty() {
            return Ok(bytes);
        }
        bytes.extend(more);
    }
}
