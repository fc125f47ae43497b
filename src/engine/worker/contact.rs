//! Staying in touch with a job that runs on its own: following its log, leaving word for it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::controls::{self, Wish};
use super::patience::Patience;
use super::progress::Progress;
use super::run::{Timing, WorkerPorts};
use super::shared::Shared;
use super::verdict;
use crate::domain::connection::Connection;
use crate::domain::job::{AbortOutcome, JobEnd, JobRef};
use crate::domain::remote::RemoteError;
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, StoreError};

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Steps of the plan: operators can hold and end it.
    Work,
    /// Giving back what the run holds, after a failure or an abort.
    CleanUp,
}

/// Pauses between attempts: they double, with jitter, up to a longest, until a deadline.
pub(super) struct Backoff {
    timing: Timing,
    clock: Arc<dyn Clock>,
    next: Duration,
    patience: Patience,
    n_tries: u32,
}

impl Backoff {
    pub(super) fn new(ports: &WorkerPorts) -> Self {
        let (timing, clock) = (ports.timing.clone(), Arc::clone(&ports.clock));
        let patience = Patience::with_silence(Instant::now(), timing.contact_deadline);
        Self { next: timing.backoff, timing, clock, patience, n_tries: 1 }
    }

    /// How many attempts were made, the running one included.
    pub(super) fn n_tries(&self) -> u32 {
        self.n_tries
    }

    /// Whether it has lasted too long, now that an attempt has ended.
    pub(super) fn is_over(&mut self) -> bool {
        self.patience.is_over(Instant::now())
    }

    /// Waits half to all of the next pause.
    pub(super) async fn pause(&mut self) {
        let chance = u32::from_str_radix(self.clock.nonce().get(..6).unwrap_or("0"), 16);
        let part = 0.5 + 0.5 * f64::from(chance.unwrap_or(0)) / f64::from(0xff_ffff);
        tokio::time::sleep(self.next.mul_f64(part)).await;
        self.next = (self.next * 2).min(self.timing.backoff_max);
        self.n_tries += 1;
    }
}

/// Follows a job to its end, through any loss of contact. The outer error is the store's; the inner
/// one is the outcome of a host that stayed silent for too long.
pub(super) async fn follow(
    to: &Connection,
    job: &JobRef,
    kind: Kind,
    progress: &mut Progress,
) -> Result<Result<JobEnd, Outcome>, StoreError> {
    let shared = progress.shared();
    match kind {
        Kind::CleanUp => until_end(&shared, to, job, progress).await,
        Kind::Work => tokio::select! {
            ended = until_end(&shared, to, job, progress) => ended,
            never = leave_word(&shared, to, job) => match never {},
        },
    }
}

async fn until_end(
    shared: &Shared,
    to: &Connection,
    job: &JobRef,
    progress: &mut Progress,
) -> Result<Result<JobEnd, Outcome>, StoreError> {
    let mut backoff = Backoff::new(&shared.ports);
    loop {
        let offset = shared.ports.store.log_length(&shared.run, &job.instance, job.seq).await?;
        progress.rewind();
        let followed = shared.ports.remote.follow_job(to, job, offset, progress).await;
        if let Some(broken) = progress.broken.take() {
            return Err(broken);
        }
        let error = match followed {
            Ok(end) => {
                if progress.journal.state.contact_lost.is_some() {
                    let host = job.instance.clone();
                    progress.journal.add(vec![EventKind::ContactRestored { host }]).await?;
                }
                return Ok(Ok(end));
            }
            Err(error) => error,
        };
        if progress.fresh_bytes > 0 {
            backoff = Backoff::new(&shared.ports);
        }
        // Only a person can mend a refused key; other errors may be of the moment.
        let hopeless = error.kind.is_unreachable() && !error.kind.is_transient();
        let strange = !error.kind.is_transient() && backoff.n_tries() >= STRANGE;
        if hopeless || strange || backoff.is_over() {
            return Ok(Err(silent(&error)));
        }
        if progress.journal.state.contact_lost.is_none() {
            let host = job.instance.clone();
            progress.journal.add(vec![EventKind::ContactLost { host, error }]).await?;
        }
        backoff.pause().await;
    }
}

/// How often an error that should not pass by itself is tried again.
const STRANGE: u32 = 5;

fn silent(error: &RemoteError) -> Outcome {
    let mut failure = verdict::remote_failure(error);
    failure.message = Safe::line(&format!("contact was lost while its job ran: {}", error.message));
    let look = "the job goes on by itself; look at the host before you change it again";
    failure.hint = Some(
        failure
            .hint
            .map_or_else(|| Safe::line(look), |hint| Safe::line(&format!("{hint}; {look}"))),
    );
    Outcome::Unknown(failure)
}

/// Brings to the job what operators ask: to start no further step, or to end.
async fn leave_word(shared: &Shared, to: &Connection, job: &JobRef) -> Infallible {
    let remote = &shared.ports.remote;
    let mut held = false;
    loop {
        let least = if held { Wish::Kill } else { Wish::Pause };
        let wish = controls::wanted(shared.wish.clone(), least).await;
        let mut backoff = Backoff::new(&shared.ports);
        if wish == Wish::Kill {
            match remote.abort_job(to, job, shared.ports.timing.kill_grace).await {
                Ok(AbortOutcome::Stopped | AbortOutcome::AlreadyEnded) => {
                    return std::future::pending().await;
                }
                Ok(AbortOutcome::StillRunning) | Err(_) => backoff.pause().await,
            }
        } else {
            match remote.hold_job(to, job).await {
                Ok(()) => held = true,
                Err(_) => backoff.pause().await,
            }
        }
    }
}
