//! Sending what waits in the outbox. It never fails a run and never holds one up.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, Courier, Outbox, Posted, SendFault, Sent, StoreError};

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

    /// Sends what is due, again and again. An outbox that cannot be read now is read again later.
    pub async fn keep_sending(&self) -> Infallible {
        loop {
            if let Err(error) = self.flush().await {
                tracing::warn!(error = %Safe::line(&error.to_string()), "the outbox cannot be used");
            }
            tokio::time::sleep(LOOK).await;
        }
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
