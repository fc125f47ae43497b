//! `bunker window list`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::run::say;
use super::super::{Context, fleet, wiring};
use crate::domain::fleet::Host;
use crate::domain::window::{Spell, Window, countdown, next_spells, silenced, standing};
use crate::engine::ports::Clock as _;

/// A window with the hosts that have it.
type Shared<'f> = (&'f Window, Vec<&'f Host>);

pub(super) fn list(context: &Context, limit: Option<&str>) -> Result<Exit, Trouble> {
    let (fleet, problems) = fleet::fleet(context)?;
    fleet::tell(&fleet, &problems);
    let hosts = fleet::limited(&fleet, limit)?;
    let now = wiring::clock().now();
    let mut shared: Vec<Shared<'_>> = Vec::new();
    for host in &hosts {
        for window in host.windows.iter() {
            match shared.iter_mut().find(|(known, _)| *known == window) {
                Some((_, having)) => having.push(host),
                None => shared.push((window, vec![host])),
            }
        }
    }
    if context.json {
        print_json(&as_json(&shared, &hosts, now))?;
        return Ok(Exit::Ok);
    }
    if shared.is_empty() {
        say("no host has a window: runs may start at any time (`bunker window add` makes one)");
        return Ok(Exit::Ok);
    }
    let mut rows = vec![["WINDOW", "NOW", "WHEN", "ON", "HOSTS"].map(str::to_owned).to_vec()];
    for (window, having) in &shared {
        let spell = spell(window, now);
        let on = spell.is_some_and(|s| s.holds(now));
        let when = match spell {
            None => "never again".to_owned(),
            Some(s) if on => format!("until {}", local(window, s.until)),
            Some(s) => format!("from {}", local(window, s.from)),
        };
        let names: Vec<&str> = having.iter().take(4).map(|h| h.id.as_str()).collect();
        let more = having.len().saturating_sub(4);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        rows.push(vec![
            window.name.to_string(),
            if on { "on" } else { "off" }.to_owned(),
            when,
            window.to_string(),
            format!("{}{more}", names.join(", ")),
        ]);
    }
    print(&columns(&rows))?;
    Ok(Exit::Ok)
}

fn spell(window: &Window, now: Timestamp) -> Option<Spell> {
    next_spells(std::slice::from_ref(window), now).first().and_then(|(_, spell)| *spell)
}

fn local(window: &Window, at: Timestamp) -> String {
    let zone = window.zone.time_zone().clone();
    at.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

fn as_json(shared: &[Shared<'_>], hosts: &[&Host], now: Timestamp) -> Value {
    let windows: Vec<Value> = shared
        .iter()
        .map(|(window, having)| {
            let spell = spell(window, now);
            json!({
                "window": window,
                "on": spell.is_some_and(|s| s.holds(now)),
                "from": spell.map(|s| s.from),
                "until": spell.map(|s| s.until),
                "hosts": having.iter().map(|h| &h.id).collect::<Vec<_>>(),
            })
        })
        .collect();
    let hosts: BTreeMap<&str, Value> = hosts
        .iter()
        .map(|host| {
            let standing = standing(&host.windows, now);
            let silent = silenced(&host.windows, now);
            let value = json!({
                "runs": standing.is_open(),
                "changes": standing.changes(),
                "words": countdown(&standing, now),
                "silenced_by": silent.map(|(window, _)| &window.name),
            });
            (host.id.as_str(), value)
        })
        .collect();
    json!({ "windows": windows, "hosts": hosts })
}
