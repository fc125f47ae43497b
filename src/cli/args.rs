//! The command line, as clap reads it.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

pub use super::alerts::AlertsArgs;
pub use super::args_ansible::AnsibleArgs;
pub use super::args_around::{HooksVerb, LeaseVerb, NotifyVerb};
pub use super::args_start::{
    BackupArgs, BackupVerb, ConfigureArgs, DeployArgs, Outside, RollbackArgs, StartArgs,
    UpgradeArgs,
};
pub use super::args_strategy::{PlanVerb, StrategyArgs};
pub use super::args_vault::{RecipientsVerb, RotateArgs, SecretsVerb, VaultVerb};
pub use super::audit::args::AuditVerb;
pub use super::bundle::{BundleArgs, ReplayArgs};
pub use super::canary::args::CanaryVerb;
pub use super::check::CheckVerb;
pub use super::compare::CompareArgs;
pub use super::host::args::{EnvArgs, ForwardArgs, LogsArgs, ShellArgs};
pub use super::import::args::ImportArgs;
pub use super::instance::args::InstanceVerb;
pub use super::silence::args::SilenceVerb;
pub use super::snapshot::args::SnapshotArgs;
pub use super::timeline::TimelineArgs;
pub use super::window::args::WindowVerb;

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
    /// Why something is changed, for the audit log; bunker_require_why makes it a must
    #[arg(long, global = true, value_name = "TEXT")]
    pub why: Option<String>,
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
    /// What a workflow would do to which hosts, in which batches, and when it stops; changes nothing
    #[command(
        subcommand,
        after_help = "Exit codes: 3 something would be done, 0 nothing to do. With --json: `batches` are lists of hosts, `sha` \
the commit, `hash` the hash of the plan."
    )]
    Plan(PlanVerb),
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
    /// Print the output of a run's hosts, or what a service of an instance writes
    Logs(LogsArgs),
    /// Open a shell on a host, audited and where policy says so recorded
    Shell(ShellArgs),
    /// Bring a port of a host, or of a service, to this machine until Ctrl-C; audited
    Forward(ForwardArgs),
    /// Show the .env of an instance without its secrets
    Env(EnvArgs),
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
    /// Let a run pass what it waits for, although it is as it is (`resume` looks again instead)
    Promote {
        /// The run
        run: String,
        /// Do not wait for the like of it again in this run
        #[arg(long)]
        all: bool,
    },
    /// Let a run go one target at a time from now on, and ask before the next (`promote --all` leaves that)
    Step {
        /// The run
        run: String,
    },
    /// Leave out a target of a run that has not begun
    Skip {
        /// The run
        run: String,
        /// The host
        host: String,
    },
    /// Try again what an ended run left behind, each from the step that it stopped at, as a new run
    Retry {
        /// The run
        run: String,
        /// Show what would happen and change nothing; exit code 3
        #[arg(long)]
        check: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
        /// Start the run, print its id and leave it to its worker
        #[arg(long)]
        detach: bool,
        /// What a guardrail wants typed: the number of instances, or the group
        #[arg(long, value_name = "TEXT")]
        confirm: Option<String>,
    },
    /// Finish the running steps and start nothing; with --kill, or a second time, end them too
    Abort {
        /// The run
        run: String,
        /// TERM, wait, KILL and verify on each host
        #[arg(long)]
        kill: bool,
        /// Then bring back what the run changed, as a new run; also of one that has ended
        #[arg(long, conflicts_with = "kill")]
        rollback: bool,
    },
    /// Agree to a run that waits for a second person, and start it
    Approve {
        /// The run
        run: String,
    },
    /// Say that a run that waits for a second person will not be
    Reject {
        /// The run
        run: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Maintenance windows: list, add, end, and tell Alertmanager of them
    #[command(subcommand)]
    Window(WindowVerb),
    /// Carry out a run (started by the program itself)
    #[command(hide = true)]
    Worker {
        /// The run
        run: String,
        /// Read the unlocked identity from standard input
        #[arg(long)]
        identity: bool,
    },
    /// Write a run into one file, to look at elsewhere or later
    Bundle(BundleArgs),
    /// Play such a file: in the cockpit, or as lines or JSON
    Replay(ReplayArgs),
    /// Who changed what: list, verify, export
    #[command(subcommand)]
    Audit(AuditVerb),
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
    /// Who may change an instance now, and the fleet
    #[command(subcommand)]
    Lease(LeaseVerb),
    /// Programs of yours that are run around plans, batches and runs
    #[command(subcommand)]
    Hooks(HooksVerb),
    /// Messages about runs: webhook, Gotify, mail
    #[command(subcommand)]
    Notify(NotifyVerb),
    /// What the alert rules and the Alertmanager say, with silences
    Alerts(AlertsArgs),
    /// Silences in the Alertmanager: list, add, end
    #[command(subcommand)]
    Silence(SilenceVerb),
    /// What changed on an instance and why, for how long, also while the cockpit was closed
    Timeline(TimelineArgs),
    /// Two instances, or two releases, side by side
    Compare(CompareArgs),
    /// Check this machine and the hosts, with the fix for each finding
    Doctor(DoctorArgs),
    /// The fleet page, read-only; with --wall for a screen that is read from five metres
    Watch(WatchArgs),
    /// Check a file of keys or of a theme
    #[command(subcommand)]
    Check(CheckVerb),
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
#[command(
    after_help = "With --wall nobody is needed at the screen: what is wrong stands first and large, what does not fit has its turn, \
lost hosts are asked again for ever, and no key changes anything; q asks before it leaves."
)]
pub struct WatchArgs {
    /// Ansible pattern: only these hosts
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Tiles in large letters, for a screen that nobody types at
    #[arg(long)]
    pub wall: bool,
}

/// Options of `inventory init`.
#[derive(Debug, ClapArgs)]
pub struct InitArgs {
    /// Ansible's inventory: its folder, or its one file
    #[arg(long, value_name = "PATH", conflicts_with_all = ["instance", "domain", "address", "repo"])]
    pub from: Option<PathBuf>,
    /// Name of the first instance
    #[arg(long, value_name = "HOST")]
    pub instance: Option<String>,
    /// Its domain
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// The address of its server
    #[arg(long, value_name = "IP")]
    pub address: Option<String>,
    /// The git repository of the application
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
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
    /// Make the first inventory, or copy one of Ansible; never writes over anything
    Init(InitArgs),
    /// Print the JSON Schemas of the files, or write them into a folder for editors
    Schema {
        /// The folder; `schemas` beside the inventory folder is where new files look for them
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}
