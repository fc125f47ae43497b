//! The command line that does what an action would do here.
//!
//! **Invariant:** a whole line is one that the program's own command line takes: held by a test of every action at
//! every place.

use super::action::{Action, Place};
use super::audit_page;
use super::copy::pattern;
use super::destination::Destination;
use super::model::{Model, Screen};
use super::sheet::SheetOf;
use super::sheet_rows::{self, InventoryRow, WindowRow};
use super::update::{PLAN_WAITS_S, compared_here, lease_run, plan_command};
use crate::domain::alerts::Alert;
use crate::domain::ids::HostId;
use crate::domain::plan::Workflow;

/// The command line of an action at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twin {
    /// It does the same, as it stands.
    Whole(String),
    /// It would, once somebody chose what stands in it in capitals.
    Lacks(String),
}

impl Twin {
    /// As it is written.
    pub fn text(&self) -> &str {
        match self {
            Self::Whole(line) | Self::Lacks(line) => line,
        }
    }
}

/// How the command line of an action looks at a place: what it is about stands in it in capitals.
pub fn form(action: Action, place: Place) -> Option<&'static str> {
    match (action, place) {
        (Action::Open, Place::Runs) => Some("bunker show RUN"),
        (Action::Open, Place::Leases) => Some("bunker attach RUN"),
        (Action::Open, Place::Panes) | (Action::Search, Place::Log) => Some("bunker logs RUN HOST"),
        (Action::Open, Place::Due) => Some("bunker rotate-secrets --secret NAME HOST"),
        (Action::Open, Place::Inventory) => Some("bunker inventory vars HOST"),
        // What is played need not be known to this machine.
        (Action::Open, Place::Audit)
        | (
            Action::Follow
            | Action::Search
            | Action::ShowCanary
            | Action::OpenLog
            | Action::MergedLog,
            Place::Replay,
        ) => None,
        (Action::Open, _) => Some("bunker status --limit HOST"),
        (Action::MakePlan, Place::Releases) => Some("bunker rollback --to RELEASE HOST"),
        (Action::MakePlan, _) => Some("bunker rotate-secrets --secret NAME HOST"),
        // Lists of other things have no words of their own on the command line.
        (Action::Filter, place) if place != Place::Fleet => None,
        (Action::Follow, Place::Log) => Some("bunker logs HOST SERVICE --follow"),
        (action, _) => action.info().twin,
    }
}

/// The command line that does what an action would do here; `None` where there is none.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other actions have their one form")]
pub fn twin(model: &Model, action: Action) -> Option<Twin> {
    let form = form(action, model.place())?;
    let line = match action {
        Action::Start | Action::OverwriteDrift | Action::WhenFree | Action::WaitForWindow => {
            return of_plan(model, action).map(Twin::Whole);
        }
        Action::Open => opened(model)?,
        Action::MakePlan => return chosen(model),
        Action::Leases => leases(model),
        Action::OpenRun => match audit_page::run_of_selected(model) {
            Some(run) => form.replace("RUN", run.as_str()),
            None => form.to_owned(),
        },
        Action::Compare => match compared_here(model) {
            Some((a, b)) => format!("bunker compare {a} {b}"),
            None => return None,
        },
        Action::Forwards => match model.forwards.chosen() {
            Some(one) => format!("bunker forward {} {}", one.host, one.what),
            None => return None,
        },
        Action::Filter => form.replace("PATTERN", &pattern(&model.fleet.targets())),
        Action::Charts => match subject(model) {
            Some(host) => format!("{form} --host {host}"),
            None => return None,
        },
        Action::Follow | Action::Search | Action::OpenPager if is_log(model) => {
            return of_log(model, action);
        }
        action if takes_hosts(action) => match targets(model).as_slice() {
            [] => return None,
            hosts => format!("{form} --limit {}", pattern(hosts)),
        },
        Action::EndWindow => match sheet_rows::selected_window(model) {
            Some(row) => ended(form, &row),
            None => return None,
        },
        Action::Silence => silenced(form, &sheet_rows::selected_alert(model)?),
        Action::EndSilence => loud(form, &sheet_rows::selected_alert(model)?),
        Action::BreakLease if subject(model).is_none() => form.replace("HOST", "--fleet"),
        _ => form.to_owned(),
    };
    Some(filled(model, &line))
}

/// Whether a name can stand in a line as it is.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    !name.is_empty() && name.chars().all(plain) && !name.starts_with('-')
}

/// What silences an alert. A name that is more than one plain word stays to be typed, and so does the reason.
fn silenced(form: &str, alert: &Alert) -> String {
    let form = match &alert.host {
        Some(host) => form.replace("HOST", host.as_str()),
        None if is_plain(alert.of.as_str()) => {
            form.replace("--limit HOST", &format!("--instance {}", alert.of))
        }
        None => form.replace("--limit HOST", "--instance LABEL"),
    };
    if is_plain(alert.name.as_str()) { form.replace("ALERT", alert.name.as_str()) } else { form }
}

/// What ends the silence of an alert; which, is to be chosen where there is none.
fn loud(form: &str, alert: &Alert) -> String {
    let id = alert.silence_id.as_ref().filter(|id| is_plain(id.as_str()));
    id.map_or_else(|| form.to_owned(), |id| form.replace("SILENCE", id.as_str()))
}

/// What ends a window where its hosts have it. A name that is more than one plain word stays to be typed.
fn ended(form: &str, row: &WindowRow) -> String {
    let name = row.window.name.as_str();
    if !is_plain(name) {
        return form.to_owned();
    }
    format!("{} --limit {}", form.replace("NAME", name), pattern(&row.hosts))
}

/// The command line that shows what a page does.
pub fn of_page(page: &Destination) -> Option<Twin> {
    let line = match page {
        Destination::Fleet => "bunker status".to_owned(),
        Destination::Instance(id) => format!("bunker status --limit {id}"),
        Destination::Runs => "bunker runs".to_owned(),
        Destination::Run(run) => format!("bunker attach {run}"),
        Destination::SecretsDue => "bunker secrets due".to_owned(),
        Destination::Audit => "bunker audit log".to_owned(),
        Destination::Backups => "bunker snapshot backups".to_owned(),
        Destination::Alerts => "bunker alerts".to_owned(),
        Destination::Windows => "bunker window list".to_owned(),
        Destination::Leases => "bunker lease list".to_owned(),
        Destination::Inventory => "bunker inventory list".to_owned(),
        Destination::Variables(host) => format!("bunker inventory vars {host}"),
        Destination::Doctor => "bunker doctor".to_owned(),
        Destination::Compare(a, b) => format!("bunker compare {a} {b}"),
        Destination::CompareReleases(a, b) => format!("bunker compare {} {}", a.short(), b.short()),
        Destination::Charts(host) => format!("bunker snapshot charts --host {host}"),
        Destination::FleetCharts => "bunker snapshot fleet-charts".to_owned(),
        Destination::Timeline(host) => format!("bunker timeline {host}"),
        Destination::Outputs(run) => format!("bunker logs {run}"),
    };
    Some(Twin::Whole(line))
}

/// Whether an action plans something for the marked instances, or for this one.
fn takes_hosts(action: Action) -> bool {
    let info = action.info();
    // These are about one host, which is named by itself.
    let one = matches!(action, Action::Shell | Action::Forward);
    info.changes && info.places.contains(&Place::Instance) && !one
}

/// The line with what is known of this page in it.
fn filled(model: &Model, line: &str) -> Twin {
    let host = || match model.screens.last() {
        Some(Screen::Log(page)) => page.of.host().cloned(),
        Some(Screen::Run(page)) => page.host.clone(),
        _ => subject(model),
    };
    let words = line.split(' ').map(|word| {
        let known = match word {
            "RUN" => model.run_page().map(|page| page.run.to_string()),
            "HOST" => host().map(|host| host.to_string()),
            _ => None,
        };
        known.unwrap_or_else(|| word.to_owned())
    });
    let line = words.collect::<Vec<_>>().join(" ");
    // A secret is named in small letters, a host as well: only what is still to be chosen stands in capitals.
    let lacks = |w: &str| w.len() > 1 && w.chars().all(|c| c.is_ascii_uppercase());
    if line.split([' ', ',']).any(lacks) { Twin::Lacks(line) } else { Twin::Whole(line) }
}

/// The instance that the page, or its selected row, is about.
fn subject(model: &Model) -> Option<HostId> {
    match model.screens.last() {
        None => model.fleet.selected().map(|i| i.id.clone()),
        Some(Screen::Instance(page)) => Some(page.id.clone()),
        Some(Screen::Sheet(sheet)) => sheet_rows::selected_host(model, sheet),
        Some(_) => None,
    }
}

/// The instances that a plan would be made for.
fn targets(model: &Model) -> Vec<HostId> {
    match model.screens.last() {
        None => model.fleet.targets(),
        Some(_) => subject(model).into_iter().collect(),
    }
}

fn is_log(model: &Model) -> bool {
    matches!(model.screens.last(), Some(Screen::Log(_)))
}

/// Of one output that is read.
fn of_log(model: &Model, action: Action) -> Option<Twin> {
    let Some(Screen::Log(page)) = model.screens.last() else { return None };
    let line = page.of.command();
    let follows = line.ends_with("--follow");
    (action != Action::Follow || follows).then_some(Twin::Whole(line))
}

/// What makes the plan that is seen, and does this with it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the fourth of the actions that a plan has")]
fn of_plan(model: &Model, action: Action) -> Option<String> {
    let Some(Screen::Plan(page)) = model.screens.last() else { return None };
    let line = plan_command(&page.plan);
    // A rotation that changes nothing names no secret, so that there is nothing to be said of it.
    if page.plan.workflow == Workflow::RotateSecrets && !line.contains(" --secret ") {
        return None;
    }
    let with = |more: &str| {
        if line.contains(more) { line.clone() } else { format!("{line} {more}") }
    };
    match action {
        Action::Start => Some(with("--yes")),
        Action::WhenFree => Some(with(&format!("--wait={PLAN_WAITS_S}"))),
        Action::WaitForWindow => Some(with("--outside wait")),
        _ => page.offers_overwrite().then(|| with("--overwrite-drift")),
    }
}

/// The choice of secrets, or of a release.
fn chosen(model: &Model) -> Option<Twin> {
    let (line, hosts) = match model.screens.last() {
        Some(Screen::Secrets(page)) if !page.chosen.is_empty() => {
            let names: Vec<String> = page.chosen.iter().map(|n| format!("--secret {n}")).collect();
            (format!("bunker rotate-secrets {}", names.join(" ")), &page.hosts)
        }
        Some(Screen::Secrets(page)) => {
            let line =
                format!("bunker rotate-secrets --secret NAME --limit {}", pattern(&page.hosts));
            return Some(Twin::Lacks(line));
        }
        Some(Screen::Releases(page)) => {
            let to = page.chosen().map(|release| format!(" --to {}", release.sha));
            (format!("bunker rollback{}", to.unwrap_or_default()), &page.hosts)
        }
        _ => return None,
    };
    Some(Twin::Whole(format!("{line} --limit {}", pattern(hosts))))
}

/// What shows the selected entry.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other lists are of instances, all other pages have no list"
)]
fn opened(model: &Model) -> Option<String> {
    let Some(screen) = model.screens.last() else {
        return subject(model).map(|host| format!("bunker status --limit {host}"));
    };
    match screen {
        Screen::Runs(page) => {
            let rows = page.rows(model.runs.as_deref()?, model.now);
            Some(format!("bunker show {}", rows.get(page.cursor.selected)?.run))
        }
        Screen::Due(page) => {
            let rows = page.rows();
            let due = rows.get(page.cursor.selected)?;
            let by_itself = due.by_hand().is_none() && due.of_host;
            by_itself.then(|| format!("bunker rotate-secrets --secret {} {}", due.name, due.owner))
        }
        Screen::Sheet(sheet) => match &sheet.of {
            SheetOf::Leases(_) => Some(format!("bunker attach {}", lease_run(model)?)),
            SheetOf::Panes(page) => {
                let names = sheet_rows::names(model, sheet);
                Some(format!("bunker logs {} {}", page.run, names.get(sheet.cursor.selected)?))
            }
            SheetOf::Inventory(_) => {
                match sheet_rows::inventory(sheet).get(sheet.cursor.selected)? {
                    InventoryRow::Host(host) => Some(format!("bunker inventory vars {}", host.id)),
                    InventoryRow::Group(group) => {
                        Some(format!("bunker inventory list --limit {}", group.name))
                    }
                }
            }
            _ => match sheet_rows::selected_run(model) {
                Some(run) => Some(format!("bunker show {run}")),
                None => subject(model).map(|host| format!("bunker status --limit {host}")),
            },
        },
        _ => None,
    }
}

/// Who holds the instance, the targets of the plan, the marked ones, or any.
fn leases(model: &Model) -> String {
    let hosts = match model.screens.last() {
        None if model.fleet.marked.is_empty() => Vec::new(),
        Some(Screen::Plan(page)) => page.plan.targets().map(|h| h.id.clone()).collect(),
        _ => targets(model),
    };
    if hosts.is_empty() {
        return "bunker lease list".to_owned();
    }
    format!("bunker lease list --limit {}", pattern(&hosts))
}
