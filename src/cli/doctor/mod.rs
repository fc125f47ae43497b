//! `bunker doctor`: this machine and the hosts, with the fix for each finding.

mod finding;
mod here;
mod hosts;
mod keys;

use std::path::Path;

use super::args::DoctorArgs;
use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use super::{Context, fleet, wiring};
use crate::domain::finding::Finding;
use crate::domain::fleet::{Fleet, Host};
use crate::engine::poller::Sources;

/// What there is to say of this machine. Programs are started and files are read for it.
pub(super) fn of_this_machine(inventory: &Path) -> Vec<Finding> {
    here::findings(inventory, &fleet::at(inventory))
}

/// What there is to say of these hosts and of the metrics server.
pub(super) async fn of_hosts(sources: &Sources, fleet: &Fleet) -> Vec<Finding> {
    let all: Vec<&Host> = fleet.hosts.iter().map(AsRef::as_ref).collect();
    hosts::findings(sources, fleet, &all).await
}

pub(super) fn run(context: &Context, args: &DoctorArgs) -> Result<Exit, Trouble> {
    let loaded = fleet::fleet(context);
    let mut all = here::findings(&context.inventory, &loaded);
    match loaded {
        Ok((fleet, _)) if !args.local => {
            let chosen = fleet::limited(&fleet, args.limit.as_deref())?;
            let found = wiring::runtime()?.block_on(async {
                let pool = wiring::hosts()?;
                let found = hosts::findings(&wiring::sources(&pool), &fleet, &chosen).await;
                pool.close().await;
                Ok::<_, Trouble>(found)
            })?;
            all.extend(found);
        }
        // A limit cannot be told apart from "all hosts" without an inventory.
        Err(trouble) if args.limit.is_some() => return Err(trouble),
        Ok(_) | Err(_) => {}
    }
    if context.json {
        print_json(&serde_json::json!({ "checks": all }))?;
    } else {
        print(&finding::text(&all, !super::output::speaks_utf8()))?;
    }
    Ok(if all.iter().all(|f| f.ok) { Exit::Ok } else { Exit::Findings })
}
