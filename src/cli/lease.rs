//! `bunker lease list|show|break`.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use color_eyre::eyre::WrapErr;
use serde_json::{Value, json};

use super::Context;
use super::args::LeaseVerb;
use super::audit::audited_there;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::run::operator::operator;
use super::run::{right, say};
use super::{fleet, wiring};
use crate::adapters::ssh::SshPool;
use crate::domain::audit::{Deed, Facts};
use crate::domain::capability::Operate;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::HostId;
use crate::domain::lease::{Broken, FleetKey, LeaseLook, LeaseOf};
use crate::domain::remote::RemoteError;
use crate::domain::untrusted::Safe;
use crate::engine::leases;
use crate::engine::ports::{CampaignHeld, Campaigns, LeaseDesk};

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
                wiring::say_why(&ask.reason);
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
        futures_util::join!(leases::look_at_all(hosts, of), campaign(fleet, hosts));
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
        return Err(busy(job));
    }
    if seen.lease.is_none() {
        return nothing(context, host.id.as_str());
    }
    say(words(&host.id, &seen).trim_end());
    confirmed(ask, host.id.as_str())?;
    let of = LeaseOf::Instance(host.id.clone());
    let desk = wiring::leases(hosts, right);
    let deed = Deed::new("lease-break").on(&host.id);
    let broken = audited_there(context, deed, async {
        let broken = desk.break_it(&host.connection, &of, &operator(), &ask.reason).await;
        match broken.map_err(unreachable)? {
            Broken::Busy(job) => Err(busy(&job)),
            Broken::None => Ok((None, Facts::new())),
            Broken::Done { generation, holder } => {
                let (store, of) = (wiring::store_writer(right)?, Safe::line(host.id.as_str()));
                store.record_break(&of, &record(&holder, ask)).await?;
                let facts = facts(&holder, generation);
                Ok((Some((holder, generation)), facts))
            }
        }
    });
    match broken.await? {
        None => nothing(context, host.id.as_str()),
        Some((holder, generation)) => told(context, host.id.as_str(), &holder, generation),
    }
}

/// What the log remembers of a break.
fn facts(holder: &Safe, generation: u64) -> Facts {
    let fact = |name: &str, value: &str| (Safe::line(name), Safe::line(value));
    Facts::from([fact("held-by", holder.as_str()), fact("generation", &generation.to_string())])
}

fn record(holder: &Safe, ask: &Ask<'_>) -> Safe {
    let by = operator();
    Safe::line(&format!(
        "{} on {} broke the lease of {holder}: {}",
        by.user, by.machine, ask.reason
    ))
}

async fn break_fleet(
    context: &Context,
    fleet: &Fleet,
    hosts: &Arc<SshPool>,
    ask: &Ask<'_>,
) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let name = fleet.name.as_str();
    let Some(held) = campaign(fleet, hosts).await? else { return nothing(context, name) };
    say(&held.words(fleet));
    if let Held::Here(here) = &held
        && here.alive
    {
        let why = format!(
            "its worker lives: end it first (`bunker abort {0}`, and `bunker abort {0} --kill` where that takes too long)",
            here.run
        );
        return Err(Trouble::new(Exit::Locked, why));
    }
    confirmed(ask, name)?;
    let (store, key) = (wiring::store_writer(right)?, FleetKey::of(&fleet.name));
    let (holder, of) = (held.who(), Safe::line(&format!("fleet {name}")));
    let deed = Deed::new("lease-break").about(of.as_str());
    let broken = audited_there(context, deed, async {
        if let Held::Here(here) = &held {
            store.end_campaign(&key, &here.run).await?;
        }
        let generation = break_central(fleet, hosts, key, ask, right).await?;
        store.record_break(&of, &record(&holder, ask)).await?;
        Ok((generation, facts(&holder, generation)))
    });
    told(context, name, &holder, broken.await?)
}

/// Breaks what the central server keeps of it; gives the generation there, 0 where there is none.
async fn break_central(
    fleet: &Fleet,
    hosts: &Arc<SshPool>,
    key: FleetKey,
    ask: &Ask<'_>,
    right: &Operate,
) -> Result<u64, Trouble> {
    let Some(central) = fleet.central() else { return Ok(0) };
    let (of, desk) = (LeaseOf::Campaign(key), wiring::leases(hosts, right));
    let broken = desk.break_it(&central.connection, &of, &operator(), &ask.reason).await;
    match broken.map_err(unreachable)? {
        Broken::Busy(job) => Err(busy(&job)),
        Broken::Done { generation, .. } => Ok(generation),
        Broken::None => Ok(0),
    }
}

/// Who goes through the fleet.
enum Held {
    /// A run of this store.
    Here(Box<CampaignHeld>),
    /// A run of another control machine, by the central server.
    There(Safe),
}

impl Held {
    fn who(&self) -> Safe {
        match self {
            Self::Here(held) => Safe::line(&held.to_string()),
            Self::There(who) => who.clone(),
        }
    }

    fn words(&self, fleet: &Fleet) -> String {
        format!("the fleet {} is held by {}", fleet.name, self.who())
    }

    fn as_json(&self) -> Value {
        match self {
            Self::Here(held) => json!({ "run": held.run, "since": held.since, "alive": held.alive,
                "held_by": self.who() }),
            Self::There(who) => json!({ "held_by": who }),
        }
    }
}

async fn campaign(fleet: &Fleet, hosts: &SshPool) -> Result<Option<Held>, Trouble> {
    let key = FleetKey::of(&fleet.name);
    if let Some(held) = wiring::store_reader()?.campaign(&key).await? {
        return Ok(Some(Held::Here(Box::new(held))));
    }
    let Some(central) = fleet.central() else { return Ok(None) };
    let look = leases::look(hosts, &central.connection, &LeaseOf::Campaign(key)).await;
    let lease = look.ok().and_then(|look| look.lease);
    Ok(lease.map(|lease| Held::There(Safe::line(&lease.to_string()))))
}

fn instance<'f>(fleet: &'f Fleet, name: &str) -> Result<&'f Host, Trouble> {
    let none = |why: &str| Trouble::new(Exit::NotFound, format!("{}: {why}", Safe::line(name)));
    let id: HostId = name.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let host = fleet.host(&id).ok_or_else(|| none("there is no such host in the inventory"))?;
    host.instance.as_ref().map(|_| host).ok_or_else(|| none("it is no instance"))
}

async fn look(hosts: &SshPool, host: &Host) -> Result<LeaseLook, Trouble> {
    let of = LeaseOf::Instance(host.id.clone());
    leases::look(hosts, &host.connection, &of).await.map_err(unreachable)
}

fn unreachable(error: RemoteError) -> Trouble {
    Trouble::new(Exit::Unreachable, error.message)
}

fn busy(job: &Safe) -> Trouble {
    let why = format!(
        "a job runs there now ({job}), and a lease is not broken under it: end the job first, with `bunker abort RUN --kill`"
    );
    Trouble::new(Exit::Locked, why)
}

fn nothing(context: &Context, name: &str) -> Result<Exit, Trouble> {
    if context.json {
        print_json(&json!({ "broken": null, "of": name }))?;
    } else {
        say(&format!("nobody holds {}: nothing was done", Safe::line(name)));
    }
    Ok(Exit::Ok)
}

fn told(context: &Context, name: &str, holder: &Safe, generation: u64) -> Result<Exit, Trouble> {
    if context.json {
        print_json(&json!({ "broken": holder, "of": name, "generation": generation }))?;
    } else {
        say(&format!("the lease of {name} was broken; what {holder} still sends is refused"));
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
