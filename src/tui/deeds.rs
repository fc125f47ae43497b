//! Changes, and what leads to them: asked of what may do them, each on a task that tells when it is done.

use std::sync::Arc;

use super::answers::{begun, followed, problem_notice, told};
use super::at_terminal::at_terminal;
use super::effects::Effects;
use super::sources::Changer;
use crate::app::Msg;
use crate::app::effect::{Answered, Change, ChangeKind};
use crate::app::msg::Problem;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

impl Effects {
    /// Asks what leads to changes.
    pub(super) fn ask(&self, changer: Arc<dyn Changer>, kind: ChangeKind) {
        match kind {
            ChangeKind::Plan { request, wish } => {
                self.answer("plan", async move {
                    let result = changer.plan(wish).await.map(Arc::new);
                    Msg::Planned { request, result }
                });
            }
            ChangeKind::Secrets { request } => {
                self.answer("secrets", async move {
                    Msg::Secrets { request, result: changer.secrets().await }
                });
            }
            ChangeKind::Enrol { request, ask } => {
                self.answer("enrol", async move {
                    Msg::Enrol { request, result: changer.enrol(*ask).await.map(Box::new) }
                });
            }
            ChangeKind::Releases { request, hosts } => {
                self.answer("recorded releases", async move {
                    Msg::Recorded { request, result: changer.releases(&hosts).await }
                });
            }
            ChangeKind::StartRun { request, plan, consent } => {
                self.answer("start", async move {
                    let result = changer.start(&plan, &consent).await.map(begun);
                    Msg::Started { request, result }
                });
            }
            ChangeKind::Control { run, control } => {
                self.answer("control", async move {
                    let done = format!("run {}: asked to {}", run.short(), control.name());
                    told(changer.control(&run, control).await, &done)
                });
            }
            ChangeKind::Decide { run, answer } => {
                self.answer("decide", async move {
                    let word = match answer {
                        Answered::Approved => "approved and started",
                        Answered::Rejected => "rejected",
                    };
                    let done = format!("run {}: {word}", run.short());
                    told(changer.decide(&run, answer).await, &done)
                });
            }
            ChangeKind::Follow { run, what } => {
                self.answer("follow", async move { followed(changer.follow(&run, what).await) });
            }
            ChangeKind::BreakLease { of, generation, run, reason } => {
                self.answer("break a lease", async move {
                    let seen = (generation, run);
                    Msg::LeaseBroken(changer.break_lease(&of, &seen, &reason).await)
                });
            }
            ChangeKind::Shell(host) => self.open_shell(changer, host),
            // It needs nobody who is connected.
            ChangeKind::SetUp(_) => {}
            ChangeKind::Revive(run) => {
                self.answer("resume", async move {
                    let done =
                        format!("run {}: a new worker reads the hosts and goes on", run.short());
                    told(changer.revive(&run).await, &done)
                });
            }
        }
    }

    fn open_shell(&self, changer: Arc<dyn Changer>, host: HostId) {
        let lend = self.lend.clone();
        self.answer("shell", async move {
            match changer.terminal(&host).await {
                Ok(open) => at_terminal(open, &lend).await,
                Err(problem) => problem_notice(&problem),
            }
        });
    }

    /// The answer to a change that cannot even be tried.
    #[expect(clippy::unused_self, reason = "reads as a method where it is used")]
    pub(super) fn refusal(&self, change: &Change, text: &str) -> Msg {
        let problem = Problem { message: Safe::line(text), hint: None };
        match change.kind() {
            ChangeKind::Plan { request, .. } => {
                Msg::Planned { request: *request, result: Err(problem) }
            }
            ChangeKind::StartRun { request, .. } => {
                Msg::Started { request: *request, result: Err(problem) }
            }
            ChangeKind::Secrets { request } => {
                Msg::Secrets { request: *request, result: Err(problem) }
            }
            ChangeKind::Enrol { request, .. } => {
                Msg::Enrol { request: *request, result: Err(problem) }
            }
            ChangeKind::Releases { request, .. } => {
                Msg::Recorded { request: *request, result: Err(problem) }
            }
            ChangeKind::BreakLease { .. } => Msg::LeaseBroken(Err(problem)),
            ChangeKind::Control { .. }
            | ChangeKind::Revive(_)
            | ChangeKind::Shell(_)
            | ChangeKind::SetUp(_)
            | ChangeKind::Decide { .. }
            | ChangeKind::Follow { .. } => problem_notice(&problem),
        }
    }
}
