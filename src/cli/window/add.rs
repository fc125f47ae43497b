//! `bunker window add`.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::instance::add::difference;
use super::super::output::{print, print_json};
use super::super::run::{confirm, right, say};
use super::adding;
use super::args::AddArgs;
use crate::domain::untrusted::Safe;
use crate::domain::window::{Whom, WindowWish};

pub(super) fn add(context: &Context, args: &AddArgs) -> Result<Exit, Trouble> {
    if !args.check {
        right(context)?;
    }
    let adding = adding::prepare(context, &wish(args))?;
    let lines: Vec<String> = adding.edit.files.iter().flat_map(difference).collect();
    if context.json {
        let (window, files) = (&adding.window, adding.edit.paths());
        print_json(&json!({ "window": window, "files": files, "check": args.check }))?;
    } else {
        let lines = lines.iter().flat_map(|line| [Safe::line(line).to_string(), "\n".to_owned()]);
        print(&lines.collect::<String>())?;
    }
    if args.check {
        return Ok(Exit::Findings);
    }
    if !args.yes && !confirm(&format!("add {}", adding.about()), 1)? {
        say("nothing was written");
        return Ok(Exit::Refused);
    }
    adding.write(context, args.keep_runs)?.iter().for_each(|told| say(told));
    Ok(Exit::Ok)
}

/// The window that is meant.
fn wish(args: &AddArgs) -> WindowWish {
    let whom = match (&args.group, &args.host) {
        (Some(group), _) => Whom::Group(group.clone()),
        (None, Some(host)) => Whom::Host(host.clone()),
        (None, None) => Whom::All,
    };
    WindowWish {
        name: args.name.clone(),
        daily: args.daily.clone(),
        weekly: args.weekly.clone(),
        once: args.once.clone(),
        cron: args.cron.clone(),
        to: args.to.clone(),
        lasts: args.lasts.clone(),
        zone: args.zone.clone(),
        only: args.only.clone(),
        deny: args.deny,
        whom,
    }
}
