//! The command line of `bunker import`.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use clap::Args as ClapArgs;

use crate::cli::args::Outside;
use crate::cli::instance::args::KeyArgs;

/// Options of `import`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Nothing that runs on the host is stopped or changed: its secrets are read into the vault, a backup is made, \
and its release is recorded. Exit codes: 0 imported, or it was already; 3 --check, and it would be imported; 6 the \
host does not answer; 8 refused."
)]
pub struct ImportArgs {
    /// Name of the host in the inventory; it is added where it is not there
    pub host: String,
    /// The instance's domain [default: what .env says]
    #[arg(long)]
    pub domain: Option<String>,
    /// Address of the host, where the inventory does not have it
    #[arg(long, value_name = "IP")]
    pub address: Option<String>,
    /// Login name, where it is not that of all hosts
    #[arg(long)]
    pub user: Option<String>,
    /// SSH port, where it is not that of all hosts
    #[arg(long)]
    pub port: Option<u16>,
    /// 1 managed, 2 managed and reporting its metrics
    #[arg(long, default_value_t = 1)]
    pub tier: u8,
    /// Group to put it in; may be given several times [default: changemaker_instances]
    #[arg(long = "group", value_name = "GROUP")]
    pub groups: Vec<String>,
    /// Folder of the checkout, where it is not that of all instances
    #[arg(long, value_name = "PATH")]
    pub dir: Option<String>,
    /// How the host's key is pinned
    #[command(flatten)]
    pub key: KeyArgs,
    /// Show what was found and what would be written, and write nothing; exit code 3
    #[arg(long, visible_alias = "dry-run")]
    pub check: bool,
    /// Do not ask; a host key that is not known then has to be named
    #[arg(long, short)]
    pub yes: bool,
    /// What a guardrail wants typed: the number of instances, or the group
    #[arg(long, value_name = "TEXT")]
    pub confirm: Option<String>,
    /// Outside of the maintenance window: refuse, or start a run that waits [default: bunker_window_outside]
    #[arg(long, value_name = "WHAT")]
    pub outside: Option<Outside>,
    /// Start the run, print its id and leave it to its worker
    #[arg(long)]
    pub detach: bool,
}
