//! What can be copied on the pages with one list.

use super::copy::Offer;
use super::model::Model;
use super::sheet::{Pair, Sheet, SheetOf};
use super::sheet_rows::{self, InventoryRow};

/// The command line that says the same, and the selected row.
pub(super) fn offers(model: &Model, sheet: &Sheet) -> Vec<Offer> {
    let (command, row) = (command(model, sheet), row(model, sheet));
    let command = command.map(|text| Offer::new('c', "command line", &text));
    command.into_iter().chain(row.map(|text| Offer::new('r', "row", &text))).collect()
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
        SheetOf::Panes(page) => format!("bunker logs {}", page.run),
    })
}

fn row(model: &Model, sheet: &Sheet) -> Option<String> {
    let at = sheet.cursor.selected;
    Some(match &sheet.of {
        SheetOf::Backups(_) | SheetOf::Charts(_) => {
            sheet_rows::selected_host(model, sheet)?.to_string()
        }
        SheetOf::Panes(_) => sheet.selected.clone()?,
        SheetOf::Alerts(_) => {
            let a = sheet_rows::alerts(model, sheet).into_iter().nth(at)?;
            format!("{}  {}  {}  {}", a.state.word(), a.name, a.of, a.text)
        }
        SheetOf::Windows => {
            let row = sheet_rows::windows(model, sheet).into_iter().nth(at)?;
            format!("{}  {}", row.window.name, row.window)
        }
        SheetOf::Leases(_) => {
            let (of, standing) = sheet_rows::leases(sheet).into_iter().nth(at)?;
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
