//! The check between two phases of one host: whether it is healthy now, in three values.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::plan::{GateSpec, HostPlan};
use crate::domain::run::outcome::Failure;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{
    Clock, GateBaseline, GateCheck, GateObservation, HealthSource, RemoteRead,
};

/// Looks at gates through what the containers and the health address say.
pub struct GateLooks {
    /// Reads the containers.
    pub remote: Arc<dyn RemoteRead>,
    /// Asks the health address.
    pub http: Arc<dyn HealthSource>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl GateCheck for GateLooks {
    async fn observe(
        &self,
        _host: &HostPlan,
        _gate: &GateSpec,
        _baseline: Option<&GateBaseline>,
    ) -> GateObservation {
        GateObservation {
            healthy: false,
            known: false,
            detail: Safe::line("not looked at yet"),
            hopeless: false,
            baseline: GateBaseline::default(),
        }
    }

    async fn explain(&self, _host: &HostPlan, gate: &GateSpec, last: &GateObservation) -> Failure {
        Failure {
            exit: None,
            message: last.detail.clone(),
            hint: gate.hint.clone(),
            last_lines: Vec::new(),
        }
    }
}
