//! Who changed what, newest first. No value of a secret is here.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use crate::app::audit_page::{AuditPage, Shown};
use crate::app::model::Model;
use crate::domain::audit::{Entry, Facts, KeySource, Phase};
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::theme::Role;

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &AuditPage, area: Rect) {
    let rows = page.rows();
    let all = page.entries.known().map_or(0, Vec::len);
    let fleet = model.fleet.snapshot.as_ref().map(|s| s.fleet.to_string()).unwrap_or_default();
    let count = if page.filter.is_empty() {
        format!("{all} records")
    } else {
        format!("{} of {all} with {:?}", rows.len(), page.filter)
    };
    let words = Around {
        head: vec![(" audit log  ".to_owned(), Role::Accent), (fleet, Role::Header)],
        hint: "who changed what; `bunker audit verify` tells whether it is as it was written",
        titles: ("Records, newest first", count),
        detail: "That record",
        foot: String::new(),
    };
    let (list, detail) = choice::around(canvas, model, &words, area);
    if let (Shown::Record, Some(entry)) = (page.shown, page.selected()) {
        let below = Rect { height: detail.bottom().saturating_sub(list.y), ..list };
        canvas.clear(Rect { x: list.x, y: list.y, ..below }, Role::Text);
        choice::facts(canvas, below, &told(model, entry, true));
        return;
    }
    let places = Places::of(list);
    places.put(canvas, list.y, ["AGE", "WHO", "WHAT", "OF", "ENDED"], [Role::Heading; 2]);
    choice::waiting(canvas, model, &page.entries, "reading the log", list);
    if page.entries.known().is_some_and(Vec::is_empty) {
        let text = "nothing was changed by this program on this machine yet";
        canvas.put(list.x + 2, list.y + 1, list.width, text, Role::Dim);
    }
    for (y, entry) in choice::lines(canvas, list, page.cursor, rows.iter()) {
        let r = &entry.record;
        let (glyph, role) = look(entry);
        canvas.put(list.x, y, 1, glyph, role);
        let age = figures::age(model.now.duration_since(r.at).as_secs_f64());
        let (who, subject) = (r.who.person(), r.subject());
        let texts = [age.as_str(), &who, r.action.as_str(), &subject, r.word()];
        places.put(canvas, y, texts, [Role::Text, role]);
    }
    if let Some(entry) = page.selected() {
        choice::facts(canvas, detail, &told(model, entry, false));
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
fn told(model: &Model, entry: &Entry, whole: bool) -> Vec<(&'static str, String, Role)> {
    let r = &entry.record;
    let at = r.at.to_zoned(model.zone.clone()).strftime("%F %T %Z").to_string();
    let from = r.who.from().map(|from| format!(" from {from}")).unwrap_or_default();
    let who =
        format!("{} (uid {}) on {}{from}, {}", r.who.person(), r.who.uid, r.who.machine, r.source);
    let ended = match &r.detail {
        Some(detail) => format!("{}: {detail}", r.word()),
        None => r.word().to_owned(),
    };
    let run = r.run.as_ref().map(ToString::to_string).unwrap_or_default();
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
            ("intent", r.intent.map(|n| n.to_string()).unwrap_or_default(), Role::Dim),
            ("hash", entry.hash.to_string(), Role::Dim),
        ]);
    } else {
        facts.push(("number", format!("{} at {at}", r.seq), Role::Dim));
    }
    facts
}

fn listed(facts: &Facts) -> String {
    let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    facts.join(" · ")
}

/// The places of a row.
struct Places {
    x: u16,
    widths: [u16; 5],
}

impl Places {
    fn of(list: Rect) -> Self {
        let rest = list.width.saturating_sub(2 + 5 + 14 + 22 + 12 + 8);
        Self { x: list.x + 2, widths: [5, 14, 22, rest, 12] }
    }

    fn put(&self, canvas: &mut Canvas<'_>, y: u16, texts: [&str; 5], roles: [Role; 2]) {
        let [text, word] = roles;
        let mut x = self.x;
        for (at, (cell, w)) in texts.into_iter().zip(self.widths).enumerate() {
            let role = if at == 4 { word } else { text };
            if at == 0 {
                canvas.put_right(x, y, w, cell, role);
            } else {
                canvas.put(x, y, w, cell, role);
            }
            x += w + 2;
        }
    }
}
