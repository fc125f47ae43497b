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
use crate::domain::forward::{Forward, Wanted};
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

/// Opens it and keeps it until a person ends it, or the connection does.
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
        told(context, host, what, to, &open)?;
        let lost = tokio::select! {
            _ = tokio::signal::ctrl_c() => false,
            _ = ends.recv() => false,
            _ = hang_up.recv() => false,
            () = gone(&open) => true,
        };
        let after = facts(&open, begun.elapsed(), lost);
        open.close().await.map_err(|error| Trouble::new(Exit::Failed, error))?;
        Ok::<_, Trouble>((lost, after))
    })
    .await?;
    let how = if lost { "the connection was lost" } else { "taken back" };
    say(&format!("forward of {what} of {}: {how}", host.id));
    Ok(if lost { Exit::Unreachable } else { Exit::Ok })
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
        lives: true,
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

/// What is known of it at its end.
pub(in crate::cli) fn facts(open: &HostForward, was_open: Duration, lost: bool) -> Facts {
    let mut facts = Facts::new();
    facts.insert(Safe::line("at"), Safe::line(&open.at().to_string()));
    facts.insert(Safe::line("seconds"), Safe::line(&was_open.as_secs().to_string()));
    if lost {
        facts.insert(Safe::line("ended"), Safe::line("the connection was lost"));
    }
    facts
}

/// Where on the host it is. Of a service, the host is asked.
pub(in crate::cli) async fn place(
    hosts: &SshPool,
    host: &Host,
    what: &Wanted,
) -> Result<SocketAddr, Trouble> {
    let service = match what {
        Wanted::Port(port) => return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port.get()))),
        Wanted::Service(service) => service,
    };
    let settings = super::settings(host)?;
    let script = service_port::read(service, host.connection.become_root, settings);
    let answer = hosts.read(&host.connection, &script, DEADLINE).await;
    let answer = answer.map_err(|error| Trouble::new(Exit::Unreachable, error))?;
    service_port::parse(&answer.stdout, answer.exit).map_err(|why| {
        let text = format!("{service} of {} has no port that can be brought here: {why}", host.id);
        Trouble::new(Exit::Failed, text)
    })
}
