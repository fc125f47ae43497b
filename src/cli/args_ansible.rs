//! The command line of `bunker ansible`.

use clap::Args as ClapArgs;

use super::args::StartArgs;

/// Options of `ansible`.
#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "The playbook runs on this machine, in a worker of its own, on exactly the hosts of the plan. \
What stands in it and around it must be what the plan was made of. A secret vault_ansible_password in our vault is \
given to Ansible as its vault password. Exit codes are those of a run; with --check 3 where something would change."
)]
pub struct AnsibleArgs {
    /// The playbook
    pub playbook: String,
    /// Which hosts, and how to start; a check is Ansible's check mode
    #[command(flatten)]
    pub start: StartArgs,
    /// Only tasks with one of these tags, between commas
    #[arg(long, value_name = "TAGS")]
    pub tags: Vec<String>,
    /// No task with one of these tags
    #[arg(long, value_name = "TAGS")]
    pub skip_tags: Vec<String>,
    /// Show what changes in files
    #[arg(long)]
    pub diff: bool,
    /// Show the plan and run nothing
    #[arg(long)]
    pub plan: bool,
}
