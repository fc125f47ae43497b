//! Where instances are taken in, as this process is set up.

use std::path::Path;

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use crate::adapters::enrol::{Desk, EnrolError, ReadEnvError};

/// The desk of an inventory.
pub(in crate::cli) fn desk(inventory: &Path) -> Desk {
    Desk { inventory: inventory.to_owned(), state: wiring::state_dir(), keys: wiring::keys() }
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
