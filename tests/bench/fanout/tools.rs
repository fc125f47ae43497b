//! What is measured, each in one call.

use std::time::Duration;

use bunker_ops::domain::plan::Plan;
use portable_pty::CommandBuilder;

use super::control::{Cost, connections_cpu_s, measured};
use super::fleet::Fleet;
use super::{floor, peers};
use crate::lab::terminal::Terminal;

/// A way to do the upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// One bare script a host over warm masters.
    Floor,
    /// `bunker upgrade` while a cockpit is open, whose connections are warm.
    BunkerOpen,
    /// The same with a cockpit that has looked at the hosts and does not look again: warm connections and nothing else.
    BunkerWarm,
    /// `bunker upgrade` with no connection open.
    BunkerCold,
    /// One bare script a host, each over a connection of its own.
    FloorCold,
    /// The same steps by pyinfra, one operation each.
    Pyinfra,
    /// The same steps by Ansible, one task each.
    Ansible,
}

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor: one script a host, ssh, warm masters",
            Self::BunkerOpen => "bunker upgrade, plan and run, cockpit open",
            Self::BunkerWarm => "bunker upgrade, plan and run, warm masters",
            Self::BunkerCold => "bunker upgrade, plan and run, nothing open",
            Self::FloorCold => "floor, cold connections",
            Self::Pyinfra => "pyinfra, one operation a step",
            Self::Ansible => "Ansible, pipelining, 50 forks, one task a step",
        }
    }

    /// Does it once.
    pub(crate) fn run(self, fleet: &Fleet, plan: &Plan) -> Result<Cost, String> {
        match self {
            Self::Floor => floor::round(fleet, plan, true),
            Self::FloorCold => floor::round(fleet, plan, false),
            Self::BunkerCold => bunker(fleet),
            Self::BunkerOpen => over_connections_of_a_cockpit(fleet),
            Self::BunkerWarm => {
                fleet.look_every(Some(Duration::from_hours(1)));
                let cost = over_connections_of_a_cockpit(fleet);
                fleet.look_every(None);
                cost
            }
            Self::Pyinfra => peers::pyinfra(fleet, plan),
            Self::Ansible => peers::ansible(fleet, plan),
        }
    }
}

fn bunker(fleet: &Fleet) -> Result<Cost, String> {
    let args = ["upgrade", "--limit", "all", "--to", "v2.5.0", "--yes"].map(str::to_owned);
    let mut command = vec![env!("CARGO_BIN_EXE_bunker").to_owned()];
    command.extend(args);
    measured(&fleet.path(""), &command, &fleet.bunker_env("state"))
}

/// An upgrade over the connections of an open cockpit. What they use belongs to its cost, as with the floor; the cockpit's
/// own looks, where it looks meanwhile, are among that.
fn over_connections_of_a_cockpit(fleet: &Fleet) -> Result<Cost, String> {
    let _cockpit = cockpit(fleet)?;
    let before = connections_cpu_s(&fleet.path(""));
    let cost = bunker(fleet)?;
    let connections_s = connections_cpu_s(&fleet.path("")) - before;
    Ok(Cost { cpu_s: cost.cpu_s + connections_s, ..cost })
}

/// A cockpit in a terminal, once it has heard from every host.
fn cockpit(fleet: &Fleet) -> Result<Terminal, String> {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    for (name, value) in fleet.bunker_env("state") {
        command.env(name, value);
    }
    let terminal = Terminal::start(command, 200, 60)?;
    let all = format!(r"● {}\b", fleet.lab.hosts().len());
    terminal.wait_for(&all, Duration::from_mins(2))?;
    Ok(terminal)
}
