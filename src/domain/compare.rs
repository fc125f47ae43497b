//! Two instances, or two releases, side by side.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::backups;
use super::facts::{Container, Facts, Part};
use super::figure::Figure;
use super::git::CommitSha;
use super::health::{Health, short_age};
use super::inventory::VariableTold;
use super::signal::{Signal, Unit};
use super::snapshot::{FleetSnapshot, HttpHealth, InstanceView};
use super::untrusted::Safe;

/// What stands where nothing is known.
const NONE: &str = "—";

/// A line: the same thing of both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Which part: `state`, `figures`, `containers`, ...
    pub part: &'static str,
    /// What.
    pub what: Safe,
    /// Of the left side.
    pub left: Safe,
    /// Of the right side.
    pub right: Safe,
    /// Whether they differ in a way that means something.
    pub differs: bool,
}

fn line(part: &'static str, what: &str, left: &str, right: &str) -> Line {
    let (what, left, right) = (Safe::line(what), Safe::line(left), Safe::line(right));
    let differs = left != right;
    Line { part, what, left, right, differs }
}

/// A figure as people read it.
pub type Write = fn(f64, Unit) -> String;

/// Two instances.
pub fn instances(a: &InstanceView, b: &InstanceView, now: Timestamp, write: Write) -> Vec<Line> {
    let both =
        |part, what: &str, of: &dyn Fn(&InstanceView) -> String| line(part, what, &of(a), &of(b));
    let mut lines = vec![
        both("state", "health", &|i| i.verdict.health.word().to_owned()),
        both("state", "reasons", &|i| reasons(i)),
        both("state", "tier", &|i| u8::from(i.tier).to_string()),
        both("state", "groups", &|i| {
            i.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }),
        both("release", "release", &|i| {
            let of = |r: &super::snapshot::RunningRelease| {
                r.reference.as_ref().map_or_else(String::new, ToString::to_string)
            };
            i.release.as_ref().map_or_else(|| NONE.to_owned(), of)
        }),
        both("release", "commit", &|i| {
            i.release.as_ref().map_or(NONE, |r| r.sha.short()).to_owned()
        }),
        both("release", "answers with", &|i| match &i.http {
            HttpHealth::Up { commit: Some(commit), .. } => commit.short().to_owned(),
            HttpHealth::Up { version: Some(version), .. } => version.to_string(),
            HttpHealth::Up { .. } => "200".to_owned(),
            HttpHealth::NotYet => NONE.to_owned(),
            HttpHealth::Failed { .. } => "nothing".to_owned(),
        }),
    ];
    lines.extend(Signal::ALL.iter().map(|signal| {
        let of = |i: &InstanceView| figure(i, *signal, now, write);
        let mut line = line("figures", signal.title(), &of(a), &of(b));
        line.differs = far_apart(value(a, *signal, now), value(b, *signal, now))
            || grade(a, *signal) != grade(b, *signal);
        line
    }));
    lines.extend(facts(a.facts.as_deref(), b.facts.as_deref()));
    lines
}

fn reasons(i: &InstanceView) -> String {
    let all: Vec<String> =
        i.verdict.reasons.iter().map(|r| format!("{}: {}", r.subject, r.text)).collect();
    if all.is_empty() { "nothing is wrong".to_owned() } else { all.join("; ") }
}

fn value(i: &InstanceView, signal: Signal, now: Timestamp) -> Option<f64> {
    if signal == Signal::BackupAge {
        return backups::age_s(i, now);
    }
    i.signals.get(&signal)?.reading.map(|r| r.value)
}

fn figure(i: &InstanceView, signal: Signal, now: Timestamp, write: Write) -> String {
    let Some(value) = value(i, signal, now) else { return NONE.to_owned() };
    let text =
        if signal == Signal::BackupAge { short_age(value) } else { write(value, signal.unit()) };
    let old_s = i.signals.get(&signal).and_then(|f: &Figure| f.age_s(now)).unwrap_or(0.0);
    if old_s > super::catalogue::STALE_S && signal != Signal::BackupAge {
        format!("{text} ({} old)", short_age(old_s))
    } else {
        text
    }
}

/// Whether two values differ by more than half, or one is missing.
fn far_apart(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() > 0.5 * a.abs().max(b.abs()),
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    }
}

/// How bad a figure is: by the reason that rests on it.
fn grade(i: &InstanceView, signal: Signal) -> Option<Health> {
    let reasons = i.verdict.reasons.iter();
    reasons.filter(|r| r.subject.as_str() == signal.title()).map(|r| r.health).next()
}

fn facts(a: Option<&Facts>, b: Option<&Facts>) -> Vec<Line> {
    let mut lines = Vec::new();
    let known = |facts: Option<&Facts>, of: &dyn Fn(&Facts) -> Option<String>| {
        facts.and_then(of).unwrap_or_else(|| NONE.to_owned())
    };
    let mut both = |part, what: &str, of: &dyn Fn(&Facts) -> Option<String>| {
        lines.push(line(part, what, &known(a, of), &known(b, of)));
    };
    both("host", "processors", &|f| Some(f.system.known()?.n_cpus.to_string()));
    both("host", "memory", &|f| Some(gigabytes(f.system.known()?.mem_total_b)));
    both("host", "disk", &|f| Some(gigabytes(f.disk.known()?.total_b)));
    both("checkout", "local changes", &|f| {
        let c = f.checkout.known()?;
        let names: Vec<&str> =
            c.changed.iter().chain(&c.extra).map(|s| s.as_str().trim()).collect();
        Some(if names.is_empty() { "none".to_owned() } else { names.join(", ") })
    });
    both(".env", "settings", &|f| Some(f.env_file.known()?.keys.len().to_string()));
    both(".env", "edited by hand", &|f| {
        let env = f.env_file.known()?;
        let edited = env.applied_sha256.as_ref()? != &env.sha256;
        Some(if edited { "yes" } else { "no" }.to_owned())
    });
    lines.extend(env_keys(a, b));
    lines.extend(containers(a, b));
    lines
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.0} GB", bytes as f64 / 1e9)
}

/// Settings that only one of them has.
fn env_keys(a: Option<&Facts>, b: Option<&Facts>) -> Vec<Line> {
    let keys = |facts: Option<&Facts>| -> Option<BTreeSet<Safe>> {
        Some(facts?.env_file.known()?.keys.iter().cloned().collect())
    };
    let (Some(a), Some(b)) = (keys(a), keys(b)) else { return Vec::new() };
    let word = |has: bool| if has { "set" } else { "not set" };
    let one = |key: &Safe| line(".env", key.as_str(), word(a.contains(key)), word(b.contains(key)));
    a.symmetric_difference(&b).map(one).collect()
}

fn containers(a: Option<&Facts>, b: Option<&Facts>) -> Vec<Line> {
    let all = |facts: Option<&Facts>| -> Vec<Container> {
        let stack = facts.map(|f| &f.stack).and_then(Part::known);
        stack.map(|s| s.containers.clone()).unwrap_or_default()
    };
    let (a, b) = (all(a), all(b));
    let services: BTreeSet<&Safe> = a.iter().chain(&b).map(|c| &c.service).collect();
    let of = |all: &[Container], service: &Safe| {
        let found = all.iter().find(|c| &c.service == service);
        found.map_or_else(|| "none".to_owned(), state)
    };
    services.into_iter().map(|s| line("containers", s.as_str(), &of(&a, s), &of(&b, s))).collect()
}

fn state(c: &Container) -> String {
    let health =
        if c.health.as_str().is_empty() { String::new() } else { format!(" {}", c.health) };
    let restarts =
        if c.restarts > 0 { format!(", {} restarts", c.restarts) } else { String::new() };
    format!("{}{health}, {}{restarts}", c.state, c.image)
}

/// The variables that two hosts do not have alike. Of secrets only whether there is one.
pub fn variables(a: &[VariableTold], b: &[VariableTold]) -> Vec<Line> {
    let names: BTreeSet<&Safe> = a.iter().chain(b).map(|v| &v.name).collect();
    let of = |all: &[VariableTold], name: &Safe| match all.iter().find(|v| &v.name == name) {
        None => "not set".to_owned(),
        Some(VariableTold { value: None, .. }) => "<secret>".to_owned(),
        Some(VariableTold { value: Some(value), .. }) => value.to_string(),
    };
    names.into_iter().map(|n| line("variables", n.as_str(), &of(a, n), &of(b, n))).collect()
}

/// A release by the instances that run it.
#[derive(Debug, Clone)]
pub struct ReleaseSide {
    /// The commit.
    pub sha: CommitSha,
    /// Its tag or branch, where an instance knows one.
    pub reference: Option<Safe>,
    /// Who runs it.
    pub instances: Vec<Arc<InstanceView>>,
}

/// The releases that run, the most usual first.
pub fn running(snapshot: &FleetSnapshot) -> Vec<ReleaseSide> {
    let mut sides: Vec<ReleaseSide> = Vec::new();
    for i in &snapshot.instances {
        let Some(release) = &i.release else { continue };
        let at = sides.iter().position(|side| side.sha == release.sha);
        let at = at.unwrap_or_else(|| {
            let (sha, reference) = (release.sha.clone(), release.reference.clone());
            sides.push(ReleaseSide { sha, reference, instances: Vec::new() });
            sides.len() - 1
        });
        if let Some(side) = sides.get_mut(at) {
            side.reference = side.reference.take().or_else(|| release.reference.clone());
            side.instances.push(Arc::clone(i));
        }
    }
    sides.sort_by_key(|side| std::cmp::Reverse(side.instances.len()));
    sides
}

/// Two releases, by the instances that run them.
pub fn releases(a: &ReleaseSide, b: &ReleaseSide, now: Timestamp, write: Write) -> Vec<Line> {
    let both =
        |part, what: &str, of: &dyn Fn(&ReleaseSide) -> String| line(part, what, &of(a), &of(b));
    let n = |health: Health| {
        move |side: &ReleaseSide| {
            side.instances.iter().filter(|i| i.verdict.health == health).count().to_string()
        }
    };
    let names = |side: &ReleaseSide| {
        side.instances.iter().map(|i| i.id.to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        both("release", "commit", &|side| side.sha.short().to_owned()),
        both("release", "name", &|side| {
            side.reference.as_ref().map_or_else(|| NONE.to_owned(), ToString::to_string)
        }),
        both("release", "instances", &|side| side.instances.len().to_string()),
        both("state", "healthy", &n(Health::Healthy)),
        both("state", "degraded", &n(Health::Degraded)),
        both("state", "down", &n(Health::Down)),
        both("state", "unknown", &n(Health::Unknown)),
        both("state", "who", &names),
    ];
    // What follows the backup's cron job or the owner's mails says nothing about a release.
    let telling = Signal::ALL
        .iter()
        .filter(|s| !matches!(s, Signal::BackupAge | Signal::BackupSize | Signal::CanvassSessions));
    lines.extend(telling.map(|signal| {
        let middle = |side: &ReleaseSide| median(side, *signal, now);
        let text = |v: Option<f64>| v.map_or_else(|| NONE.to_owned(), |v| write(v, signal.unit()));
        let (left, right) = (middle(a), middle(b));
        let what = format!("{} (median)", signal.title());
        let mut line = line("figures", &what, &text(left), &text(right));
        line.differs = far_apart(left, right);
        line
    }));
    lines
}

/// The middle value of those instances that told one lately.
fn median(side: &ReleaseSide, signal: Signal, now: Timestamp) -> Option<f64> {
    let fresh = |i: &Arc<InstanceView>| {
        let figure = i.signals.get(&signal)?;
        let fresh = figure.age_s(now)? <= super::catalogue::STALE_S;
        figure.reading.filter(|_| fresh).map(|r| r.value)
    };
    let mut values: Vec<f64> = side.instances.iter().filter_map(fresh).collect();
    values.sort_by(f64::total_cmp);
    let at = values.len().checked_sub(1)? / 2;
    let low = values.get(at).copied()?;
    let high = values.get(values.len() / 2).copied()?;
    Some(f64::midpoint(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_only_by_its_being_there_and_a_lacking_variable_differs() {
        let told = |name: &str, value: Option<&str>| VariableTold {
            name: name.into(),
            value: value.map(Into::into),
            given_by: "host".into(),
            at: "x.yml:1".into(),
            unresolved: None,
            generation: None,
        };
        let a = [told("cml_ref", Some("v2")), told("vault_x", None), told("only", Some("1"))];
        let b = [told("cml_ref", Some("v2")), told("vault_x", None)];
        let lines = variables(&a, &b);
        let differing: Vec<&str> =
            lines.iter().filter(|l| l.differs).map(|l| l.what.as_str()).collect();
        assert_eq!(differing, ["only"]);
        assert!(lines.iter().any(|l| l.left.as_str() == "<secret>"));
        assert!(far_apart(Some(1.0), Some(2.1)) && !far_apart(Some(1.0), Some(1.4)));
        assert!(far_apart(None, Some(0.0)) && !far_apart(Some(0.0), Some(0.0)));
    }
}
