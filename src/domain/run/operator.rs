//! Who started or controls a run.

use serde::{Deserialize, Serialize};

use crate::domain::untrusted::Safe;

/// Who acted, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// OS user (the one before `sudo`, where there is one).
    pub user: Safe,
    /// Name of the control machine.
    pub machine: Safe,
    /// Address that the operator came from (`SSH_CONNECTION`).
    pub from: Option<Safe>,
}
