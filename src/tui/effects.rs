//! Carries effects out. None of them makes the screen wait: each is a task that tells when it is done.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::sources::Sources;
use super::tail;
use crate::app::Msg;
use crate::app::effect::{Change, ChangeKind, Effect};
use crate::app::msg::Problem;
use crate::app::toast::ToastKind;
use crate::domain::ids::RunId;
use crate::domain::untrusted::Safe;
use crate::engine::supervisor::{Supervisor, Task};

/// Releases of an instance that are read.
const N_RELEASES: usize = 30;

/// What is left for the event loop to do itself, since it is about the screen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OnScreen {
    Nothing,
    Copy(String),
    Redraw,
    Suspend,
    Quit,
}

/// The runner of effects.
pub(super) struct Effects {
    supervisor: Supervisor,
    tell: Sender<Msg>,
    sources: Option<Sources>,
    /// The attached run's watcher.
    run: Option<Task<()>>,
    /// The shown output's watcher.
    log: Option<Task<()>>,
}

impl Effects {
    pub(super) fn new(supervisor: Supervisor, tell: Sender<Msg>) -> Self {
        Self { supervisor, tell, sources: None, run: None, log: None }
    }

    /// From now on there is something to look at.
    pub(super) fn connected(&mut self, sources: Sources) {
        let tell = self.tell.clone();
        let mut fleet = sources.fleet.clone();
        drop(self.supervisor.spawn("fleet to screen", async move {
            loop {
                let snapshot = Arc::clone(&fleet.borrow_and_update());
                if tell.send(Msg::Fleet(snapshot)).await.is_err() || fleet.changed().await.is_err()
                {
                    return;
                }
            }
        }));
        if let Some(store) = &sources.runs {
            drop(
                self.supervisor
                    .spawn("runs to screen", tail::runs(Arc::clone(store), self.tell.clone())),
            );
        }
        for problem in &sources.problems {
            self.notice(problem_notice(problem));
        }
        self.sources = Some(sources);
    }

    fn notice(&self, msg: Msg) {
        // The screen falls behind only when it is flooded, and then a notice more is no help.
        let _full = self.tell.try_send(msg);
    }

    /// Begins to do it.
    pub(super) fn perform(&mut self, effect: Effect) -> OnScreen {
        match effect {
            Effect::Quit => return OnScreen::Quit,
            Effect::Suspend => return OnScreen::Suspend,
            Effect::Redraw => return OnScreen::Redraw,
            Effect::Copy(text) => return OnScreen::Copy(text),
            Effect::Change(change) => self.change(&change),
            Effect::Attach(run) => self.attach(&run),
            Effect::Detach => self.detach(),
            Effect::FollowLog { run, host } => {
                if let Some(task) = self.log.take() {
                    task.abort();
                }
                if let Some(store) = self.store() {
                    let following = tail::log(store, run, host, self.tell.clone());
                    self.log = Some(self.supervisor.spawn("output to screen", following));
                }
            }
            Effect::LoadReleases(instance) => {
                if let Some(store) = self.store() {
                    self.answer("releases to screen", async move {
                        match store.releases(&instance, N_RELEASES).await {
                            Ok(releases) => Msg::Releases { instance, releases },
                            Err(error) => {
                                Msg::Notice(ToastKind::Problem, Safe::line(&error.to_string()))
                            }
                        }
                    });
                }
            }
        }
        OnScreen::Nothing
    }

    fn store(&self) -> Option<Arc<dyn crate::engine::ports::RunReader>> {
        self.sources.as_ref()?.runs.clone()
    }

    fn attach(&mut self, run: &RunId) {
        self.detach();
        if let Some(store) = self.store() {
            let watching = tail::run(store, run.clone(), self.tell.clone());
            self.run = Some(self.supervisor.spawn("run to screen", watching));
        }
    }

    fn detach(&mut self) {
        for task in self.run.take().into_iter().chain(self.log.take()) {
            task.abort();
        }
    }

    fn answer(&self, name: &'static str, work: impl Future<Output = Msg> + Send + 'static) {
        let tell = self.tell.clone();
        drop(self.supervisor.spawn(name, async move {
            let msg = work.await;
            let _left = tell.send(msg).await;
        }));
    }

    fn change(&self, change: &Change) {
        let Some(changer) = self.sources.as_ref().and_then(|s| s.changer.clone()) else {
            let text = "not connected yet, or read-only: nothing has been changed";
            self.notice(self.refusal(change, text));
            return;
        };
        match change.kind().clone() {
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
            ChangeKind::StartRun { request, plan } => {
                self.answer("start", async move {
                    Msg::Started { request, result: changer.start(&plan).await }
                });
            }
            ChangeKind::Control { run, control } => {
                self.answer("control", async move {
                    let done = format!("run {}: asked to {}", run.short(), control.name());
                    told(changer.control(&run, control).await, &done)
                });
            }
            ChangeKind::Follow { run, what } => {
                self.answer("follow", async move { followed(changer.follow(&run, what).await) });
            }
            ChangeKind::Revive(run) => {
                self.answer("resume", async move {
                    let done =
                        format!("run {}: a new worker reads the hosts and goes on", run.short());
                    told(changer.revive(&run).await, &done)
                });
            }
        }
    }

    /// The answer to a change that cannot even be tried.
    #[expect(clippy::unused_self, reason = "reads as a method where it is used")]
    fn refusal(&self, change: &Change, text: &str) -> Msg {
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
            ChangeKind::Control { .. } | ChangeKind::Revive(_) | ChangeKind::Follow { .. } => {
                problem_notice(&problem)
            }
        }
    }
}

fn followed(result: Result<Vec<RunId>, Problem>) -> Msg {
    match result {
        Ok(runs) if runs.is_empty() => Msg::Notice(
            ToastKind::Warning,
            Safe::line("this run changed no instance that could be brought back"),
        ),
        Ok(runs) => {
            let runs: Vec<&str> = runs.iter().map(RunId::short).collect();
            let text = format!("started: {}; R shows all runs", runs.join(", "));
            Msg::Notice(ToastKind::Done, Safe::line(&text))
        }
        Err(problem) => problem_notice(&problem),
    }
}

fn told(result: Result<(), Problem>, done: &str) -> Msg {
    match result {
        Ok(()) => Msg::Notice(ToastKind::Done, Safe::line(done)),
        Err(problem) => problem_notice(&problem),
    }
}

fn problem_notice(problem: &Problem) -> Msg {
    let text = match &problem.hint {
        Some(hint) => format!("{}: {hint}", problem.message),
        None => problem.message.to_string(),
    };
    Msg::Notice(ToastKind::Problem, Safe::line(&text))
}
