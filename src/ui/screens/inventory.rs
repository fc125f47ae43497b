//! The inventory: groups, hosts, and the variables of a host with the place each comes from. No secret is here.

use ratatui::layout::Rect;

use super::choice::{self, Around};
use super::sheet::{self, Column, Frame, Places, Tally};
use crate::app::action::{Action, Place};
use crate::app::choice_pages::Asked;
use crate::app::model::Model;
use crate::app::sheet::Sheet;
use crate::app::sheet_rows::{self, InventoryRow};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::{InventoryTold, VariableTold};
use crate::ui::canvas::Canvas;
use crate::ui::text::{cut_front, several};
use crate::ui::theme::Role;

const HOSTS: [Column; 6] = [
    Column::left("NAME", 21, 0),
    Column::left("ADDRESS", 24, 1),
    Column::left("DOMAIN", 22, 3),
    Column::right("TIER", 4, 5),
    Column::left("REF", 10, 4),
    Column::left("GROUPS", 12, 0).growing(),
];

const VARIABLES: [Column; 4] = [
    Column::left("VARIABLE", 26, 0),
    Column::left("VALUE", 20, 0).growing_to(72),
    Column::left("GIVEN BY", 18, 1),
    Column::left("AT", 34, 2).growing(),
];

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    told: &Asked<InventoryTold>,
    area: Rect,
) {
    let rows = sheet_rows::inventory(seen);
    let files = model.fleet.snapshot.as_ref().map(|s| &s.inventory);
    let problems = files.map_or(0, |files| files.problems.len());
    let known = told.known();
    let (groups, hosts) = known.map_or((0, 0), |t| (t.groups.len(), t.hosts.len()));
    let hint = match files.and_then(|f| f.refused.as_ref()) {
        Some(refused) => format!("▲ the last good inventory is in use: {}", refused.problem),
        None => "enter on a host shows its variables, on a group its hosts".to_owned(),
    };
    let count = sheet::count(rows.len(), groups + hosts, seen, "row");
    let words = Around {
        head: sheet::head(
            model,
            "inventory",
            &[
                Tally("◆", groups, ("groups", "groups"), Role::Text),
                Tally("·", hosts, ("hosts", "hosts"), Role::Text),
                Tally("▲", problems, ("problems in its files", "problems"), Role::Degraded),
            ],
        ),
        hint: &hint,
        titles: sheet::sheet_titles("Groups and hosts", seen, &count),
        detail: "That row",
        foot: String::new(),
    };
    let none = if seen.filter.is_empty() {
        let add = model.key_at(Action::AddInstance, Place::Fleet);
        format!("the inventory names no host: {add} on the fleet page adds one")
    } else {
        sheet::shows_all(model, "group or host", &seen.filter, &seen.order)
    };
    let none = (known.is_some() && rows.is_empty()).then_some(none);
    let none = none.as_deref();
    let columns = columns(known);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    choice::waiting(canvas, model, told, "reading the inventory", list);
    for (y, row) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        draw_row(canvas, (&places, known), (list.x, y), row);
    }
    if let Some(row) = rows.get(seen.cursor.selected) {
        choice::facts(canvas, detail, &about(row, files.map(|f| f.problems.as_slice())));
    }
}

/// The columns, as wide as the names, the addresses and the domains of the whole inventory where there is room.
fn columns(told: Option<&InventoryTold>) -> [Column; 6] {
    let Some(told) = told else { return HOSTS };
    let groups = told.groups.iter().map(|g| g.name.as_str());
    let mut names = told.hosts.iter().map(|h| h.id.as_str()).chain(groups);
    let mut addresses = told.hosts.iter().map(|h| h.address.as_str());
    let instances = told.hosts.iter().filter_map(|h| h.instance.as_ref());
    let mut domains = instances.map(|(domain, ..)| domain.as_str());
    sheet::fitted(HOSTS, [(0, &mut names), (1, &mut addresses), (2, &mut domains)])
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    (places, told): (&Places, Option<&InventoryTold>),
    (x, y): (u16, u16),
    row: &InventoryRow<'_>,
) {
    match row {
        InventoryRow::Group(group) => {
            canvas.put(x, y, 1, "◆", Role::Accent);
            places.put(canvas, y, 0, group.name.as_str(), Role::Strong);
            places.put(canvas, y, 1, &several(group.n_hosts, "host"), Role::Text);
            let below = names(&group.children);
            if !below.is_empty() {
                places.put(canvas, y, 5, &format!("holds {below}"), Role::Dim);
            }
        }
        InventoryRow::Host(host) if host.left_out => {
            canvas.put(x, y, 1, "▼", Role::Down);
            places.put(canvas, y, 0, host.id.as_str(), Role::Text);
            places.put(canvas, y, 1, "left out: cannot be used", Role::Down);
            places.put(canvas, y, 5, &names(&telling(&host.groups, told)), Role::Dim);
        }
        InventoryRow::Host(host) => {
            canvas.put(x, y, 1, "·", Role::Dim);
            places.put(canvas, y, 0, host.id.as_str(), Role::Text);
            // Without its port an address is another one.
            let room = places.place(1).map_or(0, |(_, w)| usize::from(w));
            places.put(canvas, y, 1, &cut_front(host.address.as_str(), room), Role::Text);
            if let Some((domain, tier, reference)) = &host.instance {
                places.put(canvas, y, 2, domain.as_str(), Role::Text);
                places.put(canvas, y, 3, &tier.to_string(), Role::Text);
                places.put(canvas, y, 4, reference.as_str(), Role::Text);
            } else {
                places.put(canvas, y, 2, "no instance", Role::Dim);
            }
            places.put(canvas, y, 5, &names(&telling(&host.groups, told)), Role::Dim);
        }
    }
}

fn names(groups: &[GroupName]) -> String {
    groups.iter().map(GroupName::as_str).collect::<Vec<_>>().join(", ")
}

/// Groups of a host, the smallest first: that all belong to one tells least.
fn telling(groups: &[GroupName], told: Option<&InventoryTold>) -> Vec<GroupName> {
    let size = |name: &GroupName| {
        told.and_then(|t| t.groups.iter().find(|g| &g.name == name)).map_or(0, |g| g.n_hosts)
    };
    let mut groups = groups.to_vec();
    groups.sort_by_key(size);
    groups
}

type Fact = (&'static str, String, Role);

fn about(row: &InventoryRow<'_>, problems: Option<&[crate::domain::untrusted::Safe]>) -> Vec<Fact> {
    let problem = problems.and_then(<[_]>::first).map(ToString::to_string).unwrap_or_default();
    let mut facts = match row {
        InventoryRow::Group(group) => {
            let hosts: Vec<&str> = group.hosts.iter().map(HostId::as_str).collect();
            vec![
                (
                    "group",
                    format!("{}: {}", group.name, several(group.n_hosts, "host")),
                    Role::Strong,
                ),
                ("hosts", hosts.join(", "), Role::Text),
                ("holds", names(&group.children), Role::Text),
                ("limit", format!("--limit {}", group.name), Role::Dim),
            ]
        }
        InventoryRow::Host(host) => {
            let state = if host.left_out {
                "something about it cannot be used, so nothing is ever done to it".to_owned()
            } else {
                String::new()
            };
            let vars = format!("bunker inventory vars {}", host.id);
            vec![
                ("host", format!("{}  {}", host.id, host.address), Role::Strong),
                ("left out", state, Role::Down),
                ("groups", names(&host.groups), Role::Text),
                ("same as", vars, Role::Dim),
            ]
        }
    };
    facts.push(("problem", problem, Role::Degraded));
    facts
}

pub(super) fn variables(
    canvas: &mut Canvas<'_>,
    model: &Model,
    seen: &Sheet,
    (host, told): (&HostId, &Asked<Vec<VariableTold>>),
    area: Rect,
) {
    let rows = sheet_rows::variables(seen);
    let all = told.known().map_or(0, Vec::len);
    let count = sheet::count(rows.len(), all, seen, "variable");
    let secrets = told.known().into_iter().flatten().filter(|v| v.value.is_none()).count();
    let words = Around {
        head: vec![
            (" variables  ".to_owned(), Role::Accent),
            (host.to_string(), Role::Header),
            (format!("   {}", several(secrets, "secret")), Role::Dim),
        ],
        hint: "after precedence; each with its file and line; secrets are never shown",
        titles: sheet::sheet_titles("Variables, by name", seen, &count),
        detail: "That variable",
        foot: String::new(),
    };
    let none = if seen.filter.is_empty() {
        format!("no variable here: {} goes back", model.key(Action::Back))
    } else {
        sheet::shows_all(model, "variable", &seen.filter, &seen.order)
    };
    let none = (told.known().is_some() && rows.is_empty()).then_some(none);
    let none = none.as_deref();
    let mut names = told.known().into_iter().flatten().map(|v| v.name.as_str());
    let columns = sheet::fitted(VARIABLES, [(0, &mut names)]);
    let Frame { list, detail, places } = sheet::frame(canvas, model, &words, &columns, none, area);
    choice::waiting(canvas, model, told, "reading the files", list);
    for (y, v) in choice::lines(canvas, list, seen.cursor, rows.iter()) {
        let (text, role) = match &v.value {
            Some(value) => (value.as_str(), Role::Text),
            None => ("<secret>", Role::Dim),
        };
        if v.unresolved.is_some() {
            canvas.put(list.x, y, 1, "▲", Role::Degraded);
        }
        places.put(canvas, y, 0, v.name.as_str(), Role::Strong);
        places.put(canvas, y, 1, text, role);
        places.put(canvas, y, 2, v.given_by.as_str(), Role::Text);
        let room = places.place(3).map_or(0, |(_, w)| usize::from(w));
        places.put(canvas, y, 3, &cut_front(v.at.as_str(), room), Role::Dim);
    }
    if let Some(v) = rows.get(seen.cursor.selected) {
        let value = match (&v.value, v.generation) {
            (Some(value), _) => value.to_string(),
            (None, Some(n)) => format!("<secret>, generation {n}"),
            (None, None) => "<secret>".to_owned(),
        };
        let open = v.unresolved.as_ref().map(ToString::to_string).unwrap_or_default();
        let facts = [
            ("name", v.name.to_string(), Role::Strong),
            ("value", value, Role::Text),
            ("given by", format!("{} at {}", v.given_by, v.at), Role::Text),
            ("template", open, Role::Degraded),
        ];
        choice::facts(canvas, detail, &facts);
    }
}
