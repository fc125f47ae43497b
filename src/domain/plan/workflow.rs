//! The workflows by their names.

use serde::{Deserialize, Serialize};

/// A named operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workflow {
    /// Bring instances to a newer commit.
    Upgrade,
    /// The same, the canary group first; the rest when that was watched and judged.
    CanaryUpgrade,
    /// Bring instances back to a release that ran before.
    Rollback,
    /// Make a backup and prove that it can be read.
    Backup,
    /// Unpack a backup aside and look at it.
    VerifyBackup,
    /// Bring a bare server to a running instance.
    Deploy,
    /// Bring `.env` in line with the inventory.
    Configure,
    /// Give secrets of instances new values.
    RotateSecrets,
    /// Bring an instance that was installed by hand under management.
    Import,
    /// Run a playbook of Ansible.
    Ansible,
}

impl Workflow {
    /// Its name in commands, screens and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::CanaryUpgrade => "canary-upgrade",
            Self::Rollback => "rollback",
            Self::Backup => "backup",
            Self::VerifyBackup => "backup verify",
            Self::Deploy => "deploy",
            Self::Configure => "configure",
            Self::RotateSecrets => "rotate-secrets",
            Self::Import => "import",
            Self::Ansible => "ansible",
        }
    }
}
