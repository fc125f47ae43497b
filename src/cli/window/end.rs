//! `bunker window end`.

use serde_json::json;

use super::super::exit::{Exit, Trouble};
use super::super::output::print_json;
use super::super::run::{confirm, right, say};
use super::super::{Context, fleet, wiring};
use super::args::EndArgs;
use super::{ending, runs};
use crate::domain::figure::several;
use crate::domain::untrusted::Safe;

pub(super) fn end(context: &Context, args: &EndArgs) -> Result<Exit, Trouble> {
    right(context)?;
    let (fleet, loaded) = fleet::loaded(context)?;
    let among = fleet::limited(&fleet, args.limit.as_deref())?;
    let why = args.reason.as_deref().map(Safe::line);
    let ending = ending::prepare(context, &loaded, &among, &args.name, why.as_ref())?;
    let name = Safe::line(&args.name);
    let question = format!("end window {name} on {}", several(ending.hosts.len(), "host"));
    if !args.yes && !confirm(&question, 1)? {
        say("nothing was changed");
        return Ok(Exit::Refused);
    }
    if let Some(why) = &why {
        wiring::say_why(why);
    }
    let closed = ending.write(context, args.keep_runs)?;
    closed.committed.iter().for_each(|told| say(told));
    if context.json {
        let (ended, hosts, paused) = (&ending.ended, &ending.hosts, &closed.paused);
        print_json(
            &json!({ "window": args.name, "ended": ended, "hosts": hosts, "paused": paused }),
        )?;
    } else {
        say(&ending.words());
        for told in runs::words(&closed.paused) {
            say(&told);
        }
    }
    closed.silences.iter().for_each(|told| say(told));
    Ok(Exit::Ok)
}
