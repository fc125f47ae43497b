//! `bunker bundle RUN` and `bunker replay FILE`: a run as a file, and the file as a run.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args as ClapArgs;
use serde_json::json;

use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use super::run::{Hold, Shown, follow_in, say};
use super::{Context, cockpit_replay, wiring};
use crate::adapters::bundle_file::{self, BundleError};
use crate::adapters::replay::ReplayStore;
use crate::domain::bundle::{Cleaner, Limits, Redacted};
use crate::domain::plan::Plan;
use crate::domain::secret::Secrets;
use crate::domain::untrusted::Safe;
use crate::engine::ports::RunReader;

/// Options of `bundle`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The file holds the plan, the events, the output of the hosts and the records of the audit log about this run, as lines of JSON \
compressed with gzip (`zcat FILE | jq`). The same run gives the same bytes. Secrets of the vault are taken out once more \
where your identity opens it; the file says whether that was done. It names hosts, addresses, domains and people."
)]
pub struct BundleArgs {
    /// The run: an id, the end of one, or `last`
    pub run: String,
    /// Where to; a file that is there is not replaced [default: bunker-RUN.jsonl.gz]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `replay`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "At a terminal the page of the run opens: space pauses, left and right go 10 s back and on, + and - change the speed, home and \
end go to the beginning and to the end. With --json, or where there is no terminal, events or lines are printed, at once \
unless --speed is given. Output within a step is spread evenly over its time. Nothing is connected to, and nothing can be changed."
)]
pub struct ReplayArgs {
    /// What `bunker bundle` made
    pub file: PathBuf,
    /// How many times as fast as it was [default: 1 at a terminal]
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<f64>,
}

/// Makes the bundle of a run.
pub(super) fn bundle(context: &Context, args: &BundleArgs) -> Result<Exit, Trouble> {
    wiring::runtime()?.block_on(async {
        let store = wiring::store_reader()?;
        let run = store.find(&args.run).await?;
        let plan = store.plan(&run).await?;
        let (secrets, redacted) = secrets_of(context, &plan).await;
        let out = args.out.clone().unwrap_or_else(|| bundle_file::name_of(&run));
        let cleaner = Cleaner::new(&secrets);
        bundle_file::make(&*store, &run, &out, cleaner, redacted.clone()).await?;
        let file = Safe::line(&out.to_string_lossy());
        if let Redacted::OnceOnly { why } = &redacted {
            say(&format!(
                "note: what the hosts printed was masked when it was kept, but not again now: {why}"
            ));
        }
        if context.json {
            print_json(&json!({ "run": run, "file": file, "redacted": redacted }))?;
        } else {
            print(&format!("{file}\n"))?;
        }
        Ok(Exit::Ok)
    })
}

/// The values of the vaults of the plan's hosts, those that are on their way too.
async fn secrets_of(context: &Context, plan: &Plan) -> (Secrets, Redacted) {
    let inventory = plan.vault.clone().unwrap_or_else(|| context.inventory.clone());
    let vault = wiring::secrets();
    let mut all = Secrets::new();
    for host in &plan.hosts {
        match vault.secrets(&inventory, &host.id).await {
            Ok(secrets) => {
                for value in secrets.into_values() {
                    if let Ok(name) = format!("vault_{}", all.len()).parse() {
                        all.insert(name, value);
                    }
                }
            }
            Err(error) => {
                let why = Safe::line(&error.to_string());
                return (all, Redacted::OnceOnly { why });
            }
        }
    }
    (all, Redacted::Again)
}

/// Plays a bundle.
pub(super) fn replay(context: &Context, args: &ReplayArgs) -> Result<Exit, Trouble> {
    if args.speed.is_some_and(|speed| !speed.is_finite() || speed <= 0.0) {
        return Err(Trouble::new(Exit::Usage, "--speed is a number above 0: 1 is as it was"));
    }
    let bundle = bundle_file::read(Path::new(&args.file), Limits::default())?;
    let (run, redacted) = (bundle.run.clone(), bundle.redacted.clone());
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let store = Arc::new(ReplayStore::new(bundle, args.speed.unwrap_or(1.0)));
    if terminal && !context.json {
        return cockpit_replay::open(context, &store);
    }
    if let Redacted::OnceOnly { why } = redacted {
        say(&format!("note: secrets were not looked for when this file was made: {why}"));
    }
    if args.speed.is_none() {
        store.clock().end();
    }
    let shown = if context.json { Shown::Events } else { Shown::Lines };
    let ended =
        wiring::runtime()?.block_on(follow_in(&*store, context, &run, shown, Hold::Looks))?;
    // How the run ended is no failure of playing it.
    Ok(if ended == Exit::Interrupted { ended } else { Exit::Ok })
}

impl From<BundleError> for Trouble {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Store(error) => error.into(),
            BundleError::Unusable { .. } => Self::new(Exit::Usage, error),
            BundleError::Inseparable => Self::new(Exit::Refused, error),
            BundleError::File { .. } => Self::new(Exit::Failed, error),
        }
    }
}
