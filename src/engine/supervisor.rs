//! The only place that starts tasks: it counts them, stops them and turns a panic into a value.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::untrusted::Safe;

/// Why a task gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Died {
    /// It panicked: a bug. Its name and the panic's message.
    #[error("{name} panicked: {message}")]
    Panicked {
        /// The name it was started with.
        name: &'static str,
        /// What the panic said.
        message: Safe,
    },
    /// The supervisor was stopped first.
    #[error("{name} was stopped")]
    Stopped {
        /// The name it was started with.
        name: &'static str,
    },
}

/// A started task. Dropping it leaves the task running.
#[derive(Debug)]
pub struct Task<T> {
    name: &'static str,
    handle: JoinHandle<Result<T, Died>>,
}

impl<T> Task<T> {
    /// Waits for its value.
    pub async fn join(self) -> Result<T, Died> {
        let name = self.name;
        self.handle.await.unwrap_or(Err(Died::Stopped { name }))
    }

    /// Ends it at its next await.
    pub fn abort(&self) {
        self.handle.abort();
    }
}

/// Starts and stops tasks. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    tracker: TaskTracker,
    stop: CancellationToken,
    died: Arc<Mutex<Vec<Died>>>,
}

impl Supervisor {
    /// A supervisor with no tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task. It ends at its next await when the supervisor is stopped.
    pub fn spawn<T, F>(&self, name: &'static str, future: F) -> Task<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let stop = self.stop.clone();
        let died = Arc::clone(&self.died);
        let guarded = async move {
            let caught = AssertUnwindSafe(future).catch_unwind();
            let ended = tokio::select! {
                biased;
                ended = caught => ended.map_err(|panic| panicked(name, &*panic)),
                () = stop.cancelled() => Err(Died::Stopped { name }),
            };
            remember(&died, ended)
        };
        Task { name, handle: self.start(guarded) }
    }

    /// Starts blocking work on a thread of its own pool. It cannot be stopped, only waited for.
    pub fn spawn_blocking<T, F>(&self, name: &'static str, work: F) -> Task<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let died = Arc::clone(&self.died);
        let guarded = move || {
            let ended = std::panic::catch_unwind(AssertUnwindSafe(work));
            remember(&died, ended.map_err(|panic| panicked(name, &*panic)))
        };
        Task { name, handle: self.start_blocking(guarded) }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
    fn start<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        tokio::spawn(self.tracker.track_future(future))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts blocking work")]
    fn start_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let token = self.tracker.token();
        tokio::task::spawn_blocking(move || {
            let _counted = token;
            work()
        })
    }

    /// Cancelled when the supervisor is stopped.
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Number of tasks that have not ended.
    pub fn n_tasks(&self) -> usize {
        self.tracker.len()
    }

    /// Takes the panics since the last call, oldest first.
    pub fn take_panics(&self) -> Vec<Died> {
        self.died.lock().map(|mut died| std::mem::take(&mut *died)).unwrap_or_default()
    }

    /// Stops all tasks and waits for them, at most `deadline`; gives whether all ended.
    pub async fn stop(&self, deadline: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok()
    }
}

fn remember<T>(died: &Mutex<Vec<Died>>, ended: Result<T, Died>) -> Result<T, Died> {
    if let Err(why @ Died::Panicked { .. }) = &ended
        && let Ok(mut died) = died.lock()
    {
        died.push(why.clone());
    }
    ended
}

fn panicked(name: &'static str, panic: &(dyn std::any::Any + Send)) -> Died {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Died::Panicked { name, message: Safe::line(text.unwrap_or("no message")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_value_and_the_others_go_on() {
        let supervisor = Supervisor::new();
        let bad: Task<()> = supervisor.spawn("bad", async { panic!("on purpose") });
        let good = supervisor.spawn("good", async { 7 });
        let blocking = supervisor.spawn_blocking("blocking", || 8);
        let want = Died::Panicked { name: "bad", message: "on purpose".into() };
        assert_eq!(bad.join().await, Err(want.clone()));
        assert_eq!((good.join().await, blocking.join().await), (Ok(7), Ok(8)));
        assert_eq!(supervisor.take_panics(), [want]);
        let endless = supervisor.spawn("endless", std::future::pending::<()>());
        assert_eq!(supervisor.n_tasks(), 1);
        assert!(supervisor.stop(Duration::from_secs(5)).await);
        assert_eq!(endless.join().await, Err(Died::Stopped { name: "endless" }));
    }
}
