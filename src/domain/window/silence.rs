//! The silences that windows ask for, and what has to be done so that Alertmanager has them and no others of ours.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Spell;
use crate::domain::fleet::Fleet;
use crate::domain::untrusted::Safe;

/// How far ahead silences are made, so that a visit a day is enough.
const AHEAD: SignedDuration = SignedDuration::from_hours(26);
/// Who we are to Alertmanager.
pub const CREATED_BY: &str = "bunker";

/// How the comment of such a silence begins, before the name of its window.
const OF_WINDOW: &str = "maintenance window ";
/// What follows that name, before the name of the fleet.
const MARK: &str = "(bunker, fleet ";

/// A silence that a window asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// What it is for; names the window and the fleet, and says that it is ours.
    pub comment: Safe,
    /// The values of the label `instance` that it silences, in order.
    pub labels: Vec<String>,
    /// When.
    pub spell: Spell,
}

/// A silence that Alertmanager has and that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: Safe,
    /// Its comment.
    pub comment: Safe,
    /// The expression on the label `instance`, where it has this one matcher only.
    pub instances: Option<String>,
    /// When; the start of one that was made late is that moment, by Alertmanager's clock.
    pub spell: Spell,
    /// Whether it has begun, by Alertmanager's clock.
    pub begun: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Todo {
    /// Silences to make.
    pub create: Vec<Silence>,
    /// Ids of silences to end.
    pub expire: Vec<Safe>,
}

impl Silence {
    /// The expression that fits exactly its instances.
    pub fn expression(&self) -> String {
        let each: Vec<String> = self.labels.iter().map(|l| regex::escape(l)).collect();
        each.join("|")
    }
}

fn mark(fleet: &Safe) -> String {
    format!("{MARK}{fleet})")
}

/// The window that made a silence, by who made it and its comment; `None` where no window did.
pub fn silencing_window<'s>(by: &str, comment: &'s str) -> Option<&'s str> {
    let of_window = comment.strip_prefix(OF_WINDOW).filter(|_| by == CREATED_BY)?;
    Some(of_window.rsplit_once(MARK)?.0.trim_end())
}

/// The silences that the windows of a fleet ask for now and for the next day.
pub fn wanted(fleet: &Fleet, now: Timestamp) -> Vec<Silence> {
    let mut found: BTreeMap<(Safe, Spell), Vec<String>> = BTreeMap::new();
    let horizon = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
    for (host, settings) in fleet.instances() {
        for window in host.windows.iter().filter(|w| w.silences()) {
            let running = window.spell_at(now);
            let after = running.map_or(now, |spell| spell.until);
            // One that begins when the running one ends is not after it.
            let just_before = after.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(after);
            let next = window.spell_after(just_before).filter(|spell| spell.from < horizon);
            for spell in running.into_iter().chain(next) {
                let labels = found.entry((window.name.clone(), spell)).or_default();
                if !labels.contains(&settings.label) {
                    labels.push(settings.label.clone());
                }
            }
        }
    }
    let silence = |((name, spell), mut labels): ((Safe, Spell), Vec<String>)| {
        labels.sort();
        let comment = Safe::line(&format!("{OF_WINDOW}{name} {}", mark(&fleet.name)));
        Silence { comment, labels, spell }
    };
    found.into_iter().map(silence).collect()
}

/// What has to be done so that `held` becomes `wanted`. Silences of others, and of other fleets, are left alone.
pub fn reconcile(fleet: &Fleet, wanted: &[Silence], held: &[Held], now: Timestamp) -> Todo {
    let mark = mark(&fleet.name);
    let mut ours: Vec<&Held> =
        held.iter().filter(|h| h.comment.as_str().ends_with(&mark)).collect();
    let mut todo = Todo::default();
    for silence in wanted {
        let same = |h: &&Held| {
            // Alertmanager's clock may be ahead of ours: what it says has begun has, whenever that was.
            let begun = silence.spell.from <= now && (h.begun || h.spell.from <= now);
            h.comment == silence.comment
                && h.instances.as_deref() == Some(silence.expression().as_str())
                && h.spell.until == silence.spell.until
                && (begun || h.spell.from == silence.spell.from)
        };
        match ours.iter().position(same) {
            Some(at) => drop(ours.remove(at)),
            None => todo.create.push(silence.clone()),
        }
    }
    todo.expire = ours.into_iter().map(|h| h.id.clone()).collect();
    todo
}

/// The window that silences an instance's alerts at this moment, by its name.
pub fn silenced_host<'f>(
    fleet: &'f Fleet,
    host: &crate::domain::ids::HostId,
    at: Timestamp,
) -> Option<&'f Safe> {
    let windows = &fleet.host(host)?.windows;
    super::silenced(windows, at).map(|(window, _)| &window.name)
}
