//! `bunker logs HOST SERVICE`: what a service of an instance writes.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::{print, print_json};
use super::super::run::say;
use super::super::{fleet, wiring};
use super::args::LogsArgs;
use crate::adapters::ssh::SshPool;
use crate::domain::fleet::Host;
use crate::domain::ids::HostId;
use crate::domain::log::{Splitter, shown};
use crate::domain::secret::Redactor;
use crate::domain::service::ServiceName;
use crate::domain::untrusted::Safe;
use crate::steps::service_logs;

/// The host that is meant, where the first word names one.
pub(super) fn meant(context: &Context, args: &LogsArgs) -> Option<Host> {
    let (fleet, _) = fleet::fleet(context).ok()?;
    let id: HostId = args.run.parse().ok()?;
    fleet.host(&id).cloned()
}

pub(super) async fn run(context: &Context, host: &Host, args: &LogsArgs) -> Result<Exit, Trouble> {
    let Some(service) = &args.host else {
        let text = format!(
            "{0} is a host: name one of its services too, `bunker logs {0} SERVICE`",
            host.id
        );
        return Err(Trouble::new(Exit::Usage, text));
    };
    let service: ServiceName = service.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let hosts = wiring::hosts()?;
    let ended = tokio::select! {
        ended = printed(context, &hosts, host, &service, args) => ended,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    };
    hosts.close().await;
    ended
}

async fn printed(
    context: &Context,
    hosts: &SshPool,
    host: &Host,
    service: &ServiceName,
    args: &LogsArgs,
) -> Result<Exit, Trouble> {
    let masking = masking(&context.inventory, &host.id).await.unwrap_or_else(|why| {
        say(&format!("note: {why}"));
        Redactor::default()
    });
    let mut splitter = Splitter::default();
    let mut out = io::stdout();
    let json = context.json;
    let (mut lines, mut gone) = (Vec::new(), false);
    let mut say = |line: &Safe| -> io::Result<bool> {
        if json && !args.follow {
            lines.push(line.clone());
            return Ok(true);
        }
        let text = if json { json!({ "line": line }).to_string() } else { line.to_string() };
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                gone = true;
                Ok(false)
            }
            ended => ended.map(|()| true),
        }
    };
    follow(hosts, host, service, (args.tail, args.follow), masking, |bytes| {
        let mut ended = Ok(true);
        splitter.feed(bytes, |line| {
            ended = say(&shown(line));
            matches!(ended, Ok(true))
        });
        ended
    })
    .await?;
    if let Some(line) = splitter.open().filter(|_| !gone) {
        print(&format!("{}\n", shown(&line)))?;
    }
    if json && !args.follow {
        print_json(&json!({ "host": host.id, "service": service, "lines": lines }))?;
    }
    Ok(Exit::Ok)
}

/// Takes the secrets of a host's vault out of what its services write; or why it cannot.
pub(in crate::cli) async fn masking(inventory: &Path, host: &HostId) -> Result<Redactor, String> {
    match wiring::secrets().secrets(inventory, host).await {
        Ok(secrets) => Ok(Redactor::new(&secrets)),
        Err(error) => Err(format!("secrets of {host} are not masked in this output: {error}")),
    }
}

/// Gives what a service writes, byte for byte but for secrets, until it ends or `take` says `false`: so many lines that are
/// there already, and whether it goes on.
pub(in crate::cli) async fn follow(
    hosts: &SshPool,
    host: &Host,
    service: &ServiceName,
    (tail, on): (u32, bool),
    mut masking: Redactor,
    mut take: impl FnMut(&[u8]) -> io::Result<bool> + Send,
) -> Result<(), Trouble> {
    let settings = super::settings(host)?;
    let script = service_logs::read(service, host.connection.become_root, settings, tail, on);
    let mut wanted = true;
    let ended = hosts.stream(&host.connection, &script, |bytes| {
        let told = masking.feed(bytes);
        if !told.is_empty() {
            wanted = take(&told)?;
        }
        Ok(wanted)
    });
    let ended = ended.await;
    let rest = masking.finish();
    if wanted && !rest.is_empty() {
        // Whoever cannot keep it was told so above, or is told when nothing more comes.
        let _last = take(&rest);
    }
    ended.map_err(|error| Trouble::new(Exit::Unreachable, error))
}
