//! Sending what waits in the outbox. It never fails a run and never holds one up.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::domain::notify;
use crate::domain::run::state::{Phase, RunSummary};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{
    Clock, Courier, Outbox, Posted, RunReader, SendFault, Sent, StoreError,
};
use crate::engine::worker::replayed;

/// How many are sent at once.
const TOGETHER: usize = 8;
/// The first pause; it doubles each time.
const FIRST: i64 = 10;
/// The longest pause between two tries, in seconds.
const LONGEST: i64 = 3_600;
/// How long a message is tried.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(24);
/// Between two looks at the outbox.
const LOOK: Duration = Duration::from_secs(5);
/// How many looks at the outbox go by between two at the runs.
const LOOKS_A_RUN: usize = 4;
/// Newest runs that are looked at for one that has lost its worker.
const RUNS: usize = 50;

/// What sending needs.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// Where messages wait.
    pub outbox: &'a dyn Outbox,
    /// Who brings them.
    pub courier: &'a dyn Courier,
    /// Time and chance.
    pub clock: &'a dyn Clock,
}

impl Post<'_> {
    /// Sends what is due until nothing is; gives how many were taken and how many were not.
    pub async fn flush(&self) -> Result<(usize, usize), StoreError> {
        let (mut taken, mut not) = (0, 0);
        loop {
            let due = self.outbox.due(TOGETHER).await?;
            if due.is_empty() {
                return Ok((taken, not));
            }
            for done in join_all(due.iter().map(|posted| self.send(posted))).await {
                if done? {
                    taken += 1;
                } else {
                    not += 1;
                }
            }
        }
    }

    /// Sends what is due, again and again, and posts what no run can say of itself. An outbox that cannot be read now is
    /// read again later.
    pub async fn keep_sending(&self, runs: &dyn RunReader) -> Infallible {
        loop {
            let done = async {
                self.post_lost(runs).await?;
                for _ in 0..LOOKS_A_RUN {
                    self.flush().await?;
                    tokio::time::sleep(LOOK).await;
                }
                Ok::<(), StoreError>(())
            };
            if let Err(error) = done.await {
                tracing::warn!(error = %Safe::line(&error.to_string()), "the outbox cannot be used");
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// Posts a message for each run that has lost its worker, once each time that it does.
    pub async fn post_lost(&self, runs: &dyn RunReader) -> Result<(), StoreError> {
        let lost = |run: &RunSummary| run.phase == Phase::Lost;
        for run in runs.runs(RUNS).await?.into_iter().filter(lost) {
            let plan = runs.plan(&run.run).await?;
            let state = replayed(runs, &run.run, &plan).await?;
            let channels = plan.around.notify.as_ref().map(|to| to.channels.clone());
            let message = notify::lost(&plan, &state, self.clock.now());
            if let (Some(message), Some(channels)) = (message, channels) {
                self.outbox.post(&message, &channels).await?;
            }
        }
        Ok(())
    }

    async fn send(&self, posted: &Posted) -> Result<bool, StoreError> {
        let sent = match self.courier.send(posted).await {
            Ok(()) => Sent::Done,
            Err(SendFault::Refused(why)) => Sent::GivenUp { why },
            Err(SendFault::Transient(why)) => self.later(posted, why),
        };
        let done = sent == Sent::Done;
        self.outbox.settle(posted.number, sent).await?;
        Ok(done)
    }

    fn later(&self, posted: &Posted, why: Safe) -> Sent {
        let now = self.clock.now();
        if now.duration_since(posted.made) >= GIVE_UP {
            let why = Safe::line(&format!("{why}; tried {} times in a day", posted.tries + 1));
            return Sent::GivenUp { why };
        }
        let pause = (FIRST << posted.tries.min(16)).min(LONGEST);
        // Some jitter, so that two processes that failed together do not come back together.
        let chance = i64::from_str_radix(self.clock.nonce().get(..4).unwrap_or("0"), 16);
        let pause = pause + pause * chance.unwrap_or(0) / (5 * 0xffff);
        let next = now.checked_add(SignedDuration::from_secs(pause)).unwrap_or(now);
        Sent::Later { why, next }
    }
}
