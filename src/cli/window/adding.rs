//! Writing a window into the inventory: the same for the command line and the cockpit.

use jiff::tz::TimeZone;

use super::super::audit::audited_and_told;
use super::super::exit::{Exit, Trouble};
use super::super::{Context, fleet, wiring};
use super::{runs, silences};
use crate::adapters::inventory::{Whose, WindowEdit};
use crate::domain::audit::{Deed, Facts};
use crate::domain::fleet::Fleet;
use crate::domain::ids::{HostId, InvalidName};
use crate::domain::window::{Whom, Window, WindowWish};
use crate::engine::ports::Clock as _;

/// A window that can be written as it is.
pub(in crate::cli) struct Adding {
    /// It.
    pub(in crate::cli) window: Window,
    /// What is written.
    pub(in crate::cli) edit: WindowEdit,
}

/// Looks whether the window can be written. Writes nothing.
pub(in crate::cli) fn prepare(context: &Context, wish: &WindowWish) -> Result<Adding, Trouble> {
    let window = wish.window(wiring::clock().now(), &TimeZone::system());
    let window = window.map_err(|why| Trouble::new(Exit::Usage, why))?;
    let whose = whose(context, &wish.whom)?;
    let edit = WindowEdit::add(&context.inventory, &whose, &window)?;
    Ok(Adding { window, edit })
}

impl Adding {
    /// What it is about, for people and for the log.
    pub(in crate::cli) fn about(&self) -> String {
        format!("window {} ({})", self.window.name, self.window)
    }

    /// The hosts that have it then.
    pub(in crate::cli) fn hosts(&self) -> Vec<HostId> {
        let has = |host: &&std::sync::Arc<crate::domain::fleet::Host>| {
            host.windows.contains(&self.window)
        };
        self.edit.fleet.hosts.iter().filter(has).map(|host| host.id.clone()).collect()
    }

    /// The hosts on which it forbids runs at once: runs that were begun before it wait.
    pub(in crate::cli) fn frozen(&self) -> Vec<HostId> {
        frozen(&self.edit.fleet, &self.window)
    }

    /// Writes it; gives what is to be told. `keep_runs` does not pause runs where it forbids them at once.
    pub(in crate::cli) fn write(
        &self,
        context: &Context,
        keep_runs: bool,
    ) -> Result<Vec<String>, Trouble> {
        let about = self.about();
        let (deed, what) = (Deed::new("window-add").about(&about), format!("add {about}"));
        let write = |_: &dyn crate::engine::ports::Audit| Ok((self.edit.write()?, Facts::new()));
        let ((), committed) = audited_and_told(context, deed, &self.edit.paths(), &what, write)?;
        let mut told: Vec<String> = committed.into_iter().collect();
        told.push(format!("window {} is in the inventory", self.window.name));
        let frozen = if keep_runs { Vec::new() } else { self.frozen() };
        if !frozen.is_empty() {
            told.extend(runs::words(&runs::pause(context, &frozen)?));
        }
        told.extend(silences::synced(&self.edit.fleet));
        Ok(told)
    }
}

/// The hosts on which a window that forbids is on already.
fn frozen(fleet: &Fleet, window: &Window) -> Vec<HostId> {
    let now = wiring::clock().now();
    let on = |w: &&Window| w.name == window.name && w.freezes() && w.spell_at(now).is_some();
    let hosts = fleet.hosts.iter().filter(|host| host.windows.iter().any(|w| on(&w)));
    hosts.map(|host| host.id.clone()).collect()
}

/// Whose variables it goes into; they must be known.
fn whose(context: &Context, whom: &Whom) -> Result<Whose, Trouble> {
    let (fleet, _) = fleet::fleet(context)?;
    match whom {
        Whom::All => Ok(Whose::All),
        Whom::Group(name) if name == "all" => Ok(Whose::All),
        Whom::Group(name) => group(&fleet, name)?.ok_or_else(|| {
            Trouble::new(Exit::NotFound, format!("the inventory has no group {name}"))
        }),
        Whom::Host(name) => host(&fleet, name)?.ok_or_else(|| {
            Trouble::new(Exit::NotFound, format!("the inventory has no host {name}"))
        }),
        Whom::Named(name) if name == "all" => Ok(Whose::All),
        Whom::Named(name) => match group(&fleet, name).ok().flatten() {
            Some(group) => Ok(group),
            None => host(&fleet, name)?.ok_or_else(|| {
                let why = format!("the inventory has neither a group nor a host {name}");
                Trouble::new(Exit::NotFound, why)
            }),
        },
    }
}

fn usage(why: InvalidName) -> Trouble {
    Trouble::new(Exit::Usage, why)
}

fn group(fleet: &Fleet, name: &str) -> Result<Option<Whose>, Trouble> {
    let group = name.parse().map_err(usage)?;
    Ok(fleet.groups.contains_key(&group).then_some(Whose::Group(group)))
}

fn host(fleet: &Fleet, name: &str) -> Result<Option<Whose>, Trouble> {
    let host: HostId = name.parse().map_err(usage)?;
    Ok(fleet.host(&host).map(|_| Whose::Host(host.clone())))
}
