//! `bunker backup`, `backup verify` and `backup list`.

use serde_json::{Value, json};

use super::super::args::{BackupArgs, BackupVerb};
use super::super::exit::{Exit, Trouble};
use super::super::output::columns;
use super::super::{Context, fleet, wiring};
use super::{print, start};
use crate::domain::ids::HostId;
use crate::domain::plan::What;
use crate::domain::untrusted::Safe;
use crate::engine::planner::PlanError;
use crate::engine::ports::RemoteRead;
use crate::steps::{backup, probe};

/// Carries out the verb.
pub(super) async fn backup(context: &Context, args: &BackupArgs) -> Result<Exit, Trouble> {
    match &args.verb {
        None => start::workflow(context, &args.start, What::Backup).await,
        Some(BackupVerb::Verify { start, all }) => {
            start::workflow(context, start, What::VerifyBackup { all: *all }).await
        }
        Some(BackupVerb::List { host }) => list(context, host).await,
    }
}

/// Reads the manifests on the host, which are the truth about its backups.
async fn list(context: &Context, host: &str) -> Result<Exit, Trouble> {
    let (fleet, problems) = fleet::fleet(context)?;
    fleet::tell(&fleet, &problems);
    let id: HostId = host.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let host = fleet.host(&id).ok_or_else(|| PlanError::UnknownHost(id.clone()))?;
    let settings = host.instance.as_ref().ok_or_else(|| PlanError::NoInstance(id.clone()))?;
    let hosts = wiring::hosts()?;
    let read = hosts.read(&host.connection, &backup::list(settings), probe::PATIENCE).await;
    hosts.close().await;
    let output = read.map_err(|e| Trouble::new(Exit::Unreachable, Safe::text(&e.to_string())))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let manifests = text.lines().filter_map(|line| line.strip_prefix("backup "));
    let mut found: Vec<Value> = manifests.filter_map(|m| serde_json::from_str(m).ok()).collect();
    found.sort_by_key(|m| m["created"].as_str().map(str::to_owned));
    if context.json {
        print::json(&json!({ "host": id, "backups": found }))?;
        return Ok(Exit::Ok);
    }
    if found.is_empty() {
        print::say(&format!("{id} has no backup that counts: make one with `bunker backup {id}`"));
        return Ok(Exit::Ok);
    }
    print::all(&columns(&rows(&found)))?;
    Ok(Exit::Ok)
}

/// Oldest first, each with how its size differs from the one before.
fn rows(found: &[Value]) -> Vec<Vec<String>> {
    let head = ["CREATED", "SIZE", "CHANGE", "VERIFIED", "RESTORED ASIDE", "ARCHIVE"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut before: Option<u64> = None;
    for manifest in found {
        let text = |key: &str| {
            manifest
                .get(key)
                .and_then(Value::as_str)
                .map_or_else(|| "-".to_owned(), |text| Safe::line(text).to_string())
        };
        let size = manifest.get("size").and_then(Value::as_u64).unwrap_or(0);
        let change = before.filter(|b| *b > 0).map_or_else(
            || "-".to_owned(),
            |b| format!("{:+.0} %", (size as f64 / b as f64 - 1.0) * 100.0),
        );
        before = Some(size);
        let verified = manifest.get("verified").and_then(Value::as_bool) == Some(true);
        let verified = if verified { "yes" } else { "no" };
        rows.push(vec![
            text("created"),
            size.to_string(),
            change,
            verified.to_owned(),
            text("restored_aside"),
            text("archive"),
        ]);
    }
    rows
}
