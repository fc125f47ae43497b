//! `bunker logs RUN [HOST]`.

use std::ops::ControlFlow;

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::print;
use crate::domain::ids::{HostId, RunId};
use crate::domain::untrusted::Safe;
use crate::engine::ports::RunReader;

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
