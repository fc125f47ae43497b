//! One thing that was looked at for an operator, and what to do about it.

use serde::Serialize;

use super::untrusted::Safe;

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `here`, `metrics server`, or the host.
    pub place: String,
    /// What was looked at.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: Safe,
    /// What to do, where it is not.
    pub fix: Option<Safe>,
}
