//! Who holds what: since when, how far, and until when.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Places, Tally};
use crate::app::action::{Action, Place};
use crate::app::holds::{HoldOf, Holds, Standing};
use crate::app::model::Model;
use crate::app::sheet::Sheet;
use crate::app::sheet_rows;
use crate::domain::lease::{Lease, LeaseLook};
use crate::ui::canvas::Canvas;
use crate::ui::figures;
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

const COLUMNS: [Column; 6] = [
    Column::left("WHAT", 14, 0),
    Column::left("HELD BY", 24, 0),
    Column::right("FOR", 5, 3),
    Column::left("AT", 18, 1),
    Column::right("HEARD", 5, 4),
    Column::right("ENDS IN", 8, 2),
];

pub(in crate::ui) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    page: &Holds,
    area: Rect,
) {
    let rows = sheet_rows::leases(model, seen);
    let all = page.rows();
    let n = |wanted: fn(&Standing<'_>) -> bool| all.iter().filter(|(_, s)| wanted(s)).count();
    let unknown = n(|s| matches!(s, Standing::Unknown(_)));
    let ago = model.clock.duration_since(page.asked).as_secs().max(0);
    let hint = if page.settled() {
        format!(
            "read {} ago; a plan waits for who holds its targets with {}",
            figures::age(ago as f64),
            model.key_at(Action::WhenFree, Place::Plan)
        )
    } else {
        format!("{} asking {} over ssh", badge::spinner(model.now), page.n_open())
    };
    // A line of the list need not be a lease that somebody has.
    let count = sheet::count(rows.len(), all.len(), seen, "line");
    let words = Around {
        head: sheet::head(
            model,
            "leases",
            &[
                Tally("◐", page.in_the_way().len(), ("held", "held"), Role::Running),
                Tally("?", unknown, ("unknown", "unknown"), Role::Unknown),
            ],
        ),
        hint: &hint,
        titles: sheet::sheet_titles("Who holds what", seen, &count),
        detail: "That lease",
        foot: String::new(),
    };
    let none = if seen.filter.is_empty() {
        "there is no instance that could be held".to_owned()
    } else {
        sheet::shows_all(model, "lease", &seen.filter, &seen.order)
    };
    let none = rows.is_empty().then_some(none);
    let none = none.as_deref();
    let held: Vec<String> = all.iter().map(|(_, standing)| held_by(standing)).collect();
    let mut doing =
        all.iter().filter_map(|(_, standing)| lease_of(standing)).map(|l| l.doing.as_str());
    let columns =
        sheet::fitted(COLUMNS, [(1, &mut held.iter().map(String::as_str)), (3, &mut doing)]);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    for (y, (of, standing)) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let (glyph, role) = look(standing);
        canvas.put(list.x, y, 1, glyph, role);
        places.put(canvas, y, 0, &of.to_string(), Role::Strong);
        row(canvas, model, &places, y, standing);
    }
    if let Some((of, standing)) = rows.get(seen.cursor.selected) {
        choice::facts(canvas, detail, &facts(model, page, of, standing));
    }
}

fn look(standing: &Standing<'_>) -> (&'static str, Role) {
    match standing {
        Standing::Campaign(_) | Standing::Held(..) | Standing::Job(_) => ("◐", Role::Running),
        Standing::Over(_) => ("▲", Role::Degraded),
        Standing::Unknown(_) => ("?", Role::Unknown),
        Standing::Asking => ("·", Role::Waiting),
        Standing::Free => ("○", Role::Dim),
    }
}

fn row(canvas: &mut Canvas<'_>, model: &Model, places: &Places, y: u16, standing: &Standing<'_>) {
    let nobody = matches!(standing, Standing::Unknown(_) | Standing::Asking | Standing::Free);
    places.put(canvas, y, 1, &held_by(standing), if nobody { Role::Dim } else { Role::Text });
    let Some(lease) = lease_of(standing) else { return };
    let job = matches!(standing, Standing::Held(_, Some(_)));
    places.put(canvas, y, 2, &held_for(model, lease), Role::Text);
    places.put(canvas, y, 3, lease.doing.as_str(), Role::Text);
    let heard =
        lease.beat_age_s.map_or_else(|| figures::NONE.to_owned(), |s| figures::age(s as f64));
    places.put(canvas, y, 4, &heard, Role::Text);
    let over = !job && lease.left_s <= 0;
    places.put(canvas, y, 5, &ends(lease, job), if over { Role::Degraded } else { Role::Text });
}

fn lease_of<'a>(standing: &Standing<'a>) -> Option<&'a Lease> {
    match standing {
        Standing::Held(lease, _) | Standing::Over(lease) => Some(lease),
        Standing::Campaign(_)
        | Standing::Job(_)
        | Standing::Unknown(_)
        | Standing::Asking
        | Standing::Free => None,
    }
}

/// Who has it, in one line.
fn held_by(standing: &Standing<'_>) -> String {
    let Some(lease) = lease_of(standing) else { return standing.who() };
    let run = lease.run.as_ref().map(|run| format!("run {} ", run.short())).unwrap_or_default();
    format!("{}, {run}({})", lease.operator, lease.workflow)
}

fn held_for(model: &Model, lease: &Lease) -> String {
    let age = |at: Timestamp| figures::age(model.clock.duration_since(at).as_secs_f64());
    lease.started_at().map_or_else(|| figures::NONE.to_owned(), age)
}

fn ends(lease: &Lease, job: bool) -> String {
    match (job, lease.left_s) {
        (true, _) => "job runs".to_owned(),
        (false, left) if left > 0 => figures::age(left as f64),
        (false, _) => "over".to_owned(),
    }
}

type Fact = (&'static str, String, Role);

fn facts(model: &Model, page: &Holds, of: &HoldOf, standing: &Standing<'_>) -> Vec<Fact> {
    let read: Option<&LeaseLook> = match of {
        HoldOf::Instance(id) => page.read.get(id).and_then(|read| read.as_ref().ok()),
        HoldOf::Fleet => None,
    };
    let before = read.and_then(|look| look.breaks.last()).map(ToString::to_string);
    let (lease, job) = match standing {
        Standing::Held(lease, job) => (Some(*lease), job.map(ToString::to_string)),
        Standing::Over(lease) => (Some(*lease), None),
        Standing::Job(job) => (None, Some(job.to_string())),
        Standing::Campaign(_) | Standing::Unknown(_) | Standing::Asking | Standing::Free => {
            (None, None)
        }
    };
    let to = lease.map(|l| format!("{}, generation {}", l.target, l.generation));
    let key = |action| model.key(action);
    let open = key(Action::Open);
    let next = match standing {
        Standing::Campaign(held) if held.alive => {
            let abort = model.key_at(Action::Abort, Place::Run);
            format!("{open} watches its run, where {abort} ends it")
        }
        Standing::Campaign(_) | Standing::Held(_, None) => {
            format!("{open} watches its run; {} breaks it, with a reason", key(Action::BreakLease))
        }
        Standing::Held(_, Some(_)) | Standing::Job(_) => {
            format!("{open} watches its run; nothing is broken while a job runs there")
        }
        Standing::Over(_) => {
            let breaks = key(Action::BreakLease);
            format!("the next run takes it; {breaks} breaks it, so that its holder is refused")
        }
        Standing::Unknown(_) => {
            let again = key(Action::LookAgain);
            format!("{again} asks again; the page of the instance says why it is silent")
        }
        Standing::Asking | Standing::Free => String::new(),
    };
    vec![
        ("held by", standing.who(), Role::Text),
        ("next", next, Role::Strong),
        ("job", job.unwrap_or_default(), Role::Running),
        ("to", to.unwrap_or_default(), Role::Text),
        ("broken", before.unwrap_or_default(), Role::Dim),
    ]
}
