//! A playbook of Ansible on all targets of a plan at once: one process here, a log, steps and an outcome for each host.
//!
//! **Invariant:** what was approved is what runs: the files are looked at again right before, and another state of them
//! is refused. The process cannot be found again by another worker, so what such a worker finds begun is Unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::controls::Wish;
use super::playbook_host::PlaybookHost;
use super::playbook_leases::{self, Leases};
use super::shared::Shared;
use super::verdict;
use crate::domain::ids::HostId;
use crate::domain::plan::{ANSIBLE_PASSWORD, HostPlan, Playbook};
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::{NotRun, Outcome};
use crate::domain::run::state::RunState;
use crate::domain::secret::{Secret, Secrets};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{PlaybookCall, PlaybookEnd, PlaybookEvent, RunningPlaybook, StoreError};

/// What to do after a playbook was stopped halfway.
const LOOK: &str = "it was stopped after its running task: look at the host, then plan again";

type Hosts = BTreeMap<HostId, PlaybookHost>;

/// Runs the playbook of the plan, from where the journal stands, until every target has an outcome.
pub(super) async fn carry_out(
    shared: &Arc<Shared>,
    state: &RunState,
    playbook: &Playbook,
) -> Result<(), StoreError> {
    let open = |h: &&HostPlan| state.host(&h.id).is_some_and(|s| s.outcome.is_none());
    let mut targets: Vec<&HostPlan> = shared.plan.targets().filter(open).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let begun = |h: &&HostPlan| state.host(&h.id).is_some_and(|s| s.started.is_some());
    if targets.iter().any(begun) {
        let hint = "look at the host, then plan again: what had begun there may have gone on";
        let what = "the worker that ran the playbook is gone, and the playbook with it";
        playbook_leases::left_behind(shared, &targets).await;
        return all_end(shared, &targets, &Outcome::Unknown(verdict::failure(what, Some(hint))))
            .await;
    }
    if let Some(why) = shared.refusal().await {
        return all_end(shared, &targets, &Outcome::NotRun(why)).await;
    }
    let secrets = match ready(shared, playbook, &targets).await {
        Ok(secrets) => secrets,
        Err((what, hint)) => {
            let failed = Outcome::Failed(verdict::failure(what.as_str(), Some(hint)));
            return all_end(shared, &targets, &failed).await;
        }
    };
    let (leases, without) = Leases::take(shared, state, playbook, &targets).await;
    targets.retain(|host| without.iter().all(|(id, _)| *id != host.id));
    let ends = without.into_iter().map(|(host, outcome)| EventKind::HostFinished { host, outcome });
    let ends: Vec<EventKind> = ends.collect();
    if !ends.is_empty() {
        shared.add(ends).await?;
    }
    let done = on_all(shared, state, playbook, &targets, &secrets, &leases).await;
    leases.give_back().await;
    done
}

/// Runs it on hosts whose leases are ours.
async fn on_all(
    shared: &Arc<Shared>,
    state: &RunState,
    playbook: &Playbook,
    targets: &[&HostPlan],
    secrets: &Secrets,
    leases: &Leases<'_>,
) -> Result<(), StoreError> {
    if targets.is_empty() {
        return Ok(());
    }
    let password = secrets.iter().find(|(name, _)| name.as_str() == ANSIBLE_PASSWORD);
    let password: Option<Secret> = password.map(|(_, value)| value.clone());
    let call = PlaybookCall {
        run: shared.run.clone(),
        playbook: playbook.clone(),
        targets: targets.iter().map(|h| h.connection.clone()).collect(),
        password: password.filter(|_| playbook.vault_password),
        secrets: secrets.clone(),
    };
    let mut hosts = Hosts::new();
    for target in targets {
        let Some(before) = state.host(&target.id) else { continue };
        let host = PlaybookHost::begin(shared, before.clone(), secrets).await?;
        hosts.insert(target.id.clone(), host);
    }
    match shared.ports.playbooks.start(call).await {
        Ok(mut running) => {
            let end = follow(shared, &mut *running, &mut hosts, leases).await?;
            settle(shared, hosts, &end).await
        }
        Err(what) => {
            let hint = "nothing was run: mend that, then plan again";
            for (_, host) in hosts {
                let failure = verdict::failure(what.as_str(), Some(hint));
                host.finish(None, Outcome::Failed(failure)).await?;
            }
            Ok(())
        }
    }
}

/// Looks at the files again and opens the vault; gives the secrets of all targets, or what is wrong and what to do.
async fn ready(
    shared: &Shared,
    playbook: &Playbook,
    targets: &[&HostPlan],
) -> Result<Secrets, (Safe, &'static str)> {
    let files = shared.ports.playbooks.look(&playbook.inventory, &playbook.wish.path).await;
    let files = files.map_err(|what| (what, "nothing was run: mend that, then plan again"))?;
    let again = "nothing was run: plan again and look at what would run now";
    if files.sha256 != playbook.files.sha256 {
        let what = format!("{} is another file than the one that was approved", files.path);
        return Err((Safe::line(&what), again));
    }
    if files.around_sha256 != playbook.files.around_sha256 {
        let what = "a file that the playbook may use, or the inventory, was changed since the plan was approved";
        return Err((Safe::line(what), again));
    }
    let mut all = Secrets::new();
    if shared.plan.vault.is_none() {
        return Ok(all);
    }
    let mend =
        "nothing was run: mend the vault (`bunker vault verify` says how it is), then plan again";
    for target in targets {
        let secrets = shared.ports.secrets.secrets(&playbook.inventory, &target.id).await;
        for (name, value) in secrets.map_err(|error| (Safe::line(&error.to_string()), mend))? {
            let differs = all.get(&name).is_some_and(|known| *known != value);
            if differs && name.as_str() == ANSIBLE_PASSWORD {
                let what = format!("the targets have different values of {ANSIBLE_PASSWORD}");
                return Err((
                    Safe::line(&what),
                    "run the playbook for those with one value at a time",
                ));
            }
            if differs {
                // Only to keep it out of the logs: under a name that no secret has.
                let own = format!(
                    "{name}__{}",
                    target.id.as_str().to_lowercase().replace(['.', '-'], "_")
                );
                if let Ok(own) = own.parse() {
                    all.insert(own, value);
                }
            } else {
                all.insert(name, value);
            }
        }
    }
    Ok(all)
}

/// How the process ended.
struct Ended {
    end: PlaybookEnd,
    /// What became of a kill, where one was asked for.
    killed: Option<bool>,
    /// The lease for whose loss it was stopped.
    lost: Option<Safe>,
}

/// Journals what happens until the process has ended.
async fn follow(
    shared: &Shared,
    running: &mut dyn RunningPlaybook,
    hosts: &mut Hosts,
    leases: &Leases<'_>,
) -> Result<Ended, StoreError> {
    let mut lost = None;
    let kept = leases.keep();
    tokio::pin!(kept);
    let mut wish = shared.wish.clone();
    let mut names: BTreeMap<u32, Safe> = BTreeMap::new();
    let mut killed = None;
    wish.mark_changed();
    loop {
        let event = tokio::select! {
            event = running.next() => event,
            why = &mut kept, if lost.is_none() => {
                shared.stop(why.clone()).await?;
                lost = Some(why);
                running.stop().await;
                continue;
            }
            Ok(()) = wish.changed() => {
                let now = *wish.borrow_and_update();
                match now {
                    Wish::Go => running.hold(false).await,
                    Wish::Pause => running.hold(true).await,
                    Wish::Abort => running.stop().await,
                    Wish::Kill => killed = Some(running.kill(shared.ports.timing.kill_grace).await),
                }
                continue;
            }
        };
        match event {
            PlaybookEvent::Task { number, name } => {
                names.insert(number, name);
            }
            PlaybookEvent::Started { host, task } => {
                if let (Some(host), Some(name)) = (hosts.get_mut(&host), names.get(&task)) {
                    host.task_started(task, name).await?;
                }
            }
            PlaybookEvent::Ended { host, task, end, message, output } => {
                if let (Some(host), Some(name)) = (hosts.get_mut(&host), names.get(&task)) {
                    host.task_started(task, name).await?;
                    host.task_ended(task, end, &message, &output).await?;
                }
            }
            PlaybookEvent::Counted { host, tally } => {
                if let Some(host) = hosts.get_mut(&host) {
                    host.count(tally);
                }
            }
            PlaybookEvent::End(end) => return Ok(Ended { end, killed, lost }),
        }
    }
}

/// Gives every host its outcome.
async fn settle(shared: &Shared, hosts: Hosts, ended: &Ended) -> Result<(), StoreError> {
    let Ended { end, killed, lost } = ended;
    let wish = *shared.wish.borrow();
    for (_, mut host) in hosts {
        host.cut_off(*killed).await?;
        let outcome = match (host.judged(), wish) {
            (Some(outcome), _) => outcome,
            (None, Wish::Abort | Wish::Kill) if host.is_touched() => Outcome::Cancelled,
            (None, Wish::Abort | Wish::Kill) => Outcome::NotRun(NotRun::Aborted),
            (None, Wish::Go | Wish::Pause) => match lost {
                Some(why) => Outcome::Failed(verdict::failure(why.as_str(), Some(LOOK))),
                None => without_count(end),
            },
        };
        host.finish(end.exit, outcome).await?;
    }
    Ok(())
}

/// How a host ends of which Ansible told no end.
fn without_count(end: &PlaybookEnd) -> Outcome {
    if end.exit == Some(0) {
        return Outcome::Skipped(Safe::line("no play of the playbook is for this host"));
    }
    let what = end.exit.map_or_else(
        || "a signal ended ansible-playbook".to_owned(),
        |code| format!("ansible-playbook ended with exit code {code}"),
    );
    let mut failure = verdict::failure(&what, Some(&format!("all that it said is in {}", end.log)));
    failure.exit = end.exit;
    failure.last_lines.clone_from(&end.last_lines);
    Outcome::Failed(failure)
}

async fn all_end(
    shared: &Shared,
    targets: &[&HostPlan],
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let kind =
        |h: &&HostPlan| EventKind::HostFinished { host: h.id.clone(), outcome: outcome.clone() };
    shared.add(targets.iter().map(kind).collect()).await.map(drop)
}
