//! The command line of `bunker silence`.

use clap::{Args as ClapArgs, Subcommand};

use crate::domain::alerts::SILENCE_LASTS;

/// What to do with silences of the Alertmanager.
#[derive(Debug, Subcommand)]
pub enum SilenceVerb {
    /// The silences that Alertmanager has now, whoever made them: what they fit, until when, by whom, why
    List,
    /// Tell nobody of an alert, or of the alerts of some instances, for a time
    Add(AddArgs),
    /// End a silence; those that a maintenance window made end with it
    End(EndArgs),
}

/// Options of `silence add`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "It needs an alert or instances, and a reason (--why): others read it beside the alert. An alert alone is silenced on all \
instances; instances alone are silent in all that they are alerted for. Exit codes: 0 made; 1 Alertmanager did not make it; 2 the fleet has \
no Alertmanager, or the silence cannot be used; 4 no such host; 8 refused."
)]
pub struct AddArgs {
    /// Name of the alert, as `bunker alerts` lists it
    pub alert: Option<String>,
    /// Ansible pattern: only on these instances
    #[arg(long, short, value_name = "PATTERN", conflicts_with = "instance")]
    pub limit: Option<String>,
    /// Only where the label `instance` in Alertmanager is this, for what is no instance of the fleet
    #[arg(long, value_name = "LABEL")]
    pub instance: Option<String>,
    /// How long: 90m, 4h, 1d; at most 7d; 2h where nothing is said
    #[arg(long = "for", value_name = "DURATION", default_value = SILENCE_LASTS, hide_default_value = true)]
    pub lasts: String,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// Options of `silence end`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 ended; 1 Alertmanager did not end it; 2 the fleet has no Alertmanager; 4 it has no such silence, or that is \
over; 8 refused, or a window made it."
)]
pub struct EndArgs {
    /// Its id, as `bunker silence list` tells it
    pub id: String,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}
