//! `bunker hooks list`, and the hooks that come before a plan.

use serde_json::json;

use super::Context;
use super::args::HooksVerb;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::run::operator::operator;
use super::wiring;
use crate::adapters::hooks::{HookFiles, HookProcesses, folder, hook};
use crate::domain::capability::Operate;
use crate::domain::fleet::Fleet;
use crate::domain::hook::{HookCall, HookHost, HookPoint};
use crate::domain::plan::Wish;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, HookFolder, HookRunner};

/// Carries out one of these verbs.
pub(super) fn run(context: &Context, verb: &HooksVerb) -> Result<Exit, Trouble> {
    match verb {
        HooksVerb::List => list(context),
    }
}

fn list(context: &Context) -> Result<Exit, Trouble> {
    let dir = folder(&context.inventory);
    let mut rows = vec![["HOOK", "STATE", "SHA-256", "FILE"].map(str::to_owned).to_vec()];
    let (mut found, mut wrong) = (Vec::new(), false);
    for point in HookPoint::ALL {
        let path = dir.join(point.name()).display().to_string();
        let (state, sha256) = match hook(&dir, point, 0) {
            Ok(None) => ("none".to_owned(), String::new()),
            Ok(Some(hook)) => ("runs".to_owned(), hook.sha256),
            Err(problem) => {
                wrong = true;
                (format!("refused: {}; {}", problem.why, problem.hint), String::new())
            }
        };
        found.push(json!({ "hook": point, "state": state, "sha256": sha256, "file": path,
            "stops": point.stops() }));
        let short = sha256.get(..12).unwrap_or_default().to_owned();
        rows.push(vec![point.name().to_owned(), state, short, Safe::line(&path).to_string()]);
    }
    if context.json {
        print_json(&json!({ "hooks": found }))?;
    } else {
        print(&columns(&rows))?;
    }
    Ok(if wrong { Exit::Findings } else { Exit::Ok })
}

/// Runs `pre-connect` and `pre-plan`, before anything is asked of a host, and gives what they said. One that says no
/// ends it here.
pub(super) async fn before_plan(
    right: &Operate,
    fleet: &Fleet,
    inventory: &std::path::Path,
    wish: &Wish,
) -> Result<Vec<Safe>, Trouble> {
    let hooks = HookFiles
        .hooks(inventory, fleet.around.hook_timeout_s)
        .map_err(|problem| Trouble::new(Exit::Refused, problem))?;
    let (runner, mut said) = (HookProcesses::new(right), Vec::new());
    for hook in hooks {
        if !matches!(hook.point, HookPoint::PreConnect | HookPoint::PrePlan) {
            continue;
        }
        let end = runner.run(&hook, &call(fleet, wish, hook.point)).await;
        said.extend(
            end.lines.iter().map(|line| Safe::line(&format!("hook {}: {line}", hook.point))),
        );
        if let Some(why) = end.failed {
            let text = format!(
                "the hook {} said no: {why}; no host was asked anything ({}); it said: {}",
                hook.point,
                hook.path.display(),
                end.lines.last().map(Safe::as_str).unwrap_or_default()
            );
            return Err(Trouble::new(Exit::Refused, Safe::line(&text)));
        }
    }
    Ok(said)
}

fn call(fleet: &Fleet, wish: &Wish, hook: HookPoint) -> HookCall {
    let by = operator();
    let from = by.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    HookCall {
        schema: 1,
        hook,
        fleet: fleet.name.clone(),
        workflow: Safe::line(wish.what.workflow().name()),
        target: None,
        run: None,
        plan: None,
        by: Some(Safe::line(&format!("{} on {}{from}", by.user, by.machine))),
        batch: None,
        batches: 0,
        hosts: wish.hosts.iter().map(|id| HookHost { id: id.clone(), outcome: None }).collect(),
        reason: None,
        at: wiring::clock().now(),
    }
}
