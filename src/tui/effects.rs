//! Carries effects out. None of them makes the screen wait: each is a task that tells when it is done.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc::{Sender, UnboundedSender};

use super::answers::problem_notice;
use super::at_terminal::first_run;
use super::event_loop::Lend;
use super::log_desk::LogDesk;
use super::log_keep::{self, Keeping};
use super::sources::{Looker, SetUp, Sources};
use super::tail;
use crate::adapters::clock::SystemClock;
use crate::adapters::view_file::ViewFile;
use crate::app::Msg;
use crate::app::audit_page::N_RECORDS;
use crate::app::effect::{Change, ChangeKind, Effect};
use crate::app::log_page::{Keep, LogAsk, LogMark, LogOf};
use crate::app::look::Look;
use crate::app::msg::Problem;
use crate::app::replay::Ask as ReplayAsk;
use crate::app::toast::ToastKind;
use crate::domain::audit::Wanted;
use crate::domain::ids::{HostId, RunId};
use crate::domain::log::Sieve;
use crate::domain::untrusted::Safe;
use crate::domain::view::ViewChange;
use crate::engine::ports::{AuditReader, Clock};
use crate::engine::supervisor::{Supervisor, Task};

/// Releases of an instance that are read.
const N_RELEASES: usize = 30;

/// What is left for the event loop to do itself, since it is about the screen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OnScreen {
    Nothing,
    Copy(String),
    Redraw,
    NextTheme,
    Connect,
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
    /// The reader of the output that has a page.
    reader: Option<LogDesk>,
    /// Where is kept what was chosen to be seen.
    view: Option<ViewFile>,
    /// Borrows the terminal.
    pub(super) lend: UnboundedSender<Lend>,
    /// What can be done where there is no inventory.
    set_up: Option<Arc<dyn SetUp>>,
}

impl Effects {
    pub(super) fn new(
        supervisor: Supervisor,
        tell: Sender<Msg>,
        view: Option<ViewFile>,
        lend: UnboundedSender<Lend>,
        set_up: Option<Arc<dyn SetUp>>,
    ) -> Self {
        let (sources, run, log, reader) = (None, None, None, None);
        Self { supervisor, tell, sources, run, log, reader, view, lend, set_up }
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
            let (store, at_work) = (Arc::clone(store), sources.at_work.clone());
            let telling = tail::runs(store, at_work, self.tell.clone());
            drop(self.supervisor.spawn("runs to screen", telling));
        }
        if let Some(replaying) = &sources.replay {
            let telling = tail::replay(Arc::clone(replaying), self.tell.clone());
            drop(self.supervisor.spawn("replay to screen", telling));
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
            Effect::NextTheme => return OnScreen::NextTheme,
            Effect::Connect => return OnScreen::Connect,
            Effect::Copy(text) => return OnScreen::Copy(text),
            Effect::Save(change) => self.save(change),
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
            Effect::LoadAudit { request } => {
                let audit = self.sources.as_ref().and_then(|s| s.audit.clone());
                self.answer("audit log to screen", audit_log(audit, request));
            }
            Effect::Look { request, what } => {
                let looker = self.sources.as_ref().and_then(|s| s.looker.clone());
                self.answer("look to screen", look(looker, request, what));
            }
            Effect::AskLog(ask) => self.ask_log(*ask),
            Effect::CloseLog => self.reader = None,
            Effect::LoadEnv { request, host } => self.load_env(request, host),
            Effect::KeepLog { of, sieve, to, marks } => self.keep_log(of, sieve, to, marks),
            Effect::Replay(ask) => self.replay(ask),
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

    /// Keeps what was chosen to be seen.
    fn save(&self, change: ViewChange) {
        let Some(file) = self.view.clone() else { return };
        let tell = self.tell.clone();
        drop(self.supervisor.spawn_blocking("view to disk", move || {
            if let Err(error) = file.save(&change) {
                let text = format!("what was chosen is not kept for the next time: {error}");
                let _full = tell.try_send(Msg::Notice(ToastKind::Warning, Safe::line(&text)));
            }
        }));
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

    /// Asks the reader of an output for a part of it; another output gets a reader of its own.
    fn ask_log(&mut self, ask: LogAsk) {
        if self.reader.as_ref().is_some_and(|reader| reader.ask(&ask)) {
            return;
        }
        self.reader = None;
        match LogDesk::open(ask, self.sources.as_ref(), &self.supervisor, &self.tell) {
            Ok(reader) => self.reader = Some(reader),
            Err(problem) => self.notice(Msg::LogView(Err(problem))),
        }
    }

    fn keep_log(&self, of: LogOf, sieve: Sieve, to: Keep, marks: Vec<LogMark>) {
        let source = self.reader.as_ref().and_then(|reader| reader.source(&of));
        let (Some(source), Some(view)) = (source, &self.view) else { return };
        let (now, lend) = (SystemClock.now(), self.lend.clone());
        let folder = view.beside("logs");
        let keeping = Keeping { source, of, sieve, to, marks, folder, now, lend };
        self.answer("keep a log", log_keep::keep(keeping));
    }

    fn load_env(&self, request: u64, host: HostId) {
        let desk = self.sources.as_ref().and_then(|s| s.desk.clone());
        self.answer("env to screen", async move {
            let none = || Problem {
                message: Safe::line("no host can be looked at from here"),
                hint: None,
            };
            let result = match desk {
                Some(desk) => desk.env(&host).await,
                None => Err(none()),
            };
            Msg::Env { request, result }
        });
    }

    /// Asks something of the replay. Where the time goes back, what watches the run is begun anew once it has ended.
    fn replay(&mut self, ask: ReplayAsk) {
        let Some(sources) = &self.sources else { return };
        let (Some(replaying), Some(store)) = (sources.replay.clone(), sources.runs.clone()) else {
            return;
        };
        replaying.ask(ask);
        if !ask.goes_back() {
            return;
        }
        let old: Vec<Task<()>> = self.run.take().into_iter().chain(self.log.take()).collect();
        let (tell, run) = (self.tell.clone(), replaying.state().run);
        self.run = Some(self.supervisor.spawn("run to screen", async move {
            for task in old {
                task.abort();
                drop(task.join().await);
            }
            if tell.send(Msg::Rewound).await.is_ok() {
                tail::run(store, run, tell).await;
            }
        }));
    }

    fn detach(&mut self) {
        for task in self.run.take().into_iter().chain(self.log.take()) {
            task.abort();
        }
    }

    pub(super) fn answer(
        &self,
        name: &'static str,
        work: impl Future<Output = Msg> + Send + 'static,
    ) {
        let tell = self.tell.clone();
        drop(self.supervisor.spawn(name, async move {
            let msg = work.await;
            let _left = tell.send(msg).await;
        }));
    }

    fn change(&self, change: &Change) {
        if let ChangeKind::SetUp(ask) = change.kind() {
            let (ask, set_up, lend) = (ask.clone(), self.set_up.clone(), self.lend.clone());
            return self.answer("first run", first_run(ask, set_up, lend));
        }
        let Some(changer) = self.sources.as_ref().and_then(|s| s.changer.clone()) else {
            let text = "not connected yet, or read-only: nothing has been changed";
            self.notice(self.refusal(change, text));
            return;
        };
        self.ask(&changer, change);
    }
}

async fn look(looker: Option<Arc<dyn Looker>>, request: u64, what: Look) -> Msg {
    let Some(looker) = looker else {
        let message = Safe::line("not connected to anything that can be asked");
        return Msg::Looked { request, result: Err(Problem { message, hint: None }) };
    };
    Msg::Looked { request, result: looker.look(what).await }
}

async fn audit_log(audit: Option<Arc<dyn AuditReader>>, request: u64) -> Msg {
    let problem = |text: &str| Problem { message: Safe::line(text), hint: None };
    let result = match audit {
        None => Err(problem("the audit log cannot be read: the store could not be opened")),
        Some(audit) => audit
            .audit_latest(&Wanted::default(), N_RECORDS)
            .await
            .map_err(|error| problem(&error.to_string())),
    };
    Msg::Audit { request, result }
}
