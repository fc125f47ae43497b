//! The columns of the fleet table: which fit, and what stands in their cells.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::columns::Column;
use crate::domain::ids::GroupName;
use crate::domain::signal::Signal;
use crate::domain::snapshot::{HttpHealth, InstanceView};
use crate::ui::figures::{self, Freshness, NONE};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, spark};

/// How a column shares the width: its rank (0 stays longest), its least and its greatest width.
fn share(column: Column) -> (u8, u16, u16) {
    match column {
        Column::Instance => (0, 14, 24),
        Column::Health => (0, 8, 8),
        Column::Release => (2, 8, 14),
        Column::Figure(Signal::P95Seconds) => (3, 5, 9),
        Column::Figure(Signal::BackupAge) => (4, 6, 8),
        Column::Figure(Signal::MailQueue) => (5, 5, 8),
        Column::Figure(Signal::DiskRatio) => (6, 4, 8),
        Column::Latency => (7, 5, 5),
        Column::Hour => (8, 8, 20),
        Column::Figure(Signal::ErrorRatio) => (9, 5, 9),
        Column::Reason => (10, 20, 60),
        Column::Domain => (11, 18, 28),
        Column::Figure(Signal::CanvassSessions) => (12, 4, 7),
        Column::Tier => (13, 1, 1),
        // What nobody sees unless it was asked for has its place.
        Column::Figure(_) => (1, 6, 9),
        Column::Groups => (1, 10, 24),
    }
}

/// A column with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) column: Column,
    pub(super) x: u16,
    pub(super) width: u16,
}

/// The longest text of each column of names, which need no more room than that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Longest {
    pub(super) instance: u16,
    pub(super) domain: u16,
    pub(super) release: u16,
}

impl Longest {
    pub(super) fn of(instances: &[Arc<InstanceView>]) -> Self {
        let mut longest = Self { instance: 0, domain: 0, release: 0 };
        let columns = |text: &str| u16::try_from(crate::ui::text::width(text)).unwrap_or(u16::MAX);
        for i in instances {
            longest.instance = longest.instance.max(columns(i.id.as_str()));
            longest.domain = longest.domain.max(columns(i.domain.as_str()));
            longest.release = longest.release.max(columns(&release(i)));
        }
        longest
    }

    /// The most that a column can use.
    fn cap(self, column: Column, most: u16) -> u16 {
        match column {
            Column::Instance => most.min(self.instance),
            Column::Domain => most.min(self.domain),
            Column::Release => most.min(self.release),
            Column::Tier
            | Column::Groups
            | Column::Health
            | Column::Latency
            | Column::Figure(_)
            | Column::Hour
            | Column::Reason => most,
        }
    }
}

/// Which columns are widened first: names, then reasons, then trends, then numbers, which need room only when old.
fn turn(column: Column) -> u8 {
    match column {
        Column::Instance | Column::Domain | Column::Release => 0,
        Column::Reason | Column::Groups => 1,
        Column::Hour => 2,
        Column::Tier | Column::Health | Column::Latency | Column::Figure(_) => 3,
    }
}

/// The columns that fit into `width`, those of high rank left out first; what is left over widens those that use it.
pub(super) fn place(width: u16, longest: Longest, columns: &[Column]) -> Vec<Placed> {
    let mut by_rank: Vec<usize> = (0..columns.len()).collect();
    by_rank.sort_by_key(|&i| columns.get(i).map(|c| share(*c).0));
    let mut used = 0u16;
    let mut chosen: Vec<(usize, u16)> = Vec::new();
    for idx in by_rank {
        let Some((rank, least, _)) = columns.get(idx).map(|c| share(*c)) else { continue };
        let gap = u16::from(!chosen.is_empty());
        if used + gap + least <= width || rank == 0 {
            used += gap + least;
            chosen.push((idx, least));
        } else {
            // What is ranked lower does not take the place of what is ranked higher.
            break;
        }
    }
    chosen.sort_by_key(|(idx, _)| *idx);
    let mut spare = width.saturating_sub(used);
    for now in 0..4 {
        for (idx, w) in &mut chosen {
            let Some(column) = columns.get(*idx).copied() else { continue };
            if turn(column) == now {
                let more = spare.min(longest.cap(column, share(column).2).saturating_sub(*w));
                *w += more;
                spare -= more;
            }
        }
    }
    let mut x = 0;
    chosen
        .into_iter()
        .filter_map(|(idx, w)| {
            let placed = Placed { column: *columns.get(idx)?, x, width: w };
            x += w + 1;
            Some(placed)
        })
        .collect()
}

impl Column {
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Instance => "INSTANCE",
            Self::Domain => "DOMAIN",
            Self::Groups => "GROUPS",
            Self::Tier => "T",
            Self::Release => "RELEASE",
            Self::Health => "HEALTH",
            Self::Latency => "HTTP",
            Self::Figure(Signal::P95Seconds) => "P95",
            Self::Figure(Signal::ErrorRatio) => "ERR",
            Self::Figure(Signal::MailQueue) => "QUEUE",
            Self::Figure(Signal::CanvassSessions) => "SESS",
            Self::Figure(Signal::BackupAge) => "BACKUP",
            Self::Figure(Signal::DiskRatio) => "DISK",
            Self::Figure(Signal::RequestRate) => "REQ",
            Self::Figure(Signal::MailRate) => "MAILS",
            Self::Figure(Signal::VisitRate) => "VISITS",
            Self::Figure(Signal::CpuRatio) => "CPU",
            Self::Figure(Signal::MemoryRatio) => "MEM",
            Self::Figure(Signal::BackupSize) => "SIZE",
            Self::Hour => "1H",
            Self::Reason => "REASON",
        }
    }

    /// Numbers stand at the right end of their column.
    pub(super) fn is_number(self) -> bool {
        match self {
            Self::Latency | Self::Figure(_) => true,
            Self::Instance
            | Self::Domain
            | Self::Groups
            | Self::Tier
            | Self::Release
            | Self::Health
            | Self::Hour
            | Self::Reason => false,
        }
    }

    /// The text of a cell and its role.
    pub(super) fn cell(self, i: &InstanceView, now: Timestamp, width: usize) -> (String, Role) {
        match self {
            Self::Instance => (i.id.to_string(), Role::Strong),
            Self::Domain => (i.domain.to_string(), Role::Dim),
            Self::Groups => {
                let groups: Vec<&str> = i.groups.iter().map(GroupName::as_str).collect();
                (groups.join(" "), Role::Dim)
            }
            Self::Tier => (u8::from(i.tier).to_string(), Role::Dim),
            Self::Release => (release(i), Role::Text),
            Self::Health => {
                let badge = badge::instance(i);
                let role = if badge.role == Role::Healthy { Role::HealthyWord } else { badge.role };
                (badge.word.to_owned(), role)
            }
            Self::Latency => latency(i, now),
            Self::Figure(signal) => figure(i, signal, now, width),
            Self::Hour => {
                let trend = [Signal::RequestRate, Signal::P95Seconds, Signal::CpuRatio]
                    .iter()
                    .find_map(|s| i.trends.get(s));
                (trend.map(|t| spark::spark(t, width)).unwrap_or_default(), Role::Dim)
            }
            Self::Reason => match i.verdict.reasons.first() {
                Some(reason) if !badge::not_asked(i) => (
                    format!("{}: {}", reason.subject, reason.text),
                    badge::health(reason.health).role,
                ),
                _ => (String::new(), Role::Dim),
            },
        }
    }
}

/// The release by its name, else by its commit.
pub(super) fn release(i: &InstanceView) -> String {
    match &i.release {
        Some(r) => {
            r.reference.as_ref().map_or_else(|| r.sha.short().to_owned(), ToString::to_string)
        }
        None => NONE.to_owned(),
    }
}

fn latency(i: &InstanceView, now: Timestamp) -> (String, Role) {
    match &i.http {
        HttpHealth::Up { at, latency_s, .. } => {
            let old = now.duration_since(*at).as_secs_f64();
            if old > figures::STALE_S {
                (format!("? {}", figures::age(old)), Role::Dim)
            } else {
                (figures::took(*latency_s), Role::Text)
            }
        }
        HttpHealth::NotYet | HttpHealth::Failed { .. } => (NONE.to_owned(), Role::Dim),
    }
}

fn figure(i: &InstanceView, signal: Signal, now: Timestamp, width: usize) -> (String, Role) {
    let known = i.signals.get(&signal);
    let reading = known.and_then(|f| f.reading);
    let (text, freshness) = match reading.filter(|_| signal == Signal::BackupAge) {
        // An age is shown as one, and grows by itself between two looks.
        Some(reading) => {
            let since = now.duration_since(reading.at).as_secs_f64().max(0.0);
            let fresh = if since > 3_600.0 { Freshness::Stale } else { Freshness::Fresh };
            (figures::age(reading.value + since), fresh)
        }
        None => figures::figure(known, signal.unit(), now, width),
    };
    let role = match freshness {
        Freshness::Fresh => {
            // The verdict decides what is bad: it knows the limits of this instance.
            let reason = i.verdict.reasons.iter().find(|r| r.subject.as_str() == signal.title());
            reason.map_or(Role::Text, |r| badge::health(r.health).role)
        }
        Freshness::Stale | Freshness::None => Role::Dim,
    };
    (text, role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_screens_lose_columns_by_rank_and_never_overflow() {
        let all = Column::default_choice();
        let longest = Longest { instance: 16, domain: 20, release: 8 };
        let names = |width: u16| -> Vec<&str> {
            place(width, longest, &all).iter().map(|p| p.column.heading()).collect()
        };
        assert_eq!(names(30), ["INSTANCE", "HEALTH"]);
        assert_eq!(
            names(73),
            ["INSTANCE", "RELEASE", "HEALTH", "HTTP", "P95", "QUEUE", "BACKUP", "DISK", "1H"]
        );
        assert_eq!(names(190).len(), all.len());
        for width in 23..220 {
            let placed = place(width, longest, &all);
            let last = placed.last().unwrap();
            assert!(last.x + last.width <= width, "{width}");
            for p in &placed {
                assert!(p.column.heading().len() <= usize::from(p.width), "{width}: {p:?}");
                assert!(p.column != Column::Hour || p.width >= 8, "{width}");
            }
        }
    }
}
