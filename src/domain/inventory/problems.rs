//! Collecting problems: the same one at the same place is told once, with the hosts that it costs.

use std::collections::BTreeMap;

use super::variable::Place;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::ids::HostId;
use crate::domain::side_by_side::side_by_side;
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

/// The same work for each of many, on all cores; problems are told as if it had been done one after the other.
pub fn for_each<T: Send, R: Send>(
    items: &mut [T],
    problems: &mut Problems,
    work: impl Fn(&mut T, &mut Problems) -> R + Sync,
) -> Vec<R> {
    let made = side_by_side(items, |item| {
        let mut own = Problems::default();
        (work(item, &mut own), own)
    });
    let told = |(made, own)| {
        problems.take(own);
        made
    };
    made.into_iter().map(told).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_many_are_told_as_if_they_had_been_done_one_after_the_other() {
        for n in [0, 1, 64, 65, 1_000] {
            let mut items: Vec<usize> = (1..=n).collect();
            let mut problems = Problems::default();
            let at = Place::file(&"hosts.yml".into());
            let made = for_each(&mut items, &mut problems, |item, problems| {
                problems.lose(&format!("h{item}").parse().unwrap(), &at, "no".into(), None);
                if *item == n {
                    problems.fatal(&at, "the last", None);
                }
                *item
            });
            assert_eq!(made, items);
            assert_eq!(problems.is_fatal(), n > 0);
            let told: Vec<String> =
                problems.into_diagnostics().iter().map(|d| d.message.to_string()).collect();
            assert_eq!(told.len(), 2.min(2 * n), "{told:?}");
            assert!(n < 4 || told[0].contains("h1, h2, h3 and"), "{told:?}");
        }
    }
}
