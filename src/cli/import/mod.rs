//! `bunker import`: an instance that was installed by hand comes under management.
//!
//! In order: the host's key, its `.env` read into memory, what was found shown, the inventory and the vault written,
//! then the run that makes a backup and records the release. Each may be repeated after a cut.

pub(super) mod args;
pub(super) mod sequence;
mod tell;

use super::exit::{Exit, Trouble};
use super::instance::{desk::desk, key};
use super::run::{confirm, right, say, workflow};
use super::{Context, audit, wiring};
use crate::cli::args::{StartArgs, StrategyArgs};
use crate::domain::fleet::Host;
use crate::domain::ids::HostId;
use crate::domain::plan::What;
use crate::domain::scaffold::enrol::{Entry, Words};
use args::ImportArgs;
use sequence::ImportError;

pub(super) fn run(context: &Context, args: &ImportArgs) -> Result<Exit, Trouble> {
    if !args.check {
        right(context)?;
    }
    let desk = desk(&context.inventory, context.operate.as_ref());
    desk.can_encrypt()?;
    let words = words(args);
    let (host, _) = sequence::meant(&desk, &words)?;
    accept(context, args, &host)?;
    let read = wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        let read = sequence::read(&desk, &hosts, &words).await;
        hosts.close().await;
        Ok::<_, Trouble>(read)
    })?;
    let read = match read {
        Err(nothing @ ImportError::Nothing(..)) => {
            say(&nothing.to_string());
            return Ok(Exit::Ok);
        }
        read => read?,
    };
    let id = &read.host.id;
    tell::found(context, args, &read.host, &read.found, read.scaffold.as_ref())?;
    if !go_on(args, id)? {
        return Ok(if args.check { Exit::Findings } else { Exit::Refused });
    }
    if read.scaffold.is_none() && !read.found.variables.is_empty() {
        let names: Vec<&str> = read.found.variables.keys().map(String::as_str).collect();
        say(&format!(
            "note: host_vars is left as it is; to keep what runs, set there: {}",
            names.join(" ")
        ));
    }
    audit::reason(sequence::asks(&read.host))?;
    let committed = sequence::write(&desk, &read)?;
    committed.told().iter().for_each(|told| say(told));
    start(context, args, id)
}

/// What was said on the command line, as a form has it.
fn words(args: &ImportArgs) -> Words {
    let said = [
        (Entry::Host, Some(args.host.clone())),
        (Entry::Domain, args.domain.clone()),
        (Entry::Address, args.address.clone()),
        (Entry::Tier, Some(args.tier.to_string())),
        (Entry::User, args.user.clone()),
        (Entry::Port, args.port.map(|port| port.to_string())),
        (Entry::Groups, Some(args.groups.join(" "))),
        (Entry::Dir, args.dir.clone()),
    ];
    said.into_iter().filter_map(|(entry, text)| Some((entry, text?))).collect()
}

impl From<ImportError> for Trouble {
    fn from(error: ImportError) -> Self {
        // What a form calls a field is an option here.
        let text = match &error {
            ImportError::InInventory { host, name } => {
                let option = if *name == "folder" { "dir" } else { name };
                format!(
                    "host {host} is in the inventory already: leave --{option} out, or change its host_vars"
                )
            }
            ImportError::NoAddress(host) => {
                format!("there is no host {host} in the inventory: give --address to add it")
            }
            ImportError::NoDomain => ".env on the host names no DOMAIN: give --domain".to_owned(),
            ImportError::NoInstance(_)
            | ImportError::Nothing(..)
            | ImportError::State(_)
            | ImportError::Name(_)
            | ImportError::Words(_)
            | ImportError::Scaffold(_)
            | ImportError::Env(_)
            | ImportError::Plan(_)
            | ImportError::Template(_) => error.to_string(),
        };
        match error {
            ImportError::NoAddress(_) => Self::new(Exit::NotFound, text),
            ImportError::InInventory { .. }
            | ImportError::NoInstance(_)
            | ImportError::NoDomain
            | ImportError::Name(_)
            | ImportError::Words(_) => Self::new(Exit::Usage, text),
            ImportError::Nothing(..) | ImportError::State(_) | ImportError::Template(_) => {
                Self::new(Exit::Failed, text)
            }
            ImportError::Scaffold(error) => error.into(),
            ImportError::Env(error) => error.into(),
            ImportError::Plan(error) => error.into(),
        }
    }
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
    audit::reason(sequence::asks(host))?;
    Ok(desk.pin(&host.id, &keys)?)
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
