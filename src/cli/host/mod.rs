//! The verbs that are about one host: a shell there, a port of it here, its `.env`, what a service writes.

pub(super) mod args;
mod env;
mod forward;
mod service;
mod shell;

use super::Context;
use super::exit::{Exit, Trouble};
use super::run::{logs, logs_by_time};
use super::wiring;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::HostId;
use crate::domain::settings::InstanceSettings;
use crate::engine::ports::RunReader as _;

pub(super) use env::looked;
pub(super) use forward::{
    NotAgain, Was as WasForwarded, again as forwarded_again, deed as forward_deed, forwarded,
    place as forward_place,
};
pub(super) use service::{follow, masking};
pub(super) use shell::open;

/// `bunker shell HOST`.
pub(super) fn shell(context: &Context, args: &args::ShellArgs) -> Result<Exit, Trouble> {
    shell::run(context, args)
}

/// `bunker env HOST`.
pub(super) fn env(context: &Context, args: &args::EnvArgs) -> Result<Exit, Trouble> {
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(env::run(context, args));
    runtime.shutdown_background();
    ended
}

/// `bunker forward HOST PORT|SERVICE`.
pub(super) fn forward(context: &Context, args: &args::ForwardArgs) -> Result<Exit, Trouble> {
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(forward::run(context, args));
    runtime.shutdown_background();
    ended
}

/// `bunker logs RUN [HOST]`, or `bunker logs HOST SERVICE`: the first word is a run, where it names one.
pub(super) fn logs_of(context: &Context, args: &args::LogsArgs) -> Result<Exit, Trouble> {
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(async {
        let store = wiring::store_reader()?;
        let known = store.find(&args.run).await.is_ok();
        match (known, service::meant(context, args)) {
            (false, Some(_)) if args.by_time => {
                let text = "--by-time is for a run: a service writes one log";
                Err(Trouble::new(Exit::Usage, text))
            }
            (false, Some(host)) => service::run(context, &host, args).await,
            _ if args.follow => {
                let text = "--follow is for a service: `bunker attach RUN` follows a run";
                Err(Trouble::new(Exit::Usage, text))
            }
            _ if args.by_time => logs_by_time(context, &args.run).await,
            _ => logs(context, &args.run, args.host.as_deref()).await,
        }
    });
    runtime.shutdown_background();
    ended
}

/// A host by its name.
fn named<'f>(fleet: &'f Fleet, name: &str) -> Result<&'f Host, Trouble> {
    let id: HostId = name.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let none = || {
        let text = format!("the inventory has no host {id}: `bunker inventory list` names them");
        Trouble::new(Exit::NotFound, text)
    };
    fleet.host(&id).ok_or_else(none)
}

/// The settings of its instance.
fn settings(host: &Host) -> Result<&InstanceSettings, Trouble> {
    let text = format!("{} is no instance: it has no checkout", host.id);
    host.instance.as_deref().ok_or_else(|| Trouble::new(Exit::Usage, text))
}
