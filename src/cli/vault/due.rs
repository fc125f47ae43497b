//! `bunker secrets due`.

use jiff::Timestamp;
use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::{columns, print, print_json};
use super::super::wiring;
use super::owners;
use crate::adapters::vault::{Entry, Owner, VaultFile};
use crate::domain::secret::SecretName;
use crate::domain::secret::catalogue::{Method, known};
use crate::engine::ports::Clock;

const DAY_S: i64 = 86_400;

struct Due {
    owner: Owner,
    name: SecretName,
    generation: u32,
    age_days: i64,
    /// Days until it is due; negative where it was.
    in_days: Option<i64>,
    seen: bool,
}

/// Names what is due, by what everybody can read of the vaults.
pub(super) fn due(context: &Context, soon: u16) -> Result<Exit, Trouble> {
    let now = wiring::clock().now();
    let keys = wiring::keys();
    let mut all = Vec::new();
    for owner in owners::all(context)? {
        let document = VaultFile::of(&context.inventory, &owner, &keys).look()?;
        for (name, entry) in document.unwrap_or_default().secrets {
            all.push(look(now, owner.clone(), name, &entry));
        }
    }
    all.retain(|due| due.seen || due.in_days.is_some_and(|days| days <= i64::from(soon)));
    all.sort_by_key(|due| (!due.seen, due.in_days));
    let is_due = all.iter().any(|due| due.seen || due.in_days.is_some_and(|days| days <= 0));
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

fn look(now: Timestamp, owner: Owner, name: SecretName, entry: &Entry) -> Due {
    let age_days = (now.as_second() - entry.rotated.as_second()) / DAY_S;
    let every = known(&name).and_then(|row| row.every_days);
    Due {
        owner,
        name,
        generation: entry.generation,
        age_days,
        in_days: every.map(|days| i64::from(days) - age_days),
        seen: !entry.seen_by.is_empty(),
    }
}

fn how(due: &Due) -> String {
    match known(&due.name).map(|row| row.method) {
        Some(Method::ByHand(how)) => how.to_owned(),
        Some(Method::Settings | Method::Redis | Method::Database) => {
            format!("bunker rotate-secrets {} --secret {}", due.owner, due.name)
        }
        None => "bunker vault set, then bunker configure".to_owned(),
    }
}

fn when(due: &Due) -> String {
    match due.in_days {
        _ if due.seen => "now: a removed recipient has seen it".to_owned(),
        Some(days) if days < 0 => format!("since {} days", -days),
        Some(0) => "today".to_owned(),
        Some(days) => format!("in {days} days"),
        None => String::new(),
    }
}

fn row(due: &Due) -> Vec<String> {
    vec![
        due.owner.to_string(),
        due.name.to_string(),
        due.generation.to_string(),
        format!("{} days", due.age_days),
        when(due),
        how(due),
    ]
}

fn json(due: &Due) -> serde_json::Value {
    json!({
        "owner": due.owner.to_string(), "name": due.name, "generation": due.generation,
        "age_days": due.age_days, "due_in_days": due.in_days, "seen_by_removed": due.seen, "how": how(due),
    })
}
