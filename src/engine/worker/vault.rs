//! Changes of the vault that a run makes: next values before a host is touched, current ones when it is well.

use tokio::time::Instant;

use super::host::{Flow, HostRun};
use super::verdict;
use crate::domain::plan::{VaultAct, VaultStep};
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{StoreError, VaultChange, VaultError};

impl HostRun {
    /// Carries out a step of the vault. It may be done twice, so one that a dead worker left open is done again.
    pub(super) async fn vault_phase(&mut self, step: &VaultStep) -> Result<Flow, StoreError> {
        if self.is_open(&step.id) {
            if let Some(refused) = self.may_start().await? {
                return Ok(Flow::Break(refused));
            }
            self.vault_step(step).await?;
            if step.act == VaultAct::Stage {
                let flow = self.unlock().await;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        let ended = self.journal.state.step(&step.id).and_then(|s| s.outcome.clone());
        Ok(match ended {
            Some(outcome) if !outcome.lets_go_on() => Flow::Break(outcome),
            _ => Flow::Continue(()),
        })
    }

    async fn vault_step(&mut self, step: &VaultStep) -> Result<(), StoreError> {
        let (host, id) = (self.journal.state.id.clone(), step.id.clone());
        let began = Instant::now();
        let host_time = self.journal.shared.ports.clock.now();
        let started = EventKind::StepStarted { host: host.clone(), step: id.clone(), host_time };
        self.journal.add(vec![started]).await?;
        let mut kinds = Vec::new();
        let outcome = match self.change_vault(step).await {
            Ok(change) => {
                let told = |(key, value)| EventKind::Told {
                    host: host.clone(),
                    step: id.clone(),
                    key,
                    value,
                };
                kinds.extend(words(step.act, &change).map(told));
                Outcome::Changed
            }
            Err(error) => {
                let hint = match step.act {
                    VaultAct::Stage => {
                        "mend the vault, then start again: nothing was changed on the host"
                    }
                    VaultAct::Promote => {
                        "the host runs with the new values, and the vault has them as the next ones: mend the vault, then start the same rotation again"
                    }
                };
                Outcome::Failed(verdict::failure(&error.to_string(), Some(hint)))
            }
        };
        let took_s = Some(began.elapsed().as_secs_f64());
        kinds.push(EventKind::StepFinished { host, step: id, outcome, took_s });
        self.journal.add(kinds).await
    }

    async fn change_vault(&self, step: &VaultStep) -> Result<VaultChange, VaultError> {
        let vault = &self.journal.shared.ports.vault;
        let Some(inventory) = &self.journal.shared.plan.vault else {
            return Ok(VaultChange::default());
        };
        let by = Safe::line(&format!("run {}", self.journal.shared.run));
        let host = &self.journal.state.id;
        match step.act {
            VaultAct::Stage => vault.stage(inventory, host, &step.secrets, &by).await,
            VaultAct::Promote => vault.promote(inventory, host, &step.secrets).await,
        }
    }
}

/// What is told of a change: the generations, and what the history of the inventory has of it.
fn words(act: VaultAct, change: &VaultChange) -> impl Iterator<Item = (Safe, Safe)> {
    let word = match act {
        VaultAct::Stage => "next",
        VaultAct::Promote => "current",
    };
    let generations = change.generations.iter().map(move |(name, generation)| {
        (Safe::line(&format!("{name}-{word}")), Safe::line(&format!("generation {generation}")))
    });
    let history = change.history.iter().map(|(key, value)| (key.clone(), value.clone()));
    generations.chain(history)
}
