//! The rows of sheets: what is listed, in which order, and the name of each row.

use std::sync::Arc;

use super::choice_pages::Asked;
use super::fleet_charts;
use super::holds::{HoldOf, Standing};
use super::model::{Model, Screen};
use super::panes;
use super::sheet::{CompareSheet, Lines, Pair, Sheet, SheetOf};
use super::sheet_words;
use super::timeline;
use crate::domain::alerts::{Alert, fold, from_here, from_manager};
use crate::domain::backups::{Grade, age_s, grade};
use crate::domain::charts::Group;
use crate::domain::compare::{self, Line, Write};
use crate::domain::filter::Row;
use crate::domain::finding::Finding;
use crate::domain::ids::{HostId, RunId};
use crate::domain::inventory::{GroupTold, HostTold, VariableTold};
use crate::domain::plan::Workflow;
use crate::domain::run::state::Phase;
use crate::domain::snapshot::{Contact, HttpHealth, InstanceView};
use crate::domain::timeline::{Change, What};
use crate::domain::window::{Spell, Window, next_spells};

/// An instance on the page of backups.
#[derive(Debug, Clone)]
pub struct BackupRow {
    /// The instance.
    pub instance: Arc<InstanceView>,
    /// How its newest backup is judged.
    pub grade: Grade,
    /// How old that is, in seconds.
    pub age_s: Option<f64>,
}

/// A window with the hosts that have it.
#[derive(Debug, Clone)]
pub struct WindowRow {
    /// The window.
    pub window: Window,
    /// Its spell that is on, else its next one; `None` where there is none any more.
    pub spell: Option<Spell>,
    /// Who has it.
    pub hosts: Vec<HostId>,
}

/// A line of the inventory.
#[derive(Debug, Clone, Copy)]
pub enum InventoryRow<'a> {
    /// A group.
    Group(&'a GroupTold),
    /// A host.
    Host(&'a HostTold),
}

/// Whether something was heard of an instance since the program started.
pub fn is_asked(i: &InstanceView) -> bool {
    !(matches!(i.contact, Contact::NotYet) || matches!(i.http, HttpHealth::NotYet))
}

/// The instances with their backups: what needs a person first, the oldest first.
pub fn backups(model: &Model, sheet: &Sheet) -> Vec<BackupRow> {
    let now = model.now;
    let all = model.fleet.snapshot.iter().flat_map(|s| &s.instances);
    let row = |i: &Arc<InstanceView>| {
        let (instance, grade, age_s) = (Arc::clone(i), grade(i, now), age_s(i, now));
        BackupRow { instance, grade, age_s }
    };
    let mut rows: Vec<BackupRow> = all.map(row).collect();
    rows.retain(|row| sheet.shows(|| sheet_words::backup(row)));
    // By the hour, so that rows do not change places at every look.
    let hours = |row: &BackupRow| row.age_s.map_or(0, |s| (s / 3_600.0) as u64);
    rows.sort_by(|a, b| {
        let key = |r: &BackupRow| (r.grade, std::cmp::Reverse(hours(r)));
        key(a).cmp(&key(b)).then_with(|| a.instance.id.cmp(&b.instance.id))
    });
    sheet.order.arrange(rows, sheet_words::backup)
}

/// The alerts: what is told to people first, the worst first.
pub fn alerts(model: &Model, sheet: &Sheet) -> Vec<Alert> {
    let Some(snapshot) = &model.fleet.snapshot else { return Vec::new() };
    let SheetOf::Alerts(page) = &sheet.of else { return Vec::new() };
    let (here, _) = from_here(snapshot, &model.alerts, model.now);
    let mut all = match page.manager() {
        Some(manager) => from_manager(manager, here),
        None => here,
    };
    let row = |alert: &Alert| sheet_words::alert(alert, model.now);
    all.retain(|alert| sheet.shows(|| row(alert)));
    sheet.order.arrange(fold(all), row)
}

/// The windows, the soonest first.
pub fn windows(model: &Model, sheet: &Sheet) -> Vec<WindowRow> {
    let mut rows: Vec<WindowRow> = Vec::new();
    for set in model.fleet.snapshot.iter().flat_map(|s| s.windows.iter()) {
        for (window, spell) in next_spells(&set.windows, model.now) {
            if let Some(row) = rows.iter_mut().find(|row| row.window == *window) {
                row.hosts.extend(set.hosts.iter().cloned());
            } else {
                let (window, hosts) = (window.clone(), set.hosts.clone());
                rows.push(WindowRow { window, spell, hosts });
            }
        }
    }
    let words = |row: &WindowRow| sheet_words::window(row, model.now);
    rows.retain(|row| sheet.shows(|| words(row)));
    rows.sort_by_key(|row| row.spell.map_or(jiff::Timestamp::MAX, |spell| spell.from));
    sheet.order.arrange(rows, words)
}

/// The selected window.
pub fn selected_window(model: &Model) -> Option<WindowRow> {
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return None };
    let rows = matches!(sheet.of, SheetOf::Windows).then(|| windows(model, sheet))?;
    rows.into_iter().nth(sheet.cursor.selected)
}

/// The selected alert.
pub fn selected_alert(model: &Model) -> Option<Alert> {
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return None };
    alerts(model, sheet).into_iter().nth(sheet.cursor.selected)
}

/// What changed on an instance, newest first.
pub fn timeline(model: &Model, sheet: &Sheet) -> Vec<Change> {
    let SheetOf::Timeline(host, read) = &sheet.of else { return Vec::new() };
    let mut rows = timeline::of(model, host, read);
    let row = |change: &Change| timeline::row(change, model.now);
    rows.retain(|change| sheet.shows(|| row(change)));
    sheet.order.arrange(rows, row)
}

/// Who holds what: what is held first.
pub fn leases<'s>(model: &Model, sheet: &'s Sheet) -> Vec<(HoldOf, Standing<'s>)> {
    let SheetOf::Leases(holds) = &sheet.of else { return Vec::new() };
    let row = |(of, standing): &(HoldOf, Standing<'_>)| sheet_words::lease(of, standing, model.now);
    let mut rows = holds.rows();
    rows.retain(|one| sheet.shows(|| row(one)));
    sheet.order.arrange(rows, row)
}

/// The groups of the inventory, then its hosts, which alone have another order where one was chosen.
pub fn inventory(sheet: &Sheet) -> Vec<InventoryRow<'_>> {
    let SheetOf::Inventory(Asked::Known(told)) = &sheet.of else { return Vec::new() };
    let shows = |row: &InventoryRow<'_>| sheet.shows(|| sheet_words::inventory(row));
    let groups = told.groups.iter().map(InventoryRow::Group).filter(shows);
    let hosts = told.hosts.iter().map(InventoryRow::Host).filter(shows).collect();
    let hosts = sheet.order.arrange(hosts, |row| sheet_words::inventory(row));
    groups.chain(hosts).collect()
}

/// The variables of a host by name.
pub fn variables(sheet: &Sheet) -> Vec<&VariableTold> {
    let SheetOf::Variables(_, Asked::Known(told)) = &sheet.of else { return Vec::new() };
    let shown = told.iter().filter(|v| sheet.shows(|| sheet_words::variable(v))).collect();
    sheet.order.arrange(shown, |v| sheet_words::variable(v))
}

/// The findings: what needs a person first, then what is good; this machine before hosts.
pub fn findings(sheet: &Sheet) -> Vec<&Finding> {
    let SheetOf::Doctor(here, hosts) = &sheet.of else { return Vec::new() };
    let all = [here, hosts].into_iter().filter_map(Asked::known).flatten();
    let mut rows: Vec<&Finding> = all.filter(|f| sheet.shows(|| sheet_words::finding(f))).collect();
    rows.sort_by_key(|finding| finding.ok);
    sheet.order.arrange(rows, |finding| sheet_words::finding(finding))
}

/// The lines of a comparison; figures are written by `write`.
pub fn compared(model: &Model, sheet: &Sheet, write: Write) -> Vec<Line> {
    let SheetOf::Compare(page) = &sheet.of else { return Vec::new() };
    let mut lines = lines_of(model, page, write);
    lines.retain(|line| {
        let words = || format!("{} {} {} {}", line.part, line.what, line.left, line.right);
        (page.lines == Lines::All || line.differs) && sheet.shows(|| Row::of(words()))
    });
    lines
}

fn lines_of(model: &Model, page: &CompareSheet, write: Write) -> Vec<Line> {
    let Some(snapshot) = &model.fleet.snapshot else { return Vec::new() };
    match &page.pair {
        Pair::Instances(a, b) => {
            let of = |id| snapshot.instances.iter().find(|i| &i.id == id);
            let (Some(left), Some(right)) = (of(a), of(b)) else { return Vec::new() };
            let mut lines = compare::instances(left, right, model.now, write);
            if let (Some(a), Some(b)) = (page.variables.0.known(), page.variables.1.known()) {
                lines.extend(compare::variables(a, b));
            }
            lines
        }
        Pair::Releases(a, b) => {
            let running = compare::running(snapshot);
            let of = |sha| running.iter().find(|side| &side.sha == sha);
            let (Some(left), Some(right)) = (of(a), of(b)) else { return Vec::new() };
            compare::releases(left, right, model.now, write)
        }
    }
}

/// The names of the rows of a sheet, in order.
pub fn names(model: &Model, sheet: &Sheet) -> Vec<String> {
    match &sheet.of {
        SheetOf::Backups(_) => {
            backups(model, sheet).iter().map(|row| row.instance.id.to_string()).collect()
        }
        SheetOf::Alerts(_) => alerts(model, sheet).iter().map(Alert::key).collect(),
        SheetOf::Windows => {
            let name = |row: &WindowRow| format!("{} {}", row.window.name, row.window);
            windows(model, sheet).iter().map(name).collect()
        }
        SheetOf::Leases(_) => leases(model, sheet).iter().map(|(of, _)| of.to_string()).collect(),
        SheetOf::Inventory(_) => {
            let name = |row: &InventoryRow<'_>| match row {
                InventoryRow::Group(group) => format!("@{}", group.name),
                InventoryRow::Host(host) => host.id.to_string(),
            };
            inventory(sheet).iter().map(name).collect()
        }
        SheetOf::Variables(..) => variables(sheet).iter().map(|v| v.name.to_string()).collect(),
        SheetOf::Doctor(..) => {
            findings(sheet).iter().map(|f| format!("{} {}", f.place, f.check)).collect()
        }
        SheetOf::Compare(_) => {
            let plain: Write = |value, _| value.to_string();
            let name = |line: &Line| format!("{} {}", line.part, line.what);
            compared(model, sheet, plain).iter().map(name).collect()
        }
        SheetOf::Charts(_) => Group::ALL.iter().map(|g| g.title().to_owned()).collect(),
        SheetOf::FleetCharts(_) => {
            fleet_charts::rows(model, sheet).iter().map(|i| i.id.to_string()).collect()
        }
        SheetOf::Timeline(..) => timeline(model, sheet).iter().map(timeline::name).collect(),
        SheetOf::Panes(page) => {
            let hosts = panes::view(model, page).map(panes::hosts).unwrap_or_default();
            hosts.iter().map(|host| host.id.to_string()).collect()
        }
    }
}

/// The instance of the selected row, where it is about one.
pub fn selected_host(model: &Model, sheet: &Sheet) -> Option<HostId> {
    let at = sheet.cursor.selected;
    match &sheet.of {
        SheetOf::Backups(_) => backups(model, sheet).get(at).map(|row| row.instance.id.clone()),
        SheetOf::Alerts(_) => alerts(model, sheet).get(at).and_then(|alert| alert.host.clone()),
        SheetOf::Doctor(..) => {
            let place: HostId = findings(sheet).get(at)?.place.parse().ok()?;
            model.fleet.instance(&place).map(|i| i.id.clone())
        }
        SheetOf::Leases(_) => match leases(model, sheet).into_iter().nth(at)?.0 {
            HoldOf::Instance(id) => Some(id),
            HoldOf::Fleet => None,
        },
        SheetOf::Charts(page) => Some(page.host.clone()),
        SheetOf::FleetCharts(_) => fleet_charts::rows(model, sheet).get(at).map(|i| i.id.clone()),
        SheetOf::Variables(host, _) | SheetOf::Timeline(host, _) => Some(host.clone()),
        SheetOf::Windows | SheetOf::Inventory(_) | SheetOf::Compare(_) | SheetOf::Panes(_) => None,
    }
}

/// The run of the selected row of a timeline.
pub fn selected_run(model: &Model) -> Option<RunId> {
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return None };
    match timeline(model, sheet).into_iter().nth(sheet.cursor.selected)?.what {
        What::Run { run, .. } => Some(run),
        What::State { .. } | What::Release { .. } | What::Unwatched { .. } => None,
    }
}

/// When a backup of this instance was last proven by a run of ours, and how: the newest run that did it and ended well.
pub fn proven(model: &Model, host: &HostId) -> Option<(jiff::Timestamp, &'static str)> {
    let good = model.runs.iter().flatten().filter(|run| {
        run.phase == Phase::Succeeded && run.n_failed == 0 && run.hosts.contains(host)
    });
    let said = good.filter_map(|run| {
        let how = if run.workflow == Workflow::VerifyBackup {
            "unpacked aside"
        } else {
            "read to its end"
        };
        let proves = matches!(run.workflow, Workflow::VerifyBackup | Workflow::Backup);
        run.finished.filter(|_| proves).map(|at| (at, how))
    });
    said.max_by_key(|(at, _)| *at)
}
