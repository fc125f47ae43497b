//! What an import found missing is not written: the file without those statements.

use serde_json::Value;

use super::Desired;
use super::render::places;
use crate::domain::dotenv;
use crate::domain::env::{Applied, Found, Wanted};
use crate::domain::fleet::Host;
use crate::domain::secret::{Part, Sealed, Secrets};
use crate::domain::untrusted::Safe;

/// The variable of the inventory by which a host gets everything that the template names.
const COMPLETE: &str = "cml_env_complete";

impl Desired {
    /// The same without what the host's own file never had, as its import recorded it. A variable of which something else is
    /// wanted meanwhile stays; with `cml_env_complete` all do.
    pub fn for_host(
        self,
        host: &Host,
        on_host: &[Found],
        applied: Option<&Applied>,
        secrets: &Secrets,
    ) -> Result<Self, Safe> {
        let Some(applied) = applied.filter(|a| !a.left_out.is_empty()) else { return Ok(self) };
        if host.vars.get(COMPLETE).is_some_and(is_on) {
            return Ok(self);
        }
        let missing = |w: &Wanted| {
            applied.left_out.get(&w.name) == Some(&w.shape)
                && on_host.iter().all(|f| f.name != w.name)
        };
        let (left_out, variables): (Vec<Wanted>, Vec<Wanted>) =
            self.variables.into_iter().partition(missing);
        let file = without(&self.file, &left_out, secrets)?;
        Ok(Self { file, variables, left_out })
    }
}

/// A truth value as inventories write it.
fn is_on(value: &Value) -> bool {
    let text = value.as_str().map(|text| text.trim().to_ascii_lowercase());
    value == &Value::Bool(true) || matches!(text.as_deref(), Some("true" | "yes" | "on" | "1"))
}

/// The file without these statements and the ends of their lines.
fn without(file: &Sealed, names: &[Wanted], secrets: &Secrets) -> Result<Sealed, Safe> {
    let text = file.open(secrets).map_err(|e| Safe::line(&e.to_string()))?;
    let parsed = dotenv::parse(text.expose());
    let gone: Vec<(usize, usize)> = parsed
        .entries()
        .filter(|entry| names.iter().any(|w| w.name == entry.name))
        .map(|entry| {
            let end = entry.at + entry.raw.len();
            let line_end = text.expose().get(end..).is_some_and(|rest| rest.starts_with('\n'));
            (entry.at, end + usize::from(line_end))
        })
        .collect();
    let is_gone = |at: usize| gone.iter().any(|(from, to)| *from <= at && at < *to);
    let mut parts = Vec::new();
    let places = places(file, secrets).map_err(|(_, why)| Safe::line(&why))?;
    for (part, (at, _)) in file.parts.iter().zip(places) {
        match part {
            Part::Secret { .. } if is_gone(at) => {}
            Part::Secret { .. } => parts.push(part.clone()),
            Part::Text(text) => {
                let kept = text.char_indices().filter(|(n, _)| !is_gone(at + n)).map(|(_, c)| c);
                parts.push(Part::Text(kept.collect()));
            }
        }
    }
    Sealed::seal(parts, secrets).map_err(|e| Safe::line(&e.to_string()))
}
