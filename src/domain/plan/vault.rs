//! Steps on the vault, which the control side carries out between those on the host.

use serde::{Deserialize, Serialize};

use crate::domain::ids::StepId;
use crate::domain::secret::SecretName;
use crate::domain::secret::generate::Recipe;
use crate::domain::untrusted::Safe;

/// What is done to a vault. Each may be done twice: what is done already changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VaultAct {
    /// Make a next value for each secret that has none.
    Stage,
    /// Make the next values the current ones.
    Promote,
}

/// A step on the host's vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultStep {
    /// The step that stands for it on the screens.
    pub id: StepId,
    /// Its title there.
    pub title: Safe,
    /// What is done.
    pub act: VaultAct,
    /// To which secrets, and how their values are made.
    pub secrets: Vec<(SecretName, Recipe)>,
}

impl VaultStep {
    /// What it changes, as a sentence.
    pub fn changes(&self) -> String {
        let names: Vec<&str> = self.secrets.iter().map(|(name, _)| name.as_str()).collect();
        let what = match self.act {
            VaultAct::Stage => "the vault gets a next value",
            VaultAct::Promote => "the vault's next value is the current one",
        };
        format!("{what}: {}", names.join(", "))
    }
}
