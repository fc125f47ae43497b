//! What the rows of each list can be asked by `/`, and the rows of those lists that are no sheet.

use jiff::Timestamp;

use super::action::Place;
use super::choice_pages::DuePage;
use super::model::{Model, Screen};
use super::pages::RunsPage;
use crate::domain::filter::{Column, Columns, Filter, FilterError, Row, RowFilter};
use crate::domain::run::state::{Phase, RunSummary};
use crate::domain::secret::due::Due;
use crate::domain::signal::Unit;

const DAY_S: f64 = 86_400.0;

const fn text(name: &'static str) -> Column {
    Column { name, unit: None }
}

const fn figure(name: &'static str, unit: Unit) -> Column {
    Column { name, unit: Some(unit) }
}

const AGE: Column = figure("age", Unit::Seconds);
const STATE: Column = text("state");
const RUNS: Columns = &[
    AGE,
    figure("took", Unit::Seconds),
    figure("ok", Unit::Count),
    figure("failed", Unit::Count),
    STATE,
    text("workflow"),
    text("by"),
    text("to"),
    text("host"),
    text("run"),
];
const BACKUPS: Columns =
    &[AGE, figure("size", Unit::Bytes), STATE, text("instance"), text("domain"), text("group")];
const ALERTS: Columns = &[AGE, STATE, text("severity"), text("name"), text("instance")];
const DUE: Columns =
    &[AGE, text("owner"), text("name"), figure("due", Unit::Seconds), figure("set", Unit::Count)];
const AUDIT: Columns =
    &[AGE, text("by"), text("action"), text("of"), text("host"), text("outcome"), text("run")];
const INVENTORY: Columns = &[
    text("host"),
    text("group"),
    text("domain"),
    text("address"),
    figure("tier", Unit::Count),
    text("ref"),
];
const WINDOWS: Columns = &[
    text("window"),
    STATE,
    figure("in", Unit::Seconds),
    text("host"),
    figure("hosts", Unit::Count),
];
const FLEET_CHARTS: Columns = &[
    figure("visits", Unit::PerSecond),
    figure("mails", Unit::PerSecond),
    figure("requests", Unit::PerSecond),
    figure("queue", Unit::Count),
    text("instance"),
    text("health"),
    text("group"),
];
const TIMELINE: Columns =
    &[AGE, figure("for", Unit::Seconds), text("what"), text("from"), text("to")];
const LEASES: Columns = &[
    text("what"),
    STATE,
    text("by"),
    figure("for", Unit::Seconds),
    text("at"),
    figure("heard", Unit::Seconds),
    figure("ends", Unit::Seconds),
];
const VARIABLES: Columns = &[text("variable"), text("value"), text("given"), text("at")];
const DOCTOR: Columns = &[STATE, text("place"), text("check")];

/// What can be compared in the filter of a list; nothing where it knows words, patterns and `!not` only.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other lists know words alone")]
pub fn columns(place: Place) -> Columns {
    match place {
        Place::Runs => RUNS,
        Place::Backups => BACKUPS,
        Place::Alerts => ALERTS,
        Place::Due => DUE,
        Place::Audit => AUDIT,
        Place::Inventory => INVENTORY,
        Place::Windows => WINDOWS,
        Place::FleetCharts => FLEET_CHARTS,
        Place::Timeline => TIMELINE,
        Place::Doctor => DOCTOR,
        Place::Leases => LEASES,
        Place::Variables => VARIABLES,
        _ => &[],
    }
}

/// What of that the rows of a list can be put in order by: what stands in its columns, in the order of the screen. Nothing
/// where their order is what the list tells.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other lists have one order")]
pub fn sorts(place: Place) -> &'static [&'static str] {
    match place {
        Place::Runs => &["run", "state", "workflow", "to", "ok", "took", "age", "by"],
        Place::Due => &["owner", "name", "due", "age", "set"],
        Place::Audit => &["age", "by", "action", "of", "outcome"],
        Place::Backups => &["instance", "age", "state", "size"],
        Place::Alerts => &["state", "severity", "name", "instance", "age"],
        Place::Windows => &["window", "state", "in", "hosts"],
        Place::Inventory => &["host", "address", "domain", "tier", "ref", "group"],
        Place::Doctor => &["place", "check", "state"],
        Place::Leases => &["what", "state", "by", "for", "at", "heard", "ends"],
        Place::Variables => &["variable", "value", "given", "at"],
        Place::Timeline => &["age", "for", "what"],
        Place::FleetCharts => &["instance", "health", "visits", "mails", "requests", "queue"],
        _ => &[],
    }
}

/// What is wrong with a filter that is typed on the page that is seen.
pub fn trouble(model: &Model, text: &str) -> Option<FilterError> {
    let place = model.place();
    if place == Place::Fleet {
        return text.parse::<Filter>().err();
    }
    // Outputs have a language of their own.
    if place == Place::Log {
        return None;
    }
    RowFilter::parse(text, columns(place)).err()
}

/// The filter of a list as it was typed, and what of it counts.
pub(super) fn take(typed: &mut String, counts: &mut RowFilter, text: &str, place: Place) {
    text.clone_into(typed);
    if let Some(filter) = RowFilter::so_far(text, columns(place)) {
        *counts = filter;
    }
}

impl RunsPage {
    /// The runs that the filter lets through, newest first unless another order was chosen.
    pub fn rows<'r>(&self, runs: &'r [RunSummary], now: Timestamp) -> Vec<&'r RunSummary> {
        let shows = |run: &&RunSummary| self.counts.is_empty() || self.counts.lets(&row(run, now));
        self.order.arrange(runs.iter().filter(shows).collect(), |run| row(run, now))
    }

    /// Shows only runs like this.
    pub fn filter(&mut self, text: &str) {
        take(&mut self.filter, &mut self.counts, text, Place::Runs);
    }
}

fn row(run: &RunSummary, now: Timestamp) -> Row {
    let hosts: Vec<&str> = run.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
    let to = run.target.as_ref().map(ToString::to_string).unwrap_or_default();
    let by = run.by.as_ref().map(|by| by.user.to_string()).unwrap_or_default();
    let why = run.summary.as_ref().map(ToString::to_string).unwrap_or_default();
    let (workflow, state) = (run.workflow.name(), run.phase.word());
    let since = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64().max(0.0);
    let mut row =
        Row::of(format!("{} {state} {workflow} {to} {by} {} {why}", run.run, hosts.join(" ")))
            .figure("age", Some(since(run.planned, now)))
            .figure("took", run.finished.map(|at| since(run.planned, at)))
            .figure("ok", Some(f64::from(run.n_ok)))
            .figure("failed", Some(f64::from(run.n_failed)))
            .problem(needs_somebody(run))
            .text("state", state)
            .text("workflow", workflow)
            .text("run", run.run.as_str())
            .text("run", run.run.short());
    if !by.is_empty() {
        row = row.text("by", by);
    }
    // `v2.5.0 (3f9c2ab)` is found by its name alone.
    let name = to.split(' ').next().unwrap_or_default().to_owned();
    if !to.is_empty() {
        row = row.text("to", name).text("to", to);
    }
    hosts.into_iter().fold(row, |row, host| row.text("host", host))
}

/// Whether a run did not end well, or waits for somebody.
fn needs_somebody(run: &RunSummary) -> bool {
    match run.phase {
        Phase::Failed | Phase::Aborted | Phase::Lost | Phase::WaitingApproval | Phase::Paused => {
            true
        }
        Phase::Planned | Phase::Waiting | Phase::Running | Phase::Stopping | Phase::Succeeded => {
            run.n_failed > 0
        }
    }
}

fn due_row(due: &Due) -> Row {
    let words = format!("{} {} {}", due.owner, due.name, due.when());
    Row::of(words)
        .problem(due.is_due())
        .figure("age", Some(due.age_days as f64 * DAY_S))
        .figure("due", due.in_days.map(|days| days as f64 * DAY_S))
        .figure("set", Some(f64::from(due.generation)))
        .text("owner", due.owner.to_string())
        .text("name", due.name.to_string())
}

impl DuePage {
    /// The secrets that the filter lets through, the most urgent first unless another order was chosen.
    pub fn rows(&self) -> Vec<&Due> {
        let shows = |due: &&Due| self.counts.is_empty() || self.counts.lets(&due_row(due));
        let rows = self.due.known().into_iter().flatten().filter(shows).collect();
        self.order.arrange(rows, |due| due_row(due))
    }

    /// Shows only secrets like this.
    pub fn filter(&mut self, text: &str) {
        take(&mut self.filter, &mut self.counts, text, Place::Due);
    }
}

/// The filter of the list that is seen, as it was typed.
pub fn typed(model: &Model) -> &str {
    match model.screens.last() {
        None => model.fleet.filter.text(),
        Some(Screen::Runs(page)) => &page.filter,
        Some(Screen::Due(page)) => &page.filter,
        Some(Screen::Audit(page)) => &page.filter,
        Some(Screen::Sheet(sheet)) => &sheet.filter,
        Some(_) => "",
    }
}
