//! What an operator wants: the way into a plan, the same from a key, the palette and the command line.

use super::strategy::Asked;
use super::{PlaybookWish, TagChoice, Workflow};
use crate::domain::git::GitRef;
use crate::domain::ids::HostId;
use crate::domain::secret::SecretName;

/// A workflow for some hosts.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Which hosts, as a selector or marks gave them; never empty by accident.
    pub hosts: Vec<HostId>,
    /// What is wanted of them.
    pub what: What,
    /// How many go when, where that is not as the inventory says.
    pub asked: Asked,
}

/// A workflow with its options.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Bring instances to another commit.
    Upgrade {
        /// The branch, tag or commit to go to; `None` means the `cml_ref` that all of them follow.
        reference: Option<GitRef>,
    },
    /// The same, the canary group first.
    CanaryUpgrade {
        /// The branch, tag or commit to go to; `None` means the `cml_ref` that all of them follow.
        reference: Option<GitRef>,
    },
    /// Bring instances back to a release that ran there.
    Rollback {
        /// The commit, the beginning of one, or the tag that was recorded; `None` means the last healthy release
        /// before the one that runs.
        to: Option<GitRef>,
    },
    /// Make a backup and prove that it can be read.
    Backup,
    /// Unpack the newest backup aside and look at it.
    VerifyBackup {
        /// All of them, not only the newest.
        all: bool,
    },
    /// Bring bare servers to running instances.
    Deploy {
        /// The branch, tag or commit to deploy; `None` means the `cml_ref` that all of them follow.
        reference: Option<GitRef>,
        /// Which parts of it.
        tags: TagChoice,
    },
    /// Bring `.env` in line with the inventory.
    Configure {
        /// Take back what was edited on a host.
        overwrite_drift: bool,
    },
    /// Give secrets new values.
    RotateSecrets {
        /// Which; empty means all that an instance has and that can be changed by themselves.
        names: Vec<SecretName>,
    },
    /// Bring instances that were installed by hand under management.
    Import,
    /// Run a playbook of Ansible.
    Ansible(PlaybookWish),
}

impl What {
    /// Which workflow it is.
    pub fn workflow(&self) -> Workflow {
        match self {
            Self::Upgrade { .. } => Workflow::Upgrade,
            Self::CanaryUpgrade { .. } => Workflow::CanaryUpgrade,
            Self::Rollback { .. } => Workflow::Rollback,
            Self::Backup => Workflow::Backup,
            Self::VerifyBackup { .. } => Workflow::VerifyBackup,
            Self::Deploy { .. } => Workflow::Deploy,
            Self::Configure { .. } => Workflow::Configure,
            Self::RotateSecrets { .. } => Workflow::RotateSecrets,
            Self::Import => Workflow::Import,
            Self::Ansible(_) => Workflow::Ansible,
        }
    }
}
