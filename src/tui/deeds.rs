//! Changes, and what leads to them: asked of what may do them, each on a task that tells when it is done.

use std::sync::Arc;

use super::answers::{begun, followed, problem_notice, told};
use super::at_terminal::at_terminal;
use super::effects::Effects;
use super::sources::Changer;
use futures_util::future::BoxFuture;

use crate::app::Msg;
use crate::app::effect::{Answered, Change, ChangeKind};
use crate::app::msg::Problem;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

impl Effects {
    /// Asks what leads to changes, for the reason that the operator gave.
    pub(super) fn ask(&self, changer: &Arc<dyn Changer>, change: &Change) {
        let doer = Arc::clone(changer);
        let (name, deed): (_, BoxFuture<'static, Msg>) = match change.kind().clone() {
            // It needs nobody who is connected.
            ChangeKind::SetUp(_) => return,
            ChangeKind::Shell(host) => ("shell", self.open_shell(doer, host)),
            ChangeKind::Plan { .. }
            | ChangeKind::PlanRetry { .. }
            | ChangeKind::Secrets { .. }
            | ChangeKind::Enrol { .. }
            | ChangeKind::Quiet { .. }
            | ChangeKind::Releases { .. } => looked(doer, change.kind().clone()),
            kind @ (ChangeKind::RollBack(_)
            | ChangeKind::StartRun { .. }
            | ChangeKind::Control { .. }
            | ChangeKind::BreakLease { .. }
            | ChangeKind::Forward(_)
            | ChangeKind::Revive(_)
            | ChangeKind::Decide { .. }) => done(doer, kind),
        };
        self.answer(name, changer.because(change.why().cloned(), deed));
    }

    fn open_shell(&self, changer: Arc<dyn Changer>, host: HostId) -> BoxFuture<'static, Msg> {
        let lend = self.lend.clone();
        Box::pin(async move {
            match changer.terminal(&host).await {
                Ok(open) => at_terminal(open, &lend).await,
                Err(problem) => problem_notice(&problem),
            }
        })
    }

    /// The answer to a change that cannot even be tried.
    #[expect(clippy::unused_self, reason = "reads as a method where it is used")]
    pub(super) fn refusal(&self, change: &Change, text: &str) -> Msg {
        let problem = Problem { message: Safe::line(text), hint: None };
        match change.kind() {
            ChangeKind::Plan { request, .. } | ChangeKind::PlanRetry { request, .. } => {
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
            ChangeKind::Quiet { request, .. } => {
                Msg::Quiet { request: *request, result: Err(problem) }
            }
            ChangeKind::BreakLease { .. } => Msg::LeaseBroken(Err(problem)),
            ChangeKind::Control { .. }
            | ChangeKind::Revive(_)
            | ChangeKind::Shell(_)
            | ChangeKind::Forward(_)
            | ChangeKind::SetUp(_)
            | ChangeKind::Decide { .. }
            | ChangeKind::RollBack(_) => problem_notice(&problem),
        }
    }
}

/// What a deed is called, and the deed.
type Named = (&'static str, BoxFuture<'static, Msg>);

/// What only leads to a change.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are done, not looked at")]
fn looked(changer: Arc<dyn Changer>, kind: ChangeKind) -> Named {
    match kind {
        ChangeKind::Plan { request, wish } => (
            "plan",
            Box::pin(async move {
                let result = changer.plan(wish).await.map(Arc::new);
                Msg::Planned { request, result }
            }),
        ),
        ChangeKind::PlanRetry { request, run } => (
            "plan a retry",
            Box::pin(async move {
                let result = changer.plan_retry(&run).await.map(Arc::new);
                Msg::Planned { request, result }
            }),
        ),
        ChangeKind::Secrets { request } => (
            "secrets",
            Box::pin(async move { Msg::Secrets { request, result: changer.secrets().await } }),
        ),
        ChangeKind::Enrol { request, ask } => (
            "enrol",
            Box::pin(async move {
                Msg::Enrol { request, result: changer.enrol(*ask).await.map(Box::new) }
            }),
        ),
        ChangeKind::Quiet { request, ask } => (
            "quiet",
            Box::pin(async move { Msg::Quiet { request, result: changer.quiet(ask).await } }),
        ),
        ChangeKind::Releases { request, hosts } => (
            "recorded releases",
            Box::pin(
                async move { Msg::Recorded { request, result: changer.releases(&hosts).await } },
            ),
        ),
        kind => done(changer, kind),
    }
}

/// What changes something.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the others are looked at, or need the terminal"
)]
fn done(changer: Arc<dyn Changer>, kind: ChangeKind) -> Named {
    match kind {
        ChangeKind::StartRun { request, plan, consent } => (
            "start",
            Box::pin(async move {
                let result = changer.start(&plan, &consent).await.map(begun);
                Msg::Started { request, result }
            }),
        ),
        ChangeKind::Control { run, control } => (
            "control",
            Box::pin(async move {
                let done = format!("run {}: asked to {}", run.short(), control.name());
                told(changer.control(&run, control).await, &done)
            }),
        ),
        ChangeKind::Decide { run, answer } => (
            "decide",
            Box::pin(async move {
                let word = match answer {
                    Answered::Approved => "approved and started",
                    Answered::Rejected => "rejected",
                };
                let done = format!("run {}: {word}", run.short());
                told(changer.decide(&run, answer).await, &done)
            }),
        ),
        ChangeKind::RollBack(run) => {
            ("roll back", Box::pin(async move { followed(changer.roll_back(&run).await) }))
        }
        ChangeKind::BreakLease { of, generation, run, reason } => (
            "break a lease",
            Box::pin(async move {
                let seen = (generation, run);
                Msg::LeaseBroken(changer.break_lease(&of, &seen, &reason).await)
            }),
        ),
        ChangeKind::Forward(ask) => {
            ("forward", Box::pin(async move { Msg::Forwards(changer.forward(ask).await) }))
        }
        ChangeKind::Revive(run) => (
            "resume",
            Box::pin(async move {
                let done = format!("run {}: a new worker reads the hosts and goes on", run.short());
                told(changer.revive(&run).await, &done)
            }),
        ),
        kind => {
            let text = format!("this cannot be done from here: {kind:?}");
            let problem = Problem { message: Safe::line(&text), hint: None };
            ("nothing", Box::pin(async move { problem_notice(&problem) }))
        }
    }
}
