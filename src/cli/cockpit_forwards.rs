//! The ports that the cockpit's operator brought here. They last until they are taken back, at the latest when the cockpit is left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::exit::Trouble;
use super::{host, wiring};
use crate::adapters::ssh::{HostForward, SshPool};
use crate::app::forwards::Forwarded;
use crate::app::toast::ToastKind;
use crate::domain::audit::Ending;
use crate::domain::capability::Operate;
use crate::domain::fleet::Host;
use crate::domain::forward::{Forward, Wanted};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Audit, Clock as _, Intent};

/// All that are open.
#[derive(Default)]
pub(super) struct Forwards(Mutex<Held>);

#[derive(Default)]
struct Held {
    all: Vec<Open>,
    last: u64,
}

struct Open {
    forward: Forward,
    there: HostForward,
    begun: Instant,
    audit: Arc<dyn Audit>,
    intent: Intent,
}

impl Open {
    /// Takes it back, and writes down that it was.
    async fn end(self) -> Result<(), String> {
        let lost = !self.there.lives();
        let after = host::forward_facts(&self.there, self.begun.elapsed(), lost);
        let ended = self.there.close().await;
        let ending = match &ended {
            Ok(()) => Ending { after, ..Ending::done() },
            Err(error) => Ending::failed(&error.to_string()),
        };
        let written = self.audit.outcome(&self.intent, &ending);
        ended.map_err(|error| error.to_string())?;
        written.map_err(|error| error.to_string())
    }
}

impl Forwards {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Each change of it is one push or one removal: a panic leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is, with this told.
    pub(super) fn with(&self, told: Option<(ToastKind, Safe)>) -> Forwarded {
        Forwarded { all: self.held().all.iter().map(|open| open.forward.clone()).collect(), told }
    }

    /// What there is; of one whose connection was lost since it was last looked, it is told.
    pub(super) fn looked(&self) -> Forwarded {
        let mut told = None;
        for open in &mut self.held().all {
            if open.forward.lives && !open.there.lives() {
                open.forward.lives = false;
                let (host, what, at) = (&open.forward.host, &open.forward.what, open.forward.at);
                let text = format!("{at}, {what} of {host}, is no more: the connection was lost");
                told = Some((ToastKind::Warning, Safe::line(&text)));
            }
        }
        self.with(told)
    }

    /// Brings one here.
    pub(super) async fn open(
        &self,
        hosts: &SshPool,
        right: &Operate,
        host: &Host,
        what: &Wanted,
    ) -> Result<Safe, Trouble> {
        let to = host::forward_place(hosts, host, what).await?;
        let audit = wiring::audit_log(right)?;
        let intent = audit.intend(host::forward_deed(host, what, to))?;
        let begun = Instant::now();
        let there = match host::forwarded(hosts, host, right, to).await {
            Ok(there) => there,
            Err(trouble) => {
                let text = format!("{:#}", trouble.report);
                drop(audit.outcome(&intent, &Ending::failed(&text)));
                return Err(trouble);
            }
        };
        let at = there.at();
        let mut held = self.held();
        held.last += 1;
        let forward = Forward {
            number: held.last,
            host: host.id.clone(),
            what: what.clone(),
            to,
            at,
            since: wiring::clock().now(),
            lives: true,
        };
        held.all.push(Open { forward, there, begun, audit, intent });
        Ok(Safe::line(&format!("{at} is {what} of {} now; g p lists what is here", host.id)))
    }

    /// Takes one back; gives what is to be told of it, nothing where there is none such.
    pub(super) async fn end(&self, number: u64) -> Option<(ToastKind, Safe)> {
        let open = {
            let mut held = self.held();
            let at = held.all.iter().position(|open| open.forward.number == number)?;
            held.all.remove(at)
        };
        let (at, what, host) =
            (open.forward.at, open.forward.what.clone(), open.forward.host.clone());
        Some(match open.end().await {
            Ok(()) => {
                (ToastKind::Done, Safe::line(&format!("{at}, {what} of {host}, was taken back")))
            }
            Err(why) => (ToastKind::Problem, Safe::line(&why)),
        })
    }

    /// Takes all back.
    pub(super) async fn end_all(&self) {
        let all = std::mem::take(&mut self.held().all);
        for open in all {
            if let Err(error) = open.end().await {
                tracing::warn!(%error, "a forward was not taken back in order");
            }
        }
    }
}
