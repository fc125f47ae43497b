//! `bunker window add`.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::instance::add::difference;
use super::super::output::{print, print_json};
use super::super::run::{confirm, right, say};
use super::super::{Context, fleet, wiring};
use super::args::AddArgs;
use super::{runs, silences};
use crate::adapters::inventory::{Whose, WindowEdit};
use crate::domain::audit::{Deed, Facts};
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::domain::window::Window;
use crate::engine::ports::Clock as _;

pub(super) fn add(context: &Context, args: &AddArgs) -> Result<Exit, Trouble> {
    if !args.check {
        right(context)?;
    }
    let window = window(args)?;
    let whose = whose(context, args)?;
    let edit = WindowEdit::add(&context.inventory, &whose, &window)?;
    let lines: Vec<String> = edit.files.iter().flat_map(difference).collect();
    if context.json {
        print_json(&json!({ "window": window, "files": edit.paths(), "check": args.check }))?;
    } else {
        let lines = lines.iter().flat_map(|line| [Safe::line(line).to_string(), "\n".to_owned()]);
        print(&lines.collect::<String>())?;
    }
    if args.check {
        return Ok(Exit::Findings);
    }
    let about = format!("window {} ({window})", window.name);
    if !args.yes && !confirm(&format!("add {about}"), 1)? {
        say("nothing was written");
        return Ok(Exit::Refused);
    }
    let (deed, what) = (Deed::new("window-add").about(&about), format!("add {about}"));
    audited_files(context, deed, &edit.paths(), &what, |_| Ok((edit.write()?, Facts::new())))?;
    say(&format!("window {} is in the inventory", window.name));
    let frozen = if args.keep_runs { Vec::new() } else { frozen(&edit.fleet, &window) };
    if !frozen.is_empty() {
        runs::tell(&runs::pause(context, &frozen)?);
    }
    silences::told(&edit.fleet);
    Ok(Exit::Ok)
}

/// The hosts on which a window that forbids is on already: runs that were begun before it wait.
fn frozen(fleet: &Fleet, window: &Window) -> Vec<HostId> {
    let now = wiring::clock().now();
    let on = |w: &&Window| w.name == window.name && w.freezes() && w.spell_at(now).is_some();
    let hosts = fleet.hosts.iter().filter(|host| host.windows.iter().any(|w| on(&w)));
    hosts.map(|host| host.id.clone()).collect()
}

/// The window that is meant, checked as one of the inventory is.
fn window(args: &AddArgs) -> Result<Window, Trouble> {
    let zone = match &args.zone {
        Some(zone) => zone.clone(),
        None => TimeZone::system().iana_name().map(str::to_owned).ok_or_else(|| {
            let why = "this machine does not tell its time zone: give --zone, such as --zone America/Edmonton";
            Trouble::new(Exit::Usage, why)
        })?,
    };
    let once = match args.once.as_deref() {
        Some("now") => {
            let zone = TimeZone::get(&zone).map_err(|e| Trouble::new(Exit::Usage, e))?;
            let now = wiring::clock().now().to_zoned(zone);
            Some(now.strftime("%Y-%m-%d %H:%M").to_string())
        }
        other => other.map(str::to_owned),
    };
    let said = [
        ("name", Some(args.name.clone())),
        ("daily", args.daily.clone()),
        ("weekly", args.weekly.clone()),
        ("once", once),
        ("cron", args.cron.clone()),
        ("to", args.to.clone()),
        ("for", args.lasts.clone()),
        ("zone", Some(zone)),
        ("only", args.only.clone()),
    ];
    let said = said.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into())));
    let mut map: Map<String, Value> = said.collect();
    if args.deny {
        map.insert("deny".to_owned(), Value::Bool(true));
    }
    serde_json::from_value(Value::Object(map))
        .map_err(|e| Trouble::new(Exit::Usage, Safe::line(&e.to_string())))
}

/// Whose variables it goes into; they must be known.
fn whose(context: &Context, args: &AddArgs) -> Result<Whose, Trouble> {
    let usage = |e: crate::domain::ids::InvalidName| Trouble::new(Exit::Usage, e);
    let (fleet, _) = fleet::fleet(context)?;
    match (args.group.as_deref(), &args.host) {
        (None | Some("all"), None) => Ok(Whose::All),
        (Some(group), _) => {
            let group = group.parse().map_err(usage)?;
            if fleet.groups.contains_key(&group) {
                return Ok(Whose::Group(group));
            }
            Err(Trouble::new(Exit::NotFound, format!("the inventory has no group {group}")))
        }
        (None, Some(host)) => {
            let host = host.parse().map_err(usage)?;
            if fleet.host(&host).is_some() {
                return Ok(Whose::Host(host));
            }
            Err(Trouble::new(Exit::NotFound, format!("the inventory has no host {host}")))
        }
    }
}
