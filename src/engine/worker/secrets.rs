//! The secrets of one host while its steps run: holes filled, output cleaned.

use super::host::{Flow, HostRun};
use super::verdict;
use crate::domain::job::{JobInputs, JobStep};
use crate::domain::run::outcome::Outcome;
use crate::domain::secret::{Redactor, SealedError, Secrets};

/// What is known of a host's secrets; nothing for a plan that needs none.
#[derive(Clone, Default)]
pub(super) struct HostSecrets(Secrets);

impl HostSecrets {
    /// Takes them out of what the host prints.
    pub(super) fn redactor(&self) -> Redactor {
        Redactor::new(&self.0)
    }

    /// What the steps get.
    pub(super) fn inputs(&self, steps: &[JobStep]) -> Result<JobInputs, SealedError> {
        let mut files = Vec::new();
        for step in steps {
            for input in &step.inputs {
                let content = input.content.open(&self.0)?;
                files.push((step.id.clone(), input.name.clone(), content));
            }
        }
        Ok(JobInputs { files })
    }
}

impl HostRun {
    /// Reads the host's secrets where the plan has holes for them. Without them nothing is sent, and nothing
    /// is kept of what a job prints that runs already.
    pub(super) async fn unlock(&mut self) -> Flow {
        let Some(inventory) = &self.journal.shared.plan.vault else { return Flow::Continue(()) };
        match self.journal.shared.ports.secrets.secrets(inventory, &self.journal.state.id).await {
            Ok(secrets) => {
                self.secrets = HostSecrets(secrets);
                Flow::Continue(())
            }
            Err(error) => {
                let hint =
                    "mend the vault (`bunker vault verify` says how it is), then start again";
                Flow::Break(self.without_secrets(&error.to_string(), hint))
            }
        }
    }

    /// How the host ends because a step's input cannot be made.
    pub(super) fn no_inputs(&self, error: &SealedError) -> Outcome {
        self.without_secrets(&error.to_string(), "plan again: nothing of this job was sent")
    }

    fn without_secrets(&self, what: &str, hint: &str) -> Outcome {
        let failure = verdict::failure(what, Some(hint));
        let runs = self.journal.state.jobs.values().any(|job| job.started && job.end.is_none());
        if runs { Outcome::Unknown(failure) } else { Outcome::Failed(failure) }
    }
}
