//! The one output that has a page: its reader, and where it comes from a service, what keeps it in a file meanwhile.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use super::sources::Sources;
use super::{log_merged, log_reader};
use crate::adapters::clock::SystemClock;
use crate::adapters::log_file::LogFile;
use crate::app::Msg;
use crate::app::log_page::{LogAsk, LogOf};
use crate::app::msg::Problem;
use crate::domain::untrusted::Safe;
use crate::engine::log_book::{LogSource, RunLog};
use crate::engine::ports::Clock;
use crate::engine::supervisor::{Supervisor, Task};

/// The reader of an output.
pub(super) struct LogDesk {
    asks: watch::Sender<LogAsk>,
    source: Arc<dyn LogSource>,
    reader: Task<()>,
    /// Follows a service, or several outputs, into a file.
    follower: Option<Task<()>>,
}

impl LogDesk {
    /// Begins to read what is asked for; or why that cannot be.
    pub(super) fn open(
        ask: LogAsk,
        sources: Option<&Sources>,
        supervisor: &Supervisor,
        tell: &Sender<Msg>,
    ) -> Result<Self, Problem> {
        let problem = |text: &str| Problem { message: Safe::line(text), hint: None };
        let sources = sources.ok_or_else(|| problem("not connected yet"))?;
        let mut follower = None;
        let mut steps = None;
        let source: Arc<dyn LogSource> = match &ask.of {
            LogOf::Run { run, host } => {
                let store = sources.runs.clone();
                let store = store.ok_or_else(|| problem("runs cannot be read"))?;
                steps = Some(Arc::clone(&store));
                Arc::new(RunLog { store, run: run.clone(), host: host.clone() })
            }
            LogOf::Merged { run } => {
                let store = sources.runs.clone();
                let store = store.ok_or_else(|| problem("runs cannot be read"))?;
                let file = log_merged::file().map_err(|e| problem(&e.to_string()))?;
                let kept = file.try_clone().map_err(|e| problem(&e.to_string()))?;
                let (run, tell, replay) = (run.clone(), tell.clone(), sources.replay.clone());
                let now =
                    move || replay.as_ref().map_or_else(|| SystemClock.now(), |r| r.state().now);
                follower = Some(supervisor.spawn("outputs to file", async move {
                    if let Err(why) = log_merged::write(store, run, kept, now).await {
                        let message = Safe::line(&format!("the outputs cannot be read: {why}"));
                        let trouble = Problem { message, hint: None };
                        let _left = tell.send(Msg::LogView(Err(trouble))).await;
                    }
                }));
                Arc::new(LogFile::tagged(file))
            }
            LogOf::Service { host, service } => {
                let desk = sources.desk.clone();
                let desk = desk.ok_or_else(|| problem("no host can be looked at from here"))?;
                // It has no name any more: what is not saved is gone with the page.
                let file = tempfile::tempfile().map_err(|e| problem(&e.to_string()))?;
                let kept = file.try_clone().map_err(|e| problem(&e.to_string()))?;
                let (host, service, tell) = (host.clone(), service.clone(), tell.clone());
                follower = Some(supervisor.spawn("service to file", async move {
                    let ended = desk.follow(&host, &service, kept).await;
                    let text = match ended {
                        Ok(()) => format!("{host} writes no more of {service}: it was stopped or made anew; esc and l follow again"),
                        Err(problem) => problem.message.to_string(),
                    };
                    let ended = Problem { message: Safe::line(&text), hint: None };
                    let _left = tell.send(Msg::LogView(Err(ended))).await;
                }));
                Arc::new(LogFile::new(file))
            }
        };
        let (asks, asked) = watch::channel(ask);
        let reading = log_reader::read(Arc::clone(&source), steps, asked, tell.clone());
        let reader = supervisor.spawn("log to screen", reading);
        Ok(Self { asks, source, reader, follower })
    }

    /// Asks for another part, where it reads this output.
    pub(super) fn ask(&self, ask: &LogAsk) -> bool {
        let same = self.reads(&ask.of) && !self.asks.is_closed();
        if same {
            let _before = self.asks.send_replace(ask.clone());
        }
        same
    }

    fn reads(&self, of: &LogOf) -> bool {
        self.asks.borrow().of == *of
    }

    /// Where this output is read from.
    pub(super) fn source(&self, of: &LogOf) -> Option<Arc<dyn LogSource>> {
        self.reads(of).then(|| Arc::clone(&self.source))
    }
}

impl Drop for LogDesk {
    fn drop(&mut self) {
        self.reader.abort();
        if let Some(follower) = &self.follower {
            follower.abort();
        }
    }
}
