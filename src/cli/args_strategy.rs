//! How many targets go when, as clap reads it.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use clap::{Args as ClapArgs, Subcommand};

use super::args::{
    AnsibleArgs, ConfigureArgs, DeployArgs, RollbackArgs, RotateArgs, StartArgs, UpgradeArgs,
};
use crate::domain::plan::Order;
use crate::domain::plan::strategy::{Amount, Asked, InvalidStrategy, Limit, serial};

/// How many go when; each stands for what the inventory says (bunker_serial and so on).
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct StrategyArgs {
    /// Sizes of the batches, counts or per cent (rounded up); the last repeats: 25%, or 1,5,20%
    #[arg(long, help_heading = "Strategy", value_name = "SIZES", value_parser = sizes)]
    pub serial: Option<Sizes>,
    /// inventory, sorted, reverse, shuffle, unhealthy-first or fewest-sessions-first
    #[arg(long, help_heading = "Strategy", value_name = "ORDER")]
    pub order: Option<Order>,
    /// What a shuffle begins with, so that it can be had again
    #[arg(long, help_heading = "Strategy", value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Instances of a batch at the same time
    #[arg(long, help_heading = "Strategy", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub parallel: Option<u32>,
    /// Stop when this many or more failed: 2, 25%, or of each batch 1/batch, 50%/batch
    #[arg(long, help_heading = "Strategy", value_name = "LIMIT")]
    pub max_failed: Option<Limit>,
    /// Stop when this many or more could not be reached
    #[arg(long, help_heading = "Strategy", value_name = "LIMIT")]
    pub max_unreachable: Option<Limit>,
    /// One instance at a time, and ask before the next
    #[arg(long, help_heading = "Strategy")]
    pub step: bool,
}

/// Sizes of batches.
#[derive(Debug, Clone)]
pub struct Sizes(Vec<Amount>);

fn sizes(text: &str) -> Result<Sizes, InvalidStrategy> {
    serial(text).map(Sizes)
}

impl StrategyArgs {
    /// What was asked for.
    pub(in crate::cli) fn asked(&self) -> Asked {
        Asked {
            serial: self.serial.clone().map(|sizes| sizes.0),
            order: self.order,
            seed: self.seed,
            parallel: self.parallel,
            max_failed: self.max_failed,
            max_unreachable: self.max_unreachable,
            step: self.step,
        }
    }
}

/// Which workflow to plan.
#[derive(Debug, Subcommand)]
pub enum PlanVerb {
    /// Bring a bare server to a running instance
    Deploy(DeployArgs),
    /// Bring instances to a newer commit
    Upgrade(UpgradeArgs),
    /// The same, the canary group first
    CanaryUpgrade(UpgradeArgs),
    /// Bring .env in line with the inventory
    Configure(ConfigureArgs),
    /// Go back to a release that ran before
    Rollback(RollbackArgs),
    /// Make a backup and prove that it can be read
    Backup(StartArgs),
    /// Unpack the newest backup aside and look at it
    VerifyBackup {
        /// Which hosts
        #[command(flatten)]
        start: StartArgs,
        /// Every backup, not only the newest
        #[arg(long)]
        all: bool,
    },
    /// Give secrets new values
    RotateSecrets(RotateArgs),
    /// Bring instances that were installed by hand under management (hosts of the inventory)
    Import(StartArgs),
    /// Run a playbook of the inventory
    Ansible(AnsibleArgs),
}
