//! What `bunker canary` is given.

use clap::{Args as ClapArgs, Subcommand};

/// What to do about canaries.
#[derive(Debug, Subcommand)]
pub enum CanaryVerb {
    /// Judge some hosts against others by what the metrics server has of a time that is over
    Judge(JudgeArgs),
}

/// Options of `canary judge`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Times: 2026-11-22T22:00:00Z, or how long ago: 90m, 2h, 1d. The rules are those of \
bunker_canary_metrics; the metrics are error_ratio, p95_seconds, memory_ratio, mail_queue, mail_rate, request_rate, \
cpu_ratio, disk_ratio. It asks one range for each metric and one for their age, whatever the number of hosts.\n\n\
Exit codes: 0 pass; 3 fail; 7 inconclusive or no data; 2 a time or pattern cannot be used; 4 a pattern means no instance."
)]
pub struct JudgeArgs {
    /// Begin of the time that is judged
    #[arg(long, value_name = "TIME")]
    pub since: String,
    /// Its end [default: now]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Ansible pattern: the hosts that are judged
    #[arg(long, value_name = "PATTERN")]
    pub canary: String,
    /// Ansible pattern: the hosts that they are compared with
    #[arg(long, value_name = "PATTERN")]
    pub baseline: String,
    /// Do not connect to the hosts to compare their clocks
    #[arg(long)]
    pub no_clocks: bool,
}
