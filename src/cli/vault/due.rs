//! `bunker secrets due`.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::wiring;
use crate::adapters::vault;
use crate::domain::secret::due::Due;
use crate::engine::ports::Clock as _;

/// Names what is due, by what everybody can read of the vaults.
pub(super) fn due(context: &Context, soon: u16) -> Result<Exit, Trouble> {
    let mut all = vault::due(&context.inventory, &wiring::keys(), wiring::clock().now())?;
    all.retain(|due| due.is_due_within(i64::from(soon)));
    let is_due = all.iter().any(Due::is_due);
    if context.json {
        print_json(&all.iter().map(json).collect::<Vec<_>>())?;
    } else if all.is_empty() {
        print("no secret is due\n")?;
    } else {
        let head = ["OF", "NAME", "GENERATION", "AGE", "DUE", "HOW"].map(str::to_owned).to_vec();
        print(&columns(&std::iter::once(head).chain(all.iter().map(row)).collect::<Vec<_>>()))?;
    }
    Ok(if is_due { Exit::Findings } else { Exit::Ok })
}

fn row(due: &Due) -> Vec<String> {
    vec![
        due.owner.to_string(),
        due.name.to_string(),
        due.generation.to_string(),
        format!("{} days", due.age_days),
        due.when(),
        due.how(),
    ]
}

fn json(due: &Due) -> serde_json::Value {
    json!({
        "owner": due.owner.to_string(), "name": due.name, "generation": due.generation,
        "age_days": due.age_days, "due_in_days": due.in_days, "seen_by_removed": due.seen, "how": due.how(),
    })
}
