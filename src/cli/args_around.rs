//! The command line of leases, hooks and notifications.

use clap::Subcommand;

/// What to do with leases.
#[derive(Debug, Subcommand)]
pub enum LeaseVerb {
    /// Who holds which instance, and the fleet
    List {
        /// Ansible pattern: only these hosts
        #[arg(long, short, value_name = "PATTERN")]
        limit: Option<String>,
    },
    /// Who holds an instance: what, since when, how far, and the last breaks
    Show {
        /// The instance
        host: String,
    },
    /// Take a lease away from a run that will not give it back
    #[command(
        after_help = "It asks for the name of the instance (or of the fleet). Whatever the old run still sends is \
refused by the host from then on. Never while a job runs there: end that first with `bunker abort RUN --kill`. A record \
with who, why and whom stays on the host and here."
    )]
    Break {
        /// The instance
        #[arg(required_unless_present = "fleet")]
        host: Option<String>,
        /// The lease of the whole fleet
        #[arg(long, conflicts_with = "host")]
        fleet: bool,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Do not ask: the name of the instance, or of the fleet
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
}

/// What to do with hooks.
#[derive(Debug, Subcommand)]
pub enum HooksVerb {
    /// The hooks beside the inventory, and whether each would be run
    List,
}

/// What to do with notifications.
#[derive(Debug, Subcommand)]
pub enum NotifyVerb {
    /// What was sent, what waits, and what could not be delivered
    List {
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Send a message through every channel of this fleet, now
    Test,
    /// Try again, now, what waits or was given up
    Retry {
        /// Only this one, by the number that `notify list` shows
        number: Option<u64>,
    },
}
