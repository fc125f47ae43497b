//! `bunker forward HOST PORT|SERVICE`: a port of a host on a loopback address of this machine, written down before it opens
//! and after it was taken back.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use color_eyre::eyre::WrapErr;
use tokio::signal::unix::{SignalKind, signal};

use super::super::audit::reason;
use super::super::exit::{Exit, Trouble};
use super::super::output::print;
use super::super::run::{right, say};
use super::super::{Context, fleet, wiring};
use super::args::ForwardArgs;
use crate::adapters::ssh::{HostForward, SshPool};
use crate::domain::audit::{Deed, Facts};
use crate::domain::capability::Operate;
use crate::domain::fleet::Host;
use crate::domain::forward::{Forward, Lost, Wanted};
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{self, Clock as _, RemoteRead as _};
use crate::steps::service_port;

/// How long the host may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often it is looked whether the connection stands.
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(context: &Context, args: &ForwardArgs) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let (fleet, _) = fleet::fleet(context)?;
    let host = super::named(&fleet, &args.host)?;
    let what: Wanted = args.what.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    reason(host.instance.as_ref().is_some_and(|i| i.policy.require_why))?;
    let hosts = wiring::hosts()?;
    let ended = held(context, &hosts, host, &what, args.local, right).await;
    hosts.close().await;
    ended
}

/// Opens it and keeps it until a person ends it. A connection that is lost is opened again.
async fn held(
    context: &Context,
    hosts: &SshPool,
    host: &Host,
    what: &Wanted,
    local: Option<NonZeroU16>,
    right: &Operate,
) -> Result<Exit, Trouble> {
    let failed = |error: std::io::Error| Trouble::new(Exit::Failed, error);
    let mut ends = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;
    let to = place(hosts, host, what).await?;
    let audit = wiring::audit_log(right)?;
    let lost = ports::audited_there(&*audit, deed(host, what, to), async {
        let begun = Instant::now();
        let open = hosts.forward(&host.connection, right, to, local, DEADLINE).await;
        let open = open.map_err(failed_there)?;
        // From here on a Ctrl-C takes it back; before, nothing is there and it just ends us.
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        told(context, host, what, to, &open)?;
        let (at, open) = (open.at(), Some(open));
        let mut kept = Kept { hosts, host, what, right, at, to, open, n_lost: 0 };
        let why = tokio::select! {
            _ = interrupt.recv() => None,
            _ = ends.recv() => None,
            _ = hang_up.recv() => None,
            why = kept.keep() => Some(why),
        };
        let lost = kept.open.as_ref().is_none_or(|open| !open.lives());
        let was = Was { at, to: kept.to, wanted_for: begun.elapsed(), n_lost: kept.n_lost, lost };
        if let Some(open) = kept.open {
            open.close().await.map_err(|error| Trouble::new(Exit::Failed, error))?;
        }
        Ok::<_, Trouble>((lost.then(|| why.unwrap_or_default()), was.facts()))
    })
    .await?;
    let how = match &lost {
        None => "taken back".to_owned(),
        Some(why) if why.is_empty() => "given up while its connection was lost".to_owned(),
        Some(why) => format!("the connection was lost, and is not opened again: {why}"),
    };
    say(&format!("forward of {what} of {}: {how}", host.id));
    Ok(if lost.is_some() { Exit::Unreachable } else { Exit::Ok })
}

/// One that is kept open.
struct Kept<'a> {
    hosts: &'a SshPool,
    host: &'a Host,
    what: &'a Wanted,
    right: &'a Operate,
    at: SocketAddr,
    to: SocketAddr,
    open: Option<HostForward>,
    n_lost: u32,
}

impl Kept<'_> {
    /// Opens it again as often as it is lost; gives why that is in vain without a person.
    async fn keep(&mut self) -> String {
        let (what, id) = (self.what, &self.host.id);
        loop {
            if let Some(open) = &self.open {
                gone(open).await;
            }
            (self.open, self.n_lost) = (None, self.n_lost + 1);
            let now = || wiring::clock().now();
            let mut lost = Lost::at(now());
            while self.open.is_none() {
                say(&format!(
                    "{}, {what} of {id}: {}; Ctrl-C gives up",
                    self.at,
                    lost.words(now())
                ));
                let Some(next) = lost.next else {
                    return lost.why.map(|why| why.to_string()).unwrap_or_default();
                };
                let pause = next.duration_since(now()).unsigned_abs();
                tokio::time::sleep(pause).await;
                match again(self.hosts, self.host, self.what, self.right, (self.to, self.at)).await
                {
                    Ok((open, to)) => (self.open, self.to) = (Some(open), to),
                    Err(NotAgain { why, later }) => lost.failed(now(), why, later),
                }
            }
            let seconds = now().duration_since(lost.since).as_secs();
            say(&format!("{}, {what} of {id}, is here again after {seconds} s", self.at));
        }
    }
}

/// Why one that was lost is not here again.
pub(in crate::cli) struct NotAgain {
    /// In words.
    pub(in crate::cli) why: Safe,
    /// Whether that can pass by itself.
    pub(in crate::cli) later: bool,
}

impl From<RemoteError> for NotAgain {
    fn from(error: RemoteError) -> Self {
        let later = match error.kind {
            RemoteErrorKind::Auth | RemoteErrorKind::HostKey => false,
            RemoteErrorKind::Connect
            | RemoteErrorKind::Busy
            | RemoteErrorKind::Timeout
            | RemoteErrorKind::Disconnected
            | RemoteErrorKind::Sudo
            | RemoteErrorKind::Exit(_)
            | RemoteErrorKind::Protocol
            | RemoteErrorKind::Local => true,
        };
        Self { why: error.message, later }
    }
}

/// Opens one that was lost, at the same address of this machine or not at all. Where a service is may have changed.
pub(in crate::cli) async fn again(
    hosts: &SshPool,
    host: &Host,
    what: &Wanted,
    right: &Operate,
    (to, at): (SocketAddr, SocketAddr),
) -> Result<(HostForward, SocketAddr), NotAgain> {
    let to = match what {
        Wanted::Port(_) => to,
        Wanted::Service(_) => find(hosts, host, what).await?,
    };
    let port = NonZeroU16::new(at.port());
    let open = hosts.forward(&host.connection, right, to, port, DEADLINE).await?;
    Ok((open, to))
}

/// Opens it at a free port.
pub(in crate::cli) async fn forwarded(
    hosts: &SshPool,
    host: &Host,
    right: &Operate,
    to: SocketAddr,
) -> Result<HostForward, Trouble> {
    hosts.forward(&host.connection, right, to, None, DEADLINE).await.map_err(failed_there)
}

/// What is wrong on this machine is not the host's silence.
fn failed_there(error: RemoteError) -> Trouble {
    let here = error.kind == RemoteErrorKind::Local;
    Trouble::new(if here { Exit::Failed } else { Exit::Unreachable }, error)
}

async fn gone(open: &HostForward) {
    while open.lives() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Where it is, for the person or the program that asked.
fn told(
    context: &Context,
    host: &Host,
    what: &Wanted,
    to: SocketAddr,
    open: &HostForward,
) -> Result<(), Trouble> {
    let forward = Forward {
        number: 0,
        host: host.id.clone(),
        what: what.clone(),
        to,
        at: open.at(),
        since: wiring::clock().now(),
        lost: None,
    };
    if context.json {
        let line = serde_json::to_string(&forward).wrap_err("writing JSON")?;
        return print(&format!("{line}\n"));
    }
    say(&format!(
        "{what} of {} ({to} there) is here at the address below; Ctrl-C takes it back",
        host.id
    ));
    print(&format!("{}\n", open.at()))
}

/// The deed, as it is written down before anything is opened.
pub(in crate::cli) fn deed(host: &Host, what: &Wanted, to: SocketAddr) -> Deed {
    let deed = Deed::new("forward").on(&host.id);
    deed.after("what", &what.to_string()).after("to", &to.to_string())
}

/// What is known of one at its end.
pub(in crate::cli) struct Was {
    /// Where it was on this machine.
    pub(in crate::cli) at: SocketAddr,
    /// Where it led at last.
    pub(in crate::cli) to: SocketAddr,
    /// For how long it was wanted.
    pub(in crate::cli) wanted_for: Duration,
    /// How often its connection was lost.
    pub(in crate::cli) n_lost: u32,
    /// Whether it was lost at its end.
    pub(in crate::cli) lost: bool,
}

impl Was {
    /// As the audit log has it.
    pub(in crate::cli) fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        let mut add = |name: &str, text: &str| facts.insert(Safe::line(name), Safe::line(text));
        add("at", &self.at.to_string());
        add("to", &self.to.to_string());
        add("seconds", &self.wanted_for.as_secs().to_string());
        if self.n_lost > 0 {
            add("lost", &format!("{} times", self.n_lost));
        }
        if self.lost {
            add("ended", "the connection was lost");
        }
        facts
    }
}

/// Why nobody can say where it is on the host.
enum NoPlace {
    Host(RemoteError),
    Port(String),
}

impl From<NoPlace> for NotAgain {
    fn from(none: NoPlace) -> Self {
        match none {
            NoPlace::Host(error) => error.into(),
            NoPlace::Port(why) => Self { why: Safe::line(&why), later: true },
        }
    }
}

/// Where on the host it is. Of a service, the host is asked.
pub(in crate::cli) async fn place(
    hosts: &SshPool,
    host: &Host,
    what: &Wanted,
) -> Result<SocketAddr, Trouble> {
    find(hosts, host, what).await.map_err(|none| match none {
        NoPlace::Host(error) => Trouble::new(Exit::Unreachable, error),
        NoPlace::Port(why) => Trouble::new(Exit::Failed, why),
    })
}

async fn find(hosts: &SshPool, host: &Host, what: &Wanted) -> Result<SocketAddr, NoPlace> {
    let service = match what {
        Wanted::Port(port) => return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port.get()))),
        Wanted::Service(service) => service,
    };
    let none = |why: &str| {
        NoPlace::Port(format!(
            "{service} of {} has no port that can be brought here: {why}",
            host.id
        ))
    };
    let settings = super::settings(host).map_err(|trouble| none(&trouble.to_string()))?;
    let script = service_port::read(service, host.connection.become_root, settings);
    let answer = hosts.read(&host.connection, &script, DEADLINE).await.map_err(NoPlace::Host)?;
    service_port::parse(&answer.stdout, answer.exit).map_err(|why| none(why.as_ref()))
}
