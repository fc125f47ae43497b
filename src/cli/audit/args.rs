//! The command line of `bunker audit`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Who changed what, newest first
    Log {
        /// Which records
        #[command(flatten)]
        wanted: WantedArgs,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Read the log from its beginning and name the first record that is not as it was written
    #[command(
        after_help = "The chain shows every change, gap and swap within the log. A log whose end was cut off, or that was written anew as a \
whole, is whole in itself: only --anchors finds that, by what hosts and the history of the inventory remember. Exit codes: 0 \
nothing found; 3 the chain is broken or an anchor speaks against it; 6 some host could not be asked, so the picture is not complete."
    )]
    Verify {
        /// Compare with the heads that hosts and the inventory's git history remember
        #[arg(long)]
        anchors: bool,
        /// Ansible pattern: ask only these hosts
        #[arg(long, short = 'l', value_name = "PATTERN", requires = "anchors")]
        limit: Option<String>,
        /// An export (JSON lines) instead of the log of this machine
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Write records out, oldest first
    Export {
        /// Which records
        #[command(flatten)]
        wanted: WantedArgs,
        /// How
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// Where to [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Which records.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct WantedArgs {
    /// Not older than this: 2h, 3d, 2026-11-22 or a full time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only by somebody whose name or key has this in it
    #[arg(long, value_name = "TEXT")]
    pub who: Option<String>,
    /// Only about this host
    #[arg(long)]
    pub host: Option<String>,
    /// Only of this run
    #[arg(long)]
    pub run: Option<String>,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line of JSON each, byte for byte what the chain is made of: `verify --file` reads it
    Jsonl,
    /// For a spreadsheet; no cell is a formula
    Csv,
}
