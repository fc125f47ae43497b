//! Where instances are taken in, as this process is set up.

use std::path::Path;
use std::sync::Arc;

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use crate::adapters::enrol::{Desk, EnrolError, ReadEnvError};
use crate::domain::capability::Operate;
use crate::engine::ports::StoreError;

/// The desk of an inventory. Without the right to change something it can only look.
pub(in crate::cli) fn desk(inventory: &Path, right: Option<&Operate>) -> Desk {
    let right = right.cloned();
    let none = || StoreError::Broken {
        path: wiring::state_dir().database().display().to_string(),
        what: "this changes something, and --read-only was given".to_owned(),
    };
    Desk {
        inventory: inventory.to_owned(),
        state: wiring::state_dir(),
        keys: wiring::keys(),
        audit: Arc::new(move || wiring::audit_log(right.as_ref().ok_or_else(none)?)),
    }
}

impl From<EnrolError> for Trouble {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Scaffold(error) => error.into(),
            EnrolError::HostKey(error) => error.into(),
            EnrolError::Vault(error) => error.into(),
            EnrolError::NoRecipients | EnrolError::OtherKey { .. } => {
                Self::new(Exit::Refused, error)
            }
            EnrolError::Audit(error) => error.into(),
            EnrolError::State(_) => Self::new(Exit::Failed, error),
        }
    }
}

impl From<ReadEnvError> for Trouble {
    fn from(error: ReadEnvError) -> Self {
        let exit = match &error {
            ReadEnvError::Remote(_) => Exit::Unreachable,
            ReadEnvError::File(_) => Exit::Failed,
        };
        Self::new(exit, error)
    }
}
