//! The options of the verbs that start a workflow, as clap reads them.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::args_strategy::StrategyArgs;

/// What happens outside of the maintenance window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Outside {
    /// Nothing is started
    Refuse,
    /// A run is started that waits
    Wait,
}

impl From<Outside> for crate::domain::plan::Outside {
    fn from(outside: Outside) -> Self {
        match outside {
            Outside::Refuse => Self::Refuse,
            Outside::Wait => Self::Wait,
        }
    }
}

/// Options of every verb that starts a workflow.
#[derive(Debug, Clone, ClapArgs)]
pub struct StartArgs {
    /// Ansible pattern: which hosts; required unless hosts are named
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Hosts by name
    pub hosts: Vec<String>,
    /// Show what would happen and change nothing; exit code 3 where something would
    #[arg(long)]
    pub check: bool,
    /// Do not ask; stands for nothing that a guardrail wants typed or approved
    #[arg(long, short)]
    pub yes: bool,
    /// What a guardrail wants typed: the number of instances, or the group
    #[arg(long, value_name = "TEXT")]
    pub confirm: Option<String>,
    /// Outside of the maintenance window: refuse, or start a run that waits [default: bunker_window_outside]
    #[arg(long, value_name = "WHAT")]
    pub outside: Option<Outside>,
    /// Wait, at most so many seconds [900], where somebody holds an instance or the fleet
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "900")]
    pub wait: Option<u64>,
    /// Start the run, print its id and leave it to its worker
    #[arg(long)]
    pub detach: bool,
    /// How many go when
    #[command(flatten)]
    pub strategy: StrategyArgs,
}

/// Options of `upgrade`.
#[derive(Debug, Clone, ClapArgs)]
pub struct UpgradeArgs {
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
    /// Branch, tag or commit to go to [default: each instance's cml_ref]
    #[arg(long = "to", value_name = "REF")]
    pub reference: Option<String>,
}

/// Options of `rollback`.
#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Data is not rolled back: the plan names the migrations that stay. Only releases go back that a \
gate found healthy, or that ran before the first upgrade."
)]
pub struct RollbackArgs {
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
    /// Recorded tag, commit, or `previous` [default: previous, the last healthy release before this one]
    #[arg(long = "to", value_name = "RELEASE")]
    pub to: Option<String>,
}

/// Options of `backup`.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BackupArgs {
    /// What else to do with backups
    #[command(subcommand)]
    pub verb: Option<BackupVerb>,
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
}

/// What else to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupVerb {
    /// Unpack the newest backup aside, look at it, and remove what was unpacked
    Verify {
        /// Which hosts, and how to start
        #[command(flatten)]
        start: StartArgs,
        /// Every backup, not only the newest
        #[arg(long)]
        all: bool,
    },
    /// The backups of a host that count: those with a manifest
    List {
        /// The host
        host: String,
    },
}

/// Options of `deploy`.
#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Tags: common, deploy, env, build, migrate, seed, backup, validate. `--check` shows which \
steps they leave. A release is recorded only where everything was checked."
)]
pub struct DeployArgs {
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
    /// Branch, tag or commit to deploy [default: each instance's cml_ref]
    #[arg(long = "to", value_name = "REF")]
    pub reference: Option<String>,
    /// Only these parts, names between commas
    #[arg(long, value_name = "TAGS")]
    pub tags: Vec<String>,
    /// All but these parts
    #[arg(long, value_name = "TAGS")]
    pub skip_tags: Vec<String>,
}

/// Options of `configure`.
#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "What was edited on a host since the last run is never overwritten by itself: the host is \
left alone until the inventory says the same, or --overwrite-drift is given."
)]
pub struct ConfigureArgs {
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
    /// Show each variable that would change; secrets only by a hash
    #[arg(long)]
    pub diff: bool,
    /// Take back what was edited on a host
    #[arg(long)]
    pub overwrite_drift: bool,
}
