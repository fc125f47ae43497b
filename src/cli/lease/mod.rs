//! `bunker lease list|show|break`.

pub(super) mod breaking;
pub(super) mod held;

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use color_eyre::eyre::WrapErr;
use serde_json::{Value, json};

use super::Context;
use super::args::LeaseVerb;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::run::{right, say};
use super::{fleet, wiring};
use crate::adapters::ssh::SshPool;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::HostId;
use crate::domain::lease::{LeaseLook, LeaseOf};
use crate::domain::remote::RemoteError;
use crate::domain::untrusted::Safe;
use crate::engine::leases;
use breaking::Gone;
use held::Held;

/// Carries out one of these verbs.
pub(super) fn run(context: &Context, verb: &LeaseVerb) -> Result<Exit, Trouble> {
    let (fleet, problems) = fleet::fleet(context)?;
    fleet::tell(&fleet, &problems);
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(async {
        let hosts = wiring::hosts()?;
        let ended = match verb {
            LeaseVerb::List { limit } => list(context, &fleet, &hosts, limit.as_deref()).await,
            LeaseVerb::Show { host } => show(context, &fleet, &hosts, host).await,
            LeaseVerb::Break { host, reason, confirm, .. } => {
                let ask = Ask { reason: Safe::line(reason), confirm: confirm.as_deref() };
                match host {
                    Some(host) => break_instance(context, &fleet, &hosts, host, &ask).await,
                    None => break_fleet(context, &fleet, &hosts, &ask).await,
                }
            }
        };
        hosts.close().await;
        ended
    });
    runtime.shutdown_background();
    ended
}

async fn list(
    context: &Context,
    fleet: &Fleet,
    hosts: &SshPool,
    limit: Option<&str>,
) -> Result<Exit, Trouble> {
    let meant = fleet::limited(fleet, limit)?;
    let instances = meant.into_iter().filter(|host| host.instance.is_some());
    let of = instances.map(|host| (&host.id, &host.connection));
    let (seen, campaign) =
        futures_util::join!(leases::look_at_all(hosts, of), held::campaign(fleet, hosts));
    let campaign = campaign?;
    let silent = seen.iter().any(|one| one.look.is_err());
    if context.json {
        let rows: Vec<Value> = seen.iter().map(|one| as_json(&one.host, &one.look)).collect();
        print_json(&json!({ "fleet": campaign.as_ref().map(Held::as_json), "leases": rows }))?;
    } else {
        if let Some(held) = &campaign {
            print(&format!("{}\n\n", held.words(fleet)))?;
        }
        let head = ["HOST", "HELD BY", "SINCE", "AT", "LAST HEARD", "ENDS IN"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(seen.iter().map(|one| row(&one.host, &one.look)));
        print(&columns(&rows))?;
    }
    Ok(if silent { Exit::Unreachable } else { Exit::Ok })
}

fn row(host: &HostId, look: &Result<LeaseLook, RemoteError>) -> Vec<String> {
    let mut row = vec![host.to_string()];
    match look {
        Err(error) => row.push(format!("unknown: {}", error.message)),
        Ok(LeaseLook { lease: None, job: None, .. }) => row.push("nobody".to_owned()),
        Ok(LeaseLook { lease: None, job: Some(job), .. }) => row.push(job.to_string()),
        Ok(LeaseLook { lease: Some(lease), job, .. }) => {
            let run = lease.run.as_ref().map(ToString::to_string).unwrap_or_default();
            let ends = match (job, lease.left_s) {
                (Some(_), _) => "a job runs".to_owned(),
                (None, left) if left > 0 => format!("{left} s"),
                (None, _) => "over".to_owned(),
            };
            row.extend([
                format!("{run} ({}) by {}", lease.workflow, lease.operator),
                lease.started.to_string(),
                lease.doing.to_string(),
                lease.beat_age_s.map(|age| format!("{age} s ago")).unwrap_or_default(),
                ends,
            ]);
        }
    }
    row
}

fn as_json(host: &HostId, look: &Result<LeaseLook, RemoteError>) -> Value {
    match look {
        Ok(look) => json!({ "host": host, "lease": look.lease, "job": look.job,
            "generation": look.generation, "breaks": look.breaks }),
        Err(error) => json!({ "host": host, "error": error.message }),
    }
}

async fn show(
    context: &Context,
    fleet: &Fleet,
    hosts: &SshPool,
    name: &str,
) -> Result<Exit, Trouble> {
    let host = instance(fleet, name)?;
    let look = look(hosts, host).await?;
    if context.json {
        print_json(&as_json(&host.id, &Ok(look)))?;
        return Ok(Exit::Ok);
    }
    print(&words(&host.id, &look))?;
    Ok(Exit::Ok)
}

fn words(host: &HostId, look: &LeaseLook) -> String {
    let mut lines = vec![match &look.lease {
        Some(lease) => format!("{host} is held by {lease}"),
        None => format!("nobody holds {host}"),
    }];
    lines.extend(look.job.iter().map(|job| format!("a job runs there now: {job}")));
    if let Some(lease) = &look.lease {
        lines.push(format!("  to {}, generation {}", lease.target, lease.generation));
        let watch = |run| format!("  `bunker attach {run}` watches it, where it was started here");
        lines.extend(lease.run.as_ref().map(watch));
    }
    lines.extend(look.breaks.iter().map(|record| format!("broken before: {record}")));
    lines.join("\n") + "\n"
}

/// How a break is asked for.
struct Ask<'a> {
    reason: Safe,
    confirm: Option<&'a str>,
}

async fn break_instance(
    context: &Context,
    fleet: &Fleet,
    hosts: &Arc<SshPool>,
    name: &str,
    ask: &Ask<'_>,
) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let host = instance(fleet, name)?;
    let seen = look(hosts, host).await?;
    if let Some(job) = &seen.job {
        return Err(breaking::busy(job));
    }
    let Some(lease) = &seen.lease else { return nothing(context, host.id.as_str()) };
    say(words(&host.id, &seen).trim_end());
    confirmed(ask, host.id.as_str())?;
    match breaking::instance(right, hosts, host, lease.generation, &ask.reason).await? {
        None => nothing(context, host.id.as_str()),
        Some(gone) => told(context, host.id.as_str(), &gone),
    }
}

async fn break_fleet(
    context: &Context,
    fleet: &Fleet,
    hosts: &Arc<SshPool>,
    ask: &Ask<'_>,
) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let name = fleet.name.as_str();
    let Some(held) = held::campaign(fleet, hosts).await? else { return nothing(context, name) };
    say(&held.words(fleet));
    held.may_be_broken()?;
    confirmed(ask, name)?;
    match breaking::fleet(right, hosts, fleet, held.run(), &ask.reason).await? {
        None => nothing(context, name),
        Some(gone) => told(context, name, &gone),
    }
}

fn instance<'f>(fleet: &'f Fleet, name: &str) -> Result<&'f Host, Trouble> {
    let none = |why: &str| Trouble::new(Exit::NotFound, format!("{}: {why}", Safe::line(name)));
    let id: HostId = name.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let host = fleet.host(&id).ok_or_else(|| none("there is no such host in the inventory"))?;
    host.instance.as_ref().map(|_| host).ok_or_else(|| none("it is no instance"))
}

async fn look(hosts: &SshPool, host: &Host) -> Result<LeaseLook, Trouble> {
    let of = LeaseOf::Instance(host.id.clone());
    leases::look(hosts, &host.connection, &of).await.map_err(breaking::unreachable)
}

fn nothing(context: &Context, name: &str) -> Result<Exit, Trouble> {
    if context.json {
        print_json(&json!({ "broken": null, "of": name }))?;
    } else {
        say(&format!("nobody holds {}: nothing was done", Safe::line(name)));
    }
    Ok(Exit::Ok)
}

fn told(context: &Context, name: &str, gone: &Gone) -> Result<Exit, Trouble> {
    let Gone { holder, generation } = gone;
    if context.json {
        print_json(&json!({ "broken": holder, "of": name, "generation": generation }))?;
    } else {
        say(&gone.words(name));
    }
    Ok(Exit::Ok)
}

/// Asks for the name, so that nobody breaks the wrong lease out of habit.
fn confirmed(ask: &Ask<'_>, name: &str) -> Result<(), Trouble> {
    let refused = |why: &str| Trouble::new(Exit::Refused, format!("{why}: nothing was done"));
    if ask.reason.as_str().trim().is_empty() {
        return Err(Trouble::new(Exit::Usage, "--reason is empty: say why, for the record"));
    }
    if let Some(given) = ask.confirm {
        let same = given == name;
        return if same { Ok(()) } else { Err(refused(&format!("--confirm is not {name}"))) };
    }
    if !std::io::stdin().is_terminal() {
        return Err(refused(&format!("nobody can be asked here (give --confirm {name})")));
    }
    let mut err = std::io::stderr().lock();
    write!(err, "type {name} to break it: ").and_then(|()| err.flush()).wrap_err("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).wrap_err("reading the answer")?;
    if answer.trim() == name { Ok(()) } else { Err(refused("that is not its name")) }
}
