//! Looks at gates through what the containers and the health address say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::judge::{Look, Seen, judge};
use crate::domain::facts::{Facts, Part, Stack};
use crate::domain::plan::{GateSpec, HostPlan};
use crate::domain::run::outcome::Failure;
use crate::domain::snapshot::HttpHealth;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{
    Clock, GateBaseline, GateCheck, GateObservation, HealthSource, RemoteRead,
};
use crate::steps::logs;
use crate::steps::probe::{self, Answer, Extent};

/// Lines of a container that a failed gate shows.
const LAST_LINES: u32 = 20;
/// How long fetching them may take.
const LOGS_DEADLINE: Duration = Duration::from_secs(15);

/// Looks at gates. None of its ports can change a host.
#[derive(Clone)]
pub struct GateLooks {
    /// Reads the containers.
    pub remote: Arc<dyn RemoteRead>,
    /// Asks the health address.
    pub http: Arc<dyn HealthSource>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// One look: the judgement and the restart counts.
struct Looked {
    look: Look,
    restarts: BTreeMap<Safe, u32>,
    stack: Part<Stack>,
    skew_s: Option<f64>,
}

impl GateLooks {
    async fn look(
        &self,
        host: &HostPlan,
        gate: &GateSpec,
        baseline: Option<&GateBaseline>,
    ) -> Looked {
        let asked = self.http.health(&host.settings.health_url, &HttpHealth::NotYet);
        let services = baseline.map(|b| b.services.as_slice()).unwrap_or_default();
        let (facts, http) = futures_util::join!(self.containers(host, services), asked);
        let (stack, skew_s) = match facts {
            Ok(facts) => (facts.stack, facts.clock_skew_s.known().copied()),
            Err(why) => (Part::Unreadable(why), None),
        };
        let skew = SignedDuration::try_from_secs_f64(skew_s.unwrap_or(0.0)).unwrap_or_default();
        let now = self.clock.now();
        let look = judge(&Seen {
            stack: &stack,
            expected: &host.settings.expected_services,
            baseline: baseline.map(|b| &b.restarts),
            http: &http,
            expect_commit: gate.expect_commit.as_ref(),
            min_healthy_s: gate.min_healthy_s,
            host_now: now.checked_add(skew).unwrap_or(now),
        });
        let counts = stack.known().map(|s| s.containers.as_slice()).unwrap_or_default();
        let restarts = counts.iter().map(|c| (c.id.clone(), c.restarts)).collect();
        Looked { look, restarts, stack, skew_s }
    }

    async fn containers(&self, host: &HostPlan, services: &[Safe]) -> Result<Facts, Safe> {
        let nonce = self.clock.nonce();
        let to = &host.connection;
        let (settings, root) = (&host.settings, to.become_root);
        let script =
            probe::render_extent(Extent::Containers(services), &host.id, root, settings, &nonce);
        let output =
            self.remote.read(to, &script, probe::DEADLINE).await.map_err(|error| error.message)?;
        let (bytes, arrived) = (output.stdout.as_slice(), self.clock.now());
        let answer = Answer { bytes, nonce: &nonce, arrived, took: output.took };
        probe::parse(&answer, settings).ok_or_else(|| Safe::line_from_bytes(&output.stderr))
    }

    /// The last lines of the container that is the reason; of the service `api` where none is.
    async fn last_lines(&self, host: &HostPlan, looked: &Looked) -> Vec<Safe> {
        let culprit = match &looked.look {
            Look::Red { culprit, .. } => culprit.clone(),
            Look::Green | Look::Unseen(_) => None,
        };
        let all = looked.stack.known().map(|s| s.containers.as_slice()).unwrap_or_default();
        let api = || all.iter().find(|c| c.service.as_str() == "api").map(|c| c.id.clone());
        let Some(id) = culprit.or_else(api) else { return Vec::new() };
        let service = all.iter().find(|c| c.id == id).map(|c| c.service.clone());
        let script = logs::tail(&id, host.connection.become_root, LAST_LINES);
        let Ok(read) = self.remote.read(&host.connection, &script, LOGS_DEADLINE).await else {
            return Vec::new();
        };
        let text = Safe::text_from_bytes(&read.stdout);
        let service = service.unwrap_or_default();
        let mut lines: Vec<Safe> = text
            .as_str()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| Safe::line(&format!("{service} | {line}")))
            .collect();
        let surplus = lines.len().saturating_sub(LAST_LINES as usize);
        lines.drain(..surplus);
        lines
    }
}

#[async_trait]
impl GateCheck for GateLooks {
    async fn observe(
        &self,
        host: &HostPlan,
        gate: &GateSpec,
        baseline: Option<&GateBaseline>,
    ) -> GateObservation {
        let looked = self.look(host, gate, baseline).await;
        let (healthy, known, hopeless, detail) = match looked.look {
            Look::Green => (true, true, false, Safe::line("healthy")),
            Look::Red { detail, hopeless, .. } => (false, true, hopeless, detail),
            Look::Unseen(why) => (false, false, false, why),
        };
        let services = looked.stack.known().map(|s| s.services.clone()).unwrap_or_default();
        let baseline = GateBaseline { restarts: looked.restarts, services };
        GateObservation { healthy, known, detail, hopeless, baseline, skew_s: looked.skew_s }
    }

    async fn explain(&self, host: &HostPlan, gate: &GateSpec, last: &GateObservation) -> Failure {
        let looked = self.look(host, gate, None).await;
        let last_lines = self.last_lines(host, &looked).await;
        let message = if last.known && last.healthy {
            let (long, within) = (gate.min_healthy_s, gate.deadline_s);
            format!("healthy in the end, but not for {long} s within {within} s")
        } else if last.hopeless {
            format!("not healthy: {}", last.detail)
        } else if last.known {
            format!("not healthy within {} s: {}", gate.deadline_s, last.detail)
        } else {
            format!("it could not be seen whether it is healthy: {}", last.detail)
        };
        Failure { exit: None, message: Safe::line(&message), hint: gate.hint.clone(), last_lines }
    }
}
