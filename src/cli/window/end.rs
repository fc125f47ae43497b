//! `bunker window end`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::json;

use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::output::print_json;
use super::super::run::{confirm, operator, right, say};
use super::super::{Context, fleet, wiring};
use super::args::EndArgs;
use super::{runs, silences};
use crate::adapters::inventory::WindowEdit;
use crate::domain::audit::{Deed, Facts};
use crate::domain::untrusted::Safe;
use crate::domain::window::Ended;
use crate::engine::ports::Clock as _;

pub(super) fn end(context: &Context, args: &EndArgs) -> Result<Exit, Trouble> {
    right(context)?;
    let (fleet, loaded) = fleet::loaded(context)?;
    let now = wiring::clock().now();
    let (mut files, mut hosts) = (BTreeSet::new(), Vec::new());
    for host in fleet::limited(&fleet, args.limit.as_deref())? {
        let on = |w: &&crate::domain::window::Window| {
            w.name.as_str() == args.name && w.spell_at(now).is_some()
        };
        if host.windows.iter().any(|w| on(&w)) {
            let variable = loaded.variables.get(&host.id).and_then(|v| v.get("bunker_windows"));
            files.extend(variable.map(|v| PathBuf::from(v.var.at.file.as_ref())));
            hosts.push(host.id.clone());
        }
    }
    if hosts.is_empty() {
        let name = Safe::line(&args.name);
        let why = format!("no window named {name} is on now: `bunker window list` shows all");
        return Err(Trouble::new(Exit::NotFound, why));
    }
    let by = operator::operator();
    let why = args.reason.as_deref().map(Safe::line);
    let ended = Ended { at: now, by: by.user.clone(), why };
    let files: Vec<PathBuf> = files.into_iter().collect();
    let edit = WindowEdit::end(&context.inventory, &files, &Safe::line(&args.name), &ended)?;
    let question = format!("end window {} on {} hosts", Safe::line(&args.name), hosts.len());
    if !args.yes && !confirm(&question, 1)? {
        say("nothing was changed");
        return Ok(Exit::Refused);
    }
    if let Some(why) = &ended.why {
        wiring::say_why(why);
    }
    let about = format!("window {}", Safe::line(&args.name));
    let mut deed = Deed::new("window-end").about(&about);
    deed.hosts.clone_from(&hosts);
    let what = format!("end {about}");
    audited_files(context, deed, &edit.paths(), &what, |_| Ok((edit.write()?, Facts::new())))?;
    let paused = if args.keep_runs { Vec::new() } else { runs::pause(context, &hosts)? };
    if context.json {
        print_json(
            &json!({ "window": args.name, "ended": ended, "hosts": hosts, "paused": paused }),
        )?;
    } else {
        say(&format!("window {} is over on {} hosts", Safe::line(&args.name), hosts.len()));
        runs::tell(&paused);
    }
    silences::told(&edit.fleet);
    Ok(Exit::Ok)
}
