//! Hooks of the operators.

use std::path::Path;

use async_trait::async_trait;

use crate::domain::hook::{HookCall, HookEnd, HookProblem, PlannedHook};

/// The folder of hooks beside an inventory.
pub trait HookFolder: Send + Sync + 'static {
    /// The hooks that stand there now, in the order of their points, each to be ended after `timeout_s`; the first of
    /// them that may not be run is an error, since somebody believes that it is.
    fn hooks(&self, inventory: &Path, timeout_s: u64) -> Result<Vec<PlannedHook>, HookProblem>;
}

/// Runs hooks. Implementations are built with a `domain::capability::Operate`.
#[async_trait]
pub trait HookRunner: Send + Sync + 'static {
    /// Runs one, if it is still the file that was planned. It never waits longer than the hook may take and a moment.
    async fn run(&self, hook: &PlannedHook, call: &HookCall) -> HookEnd;
}
