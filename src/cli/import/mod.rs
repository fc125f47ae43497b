//! `bunker import`: an instance that was installed by hand comes under management.
//!
//! In order: the host's key, its `.env` read into memory, what was found shown, the inventory and the vault written,
//! then the run that makes a backup and records the release. Each may be repeated after a cut.

pub(super) mod args;
mod tell;

use super::exit::{Exit, Trouble};
use super::instance::{desk::desk, key};
use super::run::{confirm, operator, right, say, workflow};
use super::vault::author;
use super::{Context, audit, wiring};
use crate::adapters::enrol::{domain_of, env_of};
use crate::adapters::inventory::{Scaffold, load};
use crate::cli::args::{StartArgs, StrategyArgs};
use crate::domain::dotenv::DotEnv;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{Domain, HostId, InvalidName};
use crate::domain::plan::strategy::Asked;
use crate::domain::plan::{What, Wish};
use crate::domain::scaffold::NewInstance;
use crate::domain::scaffold::enrol::{self, Entry, domain_to_come};
use crate::engine::planner;
use crate::workflows::env::Template;
use crate::workflows::import::{Found, sort};
use args::ImportArgs;

pub(super) fn run(context: &Context, args: &ImportArgs) -> Result<Exit, Trouble> {
    let id: HostId = args.host.parse().map_err(usage)?;
    if !args.check {
        right(context)?;
    }
    desk(&context.inventory, context.operate.as_ref()).can_encrypt()?;
    let fleet = load(&context.inventory).fleet;
    let there = fleet.as_ref().and_then(|f| f.host(&id).map(|host| (f, host)));
    match there {
        Some((fleet, host)) => known(context, args, fleet, host),
        None => new(context, args, &id),
    }
}

fn usage(error: InvalidName) -> Trouble {
    Trouble::new(Exit::Usage, error)
}

/// The host is in the inventory: only its secrets and its own record are missing.
fn known(
    context: &Context,
    args: &ImportArgs,
    fleet: &Fleet,
    host: &Host,
) -> Result<Exit, Trouble> {
    for (name, given) in
        [("--address", &args.address), ("--domain", &args.domain), ("--dir", &args.dir)]
    {
        if given.is_some() {
            let message = format!(
                "host {} is in the inventory already: leave {name} out, or change its host_vars",
                host.id
            );
            return Err(Trouble::new(Exit::Usage, message));
        }
    }
    accept(context, args, host)?;
    let wish = Wish { hosts: vec![host.id.clone()], what: What::Import, asked: Asked::default() };
    let plan = wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        let ports = wiring::plan_ports(&hosts, &context.inventory)?;
        let plan = planner::plan(&ports, fleet, &wish, &operator::operator()).await;
        hosts.close().await;
        Ok::<_, Trouble>(plan?)
    })?;
    if plan.hosts.is_empty() {
        let why = plan.excluded.first().map(|e| e.reason.to_string()).unwrap_or_default();
        say(&format!("nothing to import: {}: {why}", host.id));
        return Ok(Exit::Ok);
    }
    let file = read(host)?;
    let found = found(&file, host)?;
    tell::found(context, args, host, &found, None)?;
    if !go_on(args, &host.id)? {
        return Ok(if args.check { Exit::Findings } else { Exit::Refused });
    }
    if !found.variables.is_empty() {
        let names: Vec<&str> = found.variables.keys().map(String::as_str).collect();
        say(&format!(
            "note: host_vars is left as it is; to keep what runs, set there: {}",
            names.join(" ")
        ));
    }
    audit::reason(asks(host))?;
    let desk = desk(&context.inventory, context.operate.as_ref());
    let committed = desk.fill(&host.id, &found.secrets, &author())?;
    committed.told().iter().for_each(|told| say(told));
    start(context, args, &host.id)
}

/// The host is new to the inventory.
fn new(context: &Context, args: &ImportArgs, id: &HostId) -> Result<Exit, Trouble> {
    let mut wanted = new_instance(args, id)?;
    let draft = Scaffold::draft(&context.inventory, &wanted)?;
    accept(context, args, &draft)?;
    let file = read(&draft)?;
    wanted.domain = domain(args, &file)?;
    let found = found(&file, &Scaffold::draft(&context.inventory, &wanted)?)?;
    wanted.variables.extend(found.variables.clone());
    let scaffold = Scaffold::prepare(&context.inventory, &wanted)?;
    tell::found(context, args, &scaffold.host, &found, Some(&scaffold))?;
    if !go_on(args, id)? {
        return Ok(if args.check { Exit::Findings } else { Exit::Refused });
    }
    audit::reason(asks(&scaffold.host))?;
    let desk = desk(&context.inventory, context.operate.as_ref());
    let committed = desk.write(&scaffold, &[], Some(&found.secrets), &author())?;
    committed.told().iter().for_each(|told| say(told));
    start(context, args, id)
}

/// The host's `.env`.
fn read(host: &Host) -> Result<DotEnv, Trouble> {
    let settings = instance(host)?;
    wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        hosts.forget_refusals();
        let file = env_of(&*hosts, &host.connection, settings).await;
        hosts.close().await;
        Ok(file?)
    })
}

fn instance(host: &Host) -> Result<&crate::domain::settings::InstanceSettings, Trouble> {
    let none = || format!("host {} is no instance: it has no cml_domain", host.id);
    host.instance.as_ref().ok_or_else(|| Trouble::new(Exit::Usage, none()))
}

/// Pins the host's keys, since the next thing is to log in: after the fingerprint was named, or a person was asked.
fn accept(context: &Context, args: &ImportArgs, host: &Host) -> Result<(), Trouble> {
    let desk = desk(&context.inventory, context.operate.as_ref());
    let keys = key::look(&desk, &host.connection, &args.key)?;
    if keys.is_empty() {
        return Ok(());
    }
    for line in key::lines(&keys) {
        say(&line);
    }
    let named = args.key.accept_fingerprint.is_some();
    if args.yes && !named {
        let why = "--yes does not accept a host key: give --accept-fingerprint with the fingerprint that you know to be right";
        return Err(Trouble::new(Exit::Refused, why));
    }
    if !named && !confirm(&format!("is this the host key of {}", host.id), 1)? {
        return Err(Trouble::new(
            Exit::Refused,
            "the host key was not accepted: nothing was written",
        ));
    }
    audit::reason(asks(host))?;
    Ok(desk.pin(&host.id, &keys)?)
}

/// Whether its policy asks for a reason.
fn asks(host: &Host) -> bool {
    host.instance.as_ref().is_some_and(|i| i.policy.require_why)
}

fn new_instance(args: &ImportArgs, id: &HostId) -> Result<NewInstance, Trouble> {
    let Some(address) = &args.address else {
        let message = format!("there is no host {id} in the inventory: give --address to add it");
        return Err(Trouble::new(Exit::NotFound, message));
    };
    let said = [
        (Entry::Host, Some(id.to_string())),
        // Until `.env` was read, a domain that nobody can have.
        (Entry::Domain, Some(args.domain.clone().unwrap_or_else(|| domain_to_come(id.as_str())))),
        (Entry::Address, Some(address.clone())),
        (Entry::Tier, Some(args.tier.to_string())),
        (Entry::User, args.user.clone()),
        (Entry::Port, args.port.map(|port| port.to_string())),
        (Entry::Groups, Some(args.groups.join(" "))),
        (Entry::Dir, args.dir.clone()),
    ];
    let words = said.into_iter().filter_map(|(entry, text)| Some((entry, text?))).collect();
    enrol::new_instance(&words).map_err(|e| Trouble::new(Exit::Usage, e))
}

fn domain(args: &ImportArgs, file: &DotEnv) -> Result<Domain, Trouble> {
    let text = args.domain.clone().or_else(|| domain_of(file));
    let none = ".env on the host names no DOMAIN: give --domain";
    text.ok_or_else(|| Trouble::new(Exit::Usage, none))?.parse().map_err(usage)
}

fn found(file: &DotEnv, host: &Host) -> Result<Found, Trouble> {
    sort(file, &Template::embedded(), host).map_err(|e| Trouble::new(Exit::Failed, e))
}

/// Whether to write: never with `--check`, else when it was asked for or a person says so.
fn go_on(args: &ImportArgs, id: &HostId) -> Result<bool, Trouble> {
    if args.check {
        return Ok(false);
    }
    let yes = args.yes || confirm(&format!("import {id}"), 1)?;
    if !yes {
        say("nothing was written");
    }
    Ok(yes)
}

/// The run on the host.
fn start(context: &Context, args: &ImportArgs, id: &HostId) -> Result<Exit, Trouble> {
    let start = StartArgs {
        limit: None,
        hosts: vec![id.to_string()],
        check: false,
        yes: true,
        confirm: args.confirm.clone(),
        outside: args.outside,
        wait: None,
        detach: args.detach,
        strategy: StrategyArgs::default(),
    };
    say(&format!("the secrets of {id} are in the vault"));
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(workflow(context, &start, What::Import));
    runtime.shutdown_background();
    if matches!(ended, Ok(Exit::Ok)) && !args.detach {
        say(&format!("imported; `bunker configure {id} --check` shows what its .env would become"));
    }
    ended
}
