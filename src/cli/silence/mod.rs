//! `bunker silence`: silences in the Alertmanager, listed, made, ended.

pub(super) mod args;
pub(super) mod making;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Context;
use super::exit::{Exit, Trouble};
use super::fleet;
use super::output::{columns, print, print_json};
use super::run::{confirm, right, say};
use crate::domain::alerts::{Fits, Manager, ManagerSilence};
use crate::domain::figure::several;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::untrusted::Safe;
use args::{AddArgs, EndArgs, SilenceVerb};

pub(super) fn run(context: &Context, verb: &SilenceVerb) -> Result<Exit, Trouble> {
    match verb {
        SilenceVerb::List => list(context),
        SilenceVerb::Add(args) => add(context, args),
        SilenceVerb::End(args) => end(context, args),
    }
}

fn list(context: &Context) -> Result<Exit, Trouble> {
    let (fleet, problems) = fleet::fleet(context)?;
    fleet::tell(&fleet, &problems);
    let mut manager = making::told(&fleet)?;
    manager.silences.sort_by_key(|silence| silence.until);
    if context.json {
        let all: Vec<Value> = manager.silences.iter().map(|s| as_json(&manager, s)).collect();
        print_json(&json!({ "alertmanager": manager.url, "silences": all }))?;
    } else if manager.silences.is_empty() {
        say(&format!("Alertmanager at {} has no silence that is not over", manager.url));
    } else {
        let head = ["SILENCE", "WHEN", "ALERTS", "BY", "FITS", "WHY"].map(str::to_owned).to_vec();
        let rows = manager.silences.iter().map(|silence| row(&manager, silence));
        print(&columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))?;
    }
    if manager.n_odd > 0 {
        let (n, url) = (manager.n_odd, &manager.url);
        say(&format!("{n} alerts or silences of Alertmanager at {url} could not be read"));
    }
    Ok(Exit::Ok)
}

fn row(manager: &Manager, silence: &ManagerSilence) -> Vec<String> {
    let when = if silence.active {
        format!("until {}", local(silence.until))
    } else {
        format!("from {} until {}", local(silence.from), local(silence.until))
    };
    let by = silence.window().map_or_else(|| silence.by.to_string(), |w| format!("window {w}"));
    let (id, fits, why) = (&silence.id, &silence.fits, &silence.comment);
    let holds = holds(manager, silence).len().to_string();
    vec![id.to_string(), when, holds, by, fits.to_string(), why.to_string()]
}

fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%F %H:%M %Z").to_string()
}

/// The alerts that a silence holds now.
fn holds(manager: &Manager, silence: &ManagerSilence) -> Vec<Value> {
    let held = manager.alerts.iter().filter(|alert| alert.silenced_by.contains(&silence.id));
    held.map(|alert| json!({ "name": alert.name, "instance": alert.instance })).collect()
}

fn as_json(manager: &Manager, s: &ManagerSilence) -> Value {
    json!({
        "id": s.id, "by": s.by, "why": s.comment, "fits": s.fits, "from": s.from, "until": s.until,
        "on": s.active, "window": s.window(), "alerts": holds(manager, s),
    })
}

fn add(context: &Context, args: &AddArgs) -> Result<Exit, Trouble> {
    right(context)?;
    let (fleet, _) = fleet::fleet(context)?;
    let silence = making::meant(fits(&fleet, args)?, &args.lasts).map_err(with_option)?;
    let manager = making::told(&fleet)?;
    let fits = silence.fits.words();
    let n = manager.alerts.iter().filter(|alert| silence.fits.fits(alert)).count();
    let now = match n {
        0 => "no alert that Alertmanager has now".to_owned(),
        n => format!("{} now", several(n, "alert")),
    };
    let until = local(silence.spell.until);
    let question = format!("silence {fits} ({now}) until {until}, because: {}", silence.why);
    if !args.yes && !confirm(&question, 1)? {
        say("nothing was changed");
        return Ok(Exit::Refused);
    }
    let id = making::make(context, &fleet, &silence)?;
    if context.json {
        let until = silence.spell.until;
        print_json(&json!({ "silence": id, "fits": fits, "until": until, "alerts": n }))?;
    } else {
        say(&format!("{fits} ({now}) is silent until {until}: `bunker silence end {id}` ends it"));
    }
    Ok(Exit::Ok)
}

/// Says by which option a reason is given.
fn with_option(trouble: Trouble) -> Trouble {
    if super::wiring::reason().is_some() {
        return trouble;
    }
    Trouble::new(trouble.exit, format!("{trouble}: --why TEXT"))
}

/// What is meant. All instances of the fleet in all that they are alerted for is what a window is for.
fn fits(fleet: &Fleet, args: &AddArgs) -> Result<Fits, Trouble> {
    let usage = |why: String| Trouble::new(Exit::Usage, why);
    let labels = match (&args.instance, args.limit.as_deref()) {
        (Some(label), _) => Some(vec![label.clone()]),
        (None, None) => None,
        (None, limit) => {
            let hosts = fleet::limited(fleet, limit)?;
            let label = |host: &&Host| host.instance.as_ref().map(|i| i.label.clone());
            let labels: Vec<String> = hosts.iter().filter_map(label).collect();
            if labels.is_empty() {
                let why = "none of these hosts is an instance: `bunker instance list` shows all";
                return Err(Trouble::new(Exit::NotFound, why));
            }
            let all = fleet.instances().count();
            if args.alert.is_none() && all > 1 && labels.len() == all {
                let why = "that would silence everything on all instances: name an alert, or fewer instances; \
                           `bunker window add NAME --once now --for 1h --only alerts` is for all";
                return Err(usage(why.to_owned()));
            }
            Some(labels)
        }
    };
    Fits::new(args.alert.as_deref(), labels).map_err(|why| {
        usage(format!("{why}: `bunker silence add ALERT`, `--limit PATTERN`, or both"))
    })
}

fn end(context: &Context, args: &EndArgs) -> Result<Exit, Trouble> {
    right(context)?;
    let (fleet, _) = fleet::fleet(context)?;
    let silence = making::found(&fleet, &Safe::line(&args.id))?;
    let (id, fits) = (&silence.id, &silence.fits);
    let question = format!("end silence {id} of {fits} ({}, by {})", silence.comment, silence.by);
    if !args.yes && !confirm(&question, 1)? {
        say("nothing was changed");
        return Ok(Exit::Refused);
    }
    making::end(context, &fleet, &silence)?;
    if context.json {
        print_json(&json!({ "silence": id, "fits": fits, "by": silence.by }))?;
    } else {
        say(&format!("silence {id} is over: {fits} is loud again"));
    }
    Ok(Exit::Ok)
}
