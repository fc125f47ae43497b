//! `bunker timeline`: what changed on an instance, as the cockpits of this machine saw it.

use clap::Args as ClapArgs;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Context;
use super::audit::since;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::{fleet, wiring};
use crate::domain::health::short_age;
use crate::domain::ids::{HostId, InvalidName};
use crate::domain::lease::FleetKey;
use crate::domain::timeline::{Change, What, changes};
use crate::engine::ports::{Clock as _, RunReader as _, TimelineReader as _};

/// Runs that are looked through for those that worked on the instance.
const N_RUNS: usize = 1_000;

/// Options of `timeline`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "A cockpit, also a read-only one and one on a wall, writes down each change while it is open, for 90 days; \
a time in which none was open is shown as not watched. `for` is how long it was so. With --json: `changes` newest first, each with `at`, \
`what` (state, release, gap or run), `from`, `to`, `why`, `lasted_s` and `goes_on`. Exit codes: 0; 2 the time is malformed; 4 nothing is known of \
such an instance."
)]
pub struct TimelineArgs {
    /// The instance
    pub host: String,
    /// Only changes that are not older than this: 2h, 3d, 2026-11-22 or a full time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
}

pub(super) fn run(context: &Context, args: &TimelineArgs) -> Result<Exit, Trouble> {
    let (fleet, _) = fleet::fleet(context)?;
    let host: HostId = args.host.parse().map_err(|e: InvalidName| Trouble::new(Exit::Usage, e))?;
    let now = wiring::clock().now();
    let oldest = args.since.as_deref().map(|text| since(text, now)).transpose()?;
    let mut all = wiring::runtime()?.block_on(async {
        let store = wiring::store_reader()?;
        let kept = store.kept(&FleetKey::of(&fleet.name), &host).await?;
        let runs = store.runs(N_RUNS).await?;
        Ok::<_, Trouble>(changes(&kept, runs.iter(), &host, now))
    })?;
    if all.is_empty() && !fleet.instances().any(|(known, _)| known.id == host) {
        let text =
            format!("nothing is known of an instance {host}: `bunker instance list` names them");
        return Err(Trouble::new(Exit::NotFound, text));
    }
    let is_new = all.is_empty();
    all.retain(|change| oldest.is_none_or(|oldest| change.at >= oldest));
    if context.json {
        let changes: Vec<Value> = all.iter().map(told).collect();
        print_json(&json!({ "instance": host, "at": now, "changes": changes }))?;
    } else if is_new {
        print("nothing is kept yet: what changes is written down while a cockpit is open\n")?;
    } else if all.is_empty() {
        print("nothing changed in that time\n")?;
    } else {
        print(&columns(&rows(&all)))?;
    }
    Ok(Exit::Ok)
}

fn rows(all: &[Change]) -> Vec<Vec<String>> {
    let zone = TimeZone::system();
    let head = ["WHEN", "FOR", "CHANGE", "WHY"].map(str::to_owned).to_vec();
    let row = |change: &Change| {
        let lasted = short_age(change.lasted_s());
        let lasted = if change.goes_on { format!("{lasted} so far") } else { lasted };
        let when = change.at.to_zoned(zone.clone()).strftime("%F %H:%M:%S").to_string();
        vec![when, lasted, change.what.to_string(), change.why.to_string()]
    };
    std::iter::once(head).chain(all.iter().map(row)).collect()
}

fn told(change: &Change) -> Value {
    let (from, to) = change.what.ends();
    let run = if let What::Run { run, .. } = &change.what { Some(run) } else { None };
    json!({
        "at": change.at, "what": change.what.word(), "from": from, "to": to, "why": change.why, "run": run,
        "lasted_s": change.lasted_s(), "goes_on": change.goes_on,
    })
}
