//! `bunker status`: one look at the whole fleet.

mod json;
mod table;
mod words;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use super::Context;
use super::args::StatusArgs;
use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use super::{fleet, wiring};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::fleet::Fleet;
use crate::domain::health::Health;
use crate::domain::ids::HostId;
use crate::domain::snapshot::{FleetSnapshot, InventoryState};
use crate::domain::untrusted::Safe;
use crate::engine::poller::{Watched, run_once};

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Exit, Trouble> {
    let (fleet, diagnostics) = fleet::fleet(context)?;
    fleet::tell(&fleet, &diagnostics);
    let watched = watched(fleet, &diagnostics, args.limit.as_deref())?;
    let deadline = Duration::from_secs(args.timeout.clamp(1, 600));
    let snapshot = wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        let snapshot = run_once(&wiring::sources(&hosts), &watched, deadline).await;
        hosts.close().await;
        Ok::<_, Trouble>(snapshot)
    })?;
    if context.json {
        print_json(&json::status(&snapshot))?;
    } else {
        let out = std::io::stdout();
        let look = table::Look {
            colour: context.color && out.is_terminal(),
            plain: !super::output::speaks_utf8(),
            columns: words::columns_of(&out),
        };
        print(&table::text(&snapshot, &look))?;
    }
    Ok(exit(&snapshot))
}

/// The instances that are meant. A limit that means hosts that are none is an error, never all.
pub(super) fn watched(
    mut fleet: Fleet,
    diagnostics: &[Diagnostic],
    limit: Option<&str>,
) -> Result<Watched, Trouble> {
    let meant: BTreeSet<HostId> =
        fleet::limited(&fleet, limit)?.into_iter().map(|host| host.id.clone()).collect();
    fleet.hosts.retain(|host| meant.contains(&host.id));
    if fleet.instances().next().is_none() {
        let message = match limit {
            Some(limit) => {
                format!("--limit {}: none of these hosts is an instance", Safe::line(limit))
            }
            None => "the inventory has no instance: give a host the variable cml_domain".to_owned(),
        };
        return Err(Trouble::new(Exit::NotFound, message));
    }
    let problems = diagnostics.iter().map(|d| Safe::line(&d.to_string())).collect();
    let files = InventoryState { problems, refused: None, n_left_out: fleet.left_out.len() };
    Ok(Watched { fleet: Arc::new(fleet), files })
}

/// Unreachable hosts make the answer partial, which is said before what was found on the others.
fn exit(snapshot: &FleetSnapshot) -> Exit {
    let any = |health| snapshot.instances.iter().any(|i| i.verdict.health == health);
    if any(Health::Unknown) {
        Exit::Unreachable
    } else if any(Health::Down) || any(Health::Degraded) {
        Exit::Findings
    } else {
        Exit::Ok
    }
}
