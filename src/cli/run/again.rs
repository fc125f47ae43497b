//! `bunker retry`, and the rollback of what a run changed.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::attach_leave::{Hold, Presses};
use super::confirm::confirm_plan;
use super::dispatch::right;
use super::operator::{how, operator};
use super::unlock::unlock_plan;
use super::worker::replay;
use super::{approve, attach, plan_text, print};
use crate::adapters::inventory::load;
use crate::adapters::ssh::SshPool;
use crate::domain::capability::Operate;
use crate::domain::fleet::Fleet;
use crate::domain::ids::RunId;
use crate::domain::plan::Plan;
use crate::domain::policy::Consent;
use crate::domain::run::operator::Operator;
use crate::engine::follow_up::rollbacks;
use crate::engine::launch::Launched;
use crate::engine::planner::{self, PlanPorts, RetryError};
use crate::engine::ports::{Clock, RunReader};
use crate::engine::supervisor::Supervisor;

/// How `retry` goes about it.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// Show the plan only.
    pub(super) check: bool,
    /// Do not ask.
    pub(super) yes: bool,
    /// Leave the run to its worker.
    pub(super) detach: bool,
    /// What a guardrail wants typed.
    pub(super) confirm: Option<String>,
}

/// Plans a run once more, for what it left behind, by the inventory as it is now.
async fn plan_retry(ports: &PlanPorts, run: &RunId) -> Result<Plan, Trouble> {
    let store = &*ports.past;
    let plan = store.plan(run).await?;
    let state = replay(store, run).await?;
    later_runs(store, &plan, run).await?;
    let fleet = fleet_at(&ports.inventory)?;
    Ok(planner::retry(ports, &fleet, &plan, &state).await?)
}

fn fleet_at(inventory: &Path) -> Result<Fleet, Trouble> {
    load(inventory).fleet.ok_or_else(|| {
        let why = format!(
            "the inventory at {} cannot be used: `bunker inventory check`",
            inventory.display()
        );
        Trouble::new(Exit::Usage, why)
    })
}

/// Another run on the same targets makes the old plan one of the past.
async fn later_runs(store: &dyn RunReader, plan: &Plan, run: &RunId) -> Result<(), Trouble> {
    let runs = store.runs(1_000).await?;
    let later = runs.iter().take_while(|r| &r.run != run);
    for other in later {
        if let Some(host) = other.hosts.iter().find(|h| plan.host(h).is_some()) {
            let why = format!(
                "run {} came after run {run} and was about {host} too: plan again instead of retrying",
                other.run
            );
            return Err(Trouble::new(Exit::Refused, why));
        }
    }
    Ok(())
}

/// Tries again what a run left behind, as a new run that points to it.
pub(super) async fn retry(context: &Context, run: &str, manner: Manner) -> Result<Exit, Trouble> {
    let old = wiring::store_reader()?.find(run).await?;
    let hosts = wiring::hosts()?;
    let plan = plan_retry(&wiring::plan_ports(&hosts, &context.inventory)?, &old).await?;
    if !context.json {
        print::all(&format!("retry of run {old}, each from the step that it stopped at\n"))?;
        print::all(&plan_text::text(&plan, wiring::clock().now()))?;
    }
    if manner.check {
        if context.json {
            print::json(&plan_text::json(&plan, wiring::clock().now()))?;
        }
        return Ok(Exit::Findings);
    }
    let right = right(context)?;
    let consent = match manner.confirm {
        Some(text) => Some(Consent::Typed(text)),
        None if manner.yes => Some(Consent::Beforehand),
        None => confirm_plan(&plan)?,
    };
    let Some(consent) = consent else {
        print::say("nothing was done");
        return Ok(Exit::Refused);
    };
    unlock_plan(&plan, &Supervisor::new()).await?;
    let mut presses = (!manner.detach).then(Presses::heard).transpose()?;
    let (by, how) = (operator(), how());
    let starting = launched(right, &context.inventory, &plan, &consent, &by, &how);
    let run = match Presses::while_starting(presses.as_mut(), starting).await?? {
        Launched::Started(run) => run,
        Launched::Waits(run, approval) => return approve::waits(context, &run, &approval).await,
    };
    let Some(presses) = presses else {
        if context.json {
            print::json(&json!({ "run": run, "after": old }))?;
        } else {
            print::all(&format!("{run}\n"))?;
        }
        return Ok(Exit::Ok);
    };
    print::say(&format!("run {run} started"));
    let shown = if context.json { attach::Shown::Summary } else { attach::Shown::Lines };
    attach::follow_planned(context, &run, &plan, shown, Hold::Foreground(presses)).await
}

async fn launched(
    right: &Operate,
    inventory: &Path,
    plan: &Plan,
    consent: &Consent,
    by: &Operator,
    how: &str,
) -> Result<Launched, Trouble> {
    let store = wiring::store_writer(right)?;
    let (workers, clock) = (wiring::workers(right, inventory), wiring::clock());
    let launcher = wiring::launcher(&*store, &workers, &*clock);
    Ok(launcher.start_run(plan, consent, by, how).await?)
}

/// Starts a run that was agreed to. One that waits for a second person counts: it is there.
async fn started(
    (right, inventory): (&Operate, &Path),
    plan: &Plan,
    consent: &Consent,
    by: &Operator,
    how: &str,
) -> Result<RunId, Trouble> {
    unlock_plan(plan, &Supervisor::new()).await?;
    match launched(right, inventory, plan, consent, by, how).await? {
        Launched::Started(run) | Launched::Waits(run, _) => Ok(run),
    }
}

/// Starts the rollback of what an ended run changed; gives the new runs, which point to it.
pub(in crate::cli) async fn roll_back(
    right: &Operate,
    inventory: &Path,
    hosts: &Arc<SshPool>,
    run: &RunId,
    by: &Operator,
) -> Result<Vec<RunId>, Trouble> {
    let store = wiring::store_reader()?;
    let (plan, state) = (store.plan(run).await?, replay(&*store, run).await?);
    let ports = wiring::plan_ports(hosts, inventory)?;
    let mut runs = Vec::new();
    let fleet = fleet_at(inventory)?;
    for plan in rollbacks(&ports, &fleet, &plan, &state, by).await? {
        for left in &plan.excluded {
            print::say(&format!("rollback leaves out {}: {}", left.host, left.reason));
        }
        for host in plan.hosts.iter().filter(|h| !h.will_run()) {
            let why = host.findings.first().map(|f| f.text.to_string()).unwrap_or_default();
            print::say(&format!("{} CANNOT BE ROLLED BACK: {why}", host.id));
        }
        if plan.targets().next().is_some() {
            let how = format!("rollback of what run {run} changed");
            runs.push(started((right, inventory), &plan, &Consent::WayBack, by, &how).await?);
        }
    }
    Ok(runs)
}

impl From<RetryError> for Trouble {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::NoRetry(error) => Self::new(Exit::Refused, error),
            RetryError::OtherFleet { .. } => Self::new(Exit::Usage, error),
            RetryError::Plan(error) => error.into(),
        }
    }
}

/// The plan of a retry for a cockpit, with the identity unlocked where its worker will need it: a person is at the keyboard.
pub(in crate::cli) async fn unlocked_retry(
    ports: &PlanPorts,
    run: &RunId,
    supervisor: &Supervisor,
) -> Result<Plan, Trouble> {
    let plan = plan_retry(ports, run).await?;
    unlock_plan(&plan, supervisor).await?;
    Ok(plan)
}

/// Says which runs were started, or that there was nothing to bring back.
pub(super) fn tell(run: &RunId, runs: &[RunId]) {
    if runs.is_empty() {
        print::say(&format!("run {run} changed no instance that could be brought back"));
    }
    for back in runs {
        print::say(&format!("rollback {back} started: `bunker attach {back}` follows it"));
    }
}
