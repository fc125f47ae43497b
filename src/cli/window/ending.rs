//! Closing a window that is on: the same for the command line and the cockpit.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::audit::audited_and_told;
use super::super::exit::{Exit, Trouble};
use super::super::run::operator;
use super::super::{Context, wiring};
use super::{runs, silences};
use crate::adapters::inventory::WindowEdit;
use crate::domain::audit::{Deed, Facts};
use crate::domain::figure::several;
use crate::domain::fleet::Host;
use crate::domain::ids::{HostId, RunId};
use crate::domain::inventory::Loaded;
use crate::domain::untrusted::Safe;
use crate::domain::window::{Ended, Window};
use crate::engine::ports::Clock as _;

/// A window that can be ended.
pub(in crate::cli) struct Ending {
    name: Safe,
    /// Its hosts.
    pub(in crate::cli) hosts: Vec<HostId>,
    /// Those on which runs go by it: it neither forbids them nor is for alerts alone.
    gated: Vec<HostId>,
    /// When, by whom and why.
    pub(in crate::cli) ended: Ended,
    edit: WindowEdit,
}

/// What came of it.
pub(in crate::cli) struct Closed {
    /// Runs that were asked to pause.
    pub(in crate::cli) paused: Vec<RunId>,
    /// What is to be told of the history of the inventory.
    pub(in crate::cli) committed: Option<String>,
    /// What is to be told of silences.
    pub(in crate::cli) silences: Option<String>,
}

/// Looks where a window of this name is on among these hosts. Writes nothing.
pub(in crate::cli) fn prepare(
    context: &Context,
    loaded: &Loaded,
    among: &[&Host],
    name: &str,
    why: Option<&Safe>,
) -> Result<Ending, Trouble> {
    let (now, name) = (wiring::clock().now(), Safe::line(name));
    let (mut files, mut hosts, mut gated) = (BTreeSet::new(), Vec::new(), Vec::new());
    let on = |w: &Window| w.name == name && w.spell_at(now).is_some();
    for host in among.iter().filter(|host| host.windows.iter().any(on)) {
        let variable = loaded.variables.get(&host.id).and_then(|v| v.get("bunker_windows"));
        files.extend(variable.map(|v| PathBuf::from(v.var.at.file.as_ref())));
        if host.windows.iter().any(|w| on(w) && w.gates_runs()) {
            gated.push(host.id.clone());
        }
        hosts.push(host.id.clone());
    }
    if hosts.is_empty() {
        let why = format!("no window named {name} is on now: `bunker window list` shows all");
        return Err(Trouble::new(Exit::NotFound, why));
    }
    let ended = Ended { at: now, by: operator::operator().user, why: why.cloned() };
    let files: Vec<PathBuf> = files.into_iter().collect();
    let edit = WindowEdit::end(&context.inventory, &files, &name, &ended)?;
    Ok(Ending { name, hosts, gated, ended, edit })
}

impl Ending {
    /// What is told when it is over.
    pub(in crate::cli) fn words(&self) -> String {
        format!("window {} is over on {}", self.name, several(self.hosts.len(), "host"))
    }

    /// Ends it. `keep_runs` does not pause the runs that go by it.
    pub(in crate::cli) fn write(
        &self,
        context: &Context,
        keep_runs: bool,
    ) -> Result<Closed, Trouble> {
        let about = format!("window {}", self.name);
        let mut deed = Deed::new("window-end").about(&about);
        deed.hosts.clone_from(&self.hosts);
        let what = format!("end {about}");
        let write = |_: &dyn crate::engine::ports::Audit| Ok((self.edit.write()?, Facts::new()));
        let ((), committed) = audited_and_told(context, deed, &self.edit.paths(), &what, write)?;
        let gated = if keep_runs { &[][..] } else { &self.gated };
        let paused = if gated.is_empty() { Vec::new() } else { runs::pause(context, gated)? };
        Ok(Closed { paused, committed, silences: silences::synced(&self.edit.fleet) })
    }
}
