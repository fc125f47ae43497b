//! Where a key means something.

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// On every page.
    Everywhere,
    /// The fleet page.
    Fleet,
    /// The page of one instance.
    Instance,
    /// The preview of a plan.
    Plan,
    /// The page of one run.
    Run,
    /// The list of runs.
    Runs,
    /// The page of a run that is played from a file.
    Replay,
    /// The page of what secrets are due.
    Due,
    /// The page of the audit log.
    Audit,
    /// The page of backups.
    Backups,
    /// The page of alerts.
    Alerts,
    /// The page of maintenance windows.
    Windows,
    /// The page of who holds what.
    Leases,
    /// The page of the inventory.
    Inventory,
    /// The page of a host's variables.
    Variables,
    /// The page of findings.
    Doctor,
    /// Two things side by side.
    Compare,
    /// The charts of an instance.
    Charts,
    /// The figures of all instances as charts.
    FleetCharts,
    /// What changed on an instance.
    Timeline,
    /// The outputs of several targets of a run.
    Panes,
    /// The choice of secrets.
    Secrets,
    /// The choice of a release.
    Releases,
    /// A form that is filled in: every other key is typed.
    Form,
    /// What a form led to.
    Enrol,
    /// One output.
    Log,
    /// The first run.
    Setup,
    /// A wall.
    Wall,
    /// The command palette: every other key is typed.
    Palette,
    /// A menu: what can be copied, the services and the reasons of an instance.
    Menu,
    /// The choice of columns.
    Columns,
    /// The ports that were brought here.
    Ports,
}

impl Place {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 32] = [
        Self::Everywhere,
        Self::Fleet,
        Self::Instance,
        Self::Plan,
        Self::Run,
        Self::Runs,
        Self::Replay,
        Self::Due,
        Self::Audit,
        Self::Backups,
        Self::Alerts,
        Self::Windows,
        Self::Leases,
        Self::Inventory,
        Self::Variables,
        Self::Doctor,
        Self::Compare,
        Self::Charts,
        Self::FleetCharts,
        Self::Timeline,
        Self::Panes,
        Self::Secrets,
        Self::Releases,
        Self::Form,
        Self::Enrol,
        Self::Log,
        Self::Setup,
        Self::Wall,
        Self::Palette,
        Self::Menu,
        Self::Columns,
        Self::Ports,
    ];
}

impl Place {
    /// Whether every key but those that are no character is typed.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Form | Self::Palette)
    }

    /// Its name in the file of keys.
    pub fn key(self) -> String {
        self.title().to_lowercase().replace(' ', "-")
    }

    /// Its heading in the help and in docs/keys.md.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Fleet => "Fleet",
            Self::Instance => "Instance",
            Self::Plan => "Plan",
            Self::Run => "Run",
            Self::Runs => "Runs",
            Self::Replay => "Replay of a run",
            Self::Due => "Secrets due",
            Self::Audit => "Audit log",
            Self::Backups => "Backups",
            Self::Alerts => "Alerts",
            Self::Windows => "Windows",
            Self::Leases => "Leases",
            Self::Inventory => "Inventory",
            Self::Variables => "Variables",
            Self::Doctor => "Doctor",
            Self::Compare => "Compare",
            Self::Charts => "Charts",
            Self::FleetCharts => "Fleet charts",
            Self::Timeline => "Timeline",
            Self::Panes => "Outputs of a run",
            Self::Secrets => "Choice of secrets",
            Self::Releases => "Choice of a release",
            Self::Form => "Form",
            Self::Enrol => "Adding or importing an instance",
            Self::Log => "Log",
            Self::Setup => "First run",
            Self::Wall => "Wall",
            Self::Palette => "Palette",
            Self::Menu => "Menu",
            Self::Columns => "Choice of columns",
            Self::Ports => "Ports brought here",
        }
    }
}
