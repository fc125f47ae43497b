//! What can be copied on the pages with one list.

use super::copy::Offer;
use super::model::Model;
use super::sheet::{Pair, Sheet, SheetOf};
use super::sheet_rows::{self, InventoryRow};

/// The command line that says the same, the value of the selected row, the row, and how its host is reached.
pub(super) fn offers(model: &Model, sheet: &Sheet) -> Vec<Offer> {
    let command = command(model, sheet).map(|text| Offer::new('c', "command line", &text));
    let value = value(model, sheet).map(|(label, text)| Offer::new('v', label, &text));
    let row = row(model, sheet).map(|text| Offer::new('r', "row", &text));
    let ssh = ssh(model, sheet).map(|text| Offer::new('s', "ssh command", &text));
    [command, value, row, ssh].into_iter().flatten().collect()
}

/// What people want of the selected row alone, and what it is.
fn value(model: &Model, sheet: &Sheet) -> Option<(&'static str, String)> {
    let at = sheet.cursor.selected;
    Some(match &sheet.of {
        // A secret has no value here, so that it cannot be copied.
        SheetOf::Variables(..) => {
            let rows = sheet_rows::variables(sheet);
            ("value", rows.get(at)?.value.as_ref()?.to_string())
        }
        SheetOf::Doctor(..) => {
            let rows = sheet_rows::findings(sheet);
            ("fix", rows.get(at)?.fix.as_ref()?.to_string())
        }
        SheetOf::Inventory(_) => match sheet_rows::inventory(sheet).get(at)? {
            InventoryRow::Group(group) => ("name", group.name.to_string()),
            InventoryRow::Host(host) => ("name", host.id.to_string()),
        },
        SheetOf::Backups(_)
        | SheetOf::Alerts(_)
        | SheetOf::Leases(_)
        | SheetOf::Charts(_)
        | SheetOf::FleetCharts(_) => ("name", sheet_rows::selected_host(model, sheet)?.to_string()),
        SheetOf::Timeline(..) => {
            let change = sheet_rows::timeline(model, sheet).into_iter().nth(at)?;
            ("time", change.at.to_string())
        }
        SheetOf::Windows | SheetOf::Compare(_) | SheetOf::Panes(_) => return None,
    })
}

/// The command line that opens a shell on the host of the selected row.
fn ssh(model: &Model, sheet: &Sheet) -> Option<String> {
    if let SheetOf::Inventory(_) = sheet.of {
        return match sheet_rows::inventory(sheet).get(sheet.cursor.selected)? {
            InventoryRow::Host(host) => host.ssh.as_ref().map(ToString::to_string),
            InventoryRow::Group(_) => None,
        };
    }
    let host = sheet_rows::selected_host(model, sheet)?;
    Some(model.fleet.instance(&host)?.connection.as_ref()?.ssh_command())
}

fn command(model: &Model, sheet: &Sheet) -> Option<String> {
    Some(match &sheet.of {
        SheetOf::Backups(_) => {
            format!("bunker backup list {}", sheet_rows::selected_host(model, sheet)?)
        }
        SheetOf::Alerts(_) => "bunker alerts".to_owned(),
        SheetOf::Windows => "bunker window list".to_owned(),
        SheetOf::Leases(_) => match sheet_rows::selected_host(model, sheet) {
            Some(host) => format!("bunker lease show {host}"),
            None => "bunker lease list".to_owned(),
        },
        SheetOf::Inventory(_) => "bunker inventory list".to_owned(),
        SheetOf::Variables(host, _) => format!("bunker inventory vars {host}"),
        SheetOf::Doctor(..) => "bunker doctor".to_owned(),
        SheetOf::Compare(page) => match &page.pair {
            Pair::Instances(a, b) => format!("bunker compare {a} {b}"),
            Pair::Releases(a, b) => format!("bunker compare {} {}", a.short(), b.short()),
        },
        SheetOf::Charts(page) => format!("bunker snapshot charts --host {}", page.host),
        SheetOf::FleetCharts(_) => "bunker snapshot fleet-charts".to_owned(),
        SheetOf::Timeline(host, _) => format!("bunker timeline {host}"),
        SheetOf::Panes(page) => format!("bunker logs {}", page.run),
    })
}

fn row(model: &Model, sheet: &Sheet) -> Option<String> {
    let at = sheet.cursor.selected;
    Some(match &sheet.of {
        SheetOf::Backups(_) | SheetOf::Charts(_) | SheetOf::FleetCharts(_) => {
            sheet_rows::selected_host(model, sheet)?.to_string()
        }
        SheetOf::Panes(_) => sheet.selected.clone()?,
        SheetOf::Timeline(..) => {
            let change = sheet_rows::timeline(model, sheet).into_iter().nth(at)?;
            format!("{}  {}  {}", change.at, change.what, change.why)
        }
        SheetOf::Alerts(_) => {
            let a = sheet_rows::alerts(model, sheet).into_iter().nth(at)?;
            format!("{}  {}  {}  {}", a.state.word(), a.name, a.of, a.text)
        }
        SheetOf::Windows => {
            let row = sheet_rows::windows(model, sheet).into_iter().nth(at)?;
            format!("{}  {}", row.window.name, row.window)
        }
        SheetOf::Leases(_) => {
            let (of, standing) = sheet_rows::leases(model, sheet).into_iter().nth(at)?;
            format!("{of}  {}", standing.who())
        }
        SheetOf::Inventory(_) => match sheet_rows::inventory(sheet).get(at)? {
            InventoryRow::Group(group) => group.name.to_string(),
            InventoryRow::Host(host) => format!("{}  {}", host.id, host.address),
        },
        SheetOf::Variables(..) => {
            let rows = sheet_rows::variables(sheet);
            let v = rows.get(at)?;
            let value = v.value.as_ref().map_or("<secret>", |value| value.as_str());
            format!("{}: {value}  ({})", v.name, v.at)
        }
        SheetOf::Doctor(..) => {
            let rows = sheet_rows::findings(sheet);
            let f = rows.get(at)?;
            let fix = f.fix.as_ref().map(|fix| format!("; fix: {fix}")).unwrap_or_default();
            format!("{}  {}  {}{fix}", f.place, f.check, f.found)
        }
        SheetOf::Compare(_) => {
            let lines = sheet_rows::compared(model, sheet, |value, _| value.to_string());
            let line = lines.get(at)?;
            format!("{}: {} | {}", line.what, line.left, line.right)
        }
    })
}
