//! The columns that the fleet table can have.

use crate::domain::signal::Signal;

/// A column of the fleet table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Inventory hostname.
    Instance,
    /// Domain.
    Domain,
    /// Groups, nearest first.
    Groups,
    /// 1 or 2.
    Tier,
    /// Release by name, else by commit.
    Release,
    /// State.
    Health,
    /// Time to the answer of the health address.
    Latency,
    /// A figure.
    Figure(Signal),
    /// The last hour of its most telling trend.
    Hour,
    /// The first reason of its state.
    Reason,
}

/// What stands on the screen unless the operator chose otherwise.
const DEFAULT: [Column; 14] = [
    Column::Instance,
    Column::Domain,
    Column::Tier,
    Column::Release,
    Column::Health,
    Column::Latency,
    Column::Figure(Signal::P95Seconds),
    Column::Figure(Signal::ErrorRatio),
    Column::Figure(Signal::MailQueue),
    Column::Figure(Signal::CanvassSessions),
    Column::Figure(Signal::BackupAge),
    Column::Figure(Signal::DiskRatio),
    Column::Hour,
    Column::Reason,
];

impl Column {
    /// All of them: first those that stand there by default.
    pub fn all() -> Vec<Self> {
        let mut all = Self::default_choice();
        all.push(Self::Groups);
        let more = Signal::ALL.iter().map(|signal| Self::Figure(*signal));
        let more: Vec<Self> = more.filter(|column| !all.contains(column)).collect();
        all.extend(more);
        all
    }

    /// What stands on the screen unless the operator chose otherwise.
    pub fn default_choice() -> Vec<Self> {
        DEFAULT.to_vec()
    }

    /// Its name in the saved choice.
    pub fn key(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Domain => "domain",
            Self::Groups => "groups",
            Self::Tier => "tier",
            Self::Release => "release",
            Self::Health => "health",
            Self::Latency => "http",
            Self::Figure(signal) => signal.key(),
            Self::Hour => "hour",
            Self::Reason => "reason",
        }
    }

    /// The column of a name.
    pub fn named(key: &str) -> Option<Self> {
        Self::all().into_iter().find(|column| column.key() == key)
    }

    /// What it shows, in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Domain => "domain",
            Self::Groups => "groups",
            Self::Tier => "tier",
            Self::Release => "release",
            Self::Health => "health",
            Self::Latency => "answer time",
            Self::Figure(signal) => signal.title(),
            Self::Hour => "last hour",
            Self::Reason => "reason",
        }
    }

    /// Whether the table can do without it: what stands in a row must have a name and a state.
    pub fn can_go(self) -> bool {
        !matches!(self, Self::Instance | Self::Health)
    }

    /// Whether rows can be put in its order.
    pub fn sorts(self) -> bool {
        self != Self::Hour
    }
}

/// The chosen columns by their names, and the names that mean none. What cannot go is always there.
pub fn chosen<'a>(keys: impl IntoIterator<Item = &'a str>) -> (Vec<Column>, Vec<String>) {
    let (mut columns, mut strange) = (Vec::new(), Vec::new());
    for key in keys {
        match Column::named(key) {
            Some(column) if columns.contains(&column) => {}
            Some(column) => columns.push(column),
            None => strange.push(key.to_owned()),
        }
    }
    if !columns.contains(&Column::Health) {
        columns.insert(0, Column::Health);
    }
    if !columns.contains(&Column::Instance) {
        columns.insert(0, Column::Instance);
    }
    (columns, strange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_reads_back_and_a_choice_keeps_name_and_state() {
        for column in Column::all() {
            assert_eq!(Column::named(column.key()), Some(column));
        }
        let (columns, strange) = chosen(["disk_ratio", "nonsense", "disk_ratio", "health"]);
        let disk = Column::Figure(Signal::DiskRatio);
        assert_eq!(columns, [Column::Instance, disk, Column::Health]);
        assert_eq!(strange, ["nonsense"]);
    }
}
