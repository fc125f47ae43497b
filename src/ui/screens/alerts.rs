//! What the alert rules say, and what the Alertmanager says, with its silences.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Tally};
use crate::app::action::Action;
use crate::app::choice_pages::Asked;
use crate::app::model::Model;
use crate::app::sheet::{AlertsSheet, Sheet};
use crate::app::sheet_rows;
use crate::domain::alerts::{
    Alert, BACKUP_STALE, Manager, Origin, Rule, Severity, State, from_here, who,
};
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::text::several;
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

const COLUMNS: [Column; 6] = [
    Column::left("STATE", 8, 0),
    Column::left("SEVERITY", 8, 3),
    Column::left("ALERT", 23, 0),
    Column::left("INSTANCE", 16, 0),
    Column::right("FOR", 5, 1),
    Column::left("WHAT IS", 14, 0).growing(),
];

pub(in crate::ui) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: &AlertsSheet,
    area: Rect,
) {
    let rows = sheet_rows::alerts(model, seen);
    let n = |state: State| {
        let of_state = rows.iter().filter(|row| row.state == state);
        of_state.map(|row| row.folded.len().max(1)).sum::<usize>()
    };
    let (source, trouble) = source(model, page);
    let words = Around {
        head: sheet::head(
            model,
            "alerts",
            &[
                Tally("▼", n(State::Firing), ("firing", "firing"), Role::Down),
                Tally("◐", n(State::Pending), ("pending", "pending"), Role::Running),
                Tally("?", n(State::Unknown), ("cannot be judged", "unknown"), Role::Unknown),
                Tally("○", n(State::Silenced), ("silenced", "silent"), Role::Dim),
            ],
        ),
        hint: &source,
        titles: sheet::sheet_titles("Alerts, worst first", seen, &count(&rows, seen)),
        detail: "That alert",
        foot: String::new(),
    };
    let none = rows.is_empty().then(|| nothing(model, seen, page));
    let columns = sheet::fitted(COLUMNS, [(3, &mut rows.iter().map(|alert| alert.of.as_str()))]);
    let Frame { list, detail, places } =
        sheet::frame(canvas, model, &words, &columns, none.as_deref(), area);
    if trouble && model.size.page_header() > 1 {
        canvas.over(Rect { y: area.y + 1, height: 1, ..area }, Role::Degraded);
    }
    for (y, alert) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let (glyph, role) = look(alert);
        canvas.put(list.x, y, 1, glyph, role);
        let text = match &alert.silence {
            Some(why) => format!("{} · silent: {why}", alert.text),
            None => alert.text.to_string(),
        };
        let since = alert.since.map_or_else(|| figures::NONE.to_owned(), |at| since(at, model));
        for (at, (text, role)) in [
            (alert.state.word(), role),
            (alert.severity.word(), severity(alert)),
            (alert.name.as_str(), Role::Strong),
            (alert.of.as_str(), Role::Text),
            (since.as_str(), Role::Text),
            (text.as_str(), Role::Text),
        ]
        .into_iter()
        .enumerate()
        {
            places.put(canvas, y, at, text, role);
        }
    }
    if let Some(alert) = rows.get(seen.cursor.selected) {
        choice::facts(canvas, detail, &told(model, page, alert));
    }
}

fn count(rows: &[Alert], seen: &Sheet) -> String {
    sheet::count(rows.len(), rows.len(), seen, "alert")
}

fn since(at: Timestamp, model: &Model) -> String {
    figures::age(model.now.duration_since(at).as_secs_f64())
}

/// State of an alert. What only informs never shouts.
fn look(alert: &Alert) -> (&'static str, Role) {
    match (alert.state, alert.severity) {
        (State::Firing, Severity::Critical) => ("▼", Role::Down),
        (State::Firing, Severity::Warning) => ("▲", Role::Degraded),
        (State::Firing, Severity::Info) => ("●", Role::Text),
        (State::Pending, _) => ("◐", Role::Running),
        (State::Unknown, _) => ("?", Role::Unknown),
        (State::Silenced, _) => ("○", Role::Dim),
    }
}

fn severity(alert: &Alert) -> Role {
    if alert.state == State::Firing { look(alert).1 } else { Role::Dim }
}

/// Where the alerts come from, in words, and whether something is wrong with that.
fn source(model: &Model, page: &AlertsSheet) -> (String, bool) {
    let judged = || {
        let snapshot = model.fleet.snapshot.as_ref();
        snapshot.map_or(0, |s| from_here(s, &model.alerts, model.now).1)
    };
    let here =
        || format!("{} judged here from what hosts and metrics say", several(judged(), "rule"));
    let age =
        |manager: &Manager| figures::coarse_age(model.now.duration_since(manager.at).as_secs_f64());
    match (&page.manager, page.manager()) {
        (Asked::Failed(problem), Some(manager)) => {
            (format!("▲ {}; shown is what it said {} ago", problem.message, age(manager)), true)
        }
        (Asked::Failed(problem), None) => (format!("▲ {}; {}", problem.message, here()), true),
        (_, Some(manager)) => {
            let silences = several(manager.silences.len(), "silence");
            let odd = match manager.n_odd {
                0 => String::new(),
                n => format!(", {n} could not be read"),
            };
            let text = format!("from {}, {} ago · {silences}{odd}", manager.url, age(manager));
            (text, false)
        }
        (Asked::Waiting(_), None) => {
            (format!("{} asking the Alertmanager; {}", badge::spinner(model.now), here()), false)
        }
        (Asked::Known(_), None) => {
            (format!("{}; no Alertmanager (bunker_alertmanager_url)", here()), false)
        }
    }
}

fn nothing(model: &Model, seen: &Sheet, page: &AlertsSheet) -> String {
    if model.fleet.snapshot.is_none() {
        "waiting for the first look at the fleet".to_owned()
    } else if !seen.filter.is_empty() {
        sheet::shows_all(model, "alert", &seen.filter, &seen.order)
    } else if page.manager().is_some() {
        "nothing fires, by the Alertmanager and by the rules here".to_owned()
    } else {
        "nothing fires, and every rule could be judged that has something to go by".to_owned()
    }
}

/// What is known of an alert.
fn told(model: &Model, page: &AlertsSheet, alert: &Alert) -> Vec<(&'static str, String, Role)> {
    let rule = Rule::named(alert.name.as_str());
    let (glyph, role) = look(alert);
    let by = match alert.origin {
        Origin::Alertmanager => "says the Alertmanager",
        Origin::Here if page.manager().is_some() => {
            "judged here; the Alertmanager does not tell of it"
        }
        Origin::Here => "judged here",
    };
    let zone = |at: Timestamp| at.to_zoned(model.zone.clone()).strftime("%F %H:%M").to_string();
    let state = match alert.since {
        Some(at) => format!("{glyph} {} since {}, {by}", alert.state.word(), zone(at)),
        None => format!("{glyph} {}, {by}", alert.state.word()),
    };
    let waits = rule.filter(|r| r.for_s > 0 && alert.state == State::Pending);
    let waits = waits.map(|r| format!("fires once it held for {}", figures::age(r.for_s.into())));
    let silence = alert.silence.as_ref().map(|why| {
        let id = alert.silence_id.as_ref();
        let until = id.and_then(|id| page.manager()?.silences.iter().find(|s| s.id == *id));
        let until = until.map(|s| format!(", until {}, fits {}", zone(s.until), s.fits));
        format!("{why}{}", until.unwrap_or_default())
    });
    let end = end_of_silence(model, page, alert);
    let next = match rule {
        Some(rule) if rule.name == BACKUP_STALE => format!(
            "{} backs it up now; `bunker doctor` looks at its cron job",
            model.key(Action::Backup)
        ),
        Some(rule) => rule.fix.to_owned(),
        None if alert.host.is_some() => {
            format!("{} opens the instance", model.key(Action::Open))
        }
        None => String::new(),
    };
    vec![
        ("what", alert.text.to_string(), Role::Strong),
        ("state", state, role),
        ("these", who(alert), Role::Text),
        ("means", rule.map_or("", |r| r.means).to_owned(), Role::Text),
        ("pending", waits.unwrap_or_default(), Role::Text),
        ("silent", silence.unwrap_or_default(), Role::Text),
        ("end it", end.unwrap_or_default(), Role::Dim),
        ("next", next, Role::Text),
    ]
}

/// How the silence of an alert is ended, where it has one in the Alertmanager.
fn end_of_silence(model: &Model, page: &AlertsSheet, alert: &Alert) -> Option<String> {
    let id = alert.silence_id.as_ref()?;
    let held = page.manager()?.silences.iter().find(|silence| silence.id == *id)?;
    Some(match (held.window(), model.operate.is_some()) {
        (Some(window), _) => {
            format!("with window {window}: {} shows windows", model.key(Action::Windows))
        }
        (None, true) => format!("{} ends it, after it has asked", model.key(Action::EndSilence)),
        (None, false) => format!("bunker silence end {id}"),
    })
}
