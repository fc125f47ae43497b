//! `bunker compare`: two instances, or two releases, side by side.

use std::time::Duration;

use clap::Args as ClapArgs;
use serde_json::json;

use super::Context;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::{fleet, status, wiring};
use crate::adapters::inventory::load;
use crate::adapters::vault::tell_with_vaults;
use crate::domain::compare::{self, Line, ReleaseSide};
use crate::domain::ids::HostId;
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::suggest::nearest;
use crate::engine::poller::run_once;
use crate::ui::figures;

/// Options of `compare`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "A release is named by its tag, its branch or the beginning of its commit, as instances run it. \
Exit codes: 0 nothing differs; 3 something differs; 4 nothing has such a name."
)]
pub struct CompareArgs {
    /// An instance, or a release
    pub left: String,
    /// Another
    pub right: String,
    /// Lines that do not differ too
    #[arg(long)]
    pub all: bool,
    /// Seconds to wait for hosts that do not answer
    #[arg(long, default_value_t = 20)]
    pub timeout: u64,
}

pub(super) fn run(context: &Context, args: &CompareArgs) -> Result<Exit, Trouble> {
    let (fleet, diagnostics) = fleet::fleet(context)?;
    fleet::tell(&fleet, &diagnostics);
    let ids: Vec<HostId> = fleet.instances().map(|(host, _)| host.id.clone()).collect();
    let both = [&args.left, &args.right].map(|name| ids.iter().find(|id| id.as_str() == *name));
    // Releases are told by all instances; two instances by themselves.
    let limit = match both {
        [Some(a), Some(b)] => Some(format!("{a},{b}")),
        _ => None,
    };
    let watched = status::watched(fleet, &diagnostics, limit.as_deref())?;
    let deadline = Duration::from_secs(args.timeout.clamp(1, 600));
    let snapshot = wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        let snapshot = run_once(&wiring::sources(&hosts), &watched, deadline).await;
        hosts.close().await;
        Ok::<_, Trouble>(snapshot)
    })?;
    let mut lines = match both {
        [Some(a), Some(b)] => instances(context, &snapshot, a, b),
        _ => releases(&snapshot, args, &ids)?,
    };
    let differ = lines.iter().any(|line| line.differs);
    lines.retain(|line| args.all || line.differs);
    if context.json {
        print_json(&json!({ "left": args.left, "right": args.right, "lines": lines }))?;
    } else if lines.is_empty() {
        print("nothing differs that is known; --all shows all lines\n")?;
    } else {
        print(&columns(&rows(&lines, args)))?;
    }
    Ok(if differ { Exit::Findings } else { Exit::Ok })
}

fn rows(lines: &[Line], args: &CompareArgs) -> Vec<Vec<String>> {
    let head = ["PART", "WHAT", &args.left, &args.right].map(str::to_owned).to_vec();
    let row = |l: &Line| {
        vec![l.part.to_owned(), l.what.to_string(), l.left.to_string(), l.right.to_string()]
    };
    std::iter::once(head).chain(lines.iter().map(row)).collect()
}

fn instances(context: &Context, snapshot: &FleetSnapshot, a: &HostId, b: &HostId) -> Vec<Line> {
    let of = |id| snapshot.instances.iter().find(|i| &i.id == id);
    let (Some(left), Some(right)) = (of(a), of(b)) else { return Vec::new() };
    let mut lines = compare::instances(left, right, snapshot.at, figures::value);
    let loaded = load(&context.inventory);
    let keys = wiring::keys();
    let of = |id| tell_with_vaults(&context.inventory, &loaded, id, &keys).unwrap_or_default();
    lines.extend(compare::variables(&of(a), &of(b)));
    lines
}

fn releases(
    snapshot: &FleetSnapshot,
    args: &CompareArgs,
    ids: &[HostId],
) -> Result<Vec<Line>, Trouble> {
    let running = compare::running(snapshot);
    let named = |name: &str| {
        let fits = |side: &&ReleaseSide| {
            side.reference.as_ref().is_some_and(|r| r.as_str() == name)
                || (name.len() >= 4 && side.sha.as_str().starts_with(name))
        };
        running.iter().find(fits).ok_or_else(|| {
            let mut known: Vec<String> = ids.iter().map(ToString::to_string).collect();
            known.extend(
                running.iter().filter_map(|s| s.reference.as_ref()).map(ToString::to_string),
            );
            let meant = nearest(name, known.iter().map(String::as_str));
            let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
            let text = format!("no instance and no release that runs is called {name:?}{meant}");
            Trouble::new(Exit::NotFound, text)
        })
    };
    let is_instance = |name: &str| ids.iter().any(|id| id.as_str() == name);
    let mixed = match (is_instance(&args.left), is_instance(&args.right)) {
        (true, false) => Some((&args.left, &args.right)),
        (false, true) => Some((&args.right, &args.left)),
        (true, true) | (false, false) => None,
    };
    if let Some((instance, release)) = mixed {
        named(release)?;
        let text = format!("{instance} is an instance and {release} a release: name two of a kind");
        return Err(Trouble::new(Exit::Usage, text));
    }
    let (left, right) = (named(&args.left)?, named(&args.right)?);
    Ok(compare::releases(left, right, snapshot.at, figures::value))
}
