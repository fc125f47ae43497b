//! `bunker approve` and `bunker reject`.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::dispatch::right;
use super::operator::operator;
use super::print;
use super::unlock::unlock_for;
use crate::domain::ids::RunId;
use crate::domain::policy::Approval;
use crate::domain::untrusted::Safe;
use crate::engine::ports::RunReader;
use crate::engine::supervisor::Supervisor;

/// Agrees to a run of somebody else, and starts it.
pub(super) async fn approve(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    unlock_for(&*store, &run, &Supervisor::new()).await?;
    let workers = wiring::workers(right, &context.inventory);
    let clock = wiring::clock();
    wiring::launcher(&*store, &workers, &*clock).approve(&run, &operator()).await?;
    told(context, &run, "approved", "approved and started; `bunker attach` follows it")
}

/// Says that a run will not be.
pub(super) async fn reject(context: &Context, run: &str, reason: &str) -> Result<Exit, Trouble> {
    let reason = Safe::line(reason.trim());
    if reason.as_str().is_empty() {
        return Err(Trouble::new(
            Exit::Usage,
            "--reason is empty: say why, the other one reads it",
        ));
    }
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    let workers = wiring::workers(right, &context.inventory);
    let clock = wiring::clock();
    wiring::launcher(&*store, &workers, &*clock).reject(&run, &operator(), reason).await?;
    told(context, &run, "rejected", "rejected: nothing of it will run")
}

fn told(context: &Context, run: &RunId, decision: &str, what: &str) -> Result<Exit, Trouble> {
    if context.json {
        print::json(&json!({ "run": run, "decision": decision }))?;
    } else {
        print::say(&format!("run {run}: {what}"));
    }
    Ok(Exit::Ok)
}

/// Says that a run was stored and waits for somebody else.
pub(super) async fn waits(
    context: &Context,
    run: &RunId,
    approval: &Approval,
) -> Result<Exit, Trouble> {
    // No worker is there that would tell who could approve.
    wiring::last_words(&*wiring::store_writer(right(context)?)?).await;
    if context.json {
        print::json(&json!({ "run": run, "waiting": "approval", "until": approval.until }))?;
        return Ok(Exit::Ok);
    }
    print::all(&format!("{run}\n"))?;
    for reason in &approval.reasons {
        print::say(&format!("guardrail: {reason}"));
    }
    print::say(&format!(
        "nothing was started: until {} another person runs `bunker approve {run}`, or `bunker reject {run}`",
        approval.until.strftime("%Y-%m-%d %H:%MZ")
    ));
    Ok(Exit::Ok)
}
