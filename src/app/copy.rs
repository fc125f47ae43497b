//! What can be copied here: values, rows, command lines.
//!
//! **Invariant:** a copied text is one line without control characters, made of validated names or of text that was
//! made safe, so that pasting it presses no key.

use super::audit_page::text;
use super::choice_pages::DuePage;
use super::effect::Effect;
use super::model::{Model, Screen};
use super::sheet_copy;
use super::update::plan_command;
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::state::RunSummary;
use crate::domain::snapshot::InstanceView;

/// Something to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The key that takes it.
    pub key: char,
    /// What it is.
    pub label: &'static str,
    /// The text.
    pub text: String,
}

/// The menu of what can be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copying {
    /// What there is, the most usual first.
    pub offers: Vec<Offer>,
    /// The chosen one.
    pub selected: usize,
}

impl Offer {
    pub(super) fn new(key: char, label: &'static str, text: &str) -> Self {
        // What came from a host was made safe where it came in; this holds also for what is added later.
        let text = text.chars().filter(|c| !c.is_control()).collect();
        Self { key, label, text }
    }

    /// Puts it into the terminal's clipboard.
    pub fn effect(self) -> Effect {
        Effect::Copy(self.text)
    }
}

/// What can be copied at the page that is seen, the most usual first.
pub fn offers(model: &Model) -> Vec<Offer> {
    match model.screens.last() {
        None => {
            let selected = model.fleet.selected();
            let command = format!("bunker status --limit {}", pattern(&model.fleet.targets()));
            selected.map(|i| of_instance(i, &command)).unwrap_or_default()
        }
        Some(Screen::Instance(page)) => {
            let command = format!("bunker status --limit {}", page.id);
            let instance = model.fleet.instance(&page.id);
            instance.map(|i| of_instance(i, &command)).unwrap_or_default()
        }
        Some(Screen::Plan(page)) => vec![
            Offer::new('c', "command line", &plan_command(&page.plan)),
            Offer::new('v', "hash of the plan", &page.hash.to_string()),
        ],
        Some(Screen::Run(page)) => {
            let mut offers = of_run(&page.run);
            if let Some(host) = &page.host {
                let logs = format!("bunker logs {} {host}", page.run);
                offers.push(Offer::new('l', "command line for the output", &logs));
                offers.extend(ssh(model, host));
            }
            offers
        }
        Some(Screen::Runs(page)) => {
            let all = model.runs.as_deref().unwrap_or_default();
            page.rows(all, model.now)
                .get(page.cursor.selected)
                .map(|run| {
                    let mut offers = of_run(&run.run);
                    offers.push(Offer::new('r', "row", &run_row(run)));
                    offers
                })
                .unwrap_or_default()
        }
        Some(Screen::Audit(page)) => {
            let record = page.selected().map(|entry| Offer::new('r', "record", &text(entry)));
            let log = Offer::new('c', "command line", "bunker audit log");
            let run = page.selected().and_then(|entry| entry.record.run.as_ref());
            let run = run.map(|run| Offer::new('v', "run", run.as_str()));
            std::iter::once(log).chain(run).chain(record).collect()
        }
        Some(Screen::Sheet(sheet)) => sheet_copy::offers(model, sheet),
        Some(Screen::Log(page)) => {
            let mut offers = vec![Offer::new('c', "command line", &page.of.command())];
            offers.extend(page.of.host().and_then(|host| ssh(model, host)));
            offers
        }
        Some(Screen::Due(page)) => of_due(page),
        Some(Screen::Secrets(_) | Screen::Releases(_) | Screen::Enrol(_)) => Vec::new(),
    }
}

fn of_instance(i: &InstanceView, command: &str) -> Vec<Offer> {
    let mut offers = vec![
        Offer::new('c', "command line", command),
        Offer::new('v', "name", i.id.as_str()),
        Offer::new('d', "domain", i.domain.as_str()),
        Offer::new('r', "row", &row(i)),
    ];
    let ssh = i.connection.as_ref().map(|c| Offer::new('s', "ssh command", &c.ssh_command()));
    offers.extend(ssh);
    offers.push(Offer::new('x', "shell, audited", &format!("bunker shell {}", i.id)));
    offers
}

/// Of the selected secret: its name, never its value, which is not here.
fn of_due(page: &DuePage) -> Vec<Offer> {
    let mut offers = vec![Offer::new('c', "command line", "bunker secrets due")];
    if let Some(due) = page.rows().get(page.cursor.selected) {
        let row = format!("{}  {}  {}", due.owner, due.name, due.when());
        offers.push(Offer::new('v', "name", due.name.as_str()));
        offers.push(Offer::new('r', "row", row.trim_end()));
    }
    offers
}

fn of_run(run: &RunId) -> Vec<Offer> {
    vec![
        Offer::new('c', "command line", &format!("bunker attach {run}")),
        Offer::new('v', "id", run.as_str()),
    ]
}

fn ssh(model: &Model, host: &HostId) -> Option<Offer> {
    let connection = model.fleet.instance(host)?.connection.as_ref()?;
    Some(Offer::new('s', "ssh command", &connection.ssh_command()))
}

fn row(i: &InstanceView) -> String {
    let release = i.release.as_ref().map(|r| match &r.reference {
        Some(reference) => reference.to_string(),
        None => r.sha.short().to_owned(),
    });
    let reasons: Vec<String> =
        i.verdict.reasons.iter().map(|r| format!("{}: {}", r.subject, r.text)).collect();
    let mut cells = vec![
        i.id.to_string(),
        i.domain.to_string(),
        release.unwrap_or_else(|| "—".to_owned()),
        i.verdict.health.word().to_owned(),
    ];
    if !reasons.is_empty() {
        cells.push(reasons.join("; "));
    }
    cells.join("  ")
}

fn run_row(run: &RunSummary) -> String {
    let target = run.target.as_ref().map(|t| format!("  to {t}")).unwrap_or_default();
    let well = format!("{} of {}", run.n_ok, run.hosts.len());
    let summary = run.summary.as_ref().map(|s| format!("  {s}")).unwrap_or_default();
    format!("{}  {}  {}{target}  {well}{summary}", run.run, run.phase.word(), run.workflow.name())
}

/// Names as one pattern for `--limit`.
pub fn pattern(hosts: &[HostId]) -> String {
    hosts.iter().map(HostId::as_str).collect::<Vec<_>>().join(",")
}
