//! Who changed what, newest first. No value of a secret is here.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame};
use crate::app::action::{Action, Place};
use crate::app::audit_page::{AuditPage, Shown};
use crate::app::model::Model;
use crate::domain::audit::{Entry, Facts, KeySource, Phase};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::figures;
use crate::ui::theme::Role;

const COLUMNS: [Column; 5] = [
    Column::right("AGE", 5, 0),
    Column::left("WHO", 14, 1),
    Column::left("WHAT", 18, 0),
    Column::left("OF", 16, 0).growing_to(64),
    Column::left("ENDED", 12, 0).growing(),
];

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &AuditPage, area: Rect) {
    let rows = page.rows();
    let all = page.deeds().len();
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let count = sheet::count_of((rows.len(), all), &page.filter, "record");
    let words = Around {
        head: vec![(" audit log  ".to_owned(), Role::Accent), (fleet, Role::Header)],
        hint: "who changed what; `bunker audit verify` tells whether it is as it was written",
        titles: sheet::titles("Records, newest first", Place::Audit, &page.order, &count),
        detail: "That record",
        foot: String::new(),
    };
    let none = match page.entries.known() {
        Some(all) if all.is_empty() => {
            Some("nothing was changed by this program on this machine yet".to_owned())
        }
        Some(_) if rows.is_empty() => {
            Some(sheet::shows_all(model, "record", &page.filter, &page.order))
        }
        Some(_) | None => None,
    };
    let none = none.as_deref();
    let columns =
        sheet::fitted(COLUMNS, [(2, &mut rows.iter().map(|entry| entry.record.action.as_str()))]);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    if let (Shown::Record, Some(entry)) = (page.shown, page.selected()) {
        let top = list.y.saturating_sub(1);
        let height = area.bottom().saturating_sub(1).saturating_sub(top);
        let whole = Rect { y: top, height, ..area };
        canvas.clear(whole, Role::Text);
        let inner = canvas.pane(whole, "One record", "", Focused::Yes);
        choice::facts(canvas, inner, &told(model, page, entry, true));
        return;
    }
    choice::waiting(canvas, model, &page.entries, "reading the log", list);
    for (y, entry) in choice::lines(canvas, list, page.cursor, rows.iter()) {
        let r = &entry.record;
        let (glyph, role) = look(entry);
        canvas.put(list.x, y, 1, glyph, role);
        let age = figures::age(model.now.duration_since(r.at).as_secs_f64());
        let (who, subject) = (r.who.person(), r.subject());
        let word = if role == Role::Healthy { Role::Text } else { role };
        for (at, (text, role)) in [
            (age.as_str(), Role::Text),
            (who.as_str(), Role::Text),
            (r.action.as_str(), Role::Strong),
            (subject.as_str(), Role::Text),
            (r.word(), word),
        ]
        .into_iter()
        .enumerate()
        {
            places.put(canvas, y, at, text, role);
        }
    }
    if let Some(entry) = page.selected() {
        choice::facts(canvas, detail, &told(model, page, entry, false));
    }
}

/// State of a record: about to be done, done, or not.
fn look(entry: &Entry) -> (&'static str, Role) {
    match (entry.record.phase, entry.record.word()) {
        (Phase::Intent, _) => ("·", Role::Dim),
        (_, "done" | "ok" | "changed" | "succeeded" | "skipped") => ("●", Role::Healthy),
        (_, "unknown" | "unreachable") => ("?", Role::Unknown),
        (_, "aborted" | "cancelled" | "not-run") => ("○", Role::Degraded),
        _ => ("▼", Role::Down),
    }
}

/// What is known of a record.
fn told(
    model: &Model,
    page: &AuditPage,
    entry: &Entry,
    whole: bool,
) -> Vec<(&'static str, String, Role)> {
    let r = &entry.record;
    let at = r.at.to_zoned(model.zone.clone()).strftime("%F %T %Z").to_string();
    let from = r.who.from().map(|from| format!(" from {from}")).unwrap_or_default();
    let who =
        format!("{} (uid {}) on {}{from}, {}", r.who.person(), r.who.uid, r.who.machine, r.source);
    let ended = match &r.detail {
        Some(detail) => format!("{}: {detail}", r.word()),
        None => r.word().to_owned(),
    };
    let intent = page.intent(entry);
    let took = intent.map(|intent| took(intent, entry)).unwrap_or_default();
    let ended = format!("{ended}{took}");
    let run = r.run.as_ref().map(|run| format!("{run}; {} opens it", model.key(Action::OpenRun)));
    let run = run.unwrap_or_default();
    let mut facts = vec![
        ("what", format!("{} {}", r.action, r.subject()), Role::Strong),
        ("why", r.why.as_ref().map(ToString::to_string).unwrap_or_default(), Role::Text),
        ("ended", ended, look(entry).1),
        ("who", who, Role::Text),
        ("run", run, Role::Text),
        ("after", listed(&r.after), Role::Text),
    ];
    if whole {
        let key = r.who.key.as_ref().map(|key| match key.by {
            KeySource::Sshd => format!("{} (by sshd)", key.fingerprint),
            KeySource::OnlyKeyOfAgent => format!("{} (the agent's only key)", key.fingerprint),
        });
        let hosts: Vec<&str> = r.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
        facts.extend([
            ("before", listed(&r.before), Role::Text),
            ("hosts", hosts.join(" "), Role::Text),
            ("plan", r.plan.as_ref().map(ToString::to_string).unwrap_or_default(), Role::Dim),
            ("key", key.unwrap_or_default(), Role::Dim),
            ("number", format!("{} at {at}", r.seq), Role::Dim),
            ("intent", begun(model, r.intent, intent), Role::Dim),
            ("hash", entry.hash.to_string(), Role::Dim),
        ]);
    } else {
        facts.push(("number", format!("{} at {at}", r.seq), Role::Dim));
    }
    facts
}

/// How long it took from the intent to the outcome.
fn took(intent: &Entry, outcome: &Entry) -> String {
    let s = outcome.record.at.duration_since(intent.record.at).as_secs_f64().max(0.0);
    format!(", {} after it was begun", figures::elapsed(s))
}

/// The record that says that it was begun.
fn begun(model: &Model, seq: Option<u64>, intent: Option<&Entry>) -> String {
    let Some(seq) = seq else { return String::new() };
    let Some(intent) = intent else { return seq.to_string() };
    let at = intent.record.at.to_zoned(model.zone.clone()).strftime("%F %T %Z");
    format!("{seq} at {at}, hash {}", intent.hash)
}

fn listed(facts: &Facts) -> String {
    let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    facts.join(" · ")
}
