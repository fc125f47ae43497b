//! The command line of `bunker instance`.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use clap::{Args as ClapArgs, Subcommand};

/// What to do with instances in the inventory.
#[derive(Debug, Subcommand)]
pub enum InstanceVerb {
    /// Add an instance to the inventory: its variables, its secrets and its host key
    Add(AddArgs),
    /// List the instances of the inventory
    List {
        /// Ansible pattern: only these hosts
        #[arg(long, short, value_name = "PATTERN")]
        limit: Option<String>,
    },
    /// What the inventory says of an instance
    Show {
        /// The instance
        host: String,
    },
    /// Take an instance out of the inventory; a copy is kept, and the host itself is left alone
    Remove(RemoveArgs),
}

/// Options of `instance add`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Nothing on the host is changed: `bunker deploy` does that. A scaffold that was cut off is gone on with by the \
same command. Exit codes: 0 added; 2 a name is wrong or the inventory cannot be used; 3 --check, and it would be \
added; 8 refused: it is there, or nobody could be asked."
)]
pub struct AddArgs {
    /// Name of the host in the inventory
    pub host: String,
    /// The instance's domain
    pub domain: String,
    /// Address of the host
    #[arg(value_name = "IP")]
    pub address: String,
    /// 1 managed, 2 managed and reporting its metrics
    #[arg(long, default_value_t = 1)]
    pub tier: u8,
    /// Login name, where it is not that of all hosts
    #[arg(long)]
    pub user: Option<String>,
    /// SSH port, where it is not that of all hosts
    #[arg(long)]
    pub port: Option<u16>,
    /// Group to put it in; may be given several times [default: changemaker_instances]
    #[arg(long = "group", value_name = "GROUP")]
    pub groups: Vec<String>,
    /// Repository, where it is not that of all instances
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// Branch, tag or commit, where it is not that of all instances
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// How the host's key is pinned
    #[command(flatten)]
    pub key: KeyArgs,
    /// Make no secrets: `bunker vault` has to get them before a deployment
    #[arg(long)]
    pub no_secrets: bool,
    /// Show what would be written, and write nothing; exit code 3
    #[arg(long, visible_alias = "dry-run")]
    pub check: bool,
    /// Do not ask; the host key then has to be named
    #[arg(long, short)]
    pub yes: bool,
}

/// How a host's key is pinned.
#[derive(Debug, Clone, ClapArgs)]
pub struct KeyArgs {
    /// Pin the host's keys without asking if one has this fingerprint
    #[arg(long, value_name = "SHA256:...")]
    pub accept_fingerprint: Option<String>,
    /// Pin no host key: connections are refused until one is known
    #[arg(long, conflicts_with = "accept_fingerprint")]
    pub no_host_key: bool,
}

/// Options of `instance remove`.
#[derive(Debug, ClapArgs)]
pub struct RemoveArgs {
    /// The instance
    pub host: String,
    /// Show what would be taken out, and change nothing; exit code 3
    #[arg(long, visible_alias = "dry-run")]
    pub check: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}
