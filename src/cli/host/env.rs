//! `bunker env HOST`: the `.env` of an instance, without its secrets.

use std::time::Duration;

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::{fleet, wiring};
use super::args::EnvArgs;
use crate::adapters::ssh::SshPool;
use crate::domain::env_shown::{EnvShown, EnvState};
use crate::domain::fleet::Host;
use crate::engine::ports::RemoteRead;
use crate::steps::env_file;

/// How long the host may take.
const DEADLINE: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &Context, args: &EnvArgs) -> Result<Exit, Trouble> {
    let (fleet, _) = fleet::fleet(context)?;
    let host = super::named(&fleet, &args.host)?;
    let hosts = wiring::hosts()?;
    let seen = looked(&hosts, host).await;
    hosts.close().await;
    let seen = seen?;
    if context.json {
        print_json(&json!({ "host": host.id, "env": seen }))?;
    } else {
        let rows = seen.rows.iter().map(|row| {
            vec![row.name.to_string(), row.value.to_string(), row.state.words().to_owned()]
        });
        let head = ["VARIABLE", "VALUE", ""].map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
        print(&columns(&rows))?;
        for remark in &seen.remarks {
            print(&format!("{remark}\n"))?;
        }
    }
    let edited = seen.rows.iter().any(|row| row.state == EnvState::Edited);
    Ok(if edited || !seen.remarks.is_empty() { Exit::Findings } else { Exit::Ok })
}

/// Reads it. The values of secrets are dropped before anything is given on.
pub(in crate::cli) async fn looked(hosts: &SshPool, host: &Host) -> Result<EnvShown, Trouble> {
    let settings = super::settings(host)?;
    let script = env_file::read(&host.id, host.connection.become_root, settings);
    let answer = hosts.read(&host.connection, &script, DEADLINE).await;
    let answer = answer.map_err(|error| Trouble::new(Exit::Unreachable, error))?;
    let read = env_file::parse(&answer.stdout).map_err(|why| {
        Trouble::new(Exit::Failed, format!("the .env of {} cannot be shown: {why}", host.id))
    })?;
    Ok(EnvShown::of(read.file.as_ref(), read.applied.as_ref(), read.pending))
}
