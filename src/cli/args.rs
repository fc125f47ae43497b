//! The command line, as clap reads it.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

pub use super::args_ansible::AnsibleArgs;
pub use super::args_vault::{RecipientsVerb, RotateArgs, SecretsVerb, VaultVerb};
pub use super::canary::args::CanaryVerb;
pub use super::import::args::ImportArgs;
pub use super::instance::args::InstanceVerb;
pub use super::snapshot::args::SnapshotArgs;

/// A terminal cockpit for fleets of Changemaker Lite instances.
#[derive(Debug, Parser)]
#[command(name = "bunker", version, about, propagate_version = true)]
pub struct Args {
    /// Folder with hosts.yml, group_vars/ and host_vars/ [default: ./inventory]
    #[arg(long, global = true, env = "BUNKER_INVENTORY", value_name = "DIR")]
    pub inventory: Option<PathBuf>,
    /// Print JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Change nothing, whatever is pressed or asked
    #[arg(long, global = true)]
    pub read_only: bool,
    /// No colour (also: NO_COLOR, TERM=dumb)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// What to do; without it the cockpit opens
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// How every instance is
    Status(StatusArgs),
    /// Bring a bare server to a running instance; run again, it goes on or changes nothing
    Deploy(DeployArgs),
    /// Bring instances to a newer commit
    Upgrade(UpgradeArgs),
    /// The same, the canary group first; the rest follows when that was watched and judged
    CanaryUpgrade(UpgradeArgs),
    /// Bring .env in line with the inventory and restart what it touches
    Configure(ConfigureArgs),
    /// Go back to a release that ran before, without a network
    Rollback(RollbackArgs),
    /// Make a backup and prove that it can be read
    Backup(BackupArgs),
    /// Run a playbook of Ansible, streamed per host, with the vault password from our vault
    Ansible(AnsibleArgs),
    /// Give secrets new values and bring them to the instances
    RotateSecrets(RotateArgs),
    /// When secrets should be changed
    #[command(subcommand)]
    Secrets(SecretsVerb),
    /// List runs, newest first
    Runs {
        /// At most this many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show one run: an id, the end of one, or `last`
    Show {
        /// The run
        run: String,
    },
    /// Follow a run until it ends; leaving is safe, it goes on
    #[command(
        after_help = "With --json: each event of the run as one line of JSON, from its first to its \
last, as they come. They hold no output of the hosts; `bunker logs` prints that."
    )]
    Attach {
        /// The run
        run: String,
    },
    /// Print the output of a run's hosts
    Logs {
        /// The run
        run: String,
        /// Only this host
        host: Option<String>,
    },
    /// Let a run start nothing further until resumed
    Pause {
        /// The run
        run: String,
    },
    /// Go on with a paused run, or with one whose worker is gone
    Resume {
        /// The run
        run: String,
    },
    /// Finish the running steps and start nothing; with --kill end them too
    Abort {
        /// The run
        run: String,
        /// TERM, wait, KILL and verify on each host
        #[arg(long)]
        kill: bool,
    },
    /// Carry out a run (started by the program itself)
    #[command(hide = true)]
    Worker {
        /// The run
        run: String,
        /// Read the unlocked identity from standard input
        #[arg(long)]
        identity: bool,
    },
    /// Bring an instance that was installed by hand under management
    Import(ImportArgs),
    /// Instances in the inventory: add, list, show, remove
    #[command(subcommand)]
    Instance(InstanceVerb),
    /// Judge hosts of a new release against those of the old
    #[command(subcommand)]
    Canary(CanaryVerb),
    /// Look at the inventory
    #[command(subcommand)]
    Inventory(InventoryVerb),
    /// The secrets of hosts and groups, encrypted to the people in recipients.txt
    #[command(subcommand)]
    Vault(VaultVerb),
    /// Check this machine and the hosts, with the fix for each finding
    Doctor(DoctorArgs),
    /// The fleet page, read-only, for a wall
    Watch(WatchArgs),
    /// Print a page of the cockpit as text or as a picture
    Snapshot(SnapshotArgs),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page, or write all of them into a folder
    Man {
        /// The folder
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

/// Options of `status`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 all healthy; 3 some instance is degraded or down; 6 some host \
did not answer, so the picture is not complete; 2 the limit is malformed; 4 it names an unknown host \
or none that is an instance."
)]
pub struct StatusArgs {
    /// Ansible pattern: only these hosts
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Seconds to wait for hosts that do not answer
    #[arg(long, default_value_t = 20)]
    pub timeout: u64,
}

/// Options of every verb that starts a workflow.
#[derive(Debug, ClapArgs)]
pub struct StartArgs {
    /// Ansible pattern: which hosts; required unless hosts are named
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Hosts by name
    pub hosts: Vec<String>,
    /// Show what would happen and change nothing; exit code 3 where something would
    #[arg(long)]
    pub check: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Start the run, print its id and leave it to its worker
    #[arg(long)]
    pub detach: bool,
}

/// Options of `upgrade`.
#[derive(Debug, ClapArgs)]
pub struct UpgradeArgs {
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
    /// Branch, tag or commit to go to [default: each instance's cml_ref]
    #[arg(long = "to", value_name = "REF")]
    pub reference: Option<String>,
}

/// Options of `rollback`.
#[derive(Debug, ClapArgs)]
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
#[derive(Debug, ClapArgs)]
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
#[derive(Debug, ClapArgs)]
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

/// Options of `doctor`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 nothing found; 3 something needs a person; 2 the limit or the \
inventory cannot be used; 4 the limit names an unknown host."
)]
pub struct DoctorArgs {
    /// Ansible pattern: only these hosts
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Only this machine
    #[arg(long)]
    pub local: bool,
}

/// Options of `watch`.
#[derive(Debug, ClapArgs)]
pub struct WatchArgs {
    /// Ansible pattern: only these hosts
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
}

/// What to do with the inventory.
#[derive(Debug, Subcommand)]
pub enum InventoryVerb {
    /// Hosts, groups and their variables
    List {
        /// Ansible pattern: only these hosts
        #[arg(long, short, value_name = "PATTERN")]
        limit: Option<String>,
    },
    /// The variables of a host after precedence, each with where it came from
    Vars {
        /// The host
        host: String,
    },
    /// Every problem in the files, with file, line, column and a hint
    Check,
}
