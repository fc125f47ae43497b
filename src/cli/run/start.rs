//! A workflow from the command line: plan, show, ask, start, follow.

use std::sync::Arc;

use serde_json::json;

use super::super::Context;
use super::super::args::StartArgs;
use super::super::exit::{Exit, Trouble};
use super::super::{audit, fleet, hooks, in_the_way, wiring};
use super::attach_leave::{Hold, Presses};
use super::confirm::confirm_plan;
use super::dispatch::right;
use super::operator::{how, operator};
use super::{approve, attach, plan_diff, plan_text, print};
use crate::adapters::ssh::SshPool;
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::plan::{Plan, Readiness, What, Wish};
use crate::domain::policy::Consent;
use crate::domain::untrusted::Safe;
use crate::engine::launch::Launched;
use crate::engine::planner::{self, PlanError};
use crate::engine::ports::{Clock as _, RepositoryError};

/// Plans a workflow for the hosts of the call, shows the plan and starts it once it was approved; with `--check` it only
/// says what that would do.
pub(in crate::cli) async fn workflow(
    context: &Context,
    args: &StartArgs,
    what: What,
) -> Result<Exit, Trouble> {
    showing(context, args, what, false).await
}

/// [`workflow`], with each change of `.env` where `diff` says so.
pub(super) async fn showing(
    context: &Context,
    args: &StartArgs,
    what: What,
    diff: bool,
) -> Result<Exit, Trouble> {
    if !args.check {
        right(context)?;
    }
    let hosts = wiring::hosts()?;
    let mut planning = Planning { context, args, what, hosts: &hosts, wished: None };
    if args.check {
        let (_, plan) = planning.once().await?;
        hosts.close().await;
        return check(context, &plan, diff);
    }
    let (fleet, plan) = planning.when_free(diff).await?;
    if plan.targets().next().is_none() {
        return nothing(context, &plan);
    }
    audit::reason(plan.targets().any(|host| host.settings.policy.require_why))?;
    let Some(consent) = consent(args, &plan)? else {
        print::say("nothing was done");
        return Ok(Exit::Refused);
    };
    super::super::window::tell(&fleet).await;
    start(context, args, &plan, &consent, &hosts).await
}

/// Planning what a call asks for, as often as it takes.
struct Planning<'a> {
    context: &'a Context,
    args: &'a StartArgs,
    what: What,
    hosts: &'a Arc<SshPool>,
    /// Who is meant, from the first time on: a host that appears meanwhile is not touched.
    wished: Option<Vec<HostId>>,
}

impl Planning<'_> {
    /// One plan, by the inventory and the hosts as they are now.
    async fn once(&mut self) -> Result<(Fleet, Plan), Trouble> {
        let (context, args) = (self.context, self.args);
        let (fleet, problems) = fleet::fleet(context)?;
        fleet::tell(&fleet, &problems);
        let asked = args.strategy.asked();
        let hosts = match self.wished.take() {
            Some(hosts) => hosts,
            None => wished(&fleet, args)?,
        };
        self.wished = Some(hosts.clone());
        let wish = Wish { hosts, what: self.what.clone(), asked };
        if let Some(right) = &context.operate {
            let said = hooks::before_plan(right, &fleet, &context.inventory, &wish).await?;
            for line in said {
                print::say(line.as_str());
            }
        }
        let ports = wiring::plan_ports(self.hosts, &context.inventory)?;
        let mut plan = planner::plan(&ports, &fleet, &wish, &operator()).await?;
        if let Some(outside) = args.outside {
            plan.rules.outside = outside.into();
        }
        Ok((fleet, plan))
    }

    /// The plan, shown, once nobody stands in its way. What was waited for may have changed what there is to do: it is
    /// planned and shown anew, so that what runs is what was seen last.
    async fn when_free(&mut self, diff: bool) -> Result<(Fleet, Plan), Trouble> {
        let mut patience = in_the_way::Patience::of(self.args.wait);
        loop {
            let (fleet, plan) = self.once().await?;
            if !self.context.json {
                print::all(&shown(&plan, diff))?;
            }
            if !patience.until_free(self.hosts, &plan).await? {
                return Ok((fleet, plan));
            }
            print::say("nobody holds them any more: planned anew, since they may have changed");
        }
    }
}

/// What the operator does to have it run; `None` is not to.
fn consent(args: &StartArgs, plan: &Plan) -> Result<Option<Consent>, Trouble> {
    if let Some(text) = &args.confirm {
        return Ok(Some(Consent::Typed(text.clone())));
    }
    let denied = plan.rules.verdict.as_ref().is_none_or(|v| !v.denied.is_empty());
    if args.yes || denied {
        // What a guardrail forbids is refused where all runs start; nobody is asked first.
        return Ok(Some(Consent::Beforehand));
    }
    confirm_plan(plan)
}

/// Starts the run. Its worker uses the connections over which the plan was made.
async fn start(
    context: &Context,
    args: &StartArgs,
    plan: &Plan,
    consent: &Consent,
    hosts: &Arc<SshPool>,
) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let (workers, clock) =
        (wiring::workers(right, &context.inventory).lending(hosts), wiring::clock());
    let launcher = wiring::launcher(&*store, &workers, &*clock);
    let mut presses = (!args.detach).then(Presses::heard).transpose()?;
    let starting = async {
        let launched = launcher.start_run(plan, consent, &operator(), &how()).await;
        hosts.close().await;
        launched
    };
    let launched = Presses::while_starting(presses.as_mut(), starting).await??;
    drop(store);
    let run = match launched {
        Launched::Started(run) => run,
        Launched::Waits(run, approval) => return approve::waits(context, &run, &approval).await,
    };
    let Some(presses) = presses else {
        if context.json {
            print::json(&json!({ "run": run }))?;
        } else {
            print::all(&format!("{run}\n"))?;
            print::say(&format!("started; `bunker attach {run}` follows it"));
        }
        return Ok(Exit::Ok);
    };
    print::say(&format!(
        "run {run} started; Ctrl-C starts no further step, twice leaves it to its worker"
    ));
    let shown = if context.json { attach::Shown::Summary } else { attach::Shown::Lines };
    attach::follow_planned(context, &run, plan, shown, Hold::Foreground(presses)).await
}

fn now() -> jiff::Timestamp {
    wiring::clock().now()
}

fn shown(plan: &Plan, diff: bool) -> String {
    let mut text = plan_text::text(plan, now());
    if diff {
        text.push_str(&plan_diff::text(plan));
    } else if plan_diff::has_any(plan) {
        text.push_str("\n--diff shows each variable\n");
    }
    text
}

fn check(context: &Context, plan: &Plan, diff: bool) -> Result<Exit, Trouble> {
    if context.json {
        print::json(&plan_text::json(plan, now()))?;
    } else {
        print::all(&shown(plan, diff))?;
    }
    Ok(if plan.hosts.is_empty() { Exit::Ok } else { Exit::Findings })
}

/// There is no target to run: all is up to date, or what is left is not ready.
fn nothing(context: &Context, plan: &Plan) -> Result<Exit, Trouble> {
    if context.json {
        print::json(&json!({ "run": null, "plan": plan_text::json(plan, now()) }))?;
    }
    let unknown = plan.hosts.iter().any(|h| h.readiness == Readiness::Unknown);
    if plan.hosts.is_empty() {
        print::say("nothing to do");
        return Ok(Exit::Ok);
    }
    for (host, held) in plan.held().filter_map(|host| Some((host, host.left_for()?))) {
        print::say(&format!("{} is {held}: --wait waits for it", host.id));
    }
    print::say("no instance is ready: nothing was done");
    Ok(if unknown { Exit::Unreachable } else { Exit::Refused })
}

/// The hosts that are meant: those named and those of the limit. None is never all.
fn wished(fleet: &Fleet, args: &StartArgs) -> Result<Vec<HostId>, Trouble> {
    let mut wished = Vec::new();
    for name in &args.hosts {
        let id: HostId = name.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
        let none = || PlanError::UnknownHost(id.clone());
        wished.push(fleet.host(&id).ok_or_else(none)?.id.clone());
    }
    if args.limit.is_some() {
        let limited = fleet::limited(fleet, args.limit.as_deref())?;
        if args.hosts.is_empty() {
            wished = limited.into_iter().map(|h| h.id.clone()).collect();
        } else {
            // Both: those named that are within the limit.
            wished.retain(|id| limited.iter().any(|h| &h.id == id));
        }
        if wished.is_empty() {
            return Err(Trouble::new(Exit::NotFound, "the limit leaves none of the named hosts"));
        }
    }
    if wished.is_empty() { Err(PlanError::NoHosts.into()) } else { Ok(wished) }
}

impl From<PlanError> for Trouble {
    fn from(error: PlanError) -> Self {
        let exit = match &error {
            PlanError::UnknownHost(_)
            | PlanError::Playbook(_)
            | PlanError::Repository(RepositoryError::NoSuchRef { .. }) => Exit::NotFound,
            PlanError::Repository(_) | PlanError::Vault(_) => Exit::Failed,
            PlanError::Silent(_) => Exit::Unreachable,
            PlanError::Hook(_) | PlanError::InMaintenance(_) => Exit::Refused,
            PlanError::NotRotated { .. }
            | PlanError::NoHosts
            | PlanError::NoInstance(_)
            | PlanError::NothingLeft
            | PlanError::NoCanary(_)
            | PlanError::CanariesDiffer { .. }
            | PlanError::DifferentRefs(_)
            | PlanError::DifferentRepositories(..) => Exit::Usage,
        };
        Self::new(exit, Safe::text(&error.to_string()))
    }
}
