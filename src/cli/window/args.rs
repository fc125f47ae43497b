//! The command line of `bunker window`.

use clap::{Args as ClapArgs, Subcommand};

/// What to do with maintenance windows.
#[derive(Debug, Subcommand)]
pub enum WindowVerb {
    /// Every window, whether it is on, and when it is on next
    List {
        /// Ansible pattern: only these hosts
        #[arg(long, short, value_name = "PATTERN")]
        limit: Option<String>,
    },
    /// Write a window into the inventory, comments and order kept
    Add(AddArgs),
    /// Close a window that is on now; its next time is not changed
    End(EndArgs),
    /// Bring Alertmanager's silences in step with the windows; for cron, once a day is enough
    Sync,
}

/// Options of `window add`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "A list of windows that a group or a host names stands for that of all hosts: it does not add to it. \
Exit codes: 0 added; 2 the window or the inventory cannot be used; 3 --check; 8 refused."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct AddArgs {
    /// Its name
    pub name: String,
    /// It opens every day at this time: 22:00
    #[arg(long, value_name = "TIME")]
    pub daily: Option<String>,
    /// It opens on days of the week: "sat,sun 22:00"
    #[arg(long, value_name = "DAYS TIME")]
    pub weekly: Option<String>,
    /// It opens once: "2026-12-01 22:00", or now
    #[arg(long, value_name = "DATE TIME")]
    pub once: Option<String>,
    /// It opens when cron would: "0 2 1-7 * *"
    #[arg(long, value_name = "FIELDS")]
    pub cron: Option<String>,
    /// It closes at this time: 04:00
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// It closes after this long: 90m, 6h
    #[arg(long = "for", value_name = "DURATION")]
    pub lasts: Option<String>,
    /// IANA time zone [default: that of this machine]
    #[arg(long)]
    pub zone: Option<String>,
    /// It is only for runs, or only for alerts
    #[arg(long, value_name = "runs|alerts")]
    pub only: Option<String>,
    /// A freeze: no run while it is on
    #[arg(long)]
    pub deny: bool,
    /// Do not pause runs on its hosts where a freeze is on at once
    #[arg(long, requires = "deny")]
    pub keep_runs: bool,
    /// For a group [default: all]
    #[arg(long, value_name = "GROUP", conflicts_with = "host")]
    pub group: Option<String>,
    /// For one host
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Show what would be written, and write nothing; exit code 3
    #[arg(long)]
    pub check: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// Options of `window end`.
#[derive(Debug, ClapArgs)]
pub struct EndArgs {
    /// Its name
    pub name: String,
    /// Ansible pattern: only where these hosts have it
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Why; it is kept with the window
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not pause the runs that go by it
    #[arg(long)]
    pub keep_runs: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}
