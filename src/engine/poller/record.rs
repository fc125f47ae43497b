//! What is known of one instance, as results come in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::metrics::{Figures, Trends};
use crate::domain::catalogue::STALE_S;
use crate::domain::connection::Connection;
use crate::domain::facts::{CpuTime, Facts, Part};
use crate::domain::figure::{Figure, Source, Trouble};
use crate::domain::fleet::Host;
use crate::domain::git::CommitSha;
use crate::domain::health::{Evidence, judge, same_short_age, seconds_since};
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::series::Series;
use crate::domain::settings::{InstanceSettings, Tier};
use crate::domain::signal::Signal;
use crate::domain::snapshot::{Contact, HttpHealth, InstanceView, RunningRelease};
use crate::domain::untrusted::Safe;

/// Seconds in which restarts are counted.
const RESTARTS_S: i64 = 300;

/// Restart counts of all containers at one look: by container id the service and the count.
type Counts = BTreeMap<Safe, (Safe, u32)>;

/// One instance.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) host: Arc<Host>,
    pub(super) settings: Arc<InstanceSettings>,
    pub(super) contact: Contact,
    pub(super) http: HttpHealth,
    facts: Option<Arc<Facts>>,
    /// Looks in a row that were not answered.
    pub(super) n_failed: u32,
    counts: VecDeque<(Timestamp, Counts)>,
    probed: BTreeMap<Signal, Figure>,
    measured: BTreeMap<Signal, Figure>,
    trends: BTreeMap<Signal, Series>,
    /// That of the host, for all views of it.
    connection: Arc<Connection>,
}

/// The commit that an answer of a health address names.
fn named(health: &HttpHealth) -> Option<&CommitSha> {
    match health {
        HttpHealth::Up { commit, .. } => commit.as_ref(),
        HttpHealth::NotYet | HttpHealth::Failed { .. } => None,
    }
}

impl Record {
    /// Whether the instance has changed since the last look, as far as this answer of its health address tells: it names a
    /// commit that was not checked out then, and the answer before did not name it.
    pub(super) fn is_overtaken_by(&self, health: &HttpHealth) -> bool {
        let now = named(health);
        let seen = self.facts.as_ref().and_then(|facts| facts.checkout.known());
        now.is_some() && now != named(&self.http) && seen.is_some_and(|c| Some(&c.commit) != now)
    }

    pub(super) fn new(host: Arc<Host>, settings: Arc<InstanceSettings>) -> Self {
        Self {
            connection: Arc::new(host.connection.clone()),
            host,
            settings,
            contact: Contact::NotYet,
            http: HttpHealth::NotYet,
            facts: None,
            n_failed: 0,
            counts: VecDeque::new(),
            probed: BTreeMap::new(),
            measured: BTreeMap::new(),
            trends: BTreeMap::new(),
        }
    }

    /// Takes what another inventory says of it. Only what that makes untrue is forgotten: since when a host is silent, or an
    /// address fails, is as true after an edit of something else.
    pub(super) fn take(&mut self, host: &Arc<Host>, settings: &Arc<InstanceSettings>) {
        if self.settings.health_url != settings.health_url {
            self.http = HttpHealth::NotYet;
        }
        if (&self.settings.label, self.settings.tier) != (&settings.label, settings.tier) {
            self.not_measured();
        }
        if self.host.connection != host.connection {
            self.connection = Arc::new(host.connection.clone());
            (self.contact, self.n_failed) = (Contact::NotYet, 0);
            self.forget_facts();
        } else if self.settings.dir != settings.dir {
            // A silent host stays silent; one that answered told of another folder.
            if matches!(self.contact, Contact::Answered { .. }) {
                self.contact = Contact::NotYet;
            }
            self.forget_facts();
        } else {
            self.forget_parts(settings);
        }
        (self.host, self.settings) = (Arc::clone(host), Arc::clone(settings));
    }

    fn forget_facts(&mut self) {
        self.facts = None;
        self.counts.clear();
        self.probed.clear();
    }

    /// Parts of the facts that were read by settings which are other ones now.
    fn forget_parts(&mut self, new: &InstanceSettings) {
        let old = Arc::clone(&self.settings);
        let stack = !same_compose(&old, new);
        let (backup, site) = (old.backup_dir != new.backup_dir, old.repo != new.repo);
        if stack {
            self.counts.clear();
        }
        if backup {
            self.probed.retain(|s, _| !matches!(s, Signal::BackupAge | Signal::BackupSize));
        }
        let Some(facts) = self.facts.as_mut().filter(|_| stack || backup || site) else { return };
        let facts = Arc::make_mut(facts);
        let why = || Safe::from("not looked at since the inventory says something else of it");
        if stack {
            facts.stack = Part::Unreadable(why());
        }
        if backup {
            facts.backup = Part::Unreadable(why());
        }
        if site {
            facts.site = Part::Unreadable(why());
        }
    }

    /// Whether a look at such a host is a look at this one.
    pub(super) fn looks_alike(&self, host: &Host, settings: &InstanceSettings) -> bool {
        let (old, new) = (&*self.settings, settings);
        self.host.connection == host.connection
            && (&old.dir, &old.backup_dir, &old.repo) == (&new.dir, &new.backup_dir, &new.repo)
            && old.expected_services == new.expected_services
            && same_compose(old, new)
    }

    /// Whether all that is asked of such a host is asked of this one.
    pub(super) fn asks_alike(&self, host: &Host, settings: &InstanceSettings) -> bool {
        self.looks_alike(host, settings) && self.settings.health_url == settings.health_url
    }

    /// No metrics server tells anything of it.
    pub(super) fn not_measured(&mut self) {
        self.measured.clear();
        self.trends.clear();
    }

    /// A look was answered.
    pub(super) fn answered(&mut self, facts: Facts) {
        self.n_failed = 0;
        self.contact = Contact::Answered { at: facts.probed_at };
        let earlier = self.facts.as_ref().and_then(|f| f.system.known()?.cpu);
        for (signal, figure) in probed(&facts, earlier) {
            self.probed.insert(signal, figure);
        }
        if let Some(stack) = facts.stack.known() {
            let counts =
                stack.containers.iter().map(|c| (c.id.clone(), (c.service.clone(), c.restarts)));
            self.counts.push_back((facts.probed_at, counts.collect()));
            let oldest = facts.probed_at - SignedDuration::from_secs(RESTARTS_S);
            while self.counts.front().is_some_and(|(at, _)| *at < oldest) {
                self.counts.pop_front();
            }
        }
        self.facts = Some(Arc::new(facts));
    }

    /// A look was not answered. The first time that a host is merely busy changes nothing: what is
    /// known of it ages meanwhile.
    pub(super) fn failed(&mut self, error: &RemoteError, now: Timestamp) {
        self.n_failed = self.n_failed.saturating_add(1);
        let known = matches!(self.contact, Contact::Answered { .. });
        if error.kind == RemoteErrorKind::Busy && known && self.n_failed < 2 {
            return;
        }
        let (since, last_seen) = match &self.contact {
            Contact::NotYet => (now, None),
            Contact::Answered { at } => (now, Some(*at)),
            Contact::Lost { since, last_seen, .. } => (*since, *last_seen),
        };
        let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        let error = Safe::line(&format!("{}{hint}", error.message));
        self.contact = Contact::Lost { since, last_seen, error };
    }

    /// New figures came from the metrics server.
    pub(super) fn measured(&mut self, figures: &Figures) {
        if self.settings.tier != Tier::Reporting {
            return;
        }
        for (signal, figure) in figures.of(&self.settings.label) {
            let old = self.measured.entry(signal).or_default();
            *old = old.refreshed(figure);
        }
    }

    /// New trends came from the metrics server.
    pub(super) fn trended(&mut self, trends: &Trends) {
        if self.settings.tier != Tier::Reporting {
            return;
        }
        for (signal, series) in trends.of(&self.settings.label) {
            match series {
                Some(series) => self.trends.insert(signal, series),
                None => self.trends.remove(&signal),
            };
        }
    }

    /// Restarts in the last five minutes by service, as far as they were seen.
    fn restarts(&self) -> BTreeMap<Safe, u32> {
        let mut found = BTreeMap::new();
        let Some((_, newest)) = self.counts.back() else { return found };
        for (id, (service, count)) in newest {
            let first = self.counts.iter().find_map(|(_, counts)| counts.get(id));
            let n = count.saturating_sub(first.map_or(*count, |(_, first)| *first));
            *found.entry(service.clone()).or_insert(0) += n;
        }
        found
    }

    /// The state of it for the screens.
    pub(super) fn view(&self, facts_stale_s: f64, now: Timestamp) -> InstanceView {
        let signals: BTreeMap<Signal, Figure> = Signal::ALL
            .iter()
            .map(|s| (*s, best(*s, self.probed.get(s), self.measured.get(s), now)))
            .collect();
        let verdict = judge(&Evidence {
            settings: &self.settings,
            contact: &self.contact,
            http: &self.http,
            facts: self.facts.as_deref(),
            signals: &signals,
            restarts: &self.restarts(),
            facts_stale_s,
            now,
        });
        InstanceView {
            id: self.host.id.clone(),
            domain: self.settings.domain.clone(),
            tier: self.settings.tier,
            groups: self.host.groups.clone(),
            verdict,
            contact: self.contact.clone(),
            http: self.http.clone(),
            facts: self.facts.clone(),
            release: self.release(),
            signals,
            trends: self.trends.clone(),
            connection: Some(Arc::clone(&self.connection)),
            policy: self.settings.policy.clone(),
            records_shells: self.host.records_shells(),
        }
    }

    /// The commit that answers, else the one that is checked out; with its name where one is known.
    fn release(&self) -> Option<RunningRelease> {
        let checkout = self.facts.as_ref().and_then(|f| f.checkout.known());
        let record = self.facts.as_ref().and_then(|f| f.release.known()?.as_ref());
        let (says, version) = match &self.http {
            HttpHealth::Up { commit, version, .. } => (commit.as_ref(), version.clone()),
            HttpHealth::NotYet | HttpHealth::Failed { .. } => (None, None),
        };
        let sha = says.or(checkout.map(|c| &c.commit))?;
        let reference = checkout
            .filter(|c| &c.commit == sha)
            .and_then(|c| c.reference.clone())
            .or_else(|| record.filter(|r| &r.sha == sha).map(|r| r.reference.clone()))
            .or(version);
        Some(RunningRelease { sha: sha.clone(), reference })
    }
}

fn same_compose(a: &InstanceSettings, b: &InstanceSettings) -> bool {
    (&a.compose_files, &a.compose_profiles) == (&b.compose_files, &b.compose_profiles)
}

/// Whether what [`judge`] tells of such a host may be another thing `now` than it was `then`, though nothing new came in. Of
/// one that is silent only the ages are told, so it is told anew when one of them reads otherwise; of one that was never
/// heard of, none in its first minute.
pub(super) fn aged(contact: &Contact, then: Timestamp, now: Timestamp) -> bool {
    let reads_otherwise = |at: Timestamp, least: f64| {
        let age = |now| seconds_since(at, now).max(least);
        !same_short_age(age(then), age(now))
    };
    match contact {
        Contact::NotYet => false,
        Contact::Answered { .. } => true,
        Contact::Lost { since, last_seen: None, .. } => reads_otherwise(*since, 59.0),
        Contact::Lost { since, last_seen: Some(seen), .. } => {
            reads_otherwise(*since, 0.0) || reads_otherwise(*seen, 0.0)
        }
    }
}

/// The figures that a look at the host gives.
fn probed(facts: &Facts, earlier: Option<CpuTime>) -> Vec<(Signal, Figure)> {
    let figure = |value: f64| Figure::fresh(value, facts.probed_at, Source::Probe);
    let mut found = Vec::new();
    if let Some(system) = facts.system.known() {
        if system.mem_total_b > 0 {
            let free = system.mem_available_b as f64 / system.mem_total_b as f64;
            found.push((Signal::MemoryRatio, figure((1.0 - free).max(0.0))));
        }
        let busy = system.cpu.zip(earlier).and_then(|(now, then)| now.ratio_since(then));
        found.extend(busy.map(|ratio| (Signal::CpuRatio, figure(ratio))));
    }
    let disk = facts.disk.known().and_then(crate::domain::facts::Disk::used_ratio);
    found.extend(disk.map(|ratio| (Signal::DiskRatio, figure(ratio))));
    if let Some(Some(file)) = facts.backup.known() {
        let skew_s = facts.clock_skew_s.known().copied().unwrap_or(0.0);
        let age_s = facts.probed_at.duration_since(file.at).as_secs_f64() + skew_s;
        found.push((Signal::BackupAge, figure(age_s.max(0.0))));
        found.push((Signal::BackupSize, figure(file.size_b as f64)));
    }
    found
}

/// Which of two sources a figure is shown from: for disk and backup the host itself, since the verdict
/// goes by that; else the metrics server. The other where that one has none or only an old one.
fn best(
    signal: Signal,
    probed: Option<&Figure>,
    measured: Option<&Figure>,
    now: Timestamp,
) -> Figure {
    let by_host = matches!(signal, Signal::DiskRatio | Signal::BackupAge | Signal::BackupSize);
    let (first, second) = if by_host { (probed, measured) } else { (measured, probed) };
    let age = |f: Option<&Figure>| f.and_then(|f| f.age_s(now));
    let chosen = match (age(first), age(second)) {
        (Some(a), Some(b)) if a > STALE_S && b < a => second,
        (None, Some(_)) => second,
        (Some(_), _) => first,
        (None, None) => first.or(second),
    };
    chosen.cloned().unwrap_or_else(|| Figure::absent(Trouble::NotReported))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_host_is_told_anew_when_one_of_its_ages_reads_otherwise() {
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        let lost = |since: i64, seen: Option<i64>| Contact::Lost {
            since: at(since),
            last_seen: seen.map(at),
            error: "no answer".into(),
        };
        for (contact, then, now, told) in [
            (Contact::NotYet, 10_000, 20_000, false),
            (Contact::Answered { at: at(10_000) }, 10_000, 10_001, true),
            (lost(10_000, None), 10_010, 10_015, false),
            (lost(10_000, None), 10_055, 10_060, true),
            (lost(10_000, Some(9_000)), 10_010, 10_015, true),
            (lost(10_000, None), 10_060, 10_119, false),
            (lost(10_000, None), 10_115, 10_120, true),
            (lost(10_000, Some(9_970)), 10_085, 10_089, false),
            (lost(10_000, Some(9_970)), 10_089, 10_090, true),
        ] {
            assert_eq!(aged(&contact, at(then), at(now)), told, "{contact:?} {then} {now}");
        }
    }
}
