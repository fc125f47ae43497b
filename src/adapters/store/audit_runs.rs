//! What runs leave in the audit log: written where the run itself is written, in the same transaction, so that no run, no control
//! and no end can be without its record.

use rusqlite::params;

use super::audit;
use super::db::Db;
use super::liveness::Process;
use crate::domain::audit::{Deed, Ending, Facts};
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::plan::{HostPlan, Phase, Plan, PlanHash, VaultAct, VaultStep};
use crate::domain::run::control::Control;
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::{Failure, NotRun, Outcome};
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// The deed that is a whole run.
const RUN: &str = "run-start";

impl Db {
    /// The intent of a run: what was approved, of which hosts, from where to where. What a worker starts by itself, as
    /// its run was told to (a way back), is done for the reason of that run.
    pub(super) fn audit_planned(
        &mut self,
        run: &RunId,
        plan: &Plan,
        first: &EventKind,
    ) -> Result<(), StoreError> {
        let (hash, after) = if let EventKind::Planned { hash, after, .. } = first {
            (Some(hash.clone()), after.as_ref())
        } else {
            (Some(plan.hash()), None)
        };
        let mut deed = deed_of_run(run, plan, hash);
        let said = self.caller.as_ref().is_some_and(|caller| caller.why.is_some());
        if let (false, Some(after)) = (said, after) {
            deed.why = self.reason_of_ours(after)?;
        }
        let asks = plan.targets().any(|host| host.settings.policy.require_why);
        if asks && !said && deed.why.is_none() {
            return Err(StoreError::NoReason);
        }
        self.audit_intent(&deed)
    }

    /// Why a run was started, where this process is its worker.
    fn reason_of_ours(&mut self, run: &RunId) -> Result<Option<Safe>, StoreError> {
        let me = Process::here(std::process::id());
        if self.living_worker(run)? != Some(me) {
            return Ok(None);
        }
        let sql = "SELECT record ->> '$.why' FROM audit WHERE record ->> '$.run' = ?1
                   AND record ->> '$.action' = ?2 AND record ->> '$.phase' = 'intent'
                   ORDER BY seq LIMIT 1";
        let why: Option<Option<String>> = self.one(sql, params![run.as_str(), RUN])?;
        Ok(why.flatten().map(|why| Safe::line(&why)))
    }

    /// The intent of a control.
    pub(super) fn audit_asked(&mut self, run: &RunId, control: &Control) -> Result<(), StoreError> {
        let plan = self.plan(run)?;
        self.audit_intent(&deed_of_control(run, &plan, control))
    }

    /// A worker took the run.
    pub(super) fn audit_claimed(&mut self, run: &RunId, number: u32) -> Result<(), StoreError> {
        let plan = self.plan(run)?;
        // What is taken up is what stands there now, whatever was said of it.
        let mut deed = deed_of_run(run, &plan, Some(plan.hash()));
        deed.action = Safe::line("run-take-up");
        deed = deed.after("worker", &number.to_string());
        self.audit_ended(&deed, None, &Ending::done())
    }

    /// What an event means to the log: most mean nothing.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most kinds of events mean nothing here")]
    pub(super) fn audit_event(
        &mut self,
        plan: &Plan,
        state: &RunState,
        kind: &EventKind,
    ) -> Result<(), StoreError> {
        let run = &state.run;
        match kind {
            EventKind::Controlled { control, .. } => {
                let deed = deed_of_control(run, plan, control);
                let intent = self.audit_intent_of(run, &deed.action)?;
                self.audit_ended(&deed, intent, &Ending::done())
            }
            EventKind::StepStarted { host, step, .. } => match vault_step(plan, host, step) {
                Some(vault) => self.audit_intent(&deed_of_vault(run, host, vault)),
                None => Ok(()),
            },
            EventKind::StepFinished { host, step, outcome, .. } => {
                let Some(vault) = vault_step(plan, host, step) else { return Ok(()) };
                let deed = deed_of_vault(run, host, vault);
                let intent = self.audit_intent_of(run, &deed.action)?;
                self.audit_ended(&deed, intent, &ending(outcome))
            }
            EventKind::ApprovalGiven { .. } => {
                let deed = deed_of_decision("run-approve", plan, state);
                self.audit_ended(&deed, None, &Ending::done())
            }
            EventKind::ApprovalRefused { why, .. } => {
                let deed = deed_of_decision("run-reject", plan, state);
                let ending = Ending { detail: Some(why.clone()), ..Ending::done() };
                self.audit_ended(&deed, None, &ending)
            }
            EventKind::HostFinished { host, outcome } => {
                let deed = deed_of_host(run, plan, host, state, outcome);
                let intent = self.audit_intent_of(run, &Safe::line(RUN))?;
                self.audit_ended(&deed, intent, &ending(outcome))
            }
            EventKind::RunFinished { state: phase, summary } => {
                let deed = deed_of_run(run, plan, state.hash.clone());
                let intent = self.audit_intent_of(run, &deed.action)?;
                let outcome = Safe::line(phase.word());
                let end = Ending { outcome, detail: Some(summary.clone()), after: Facts::new() };
                self.audit_ended(&deed, intent, &end)
            }
            _ => Ok(()),
        }
    }

    fn audit_intent(&mut self, deed: &Deed) -> Result<(), StoreError> {
        self.audit_add(deed, None)
    }

    fn audit_add(
        &mut self,
        deed: &Deed,
        ended: Option<(Option<u64>, &Ending)>,
    ) -> Result<(), StoreError> {
        let (path, now) = (self.path(), self.clock.now());
        let looks = || self.broken("it was opened to look only");
        let caller = self.caller.as_ref().ok_or_else(looks)?;
        audit::append(self.connection()?, &path, now, caller, deed, ended).map(drop)
    }

    fn audit_ended(
        &mut self,
        deed: &Deed,
        intent: Option<u64>,
        ending: &Ending,
    ) -> Result<(), StoreError> {
        self.audit_add(deed, Some((intent, ending)))
    }

    /// The last intent of this name of a run.
    fn audit_intent_of(&mut self, run: &RunId, action: &Safe) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT seq FROM audit WHERE record ->> '$.run' = ?1
                   AND record ->> '$.action' = ?2 AND record ->> '$.phase' = 'intent'
                   ORDER BY seq DESC LIMIT 1";
        let found: Option<i64> = self.one(sql, params![run.as_str(), action.as_str()])?;
        Ok(found.map(i64::cast_unsigned))
    }
}

/// The run as a whole; the hash is that of its plan.
fn deed_of_run(run: &RunId, plan: &Plan, hash: Option<PlanHash>) -> Deed {
    let mut deed = Deed::new(RUN).about(plan.workflow.name()).of_run(run);
    deed.hosts = plan.targets().map(|host| host.id.clone()).collect();
    deed.plan = hash;
    for host in plan.targets() {
        if let Some(from) = &host.from {
            deed = deed.before(&format!("commit of {}", host.id), from.as_str());
        }
    }
    match &plan.target {
        Some(to) => deed.after("commit", to.sha.as_str()).after("ref", to.reference.as_str()),
        None => deed,
    }
}

fn deed_of_control(run: &RunId, plan: &Plan, control: &Control) -> Deed {
    let mut deed = Deed::new(&format!("run-{}", control.name())).of_run(run);
    deed.hosts = plan.targets().map(|host| host.id.clone()).collect();
    deed
}

fn deed_of_decision(action: &str, plan: &Plan, state: &RunState) -> Deed {
    let mut deed = deed_of_run(&state.run, plan, state.hash.clone());
    deed.action = Safe::line(action);
    deed
}

fn deed_of_vault(run: &RunId, host: &HostId, step: &VaultStep) -> Deed {
    let (action, word) = match step.act {
        VaultAct::Stage => ("vault-stage", "a new value waits"),
        VaultAct::Promote => ("vault-promote", "the new value counts"),
    };
    let deed = Deed::new(action).on(host).of_run(run);
    step.secrets.iter().fold(deed, |deed, (name, _)| deed.after(name.as_str(), word))
}

fn deed_of_host(
    run: &RunId,
    plan: &Plan,
    host: &HostId,
    state: &RunState,
    outcome: &Outcome,
) -> Deed {
    let mut deed = Deed::new("run-host").on(host).of_run(run);
    if let Some(from) = plan.host(host).and_then(|h: &HostPlan| h.from.as_ref()) {
        deed = deed.before("commit", from.as_str());
    }
    if let (Some(to), Outcome::Ok | Outcome::Changed) = (&plan.target, outcome) {
        deed = deed.after("commit", to.sha.as_str());
    }
    // What the run told: the hash of the host's settings, never their values; where the vault's change is kept.
    for fact in ["env-sha256", "inventory-commit", "inventory-not-committed"] {
        if let Some(value) = state.host(host).and_then(|h| h.told.get(&Safe::line(fact))) {
            deed = deed.after(fact, value.as_str());
        }
    }
    deed
}

fn vault_step<'p>(plan: &'p Plan, host: &HostId, step: &StepId) -> Option<&'p VaultStep> {
    plan.host(host)?.phases.iter().find_map(|phase| match phase {
        Phase::Vault(vault) if &vault.id == step => Some(vault),
        Phase::Vault(_) | Phase::Job { .. } | Phase::Gate(_) => None,
    })
}

fn ending(outcome: &Outcome) -> Ending {
    let said = |failure: &Failure| Some(failure.message.clone());
    let detail = match outcome {
        Outcome::Skipped(why) | Outcome::NotRun(NotRun::Blocked(why)) => Some(why.clone()),
        Outcome::Failed(f) | Outcome::Unreachable(f) | Outcome::Unknown(f) => said(f),
        Outcome::NotRun(NotRun::StepFailed(step)) => Some(Safe::line(&format!("{step} failed"))),
        Outcome::Ok | Outcome::Changed | Outcome::Cancelled | Outcome::NotRun(_) => None,
    };
    Ending { outcome: Safe::line(outcome.word()), detail, after: Facts::new() }
}
