//! Looking at gates.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::plan::{GateSpec, HostPlan};
use crate::domain::run::outcome::Failure;
use crate::domain::untrusted::Safe;

/// What there was when a gate was first looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateBaseline {
    /// Docker's restart count per container id.
    pub restarts: BTreeMap<Safe, u32>,
    /// The services of the checkout, which no later look asks for again; none where they were not seen.
    pub services: Vec<Safe>,
}

/// What one look at a gate found.
#[derive(Debug, Clone, PartialEq)]
pub struct GateObservation {
    /// Whether everything that the gate asks for holds now.
    pub healthy: bool,
    /// Whether it could be looked at. A look that saw nothing is neither green nor red: it ends the
    /// uninterrupted time, and a gate whose last look saw nothing ends Unknown, not Failed.
    pub known: bool,
    /// What is missing, or `healthy`: lower case, no full stop.
    pub detail: Safe,
    /// Whether waiting cannot help (a crash loop, a wrong commit that answers): the gate fails now.
    pub hopeless: bool,
    /// The restart counts of this look: those of the first look are the baseline of the later ones.
    pub baseline: GateBaseline,
    /// By how many seconds the host's clock is ahead of ours, where it was read.
    pub skew_s: Option<f64>,
}

/// Evaluates gates. It only looks; how long health must last and when to give up is the worker's part.
#[async_trait]
pub trait GateCheck: Send + Sync + 'static {
    /// Looks once. `baseline` is that of the first look, `None` at the first.
    async fn observe(
        &self,
        host: &HostPlan,
        gate: &GateSpec,
        baseline: Option<&GateBaseline>,
    ) -> GateObservation;

    /// Says for people why the gate failed, what still works, how to roll back, and the last lines
    /// of the containers that are not well. `last` is the last look.
    async fn explain(&self, host: &HostPlan, gate: &GateSpec, last: &GateObservation) -> Failure;
}
