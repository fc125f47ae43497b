//! What can be asked for by its name.

use crate::domain::signal::{Signal, Unit};

/// A property of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Its inventory hostname.
    Instance,
    /// Its domain.
    Domain,
    /// One of its groups.
    Group,
    /// Its release: tag or branch, else the commit.
    Version,
    /// Its commit.
    Commit,
    /// Its state.
    Health,
    /// Why it is not healthy.
    Reason,
    /// 1 or 2.
    Tier,
    /// Time to the answer of its health address.
    Http,
    /// A figure.
    Figure(Signal),
}

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Version,
    Health,
    Tier,
    Number(Unit),
}

/// Each name with its field; the first name of a field is the one that is told.
const NAMES: &[(&str, Field)] = &[
    ("instance", Field::Instance),
    ("host", Field::Instance),
    ("name", Field::Instance),
    ("domain", Field::Domain),
    ("group", Field::Group),
    ("version", Field::Version),
    ("release", Field::Version),
    ("commit", Field::Commit),
    ("sha", Field::Commit),
    ("health", Field::Health),
    ("state", Field::Health),
    ("reason", Field::Reason),
    ("tier", Field::Tier),
    ("http", Field::Http),
    ("p95", Field::Figure(Signal::P95Seconds)),
    ("errors", Field::Figure(Signal::ErrorRatio)),
    ("err", Field::Figure(Signal::ErrorRatio)),
    ("requests", Field::Figure(Signal::RequestRate)),
    ("queue", Field::Figure(Signal::MailQueue)),
    ("mails", Field::Figure(Signal::MailRate)),
    ("sessions", Field::Figure(Signal::CanvassSessions)),
    ("sess", Field::Figure(Signal::CanvassSessions)),
    ("visits", Field::Figure(Signal::VisitRate)),
    ("cpu", Field::Figure(Signal::CpuRatio)),
    ("memory", Field::Figure(Signal::MemoryRatio)),
    ("mem", Field::Figure(Signal::MemoryRatio)),
    ("disk", Field::Figure(Signal::DiskRatio)),
    ("backup", Field::Figure(Signal::BackupAge)),
    ("backup-size", Field::Figure(Signal::BackupSize)),
];

impl Field {
    /// The field of a name.
    pub fn named(name: &str) -> Option<Self> {
        let same = |known: &&(&str, Self)| known.0.eq_ignore_ascii_case(name);
        let by_key = || Signal::ALL.iter().find(|s| s.key() == name).map(|s| Self::Figure(*s));
        NAMES.iter().find(same).map(|(_, field)| *field).or_else(by_key)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Instance | Self::Domain | Self::Group | Self::Commit | Self::Reason => Kind::Text,
            Self::Version => Kind::Version,
            Self::Health => Kind::Health,
            Self::Tier => Kind::Tier,
            Self::Http => Kind::Number(Unit::Seconds),
            Self::Figure(signal) => Kind::Number(signal.unit()),
        }
    }
}
