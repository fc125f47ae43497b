//! `bunker_*` of a host as one of many targets: batches, order, budgets, maintenance.

use std::str::FromStr;

use serde_json::Value;

use super::reader::Reader;
use crate::domain::plan::strategy::{Amount, InvalidStrategy, RolloutSettings};
use crate::domain::untrusted::Safe;

const DAY: u64 = 86_400;

/// How a host is treated. A value that cannot be used was said; then the result counts for nothing.
pub(super) fn rollout(r: &mut Reader<'_>) -> RolloutSettings {
    let usual = RolloutSettings::default();
    let parallel = r.whole("bunker_parallel", (1, 100)).and_then(|n| u32::try_from(n).ok());
    RolloutSettings {
        serial: serial(r).unwrap_or(usual.serial),
        order: written(r, "bunker_order").unwrap_or(usual.order),
        parallel: parallel.unwrap_or(usual.parallel),
        max_failed: written(r, "bunker_max_failed").unwrap_or(usual.max_failed),
        max_unreachable: written(r, "bunker_max_unreachable").unwrap_or(usual.max_unreachable),
        progress_deadline_s: r
            .whole("bunker_progress_deadline_s", (0, 7 * DAY))
            .unwrap_or(usual.progress_deadline_s),
        maintenance: maintenance(r),
    }
}

/// One size or a list of them. A number is so many targets, as in Ansible.
fn serial(r: &mut Reader<'_>) -> Option<Vec<Amount>> {
    let name = "bunker_serial";
    let items: Vec<&Value> = match r.value(name)? {
        Value::Array(items) => items.iter().collect(),
        one @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)) => vec![one],
    };
    let amounts: Result<Vec<Amount>, InvalidStrategy> = items.into_iter().map(read).collect();
    match amounts {
        Ok(amounts) if amounts.is_empty() => {
            r.refuse(name, format!("{name} is an empty list"), Some("write a size, such as 25%"));
            None
        }
        Ok(amounts) => Some(amounts),
        Err(error) => {
            r.refuse(name, format!("{name}: {error}"), Some("such as 25%, 2, or [1, 5, 20%]"));
            None
        }
    }
}

fn written<T: FromStr<Err = InvalidStrategy>>(r: &mut Reader<'_>, name: &str) -> Option<T> {
    match read(r.value(name)?) {
        Ok(value) => Some(value),
        Err(error) => {
            r.refuse(name, format!("{name}: {error}"), None);
            None
        }
    }
}

fn read<T: FromStr<Err = InvalidStrategy>>(value: &Value) -> Result<T, InvalidStrategy> {
    match value {
        Value::String(text) => text.parse(),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => other.to_string().parse(),
    }
}

/// `true`, or the reason as a text; no, an empty text or nothing is no maintenance.
fn maintenance(r: &mut Reader<'_>) -> Option<Safe> {
    let name = "bunker_maintenance";
    let text = match r.value(name)? {
        Value::Bool(on) => return on.then(|| Safe::line("no reason is given")),
        Value::String(text) => text.trim(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            r.refuse(name, format!("{name} wants true, false or a reason"), None);
            return None;
        }
    };
    match text.to_ascii_lowercase().as_str() {
        "" | "no" | "false" | "off" => None,
        "yes" | "true" | "on" => Some(Safe::line("no reason is given")),
        _ => Some(Safe::line(text)),
    }
}
