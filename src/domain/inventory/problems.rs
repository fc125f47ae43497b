//! Collecting problems: the same one at the same place is told once, with the hosts that it costs.

use std::collections::BTreeMap;

use super::variable::Place;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

/// How many hosts a message names before it counts them.
const NAMED: usize = 3;

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems {
    found: BTreeMap<(Place, String), Problem>,
    fatal: bool,
}

#[derive(Debug)]
struct Problem {
    severity: Severity,
    hint: Option<String>,
    hosts: Vec<HostId>,
}

impl Problems {
    /// Something that is probably not meant.
    pub fn warn(&mut self, at: &Place, message: impl Into<String>, hint: Option<&str>) {
        self.add(Severity::Warning, at, message.into(), hint, None);
    }

    /// Something because of which a part of a file counts for nothing.
    pub fn error(&mut self, at: &Place, message: impl Into<String>, hint: Option<&str>) {
        self.add(Severity::Error, at, message.into(), hint, None);
    }

    /// Something because of which no fleet can be made.
    pub fn fatal(&mut self, at: &Place, message: impl Into<String>, hint: Option<&str>) {
        self.fatal = true;
        self.error(at, message, hint);
    }

    /// Something because of which one host is left out.
    pub fn lose(&mut self, host: &HostId, at: &Place, message: String, hint: Option<&str>) {
        self.add(Severity::Error, at, message, hint, Some(host));
    }

    /// Takes over problems of what counts for all hosts: they cost no single host, but the fleet.
    pub fn take_as_fatal(&mut self, other: Self) {
        for ((place, message), problem) in other.found {
            let hint = problem.hint.as_deref();
            match problem.severity {
                Severity::Error => self.fatal(&place, message, hint),
                Severity::Warning => self.warn(&place, message, hint),
            }
        }
    }

    /// Takes over what was found elsewhere, as if it had been found here next.
    pub fn take(&mut self, other: Self) {
        self.fatal |= other.fatal;
        for ((place, message), problem) in other.found {
            let hint = problem.hint.as_deref();
            self.add(problem.severity, &place, message.clone(), hint, None);
            for host in &problem.hosts {
                self.add(problem.severity, &place, message.clone(), hint, Some(host));
            }
        }
    }

    /// Whether no fleet can be made.
    pub fn is_fatal(&self) -> bool {
        self.fatal
    }

    fn add(
        &mut self,
        severity: Severity,
        at: &Place,
        message: String,
        hint: Option<&str>,
        host: Option<&HostId>,
    ) {
        let new = || Problem { severity, hint: hint.map(str::to_owned), hosts: Vec::new() };
        let problem = self.found.entry((at.clone(), message)).or_insert_with(new);
        problem.severity = problem.severity.max(severity);
        problem.hosts.extend(host.filter(|h| !problem.hosts.contains(h)).cloned());
    }

    /// All of them, by file, line and column.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let make = |((place, message), problem): ((Place, String), Problem)| Diagnostic {
            severity: problem.severity,
            file: Safe::line(&place.file),
            line: place.line,
            column: place.column,
            message: Safe::line(&format!("{message}{}", cost(&problem.hosts))),
            hint: problem.hint.as_deref().map(Safe::line),
        };
        self.found.into_iter().map(make).collect()
    }
}

/// Which hosts a problem costs, as the end of a message.
fn cost(hosts: &[HostId]) -> String {
    let named: Vec<&str> = hosts.iter().take(NAMED).map(HostId::as_str).collect();
    match hosts.len().saturating_sub(NAMED) {
        0 if named.is_empty() => String::new(),
        0 => format!(" (leaves out {})", named.join(", ")),
        more => format!(" (leaves out {} and {more} more)", named.join(", ")),
    }
}
