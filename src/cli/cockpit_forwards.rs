//! The ports that the cockpit's operator brought here. They last until they are taken back, at the latest when the cockpit is left.
//! One whose connection is lost is opened again at the same address, by the looks that the cockpit takes at them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::future::join_all;

use super::exit::Trouble;
use super::host::NotAgain;
use super::{host, wiring};
use crate::adapters::ssh::{HostForward, SshPool};
use crate::app::forwards::Forwarded;
use crate::app::toast::ToastKind;
use crate::domain::audit::Ending;
use crate::domain::capability::Operate;
use crate::domain::fleet::Host;
use crate::domain::forward::{Forward, Lost, Wanted};
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
    of: Host,
    /// `None` while it is lost.
    there: Option<HostForward>,
    n_lost: u32,
    begun: Instant,
    audit: Arc<dyn Audit>,
    intent: Intent,
}

impl Open {
    /// Takes it back, and writes down that it was.
    async fn end(self) -> Result<(), String> {
        let was = host::WasForwarded {
            at: self.forward.at,
            to: self.forward.to,
            wanted_for: self.begun.elapsed(),
            n_lost: self.n_lost,
            lost: self.there.as_ref().is_none_or(|there| !there.lives()),
        };
        let ended = match self.there {
            Some(there) => there.close().await,
            None => Ok(()),
        };
        let ending = match &ended {
            Ok(()) => Ending { after: was.facts(), ..Ending::done() },
            Err(error) => Ending::failed(&error.to_string()),
        };
        let written = self.audit.outcome(&self.intent, &ending);
        ended.map_err(|error| error.to_string())?;
        written.map_err(|error| error.to_string())
    }
}

/// What came of trying to open one again.
type Again = Result<(HostForward, SocketAddr), NotAgain>;

/// One that is to be opened again.
struct Due {
    of: Host,
    forward: Forward,
}

impl Due {
    async fn again(&self, hosts: &SshPool, right: &Operate) -> (u64, Again) {
        let places = (self.forward.to, self.forward.at);
        let opened =
            host::forwarded_again(hosts, &self.of, &self.forward.what, right, places).await;
        (self.forward.number, opened)
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

    /// What there is; of one whose connection was lost since it was last looked, it is told, and one whose time has come is
    /// opened again.
    pub(super) async fn looked(&self, hosts: &SshPool, right: &Operate) -> Forwarded {
        let lost = self.lost();
        let due = self.due();
        let mut told = lost.last().map(|text| (ToastKind::Warning, Safe::line(text)));
        for (number, opened) in join_all(due.iter().map(|due| due.again(hosts, right))).await {
            told = self.again(number, opened).await.or(told);
        }
        self.with(told)
    }

    /// Notes which have lost their connections; gives what is to be told of each.
    fn lost(&self) -> Vec<String> {
        let now = wiring::clock().now();
        let mut told = Vec::new();
        for open in &mut self.held().all {
            if open.there.take_if(|there| !there.lives()).is_none() {
                continue;
            }
            open.n_lost += 1;
            open.forward.lost = Some(Lost::at(now));
            let (host, what, at) = (&open.forward.host, &open.forward.what, open.forward.at);
            told.push(format!(
                "{at}, {what} of {host}: the connection was lost; it is opened again by itself"
            ));
        }
        told
    }

    /// Those that are to be opened again now. They are being tried from then on.
    fn due(&self) -> Vec<Due> {
        let now = wiring::clock().now();
        let mut due = Vec::new();
        for open in &mut self.held().all {
            let Some(lost) = open.forward.lost.as_mut().filter(|lost| lost.due(now)) else {
                continue;
            };
            lost.trying = true;
            due.push(Due { of: open.of.clone(), forward: open.forward.clone() });
        }
        due
    }

    /// Takes what came of trying; gives what is to be told.
    async fn again(&self, number: u64, opened: Again) -> Option<(ToastKind, Safe)> {
        let unwanted = {
            let mut held = self.held();
            match (held.all.iter_mut().find(|open| open.forward.number == number), opened) {
                (Some(open), Ok((there, to))) => {
                    (open.there, open.forward.to, open.forward.lost) = (Some(there), to, None);
                    let (host, what, at) =
                        (&open.forward.host, &open.forward.what, open.forward.at);
                    let text = format!("{at}, {what} of {host}, is here again");
                    return Some((ToastKind::Done, Safe::line(&text)));
                }
                (Some(open), Err(NotAgain { why, later })) => {
                    let text = format!("{} is not opened again: {why}", open.forward.at);
                    if let Some(lost) = &mut open.forward.lost {
                        lost.failed(wiring::clock().now(), why, later);
                    }
                    return (!later).then(|| (ToastKind::Problem, Safe::line(&text)));
                }
                // It was taken back meanwhile.
                (None, Ok((there, _))) => there,
                (None, Err(_)) => return None,
            }
        };
        drop(unwanted.close().await);
        None
    }

    /// Lets a lost one be tried at once.
    pub(super) fn hurry(&self, number: u64) {
        let now = wiring::clock().now();
        let mut held = self.held();
        let open = held.all.iter_mut().find(|open| open.forward.number == number);
        if let Some(lost) = open.and_then(|open| open.forward.lost.as_mut()) {
            lost.next = Some(now);
        }
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
            lost: None,
        };
        let (of, there) = (host.clone(), Some(there));
        held.all.push(Open { forward, of, there, n_lost: 0, begun, audit, intent });
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
