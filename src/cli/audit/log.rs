//! `bunker audit log`.

use serde_json::{Value, json};

use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::{Context, wiring};
use super::args::WantedArgs;
use super::wanted::wanted;
use crate::domain::audit::Entry;
use crate::engine::ports::{AuditReader, Clock as _};

/// Lists the newest records.
pub(super) async fn log(
    context: &Context,
    args: &WantedArgs,
    limit: usize,
) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let wanted = wanted(&store, args, wiring::clock().now()).await?;
    let entries = store.audit_latest(&wanted, limit).await?;
    if context.json {
        print_json(&entries.iter().map(json).collect::<Vec<_>>())?;
        return Ok(Exit::Ok);
    }
    let head = ["SEQ", "AT", "WHO", "FROM", "BY", "ACTION", "ABOUT", "ENDED", "WHY"];
    let head = head.map(str::to_owned).to_vec();
    print(&columns(&std::iter::once(head).chain(entries.iter().map(row)).collect::<Vec<_>>()))?;
    Ok(Exit::Ok)
}

fn row(entry: &Entry) -> Vec<String> {
    let r = &entry.record;
    let detail = r.detail.as_ref().map(|d| format!(": {d}")).unwrap_or_default();
    let run = r.run.as_ref().map(|run| format!(" (run {run})")).unwrap_or_default();
    vec![
        r.seq.to_string(),
        r.at.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %T").to_string(),
        r.who.person(),
        r.who.from().unwrap_or("-").to_owned(),
        r.source.to_string(),
        r.action.to_string(),
        format!("{}{run}", r.subject()),
        format!("{}{detail}", r.word()),
        r.why.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn json(entry: &Entry) -> Value {
    json!({ "hash": entry.hash, "record": entry.record })
}
